"""What staging a bone metastasis that was just put on the problem list needs, and the record lacks. Pure."""

from collections.abc import Iterator

from app.assess.ordered.concern import lower
from app.assess.result import LesionAssessment
from app.knowledge.instrument import Urgency
from cds_hooks.card import MAX_SUMMARY
from cds_hooks.details import Added

_MOST = 12


def staging_of(assessed: LesionAssessment) -> tuple[str, ...]:
    """What the score and the NOMS framework of a lesion ask for and the record does not answer, in words."""
    return tuple(dict.fromkeys(_open(assessed)))


def _open(assessed: LesionAssessment) -> Iterator[str]:
    if assessed.lesion.place.site is None:
        yield "the site"
    scored = assessed.leading
    if scored.result is not None:
        for code, answer in scored.result.answers.items():
            if not answer.single:
                yield lower(scored.result.score.item(code).label)
    for judgement in assessed.pathways:
        if judgement.pathway.code == "noms" and judgement.result is not None:
            for one in judgement.pathway.inputs:
                # Stability is what the score above is for.
                if one.code != "stability" and not judgement.result.given[one.code].single:
                    yield lower(one.label)


def added_by_staging(assessed: LesionAssessment) -> Added:
    """What staging adds to the card of a lesion."""
    needed = staging_of(assessed)
    if not needed:
        return Added()
    more = f" and {len(needed) - _MOST} more" if len(needed) > _MOST else ""
    return Added(
        after=(f"**Staging needs, and the record does not hold:** {', '.join(needed[:_MOST])}{more}.",)
    )


def staging_summary(assessed: LesionAssessment, usual: str) -> str:
    """The head of the card of a lesion that is new on the problem list.

    Args:
        assessed: the lesion.
        usual: the head that its card has elsewhere: an alarm in it, or a count of others, is never replaced.
    """
    needed = staging_of(assessed)
    if assessed.alarms or not needed or "more lesion" in usual:
        return usual
    advice = assessed.leading.advice
    # What cannot be excluded is said before what is to be recorded.
    alarming = advice is not None and advice.urgency is not Urgency.ROUTINE
    first = f". {advice.headline}; " if advice is not None and alarming else ": "
    label = assessed.lesion.place.label
    for number in range(len(needed), 0, -1):
        more = f" and {len(needed) - number} more" if number < len(needed) else ""
        text = f"{label}, new on the problem list{first}to record {', '.join(needed[:number])}{more}"
        if len(text) <= MAX_SUMMARY:
            return text
    return usual
