"""The pathways on one lesion: which are made for it, and what the record leaves of them."""

from collections.abc import Iterator, Mapping

from app.assess.result import Judgement, Scored
from app.engine.criteria import Given
from app.engine.provenance import Age
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
    """One lesion with the totals that its scores leave possible."""
    totals = {s.instrument.code: s.result.totals for s in scores if s.result is not None}
    return Case(lesion, patient, totals)


def judge(case: Case, knowledge: Knowledge) -> tuple[Judgement, ...]:
    """Every pathway that is, or may be, made for the lesion."""
    if case.lesion.not_scored is not None:
        return ()
    judged = (_judge(case, pathway) for pathway in knowledge.pathways.values())
    return tuple(one for one in judged if one is not None)


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
                text = f"{labels[code]}: recorded on {day(source)}; look at its age before relying on it."
                yield Remark("TIME-5", text, (_AGE,))
        if answer.unused and not answer.recorded:
            stale = [source for source in answer.unused if source.age is Age.STALE]
            if stale:
                last = max(stale, key=lambda source: source.effective or "")
                text = f"{labels[code]}: recorded on {day(last)}, too old to count as known: look again."
                yield Remark("TIME-5", text, (_AGE,))
