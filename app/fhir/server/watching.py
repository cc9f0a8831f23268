"""What is told of the requests to FHIR servers as they are made: their kind and end, never an address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from app.fhir.needs import TYPES
from app.fhir.server.breaker import Rest

Interaction = Literal["read", "search", "page", "batch", "capabilities"]
# Told with how it ended, and the status where there was an answer.
Done = Callable[[str, int | None], None]

_KNOWN = frozenset(kind for kinds in TYPES.values() for kind in kinds)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, in words that are this service's own.

    Args:
        server: the place of the server in the settings, such as ``server-1``.
        interaction: what is asked.
        kind: the resource type; ``none`` where it is of no one type, ``other`` for one nobody asks for.
    """

    server: str
    interaction: Interaction
    kind: str


class Watch(Protocol):
    """Is told what passes."""

    def asks(self, asked: Asked) -> Done:
        """A request goes out; what is given back is called once, when it has ended."""

    def pulled(self, server: str, *, late: bool) -> None:
        """Everything that a call needs of a server was asked for.

        Args:
            server: which one.
            late: whether the deadline came first.
        """

    def rests(self, server: str, state: Rest) -> None:
        """Whether a server is asked, given a rest, or tried again after one."""

    def led_away(self, server: str) -> None:
        """A server pointed to an address that is not asked."""


class Unwatched:
    """Nobody is told."""

    def asks(self, _asked: Asked) -> Done:
        """Nothing is noted."""
        return _not_noted

    def pulled(self, _server: str, *, late: bool) -> None:
        """Nothing is noted."""

    def rests(self, _server: str, _state: Rest) -> None:
        """Nothing is noted."""

    def led_away(self, _server: str) -> None:
        """Nothing is noted."""


class Together:
    """Several are told.

    Args:
        watches: all of them.
    """

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = tuple(watches)

    def asks(self, asked: Asked) -> Done:
        """Tell each, and each of the end."""
        ends = [watch.asks(asked) for watch in self._watches]

        def done(result: str, status: int | None) -> None:
            for end in ends:
                end(result, status)

        return done

    def pulled(self, server: str, *, late: bool) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.pulled(server, late=late)

    def rests(self, server: str, state: Rest) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.rests(server, state)

    def led_away(self, server: str) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.led_away(server)


def _not_noted(_result: str, _status: int | None) -> None:
    """What is told to nobody."""


UNWATCHED = Unwatched()


def asked(server: str, base: str, method: str, url: str) -> Asked:
    """What a request asks for; nothing of its address but the type, and only one that is known.

    Args:
        server: the name of the server.
        base: its address.
        method: GET or POST.
        url: where it goes.
    """
    first, *rest = _segments(base, url)
    if not first:
        return Asked(server, "batch" if method == "POST" else "page", "none")
    if first == "metadata":
        return Asked(server, "capabilities", "none")
    kind = first if first in _KNOWN else "other"
    searches = rest == ["_search"] or (not rest and method == "GET")
    return Asked(server, "search" if searches else "read", kind)


def _segments(base: str, url: str) -> list[str]:
    return urlsplit(url.removeprefix(base)).path.strip("/").split("/")
