"""FHIR dates and times as the ranges they can mean."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache

from app.assess.record import When
from app.fhir.wire import Period

_SHAPE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)


# The longest time without fractions of a second beyond nanoseconds.
_LONGEST = 35


def read_when(text: str | None) -> When | None:
    """A FHIR date, dateTime or instant; None where there is none or it is no date.

    A time without an offset, which FHIR forbids and records contain, counts as its day.
    """
    if text is None:
        return None
    return _kept(text) if len(text) <= _LONGEST else _parsed(text)


def read_birth_date(text: str) -> When | None:
    """The same for what a person may be known by: it is not kept for the next record."""
    return _parsed(text)


def _parsed(text: str) -> When | None:
    match = _SHAPE.fullmatch(text)
    try:
        return None if match is None else _read(text, *match.groups())
    except (ValueError, OverflowError):
        return None


def _read(text: str, year: str, *rest: str | None) -> When:
    month, day, hour, minute, second, offset = rest
    if month is None:
        return When(text, date(int(year), 1, 1), date(int(year), 12, 31))
    if day is None:
        first = date(int(year), int(month), 1)
        return When(text, first, first.replace(day=monthrange(first.year, first.month)[1]))
    on = date(int(year), int(month), int(day))
    if hour is None or minute is None or offset is None:
        return When(text, on, on)
    # A leap second counts as the last second before it.
    clock = f"{hour}:{minute}:{min(int(second or 0), 59):02}"
    instant = datetime.fromisoformat(f"{on}T{clock}{offset}").astimezone(UTC)
    return When(text, instant.date(), instant.date(), instant)


# The entries of a record share few moments, and records share days.
_kept = lru_cache(maxsize=4_096)(_parsed)


def read_period(period: Period | None) -> When | None:
    """A period: its end is when the finding was last seen to hold, its start where it has no end."""
    if period is None:
        return None
    return read_when(period.end) or read_when(period.start)
