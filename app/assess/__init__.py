"""The pure use case: a record and a moment in, an assessment out. No clock, no network, no framework."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.assess.judging import case_of, judge
from app.assess.laps import ALARMS, GROUPING, OTHER, Lap, unheard
from app.assess.lesions import group
from app.assess.record import Record
from app.assess.result import Alert, Assessment, LesionAssessment, Prognosis, Scored
from app.assess.unseen import not_settled
from app.assess.whole_patient import patient_of
from app.engine.provenance import Age
from app.engine.question import given
from app.engine.score import ScoreResult
from app.knowledge import Knowledge
from app.knowledge.anatomy import Kind
from app.knowledge.instrument import (
    APPLIES,
    Advice,
    Applicability,
    Instrument,
    Remark,
    Urgency,
    day,
    totals_text,
)
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Patient
from app.knowledge.patient_score import PatientScore
from app.knowledge.sources import local_policy
from app.knowledge.urgent import lesion_alarms, patient_alarms

__all__ = ["assess", "calculate", "estimate"]


def assess(record: Record, as_of: datetime, knowledge: Knowledge, lap: Lap = unheard) -> Assessment:
    """Everything that can be said of a patient's bone lesions at a moment, most urgent first.

    Args:
        record: what was read of one patient.
        as_of: the moment asked about, with its offset from UTC.
        knowledge: the instruments under this site's policy.
        lap: told of each part of it, score and pathway by its code, as it ends.
    """
    grouped = group(record, as_of, knowledge.policy)
    patient = patient_of(record, grouped, as_of)
    lap(GROUPING)
    alarms = patient_alarms(patient, knowledge.policy) if grouped.bone_disease else ()
    lap(ALARMS)
    assessed = [_assess_lesion(lesion, patient, knowledge, lap) for lesion in grouped.lesions]
    lesions = _with_patient_alarms(assessed, alarms)
    found = Assessment(
        as_of=as_of,
        patient=record.patient,
        knowledge=knowledge,
        lesions=tuple(lesions),
        patient_facts=grouped.patient,
        gaps=tuple(sorted({*record.gaps, *grouped.gaps})),
        alerts=tuple(sorted(_every_alert(alarms, lesions), key=lambda alert: alert.urgency.rank)),
        bone_disease=grouped.bone_disease,
        unavailable=record.unavailable,
        looked_at=record.looked_at,
        whole_patient=patient,
        lap=lap,
    )
    lap(OTHER)
    return found


def estimate(score: PatientScore, answers: Mapping[str, Sequence[str]]) -> Prognosis:
    """One prognostic score from answers that a caller states outright; an item left out is unknown.

    Raises:
        DefinitionError: an unknown item or option, or an item without any option.
    """
    stated = {code: given(score.score.item(code), options) for code, options in answers.items()}
    result = score.score.evaluate(stated)
    return Prognosis(score, result, result.settled, score.remark(result))


def _with_patient_alarms(
    assessed: Sequence[LesionAssessment], alarms: Sequence[Advice]
) -> list[LesionAssessment]:
    """The lesions, most urgent first, with what cannot wait of the patient.

    What a deficit is a sign of is looked for at the spine first: it stands at every lesion there. A deficit
    beside lesions of other bones only may be the first sign of one in the spine. What concerns no lesion
    stands at the first.
    """
    of_spine = [alarm for alarm in alarms if alarm.of_spine]
    scored = [one for one in assessed if one.lesion.not_scored is None]
    spinal = [one for one in scored if one.lesion.place.kind in (None, Kind.SPINE, Kind.PELVIC_RING)]
    at_spine = {id(one) for one in spinal or scored}
    told = [_with(one, of_spine) if id(one) in at_spine else one for one in assessed]
    told.sort(key=_most_urgent_first)
    others = [alarm for alarm in alarms if not alarm.of_spine]
    first = next((n for n, one in enumerate(told) if one.lesion.not_scored is None), None)
    if others and first is not None:
        told[first] = _with(told[first], others)
        told.sort(key=_most_urgent_first)
    return told


def _with(assessed: LesionAssessment, alarms: Sequence[Advice]) -> LesionAssessment:
    if not alarms:
        return assessed
    merged = sorted((*alarms, *assessed.alarms), key=lambda alarm: alarm.urgency.rank)
    return replace(assessed, alarms=tuple(merged))


def calculate(instrument: Instrument, answers: Mapping[str, Sequence[str]]) -> Scored:
    """One instrument from answers that a caller states outright; an item left out is unknown.

    Args:
        instrument: the instrument, under this site's policy.
        answers: option codes still possible, by item code.

    Raises:
        DefinitionError: an unknown item or option, or an item without any option.
    """
    stated = {code: given(instrument.score.item(code), options) for code, options in answers.items()}
    result = instrument.score.evaluate(stated)
    remarks = instrument.remark(result, None)
    return Scored(
        instrument=instrument,
        applicability=APPLIES,
        result=result,
        settled=result.settled,
        advice=remarks.advice,
        flags=remarks.flags,
        cautions=remarks.cautions,
        record_next=remarks.record_next,
    )


def _assess_lesion(lesion: Lesion, patient: Patient, knowledge: Knowledge, lap: Lap) -> LesionAssessment:
    scores = tuple(_scores(lesion, patient.unavailable, knowledge, lap))
    case = case_of(lesion, patient, scores)
    lap(OTHER)
    pathways = judge(case, knowledge, lap)
    alarms = lesion_alarms(case, knowledge.policy) if lesion.not_scored is None else ()
    lap(ALARMS)
    return LesionAssessment(lesion=lesion, scores=scores, pathways=pathways, alarms=alarms)


def _scores(lesion: Lesion, unseen: frozenset[str], knowledge: Knowledge, lap: Lap) -> Iterator[Scored]:
    for instrument in knowledge.instruments.values():
        scored = not_settled(_score(lesion, instrument), unseen)
        lap(instrument.code)
        yield scored


def _score(lesion: Lesion, instrument: Instrument) -> Scored:
    if lesion.not_scored is not None:
        return Scored(
            instrument,
            Applicability(applies=False, reason=lesion.not_scored, cites=(_NOT_COUNTED,)),
        )
    applicability = instrument.applies(lesion)
    if applicability.applies is False:
        return Scored(instrument, applicability)
    answers = instrument.answers(lesion)
    result = instrument.score.evaluate(answers)
    remarks = instrument.remark(result, lesion)
    certain = applicability.applies is True
    advice = remarks.advice
    if lesion.names_within:
        advice = _perhaps_named_elsewhere(instrument, result, lesion, advice)
    elif not certain:
        advice = _unsure(instrument, result, applicability, advice)
    scored = Scored(
        instrument=instrument,
        applicability=applicability,
        result=result,
        settled=result.settled and certain,
        advice=advice,
        flags=remarks.flags,
        cautions=remarks.cautions,
        record_next=remarks.record_next,
    )
    return _keep_alarm(scored, lesion)


def _perhaps_named_elsewhere(
    instrument: Instrument, result: ScoreResult, lesion: Lesion, advice: Advice
) -> Advice:
    """LES-7: an entry that may mean, less precisely, a lesion that is scored by itself."""
    others = ", ".join(lesion.names_within)
    return Advice(
        "LES-7",
        f"May mean {lesion.names_within[0]}: link them, or record where it is",
        f"Nothing but this site is recorded here, and {others} lies within it and is judged by itself. If "
        "this entry means the same lesion, link the two; if it means another, record where that is: its "
        f"{instrument.short} would be {totals_text(result.totals)} until then.",
        advice.decides,
        Urgency.ROUTINE,
        (_SAME_OR_ANOTHER,),
    )


def _unsure(
    instrument: Instrument, result: ScoreResult, applicability: Applicability, advice: Advice
) -> Advice:
    """Advice where the record does not tell whether the instrument applies: never a settled one."""
    alarming = result.bands == (instrument.alarm,)
    totals = totals_text(result.totals)
    return Advice(
        "LES-1",
        f"{instrument.short} cannot be settled",
        f"{applicability.reason} If it applies, the total is {totals}.",
        advice.decides,
        advice.urgency if alarming else Urgency.ROUTINE,
        applicability.cites,
    )


def _keep_alarm(scored: Scored, lesion: Lesion) -> Scored:
    """TIME-5: staleness removes reassurance, never an alarm."""
    instrument, result = scored.instrument, scored.result
    if result is None or result.bands == (instrument.alarm,):
        return scored
    if not any(source.age is Age.STALE for a in result.answers.values() for source in a.unused):
        return scored
    then = instrument.score.evaluate(instrument.answers(lesion, stale_too=True))
    if then.bands != (instrument.alarm,):
        return scored
    alarmed = instrument.remark(then, lesion).advice
    oldest = min(day(s) for a in result.answers.values() for s in a.unused if s.age is Age.STALE)
    label = instrument.score.band(instrument.alarm).label
    text = (
        f"{instrument.short} {totals_text(then.totals)} ({label}) by entries from "
        f"{oldest} on, now too old to count as known: re-examine now."
    )
    flag = Remark("TIME-5", text, (_STALE_ALARM,))
    advice = Advice(
        "TIME-5",
        f"Recorded as {label}: re-examine now",
        text,
        alarmed.decides,
        alarmed.urgency,
        (_STALE_ALARM,),
    )
    return Scored(
        instrument=instrument,
        applicability=scored.applicability,
        result=result,
        settled=scored.settled,
        advice=advice,
        flags=(flag, *scored.flags),
        cautions=scored.cautions,
        record_next=scored.record_next,
        as_recorded=then,
    )


def _every_alert(alarms: Iterable[Advice], lesions: Iterable[LesionAssessment]) -> Iterable[Alert]:
    yield from map(_of_patient, alarms)
    for lesion in lesions:
        yield from _alerts(lesion)


def _of_patient(alarm: Advice) -> Alert:
    return Alert(alarm.key, None, alarm.urgency, alarm.text, alarm.cites)


def _alerts(assessed: LesionAssessment) -> Iterable[Alert]:
    for scored in assessed.scores:
        advice = scored.advice
        if advice is None or advice.urgency is Urgency.ROUTINE:
            continue
        yield Alert(
            key=advice.key,
            lesion=assessed.lesion.id,
            urgency=advice.urgency,
            text=f"{assessed.lesion.place.label}: {advice.text}",
            references=advice.cites,
        )
    for alarm in assessed.alarms:
        if not alarm.of_patient:
            text = f"{assessed.lesion.place.label}: {alarm.text}"
            yield Alert(alarm.key, assessed.lesion.id, alarm.urgency, text, alarm.cites)


def _most_urgent_first(assessed: LesionAssessment) -> tuple[int, int, int, int, str]:
    """Urgency, then lesions with a site, then how bad it certainly is and may be."""
    applying = [s for s in assessed.scores if s.result is not None]
    least = max((_share(s.result, s.result.minimum) for s in applying if s.result), default=0)
    most = max((_share(s.result, s.result.maximum) for s in applying if s.result), default=0)
    unsited = 1 if assessed.lesion.place.site is None else 0
    return (assessed.urgency.rank, unsited, -least, -most, assessed.lesion.id)


def _share(result: ScoreResult, total: int) -> int:
    """A total as its part of the range in thousandths, so that two scores can be ranked."""
    score = result.score
    return 1000 * (total - score.lowest) // (score.highest - score.lowest)


_SAME_OR_ANOTHER = local_policy(
    "LES-7", "A site that holds a more precise lesion and nothing else raises no alarm of its own"
)
_NOT_COUNTED = local_policy("LES-6", "Resolved, remitted and inactive disease is shown, not scored")
_STALE_ALARM = local_policy("TIME-5", "Staleness removes reassurance, never an alarm")
