"""Oswestry Disability Index (rules ODI-1 to ODI-4; worked cases TC-10 and TC-18)."""

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.measure import RefusedError
from tests.knowledge.measure_case import MEASURES, ask, keys

SECTIONS = [f"section_{number}" for number in range(1, 11)]


def band(percentage: Fraction) -> str:
    """The printed categories, in five lines."""
    for upper, code in ((20, "minimal"), (40, "moderate"), (60, "severe"), (80, "crippled")):
        if percentage <= upper:
            return code
    return "bed-bound"


@pytest.mark.parametrize(("points", "answered", "printed"), [(16, 10, "32"), (16, 9, "35.5")])
def test_tc_10(points: int, answered: int, printed: str) -> None:
    found = ask("odi", sum=points, answered=answered)
    assert abs(found.value - Fraction(printed)) < Fraction("0.1")
    assert found.value == Fraction(100 * points, 5 * answered)
    assert found.bands == ("moderate",)


@pytest.mark.parametrize(("percentage", "category"), [(50, "severe"), (22, "moderate")])
def test_tc_18(percentage: int, category: str) -> None:
    found = ask("odi", percentage=percentage)
    assert (found.bands, found.value, found.settled) == ((category,), percentage, True)


@pytest.mark.parametrize(
    ("percentage", "category"),
    [
        ("0", "minimal"), ("20", "minimal"), ("20.1", "moderate"), ("40", "moderate"), ("40.1", "severe"),
        ("60", "severe"), ("60.1", "crippled"), ("80", "crippled"), ("80.1", "bed-bound"),
        ("100", "bed-bound"),
    ],
)  # fmt: skip
def test_odi_2_both_sides_of_every_edge(percentage: str, category: str) -> None:
    assert ask("odi", percentage=percentage).bands == (category,) == (band(Fraction(percentage)),)


@pytest.mark.parametrize("points", range(51))
def test_odi_1_every_sum_of_ten_sections(points: int) -> None:
    found = ask("odi", sum=points, answered=10)
    assert found.value == 2 * points
    assert found.bands == (band(Fraction(2 * points)),)
    assert found.settled
    assert found.details["not_answered"] == 0


def test_odi_1_a_section_not_answered_leaves_the_denominator_and_is_named() -> None:
    answers = dict.fromkeys(SECTIONS[:8], 2)
    found = ask("odi", **answers, section_9=0)
    assert found.value == Fraction(16 * 100, 45)
    assert found.missing == ("section_10",)
    assert found.details["not_answered"] == 1
    assert found.details["if_all_answered"] == {"minimum": 32, "maximum": 42, "bands": ("moderate", "severe")}


def test_odi_1_a_category_is_settled_only_if_the_missing_section_cannot_change_it() -> None:
    open_ended = ask("odi", sum=16, answered=9)
    assert (open_ended.bands, open_ended.settled) == (("moderate",), False)
    text = next(caution.text for caution in open_ended.cautions if caution.key == "ODI-1")
    assert "severe" in text
    closed = ask("odi", sum=12, answered=9)
    assert (closed.bands, closed.settled) == (("moderate",), True)


def test_odi_1_what_would_settle_is_the_missing_section() -> None:
    found = ask("odi", **dict.fromkeys(SECTIONS[:9], 2))
    assert (found.settled, found.would_settle) == (False, ("section_10",))


def test_odi_1_nothing_answered_leaves_everything() -> None:
    found = ask("odi")
    assert (found.minimum, found.maximum, found.value, found.settled) == (0, 100, None, False)
    assert len(found.bands) == 5
    assert found.missing == tuple(SECTIONS)


@pytest.mark.parametrize(("points", "answered"), [(46, 9), (6, 1)])
def test_odi_1_a_sum_that_cannot_be_is_refused(points: int, answered: int) -> None:
    with pytest.raises(RefusedError, match="five points"):
        ask("odi", sum=points, answered=answered)
    assert ask("odi", sum=points - 1, answered=answered).value == 100


def test_odi_1_a_sum_without_its_number_keeps_every_number_that_fits() -> None:
    found = ask("odi", sum=16)
    assert (found.minimum, found.maximum) == (32, 80)
    assert (found.value, found.missing) == (None, ("answered",))


def test_odi_1_a_number_without_its_sum_keeps_every_sum() -> None:
    found = ask("odi", answered=10)
    assert (found.minimum, found.maximum, found.missing) == (0, 100, ("sum",))
    assert found.would_settle == ("sum",)


@pytest.mark.parametrize(
    "both",
    [
        {"sum": 5, "section_1": 5},
        {"answered": 5, "section_1": 5},
        {"percentage": 5, "section_1": 5},
        {"percentage": 5, "sum": 5},
    ],
)
def test_two_ways_of_saying_it_are_refused(both: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="not both"):
        ask("odi", **both)


def test_odi_3_and_odi_4_are_said_with_every_answer() -> None:
    found = ask("odi", sum=16, answered=10)
    assert keys(found.cautions) >= {"ODI-3", "ODI-4"}
    assert any("10 points" in caution.text for caution in found.cautions)


def test_odi_4_no_wording_of_a_section_is_held() -> None:
    for entry in MEASURES["odi"].inputs[:10]:
        assert entry.label == f"Section {entry.code.removeprefix('section_')}"


answers = st.dictionaries(
    st.sampled_from(SECTIONS), st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True), max_size=10
)


@given(answers)
def test_sections_against_every_combination(given_answers: dict[str, list[int]]) -> None:
    found = ask("odi", **given_answers)
    stated = list(given_answers.values())
    if not stated:
        assert len(found.bands) == 5
        return
    sums = {sum(points) for points in product(*stated)}
    percentages = {Fraction(100 * points, 5 * len(stated)) for points in sums}
    assert (found.minimum, found.maximum) == (min(percentages), max(percentages))
    assert set(found.bands) == {band(percentage) for percentage in percentages}
    left = 10 - len(stated)
    whole = {band(Fraction(2 * (points + more))) for points in sums for more in range(5 * left + 1)}
    assert found.settled is (len(set(found.bands) | whole) == 1)
