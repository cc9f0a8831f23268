"""Whose access tokens are taken: the authorization servers that the operator registered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.trust.claims import LONGEST_LIFETIME, name_of
from app.trust.key_set import ALGORITHMS, PublicKey
from app.trust.refusal import Reason, Refused
from app.trust.registration import RegistrationError, faults_of_addresses, registered_keys


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """One authorization server, for one organisation.

    Args:
        iss: the ``iss`` of its tokens.
        tenant: this service's own name of the organisation.
        audiences: what ``aud`` has to name one of.
        keys: its JWK Set, where it was handed over.
        jwks_uri: the address that its JWK Set is fetched from.
        client_ids: the clients that may call; every one where left out. Organisations that share an ``iss``
            are told apart by them.
        algorithms: what its tokens may be signed with.
        max_lifetime_seconds: from ``iat`` to ``exp``.
    """

    iss: str
    tenant: str
    audiences: tuple[str, ...]
    keys: bytes | None = field(default=None, repr=False)
    jwks_uri: str | None = None
    client_ids: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ("RS256", "RS384", "ES256", "ES384")
    max_lifetime_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class RegisteredIssuer:
    """An issuer whose registration was checked.

    Args:
        keys: what its own JWK Set holds; None where the keys are fetched.
    """

    issuer: TokenIssuer
    keys: tuple[PublicKey, ...] | None


class TokenIssuers:
    """The issuers of a deployment.

    Args:
        issuers: in any order.
        production: whether what serves to try things out is refused.

    Raises:
        RegistrationError: a registration cannot be used; the message names it by its place.
    """

    def __init__(self, issuers: Iterable[TokenIssuer], *, production: bool) -> None:
        given = tuple(issuers)
        self._by_iss: dict[str, list[RegisteredIssuer]] = {}
        for place, issuer in enumerate(given):
            others = self._by_iss.setdefault(issuer.iss, [])
            for fault in _faults(issuer, others, production=production):
                raise RegistrationError("Issuer", place, len(given), f"{fault}.")
            try:
                others.append(RegisteredIssuer(issuer, _own_keys(issuer, production=production)))
            except ValueError as error:
                raise RegistrationError("Issuer", place, len(given), str(error)) from None

    def of(self, claims: Mapping[str, Any]) -> tuple[RegisteredIssuer, str]:
        """The one that a token says it comes from, and the client that it says it was made for.

        Raises:
            Refused: there is none, or the client may not call.
        """
        iss, client = claims.get("iss"), name_of(claims, "client_id")
        if not isinstance(iss, str) or iss not in self._by_iss:
            raise Refused(Reason.ISSUER)
        if client is not None:
            for registered in self._by_iss[iss]:
                if client in (registered.issuer.client_ids or (client,)):
                    return registered, client
        raise Refused(Reason.CLIENT)


def _own_keys(issuer: TokenIssuer, *, production: bool) -> tuple[PublicKey, ...] | None:
    if issuer.keys is None:
        return None
    return registered_keys(issuer.keys, issuer.algorithms, production=production)


def _faults(issuer: TokenIssuer, others: Sequence[RegisteredIssuer], *, production: bool) -> Iterator[str]:
    named = (issuer.iss, *issuer.audiences, *issuer.client_ids)
    if not all(one and one.isprintable() for one in named):
        yield "iss, audiences and client_ids must be texts without control characters"
    if not issuer.tenant.isprintable():
        yield "tenant must be a text without control characters"
    if not issuer.audiences:
        yield "give audiences: a token that was made for another service must not open this one"
    if (issuer.keys is None) == (issuer.jwks_uri is None):
        yield "give either keys or jwks_uri, to check its tokens with"
    if not issuer.algorithms or not ALGORITHMS.issuperset(issuer.algorithms):
        yield f"algorithms must be some of {', '.join(sorted(ALGORITHMS))}"
    if not 0 < issuer.max_lifetime_seconds <= LONGEST_LIFETIME:
        yield f"max_lifetime_seconds must be from 1 to {LONGEST_LIFETIME}"
    if others and not all(one.client_ids for one in (issuer, *(other.issuer for other in others))):
        # One without would take the tokens of every client that is not registered.
        yield "another issuer has this iss: give each of them client_ids"
    if any(set(issuer.client_ids).intersection(other.issuer.client_ids) for other in others):
        yield "one of its client_ids is that of another issuer with this iss: register each once"
    if issuer.jwks_uri is not None:
        yield from faults_of_addresses("jwks_uri", (issuer.jwks_uri,), production=production)
