"""How old an entry is at the moment asked about, and what that means for its use."""

from datetime import datetime, timedelta

from app.assess.record import When
from app.engine.provenance import Age
from app.knowledge.policy import Window

# Clocks of two systems may differ; a date without an offset may be ahead by a time zone.
_CLOCK_SKEW = timedelta(minutes=5)
_ZONE_SLACK = timedelta(days=1)


def age_of(when: When | None, window: Window | None, as_of: datetime) -> Age:
    """The age of an entry under a time window.

    A partial date counts from the earliest day it can mean, so that vagueness never makes an entry
    look fresher. Whole days count: 28 days and some hours are 28 days. Without a window an entry
    lasts, dated or not.
    """
    if when is not None and _is_future(when, as_of):
        return Age.FUTURE
    if window is None:
        return Age.FRESH
    if when is None:
        return Age.UNDATED
    days = days_before(when, as_of)
    if days <= window.fresh:
        return Age.FRESH
    return Age.AGEING if days <= window.ageing else Age.STALE


def days_before(when: When, as_of: datetime) -> int:
    """Whole days from the earliest moment the entry can mean to the moment asked about."""
    if when.instant is not None:
        return max(0, (as_of - when.instant) // timedelta(days=1))
    return max(0, (as_of.date() - when.first).days)


def _is_future(when: When, as_of: datetime) -> bool:
    if when.instant is not None:
        return when.instant > as_of + _CLOCK_SKEW
    return when.first > (as_of + _ZONE_SLACK).date()
