"""The Oswestry percentage from sections, from a sum, or as recorded elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.engine.reading import Interval
from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, MeasureResult, Refusal, RefusedError, reached
from app.knowledge.odi.table import (
    BANDS,
    MOST_POINTS,
    NOT_ANSWERED,
    ODI_1,
    ODI_3,
    ODI_4,
    SECTIONS,
)

_POINTS = frozenset(range(MOST_POINTS + 1))
_MOST_SUM = MOST_POINTS * len(SECTIONS)
_TOO_MUCH = "The sum is more than five points for each section answered: check both numbers."


@dataclass(frozen=True, slots=True)
class Percentages:
    """What the answers leave possible.

    Args:
        published: by the published rule, which leaves out what is not answered.
        whole: had every section been answered.
        not_answered: how many sections are left out; None where that is not told.
        missing: inputs not recorded.
        would_settle: inputs of which one answer could leave one category.
    """

    published: tuple[Interval, ...]
    whole: tuple[Interval, ...]
    not_answered: int | None
    missing: tuple[str, ...]
    would_settle: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether one category is left, whatever the missing sections would say."""
        return _one_band(self.published, self.whole)


def odi(answers: Answers) -> MeasureResult:
    """The percentage and every category that it may lie in.

    Raises:
        RefusedError: the sum is more than the sections answered can give.
    """
    found = _percentages(answers)
    low, high = _ends(found.published)
    low_whole, high_whole = _ends(found.whole)
    return MeasureResult(
        minimum=low,
        maximum=high,
        value=low if low == high else None,
        bands=reached(BANDS, found.published),
        settled=found.settled,
        missing=found.missing,
        would_settle=() if found.settled else found.would_settle,
        cautions=tuple(_cautions(found)),
        details={
            "not_answered": found.not_answered,
            # How many sections stand behind a percentage recorded elsewhere is not told.
            "if_all_answered": None
            if "percentage" in answers.values
            else {"minimum": low_whole, "maximum": high_whole, "bands": reached(BANDS, found.whole)},
        },
    )


def _percentages(answers: Answers) -> Percentages:
    recorded = answers.span("percentage")
    if recorded is not None:
        open_ended = () if _one_band((recorded,), ()) else ("percentage",)
        return Percentages((recorded,), (recorded,), None, (), open_ended)
    if answers.given(("sum", "answered")):
        return _from_sum(answers)
    return _from_sections(answers)


def _from_sections(answers: Answers) -> Percentages:
    given = {
        name: frozenset(map(int, codes)) for name in SECTIONS if (codes := answers.codes(name)) is not None
    }
    missing = tuple(name for name in SECTIONS if name not in given)
    settling = [
        name
        for name in SECTIONS
        if len(given.get(name, _POINTS)) > 1
        and any(_one_band(*_both({**given, name: frozenset({n})})) for n in given.get(name, _POINTS))
    ]
    published, whole = _both(given)
    return Percentages(published, whole, len(missing), missing, tuple(settling))


def _both(given: Mapping[str, frozenset[int]]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    whole = _sums([given.get(name, _POINTS) for name in SECTIONS])
    every = tuple(_percentage(total, len(SECTIONS)) for total in whole)
    if not given:
        return every, every
    return tuple(_percentage(total, len(given)) for total in _sums(list(given.values()))), every


def _from_sum(answers: Answers) -> Percentages:
    """From a sum and the number answered; either may be left out, and is then any that fits the other."""
    total, answered = answers.number("sum"), answers.number("answered")
    if total is not None and total > MOST_POINTS * (answered or len(SECTIONS)):
        raise RefusedError(Refusal(("sum",), _TOO_MUCH))
    numbers = range(1, len(SECTIONS) + 1) if answered is None else (int(answered),)
    sums = range(_MOST_SUM + 1) if total is None else (int(total),)
    fitting = [(points, number) for number in numbers for points in sums if points <= MOST_POINTS * number]
    missing = tuple(name for name in ("sum", "answered") if name not in answers.values)
    return Percentages(
        published=tuple(_percentage(points, number) for points, number in fitting),
        whole=tuple(_span(points, len(SECTIONS) - number) for points, number in fitting),
        not_answered=None if answered is None else len(SECTIONS) - int(answered),
        missing=missing,
        would_settle=missing if len(missing) == 1 and _one_answer_settles(fitting) else (),
    )


def _one_answer_settles(fitting: Iterable[tuple[int, int]]) -> bool:
    return any(
        _one_band((_percentage(points, number),), (_span(points, len(SECTIONS) - number),))
        for points, number in fitting
    )


def _span(points: int, left: int) -> Interval:
    most = Fraction(100 * (points + MOST_POINTS * left), _MOST_SUM)
    return Interval(Fraction(100 * points, _MOST_SUM), most)


def _percentage(points: int, answered: int) -> Interval:
    value = Fraction(100 * points, MOST_POINTS * answered)
    return Interval(value, value)


def _sums(possible: Sequence[frozenset[int]]) -> tuple[int, ...]:
    totals = {0}
    for points in possible:
        totals = {total + more for total in totals for more in points}
    return tuple(sorted(totals))


def _ends(spans: Iterable[Interval]) -> tuple[Fraction, Fraction]:
    listed = list(spans)
    return min(span.low or Fraction(0) for span in listed), max(span.high or Fraction(0) for span in listed)


def _one_band(published: Sequence[Interval], whole: Sequence[Interval]) -> bool:
    return len(reached(BANDS, (*published, *whole))) == 1


def _cautions(found: Percentages) -> Iterator[Remark]:
    text = "A change below about 10 points is within the error of the instrument."
    yield Remark("ODI-3", text, (ODI_3,))
    yield Remark("ODI-4", "The questionnaire is licensed; only totals are kept here.", (ODI_4,))
    if found.not_answered:
        bands = reached(BANDS, found.published)
        others = [
            band.label
            for band in BANDS
            if band.code in reached(BANDS, found.whole) and band.code not in bands
        ]
        also = f" Had they been, {' or '.join(others)} would be possible too." if others else ""
        text = f"Sections not answered: {found.not_answered} of 10, left out of the percentage.{also}"
        yield Remark("ODI-1", text, (ODI_1, NOT_ANSWERED))
    if found.not_answered is None and found.missing:
        text = "How many sections were answered is not recorded: every number that fits is kept."
        yield Remark("ODI-1", text, (ODI_1,))
