"""The FHIR servers that this deployment may ask, each with its pool, its limit and its record of failures."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.fhir.server.address import Base, same_base
from app.fhir.server.breaker import Breaker
from app.fhir.server.replies import Sending
from app.fhir.server.watching import UNWATCHED, Watch

if TYPE_CHECKING:
    # What it signs with takes longer to load than all that asks an open server.
    from app.fhir.server.authorizing import BackendClient

AT_ONCE = 24
AT_ONCE_OF_A_TYPE = 8


class Way(StrEnum):
    """How searches are put to a server."""

    GET = "get"
    POST = "post"
    BATCH = "batch"
    AS_STATED = "as-stated"


@dataclass(slots=True)
class KnownServer:
    """One server that may be asked.

    Args:
        base: its address.
        aliases: other addresses by which its resources name it; they are never asked.
        without: data needs of which it holds nothing.
        way: how searches are put to it.
        needs_token: whether it is asked with an access token only.
        client: this service as a client of the server's authorization server; None where it is none.
        name: what it is called in metrics and traces, where no address may stand.
        watch: is told of what is asked of it.
        limits: of the requests at once, by the type that is asked for.
        batch_stated: whether its CapabilityStatement takes a batch, and until when that is believed, on the
            clock of the event loop.
        stating: held while that is asked, so that calls at once share the answer.
    """

    base: Base
    http: Sending
    aliases: tuple[Base, ...] = ()
    without: frozenset[str] = frozenset()
    way: Way = Way.GET
    needs_token: bool = True
    client: "BackendClient | None" = None
    name: str = "server-1"
    watch: Watch = UNWATCHED
    breaker: Breaker = field(default_factory=Breaker)
    limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    limits: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    batch_stated: tuple[bool, float] | None = None
    stating: asyncio.Lock = field(default_factory=asyncio.Lock)

    def limit_of(self, resource_type: str) -> asyncio.Semaphore:
        """What limits the requests for one type."""
        if resource_type not in self.limits:
            self.limits[resource_type] = asyncio.Semaphore(AT_ONCE_OF_A_TYPE)
        return self.limits[resource_type]

    @property
    def names(self) -> tuple[str, ...]:
        """Every address by which its resources may name it."""
        return (self.base.text, *(alias.text for alias in self.aliases))


class KnownServers:
    """All of them."""

    def __init__(self, servers: Iterable[KnownServer] = ()) -> None:
        self._servers = tuple(servers)

    def __iter__(self) -> Iterator[KnownServer]:
        return iter(self._servers)

    def find(self, address: str) -> KnownServer | None:
        """The server that has exactly this address as its base or alias; None where there is none."""
        for server in self._servers:
            if any(same_base(base, address) for base in (server.base, *server.aliases)):
                return server
        return None

    @property
    def own(self) -> KnownServer | None:
        """The server that this service asks by itself: one that it is a client of, else an open one."""
        authorized = (server for server in self._servers if server.client is not None)
        unguarded = (server for server in self._servers if not server.needs_token)
        return next(authorized, None) or next(unguarded, None)

    @property
    def clients(self) -> "tuple[BackendClient, ...]":
        """What this service is at each authorization server."""
        return tuple(server.client for server in self._servers if server.client is not None)

    async def close(self) -> None:
        """Close every connection."""
        for server in self._servers:
            await server.http.close()
        for client in self.clients:
            await client.endpoint.close()
