from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.reading import Interval, Number, exactly

GRID = [Fraction(n, 2) for n in range(-10, 11)]
EXACTLY_50 = exactly(Decimal(50))
MORE_THAN_50 = Interval(Fraction(50), None, low_closed=False)
AT_LEAST_50 = Interval(Fraction(50), None)
LESS_THAN_50 = Interval(None, Fraction(50), high_closed=False)
AT_MOST_50 = Interval(None, Fraction(50))
ANYTHING = Interval(None, None)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    bounds = st.none() | st.integers(-4, 4).map(Fraction)
    low, high = draw(bounds), draw(bounds)
    if low is not None and high is not None and low >= high:
        return Interval(high, low) if low > high else Interval(low, high)
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


def contains(interval: Interval, value: Fraction) -> bool:
    above = interval.low is None or value > interval.low
    below = interval.high is None or value < interval.high
    at_low = value == interval.low and interval.low_closed
    at_high = value == interval.high and interval.high_closed
    return (above or at_low) and (below or at_high)


@given(intervals(), intervals())
def test_two_intervals_meet_where_some_value_lies_in_both(one: Interval, other: Interval) -> None:
    expected = any(contains(one, value) and contains(other, value) for value in GRID)
    assert one.meets(other) == expected


@given(intervals(), intervals())
def test_meeting_is_mutual(one: Interval, other: Interval) -> None:
    assert one.meets(other) == other.meets(one)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(EXACTLY_50, MORE_THAN_50, False, id="50 is not more than 50"),
        pytest.param(EXACTLY_50, AT_LEAST_50, True, id="50 is at least 50"),
        pytest.param(EXACTLY_50, LESS_THAN_50, False, id="50 is not less than 50"),
        pytest.param(EXACTLY_50, AT_MOST_50, True, id="50 is at most 50"),
        pytest.param(exactly(Decimal("50.1")), MORE_THAN_50, True, id="50.1 is more than 50"),
        pytest.param(exactly(Decimal("49.9")), LESS_THAN_50, True, id="49.9 is less than 50"),
        pytest.param(MORE_THAN_50, LESS_THAN_50, False, id="more than and less than"),
        pytest.param(MORE_THAN_50, AT_MOST_50, False, id="more than and at most"),
        pytest.param(AT_LEAST_50, AT_MOST_50, True, id="at least and at most meet at 50"),
        pytest.param(MORE_THAN_50, AT_LEAST_50, True, id="two comparators the same way"),
        pytest.param(ANYTHING, LESS_THAN_50, True, id="unbounded meets everything"),
    ],
)
def test_comparators(one: Interval, other: Interval, expected: bool) -> None:
    assert one.meets(other) == expected
    assert other.meets(one) == expected


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Decimal(33), 0, "33"),
        (Decimal("33.0"), 1, "33.0"),
        (Decimal("33.33"), 2, "33.33"),
        (Decimal("3E+1"), 0, "3E+1"),
        (Fraction(100, 3), None, "100/3"),
    ],
)
def test_a_plain_value_keeps_its_written_precision(value: Number, decimals: int | None, text: str) -> None:
    interval = exactly(value)
    assert interval.low == interval.high == Fraction(value)
    assert interval.low_closed
    assert interval.high_closed
    assert (interval.decimals, interval.text) == (decimals, text)


def test_the_text_may_carry_the_unit_as_recorded() -> None:
    assert exactly(Decimal("3.0"), "3.0 cm").text == "3.0 cm"
