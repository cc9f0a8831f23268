"""What an assessment holds: per lesion, every score with what it leaves open, and what to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.assess.record import Gap
from app.engine.provenance import Citation, Source
from app.engine.score import ScoreResult
from app.knowledge import Knowledge
from app.knowledge.instrument import Advice, Applicability, Instrument, Remark, Urgency
from app.knowledge.lesion import Lesion


@dataclass(frozen=True, slots=True)
class Scored:
    """One instrument on one lesion.

    Args:
        result: None where the instrument does not apply.
        settled: whether one band is left and the instrument certainly applies.
        as_recorded: where stale entries once settled the alarm band: the result with them.
        record_next: item or finding codes that would help most.
    """

    instrument: Instrument
    applicability: Applicability
    result: ScoreResult | None = None
    settled: bool = False
    advice: Advice | None = None
    flags: tuple[Remark, ...] = ()
    cautions: tuple[Remark, ...] = ()
    record_next: tuple[str, ...] = ()
    as_recorded: ScoreResult | None = None

    @property
    def references(self) -> tuple[Citation, ...]:
        """Every source that the result stands on, each once."""
        cites = [*self.applicability.cites]
        if self.result is not None:
            cites += self.instrument.score.references
        if self.advice is not None:
            cites += self.advice.cites
        for remark in (*self.flags, *self.cautions):
            cites += remark.cites
        return tuple(dict.fromkeys(cites))

    @property
    def urgency(self) -> Urgency:
        """How soon a person should act on this result."""
        return self.advice.urgency if self.advice is not None else Urgency.ROUTINE


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as the record holds it.

    Args:
        possible: answer codes, or quantities as written.
        conflicting: whether usable entries exclude one another.
        stale: whether no entry is usable any more.
    """

    finding: str
    possible: tuple[str, ...]
    conflicting: bool
    stale: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class LesionAssessment:
    """Everything said of one lesion."""

    lesion: Lesion
    scores: tuple[Scored, ...]
    findings: tuple[FindingView, ...]

    @property
    def urgency(self) -> Urgency:
        """The most urgent of its results."""
        return min((s.urgency for s in self.scores), key=lambda u: u.rank, default=Urgency.ROUTINE)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at by a certain time."""

    key: str
    lesion: str | None
    urgency: Urgency
    text: str
    references: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole answer for one patient at one moment.

    Args:
        lesions: most urgent first.
        patient_findings: findings of the patient as a whole.
        gaps: what could not be looked at, or is not recorded.
        bone_disease: whether the record holds bone disease that counts.
        unavailable: data needs that could not be looked at in full.
    """

    as_of: datetime
    patient: str | None
    knowledge: Knowledge
    lesions: tuple[LesionAssessment, ...]
    patient_findings: tuple[FindingView, ...]
    gaps: tuple[Gap, ...]
    alerts: tuple[Alert, ...]
    bone_disease: bool
    unavailable: frozenset[str]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that was looked for."""
        return not self.gaps


Answers = Mapping[str, tuple[str, ...]]
