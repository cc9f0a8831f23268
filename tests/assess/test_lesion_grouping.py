"""Which finding belongs to which lesion (contract 1.1, LES-1 to LES-5, LAT-1)."""

from typing import Any

import pytest

from app.assess.result import Assessment
from tests.assess.grouping import L3, PRIMARY, T11, holding, pain, painful, quality, unplaced
from tests.fhir.records import (
    BODY_SITE_URL,
    LEFT,
    RIGHT,
    SERVER,
    VERTEBRAE,
    Json,
    answer,
    assessed,
    concept,
    condition,
    entry,
    femoral_lesion,
    lesion,
    lesion_ids,
    observation,
    quantity,
    reference,
    response,
    scored,
    site,
    snomed,
    status_of,
    structure,
    totals,
)

# -- the four steps ------------------------------------------------------------------------------------


def test_step_1_a_focus_on_a_condition() -> None:
    assert painful(T11, L3, pain(about="Condition/t11")) == {"T11"}


def test_step_1_a_focus_on_a_structure() -> None:
    assert painful(T11, L3, structure("b", "T11"), pain(about="BodyStructure/b")) == {"T11"}


@pytest.mark.parametrize(
    "name", ["Condition/t11", "Condition/t11/_history/2", f"{SERVER}/Condition/t11", "urn:uuid:t11"]
)
def test_step_1_a_focus_is_known_however_it_is_written(name: str) -> None:
    url = name if name.startswith("urn:") else f"{SERVER}/Condition/t11"
    assert painful(entry(T11, url), L3, pain(about=name)) == {"T11"}


def test_step_1_a_focus_goes_before_the_site_and_the_narrower_site_counts() -> None:
    regional = condition("regional", code="94274006")
    found = assessed(regional, L3, pain(about="Condition/regional", at="T11"))
    assert lesion_ids(found) == {"T11", "L3"}
    assert holding("spinal-pain", found) == {"T11"}
    assert lesion(found, "T11").lesion.conditions == ("Condition/regional",)


def test_step_1_a_focus_narrower_than_the_site_counts() -> None:
    assert painful(T11, L3, pain(about="Condition/t11", at="thoracic-spine")) == {"T11"}


def test_step_1_a_site_wider_than_two_levels_of_the_focus_places_nothing() -> None:
    found = assessed(condition("c", "T11", "T12"), pain(about="Condition/c", at="thoracic-spine"))
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)


def test_step_1_a_focus_and_a_site_that_contradict_each_other_place_nothing() -> None:
    found = assessed(T11, L3, pain(about="Condition/t11", at="L3"))
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)


def test_step_2_a_site() -> None:
    assert painful(T11, L3, pain(at="L3")) == {"L3"}


def test_step_2_the_site_extension_names_a_structure() -> None:
    extension = {"url": BODY_SITE_URL, "valueReference": reference("BodyStructure/b")}
    assert painful(T11, L3, structure("b", "L3"), pain(bodySite={"extension": [extension]})) == {"L3"}


def test_step_3_without_a_site_the_only_lesion() -> None:
    assert painful(T11, pain()) == {"T11"}


def test_les_5_without_a_site_none_of_two_lesions() -> None:
    found = assessed(T11, L3, pain())
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)
    assert not answer(found, "T11", "pain").recorded


def test_les_5_the_only_lesion_that_the_observable_can_describe() -> None:
    femur = condition("femur", site("femur", LEFT))
    assert painful(T11, femur, pain()) == {"T11"}
    limb = observation("limb", "limb-pain", "limb-pain-mild")
    assert holding("limb-pain", assessed(T11, femur, limb)) == {"left-femur"}
    assert holding("bone-lesion-quality", assessed(T11, femur, quality())) == set()


def test_les_5_a_lesion_of_a_wholly_other_bone_cannot_be_described() -> None:
    assert painful(condition("rib", site("rib", LEFT)), pain()) == set()


def test_les_5_a_lesion_without_a_site_may_be_the_one_described() -> None:
    found = assessed(T11, condition("unsited"), pain())
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)


