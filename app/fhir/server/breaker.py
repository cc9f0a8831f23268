"""Rest for a server that fails: after several failures in a row nothing is asked of it for a while."""

from typing import Literal

FAILURES = 5
REST_SECONDS = 10.0
LONGEST_REST_SECONDS = 60.0
# Asked as usual; not asked; tried by one call after a rest.
Rest = Literal["closed", "open", "half-open"]


class Breaker:
    """One server's record of failures. Times are seconds on the clock that the caller reads.

    A pull counts once, whatever the number of its requests: one bad moment is one failure.
    """

    def __init__(self) -> None:
        self._state: Rest = "closed"
        self._failures = 0
        self._until = 0.0

    @property
    def state(self) -> Rest:
        """Whether the server is asked."""
        return self._state

    def lets_through(self, now: float) -> bool:
        """Whether the server may be asked; after a rest one pull tries it, and the others wait for it."""
        if self._state == "closed":
            return True
        if self._state == "open" and now >= self._until:
            self._state = "half-open"
            return True
        return False

    def answered(self) -> None:
        """The server gave something: it is well."""
        self._state = "closed"
        self._failures = 0

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """The server as a whole failed a pull.

        Args:
            now: the moment.
            retry_after: the rest that it asked for, in seconds.
        """
        self._failures += 1
        if self._state == "half-open" or self._failures >= FAILURES:
            rest = max(REST_SECONDS, min(retry_after or 0.0, LONGEST_REST_SECONDS))
            self._state = "open"
            self._until = now + rest

    def abandoned(self, now: float) -> None:
        """A pull ended without a verdict, because its caller went away: the next one tries."""
        if self._state == "half-open":
            self._state = "open"
            self._until = now
