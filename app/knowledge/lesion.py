"""One lesion as the instruments see it: its place, and the facts that belong to it alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.engine.provenance import Source
from app.engine.reading import Fact, Facts, Interval
from app.knowledge.anatomy import Place
from app.knowledge.finding import INDETERMINATE

_EITHER = frozenset({"present", "absent"})


@dataclass(frozen=True, slots=True)
class RecordedTotal:
    """A total of an instrument that somebody else calculated and the record holds."""

    score: str
    total: int
    source: Source


@dataclass(frozen=True, slots=True)
class Lesion:
    """One site, level and side.

    Args:
        id: stable within one record, made of the place.
        facts: by finding code, those of this lesion and those of the patient that can only mean it.
        conditions: references of the Conditions that name it.
        not_scored: why it is shown and not scored (resolved, in remission, inactive); else None.
        osteoporotic: whether it is recorded as an osteoporotic fracture and not as a tumour.
        spans: labels of the places that the same Condition names, itself included.
        totals: totals that the record holds.
        names_within: labels of lesions that are recorded within this place, where nothing but a site is
            recorded of this one: it may be one of them, said less precisely.
    """

    id: str
    place: Place
    facts: Facts = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    not_scored: str | None = None
    osteoporotic: bool = False
    spans: tuple[str, ...] = ()
    totals: tuple[RecordedTotal, ...] = ()
    names_within: tuple[str, ...] = ()

    def usable(self, finding: str) -> tuple[Fact, ...]:
        """The facts of one finding that are neither stale nor undated."""
        facts = self.facts.get(finding)
        return tuple(fact for fact in facts if fact.source.age.usable) if facts else ()

    def may_be(self, finding: str, answer: str = "present") -> bool:
        """Whether a usable fact leaves the coded answer possible.

        For a finding that is present or absent, one that could not be told leaves both.
        """
        return may_be(self.usable(finding), answer)

    def may_reach(self, finding: str, span: Interval) -> bool:
        """Whether a usable fact leaves a quantity in the span possible."""
        return any(
            isinstance(fact.value, Interval) and span.meets(fact.value) for fact in self.usable(finding)
        )

    def recorded(self, finding: str) -> bool:
        """Whether any usable fact speaks to the finding."""
        return bool(self.usable(finding))


def may_be(facts: Iterable[Fact], answer: str) -> bool:
    """Whether one of the facts leaves a coded answer possible."""
    wanted = {answer, INDETERMINATE} if answer in _EITHER else {answer}
    return any(not isinstance(fact.value, Interval) and bool(wanted & fact.value) for fact in facts)
