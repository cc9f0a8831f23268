"""One draft that a card can offer, and why: what cannot wait, the worst reading, the score. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.assess.ordered.concern import lower
from app.assess.result import Judgement, LesionAssessment, Scored
from app.engine.provenance import Age
from app.engine.score import ScoreResult
from app.fhir.proposals import Proposal
from app.knowledge.anatomy import Kind
from app.knowledge.instrument import Advice, Remark, Urgency, day, totals_text
from app.knowledge.lesion import Lesion, RecordedTotal

# As those who decide are named by what cannot wait.
SPINE_SURGERY = "spine surgery"
RADIATION_ONCOLOGY = "radiation oncology"
ORTHOPAEDIC_ONCOLOGY = "orthopaedic oncology"
EMERGENCY = "RED-1"
DISAGREEING = "CON-3"
# What a deficit brings with it, and no reason of its own.
_FOLLOWS = frozenset({"RED-2", "RED-3"})
_PERHAPS_SPINE = (Kind.SPINE, Kind.PELVIC_RING, None)


@dataclass(frozen=True, slots=True)
class Offer:
    """One draft that a card can offer.

    Args:
        note: why it is proposed, and what it is to settle.
        recommended: whether it alone would settle it, or an emergency asks for it.
        others: further lesions that it is for.
    """

    kind: Proposal
    urgency: Urgency
    note: str
    recommended: bool = False
    others: tuple[Lesion, ...] = ()


def counts(assessed: LesionAssessment) -> bool:
    """Whether anything is offered for a lesion: it counts, and is no other lesion said less precisely."""
    return assessed.lesion.not_scored is None and not assessed.lesion.names_within


def perhaps_spinal(assessed: LesionAssessment) -> bool:
    """Whether a lesion is, or may be, one of the spine."""
    return assessed.lesion.place.kind in _PERHAPS_SPINE


def scored_by(assessed: LesionAssessment, code: str) -> Scored | None:
    """The score of that code, where it has a result."""
    return next((s for s in assessed.scores if s.instrument.code == code and s.result is not None), None)


def spinal_score(assessed: LesionAssessment) -> Scored | None:
    """SINS, where the lesion is in the spine for certain."""
    return scored_by(assessed, "sins") if assessed.lesion.place.kind is Kind.SPINE else None


def limb_score(assessed: LesionAssessment) -> Scored | None:
    """Mirels, where the lesion is in a long bone for certain."""
    return scored_by(assessed, "mirels") if assessed.lesion.place.kind is Kind.LONG_BONE else None


def judged_by(assessed: LesionAssessment, code: str) -> Judgement | None:
    """The pathway of that code, where it certainly applies."""
    return next(
        (j for j in assessed.pathways if j.pathway.code == code and j.applicability.applies is True), None
    )


def asking(assessed: LesionAssessment, *specialties: str) -> tuple[Advice, ...]:
    """What cannot wait and is for one of these specialties to decide, most urgent first."""
    return tuple(alarm for alarm in assessed.alarms if any(name in alarm.decides for name in specialties))


def soonest(urgency: Urgency, alarms: Iterable[Advice]) -> Urgency:
    """The urgency of a step, never below that of what asks for it."""
    return min((urgency, *(alarm.urgency for alarm in alarms)), key=lambda one: one.rank)


def urgency_of(scored: Scored | None) -> Urgency:
    """The urgency of a score; routine where there is none."""
    return scored.urgency if scored is not None else Urgency.ROUTINE


def reasons_of(alarms: Iterable[Advice]) -> Iterator[str]:
    """What cannot wait in a sentence each, with its date and its rule."""
    for alarm in alarms:
        if alarm.key not in _FOLLOWS:
            yield by_rule(alarm.text.partition(". ")[0], alarm.key)


def by_rule(text: str, key: str) -> str:
    """A sentence with the rule that it follows."""
    return f"{text.rstrip('.')} [{key}]."


def worse_recorded(assessed: LesionAssessment, scored: Scored) -> RecordedTotal | None:
    """The worst total that the record holds, where it is beyond what the items leave possible."""
    result = scored.result
    worse = [
        one
        for one in assessed.lesion.totals
        if result is not None
        and one.score == scored.instrument.code
        and one.total > result.maximum
        and one.source.age is not Age.FUTURE
    ]
    return max(worse, key=lambda one: one.total, default=None)


def asks_surgeon(scored: Scored | None) -> bool:
    """Whether a surgeon is asked by a score: beyond its mildest band, or by what contradicts that."""
    result = scored.result if scored is not None else None
    if scored is None or result is None:
        return False
    mildest = result.score.bands[0].code
    if result.bands != (mildest,) or scored.as_recorded is not None:
        return True
    if scored.advice is not None and scored.advice.key == DISAGREEING:
        return True
    # Beside SINS a flag may say no more than that it was not made for such a segment.
    said = scored.flags if scored.instrument.code == "mirels" else _readings(scored)
    return bool(tuple(said))


def reading_of(assessed: LesionAssessment, scored: Scored | None, then: str = "") -> Iterator[str]:
    """What a score says, in sentences: the worst reading on record, its totals, what stands beside it.

    Args:
        assessed: the lesion.
        scored: one of its scores.
        then: what follows from it, said with its totals.
    """
    result = scored.result if scored is not None else None
    if scored is None or result is None:
        return
    short, readings = scored.instrument.short, tuple(_readings(scored))
    for flag in readings:
        yield by_rule(flag.text, flag.key)
    worse = worse_recorded(assessed, scored)
    if worse is not None and not any(f"{short} {worse.total} " in flag.text for flag in readings):
        yield by_rule(f"{short} {worse.total} is recorded on {day(worse.source)}: look again", DISAGREEING)
    yield f"{_total(scored, result)}{then}."
    yield from (by_rule(flag.text, flag.key) for flag in scored.flags if flag not in readings)


def _readings(scored: Scored) -> Iterator[Remark]:
    """The flags that tell another reading of the score itself."""
    return (flag for flag in scored.flags if flag.text.startswith(f"{scored.instrument.short} "))


def _total(scored: Scored, result: ScoreResult) -> str:
    told = f"{scored.instrument.short} {totals_text(result.totals)} of {result.score.highest}"
    if scored.advice is None:
        return told
    return f"{told}, {lower(scored.advice.headline.partition(':')[0])} [{scored.advice.key}]"
