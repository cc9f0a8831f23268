"""Which lesions a record holds, and which of them count (contract 1.1, LES-1 to LES-7)."""

from typing import Any

import pytest

from app.assess.result import Assessment
from tests.assess.grouping import L3, PRIMARY, T11, holding, pain, painful, quality, unplaced
from tests.fhir.records import (
    ICD10CM,
    VERTEBRAE,
    WORST,
    Json,
    answer,
    assessed,
    concept,
    condition,
    gaps,
    items,
    lesion,
    lesion_ids,
    observation,
    patient,
    reference,
    response,
    scored,
    site,
    snomed,
    spinal_lesion,
    status_of,
    structure,
)

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
