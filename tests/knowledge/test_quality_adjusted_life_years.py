"""Quality-adjusted life years (rules QALY-1 to QALY-4; worked case TC-20, INC-4, INC-5)."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.measure import RefusedError
from tests.knowledge.measure_case import ask, keys

WEEK = Fraction(12, 52)
# Medians of one series, by month.
HAO: list[tuple[Any, str]] = [(0, "0.38"), (WEEK, "0.56"), (1, "0.53"), (3, "0.50"), (6, "0.44")]


def area(*points: tuple[Any, Any], **more: Any) -> Any:
    rows = [{"time_months": months, "utility": utility} for months, utility in points]
    return ask("quality-adjusted-life-years", utilities=rows, **more)


@pytest.mark.parametrize(
    ("points", "years"),
    [
        pytest.param([(0, 1), (12, 1)], "1", id="a year in full health"),
        pytest.param([(0, 1), (12, 0)], "0.5", id="a straight line down"),
        pytest.param([(0, "0.5"), (6, "0.7"), (12, "0.7")], "0.65", id="two pieces"),
        pytest.param([(0, "-0.111"), (12, "-0.111")], "-0.111", id="below 0"),
        pytest.param([(12, "0.7"), (0, "0.5"), (6, "0.7")], "0.65", id="in any order"),
    ],
)
def test_qaly_1_the_area_by_the_trapezoid_rule(points: list[tuple[Any, Any]], years: str) -> None:
    found = area(*points)
    assert found.value == found.minimum == found.maximum == Fraction(years)
    assert found.settled


@pytest.mark.parametrize(("months", "printed"), [(1, "0.044"), (3, "0.130"), (6, "0.247")])
def test_inc_4_and_5_the_area_of_the_printed_medians(months: int, printed: str) -> None:
    found = area(*(point for point in HAO if point[0] <= months))
    assert abs(found.value - Fraction(printed)) < Fraction("0.001")


def test_tc_20_a_value_above_the_time_it_covers_is_refused() -> None:
    with pytest.raises(RefusedError, match="impossible") as raised:
        ask(
            "quality-adjusted-life-years",
            claimed_quality_adjusted_life_years="0.455",
            claimed_at_months=1,
        )
    (refusal,) = raised.value.refusals
    assert refusal.path == ("claimed_quality_adjusted_life_years",)
    assert "0.455" not in refusal.message


@pytest.mark.parametrize(
    ("claimed", "months", "possible"),
    [
        (Fraction(1, 12), 1, True),
        ("0.0834", 1, False),
        ("0.0455", 1, True),
        ("1", 12, True),
        ("1.001", 12, False),
        ("-0.1", 12, True),
    ],
)
def test_qaly_2_the_bound_from_both_sides(claimed: Any, months: int, possible: bool) -> None:
    stated = {"claimed_quality_adjusted_life_years": claimed, "claimed_at_months": months}
    if not possible:
        with pytest.raises(RefusedError):
            ask("quality-adjusted-life-years", **stated)
        return
    found = ask("quality-adjusted-life-years", **stated).details["claimed"]
    assert (found["bound"], found["possible"]) == (Fraction(months, 12), "yes")


def test_qaly_2_the_bound_ends_with_death() -> None:
    with pytest.raises(RefusedError, match="impossible"):
        ask(
            "quality-adjusted-life-years",
            claimed_quality_adjusted_life_years="0.6",
            claimed_at_months=12,
            death_months=6,
        )


def test_qaly_2_a_claim_without_a_time_takes_that_of_the_curve_or_stays_unknown() -> None:
    with pytest.raises(RefusedError, match="impossible"):
        area((0, 1), (1, 1), claimed_quality_adjusted_life_years="0.455")
    found = ask("quality-adjusted-life-years", claimed_quality_adjusted_life_years="0.455")
    claimed = found.details["claimed"]
    assert claimed["possible"] == "unknown"
    assert found.missing == ("claimed_at_months",)


@pytest.mark.parametrize(
    ("points", "death", "years"),
    [
        ([(0, 1), (12, 1)], 18, "1.25"),
        ([(0, 1), (6, 1), (12, 0)], 6, None),
        ([(0, 1), (3, 1), (12, 0)], 6, "0.375"),
        ([(0, 1), (3, 1)], 6, "0.375"),
        ([(0, 1)], 12, "0.5"),
    ],
)
def test_qaly_3_utility_is_0_from_the_date_of_death(
    points: list[tuple[Any, Any]], death: int, years: str | None
) -> None:
    if years is None:
        with pytest.raises(RefusedError, match="after death"):
            area(*points, death_months=death)
        return
    found = area(*points, death_months=death)
    assert found.value == Fraction(years)
    assert found.details["to_months"] == death
    assert "QALY-3" in keys(found.cautions)


@pytest.mark.parametrize("death", [0, 1])
def test_qaly_3_death_before_the_first_utility_is_refused(death: int) -> None:
    with pytest.raises(RefusedError, match="Death is at or before"):
        area((1, 0), (2, 0), death_months=death)


def test_qaly_4_no_input_takes_a_qlq_bm22_score_and_every_answer_says_why() -> None:
    assert "QALY-4" in keys(area((0, 1), (12, 1)).cautions)


def test_two_utilities_at_one_time_are_refused() -> None:
    with pytest.raises(RefusedError, match="one time"):
        area((0, 1), (1, 1), (1, "0.5"))


def test_a_utility_without_a_time_is_refused() -> None:
    with pytest.raises(RefusedError, match="needs the month"):
        ask("quality-adjusted-life-years", utilities=[{"utility": 1}])


def test_an_unknown_utility_may_be_anything_and_would_settle() -> None:
    rows = [{"time_months": 0, "utility": 1}, {"time_months": 12}]
    found = ask("quality-adjusted-life-years", utilities=rows)
    assert (found.minimum, found.maximum, found.value) == (0, 1, None)
    assert found.missing == found.would_settle == ("utilities/1/utility",)


def test_a_utility_in_a_range_gives_a_range() -> None:
    found = area((0, ("0.5", "0.7")), (12, "0.5"))
    assert (found.minimum, found.maximum) == (Fraction("0.5"), Fraction("0.6"))
    assert found.would_settle == ("utilities/0/utility",)


@pytest.mark.parametrize("points", [[], [(0, 1)]])
def test_less_than_two_points_have_no_area(points: list[tuple[Any, Any]]) -> None:
    found = area(*points) if points else ask("quality-adjusted-life-years")
    assert (found.minimum, found.maximum, found.value) == (None, None, None)
    assert found.missing == ("utilities",)
    assert not found.settled


def test_time_before_the_first_utility_is_not_counted_and_said() -> None:
    found = area((6, 1), (12, 1))
    assert (found.value, found.details["from_months"], found.details["bound"]) == (
        Fraction("0.5"),
        6,
        Fraction("0.5"),
    )
    assert "QALY-1" in keys(found.cautions)


hundredths = st.integers(-100, 100).map(lambda n: Fraction(n, 100))


@given(st.dictionaries(st.integers(0, 600), hundredths, min_size=2, max_size=8))
def test_qaly_2_no_curve_is_ever_above_its_bound(curve: dict[int, Fraction]) -> None:
    found = area(*curve.items())
    bound = found.details["bound"]
    assert -bound <= found.value <= bound
    months = sorted(curve)
    plain = sum((b - a) * (curve[a] + curve[b]) / 24 for a, b in pairwise(months))
    assert found.value == plain
