"""Karnofsky and ECOG for tables that name only some of their values.

A value between two steps of a table leaves both; a value outside the table answers nothing. ECOG is read
as Karnofsky only by the union of three published maps that contradict one another (PS-1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from app.engine.provenance import DefinitionError, Source
from app.engine.question import Answer, Item, Statement, reconcile
from app.engine.reading import Fact, Interval
from app.knowledge.instrument import Remark
from app.knowledge.patient import Patient
from app.knowledge.performance_status.table import GRADES, PS_1, karnofsky_of_ecog
from app.knowledge.prognosis_reading import ReadAnswer

# The values of a living person: Karnofsky 0 and ECOG 5 are death.
_LIVING = {"karnofsky": (10, 100), "ecog": (0, 4)}


@dataclass(frozen=True, slots=True)
class Step:
    """The values of a scale for which a table has one option, both ends included."""

    option: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one table on one scale, ascending.

    Args:
        finding: ``karnofsky`` or ``ecog``.
    """

    item: Item
    finding: str
    steps: tuple[Step, ...]

    def options_for(self, value: Interval) -> frozenset[str] | None:
        """The options that a value leaves possible; None where it lies, or may lie, outside the table."""
        low, high = _LIVING[self.finding]
        first, last = self.steps[0].low, self.steps[-1].high
        outside = (
            Interval(Fraction(low), Fraction(first), high_closed=False),
            Interval(Fraction(last), Fraction(high), low_closed=False),
        )
        if not value.meets(_closed(low, high)):
            return None
        if (low < first and value.meets(outside[0])) or (last < high and value.meets(outside[1])):
            return None
        named = {step.option for step in self.steps if value.meets(_closed(step.low, step.high))}
        for before, after in pairwise(self.steps):
            if value.meets(_between(before.high, after.low)):
                named |= {before.option, after.option}
        return frozenset(named)

    def answer(self, patient: Patient) -> Answer:
        """What the record says on this scale, and on no other."""
        usable, unused = _sorted_by_age(patient.facts.get(self.finding, ()))
        return self._from(usable, unused)

    def answer_or_from_ecog(self, patient: Patient) -> Answer:
        """What Karnofsky says, or in its absence ECOG; where the two exclude one another, both (PS-1)."""
        own, stale = _sorted_by_age(patient.facts.get("karnofsky", ()))
        ecog, stale_ecog = _sorted_by_age(patient.facts.get("ecog", ()))
        unused = (*stale, *stale_ecog)
        if not ecog:
            return self._from(own, unused)
        mapped = [fact._replace(value=karnofsky_from(_interval(fact))) for fact in ecog]
        if not own:
            text = "is taken from ECOG by the union of three maps that contradict one another (local policy)."
            return self._from(mapped, unused, self._note(text))
        if any(_interval(k).meets(_interval(e)) for k in own for e in mapped):
            text = "is recorded, and decides; ECOG is recorded too and only shown."
            return self._from(own, unused, self._note(text))
        text = "and ECOG exclude one another under every published map; both are kept: look again."
        answer = self._from([*own, *mapped], unused, self._note(text))
        if not answer.recorded:
            return answer
        claims = tuple(Statement(self._options(fact), fact.source) for fact in (*own, *mapped))
        return ReadAnswer(
            self.item.ordered(frozenset().union(*(claim.possible for claim in claims))),
            recorded=True,
            conflicting=True,
            sources=answer.sources,
            unused=unused,
            claims=claims,
            notes=answer.notes if isinstance(answer, ReadAnswer) else (),
        )

    def _from(self, facts: Iterable[Fact], unused: tuple[Source, ...], *notes: Remark) -> Answer:
        statements: list[Statement] = []
        for fact in facts:
            options = self.options_for(_interval(fact))
            if options is None:
                return ReadAnswer(self.item.codes, unused=unused, notes=(*notes, self._outside(fact)))
            statements.append(Statement(options, fact.source))
        answer = reconcile(self.item, statements, unused)
        if not statements or not notes:
            return answer
        return ReadAnswer(
            answer.possible,
            answer.recorded,
            answer.conflicting,
            answer.sources,
            answer.unused,
            answer.claims,
            notes,
        )

    def _options(self, fact: Fact) -> frozenset[str]:
        return self.options_for(_interval(fact)) or frozenset(self.item.codes)

    def _note(self, text: str) -> Remark:
        return Remark("PS-1", f"{self.item.label} {text}", (PS_1,))

    def _outside(self, fact: Fact) -> Remark:
        written = _interval(fact).text
        said = f" ({written})" if written else ""
        text = (
            f"{self.item.label}: the recorded value{said} lies, or may lie, outside the published table; "
            "the score is not computable from it."
        )
        return Remark(self.item.cite.key, text, (self.item.cite,))


def karnofsky_from(ecog: Interval) -> Interval:
    """Every Karnofsky score that one of three published maps gives for an ECOG grade (PS-1).

    Args:
        ecog: the grade, or the grades between which it lies. Grade 5 is death: Karnofsky 0.
    """
    first = GRADES[0] if ecog.low is None else floor(ecog.low)
    last = GRADES[-1] if ecog.high is None else ceil(ecog.high)
    if first == ecog.low and not ecog.low_closed:
        first += 1
    if last == ecog.high and not ecog.high_closed:
        last -= 1
    first, last = sorted((first, last))
    text = f"ECOG {ecog.text}"
    if first > GRADES[-1]:
        return Interval(Fraction(0), Fraction(0), text=text)
    spans = [karnofsky_of_ecog(grade) for grade in (max(first, GRADES[0]), min(last, GRADES[-1]))]
    return Interval(spans[1].low, spans[0].high, text=text)


def _sorted_by_age(facts: Iterable[Fact]) -> tuple[list[Fact], tuple[Source, ...]]:
    """The facts that count, and the sources of those that do not."""
    listed = list(facts)
    return (
        [fact for fact in listed if fact.source.age.usable],
        tuple(fact.source for fact in listed if not fact.source.age.usable),
    )


def _interval(fact: Fact) -> Interval:
    if not isinstance(fact.value, Interval):
        raise DefinitionError(f"finding {fact.finding} is a quantity, not coded")
    return fact.value


def _closed(low: int, high: int) -> Interval:
    return Interval(Fraction(low), Fraction(high))


def _between(low: int, high: int) -> Interval:
    return Interval(Fraction(low), Fraction(high), low_closed=False, high_closed=False)
