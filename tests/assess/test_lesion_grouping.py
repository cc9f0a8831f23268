"""Which lesions a record holds, and which finding belongs to which (contract 1.1, LES-1 to LES-5)."""

from typing import Any

import pytest

from app.assess.result import Assessment
from tests.fhir.records import (
    BODY_SITE_URL,
    ICD10CM,
    LEFT,
    RIGHT,
    SERVER,
    VERTEBRAE,
    WORST,
    Json,
    answer,
    assessed,
    concept,
    condition,
    entry,
    femoral_lesion,
    gaps,
    items,
    lesion,
    lesion_ids,
    observation,
    patient,
    quantity,
    reference,
    response,
    scored,
    site,
    snomed,
    spinal_lesion,
    status_of,
    structure,
    totals,
)

T11, L3 = condition("t11", "T11"), condition("l3", "L3")
PRIMARY = condition("primary", code="254837009")


def pain(answered: str = "pain-mechanical", **where: Any) -> Json:
    return observation("pain", "spinal-pain", answered, **where)


def quality(**where: Any) -> Json:
    return observation("quality", "bone-lesion-quality", "lesion-lytic", **where)


def painful(*resources: Json) -> set[str]:
    """The lesions to which the pain was given."""
    return holding("spinal-pain", assessed(*resources))


def holding(finding: str, found: Assessment) -> set[str]:
    """The lesions to which a finding was given."""
    return {held.lesion.id for held in found.lesions if held.lesion.facts.get(finding)}


