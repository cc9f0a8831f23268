"""Dates of FHIR as spans of time, and how a search compares them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.call.exact_json import Json, text

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time.

    Args:
        start: its first moment.
        end: the first moment after it.
    """

    start: datetime
    end: datetime


def span_of(written: str) -> Span:
    """All the time that a FHIR date or date and time may mean; without an offset it is read as UTC.

    Raises:
        ValueError: it is no FHIR date.
    """
    found = _DATE.fullmatch(written)
    if found is None:
        raise ValueError("no FHIR date")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if hour is not None:
        # A fraction is cut to microseconds, which is all that a moment holds here.
        seconds = f"{second or '00'}.{(fraction or '0')[:6]:0<6}"
        start = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{seconds}{offset or 'Z'}")
        length = timedelta(minutes=1) if second is None else timedelta(seconds=1)
        length = timedelta(microseconds=1) if fraction else length
        return _span(start, length)
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day is not None:
        return _span(start, timedelta(days=1))
    if month is not None:
        following = (int(year) + 1, 1) if month == "12" else (int(year), int(month) + 1)
    else:
        following = (int(year) + 1, 1)
    if following[0] > _LATEST.year:
        return Span(start, _LATEST)
    return Span(start, datetime(*following, 1, tzinfo=UTC))


def _span(start: datetime, length: timedelta) -> Span:
    try:
        moment = start.astimezone(UTC)
    except OverflowError:
        raise ValueError("no moment that can be compared") from None
    return Span(moment, moment + length if moment < _LATEST - length else _LATEST)


def period_span(period: Json) -> Span:
    """The time of a FHIR Period; a side that is missing is open.

    Raises:
        ValueError: it has neither side, or one is no FHIR date.
    """
    start, end = text(period, "start"), text(period, "end")
    if start is None and end is None:
        raise ValueError("an empty period")
    return Span(span_of(start).start if start else _EARLIEST, span_of(end).end if end else _LATEST)


def compares(prefix: str, searched: Span, target: Span) -> bool:
    """Whether a resource's time fits a search, by the rules of FHIR R4.

    Args:
        prefix: one of ``PREFIXES``.
        searched: the time in the search.
        target: the time in the resource.
    """
    contained = searched.start <= target.start and target.end <= searched.end
    return {
        "eq": contained,
        "ne": not contained,
        "gt": target.end > searched.end,
        "lt": target.start < searched.start,
        "ge": target.end > searched.end or contained,
        "le": target.start < searched.start or contained,
        "sa": target.start >= searched.end,
        "eb": target.end <= searched.start,
    }[prefix]
