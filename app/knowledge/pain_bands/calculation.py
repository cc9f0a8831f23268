"""The band of a pain score, and the class of its fall after treatment."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from app.engine.reading import Interval
from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, Detail, MeasureBand, MeasureResult, reached, single
from app.knowledge.pain_bands.table import (
    BAND_SETS,
    BANDS,
    DEFAULT_SET,
    GAPS,
    INS_1_SERIES,
    INS_3,
    INS_4,
    INS_6,
    OVER_FOUR,
    RESPONSES,
    SCALE,
    BandSet,
)

SCORE = ("pain_score", "visual_analogue_scale")
AFTER = ("pain_score_after", "visual_analogue_scale_after")


def pain_bands(answers: Answers) -> MeasureResult:
    """Every band that the pain may lie in, by the set asked for."""
    set_code = next(iter(answers.codes("band_set") or {DEFAULT_SET}))
    used = next(entry for entry in BAND_SETS if entry.code == set_code)
    bands = _bands_of(used)
    given, after = _pain(answers, SCORE), _pain(answers, AFTER)
    pain = given or SCALE
    codes = reached(bands, [pain])
    return MeasureResult(
        minimum=pain.low,
        maximum=pain.high,
        value=single(pain),
        bands=codes,
        settled=len(codes) == 1,
        missing=() if given else SCORE[:1],
        # A number that lies between two printed bands is all that can be known.
        would_settle=() if len(codes) == 1 or single(pain) is not None else (_name(answers),),
        cautions=tuple(_cautions(answers, used, given, after)),
        details={
            "band_set": used.code,
            "band_set_name": used.name,
            "criteria": (_over_four(pain),),
            "after": None if after is None else _after(after, bands),
            "response": None if given is None or after is None else _response(given, after),
        },
    )


def _bands_of(used: BandSet) -> tuple[MeasureBand, ...]:
    return tuple(band for band in BANDS if band.band_set == used.code)


def _pain(answers: Answers, names: tuple[str, str]) -> Interval | None:
    """The pain on the scale from 0 to 10, from a number or from millimetres."""
    score, millimetres = answers.span(names[0]), answers.span(names[1])
    if score is not None or millimetres is None:
        return score
    low, high = _ends(millimetres)
    return Interval(low / 10, high / 10)


def _name(answers: Answers) -> str:
    return SCORE[1] if answers.given(SCORE[1:]) else SCORE[0]


def _ends(span: Interval) -> tuple[Fraction, Fraction]:
    return span.low or Fraction(0), span.high or Fraction(0)


def _over_four(pain: Interval) -> Mapping[str, Detail]:
    low, high = _ends(pain)
    met = "met" if low > 4 else "unknown" if high > 4 else "unmet"  # noqa: PLR2004  the printed threshold
    return {
        "id": "INS-3",
        "label": "pain above 4, as one series of ablation required",
        "status": met,
        "above": OVER_FOUR.low,
    }


def _after(after: Interval, bands: tuple[MeasureBand, ...]) -> Mapping[str, Detail]:
    codes = reached(bands, [after])
    return {"minimum": after.low, "maximum": after.high, "value": single(after), "bands": codes}


def _response(before: Interval, after: Interval) -> Mapping[str, Detail]:
    (low, high), (low_after, high_after) = _ends(before), _ends(after)
    fall = Interval(low - high_after, high - low_after)
    codes = reached(RESPONSES, [fall])
    return {
        "minimum": fall.low,
        "maximum": fall.high,
        "value": single(fall),
        "classes": codes,
        "settled": len(codes) == 1,
    }


def _cautions(
    answers: Answers, used: BandSet, given: Interval | None, after: Interval | None
) -> Iterator[Remark]:
    text = f"The band is by {used.name}; other sets cut the scale elsewhere."
    cites = (used.cite, INS_1_SERIES) if used.code == DEFAULT_SET else (used.cite,)
    yield Remark("INS-3", text, (*cites, INS_3))
    numbers = [pain for pain in (given, after) if pain is not None and single(pain) is not None]
    if any(len(reached(_bands_of(used), [number])) > 1 for number in numbers):
        yield Remark("INS-2-gaps", "The number lies between two printed bands: both are kept.", (GAPS,))
    if answers.given((SCORE[1], AFTER[1])):
        yield Remark("INS-4", "Millimetres were divided by ten.", (INS_4,))
    if given is not None and after is not None:
        yield Remark(
            "INS-6",
            "The class of response counts the fall in pain alone, not analgesics; the document that reports "
            "it is past its own review date.",
            (INS_6,),
        )
