"""What an assessment holds: per lesion, every score with what it leaves open, and what to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.assess.laps import OTHER, Lap, unheard
from app.assess.record import LESION_NEEDS, Completeness, Gap
from app.engine.provenance import Citation, Source
from app.engine.question import compatible
from app.engine.reading import Fact, Facts, Interval, narrowest
from app.engine.score import ScoreResult
from app.knowledge import Knowledge
from app.knowledge.anatomy import Kind
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Advice, Applicability, Instrument, Remark, Urgency
from app.knowledge.lesion import Lesion
from app.knowledge.pathway import Pathway, PathwayResult
from app.knowledge.patient import Patient
from app.knowledge.patient_score import PatientScore


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
        return tuple({(cite.key, cite.title): cite for cite in cites}.values())

    @property
    def urgency(self) -> Urgency:
        """How soon a person should act on this result."""
        return self.advice.urgency if self.advice is not None else Urgency.ROUTINE

    @property
    def part_unseen(self) -> bool:
        """Whether it is not settled because part of the record was not seen (GAP-1)."""
        said = (*self.cautions, *((self.advice,) if self.advice is not None else ()))
        return any(one.key == "GAP-1" for one in said)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One pathway on one lesion.

    Args:
        result: None where the pathway is not made for the lesion.
        settled: whether one decision is left and the pathway certainly applies.
        notes: what the record obliges one to say beside it.
        cautions: what the age, the status and the agreement of its sources oblige one to say.
    """

    pathway: Pathway
    applicability: Applicability
    result: PathwayResult | None = None
    settled: bool = False
    notes: tuple[Remark, ...] = ()
    cautions: tuple[Remark, ...] = ()

    @property
    def references(self) -> tuple[Citation, ...]:
        """Every source that it stands on, each once."""
        cites = [*self.applicability.cites]
        if self.result is not None:
            cites += self.result.references
        for caution in (*self.notes, *self.cautions):
            cites += caution.cites
        return tuple({(cite.key, cite.title): cite for cite in cites}.values())


@dataclass(frozen=True, slots=True)
class Prognosis:
    """One prognostic score of the patient: shown beside, never deciding.

    Args:
        settled: whether one band is left, by a record of which everything was seen.
    """

    score: PatientScore
    result: ScoreResult
    settled: bool
    cautions: tuple[Remark, ...] = ()


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
    """Everything said of one lesion.

    Args:
        alarms: what cannot wait and outranks every score, most urgent first.
    """

    lesion: Lesion
    scores: tuple[Scored, ...]
    pathways: tuple[Judgement, ...] = ()
    alarms: tuple[Advice, ...] = ()

    @property
    def leading(self) -> Scored:
        """The score that a reader is told first: the most urgent of those that apply, else the first."""
        applying = [scored for scored in self.scores if scored.result is not None]
        return min(applying or self.scores, key=lambda scored: scored.urgency.rank)

    @property
    def findings(self) -> tuple[FindingView, ...]:
        """Every finding of the lesion; made when asked for."""
        return finding_views(self.lesion.facts)

    @property
    def urgency(self) -> Urgency:
        """The most urgent of its results."""
        urgencies = [*(s.urgency for s in self.scores), *(alarm.urgency for alarm in self.alarms)]
        return min(urgencies, key=lambda urgency: urgency.rank, default=Urgency.ROUTINE)


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
        patient_facts: facts of the patient as a whole, by finding.
        gaps: what could not be looked at, or is not recorded.
        bone_disease: whether the record holds bone disease that counts.
        unavailable: data needs that could not be looked at in full.
        looked_at: how far each data need could be.
        whole_patient: what belongs to no single lesion.
        lap: told the code of each score that is judged when it is asked for.
    """

    as_of: datetime
    patient: str | None
    knowledge: Knowledge
    lesions: tuple[LesionAssessment, ...]
    patient_facts: Facts
    gaps: tuple[Gap, ...]
    alerts: tuple[Alert, ...]
    bone_disease: bool
    unavailable: frozenset[str]
    looked_at: Mapping[str, Completeness] = field(default_factory=dict)
    whole_patient: Patient = field(default_factory=Patient)
    lap: Lap = field(default=unheard, repr=False, compare=False)

    @property
    def patient_findings(self) -> tuple[FindingView, ...]:
        """Every finding of the patient as a whole; made when asked for."""
        return finding_views(self.patient_facts)

    @property
    def prognoses(self) -> tuple[Prognosis, ...]:
        """Every prognostic score where a lesion of the spine counts; made when asked for."""
        patient = self.whole_patient
        if not any(lesion.place.kind is Kind.SPINE for lesion in patient.lesions):
            return ()
        self.lap(OTHER)
        found: list[Prognosis] = []
        for score in self.knowledge.patient_scores.values():
            found.append(prognosis_of(score, patient))
            self.lap(score.code)
        return tuple(found)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that was looked for."""
        return not self.gaps


def prognosis_of(score: PatientScore, patient: Patient) -> Prognosis:
    """One prognostic score from the record of a patient."""
    result = score.score.evaluate(score.read(patient))
    settled = result.settled and not LESION_NEEDS & patient.unavailable
    return Prognosis(score, result, settled, score.remark(result))


def finding_views(facts: Facts) -> tuple[FindingView, ...]:
    """Every finding as the record holds it."""
    return tuple(finding_view(code, listed) for code, listed in facts.items() if listed)


def finding_view(code: str, facts: Sequence[Fact]) -> FindingView:
    """One finding as the record holds it: what its usable entries say, or its stale ones."""
    usable = [fact for fact in facts if fact.source.age.usable]
    shown = usable or list(facts)
    coded = [fact.value for fact in shown if not isinstance(fact.value, Interval)]
    spans = [fact.value for fact in shown if isinstance(fact.value, Interval)]
    if coded:
        labels = FINDINGS[code].answer_labels
        kept, conflicting = compatible(
            [frozenset(labels) if INDETERMINATE in value else value for value in coded]
        )
        possible = tuple(answer for answer in labels if answer in kept)
    else:
        possible = tuple(dict.fromkeys(span.text for span in spans))
        begins, ends = narrowest(spans)
        conflicting = not begins.meets(ends)
    return FindingView(
        finding=code,
        possible=possible,
        conflicting=conflicting and bool(usable),
        stale=not usable,
        sources=tuple(sorted({fact.source for fact in facts}, key=lambda s: s.reference)),
    )
