"""Who calls: told by a JWT that only a registered client can have made, for this address, just now, once."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from app.logs import logger
from app.trust.claims import name_of
from app.trust.key_set import PublicKey
from app.trust.keys import Fetch, KeySets
from app.trust.reading import Unverified, read_token
from app.trust.refusal import Reason, Refused
from app.trust.signature import check_signature
from cds_hooks.trust.claims import check_claims
from cds_hooks.trust.issuer import Issuer, Issuers, Registered
from cds_hooks.trust.refusal import NotAuthenticatedError, ReplayStoreDownError
from cds_hooks.trust.replay import Replays, Verdict

# A JWT of CDS Hooks may leave out that it is one; an access token (RFC 9068) is none.
_TYPES = frozenset({"jwt", None})
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a call.

    Args:
        tenant: this service's own name of the organisation.
        issuer: the ``iss`` that is registered for it.
        subject: the ``sub`` of its token; None where that has none, or one that is no short text.
        token_digest: names the token without telling anything of it, in hexadecimal digits.
        replayed: whether the token was used before, at an issuer whose uses are only observed.
    """

    tenant: str
    issuer: str
    subject: str | None
    token_digest: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Proved:
    """What the headers of a call prove.

    Args:
        issuer: who made its token.
        key: a digest that names the token.
        until: when the token is taken no more by anybody.
    """

    issuer: Issuer
    subject: str | None
    key: bytes
    until: datetime


class Trust:
    """Tells who calls.

    Args:
        issuers: those who may.
        fetch: asks a registered key address.
        replay: remembers which tokens were used.
        clock: tells the moment, with its time zone.
        production: whether what serves to try things out is refused.

    Raises:
        ValueError: a registration cannot be used; the message names it by its place.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        fetch: Fetch,
        replay: Replays,
        clock: Callable[[], datetime],
        *,
        production: bool,
    ) -> None:
        self._issuers = Issuers(issuers, production=production)
        self._key_sets = KeySets(fetch, clock, production=production)
        self._replay = replay
        self._clock = clock

    async def caller(
        self, authorization: Sequence[bytes | str], addresses: Sequence[str], body: bytes
    ) -> Caller:
        """Who sent a call whose body is there already; see ``proved`` and ``taken``."""
        return await self.taken(await self.proved(authorization, addresses), body)

    async def proved(self, authorization: Sequence[bytes | str], addresses: Sequence[str]) -> Proved:
        """What the headers of a call prove, before anything of its body is read.

        Args:
            authorization: every Authorization header of the call.
            addresses: what ``aud`` may be at the address that was called.

        Raises:
            NotAuthenticatedError: nobody knows who sends it.
        """
        return await self._or_refuse(self._proved(authorization, addresses))

    async def taken(self, proved: Proved, body: bytes) -> Caller:
        """Who sent a call, whose token is used from now on.

        Args:
            proved: by its headers.
            body: the content of the call, whatever it is.

        Raises:
            NotAuthenticatedError: the token was used before.
            ReplayStoreDownError: nobody can tell now whether it was.
        """
        return await self._or_refuse(self._taken(proved, body))

    async def _or_refuse(self, check: Awaitable[_Result]) -> _Result:
        try:
            return await check
        except ReplayStoreDownError:
            raise
        except Refused as refusal:
            reason = refusal.reason
        except Exception as error:  # noqa: BLE001  what was not foreseen lets nobody in [A06]
            logger().error("token_check_failed", error=type(error).__name__)
            reason = Reason.FAILED
        # Raised here, so that it carries no other error along, which could hold a part of the token.
        raise NotAuthenticatedError(reason)

    async def _proved(self, authorization: Sequence[bytes | str], addresses: Sequence[str]) -> Proved:
        token = read_token(authorization, _TYPES)
        registered = self._issuers.of(token.claims)
        issuer = registered.issuer
        if token.algorithm not in issuer.algorithms:
            raise Refused(Reason.ALGORITHM)
        check_signature(token, await self._named(token, registered))
        jti, until = check_claims(token.claims, issuer, {*addresses, *issuer.audiences}, self._clock())
        # Of this organisation: where customers share an issuer, none can use up the ids of another.
        key = hashlib.sha256(f"{issuer.iss}\0{issuer.tenant}\0{jti}".encode()).digest()
        return Proved(issuer, name_of(token.claims, "sub"), key, until)

    async def _taken(self, proved: Proved, body: bytes) -> Caller:
        issuer = proved.issuer
        digest = hashlib.sha256(body).digest()
        verdict = await self._first(issuer, proved.key, digest, proved.until, self._clock())
        if verdict is Verdict.REPLAY and issuer.replay == "enforce":
            raise Refused(Reason.REPLAYED)
        return Caller(
            issuer.tenant,
            issuer.iss,
            proved.subject,
            proved.key.hex(),
            replayed=verdict is Verdict.REPLAY,
        )

    async def _first(
        self, issuer: Issuer, key: bytes, digest: bytes, until: datetime, now: datetime
    ) -> Verdict:
        try:
            return await self._replay.first(key, digest, until, now)
        except ReplayStoreDownError:
            # Whatever it would have told, the call of such an issuer is taken.
            if issuer.replay == "observe":
                return Verdict.NEW
            raise

    async def _named(self, token: Unverified, registered: Registered) -> Sequence[PublicKey]:
        """The keys of the issuer that have the name which the token gives."""
        jku = registered.issuer.jku
        if token.jku is not None and token.jku not in jku:
            raise Refused(Reason.KEY_ADDRESS)
        if registered.keys is not None:
            return [key for key in registered.keys if key.kid == token.kid]
        if token.jku is None and len(jku) > 1:
            raise Refused(Reason.KEY_ADDRESS)
        return await self._key_sets.named(token.jku or jku[0], token.kid)
