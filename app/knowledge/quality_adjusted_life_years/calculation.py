"""The area under a utility curve, exactly, and whether a value claimed elsewhere is possible."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from app.engine.reading import Interval
from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, Detail, MeasureResult, Refusal, RefusedError, single
from app.knowledge.quality_adjusted_life_years.table import (
    INC_4,
    MONTHS_A_YEAR,
    QALY_1,
    QALY_2,
    QALY_3,
    QALY_4,
    UTILITY,
)

CLAIMED, CLAIMED_AT = "claimed_quality_adjusted_life_years", "claimed_at_months"
_NO_TIME = "A utility needs the month at which it was recorded."
_SAME_TIME = "Two utilities are given for one time: keep one."
_AFTER_DEATH = "A utility other than 0 is given at or after death: check the months."
_BEFORE_ALL = "Death is at or before the first utility: check the months."
_IMPOSSIBLE = (
    "The value claimed is more than the time that it covers, in years, which is impossible since a utility "
    "is at most 1: check the decimal point, the unit and the time."
)
_NOTHING = Interval(Fraction(0), Fraction(0))


@dataclass(frozen=True, slots=True)
class Point:
    """One place on the curve; ``number`` is that of its row, None at death."""

    months: Fraction
    utility: Interval
    number: int | None


def quality_adjusted_life_years(answers: Answers) -> MeasureResult:
    """The area from the first to the last point, between its lowest and highest possible value.

    Raises:
        RefusedError: two points at one time, a life after death, or a claim above its bound.
    """
    rows = answers.rows("utilities") or ()
    death = answers.number("death_months")
    points = _curve(rows, death)
    area = _area(points) if len(points) > 1 else None
    claimed = _claimed(answers, points, death)
    value = None if area is None else single(area)
    open_rows = [n for n, row in enumerate(rows) if not _known(row)]
    return MeasureResult(
        minimum=area.low if area else None,
        maximum=area.high if area else None,
        value=value,
        settled=value is not None,
        missing=tuple(_missing(answers, rows, points)),
        would_settle=(f"utilities/{open_rows[0]}/utility",) if area and len(open_rows) == 1 else (),
        cautions=tuple(_cautions(points, death)),
        details={
            "from_months": points[0].months if area else None,
            "to_months": points[-1].months if area else None,
            "bound": (points[-1].months - points[0].months) / MONTHS_A_YEAR if area else None,
            "claimed": claimed,
        },
    )


def _curve(rows: Sequence[Answers], death: Fraction | None) -> tuple[Point, ...]:
    points = sorted((_point(row, number) for number, row in enumerate(rows)), key=lambda point: point.months)
    same = [after for before, after in pairwise(points) if before.months == after.months]
    if same:
        raise RefusedError(*(Refusal(("utilities", p.number or 0, "time_months"), _SAME_TIME) for p in same))
    if death is None or not points:
        return tuple(points)
    late = [point for point in points if point.months >= death]
    alive = [point for point in late if not point.utility.meets(_NOTHING)]
    if alive:
        raise RefusedError(*(Refusal(("utilities", p.number or 0, "utility"), _AFTER_DEATH) for p in alive))
    if points[0].months >= death:
        raise RefusedError(Refusal(("death_months",), _BEFORE_ALL))
    return (*points[: len(points) - len(late)], Point(death, _NOTHING, None))


def _point(row: Answers, number: int) -> Point:
    months = row.number("time_months")
    if months is None:
        raise RefusedError(Refusal(("utilities", number, "time_months"), _NO_TIME))
    return Point(months, row.span("utility") or UTILITY, number)


def _area(points: Sequence[Point]) -> Interval:
    low = high = Fraction(0)
    for before, after in pairwise(points):
        width = (after.months - before.months) / MONTHS_A_YEAR / 2
        low += width * ((before.utility.low or 0) + (after.utility.low or 0))
        high += width * ((before.utility.high or 0) + (after.utility.high or 0))
    return Interval(low, high)


def _known(row: Answers) -> bool:
    utility = row.span("utility")
    return utility is not None and single(utility) is not None


def _claimed(
    answers: Answers, points: Sequence[Point], death: Fraction | None
) -> Mapping[str, Detail] | None:
    value, at = answers.number(CLAIMED), answers.number(CLAIMED_AT)
    if value is None:
        return None
    if at is None and len(points) > 1:
        at = points[-1].months - points[0].months
    if at is None:
        return {"value": value, "bound": None, "possible": "unknown"}
    bound = (at if death is None else min(at, death)) / MONTHS_A_YEAR
    if value > bound:
        raise RefusedError(Refusal((CLAIMED,), _IMPOSSIBLE))
    return {"value": value, "bound": bound, "possible": "yes"}


def _missing(answers: Answers, rows: Sequence[Answers], points: Sequence[Point]) -> Iterator[str]:
    claims = CLAIMED in answers.values
    if len(points) < 2 and not (claims and not rows):  # noqa: PLR2004  an area needs two points
        yield "utilities"
    for number, row in enumerate(rows):
        if "utility" not in row.values:
            yield f"utilities/{number}/utility"
    if claims and CLAIMED_AT not in answers.values and len(points) < 2:  # noqa: PLR2004  as above
        yield CLAIMED_AT


def _cautions(points: Sequence[Point], death: Fraction | None) -> Iterator[Remark]:
    yield Remark("QALY-2", "Never more than the time covered, in years.", (QALY_2, INC_4))
    yield Remark("QALY-4", "A QLQ-BM22 score is no utility and has no part in this.", (QALY_4,))
    if death is not None:
        yield Remark("QALY-3", "Utility counts as 0 from the date of death.", (QALY_3,))
    if len(points) > 1 and points[0].months > 0:
        text = "Nothing is recorded before the first utility: that time is not in the area."
        yield Remark("QALY-1", text, (QALY_1,))
