"""Multidisciplinary review: each reason by itself, and what a record gives as a reason."""

from collections.abc import Callable, Mapping
from itertools import product

import pytest

from app.engine.provenance import Age
from app.engine.question import Answer
from app.engine.reading import Fact
from app.knowledge.lesion import Lesion
from app.knowledge.multidisciplinary_review import pathway
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from tests.knowledge.pathway_statuses import by_brute_force, judged, met

PATHWAY = pathway(Policy())
ALWAYS = {"MDT-1", "PAIN-LOC"}
REASONS = {
    "bands_undetermined": "MDT-2-bands",
    "sources_conflict": "MDT-2-conflict",
    "prior_radiation": "MDT-2-radiation",
    "two_modalities_eligible": "MDT-2-modalities",
}
OPEN = {"yes", "no"}
Make = Callable[..., Lesion]


@pytest.mark.parametrize(("code", "rule"), REASONS.items())
def test_each_reason_is_enough_and_names_itself(code: str, rule: str) -> None:
    assert met(PATHWAY, {code: "yes"}) == {rule} | ALWAYS
    assert judged(PATHWAY, {code: "no"})[rule] == "unmet"
    assert judged(PATHWAY, {})[rule] == "unknown"


def test_partial_inputs_are_judged_as_every_completion_is() -> None:
    for answers in product(("yes", "no", None), repeat=len(REASONS)):
        values = {code: said for code, said in zip(REASONS, answers, strict=True) if said is not None}
        assert judged(PATHWAY, values) == by_brute_force(PATHWAY, values, {})


def answer(case: Case, code: str) -> set[str]:
    found = PATHWAY.judge(PATHWAY.read(case)).given[code]
    assert isinstance(found, Answer)
    return set(found.possible)


@pytest.mark.parametrize(
    ("totals", "possible"),
    [
        ({}, OPEN),
        ({"sins": ()}, OPEN),
        ({"sins": (6,)}, {"no"}),
        ({"sins": (5, 6)}, {"no"}),
        ({"sins": (6, 7)}, {"yes"}),
        ({"sins": (7, 12)}, {"no"}),
        ({"sins": (12, 13)}, {"yes"}),
        ({"mirels": (7,)}, {"no"}),
        ({"mirels": (7, 8)}, {"yes"}),
        ({"mirels": (8, 9)}, {"yes"}),
        ({"mirels": (9, 12)}, {"no"}),
        ({"sins": (3,), "mirels": (8, 9)}, {"yes"}),
    ],
)
def test_a_category_is_open_where_totals_reach_two(
    totals: Mapping[str, tuple[int, ...]], possible: set[str], lesion: Make
) -> None:
    assert answer(Case(lesion("T10", {}), Patient(), totals), "bands_undetermined") == possible


@pytest.mark.parametrize(
    ("record", "possible"),
    [
        ({}, OPEN),
        ({"bone-lesion-quality": "lesion-lytic"}, {"no"}),
        ({"bone-lesion-quality": ["lesion-lytic", "lesion-mixed"]}, {"yes"}),
        ({"bone-lesion-quality": ["lesion-lytic", "lesion-lytic|lesion-mixed"]}, {"no"}),
        ({"bone-lesion-quality": "lesion-lytic", "spinal-alignment": "alignment-normal"}, {"no"}),
        ({"vertebral-height-loss": ["20", "30"]}, {"yes"}),
        ({"vertebral-height-loss": ["20", "<30"]}, {"no"}),
        # Of pain scores the latest counts.
        ({"pain-score": ["3", "7"], "bone-lesion-quality": "lesion-lytic"}, {"no"}),
    ],
)
def test_sources_disagree_where_they_exclude_each_other(
    record: Mapping[str, str | list[str]], possible: set[str], lesion: Make
) -> None:
    assert answer(Case(lesion("T10", record), Patient()), "sources_conflict") == possible


def test_a_stale_entry_is_no_side_of_a_conflict(lesion: Make, fact: Callable[..., Fact]) -> None:
    old = fact("bone-lesion-quality", "lesion-blastic", age=Age.STALE)
    record = {"bone-lesion-quality": ["lesion-lytic", old]}
    assert answer(Case(lesion("T10", record), Patient()), "sources_conflict") == {"no"}


@pytest.mark.parametrize(
    ("record", "possible"),
    [
        ({"prior-radiation": "present"}, {"yes"}),
        ({"prior-radiation": "absent"}, {"no"}),
        ({"prior-radiation": "indeterminate"}, OPEN),
        ({}, OPEN),
    ],
)
def test_earlier_radiotherapy_is_read(record: Mapping[str, str], possible: set[str], lesion: Make) -> None:
    case = Case(lesion("T10", record), Patient())
    assert answer(case, "prior_radiation") == possible
    assert answer(case, "two_modalities_eligible") == OPEN


def test_where_it_applies(lesion: Make) -> None:
    for place, osteoporotic, applies in (("T10", False, True), (None, False, True), ("T10", True, False)):
        case = Case(lesion(place, {}, osteoporotic=osteoporotic), Patient())
        assert PATHWAY.applies(case).applies is applies