def test_les_5_a_pelvic_ring_may_be_the_sacrum_and_so_the_one_described() -> None:
    found = assessed(T11, condition("pelvis", "bony-pelvis"), pain("pain-free"))
    assert holding("spinal-pain", found) == set()


# -- a focus that is no lesion -------------------------------------------------------------------------


def test_a_focus_on_the_primary_cancer_is_skipped() -> None:
    assert painful(T11, L3, PRIMARY, pain(about="Condition/primary", at="L3")) == {"L3"}
    assert painful(T11, PRIMARY, pain(about="Condition/primary")) == {"T11"}
    assert painful(T11, L3, PRIMARY, pain(about="Condition/primary")) == set()


def test_the_first_focus_that_is_a_lesion_counts() -> None:
    both = [reference("Condition/primary"), reference("Condition/l3")]
    assert painful(T11, L3, PRIMARY, pain(focus=both)) == {"L3"}


def test_myeloma_is_no_lesion_of_its_own_and_is_skipped() -> None:
    myeloma = condition("myeloma", code="109989006")
    assert painful(myeloma, T11, L3, pain(about="Condition/myeloma", at="T11")) == {"T11"}


@pytest.mark.parametrize("name", ["Patient/p1", "Procedure/p", "ImagingStudy/i", "Specimen/s"])
def test_a_focus_of_another_type_is_skipped(name: str) -> None:
    assert painful(T11, pain(about=name)) == {"T11"}


@pytest.mark.parametrize("verification", ["refuted", "entered-in-error"])
def test_a_finding_about_a_refuted_condition_is_given_to_no_other(verification: str) -> None:
    refuted = condition("refuted", "L3", verificationStatus=status_of("ver-status", verification))
    found = assessed(T11, refuted, pain(about="Condition/refuted"))
    assert lesion_ids(found) == {"T11"}
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)


@pytest.mark.parametrize(
    "name",
    ["Condition/elsewhere", "BodyStructure/elsewhere", "#contained", "urn:uuid:none", "Condition?code=x"],
)
def test_a_finding_about_a_lesion_nobody_sent_is_given_to_no_other(name: str) -> None:
    found = assessed(T11, pain(about=name))
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)


def test_a_finding_about_a_lesion_that_is_set_aside_is_given_to_no_other() -> None:
    modified = condition("modified", "L3", modifierExtension=[{"url": "https://a.example/not"}])
    damaged = condition("damaged", "L3", clinicalStatus="active")
    for name, resource in (("modified", modified), ("damaged", damaged)):
        assert painful(T11, resource, pain(about=f"Condition/{name}")) == set()


def test_a_finding_about_a_lesion_on_another_server_is_given_to_no_other() -> None:
    ours = entry(T11, f"{SERVER}/Condition/t11")
    assert painful(ours, pain(about="https://other.example.org/fhir/Condition/t11")) == set()


UNREADABLE = {
    "a bone this service does not know": structure("b", "sternum"),
    "text only": structure("b", {"text": "L3"}),
    "not in use": structure("b", "L3", active=False),
}


@pytest.mark.parametrize("held", UNREADABLE.values(), ids=UNREADABLE)
def test_a_finding_about_a_structure_that_is_not_read_is_given_to_no_other(held: Json) -> None:
    found = assessed(T11, held, quality(about="BodyStructure/b"))
    assert holding("bone-lesion-quality", found) == set()
    assert unplaced(found, "Observation/quality")


# -- sites that cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [{"text": "L3"}, {"text": "T11"}, snomed("56873002"), concept(("https://a.example", "L3")), snomed("1")],
    ids=["text", "text of the lesion", "unknown bone", "another system", "unknown code"],
)
def test_les_1_a_site_that_cannot_be_read_is_given_to_no_lesion(body: Json) -> None:
    found = assessed(T11, pain(bodySite=body))
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)


@pytest.mark.parametrize("coding", [{"code": VERTEBRAE["L3"][0]}, {"display": "L3"}])
def test_les_1_a_coding_that_is_incomplete_is_no_missing_site(coding: Json) -> None:
    assert painful(T11, pain(bodySite={"coding": [coding]})) == set()


