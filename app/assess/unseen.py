"""What a part of the record that was not seen takes away: reassurance, and never an alarm (GAP-1)."""

from collections.abc import Collection
from dataclasses import replace

from app.assess.record import LESION_NEEDS
from app.assess.result import Judgement, Scored
from app.engine.criteria import Suitability
from app.engine.score import ScoreResult
from app.knowledge.instrument import Advice, Remark, totals_text
from app.knowledge.sources import local_policy

_PART_UNSEEN = local_policy(
    "GAP-1", "Where part of the record was not seen, nothing reassuring is settled, and every alarm stands"
)
_REASSURING = (Suitability.ELIGIBLE, Suitability.CAUTION)


def worse_too(result: ScoreResult) -> tuple[int, ...]:
    """The totals that a result leaves, and every worse one: what was not seen may hold it."""
    return (*result.totals, *range(result.maximum + 1, result.score.highest + 1))


def not_settled(scored: Scored, unavailable: Collection[str]) -> Scored:
    """A score as it stands where some of what it is read from was not seen.

    Args:
        scored: the score by what was seen.
        unavailable: data needs that could not be looked at in full.
    """
    result = scored.result
    if result is None or not LESION_NEEDS & set(unavailable) or result.bands == (scored.instrument.alarm,):
        return scored
    calm = result.score.bands[0]
    text = (
        f"{scored.instrument.short} {totals_text(result.totals)} by what could be looked at. Part of the "
        "record could not be: an entry there may make it worse. Look there before relying on it."
    )
    advice = scored.advice
    if advice is not None and scored.settled and result.bands == (calm.code,):
        headline = "Not settled: part of the record was not looked at"
        advice = Advice("GAP-1", headline, text, advice.decides, advice.urgency, (_PART_UNSEEN,))
        return replace(scored, settled=False, advice=advice)
    caution = Remark("GAP-1", text, (_PART_UNSEEN,))
    if advice is not None:
        # What was not seen may well be recorded: it is to be looked up, not to be asked for again.
        told = advice.text.replace("to be recorded", "to be looked up or recorded")
        advice = replace(advice, text=told)
    return replace(scored, settled=False, advice=advice, cautions=(*scored.cautions, caution))


def undecided(judged: Judgement, unavailable: Collection[str]) -> Judgement:
    """A pathway as it stands where some of what it is read from was not seen.

    Args:
        judged: the pathway by what was seen.
        unavailable: data needs that could not be looked at in full.
    """
    result = judged.result
    if result is None or not LESION_NEEDS & set(unavailable):
        return judged
    forbids = result.suitability is not None and result.suitability not in (
        *_REASSURING,
        Suitability.UNDETERMINED,
    )
    if forbids or not (judged.settled or result.suitability in _REASSURING):
        return judged
    if result.suitability in _REASSURING:
        result = replace(result, suitability=Suitability.UNDETERMINED)
    text = "Part of the record could not be looked at: an entry there may change this."
    caution = Remark("GAP-1", text, (_PART_UNSEEN,))
    return replace(judged, result=result, settled=False, cautions=(*judged.cautions, caution))