def unplaced(found: Assessment, name: str = "Observation/pain") -> bool:
    """Whether a gap says that an entry is not counted for any lesion."""
    return any(
        gap.reason.startswith(name) and "not counted for any lesion" in gap.reason for gap in found.gaps
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


# -- what makes a lesion -------------------------------------------------------------------------------

ALLOWING = {
    "bone metastasis": "94222008",
    "myeloma": "109989006",
    "lymphoma": "118600007",
    "bone marrow metastasis": "94217008",
    "primary bone tumour": "448710000",
}
ALLOWING_BY_ICD = (
    "C79.51",
    "C79.52",
    "C7B.03",
    "C90.00",
    "C90.30",
    "C83.3",
    "C81.9",
    "C88.0",
    "C40.0",
    "C41.4",
)


def sited(found: Assessment) -> set[str]:
    return {held.lesion.id for held in found.lesions if held.lesion.place.site is not None}


@pytest.mark.parametrize("code", ALLOWING.values(), ids=ALLOWING)
def test_findings_at_a_bone_make_a_lesion_beside_bone_disease(code: str) -> None:
    assert sited(assessed(condition("disease", code=code), quality(at="T11"))) == {"T11"}


@pytest.mark.parametrize("code", ALLOWING_BY_ICD)
def test_findings_at_a_bone_make_a_lesion_beside_bone_disease_by_icd(code: str) -> None:
    disease = condition("disease", code=concept((ICD10CM, code)))
    assert sited(assessed(disease, quality(at="T11"))) == {"T11"}


@pytest.mark.parametrize(
    "others",
    [
        [],
        [PRIMARY],
        [condition("brain", code=concept((ICD10CM, "C79.31")))],
        [condition("lung", code=concept((ICD10CM, "C34.1")))],
        [condition("metastasis", code="128462008")],
        [condition("refuted", verificationStatus=status_of("ver-status", "refuted"))],
        [structure("b", "T11")],
    ],
    ids=["nothing", "primary", "brain", "lung", "metastasis of no site", "refuted", "a structure"],
)
def test_findings_at_a_bone_without_bone_disease_make_no_lesion(others: list[Json]) -> None:
    found = assessed(*others, *items("T11", WORST, at="T11"))
    assert found.lesions == ()
    assert not found.bone_disease
    assert found.alerts == ()


def test_a_structure_at_a_bone_is_a_lesion_beside_bone_disease() -> None:
    assert lesion_ids(assessed(condition("m", code="109989006"), structure("b", "T11"))) == {"T11"}


def test_condition_structure_and_findings_of_one_level_are_one_lesion() -> None:
    found = assessed(T11, structure("b", "T11"), pain(at="T11"), quality(about="BodyStructure/b"))
    assert lesion_ids(found) == {"T11"}
    assert answer(found, "T11", "pain").recorded
    assert answer(found, "T11", "lesion").recorded


def test_two_conditions_of_one_level_are_one_lesion() -> None:
    again = condition("again", snomed(VERTEBRAE["T11"][1]), code=concept((ICD10CM, "C79.51")))
    found = assessed(T11, again, pain(about="Condition/t11"), quality(about="Condition/again"))
    assert lesion_ids(found) == {"T11"}
    assert lesion(found, "T11").lesion.conditions == ("Condition/again", "Condition/t11")
    assert answer(found, "T11", "pain").recorded
    assert answer(found, "T11", "lesion").recorded


def test_two_lesions_never_share_an_id() -> None:
    answered = response("q", "sins", {"level": "T11", "pain": "pain-free"})
    answered["item"][0]["answer"].append({"valueCoding": {"code": "T12"}})
    found = assessed(condition("t", "thoracic-spine"), answered)
    assert len({held.lesion.id for held in found.lesions}) == len(found.lesions) == 2


# -- no site -------------------------------------------------------------------------------------------


def test_a_condition_without_a_site_is_one_unsettled_lesion_with_a_gap() -> None:
    found = assessed(condition("unsited"))
    (held,) = found.lesions
    assert (held.lesion.place.site, held.lesion.place.level, held.lesion.place.levels) == (None, None, ())
    assert [s.settled for s in held.scores] == [False, False]
    assert [s.applicability.applies for s in held.scores] == [None, None]
    (reason,) = gaps(found, "site")
    assert reason.startswith("Condition/unsited")
    assert not found.complete


def test_a_lesion_without_a_site_is_never_settled_however_much_is_recorded() -> None:
    found = assessed(condition("unsited"), *items("x", WORST, about="Condition/unsited"))
    result = scored(found, "site-not-recorded").result
    assert result is not None
    assert result.bands == ("unstable",)
    assert not scored(found, "site-not-recorded").settled
    assert gaps(found, "site")


@pytest.mark.parametrize("body", [{"text": "T11"}, snomed("56873002"), snomed("272673000")])
def test_a_condition_whose_site_cannot_be_read_is_an_unsettled_lesion_with_a_gap(body: Json) -> None:
    found = assessed(condition("c", body))
    (held,) = found.lesions
    assert held.lesion.place.site is None
    assert not any(s.settled for s in held.scores)
    assert gaps(found, "site")[0].startswith("Condition/c")


def test_a_finding_gives_its_condition_the_site_that_it_lacks() -> None:
    found = assessed(condition("unsited"), pain(about="Condition/unsited", at="T11"))
    assert lesion_ids(found) == {"T11"}
    assert gaps(found, "site") == []


def test_les_1_lesions_with_text_only_sites_are_not_pooled() -> None:
    first, second = condition("a", {"text": "T11"}), condition("b", {"text": "L3"})
    found = assessed(first, second, pain("pain-mechanical", about="Condition/a"))
    assert len(found.lesions) == 2
    assert sum(bool(held.lesion.facts.get("spinal-pain")) for held in found.lesions) == 1


def test_the_id_of_a_lesion_does_not_depend_on_the_order_of_entries() -> None:
    one, other = condition("a", snomed("56873002")), condition("b", snomed("56873003"))

    def ids(*resources: Json) -> dict[str, tuple[str, ...]]:
        return {held.lesion.id: held.lesion.conditions for held in assessed(*resources).lesions}

    assert ids(one, other) == ids(other, one)


def test_les_7_what_is_said_does_not_depend_on_the_order_of_entries() -> None:
    lesions = [condition("unsited"), *spinal_lesion("T11"), *spinal_lesion("L3")]

    def said(*resources: Json) -> str:
        advice = scored(assessed(*resources), "site-not-recorded").advice
        return "" if advice is None else advice.text

    assert said(*lesions) == said(*reversed(lesions))


def test_les_7_a_region_beside_a_level_within_it_stays_a_lesion_and_raises_no_alarm() -> None:
    found = assessed(condition("regional", code="94274006"), *spinal_lesion("T11"))
    assert lesion_ids(found) == {"T11", "thoracic-spine"}
    assert {alert.lesion for alert in found.alerts} == {"T11"}
    assert not scored(found, "thoracic-spine").settled


# -- several levels ------------------------------------------------------------------------------------


def test_sins_e11_a_condition_at_two_levels_is_two_lesions_that_say_so() -> None:
    found = assessed(condition("c", "T11", "T12"), pain(at="T11"))
    assert lesion_ids(found) == {"T11", "T12"}
    assert holding("spinal-pain", found) == {"T11"}
    for level in ("T11", "T12"):
        assert "SINS-E11" in {caution.key for caution in scored(found, level).cautions}
        assert lesion(found, level).lesion.spans == ("T11", "T12")


def test_sins_e11_one_level_says_nothing_of_several() -> None:
    found = assessed(T11, L3)
    assert not any(c.key == "SINS-E11" for held in found.lesions for c in held.scores[0].cautions)


def test_a_finding_about_a_condition_at_two_levels_needs_its_own() -> None:
    found = assessed(condition("c", "T11", "T12"), pain(about="Condition/c"))
    assert holding("spinal-pain", found) == set()
    assert unplaced(found)
    assert painful(condition("c", "T11", "T12"), pain(about="Condition/c", at="T12")) == {"T12"}


# -- which Conditions count ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse", None])
def test_conditions_that_count(status: str | None) -> None:
    clinical = None if status is None else status_of("clinical", status)
    held = condition("c", "T11", clinicalStatus=clinical)
    if clinical is None:
        del held["clinicalStatus"]
    (found,) = assessed(held).lesions
    assert found.lesion.not_scored is None
    assert scored(assessed(held), "T11").result is not None


@pytest.mark.parametrize("status", ["resolved", "remission", "inactive"])
def test_les_6_conditions_that_are_shown_and_not_scored(status: str) -> None:
    past = condition("past", "T11", clinicalStatus=status_of("clinical", status))
    found = assessed(past, *items("T11", WORST, about="Condition/past"), L3)
    held = lesion(found, "T11")
    assert status in (held.lesion.not_scored or "")
    assert [(s.result, s.advice, s.applicability.applies) for s in held.scores] == [(None, None, False)] * 2
    assert {alert.lesion for alert in found.alerts} <= {"L3"}


@pytest.mark.parametrize("status", ["resolved", "remission", "inactive"])
def test_les_6_past_disease_lets_findings_make_no_lesion(status: str) -> None:
    past = condition("past", code="109989006", clinicalStatus=status_of("clinical", status))
    assert assessed(past, quality(at="T11")).lesions == ()


def test_les_6_a_level_that_is_active_again_is_scored() -> None:
    past = condition("past", "T11", clinicalStatus=status_of("clinical", "resolved"))
    assert lesion(assessed(past, T11), "T11").lesion.not_scored is None


@pytest.mark.parametrize("status", ["resolved", "remission", "inactive"])
def test_a_siteless_finding_is_not_given_to_past_disease(status: str) -> None:
    past = condition("past", "T11", clinicalStatus=status_of("clinical", status))
    assert painful(past, L3, pain()) == {"L3"}


@pytest.mark.parametrize("verification", ["refuted", "entered-in-error"])
def test_f19_conditions_that_are_ignored(verification: str) -> None:
    ignored = condition("c", "T11", verificationStatus=status_of("ver-status", verification))
    found = assessed(ignored)
    assert found.lesions == ()
    assert found.gaps == ()


@pytest.mark.parametrize("verification", ["confirmed", "unconfirmed", "provisional", "differential"])
def test_conditions_that_are_not_yet_confirmed_count(verification: str) -> None:
    held = condition("c", "T11", verificationStatus=status_of("ver-status", verification))
    assert lesion_ids(assessed(held)) == {"T11"}


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


# -- treatment -----------------------------------------------------------------------------------------


def procedure(code: str, *sites: str, **members: Any) -> Json:
    found: Json = {
        "resourceType": "Procedure",
        "id": "done",
        "status": "completed",
        "subject": reference("Patient/p1"),
        "code": snomed(code),
    }
    if sites:
        found["bodySite"] = [site(name) for name in sites]
    return found | members


@pytest.mark.parametrize(
    ("code", "finding"), [("108290001", "prior-radiation"), ("178831001", "instrumented-segment")]
)
def test_a_procedure_at_the_site_counts_for_its_lesion_only(code: str, finding: str) -> None:
    found = assessed(T11, L3, procedure(code, "T11"))
    assert holding(finding, found) == {"T11"}


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation"])
def test_a_procedure_that_was_not_done_says_nothing(status: str) -> None:
    assert holding("prior-radiation", assessed(T11, procedure("108290001", "T11", status=status))) == set()


def test_a_procedure_at_a_region_leaves_open_whether_the_level_was_treated() -> None:
    found = assessed(T11, procedure("178831001", "thoracic-spine"))
    (view,) = lesion(found, "T11").findings
    assert set(view.possible) == {"present", "absent"}


# -- nothing at all ------------------------------------------------------------------------------------


def test_a_record_without_bone_disease_has_no_lesion_and_no_gap() -> None:
    found = assessed(PRIMARY, patient())
    assert (found.lesions, found.gaps, found.alerts) == ((), (), ())
    assert not found.bone_disease


def test_les_4_findings_of_the_patient_are_never_a_lesions() -> None:
    found = assessed(T11, observation("o", "myelopathy", "present", at="T11"))
    assert holding("myelopathy", found) == set()
    assert [view.finding for view in found.patient_findings] == ["myelopathy"]
