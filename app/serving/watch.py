"""One timer for all connections of a process, and which of them goes when there are too many."""

import asyncio
import resource
from typing import Protocol

from app.serving.limits import Limits

# Files that a process needs beside its connections: the store, FHIR servers, the event loop.
_RESERVED = 200


class Watched(Protocol):
    """A connection as the watch sees it."""

    def look(self, now: float) -> None:
        """End what has taken too long."""

    def waiting(self) -> tuple[bool, float] | None:
        """Whether it is in the middle of a body and since when it is waited for; nothing while answering."""

    def let_go(self) -> None:
        """Close the connection."""


class Watch:
    """The open connections of a process.

    A timer for each request would cost every request something; one that looks at all of them does not.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._most = _connections(limits.connections)
        # In the order of their coming.
        self._open: dict[Watched, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Watched, loop: asyncio.AbstractEventLoop) -> None:
        """Watch over one more connection, and let others go where there are too many."""
        if len(self._open) >= self._most:
            self._shed()
        self._open[connection] = None
        if self._timer is None:
            self._timer = loop.call_later(self._limits.interval, self._sweep, loop)

    def discard(self, connection: Watched) -> None:
        """Forget a connection that is closed."""
        self._open.pop(connection, None)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self._open):
            connection.look(now)
        again = loop.call_later(self._limits.interval, self._sweep, loop) if self._open else None
        self._timer = again

    def _shed(self) -> None:
        # Several at once: looking through all of them for every new connection would be the next weakness.
        several = max(1, self._most // 16)
        waits = [(since, one) for one in self._open if (since := one.waiting()) is not None]
        for _, connection in sorted(waits, key=lambda wait: wait[0])[:several]:
            self._open.pop(connection, None)
            connection.let_go()


def _connections(wanted: int) -> int:
    """As many as wanted, or as the process may have files open."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, allowed - _RESERVED))
