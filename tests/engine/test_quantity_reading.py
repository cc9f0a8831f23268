from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import DefinitionError, Source
from app.engine.reading import CodedReading, Fact, Interval, QuantityReading, Segment, exactly

THIRD, TWO_THIRDS = Fraction(100, 3), Fraction(200, 3)
SEGMENTS = (
    Segment(Interval(Fraction(0), THIRD, high_closed=False), frozenset({"small"})),
    Segment(Interval(THIRD, TWO_THIRDS), frozenset({"middle"})),
    Segment(Interval(TWO_THIRDS, Fraction(100), low_closed=False), frozenset({"large"})),
)
PLAIN = QuantityReading("size", SEGMENTS)
ROUNDED = QuantityReading("size", SEGMENTS, rounded_edges=(THIRD, TWO_THIRDS))
CODED = CodedReading("kind", {"yes": frozenset({"a"}), "no": frozenset({"b"})})
SOURCE = Source("Observation/1")


def naive(value: Fraction) -> str:
    if value < THIRD:
        return "small"
    return "middle" if value <= TWO_THIRDS else "large"


@given(st.fractions(0, 100, max_denominator=6))
def test_a_value_has_the_option_of_its_segment(value: Fraction) -> None:
    assert PLAIN.options_for(exactly(value)) == {naive(value)}


@given(st.fractions(0, 100, max_denominator=6), st.fractions(0, 100, max_denominator=6))
def test_a_range_has_the_options_of_every_segment_it_touches(one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))
    inside = [low, high, *(v for v in (THIRD, TWO_THIRDS, Fraction(50)) if low <= v <= high)]
    assert PLAIN.options_for(Interval(low, high)) == {naive(value) for value in inside}


@given(st.fractions(0, 100, max_denominator=6))
def test_a_wider_range_never_has_fewer_options(value: Fraction) -> None:
    narrow = PLAIN.options_for(exactly(value))
    assert narrow <= PLAIN.options_for(Interval(value, None))
    assert narrow <= PLAIN.options_for(Interval(None, value))
    assert PLAIN.options_for(Interval(None, None)) == {"small", "middle", "large"}


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ("33", {"small", "middle"}),
        ("33.0", {"small"}),
        ("33.3", {"small", "middle"}),
        ("33.33", {"small", "middle"}),
        ("33.30", {"small"}),
        ("33.4", {"middle"}),
        ("34", {"middle"}),
        ("32", {"small"}),
        ("66", {"middle"}),
        ("66.6", {"middle"}),
        ("66.67", {"middle", "large"}),
        ("66.7", {"middle", "large"}),
        ("67", {"middle", "large"}),
        ("67.0", {"large"}),
        ("67.1", {"large"}),
    ],
)
def test_a_value_that_rounds_to_an_edge_belongs_to_both_sides(written: str, options: set[str]) -> None:
    assert ROUNDED.options_for(exactly(Decimal(written))) == options


def test_without_rounded_edges_a_written_value_is_taken_as_it_stands() -> None:
    assert PLAIN.options_for(exactly(Decimal(33))) == {"small"}
    assert PLAIN.options_for(exactly(Decimal(67))) == {"large"}


def test_the_exact_edge_and_a_comparator_are_not_rounded() -> None:
    assert ROUNDED.options_for(exactly(THIRD)) == {"middle"}
    assert ROUNDED.options_for(Interval(Fraction(33), None)) == {"small", "middle", "large"}
    assert ROUNDED.options_for(Interval(Fraction(67), None)) == {"large"}
    assert ROUNDED.options_for(Interval(None, Fraction(33))) == {"small"}


@pytest.mark.parametrize(
    ("interval", "options"),
    [
        pytest.param(Interval(None, THIRD, high_closed=False), {"small"}, id="less than 1/3"),
        pytest.param(Interval(None, THIRD), {"small", "middle"}, id="at most 1/3"),
        pytest.param(Interval(TWO_THIRDS, None, low_closed=False), {"large"}, id="more than 2/3"),
        pytest.param(Interval(TWO_THIRDS, None), {"middle", "large"}, id="at least 2/3"),
    ],
)
def test_comparators_at_an_edge(interval: Interval, options: set[str]) -> None:
    assert PLAIN.options_for(interval) == options


def test_one_statement_for_each_fact_with_its_source() -> None:
    sources = [Source("Observation/1"), Source("Observation/2")]
    facts = [Fact("size", exactly(Decimal(10)), source) for source in sources]
    assert [statement.source for statement in PLAIN(facts)] == sources


def test_several_coded_answers_leave_the_options_of_each() -> None:
    (statement,) = CODED([Fact("kind", frozenset({"yes", "no"}), SOURCE)])
    assert statement.possible == {"a", "b"}


def test_a_quantity_given_to_a_coded_reading_is_refused_and_the_reverse() -> None:
    with pytest.raises(DefinitionError, match="kind is coded"):
        list(CODED([Fact("kind", exactly(1), SOURCE)]))
    with pytest.raises(DefinitionError, match="size is a quantity"):
        list(PLAIN([Fact("size", frozenset({"yes"}), SOURCE)]))
