"""The patient as the pathways and the prognostic scores see them: what belongs to no single lesion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.engine.provenance import Age, Source
from app.engine.reading import Fact, Facts, Interval
from app.knowledge.histology import Primary
from app.knowledge.lesion import Lesion, may_be

NO_FACTS: Facts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Years:
    """An age in whole years, as the birth date leaves it possible; both ends included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Patient:
    """What is known of the patient as a whole.

    Args:
        facts: by finding code.
        primary: the primary tumours that the record leaves possible.
        age: None where no birth date is recorded.
        lesions: every lesion that counts: what is recorded, and so the least there is.
        unavailable: data needs that could not be looked at in full.
    """

    facts: Facts = field(default_factory=lambda: NO_FACTS)
    primary: Primary = field(default_factory=Primary)
    age: Years | None = None
    lesions: tuple[Lesion, ...] = ()
    unavailable: frozenset[str] = frozenset()

    def usable(self, finding: str) -> tuple[Fact, ...]:
        """The facts of one finding that are neither stale nor undated."""
        return tuple(fact for fact in self.facts.get(finding, ()) if fact.source.age.usable)

    def may_be(self, finding: str, answer: str = "present") -> bool:
        """Whether a usable fact leaves the coded answer possible."""
        return may_be(self.usable(finding), answer)

    def ever(self, finding: str, answer: str = "present") -> tuple[Source, ...]:
        """The sources, stale ones too, of facts that leave the coded answer possible (TIME-5)."""
        return tuple(
            fact.source
            for fact in self.facts.get(finding, ())
            if not isinstance(fact.value, Interval)
            and answer in fact.value
            and fact.source.age is not Age.FUTURE
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One lesion of one patient, with what the scores gave.

    Args:
        totals: by score code, every total still reachable, for scores that apply for certain or perhaps.
    """

    lesion: Lesion
    patient: Patient
    totals: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def facts(self, finding: str) -> tuple[Fact, ...]:
        """What the record says of one finding, of the lesion or of the patient."""
        return self.lesion.facts.get(finding) or self.patient.facts.get(finding, ())

    def may_be(self, finding: str, answer: str = "present") -> bool:
        """Whether a usable fact leaves the coded answer possible."""
        return self.lesion.may_be(finding, answer) or self.patient.may_be(finding, answer)

    def ever(self, finding: str, answer: str = "present") -> tuple[Source, ...]:
        """The sources, stale ones too, of facts that leave the coded answer possible (TIME-5)."""
        return tuple(
            fact.source
            for fact in self.facts(finding)
            if not isinstance(fact.value, Interval)
            and answer in fact.value
            and fact.source.age is not Age.FUTURE
        )