@pytest.mark.parametrize("body", [{}, {"coding": []}, {"coding": [{}]}, {"text": ""}])
def test_a_site_that_says_nothing_is_none(body: Json) -> None:
    assert painful(T11, pain(bodySite=body)) == {"T11"}


@pytest.mark.parametrize(
    "level",
    [
        {"valueCoding": {"code": "L6"}},
        {"valueCoding": {"system": "https://a.example", "code": "L3"}},
        {"valueString": "L3"},
    ],
)
def test_les_1_a_level_of_a_response_that_cannot_be_read_is_given_to_no_lesion(level: Json) -> None:
    answered = response("q", "sins", {"level": "x", "pain": "pain-free"})
    answered["item"][0]["answer"] = [level]
    found = assessed(T11, answered)
    assert holding("spinal-pain", found) == set()
    assert found.gaps


def test_a_response_without_a_level_is_of_the_only_lesion() -> None:
    assert painful(T11, response("q", "sins", {"pain": "pain-free"})) == {"T11"}
    assert painful(T11, L3, response("q", "sins", {"pain": "pain-free"})) == set()


def test_a_response_may_leave_several_levels_possible() -> None:
    answered = response("q", "sins", {"level": "T10", "pain": "pain-free"})
    answered["item"][0]["answer"].append({"valueCoding": {"code": "T11"}})
    found = assessed(condition("c"), answered)
    (held,) = [one for one in found.lesions if one.lesion.place.levels]
    assert held.lesion.place.levels == ("T10", "T11")
    result = held.scores[0].result
    assert result is not None
    assert result.answers["location"].possible == ("junctional", "semirigid")


@pytest.mark.parametrize(("item", "second"), [(0, "humerus"), (1, "right")])
def test_a_response_that_names_two_sites_or_sides_is_not_given_to_one(item: int, second: str) -> None:
    names = {"site": "femur", "laterality": "left", "pain": "limb-pain-mild"}
    femur = condition("femur", site("femur", LEFT))
    for reverse in (False, True):
        answered = response("q", "mirels", names)
        answered["item"][item]["answer"].append({"valueCoding": {"code": second}})
        if reverse:
            answered["item"][item]["answer"].reverse()
        assert holding("limb-pain", assessed(femur, answered)).isdisjoint({"left-femur"})


# -- sides ---------------------------------------------------------------------------------------------

FEMUR_LEFT = condition("left", site("femur", LEFT))
FEMUR_RIGHT = condition("right", site("femur", RIGHT))


def limb(**where: Any) -> Json:
    return observation("limb", "limb-pain", "limb-pain-functional", **where)


def limbs(*resources: Json) -> set[str]:
    return holding("limb-pain", assessed(*resources))


def test_lat_1_left_and_right_are_never_pooled() -> None:
    mild = femoral_lesion(LEFT, "limb-pain-mild", "lesion-blastic", 20)
    grave = femoral_lesion(RIGHT, "limb-pain-functional", "lesion-lytic", 80)
    found = assessed(*mild, *grave)
    assert totals(found, "left-femoral-shaft", "mirels") == (5,)
    assert totals(found, "right-femoral-shaft", "mirels") == (11,)


def test_lat_1_a_lesion_of_unknown_side_is_kept_apart() -> None:
    found = assessed(FEMUR_LEFT, FEMUR_RIGHT, limb(at="femur"))
    assert lesion_ids(found) == {"left-femur", "right-femur", "femur"}
    assert holding("limb-pain", found) == {"femur"}


def test_mir_e8_a_lesion_of_unknown_side_says_so() -> None:
    cautions = scored(assessed(condition("c", site("femur"))), "femur", "mirels").cautions
    assert "MIR-E8" in {caution.key for caution in cautions}


def test_lat_1_a_finding_gives_its_condition_the_side_that_it_lacks() -> None:
    found = assessed(condition("c", "femur"), limb(about="Condition/c", bodySite=site("femur", LEFT)))
    assert lesion_ids(found) == {"left-femur"}


