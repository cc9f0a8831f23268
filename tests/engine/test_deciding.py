"""Which inputs decide a rule, and so which entries of a record are shown beside it."""

from fractions import Fraction

import pytest

from app.engine.criteria import (
    All,
    Always,
    AnyOf,
    Condition,
    Criteria,
    Criterion,
    Effect,
    Given,
    Is,
    Lies,
    Status,
    deciding,
)
from app.engine.provenance import Citation, Source, Tag
from app.engine.quantity import UNMEASURED, Measured, Quantity
from app.engine.question import Item, Option, unknown
from app.engine.question import given as stated
from app.engine.reading import Interval, exactly

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
FIRST, SECOND, THIRD = (
    Item(code, code, "?", (Option("yes", "yes", 0, CITE), Option("no", "no", 0, CITE)), CITE)
    for code in ("first", "second", "third")
)
COUNT = Quantity("count", "count", "?", "", Fraction(0), Fraction(6), CITE)
INPUTS = (FIRST, SECOND, THIRD, COUNT)
ONE, TWO, THREE = (Is(item.code, frozenset({"yes"})) for item in (FIRST, SECOND, THIRD))
BELOW_2 = Lies("count", Interval(None, Fraction(2), high_closed=False))
EVERY = ("first", "second", "third", "count")


def answers(first: str | None, second: str | None, third: str | None, count: int | None) -> dict[str, Given]:
    """What is known of every input, each from an entry of its own; None is not recorded."""
    found: dict[str, Given] = {
        item.code: unknown(item) if said is None else stated(item, [said], (Source(item.code),))
        for item, said in ((FIRST, first), (SECOND, second), (THIRD, third))
    }
    measured = (
        UNMEASURED
        if count is None
        else Measured((exactly(Fraction(count)),), recorded=True, sources=(Source("count"),))
    )
    return {**found, "count": measured}


def rule(when: Condition) -> Criterion:
    return Criterion("R", Effect.CONTEXT, "a rule", when, (CITE,))


YES, NO = "yes", "no"
ANY = AnyOf((ONE, TWO, THREE, BELOW_2))
EITHER_PAIR = AnyOf((All((ONE, TWO)), All((THREE, BELOW_2))))
ONE_AND_ANY = All((ONE, AnyOf((TWO, THREE, BELOW_2))))


@pytest.mark.parametrize(
    ("when", "held", "status", "expected"),
    [
        # One of several parts is enough: those that hold, and no other that happens to be recorded.
        (ANY, (YES, NO, NO, 5), Status.MET, ("first",)),
        (ANY, (NO, NO, NO, 1), Status.MET, ("count",)),
        (ANY, (YES, NO, YES, 1), Status.MET, ("first", "third", "count")),
        (ANY, (YES, None, None, None), Status.MET, ("first",)),
        # Where none holds, all of them decide.
        (ANY, (NO, NO, NO, 5), Status.UNMET, EVERY),
        (ANY, (NO, None, NO, 5), Status.UNKNOWN, EVERY),
        (ANY, (None, None, None, None), Status.UNKNOWN, EVERY),
        # Where every part is needed, every part decides.
        (All((ONE, TWO)), (YES, YES, NO, 5), Status.MET, ("first", "second")),
        (All((ONE, TWO)), (YES, NO, NO, 5), Status.UNMET, ("first", "second")),
        # Within each other.
        (EITHER_PAIR, (YES, YES, YES, 5), Status.MET, ("first", "second")),
        (EITHER_PAIR, (NO, YES, YES, 1), Status.MET, ("third", "count")),
        (EITHER_PAIR, (YES, YES, YES, 1), Status.MET, EVERY),
        (EITHER_PAIR, (NO, YES, YES, 5), Status.UNMET, EVERY),
        (ONE_AND_ANY, (YES, NO, YES, 5), Status.MET, ("first", "third")),
        (ONE_AND_ANY, (NO, NO, YES, 5), Status.UNMET, ("first", "third")),
        (ONE_AND_ANY, (YES, NO, NO, 5), Status.UNMET, EVERY),
        # A part that holds whatever is recorded asks for nothing.
        (AnyOf((Always(), ONE)), (NO, NO, NO, 5), Status.MET, ()),
        (AnyOf((Always(), ONE)), (YES, NO, NO, 5), Status.MET, ("first",)),
        (Always(), (YES, NO, NO, 5), Status.MET, ()),
        (BELOW_2, (YES, NO, NO, 5), Status.UNMET, ("count",)),
    ],
)
def test_what_decides_a_rule(
    when: Condition,
    held: tuple[str | None, str | None, str | None, int | None],
    status: Status,
    expected: tuple[str, ...],
) -> None:
    given, criterion = answers(*held), rule(when)
    assert deciding(criterion, given) == expected
    # A rule beside it, so that every input is asked for.
    criteria = Criteria("c", INPUTS, (criterion, Criterion("S", Effect.CONTEXT, "another", ANY, (CITE,))))
    found = criteria.judge(given)[0]
    assert found.status is status
    assert [source.reference for source in found.sources] == [
        name for name in expected if given[name].recorded
    ]


def test_a_span_that_may_hold_does_not_decide_alone() -> None:
    given = answers(NO, YES, NO, None)
    given["count"] = Measured(
        (Interval(Fraction(1), Fraction(3)),), recorded=True, sources=(Source("count"),)
    )
    assert deciding(rule(ANY), given) == ("second",)
    given["second"] = stated(SECOND, [NO], (Source("second"),))
    assert deciding(rule(ANY), given) == EVERY


def test_one_entry_that_answers_two_inputs_is_named_once() -> None:
    both = answers(YES, YES, NO, 5)
    for item in (FIRST, SECOND):
        both[item.code] = stated(item, [YES], (Source("both"),))
    criteria = Criteria("c", INPUTS, (rule(ANY),))
    assert criteria.judge(both)[0].sources == (Source("both"),)
