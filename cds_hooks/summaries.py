"""The one line at the head of a card: the finding and the step, in 139 characters at most."""

from collections.abc import Iterator

from app.assess.ordered.concern import lower
from app.assess.result import LesionAssessment, Scored
from app.engine.criteria import Effect, Suitability
from app.engine.provenance import Age
from app.engine.score import ScoreResult
from app.knowledge.instrument import Advice, names, totals_text
from cds_hooks.card import MAX_SUMMARY


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
        # Of a bone that is recorded as broken, Mirels says nothing.
        if scored.result is not None and first.key not in _FRACTURES:
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


_FRACTURES = ("MIR-E7", "ACER-2")


def comes_first(alarm: Advice, scored: Scored) -> bool:
    """Whether an alarm is told before a score: if more urgent, or as urgent and a RED rule or a fracture."""
    if scored.advice is None or alarm.urgency.rank < scored.urgency.rank:
        return True
    return alarm.urgency is scored.urgency and alarm.key.startswith(("RED", *_FRACTURES))


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
        yield f"{label}: {_unsettled(assessed, scored, result)}"
        return
    if assessed.lesion.names_within:
        yield f"{label}: {advice.headline}"
        yield f"{label}: may mean a lesion scored by itself"
        return
    head = f"{label}: {scored.instrument.short} {totals_text(result.totals)} of {result.score.highest}"
    headline = advice.headline + (", preliminary" if _provisional(result) else "")
    if scored.part_unseen and advice.key != "GAP-1":
        yield f"{head}. {headline}; part of the record was not looked at"
    for beginning in (*_with_recorded(assessed, scored, head), head):
        if scored.as_recorded is None and not result.settled and result.would_settle:
            yield f"{beginning}. {headline}; {names(result.score, result.would_settle)} would settle it"
        if scored.flags and scored.as_recorded is None and result.settled:
            yield from (f"{beginning}. {headline}; {told}" for told in _flagged(scored))
        yield f"{beginning}. {headline}"
    yield f"{head}. See detail"


def _unsettled(assessed: LesionAssessment, scored: Scored, result: ScoreResult) -> str:
    """Why a score cannot be settled, whatever its items say."""
    if assessed.lesion.place.site is None:
        return "SINS and Mirels cannot be settled until the bone is recorded"
    name = scored.instrument.short
    if any(cite.key == "MIR-E7" for cite in scored.applicability.cites):
        return f"may be broken: examine; {name} {totals_text(result.totals)} if it is not"
    return f"{name} cannot be settled until the bone is named"


def _with_recorded(assessed: LesionAssessment, scored: Scored, head: str) -> Iterator[str]:
    """A total that stands in the record without its items, unless it would calm or older items say it."""
    result = scored.result
    if result is None or result.settled or not result.missing or scored.as_recorded is not None:
        return
    calm = result.score.bands[0].high
    totals = [
        one.total
        for one in assessed.lesion.totals
        if one.score == result.score.code and one.source.age is not Age.FUTURE and one.total > calm
    ]
    if totals:
        yield f"{head} ({scored.instrument.short} {max(totals)} recorded, items missing)"


def _flagged(scored: Scored) -> Iterator[str]:
    """What stands beside a score: the one flag in few words, or how many there are."""
    number = len(scored.flags)
    if number == 1:
        yield lower(_first_clause(scored.flags[0].text))
    yield f"{number} warning{'s' * (number > 1)} beside it"


def _first_clause(text: str) -> str:
    subject, _, rest = text.partition(": ")
    if " " in subject:
        return subject
    # Of a bone that is only named, what is said of it.
    return f"{subject}: {rest.split(', ')[0]}"


def _provisional(result: ScoreResult) -> bool:
    return any(s.provisional for answer in result.answers.values() for s in answer.sources)
