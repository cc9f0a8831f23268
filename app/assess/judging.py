"""The pathways on one lesion: which are made for it, and what the record leaves of them."""

from collections.abc import Iterator, Mapping

from app.assess.laps import Lap, unheard
from app.assess.record import LESION_NEEDS
from app.assess.result import Judgement, Scored
from app.assess.unseen import undecided, worse_too
from app.engine.criteria import Given
from app.engine.provenance import Age
from app.engine.score import ScoreResult
from app.knowledge import Knowledge
from app.knowledge.instrument import Remark, day
from app.knowledge.lesion import Lesion
from app.knowledge.pathway import Pathway
from app.knowledge.patient import Case, Patient
from app.knowledge.sources import local_policy

_CONFLICT = local_policy("CON-1", "Sources that disagree are all kept and flagged")
_AGE = local_policy("TIME-5", "Time windows: fresh, ageing, stale")
_STATUS = local_policy("TIME-3", "A preliminary entry counts and is marked provisional")


def case_of(lesion: Lesion, patient: Patient, scores: tuple[Scored, ...]) -> Case:
    """One lesion with the totals that its scores leave possible, a worse one that is recorded among them."""
    if LESION_NEEDS & patient.unavailable:
        totals = {s.instrument.code: worse_too(s.result) for s in scores if s.result is not None}
    else:
        totals = {s.instrument.code: _with_recorded(lesion, s.result) for s in scores if s.result is not None}
    return Case(lesion, patient, totals)


def _with_recorded(lesion: Lesion, result: ScoreResult) -> tuple[int, ...]:
    """What somebody recorded as worse is not overruled by the items (CON-3)."""
    worse = {
        one.total
        for one in lesion.totals
        if one.score == result.score.code
        and one.source.age is not Age.FUTURE
        and result.totals[-1] < one.total <= result.score.highest
    }
    return (*result.totals, *sorted(worse)) if worse else result.totals


def judge(case: Case, knowledge: Knowledge, lap: Lap = unheard) -> tuple[Judgement, ...]:
    """Every pathway that is, or may be, made for the lesion.

    Args:
        case: the lesion, with its totals.
        knowledge: the pathways under this site's policy.
        lap: told the code of each pathway when it has been judged.
    """
    if case.lesion.not_scored is not None:
        return ()
    unseen = case.patient.unavailable
    judged: list[Judgement] = []
    for pathway in knowledge.pathways.values():
        found = _judge(case, pathway)
        if found is not None:
            judged.append(undecided(found, unseen))
        lap(pathway.code)
    return tuple(judged)


def _judge(case: Case, pathway: Pathway) -> Judgement | None:
    applicability = pathway.applies(case)
    if applicability.applies is False:
        return None
    result = pathway.judge(pathway.read(case))
    return Judgement(
        pathway=pathway,
        applicability=applicability,
        result=result,
        settled=result.settled and applicability.applies is True and not case.lesion.names_within,
        notes=pathway.notes(case),
        cautions=tuple(_source_cautions(result.given, pathway)),
    )


def _source_cautions(given: Mapping[str, Given], pathway: Pathway) -> Iterator[Remark]:
    labels = {one.code: one.label for one in pathway.inputs}
    for code, answer in given.items():
        if answer.conflicting:
            text = f"{labels[code]}: the sources disagree; every answer they give is kept."
            yield Remark("CON-1", text, (_CONFLICT,))
        for source in answer.sources:
            if source.provisional:
                text = f"{labels[code]}: the entry is preliminary and may still change."
                yield Remark("TIME-3", text, (_STATUS,))
            if source.age is Age.AGEING:
                told = f"an entry for it is of {day(source)}; look at its age before relying on it."
                text = f"{labels[code]}: {told}"
                yield Remark("TIME-5", text, (_AGE,))
        if answer.unused and not answer.recorded:
            stale = [source for source in answer.unused if source.age is Age.STALE]
            if stale:
                last = max(stale, key=lambda source: source.effective or "")
                told = f"an entry for it is of {day(last)}, too old to count as known: look again."
                text = f"{labels[code]}: {told}"
                yield Remark("TIME-5", text, (_AGE,))
