"""Rest for a server that fails: after several failures in a row nothing is asked of it for a while."""

from enum import Enum, auto

FAILURES = 5
REST_SECONDS = 10.0
LONGEST_REST_SECONDS = 60.0


class _State(Enum):
    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class Breaker:
    """One server's record of failures. Times are seconds on the clock that the caller reads.

    A pull counts once, whatever the number of its requests: one bad moment is one failure.
    """

    def __init__(self) -> None:
        self._state = _State.CLOSED
        self._failures = 0
        self._until = 0.0

    def lets_through(self, now: float) -> bool:
        """Whether the server may be asked; after a rest one pull tries it, and the others wait for it."""
        if self._state is _State.CLOSED:
            return True
        if self._state is _State.OPEN and now >= self._until:
            self._state = _State.HALF_OPEN
            return True
        return False

    def answered(self) -> None:
        """The server gave something: it is well."""
        self._state = _State.CLOSED
        self._failures = 0

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """The server as a whole failed a pull.

        Args:
            now: the moment.
            retry_after: the rest that it asked for, in seconds.
        """
        self._failures += 1
        if self._state is _State.HALF_OPEN or self._failures >= FAILURES:
            rest = max(REST_SECONDS, min(retry_after or 0.0, LONGEST_REST_SECONDS))
            self._state = _State.OPEN
            self._until = now + rest

    def abandoned(self, now: float) -> None:
        """A pull ended without a verdict, because its caller went away: the next one tries."""
        if self._state is _State.HALF_OPEN:
            self._state = _State.OPEN
            self._until = now
