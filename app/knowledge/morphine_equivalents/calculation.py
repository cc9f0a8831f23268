"""The morphine equivalents of one day: a sum where every drug has a factor, else a lower bound."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.engine.reading import exactly
from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, Detail, MeasureResult, Path, Refusal, RefusedError, Value
from app.knowledge.morphine_equivalents.table import (
    CHANGED,
    MME_1,
    MME_2,
    MME_3,
    MME_4,
    MME_5,
    OPIOIDS,
    ROUTES,
    VERSION,
    factor,
)

DOSE, RATE, ACTUAL = "daily_dose_milligrams", "micrograms_per_hour", "actual_daily_dose_milligrams"
_CODES: Mapping[str, tuple[str, ...]] = {
    "opioid": tuple(option.code for option in OPIOIDS),
    "route": tuple(option.code for option in ROUTES),
}
_LABELS = {option.code: option.label.partition(":")[0] for option in OPIOIDS}
_TWO_AMOUNTS = "Send the daily dose in milligrams or the rate in micrograms an hour, not both."
_ACTUAL_ALONE = "The actual intake goes with as_needed true; of a regular drug it is the daily dose itself."
_PATCH = "A fentanyl patch is sent by its rate, micrograms_per_hour, not by a daily dose."
_NO_RATE = "A drug by mouth is sent by daily_dose_milligrams, not by a rate."


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one drug adds.

    Args:
        factors: those still possible, ascending.
        complete: whether every drug and route still possible has a factor.
        low: the least that it adds to the partial total.
        high: the most; None without an upper limit.
    """

    row: Answers
    opioids: tuple[str, ...]
    routes: tuple[str, ...]
    factors: tuple[Fraction, ...]
    complete: bool
    low: Fraction
    high: Fraction | None

    @property
    def exact(self) -> bool:
        """Whether it adds one known amount."""
        return self.complete and self.low == self.high


def morphine_equivalents(answers: Answers) -> MeasureResult:
    """The sum of daily doses times factors, with the lower bound where something has no factor.

    Raises:
        RefusedError: a drug holds amounts that contradict each other or its route.
    """
    rows = answers.rows("opioids")
    if rows is None:
        rows = (Answers(),)
    parts = _contributions(rows)
    low = sum((part.low for part in parts), Fraction(0))
    highs = [part.high for part in parts if part.high is not None]
    high = sum(highs, Fraction(0)) if len(highs) == len(parts) else None
    settled = all(part.exact for part in parts)
    recorded = "opioids" in answers.values
    return MeasureResult(
        minimum=low,
        maximum=high,
        value=low if settled else None,
        settled=settled,
        missing=tuple(_missing(parts)) if recorded else ("opioids",),
        would_settle=tuple(_would_settle(rows)) if recorded and not settled else (),
        cautions=tuple(_cautions(parts)),
        flags=tuple(_flags(parts, recorded=recorded)),
        details={
            "computable": all(part.complete for part in parts),
            "lower_bound": high is None,
            "opioids": tuple(_row(part) for part in parts) if recorded else (),
        },
    )


def _contributions(rows: Sequence[Answers]) -> tuple[Contribution, ...]:
    refusals: list[Refusal] = []
    parts: list[Contribution] = []
    for number, row in enumerate(rows):
        try:
            parts.append(_contribution(row, ("opioids", number)))
        except RefusedError as error:
            refusals += error.refusals
    if refusals:
        raise RefusedError(*refusals)
    return tuple(parts)


def _contribution(row: Answers, path: Path) -> Contribution:
    rate = row.span(RATE)
    _refuse_amounts(row, path)
    by_weight = bool(row.given((DOSE, ACTUAL)))
    pairs = [
        (opioid, route)
        for opioid in _possible(row, "opioid")
        for route in _possible(row, "route")
        if not (rate is not None and route == "oral")
        and not (by_weight and (opioid, route) == ("fentanyl", "transdermal"))
    ]
    if not pairs:
        raise RefusedError(
            Refusal((*path, RATE), _NO_RATE) if rate is not None else Refusal((*path, DOSE), _PATCH)
        )
    found = [factor(opioid, route) for opioid, route in pairs]
    factors = tuple(sorted({value for value in found if value is not None}))
    complete = None not in found
    least, most = _amount(row)
    high = factors[-1] * most if complete and most is not None else None
    return Contribution(
        row=row,
        opioids=tuple(dict.fromkeys(opioid for opioid, _ in pairs)),
        routes=tuple(dict.fromkeys(route for _, route in pairs)),
        factors=factors,
        complete=complete,
        low=factors[0] * least if complete else Fraction(0),
        high=high,
    )


