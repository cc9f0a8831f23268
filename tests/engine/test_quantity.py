"""Numbers as stretches: what lies in what, at open and closed ends, and what facts of one number share."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import Age, Citation, DefinitionError, Source, Tag
from app.engine.quantity import ANYTHING, UNMEASURED, Measured, Quantity, measured, within
from app.engine.reading import Fact, Interval, exactly

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
# Ends lie at whole numbers, so that halves stand for every number between two ends, and beyond all.
GRID = [Fraction(n, 2) for n in range(-2, 15)]


def span(text: str) -> Interval:
    """``[1,3)`` and the like; an end left out is unbounded."""
    low, high = text[1:-1].split(",")
    return Interval(
        Fraction(low) if low else None,
        Fraction(high) if high else None,
        low_closed=text[0] == "[",
        high_closed=text[-1] == "]",
        text=text,
    )


def holds(one: Interval, number: Fraction) -> bool:
    above = one.low is None or number > one.low or (one.low_closed and number == one.low)
    below = one.high is None or number < one.high or (one.high_closed and number == one.high)
    return above and below


def numbers(*spans: Interval) -> set[Fraction]:
    return {number for number in GRID if any(holds(one, number) for one in spans)}


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low = draw(st.none() | st.integers(0, 6))
    high = draw(st.none() | st.integers(0 if low is None else low, 6))
    point = low is not None and low == high
    low_closed = True if point else draw(st.booleans())
    high_closed = True if point else draw(st.booleans())
    text = f"{low}{low_closed}{high}{high_closed}"
    return Interval(
        None if low is None else Fraction(low),
        None if high is None else Fraction(high),
        low_closed,
        high_closed,
        text,
    )


# inner, outer -> lies within, meets
PAIRS = [
    ("[1,3]", "[1,3]", True, True),
    ("(1,3)", "[1,3]", True, True),
    ("[1,3]", "(1,3]", False, True),
    ("[1,3]", "[1,3)", False, True),
    ("(1,3]", "(1,3]", True, True),
    ("[1,3)", "[1,3)", True, True),
    ("(1,3)", "(1,3)", True, True),
    ("[3,3]", "[1,3]", True, True),
    ("[3,3]", "[1,3)", False, False),
    ("[3,3]", "(3,5]", False, False),
    ("[3,3]", "[3,5]", True, True),
    ("[1,3]", "[3,5]", False, True),
    ("[1,3)", "[3,5]", False, False),
    ("[1,3]", "(3,5]", False, False),
    ("[1,3)", "(3,5]", False, False),
    ("[1,2]", "[4,5]", False, False),
    ("[2,4]", "[1,5]", True, True),
    ("[1,5]", "[2,4]", False, True),
    ("[1,3]", "(,3]", True, True),
    ("[1,3]", "(,3)", False, True),
    ("[1,3)", "(,3)", True, True),
    ("[1,3]", "[1,)", True, True),
    ("[1,3]", "(1,)", False, True),
    ("(,3]", "[1,3]", False, True),
    ("[1,)", "[1,3]", False, True),
    ("(,3)", "[3,)", False, False),
    ("(,3]", "[3,)", False, True),
    ("(,)", "(,)", True, True),
    ("(,)", "[1,)", False, True),
    ("[1,)", "(,)", True, True),
]


@pytest.mark.parametrize(("inner", "outer", "inside", "meeting"), PAIRS)
def test_what_lies_within_and_what_meets(inner: str, outer: str, inside: bool, meeting: bool) -> None:
    one, other = span(inner), span(outer)
    assert within(one, other) == inside
    assert one.meets(other) == other.meets(one) == meeting


@given(intervals(), intervals())
def test_within_and_meets_are_those_of_enumeration(one: Interval, other: Interval) -> None:
    assert within(one, other) == (numbers(one) <= numbers(other))
    assert one.meets(other) == bool(numbers(one) & numbers(other))


# -- facts of one number --------------------------------------------------------------------------------


def fact(value: Interval, name: str = "", age: Age = Age.FRESH) -> Fact:
    return Fact("size", value, Source(f"Observation/{name or value.text}", "2026-01-05", age))


# spans as recorded -> spans left, conflict
TOGETHER = [
    ("one value", ["[3,3]"], ["[3,3]"], False),
    ("the same value twice", ["[3,3]", "[3,3]"], ["[3,3]"], False),
    ("two values", ["[3,3]", "[5,5]"], ["[3,3]", "[5,5]"], True),
    ("a value within a range", ["[3,3]", "[1,5]"], ["[3,3]"], False),
    ("a value at the closed end of a range", ["[5,5]", "[1,5]"], ["[5,5]"], False),
    ("a value at the open end of a range", ["[5,5]", "[1,5)"], ["[5,5]", "[1,5)"], True),
    ("two ranges that overlap", ["[1,4]", "[3,6]"], ["[3,4]"], False),
    ("two ranges that touch", ["[1,3]", "[3,6]"], ["[3,3]"], False),
    ("two ranges that nearly touch", ["[1,3)", "[3,6]"], ["[1,3)", "[3,6]"], True),
    ("an open end and a closed one", ["[1,4)", "[1,4]"], ["[1,4)"], False),
    ("an open start and a closed one", ["(1,4]", "[1,4]"], ["(1,4]"], False),
    ("less than and at least", ["(,4)", "[2,)"], ["[2,4)"], False),
    ("three that share a stretch", ["[1,4]", "[2,5]", "(,3]"], ["[2,3]"], False),
    ("one of three excludes one", ["[1,3]", "[2,6]", "[5,5]"], ["[1,3]", "[2,6]", "[5,5]"], True),
]


@pytest.mark.parametrize(
    ("recorded", "left", "conflict"),
    [pytest.param(*case, id=name) for name, *case in TOGETHER],
)
def test_facts_of_one_number_together(recorded: list[str], left: list[str], conflict: bool) -> None:
    facts = [fact(span(text), f"{number}") for number, text in enumerate(recorded)]
    for order in permutations(facts):
        found = measured(order)
        assert numbers(*found.spans) == numbers(*map(span, left))
        assert len(found.spans) == len(left)
        assert (found.recorded, found.conflicting) == (True, conflict)
        assert set(found.sources) == {one.source for one in facts}
        assert found.unused == ()


@given(st.lists(intervals(), min_size=1, max_size=4))
def test_facts_share_what_they_have_in_common_or_all_is_kept(spans: list[Interval]) -> None:
    found = measured(fact(one, f"{number}") for number, one in enumerate(spans))
    common = set.intersection(*(numbers(one) for one in spans))
    assert found.conflicting == (not common)
    assert numbers(*found.spans) == (common or set().union(*(numbers(one) for one in spans)))


@pytest.mark.parametrize("age", [Age.STALE, Age.UNDATED, Age.FUTURE])
def test_what_is_stale_undated_or_future_does_not_count(age: Age) -> None:
    old = fact(span("[3,3]"), "old", age)
    alone = measured([old])
    assert (alone.spans, alone.recorded) == ((ANYTHING,), False)
    assert alone.unused == (old.source,)
    beside = measured([old, fact(span("[5,5]"), "new")])
    assert (beside.text, beside.recorded, beside.conflicting) == ("[5,5]", True, False)
    assert (beside.sources, beside.unused) == ((Source("Observation/new", "2026-01-05"),), (old.source,))


def test_an_ageing_fact_still_counts() -> None:
    found = measured([fact(span("[3,3]"), age=Age.AGEING)])
    assert (found.recorded, found.single) == (True, True)


def test_no_fact_leaves_every_number() -> None:
    none: Iterable[Fact] = ()
    assert measured(none) is UNMEASURED
    assert (UNMEASURED.spans, UNMEASURED.recorded, UNMEASURED.single) == ((ANYTHING,), False, False)


def test_a_coded_fact_is_refused() -> None:
    with pytest.raises(DefinitionError, match="size is coded"):
        measured([Fact("size", frozenset({"yes"}), Source("Observation/o"))])


@pytest.mark.parametrize(
    ("spans", "single"),
    [
        (["[3,3]"], True),
        (["[3,4]"], False),
        (["[3,3]", "[5,5]"], False),
        (["(,3]"], False),
        (["[3,)"], False),
        (["(,)"], False),
    ],
)
def test_one_value_is_single_and_nothing_else(spans: list[str], single: bool) -> None:
    assert Measured(tuple(map(span, spans)), recorded=True).single == single


def test_a_number_is_told_as_recorded() -> None:
    shared = measured([fact(span("[1,4]")), fact(span("[3,6]"))])
    assert shared.text == "[1,4] and [3,6]"
    assert measured([fact(exactly(3)), fact(exactly(5))]).text == "3 or 5"


@pytest.mark.parametrize(("low", "high"), [(3, 3), (4, 3)])
def test_a_quantity_without_a_range_is_refused(low: int, high: int) -> None:
    with pytest.raises(DefinitionError, match="quantity size: its range is empty"):
        Quantity("size", "Size", "?", "mm", Fraction(low), Fraction(high), CITE)
