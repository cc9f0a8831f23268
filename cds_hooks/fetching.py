"""The one await between a request and its record: what was not sent is asked of the client's server."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from app.fhir.queries import PATIENT
from app.fhir.server.access import OPEN, Access, until
from app.fhir.server.failure import Failure
from app.fhir.server.known import KnownServer, KnownServers
from app.fhir.server.pulling import Puller
from app.fhir.server.searching import Wanted
from app.logs import logger
from app.presence import Gone, unless_gone
from cds_hooks.gather import Gathered, Taken
from cds_hooks.protocol import HookRequest


class Fetching:
    """Fetches what calls leave open.

    Args:
        servers: those that may be asked.
        puller: asks them.
        templates: the query behind each prefetch key.
    """

    def __init__(self, servers: KnownServers, puller: Puller, templates: Mapping[str, str]) -> None:
        self._servers = servers
        self._puller = puller
        self._templates = templates

    async def complete(self, taken: Taken, gone: Gone) -> Gathered:
        """The record of a call, with what could be fetched of what it left open.

        Args:
            taken: what it brought.
            gone: returns when the caller has gone away.

        Raises:
            CallerGoneError: it has, before everything was there.
            MissingDataError: required data were neither sent nor fetched.
            ContradictionError: a resource is another patient's.
        """
        address = taken.request.fhir_server
        if address is None:
            return taken.gathered()
        server = self._servers.find(address)
        if taken.wishes:
            await self._fetch(taken, server, gone)
        return taken.gathered(server.names if server is not None else ())

    async def _fetch(self, taken: Taken, server: KnownServer | None, gone: Gone) -> None:
        request = taken.request
        # A search that failed for the client is not repeated, unless nothing can be said without it [R56].
        keys = [key for key, wish in taken.wishes.items() if not wish.tried or key in taken.service.required]
        if server is None or (server.needs_token and request.access is None):
            if request.access is not None:
                logger().warning("fhir_server_refused")
                for key in keys:
                    taken.wishes[key] = replace(taken.wishes[key], failure=Failure.NOT_ASKED)
            return
        wishes = [
            Wanted(key, self._templates[key].replace(PATIENT, taken.patient), taken.wishes[key].link)
            for key in keys
        ]
        pulling = self._puller.pull(server, wishes, _access(request) if server.needs_token else OPEN)
        for pulled in await unless_gone(pulling, gone):
            taken.add(pulled.wanted.need, pulled)


def _access(request: HookRequest) -> Access:
    given = request.access
    if given is None:
        return OPEN
    now = asyncio.get_running_loop().time()
    return Access(given.token, until(now, given.expires_in), given.scope)