def _refuse_amounts(row: Answers, path: Path) -> None:
    if DOSE in row.values and RATE in row.values:
        raise RefusedError(Refusal((*path, RATE), _TWO_AMOUNTS))
    if ACTUAL in row.values and RATE in row.values:
        raise RefusedError(Refusal((*path, ACTUAL), _TWO_AMOUNTS))
    if ACTUAL in row.values and not row.yes("as_needed"):
        raise RefusedError(Refusal((*path, ACTUAL), _ACTUAL_ALONE))


def _possible(row: Answers, name: str) -> tuple[str, ...]:
    wanted = row.codes(name)
    return _CODES[name] if wanted is None else tuple(code for code in _CODES[name] if code in wanted)


def _amount(row: Answers) -> tuple[Fraction, Fraction | None]:
    """The least and the most that is taken in a day (MME-5)."""
    actual, stated = row.span(ACTUAL), row.span(DOSE) or row.span(RATE)
    used = actual or stated
    if used is None:
        return Fraction(0), None
    least = Fraction(0) if row.yes("as_needed") and actual is None else used.low or Fraction(0)
    return least, used.high


def _row(part: Contribution) -> Mapping[str, Detail]:
    if not part.factors:
        status = "no-factor"
    elif not part.complete:
        status = "factor-unknown"
    elif part.high is None:
        status = "dose-unknown"
    else:
        status = "counted" if part.exact else "range"
    return {
        "opioid": part.opioids,
        "route": part.routes,
        "status": status,
        "factors": part.factors,
        "minimum": part.low,
        "maximum": part.high,
    }


def _missing(parts: Sequence[Contribution]) -> Iterator[str]:
    for number, part in enumerate(parts):
        for name in ("opioid", "route"):
            if name not in part.row.values:
                yield f"opioids/{number}/{name}"
        needed = part.row.yes("as_needed")
        if not part.row.given((ACTUAL,) if needed else (DOSE, RATE)):
            yield f"opioids/{number}/{_amount_name(part)}"


def _amount_name(part: Contribution) -> str:
    patch = part.opioids == ("fentanyl",) and part.routes == ("transdermal",)
    if patch or RATE in part.row.values:
        return RATE
    return ACTUAL if part.row.yes("as_needed") else DOSE


def _would_settle(rows: Sequence[Answers]) -> Iterator[str]:
    """Inputs of which one answer would leave one total, every other input as it is."""
    parts = _contributions(rows)
    for number, part in enumerate(parts):
        if any(not other.exact for place, other in enumerate(parts) if place != number):
            continue
        for name, values in _single_answers(part):
            if any(_contribution(part.row.with_value(name, value), ()).exact for value in values):
                yield f"opioids/{number}/{name}"


def _single_answers(part: Contribution) -> Iterator[tuple[str, list[Value]]]:
    for name, codes in (("opioid", part.opioids), ("route", part.routes)):
        if len(codes) > 1:
            yield name, [frozenset({code}) for code in codes]
    least, most = _amount(part.row)
    if least != most:
        # Any one amount does; of a patch as needed it would still be a maximum.
        yield _amount_name(part), [exactly(1)]


def _cautions(parts: Sequence[Contribution]) -> Iterator[Remark]:
    text = "Never use this total to change from one opioid to another: the factors do not give a dose."
    yield Remark("MME-2", text, (MME_2,))
    changed = [code for code in CHANGED if any(code in part.opioids for part in parts)]
    older = "; ".join(f"{code} {CHANGED[code]}" for code in changed)
    if changed:
        text = f"Factors of {VERSION}. Older tables differ ({older}): do not compare totals across them."
        yield Remark("MME-4", text, (MME_4,))
    if any(RATE in part.row.values and part.factors for part in parts):
        yield Remark(
            "MME-1",
            "A patch counts once by its rate, whatever the hours or the changes; patches worn together are "
            "separate entries.",
            (MME_1,),
        )
    if any(part.row.yes("as_needed") and ACTUAL not in part.row.values for part in parts):
        text = "A drug taken as needed counts from 0 to its maximum: record what is really taken."
        yield Remark("MME-5", text, (MME_5,))


def _flags(parts: Sequence[Contribution], *, recorded: bool) -> Iterator[Remark]:
    if not recorded:
        text = "No opioid is recorded, which is not the same as none: nothing can be computed."
        yield Remark("MME-3", text, (MME_3,))
        return
    without = [part for part in parts if not part.complete]
    if without:
        named = sorted({_LABELS[code] for part in without if len(part.opioids) == 1 for code in part.opioids})
        of = f" ({', '.join(named)})" if named else ""
        text = (
            f"Not computable: {len(without)} of {len(parts)} entries{of} have, or may have, no factor. What "
            "is given is a partial total and only a lower bound."
        )
        yield Remark("MME-3", text, (MME_3,))
    for part in parts:
        actual, most = part.row.span(ACTUAL), part.row.span(DOSE)
        if actual and most and (actual.high or 0) > (most.high or 0):
            text = "More is taken than the maximum recorded for a drug as needed: check both."
            yield Remark("MME-5", text, (MME_5,))
