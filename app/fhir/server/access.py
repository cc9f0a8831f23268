"""What a call may ask of a FHIR server: its token, how long it holds, and what it is for."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

# SMART v1 (``user/Observation.read``) and v2 (``patient/Observation.rs?category=...``) [R69].
_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]*)\.(?P<may>\*|read|write|c?r?u?d?s?)(?P<only>\?.*)?"
)


class Coverage(Enum):
    """How much of a type of resources a scope covers."""

    ALL = auto()
    PART = auto()
    NONE = auto()


# A token is not used in its last seconds: the answer would come after it.
_MARGIN = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """The right to ask one server for one call.

    Args:
        token: the bearer token; None for an open server of the demo.
        until: when it may no longer be used, on the clock of the event loop; None where it does not end.
        scope: what it was granted for, as the authorization server writes it.
    """

    token: str | None = field(repr=False)
    until: float | None = None
    scope: str | None = None

    def holds_at(self, now: float) -> bool:
        """Whether the token may still be used."""
        return self.until is None or now < self.until

    def covers(self, resource_type: str, *, search: bool) -> Coverage:
        """How much of these resources the scope lets be read [R68].

        A scope that names nothing in SMART's way, as some servers write theirs, rules nothing out.
        """
        granted = [match for text in (self.scope or "").split() if (match := _SCOPE.fullmatch(text))]
        if not granted:
            return Coverage.ALL
        wanted = "s" if search else "r"
        fitting = [
            one for one in granted if one["type"] in ("*", resource_type) and _allows(one["may"], wanted)
        ]
        if any(one["only"] is None for one in fitting):
            return Coverage.ALL
        return Coverage.PART if fitting else Coverage.NONE


def _allows(may: str, wanted: str) -> bool:
    return may in ("*", "read") or (may != "write" and wanted in may)


def until(now: float, expires_in: int) -> float:
    """When a token that was just received may no longer be used."""
    return now + expires_in - _MARGIN


OPEN = Access(None)
