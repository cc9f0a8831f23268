"""What Conditions and Procedures state of a lesion: fractures, collapse, osteoporosis, treatment."""

from typing import Any

import pytest

from app.assess.result import Assessment
from tests.fhir.records import (
    ICD10CM,
    LEFT,
    RIGHT,
    Json,
    answer,
    assessed,
    concept,
    condition,
    lesion,
    lesion_ids,
    observation,
    reference,
    scored,
    site,
    snomed,
    status_of,
)

T11, MYELOMA = condition("t11", "T11"), condition("myeloma", code="109989006")
LEFT_FEMUR, RIGHT_FEMUR = (condition(name, site("femur", code)) for name, code in (("l", LEFT), ("r", RIGHT)))
COLLAPSE, FRACTURE, LYTIC, OSTEOPOROTIC = "84138006", "268029009", "441684001", "443165006"


def stated(code: str, *sites: Json | str, **rest: Any) -> Json:
    return condition("stated", *sites, code=code, recordedDate="2026-11-10", **rest)


def procedure(code: str, *sites: Json) -> Json:
    return {
        "resourceType": "Procedure",
        "id": "done",
        "status": "completed",
        "subject": reference("Patient/p1"),
        "code": snomed(code),
        "bodySite": list(sites),
    }


def possible(found: Assessment, lesion_id: str, finding: str) -> set[str]:
    return {
        code
        for view in lesion(found, lesion_id).findings
        if view.finding == finding
        for code in view.possible
    }


# -- collapse and quality ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", [snomed(COLLAPSE), concept((ICD10CM, "M48.50XA")), concept((ICD10CM, "M48.54XA"))]
)
def test_sins_e3_a_vertebral_fracture_at_the_level_is_a_collapse_of_untold_degree(code: Json) -> None:
    fracture = condition("stated", "T11", code=code, recordedDate="2026-11-10")
    given = answer(assessed(T11, fracture), "T11", "collapse")
    assert given.possible == ("over-50", "under-50")
    assert [source.reference for source in given.sources] == ["Condition/stated"]


def test_a_vertebral_fracture_at_another_level_says_nothing_of_this_one() -> None:
    found = assessed(T11, stated(COLLAPSE, "L3"))
    assert not answer(found, "T11", "collapse").recorded


def test_a_vertebral_fracture_of_an_untold_level_is_given_to_none_and_named() -> None:
    found = assessed(T11, stated(COLLAPSE))
    assert not answer(found, "T11", "collapse").recorded
    assert any(gap.reason.startswith("Condition/stated") for gap in found.gaps)


def test_a_vertebral_fracture_makes_a_lesion_only_beside_bone_disease() -> None:
    assert lesion_ids(assessed(MYELOMA, stated(COLLAPSE, "T11"))) == {"T11"}
    assert lesion_ids(assessed(stated(COLLAPSE, "T11"))) == set()


def test_a_stale_fracture_is_no_collapse_that_is_known() -> None:
    old = condition("stated", "T11", code=COLLAPSE, onsetDateTime="2025-01-01")
    assert not answer(assessed(T11, old), "T11", "collapse").recorded


def test_a_lytic_lesion_as_a_problem_is_its_quality() -> None:
    assert answer(assessed(T11, stated(LYTIC, "T11")), "T11", "lesion").possible == ("lytic",)
    assert answer(assessed(T11, stated(LYTIC)), "T11", "lesion").possible == ("lytic",)
    assert not answer(assessed(T11, condition("l3", "L3"), stated(LYTIC)), "T11", "lesion").recorded


@pytest.mark.parametrize(
    "past",
    [
        {"clinicalStatus": status_of("clinical", "resolved")},
        {"verificationStatus": status_of("ver-status", "refuted")},
    ],
)
def test_what_a_past_or_refuted_condition_states_does_not_count(past: Json) -> None:
    assert not answer(assessed(T11, stated(COLLAPSE, "T11", **past)), "T11", "collapse").recorded


# -- pathological fracture -----------------------------------------------------------------------------


def test_mir_e7_a_fracture_of_the_bone_makes_mirels_not_applicable() -> None:
    found = assessed(LEFT_FEMUR, stated(FRACTURE, site("femur", LEFT)))
    held = scored(found, "left-femur", "mirels")
    assert held.applicability.applies is False
    assert held.result is None
    assert "fracture" in (held.applicability.reason or "").lower()


def test_mir_e7_a_fracture_of_the_other_side_changes_nothing() -> None:
    found = assessed(LEFT_FEMUR, RIGHT_FEMUR, stated(FRACTURE, site("femur", RIGHT)))
    assert scored(found, "left-femur", "mirels").applicability.applies is True
    assert scored(found, "right-femur", "mirels").applicability.applies is False


