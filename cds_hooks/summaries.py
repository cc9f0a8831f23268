"""The one line at the head of a card: the finding and the step, in 139 characters at most."""

from collections.abc import Iterator

from app.assess.result import LesionAssessment, Scored
from app.engine.criteria import Effect, Suitability
from app.engine.score import ScoreResult
from app.knowledge.instrument import Advice, names, totals_text
from cds_hooks.protocol import MAX_SUMMARY


def summary_of(assessed: LesionAssessment, scored: Scored, hidden: int) -> str:
    """The summary of a lesion's card: the fullest statement that fits, never cut off.

    Args:
        assessed: the lesion.
        scored: the score that the card is about.
        hidden: how many lesions have no card.
    """
    more = f" (+{hidden} more lesions)" if hidden > 1 else " (+1 more lesion)" if hidden else ""
    texts = [*_alarming(assessed, scored), *_summaries(assessed, scored)]
    leads = bool(assessed.alarms) and comes_first(assessed.alarms[0], scored)
    tail = "" if leads else _about_cement(assessed)
    for text in (*(t + tail for t in texts if tail), *texts):
        if len(text) + len(more) <= MAX_SUMMARY:
            return text + more
    return f"{assessed.lesion.place.label}: see detail{more}"


def _alarming(assessed: LesionAssessment, scored: Scored) -> Iterator[str]:
    """What cannot wait comes before any score, and outlives its finer points."""
    first = next(iter(assessed.alarms), None)
    if first is None:
        return
    label = assessed.lesion.place.label
    if comes_first(first, scored):
        head = f"{label}: {first.headline}"
        if scored.result is not None:
            totals = totals_text(scored.result.totals)
            yield f"{head}. {scored.instrument.short} {totals} of {scored.result.score.highest}"
        yield head
    elif first.urgency is scored.urgency and not _says_as_much(first, scored):
        # Of equal urgency: the score says what, and the alarm stands beside it.
        told = [text.rstrip(".") for text in _summaries(assessed, scored)]
        tails = (f"; {first.headline}", "; another urgent finding beside it")
        yield from (text + tail for tail in tails for text in told[:-1])


def _risk(assessed: LesionAssessment) -> str:
    """What a pathway of the bone says of its risk, where no score is made for it: its first sentence."""
    for judged in assessed.pathways:
        outcome = judged.result.outcome if judged.result is not None else None
        for rule in outcome.met if outcome is not None and judged.applicability.applies else ():
            if rule.effect is Effect.RISK_FACTOR and not rule.quiet:
                return rule.text.split(". ")[0].rstrip(".")
    return ""


def _about_cement(assessed: LesionAssessment) -> str:
    """That cement is forbidden or to wait, whatever the score says (contract, section 2)."""
    for judged in assessed.pathways:
        if judged.result is not None and judged.result.suitability in _CEMENT:
            return _CEMENT[judged.result.suitability]
    return ""


_CEMENT = {
    Suitability.CONTRAINDICATED: "; cement contraindicated",
    Suitability.DEFER: "; cement to be deferred",
}


def comes_first(alarm: Advice, scored: Scored) -> bool:
    """Whether an alarm is told before a score: where it is more urgent, or a RED rule of equal urgency."""
    if scored.advice is None or alarm.urgency.rank < scored.urgency.rank:
        return True
    return alarm.urgency is scored.urgency and alarm.key.startswith("RED")


def _says_as_much(alarm: Advice, scored: Scored) -> bool:
    """Whether the score asks for the same surgeon already."""
    return alarm.key == "SURG-1" and scored.advice is not None and scored.advice.key == "RED-5"


def _summaries(assessed: LesionAssessment, scored: Scored) -> Iterator[str]:
    """The same statement in fewer and fewer words; the last is always short enough."""
    label = assessed.lesion.place.label
    result, advice = scored.result, scored.advice
    if assessed.lesion.not_scored is not None:
        yield f"{label}: {assessed.lesion.not_scored}"
        yield f"{label}: not active, not scored"
        return
    if result is None or advice is None:
        risk = _risk(assessed)
        if risk:
            yield f"{label}: no score applies. {risk}"
        reasons = " ".join(s.applicability.reason or "" for s in assessed.scores)
        yield f"{label}: no score applies. {reasons}"
        yield f"{label}: no score applies; see why in the detail"
        return
    if scored.applicability.applies is None and not assessed.lesion.names_within:
        yield f"{label}: SINS and Mirels cannot be settled until the bone is recorded"
        return
    if assessed.lesion.names_within:
        yield f"{label}: {advice.headline}"
        yield f"{label}: may mean a lesion scored by itself"
        return
    head = f"{label}: {scored.instrument.short} {totals_text(result.totals)} of {result.score.highest}"
    headline = advice.headline + (", preliminary" if _provisional(result) else "")
    if scored.as_recorded is None and not result.settled and result.would_settle:
        yield f"{head}. {headline}; {names(result.score, result.would_settle)} would settle it"
    if scored.flags and scored.as_recorded is None and result.settled:
        yield f"{head}. {headline}; {len(scored.flags)} warning{'s' * (len(scored.flags) > 1)} beside it"
    yield f"{head}. {headline}"
    yield f"{head}. See detail"


def _provisional(result: ScoreResult) -> bool:
    return any(s.provisional for answer in result.answers.values() for s in answer.sources)
