"""The one await between a request and its record: what was not sent is asked of the client's server."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from app.aside import HERE, Turn
from app.errors import ForbiddenError
from app.fhir.names import normal_base
from app.fhir.queries import PATIENT
from app.fhir.server.access import OPEN, Access, until
from app.fhir.server.failure import Failure
from app.fhir.server.known import KnownServer, KnownServers
from app.fhir.server.pulling import Puller
from app.fhir.server.searching import Pulled, Wanted
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
        elsewhere: whether an address is that of a FHIR server of another organisation.
    """

    def __init__(
        self,
        servers: KnownServers,
        puller: Puller,
        templates: Mapping[str, str],
        elsewhere: Callable[[str], bool] = lambda _address: False,
    ) -> None:
        self._servers = servers
        self._puller = puller
        self._templates = templates
        self._elsewhere = elsewhere

    async def complete(self, taken: Taken, gone: Gone, turn: Turn = HERE) -> Gathered:
        """The record of a call, with what could be fetched of what it left open.

        Args:
            taken: what it brought.
            gone: returns when the caller has gone away.
            turn: does the work of reading.

        Raises:
            ForbiddenError: the server that is named is another organisation's.
            CallerGoneError: it has, before everything was there.
            MissingDataError: required data were neither sent nor fetched.
            ContradictionError: a resource is another patient's.
        """
        if taken.request.access is not None:
            taken.access_use = "not-used"
        address = taken.request.fhir_server
        if address is None:
            return await turn(taken.gathered)
        server = self._servers.find(address)
        if server is None and self._elsewhere(address):
            # A security event [A34]: another organisation's patients are not spoken of to this one.
            logger().warning("fhir_server_of_another_tenant", status=ForbiddenError.status)
            raise ForbiddenError("fhirServer is not a server of the organisation that calls: name its own.")
        if taken.wishes:
            await self._fetch(taken, server, gone, turn)
        return await turn(partial(taken.gathered, server.names if server is not None else ()))

    def base(self, address: str | None) -> str | None:
        """The one name of a server that a call names; None where it names none."""
        if address is None:
            return None
        server = self._servers.find(address)
        return normal_base(address if server is None else server.base.text)

    async def _fetch(self, taken: Taken, server: KnownServer | None, gone: Gone, turn: Turn) -> None:
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
        every = await unless_gone(pulling, gone)
        taken.upstream = sum(len(one.pages) + (one.failure not in _NOT_SENT) for one in every)
        if server.needs_token and taken.upstream:
            refused = any(one.failure is Failure.TOKEN_REFUSED for one in every)
            taken.access_use = "rejected" if refused else "used"
        await turn.grows(resources=sum(pulled.resources for pulled in every))
        await turn(partial(_add, taken, every))
        await turn.grows(sites=taken.collected.sites)


def _add(taken: Taken, every: Sequence[Pulled]) -> None:
    for pulled in every:
        taken.add(pulled.wanted.need, pulled)


# Where a wish ended so, or did not fail, no request went out beside those that were answered.
_NOT_SENT = frozenset(
    {
        None,
        Failure.NO_ACCESS,
        Failure.NOT_ASKED,
        Failure.ACCESS_ENDED,
        Failure.NOT_GRANTED,
        Failure.RESTING,
        Failure.BUSY,
        Failure.MORE_PAGES,
        Failure.REPEATED_PAGE,
        Failure.ELSEWHERE,
    }
)


def _access(request: HookRequest) -> Access:
    given = request.access
    if given is None:
        return OPEN
    now = asyncio.get_running_loop().time()
    return Access(given.token, until(now, given.expires_in), given.scope)
