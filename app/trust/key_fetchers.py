"""Asking the key addresses of a deployment, those on private networks in a way of their own."""

import logging
from collections.abc import Iterable, Mapping
from functools import partial

from app.fhir.server.carrier import carrier
from app.fhir.server.http import Http, trust
from app.fhir.server.outside import Outside
from app.knowledge import VERSION
from app.trust.fetching_keys import KeyFetcher
from app.trust.keys import FetchedKeys

# A key address is asked at most once a minute.
_CONNECTIONS = 4


class KeyFetchers:
    """Asks key addresses.

    Args:
        outside: how they are reached.
        private: the addresses whose names may stand for addresses of a private network.
        production: whether addresses must be https.
    """

    def __init__(self, outside: Outside, private: Iterable[str], *, production: bool) -> None:
        # It would log every address that is asked.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        carrying = outside.carrying or partial(carrier, trust())
        self._private = frozenset(private)
        self._fetchers: Mapping[bool, KeyFetcher] = {
            allowed: KeyFetcher(
                Http(carrying(allow_private=allowed, connections=_CONNECTIONS)),
                VERSION,
                production=production,
                allow_private=allowed,
            )
            for allowed in (False, True)
        }

    async def fetch(self, address: str) -> FetchedKeys:
        """What a registered key address answers.

        Raises:
            AddressError: it is not asked.
            FetchError: it gives no usable answer.
            TimeoutError: it does not answer in time.
        """
        return await self._fetchers[address in self._private].fetch(address)

    async def close(self) -> None:
        """Close every connection."""
        for fetcher in self._fetchers.values():
            await fetcher.close()


def private_addresses(registered: Iterable[tuple[Iterable[str], bool]]) -> frozenset[str]:
    """The key addresses that may be on a private network.

    Args:
        registered: the addresses of each registration, and whether these may.

    Raises:
        ValueError: one address may for one registration and not for another.
    """
    sorted_out: dict[bool, set[str]] = {False: set(), True: set()}
    for addresses, allowed in registered:
        sorted_out[allowed].update(addresses)
    if sorted_out[False] & sorted_out[True]:
        raise ValueError("those that share a key address must have the same allow_private")
    return frozenset(sorted_out[True])
