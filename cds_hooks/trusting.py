"""The CDS clients of the settings, and the check that each of their calls has to pass."""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from fastapi import Request

from app.fhir.server.building import Carrying, Outside
from app.fhir.server.carrier import carrier
from app.fhir.server.http import Http, trust
from app.knowledge import VERSION
from app.logs import logger
from app.settings import CdsClient, Profile, Settings
from app.store.database import Database
from app.store.used_tokens import UsedTokens
from cds_hooks.tenants import DEFAULT
from cds_hooks.trust import FetchedKeys, Issuer, NotAuthenticatedError, StoredReplays, Trust
from cds_hooks.trust.fetching_keys import KeyFetcher

_SETTING = "SPINE_METS_CLIENTS"
# A key address is asked at most once a minute.
_KEY_CONNECTIONS = 4


class KeyFetchers:
    """Asks key addresses, those on private networks in a way of their own.

    Args:
        carrying: makes what carries the requests.
        private: the addresses whose names may stand for addresses of a private network.
        production: whether addresses must be https.
    """

    def __init__(self, carrying: Carrying, private: Iterable[str], *, production: bool) -> None:
        self._private = frozenset(private)
        self._fetchers: Mapping[bool, KeyFetcher] = {
            allowed: KeyFetcher(
                Http(carrying(allow_private=allowed, connections=_KEY_CONNECTIONS)),
                VERSION,
                production=production,
                allow_private=allowed,
            )
            for allowed in (False, True)
        }

    async def fetch(self, jku: str) -> FetchedKeys:
        """What a registered key address answers.

        Raises:
            AddressError: it is not asked.
            FetchError: it gives no usable answer.
            TimeoutError: it does not answer in time.
        """
        return await self._fetchers[jku in self._private].fetch(jku)

    async def close(self) -> None:
        """Close every connection."""
        for fetcher in self._fetchers.values():
            await fetcher.close()


class Clients:
    """The clients that may call.

    Args:
        trust: tells who calls.
        base: where clients reach this service, as it was configured: a Host header is the caller's own word.
        fetchers: asks for keys.
        replays: tells whether a token was used before.
        close_database: closes what remembers the tokens.
    """

    def __init__(
        self,
        trust: Trust,
        base: str,
        fetchers: KeyFetchers,
        replays: StoredReplays,
        close_database: Callable[[], None],
    ) -> None:
        self._trust = trust
        self._base = base
        self._fetchers = fetchers
        self._replays = replays
        self._close_database = close_database

    async def admit(self, request: Request, body: bytes, service: str, below: str = "") -> None:
        """Return where a registered client sends the call.

        Args:
            request: the call.
            body: its content, of which nothing is believed yet.
            service: the id of the service.
            below: what follows the address of the service in the address that is called.

        Raises:
            NotAuthenticatedError: nobody knows who sends it.
            ReplayStoreDownError: nobody can tell now whether its token was used before.
        """
        address = f"{self._base}/cds-services/{service}"
        addresses = (address, f"{address}{below}") if below else (address,)
        try:
            await self._trust.caller(request.headers.getlist("authorization"), addresses, body)
        except NotAuthenticatedError as error:
            logger().warning(
                "call_refused",
                service=service,
                status=error.status,
                bytes=len(body),
                reason=error.reason.value,
            )
            raise

    async def close(self) -> None:
        """Give back connections, threads and the database."""
        await self._fetchers.close()
        self._replays.close()
        self._close_database()


def registered_clients(settings: Settings, outside: Outside) -> Clients | None:
    """The clients that the settings name; None where they name none.

    Args:
        settings: what the environment says.
        outside: how key addresses are reached, and the clock that tokens are held against.

    Raises:
        ValueError: a client cannot be used; the message names it by its place.
        StoreError: the database does not answer.
    """
    if not settings.clients or settings.public_base_url is None:  # the settings have no clients without it
        return None
    production = settings.profile is not Profile.DEMO
    # It would log every address that is asked.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    carrying = outside.carrying or partial(carrier, trust())
    fetchers = KeyFetchers(carrying, _private(settings.clients), production=production)
    issuers = [_issuer(client, place, settings.clients) for place, client in enumerate(settings.clients, 1)]
    # A database of its own: whatever holds up feedback must hold up no check.
    used = UsedTokens(Database(settings.database_url))
    replays = StoredReplays(used.remember, settings.replay)
    try:
        trusted = Trust(issuers, fetchers.fetch, replays, outside.clock, production=production)
    except ValueError as error:
        replays.close()
        used.close()
        raise ValueError(f"{_SETTING}: {error}") from None
    return Clients(trusted, settings.public_base_url, fetchers, replays, used.close)


def _private(clients: Iterable[CdsClient]) -> frozenset[str]:
    """The key addresses that may be on a private network."""
    private: dict[bool, set[str]] = {False: set(), True: set()}
    for client in clients:
        private[client.allow_private].update(client.jku)
    if private[False] & private[True]:
        raise ValueError(f"{_SETTING}: clients that share a key address must have the same allow_private")
    return frozenset(private[True])


def _issuer(client: CdsClient, place: int, clients: tuple[CdsClient, ...]) -> Issuer:
    keys = None
    if client.keys is not None:
        try:
            keys = client.keys.read_bytes()
        except OSError:
            raise ValueError(
                f"{_SETTING}: Issuer {place} of {len(clients)}: keys names no file that can be read."
            ) from None
    return Issuer(
        iss=client.iss,
        tenant=DEFAULT,
        keys=keys,
        jku=client.jku,
        audiences=client.audiences,
        subject=client.subject,
        tenant_claim=client.tenant_claim,
        algorithms=client.algorithms,
        max_lifetime_seconds=client.max_lifetime_seconds,
    )
