"""The CDS clients of the settings, and the check that each of their calls has to pass."""

from collections.abc import Callable

from fastapi import Request

from app.fhir.server.outside import Outside
from app.logs import logger
from app.settings import CdsClient, Profile, Settings
from app.store.used_tokens import UsedTokens
from app.trust.key_fetchers import KeyFetchers, private_addresses
from cds_hooks.trust import Caller, Issuer, NotAuthenticatedError, Proved, StoredReplays, Trust

_SETTING = "SPINE_METS_CLIENTS"


class Clients:
    """The clients that may call.

    Args:
        trust: tells who calls.
        base: where clients reach this service, as it was configured: a Host header is the caller's own word.
        fetchers: asks for keys.
        replays: tells whether a token was used before.

    Attributes:
        on_refused: is told the reason of each refusal.
        on_replay: is told of each token that was taken though it had been used before.
    """

    def __init__(
        self,
        trust: Trust,
        base: str,
        fetchers: KeyFetchers,
        replays: StoredReplays,
    ) -> None:
        self._trust = trust
        self._base = base
        self._fetchers = fetchers
        self._replays = replays
        self.on_refused: Callable[[str], None] = _not_counted
        self.on_replay: Callable[[], None] = _not_counted

    async def proved(self, request: Request, service: str, below: str = "") -> Proved:
        """What the headers of a call prove, before anything of its body is read.

        Args:
            request: the call.
            service: the id of the service.
            below: what follows the address of the service in the address that is called.

        Raises:
            NotAuthenticatedError: nobody knows who sends it.
        """
        address = f"{self._base}/cds-services/{service}"
        addresses = (address, f"{address}{below}") if below else (address,)
        try:
            return await self._trust.proved(request.headers.getlist("authorization"), addresses)
        except NotAuthenticatedError as error:
            self._refused(service, error)
            raise

    async def admit(self, proved: Proved, service: str, body: bytes) -> Caller:
        """The registered client that sends a call, whose token is used from now on.

        Args:
            proved: by its headers.
            service: the id of the service.
            body: its content, of which nothing is believed yet.

        Raises:
            NotAuthenticatedError: the token was used before.
            ReplayStoreDownError: nobody can tell now whether it was.
        """
        try:
            caller = await self._trust.taken(proved, body)
        except NotAuthenticatedError as error:
            self._refused(service, error)
            raise
        if caller.replayed:
            logger().warning("token_replayed", service=service, bytes=len(body))
            self.on_replay()
        return caller

    def _refused(self, service: str, error: NotAuthenticatedError) -> None:
        logger().warning("call_refused", service=service, status=error.status, reason=error.reason.value)
        self.on_refused(error.reason.value)

    async def close(self) -> None:
        """Give back connections and threads."""
        await self._fetchers.close()
        self._replays.close()


def registered_clients(
    settings: Settings, outside: Outside, used_tokens: Callable[[], UsedTokens]
) -> Clients:
    """The clients that the settings name, where callers are asked who they are: app/parties.py says where.

    Raises:
        ValueError: a client cannot be used; the message names it by its place.
        StoreError: the database does not answer.
    """
    production = settings.profile is not Profile.DEMO
    try:
        private = private_addresses((client.jku, client.allow_private) for client in settings.clients)
    except ValueError as error:
        raise ValueError(f"{_SETTING}: {error}") from None
    fetchers = KeyFetchers(outside, private, production=production)
    issuers = [_issuer(settings, client, place) for place, client in enumerate(settings.clients, 1)]
    replays = StoredReplays(used_tokens().remember, settings.replay)
    try:
        trusted = Trust(issuers, fetchers.fetch, replays, outside.clock, production=production)
    except ValueError as error:
        replays.close()
        raise ValueError(f"{_SETTING}: {error}") from None
    return Clients(trusted, settings.public_base_url or "", fetchers, replays)


def _not_counted(*_told: str) -> None:
    """What is told to nobody."""


def _issuer(settings: Settings, client: CdsClient, place: int) -> Issuer:
    keys = None
    if client.keys is not None:
        try:
            keys = client.keys.read_bytes()
        except OSError:
            raise ValueError(
                f"{_SETTING}: Issuer {place} of {len(settings.clients)}: keys names no file that can be read."
            ) from None
    return Issuer(
        iss=client.iss,
        tenant=settings.tenant,
        keys=keys,
        jku=client.jku,
        audiences=client.audiences,
        subject=client.subject,
        tenant_claim=client.tenant_claim,
        algorithms=client.algorithms,
        max_lifetime_seconds=client.max_lifetime_seconds,
        replay=client.replay,
    )
