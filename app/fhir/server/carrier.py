"""How requests travel: aiohttp's connections under the API of httpx2 (decision 9).

A host name is looked up when a connection is made, its addresses are judged, and the connection goes to those
very addresses: a name that points elsewhere a moment later changes nothing.
"""

import socket
import ssl

import aiohttp
import httpx2
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp.httpx2 import AiohttpTransport

from app.fhir.server.address import AddressError, check_ip

KEPT_SECONDS = 60
# A FHIR server's headers take a few hundred bytes.
_MOST_HEADER_BYTES = 16_384


class JudgingResolver(AbstractResolver):
    """Looks host names up and lets through only addresses that may be asked.

    Args:
        allow_private: whether addresses of private networks may.
        lookup: what looks names up.
    """

    def __init__(self, *, allow_private: bool, lookup: AbstractResolver | None = None) -> None:
        self._allow_private = allow_private
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host.

        Raises:
            OSError: it has none, or one that may not be asked.
        """
        lookup = self._lookup or aiohttp.ThreadedResolver()
        found = await lookup.resolve(host, port, family)
        if not found:
            raise OSError("the name stands for no address")
        for one in found:
            try:
                check_ip(one["host"], allow_private=self._allow_private)
            except AddressError:
                raise OSError("the name stands for an address that is not asked") from None
        return found

    async def close(self) -> None:
        """Nothing is held."""


def carrier(
    trust: ssl.SSLContext, *, allow_private: bool, connections: int, lookup: AbstractResolver | None = None
) -> httpx2.AsyncBaseTransport:
    """A pool of connections to one server; they are opened when first needed, inside the event loop.

    Args:
        trust: the certificates that the server is judged by.
        allow_private: whether it may have an address of a private network.
        connections: how many are open at once.
        lookup: what looks its name up; the system's where left out.
    """

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=trust,
            limit=connections,
            keepalive_timeout=KEPT_SECONDS,
            resolver=JudgingResolver(allow_private=allow_private, lookup=lookup),
        )
        made = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=_MOST_HEADER_BYTES,
            max_field_size=_MOST_HEADER_BYTES,
        )
        # What is tried a second time, and how often, is decided in one place: app/fhir/server/asking.py.
        made._retry_connection = False  # noqa: SLF001  no argument says it
        return made

    return AiohttpTransport(verify=trust, trust_env=False, client=session)
