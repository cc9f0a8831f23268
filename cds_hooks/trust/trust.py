"""Who calls: told by a JWT that only a registered client can have made, for this address, just now, once."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from app.logs import logger
from cds_hooks.trust.claims import check_claims
from cds_hooks.trust.issuer import Issuer, Issuers, Registered
from cds_hooks.trust.key_set import ALGORITHMS, PublicKey
from cds_hooks.trust.keys import Fetch, KeySets
from cds_hooks.trust.reading import Unverified, read_token
from cds_hooks.trust.refusal import NotAuthenticatedError, Reason, Refused, ReplayStoreDownError
from cds_hooks.trust.replay import Replays, Verdict

# Keys of one name: more than two are no rotation.
_MOST_TRIED = 4


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a call.

    Args:
        tenant: this service's own name of the organisation.
        issuer: the ``iss`` that is registered for it.
    """

    tenant: str
    issuer: str


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
        self._jws = PyJWS(algorithms=sorted(ALGORITHMS))

    async def caller(
        self, authorization: Sequence[bytes | str], addresses: Sequence[str], body: bytes
    ) -> Caller:
        """Who sent a call.

        Args:
            authorization: every Authorization header of the call.
            addresses: what ``aud`` may be at the address that was called.
            body: the content of the call, whatever it is.

        Raises:
            NotAuthenticatedError: nobody knows.
            ReplayStoreDownError: nobody can tell now whether the token was used before.
        """
        try:
            return await self._caller(authorization, addresses, body)
        except ReplayStoreDownError:
            raise
        except Refused as refusal:
            reason = refusal.reason
        except Exception as error:  # noqa: BLE001  what was not foreseen lets nobody in [A06]
            logger().error("token_check_failed", error=type(error).__name__)
            reason = Reason.FAILED
        # Raised here, so that it carries no other error along, which could hold a part of the token.
        raise NotAuthenticatedError(reason)

    async def _caller(
        self, authorization: Sequence[bytes | str], addresses: Sequence[str], body: bytes
    ) -> Caller:
        token = read_token(authorization)
        registered = self._issuers.of(token.claims)
        issuer = registered.issuer
        if token.algorithm not in issuer.algorithms:
            raise Refused(Reason.ALGORITHM)
        self._check_signature(token, await self._keys(token, registered))
        now = self._clock()
        jti, until = check_claims(token.claims, issuer, {*addresses, *issuer.audiences}, now)
        key = hashlib.sha256(f"{issuer.iss}\0{jti}".encode()).digest()
        digest = hashlib.sha256(body).digest()
        if await self._replay.first(key, digest, until, now) is Verdict.REPLAY:
            raise Refused(Reason.REPLAYED)
        return Caller(issuer.tenant, issuer.iss)

    async def _keys(self, token: Unverified, registered: Registered) -> Sequence[PublicKey]:
        """The keys that the token can have been signed with, of which there is at least one."""
        jku = registered.issuer.jku
        if token.jku is not None and token.jku not in jku:
            raise Refused(Reason.KEY_ADDRESS)
        if registered.keys is not None:
            named: Sequence[PublicKey] = [key for key in registered.keys if key.kid == token.kid]
        elif token.jku is None and len(jku) > 1:
            raise Refused(Reason.KEY_ADDRESS)
        else:
            named = await self._key_sets.named(token.jku or jku[0], token.kid)
        fitting = [key for key in named if key.fits(token.algorithm)]
        if not fitting:
            raise Refused(Reason.UNKNOWN_KEY)
        return fitting[:_MOST_TRIED]

    def _check_signature(self, token: Unverified, keys: Sequence[PublicKey]) -> None:
        for key in keys:
            try:
                self._jws.decode(token.text, key.key, algorithms=[token.algorithm])
            except PyJWTError:
                continue
            return
        raise Refused(Reason.SIGNATURE)
