"""What lies outside of this process: other servers, their time, and chance."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Where no server is known, nothing of it is loaded.
    import httpx2


class Carrying(Protocol):
    """Makes what carries the requests to one host."""

    def __call__(self, *, allow_private: bool, connections: int) -> "httpx2.AsyncBaseTransport":
        """A pool of so many connections, to private addresses only where these are allowed."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What lies outside of this process; a test gives its own.

    Args:
        clock: the time of the world, which others hold assertions and tokens against, with its zone.
        carrying: makes what carries requests; the network where left out.
        random: that many bytes which nobody can guess.
    """

    clock: Callable[[], datetime]
    carrying: Carrying | None = None
    random: Callable[[int], bytes] = token_bytes
