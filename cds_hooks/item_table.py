"""The table of a card: every item of a score, what the record says of it, its points and its sources."""

from collections.abc import Iterable, Sequence

from app.assess.result import Scored
from app.engine.provenance import Age
from app.engine.provenance import Source as RecordSource
from app.engine.question import Answer, Item
from app.engine.score import ScoreResult
from cds_hooks.markdown import code_span, plain

_MAX_SOURCES = 2
_MAX_CLAIMS = 4


def item_table(scored: Scored, result: ScoreResult) -> str:
    """The table of a score.

    Args:
        scored: the score of a lesion.
        result: its result.
    """
    return _table(scored, result, _MAX_SOURCES, _MAX_CLAIMS)


def short_item_table(scored: Scored, result: ScoreResult) -> str:
    """The same with one source an item."""
    return _table(scored, result, 1, 1)


def _table(scored: Scored, result: ScoreResult, sources: int, claims: int) -> str:
    # A segment that the score was not validated for is never called stable, in the table neither.
    outside = any(flag.key == "SINS-E13" for flag in scored.flags) and result.settled
    unseen = scored.part_unseen
    rows = ["| Item | The record says | Points | Source |", "|---|---|---|---|"]
    for item in result.score.items:
        answer = result.answers[item.code]
        points = _exactly(result.points(item.code))
        said, named = _says_of(item, answer, unseen=unseen), _sources(item, answer, sources, claims)
        rows.append(f"| {item.label} | {said} | {points} | {named} |")
    bands = ", ".join(_band(result, code) for code in result.bands)
    if outside:
        bands = f"outside validated use ({result.minimum}-{result.maximum})"
    elif unseen and result.bands == (result.score.bands[0].code,):
        bands = "not settled: part of the record was not looked at"
    rows.append(f"| **Total** | **{bands}** | **{_exactly(result.totals)}** | |")
    return "\n".join(rows)


def _band(result: ScoreResult, code: str) -> str:
    band = result.score.band(code)
    return f"{band.label} ({band.low}-{band.high})" if band.low < band.high else f"{band.label} ({band.low})"


def _exactly(numbers: Sequence[int]) -> str:
    """Every number there is and no other: ``1 or 3``, ``0, 1 or 3``, ``6 to 9 or 11``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [
        part
        for run in runs
        for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))  # noqa: PLR2004  two numbers are no range
    ]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _says_of(item: Item, answer: Answer, *, unseen: bool) -> str:
    if not answer.recorded:
        nothing = "not recorded, or not looked at" if unseen else "not recorded"
        return _NOT_USED[answer.unused[0].age] if answer.unused else nothing
    text = _labels(item, answer.possible)
    if answer.conflicting:
        return f"sources disagree: {text}"
    return "could not be told" if len(answer.possible) == len(item.options) else text


_NOT_USED = {
    Age.STALE: "too old",
    Age.UNDATED: "without a usable date",
    Age.FUTURE: "dated in the future",
}


def _labels(item: Item, options: Iterable[str]) -> str:
    return plain("; or ".join(item.labels[option] for option in options))


def _sources(item: Item, answer: Answer, most: int, claims: int) -> str:
    if answer.claims:
        told = [
            f"{_labels(item, item.ordered(claim.possible))}: {_source(claim.source)}"
            for claim in answer.claims[:claims]
        ]
        if claims == 1:
            told.append(f"{len(answer.claims) - 1} more")
        return "; ".join(told)
    used = answer.sources or answer.unused
    shown = [_source(source) for source in used[:most]]
    if len(used) > most:
        shown.append(f"{len(used) - most} more")
    return ", ".join(shown)


def _source(source: RecordSource) -> str:
    text = code_span(source.reference)
    if source.effective:
        text += f" {code_span(source.effective[:10])}"
    if source.age is not Age.FRESH:
        text += f" {source.age.value}"
    return f"{text} preliminary" if source.provisional else text