def test_lat_1_a_finding_of_the_other_side_is_not_counted() -> None:
    found = assessed(FEMUR_LEFT, limb(about="Condition/left", bodySite=site("femur", RIGHT)))
    assert holding("limb-pain", found) == set()
    assert unplaced(found, "Observation/limb")


def test_lat_1_a_side_without_a_site_is_no_finding_of_the_other_side() -> None:
    assert limbs(FEMUR_LEFT, limb(bodySite=snomed(RIGHT))) == set()


def test_lat_1_the_side_of_a_response_without_a_site_is_not_the_other_side() -> None:
    answered = response("q", "mirels", {"laterality": "right", "pain": "limb-pain-mild"})
    assert limbs(FEMUR_LEFT, answered) == set()


def test_lat_1_a_side_without_a_site_contradicts_a_focus_on_the_other_side() -> None:
    assert limbs(FEMUR_LEFT, limb(about="Condition/left", bodySite=snomed(RIGHT))) == set()


def test_lat_1_a_side_without_a_site_fits_the_lesion_of_that_side() -> None:
    assert limbs(FEMUR_LEFT, limb(bodySite=snomed(LEFT))) == {"left-femur"}
    assert limbs(FEMUR_LEFT, limb(about="Condition/left", bodySite=snomed(LEFT))) == {"left-femur"}


# -- pain scales, which are the patient's --------------------------------------------------------------


def score(value: float, **where: Any) -> Json:
    return observation("score", "pain-score", quantity(value, "{score}"), **where)


def test_sins_e8_a_pain_score_is_of_the_only_lesion() -> None:
    given = answer(assessed(T11, score(5)), "T11", "pain")
    assert given.possible == ("mechanical", "occasional")


def test_les_5_a_pain_score_is_of_none_of_two_lesions() -> None:
    found = assessed(T11, L3, score(0))
    assert not answer(found, "T11", "pain").recorded
    assert [view.finding for view in found.patient_findings] == ["pain-score"]


@pytest.mark.parametrize(
    "where",
    [{"at": "L3"}, {"bodySite": snomed("72696002")}, {"bodySite": {"text": "left knee"}}, {"at": "femur"}],
    ids=["another level", "knee", "text", "another bone"],
)
def test_a_pain_score_of_another_site_is_not_given_to_the_only_lesion(where: Json) -> None:
    found = assessed(T11, score(0, **where))
    assert not answer(found, "T11", "pain").recorded
    assert lesion_ids(found) == {"T11"}
    assert found.gaps == ()
    assert [view.finding for view in found.patient_findings] == ["pain-score"]


def test_a_pain_score_about_a_refuted_condition_is_not_given_to_the_only_lesion() -> None:
    refuted = condition("refuted", "L3", verificationStatus=status_of("ver-status", "refuted"))
    assert not answer(assessed(T11, refuted, score(0, about="Condition/refuted")), "T11", "pain").recorded


@pytest.mark.parametrize("where", [{"at": "T11"}, {"about": "Condition/t11"}])
def test_a_pain_score_at_a_lesion_is_given_to_it(where: Json) -> None:
    found = assessed(T11, L3, score(0, **where))
    assert answer(found, "T11", "pain").possible == ("none",)
    assert not answer(found, "L3", "pain").recorded


# -- totals --------------------------------------------------------------------------------------------


def test_a_total_belongs_to_a_lesion_as_a_finding_does() -> None:
    def with_total(found: Assessment) -> set[str]:
        return {held.lesion.id for held in found.lesions if held.lesion.totals}

    total = observation("total", "sins-total", {"valueInteger": 15})
    assert with_total(assessed(T11, total)) == {"T11"}
    assert with_total(assessed(T11, L3, total)) == set()
    assert unplaced(assessed(T11, L3, total), "Observation/total")
    assert with_total(assessed(T11, L3, total | {"bodySite": site("L3")})) == {"L3"}
    assert with_total(assessed(T11, L3, total | {"focus": [reference("Condition/t11")]})) == {"T11"}
