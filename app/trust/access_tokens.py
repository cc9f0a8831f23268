"""Access tokens (RFC 9068): made by a registered authorization server, for this service, for a client."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.trust.claims import check_audience, check_times, name_of, token_id
from app.trust.key_set import PublicKey
from app.trust.keys import Fetch, KeySets
from app.trust.reading import Unverified, read_token
from app.trust.refusal import Reason, Refused
from app.trust.rest_caller import RestCaller
from app.trust.signature import check_signature
from app.trust.token_issuers import RegisteredIssuer, TokenIssuer, TokenIssuers

# The JWT of CDS Hooks has another type, or none: neither may pass for the other.
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_SCOPE = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")


class AccessTokens:
    """Judges access tokens.

    Args:
        issuers: the authorization servers whose tokens are taken.
        fetch: asks a registered key address.
        clock: tells the moment, with its time zone.
        production: whether what serves to try things out is refused.

    Raises:
        RegistrationError: a registration cannot be used; the message names it by its place.
    """

    def __init__(
        self, issuers: Iterable[TokenIssuer], fetch: Fetch, clock: Callable[[], datetime], *, production: bool
    ) -> None:
        self._issuers = TokenIssuers(issuers, production=production)
        self._key_sets = KeySets(fetch, clock, production=production)
        self._clock = clock

    async def verify(self, authorization: Sequence[bytes | str]) -> RestCaller:
        """Who sent a request.

        Args:
            authorization: every Authorization header of it.

        Raises:
            Refused: it does not carry exactly one token that proves it.
        """
        token = read_token(authorization, _TYPES)
        registered, client = self._issuers.of(token.claims)
        issuer = registered.issuer
        if token.algorithm not in issuer.algorithms:
            raise Refused(Reason.ALGORITHM)
        check_signature(token, await self._named(token, registered))
        check_times(token.claims, issuer.max_lifetime_seconds, self._clock().timestamp())
        check_audience(token.claims, issuer.audiences)
        # Required, and not kept: a token may be sent as often as it likes while it lives.
        token_id(token.claims)
        if name_of(token.claims, "sub") is None:
            raise Refused(Reason.SUBJECT)
        return RestCaller(issuer.tenant, issuer.iss, client, _scopes(token.claims), "access-token")

    async def _named(self, token: Unverified, registered: RegisteredIssuer) -> Sequence[PublicKey]:
        """The keys of the issuer that have the name which the token gives."""
        address = registered.issuer.jwks_uri
        if token.jku is not None and token.jku != address:
            raise Refused(Reason.KEY_ADDRESS)
        if address is not None:
            return await self._key_sets.named(address, token.kid)
        return [key for key in registered.keys or () if key.kid == token.kid]


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """What the token opens: nothing, where it does not say."""
    if "scope" not in claims:
        return frozenset()
    scope = claims["scope"]
    if not isinstance(scope, str) or _SCOPE.fullmatch(scope) is None:
        raise Refused(Reason.SCOPE)
    return frozenset(scope.split(" "))
