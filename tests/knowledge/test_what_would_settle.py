"""Which inputs would settle criteria is kept by what answers leave possible: the same as worked out anew."""

from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations, product

from app.engine.criteria import Criteria, Criterion, Effect, Given, Is, Lies
from app.engine.quantity import UNMEASURED, Measured
from app.engine.question import given
from app.engine.reading import Interval, exactly
from app.knowledge.pathway import choice, number
from app.knowledge.sources import local_policy

CITE = local_policy("TEST-1", "A rule of a test")
GRADE = choice("grade", "Grade", "Which grade?", CITE, ("a", "a"), ("b", "b"), ("c", "c"))
PAIN = choice("pain", "Pain", "Is there pain?", CITE, ("yes", "yes"), ("no", "no"))
COUNT = number("count", "Count", "How many?", CITE, "1", 0, 10)
CRITERIA = Criteria(
    "test",
    (GRADE, PAIN, COUNT),
    (
        Criterion("T-1", Effect.ABSOLUTE, "Not in grade a.", Is("grade", frozenset({"a"})), (CITE,)),
        Criterion("T-2", Effect.INDICATION, "For pain.", Is("pain", frozenset({"yes"})), (CITE,)),
        Criterion("T-3", Effect.DEFER, "Below 5.", Lies("count", Interval(None, Fraction(5))), (CITE,)),
    ),
)
COUNTS = (
    UNMEASURED,
    Measured((exactly(7),), recorded=True),
    Measured((Interval(Fraction(1), Fraction(6)),), recorded=True),
    Measured((Interval(Fraction(6), Fraction(9)),), recorded=True),
)


def test_what_would_settle_them_depends_on_nothing_that_was_asked_before() -> None:
    seen = set()
    grades, pains = (
        [given(item, some) for some in chain(*(combinations(item.codes, n) for n in range(1, 4)))]
        for item in (GRADE, PAIN)
    )
    for grade, pain, count in product(grades, pains, COUNTS):
        answers: dict[str, Given] = {"grade": grade, "pain": pain, "count": count}
        anew = replace(CRITERIA)
        found = CRITERIA.would_settle(answers, CRITERIA.judge(answers))
        assert found == anew.would_settle(answers, anew.judge(answers))
        assert found == CRITERIA.would_settle(answers, CRITERIA.judge(answers))
        seen.add(found)
    assert len(seen) > 2
