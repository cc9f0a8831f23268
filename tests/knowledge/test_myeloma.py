"""Bone disease of myeloma: when the group calls augmentation indicated, and for whom this speaks."""

from collections.abc import Callable

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from app.engine.provenance import Source
from app.engine.question import Item
from app.knowledge import load
from app.knowledge.histology import Primary, primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from tests.knowledge.pathway_case import Stated, refute, stated, status, statuses

PATHWAY = load(Policy()).pathways["myeloma"]
Make = Callable[..., Lesion]
INDICATED: Stated = {
    "in_spine": "yes",
    "persistent_significant_pain": "yes",
    "fracture_proven_by_stir": "yes",
    "unresolved_after_four_weeks": "yes",
    "limits_activity": "yes",
}
MYE_1, LEVELS = "MYE-1 vertebral-augmentation", "MYE-1-levels vertebral-augmentation"
IMPLANT = "TAD-MM-1 vertebral-implant"


def named(*histologies: str, confirmed: bool = True) -> Primary:
    return primary_of((code, Source(f"Condition/{code}"), confirmed) for code in histologies)


@pytest.mark.parametrize("missing", INDICATED)
def test_mye_1_needs_every_part(missing: str) -> None:
    assert status(PATHWAY, MYE_1, **INDICATED) == "met"
    assert status(PATHWAY, MYE_1, **{**INDICATED, missing: "no"}) == "unmet"
    known = {code: value for code, value in INDICATED.items() if code != missing}
    assert status(PATHWAY, MYE_1, **known) == "unknown"


@pytest.mark.parametrize(("levels", "expected"), [(0, "unmet"), (3, "unmet"), (4, "met"), (30, "met")])
def test_mye_1_three_levels_in_one_session_at_most(levels: int, expected: str) -> None:
    assert status(PATHWAY, LEVELS, in_spine="yes", levels_in_session=levels) == expected
    assert status(PATHWAY, LEVELS, in_spine="no", levels_in_session=levels) == "unmet"


def test_both_times_of_a_fracture_are_told_and_neither_excludes() -> None:
    assert PATHWAY.criteria is not None
    (rule,) = [rule for rule in PATHWAY.criteria.rules if rule.id == "AUG-FXAGE"]
    assert rule.effect.value == "context"
    assert "more than a year" in rule.text
    assert "four to eight weeks" in rule.text
    assert statuses(PATHWAY.judge({}))["AUG-FXAGE"] == "met"
    assert statuses(PATHWAY.judge({}))["ABL-3a ablation"] == "met"


@pytest.mark.parametrize(
    ("histologies", "confirmed", "expected"),
    [
        (("myeloma",), True, True),
        (("myeloma",), False, None),
        (("myeloma", "breast"), True, None),
        (("unknown-primary",), True, None),
        (("other",), True, None),
        ((), True, None),
        (("breast",), True, False),
        (("lymphoma", "kidney"), True, False),
    ],
)
def test_for_whom_it_speaks(
    histologies: tuple[str, ...], confirmed: bool, expected: bool | None, lesion: Make
) -> None:
    patient = Patient(primary=named(*histologies, confirmed=confirmed))
    assert PATHWAY.applies(Case(lesion("T10", {}), patient)).applies is expected


def test_a_bone_that_is_not_recorded_leaves_it_open(lesion: Make) -> None:
    patient = Patient(primary=named("myeloma"))
    assert PATHWAY.applies(Case(lesion(None, {}), patient)).applies is None
    assert PATHWAY.applies(Case(lesion("T10", {}, osteoporotic=True), patient)).applies is False


@pytest.mark.parametrize(
    ("place", "finding", "answer", "rule", "expected"),
    [
        ("T10", "posterior-wall", "wall-disrupted", IMPLANT, "met"),
        ("T10", "posterior-wall", "wall-intact", IMPLANT, "unmet"),
        ("T10", "pathological-fracture", "present", MYE_1, "unknown"),
        ("T10", "pathological-fracture", "absent", MYE_1, "unmet"),
        ("T10", "spinal-pain", "pain-mechanical", MYE_1, "unknown"),
        ("T10", "spinal-pain", "pain-free", MYE_1, "unmet"),
        ("humerus", "posterior-wall", "wall-disrupted", IMPLANT, "unmet"),
        ("bony-pelvis", "posterior-wall", "wall-disrupted", IMPLANT, "unknown"),
    ],
)
def test_what_a_record_answers(
    place: str, finding: str, answer: str, rule: str, expected: str, lesion: Make
) -> None:
    case = Case(lesion(place, {finding: answer}), Patient(primary=named("myeloma")))
    assert statuses(PATHWAY.judge(PATHWAY.read(case)))[rule] == expected


partial = st.fixed_dictionaries(
    {},
    optional={
        **{one.code: st.sampled_from(one.codes) for one in PATHWAY.inputs if isinstance(one, Item)},
        "levels_in_session": st.sampled_from((3, 4)),
    },
)


@settings(max_examples=20, deadline=None)
@drawn(partial)
def test_partial_inputs_against_brute_force(values: Stated) -> None:
    assert refute(PATHWAY, values, {"levels_in_session": (3, 4)}) == []


@settings(max_examples=60, deadline=None)
@drawn(partial, partial)
def test_knowing_more_never_turns_one_answer_into_the_other(known: Stated, more: Stated) -> None:
    before = statuses(PATHWAY.judge(stated(PATHWAY, known)))
    after = statuses(PATHWAY.judge(stated(PATHWAY, {**more, **known})))
    for rule, was in before.items():
        assert was in ("unknown", after[rule]), rule