def test_mir_e7_a_fracture_of_an_untold_side_leaves_both_open() -> None:
    found = assessed(LEFT_FEMUR, RIGHT_FEMUR, stated("409667007"))
    for lesion_id in ("left-femur", "right-femur"):
        assert possible(found, lesion_id, "pathological-fracture") == {"present", "absent"}
        assert scored(found, lesion_id, "mirels").applicability.applies is None
        assert not scored(found, lesion_id, "mirels").settled


def test_mir_e7_a_fracture_of_a_part_leaves_the_whole_open() -> None:
    found = assessed(LEFT_FEMUR, stated("409666003", site("proximal-femur", LEFT)))
    assert scored(found, "left-femur", "mirels").applicability.applies is None


def test_a_metastatic_fracture_is_disease_and_fracture() -> None:
    found = assessed(condition("c", site("femur", LEFT), code="134421000"))
    assert lesion_ids(found) == {"left-femur"}
    assert scored(found, "left-femur", "mirels").applicability.applies is False


# -- osteoporosis --------------------------------------------------------------------------------------


def test_sins_e14_an_osteoporotic_fracture_without_a_tumour_is_not_scored() -> None:
    collapse = observation("o", "vertebral-collapse", "collapse-over-50", at="T11")
    found = assessed(MYELOMA, stated(OSTEOPOROTIC, "T11"), collapse)
    assert scored(found, "T11").applicability.applies is False
    assert scored(found, "T11").result is None


def test_sins_e14_a_tumour_at_the_same_level_is_scored() -> None:
    collapse = observation("o", "vertebral-collapse", "collapse-over-50", at="T11")
    found = assessed(T11, stated(OSTEOPOROTIC, "T11"), collapse)
    assert scored(found, "T11").applicability.applies is True


def test_sins_e14_an_osteoporotic_fracture_of_another_level_changes_nothing() -> None:
    found = assessed(T11, stated(OSTEOPOROTIC, "L3"))
    assert lesion_ids(found) == {"T11"}
    assert scored(found, "T11").applicability.applies is True


# -- treatment -----------------------------------------------------------------------------------------


def test_radiotherapy_counts_for_the_side_it_was_given_to() -> None:
    found = assessed(LEFT_FEMUR, RIGHT_FEMUR, procedure("108290001", site("femur", LEFT)))
    assert possible(found, "left-femur", "prior-radiation") == {"present"}
    assert possible(found, "right-femur", "prior-radiation") == set()


def test_radiotherapy_of_an_untold_side_leaves_both_open() -> None:
    found = assessed(LEFT_FEMUR, RIGHT_FEMUR, procedure("108290001", site("femur")))
    for lesion_id in ("left-femur", "right-femur"):
        assert possible(found, lesion_id, "prior-radiation") == {"present", "absent"}


def test_radiotherapy_without_a_site_is_given_to_no_lesion() -> None:
    assert possible(assessed(T11, procedure("108290001")), "T11", "prior-radiation") == set()


def test_a_procedure_at_a_site_that_cannot_be_read_is_given_to_no_lesion() -> None:
    found = assessed(T11, procedure("108290001", {"text": "T11"}))
    assert possible(found, "T11", "prior-radiation") == set()


def test_sins_e13_a_cemented_level_is_marked_and_never_called_stable() -> None:
    healthy = {
        "spinal-pain": "pain-free",
        "bone-lesion-quality": "lesion-blastic",
        "spinal-alignment": "alignment-normal",
        "vertebral-collapse": "collapse-none",
        "posterolateral-involvement": "posterolateral-none",
    }
    findings = [observation(finding, finding, value, at="T11") for finding, value in healthy.items()]
    found = scored(assessed(T11, *findings, procedure("178831001", site("T11"))), "T11")
    assert found.result is not None
    assert found.result.totals == (3,)
    assert "SINS-E13" in {flag.key for flag in found.flags}
    assert found.advice is not None
    assert found.advice.key == "SINS-E13"


# -- the pelvis ----------------------------------------------------------------------------------------


def test_a_finding_of_the_acetabulum_is_of_the_only_pelvic_lesion() -> None:
    wall = observation("o", "medial-wall", "disrupted")
    pelvis = condition("p", snomed("37783008", LEFT))
    found = assessed(pelvis, LEFT_FEMUR, T11, wall)
    assert possible(found, "left-acetabulum", "medial-wall") == {"disrupted"}
    assert possible(found, "left-femur", "medial-wall") == set()
