"""Who may call: the issuers that the operator registered."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from app.trust.claims import LONGEST_LIFETIME
from app.trust.key_set import ALGORITHMS as KNOWN_ALGORITHMS
from app.trust.key_set import PublicKey
from app.trust.refusal import Reason, Refused
from app.trust.registration import faults_of_addresses, registered_keys

# Its private key lies in its public repository: whoever takes its tokens takes everybody's [A35].
SANDBOX_HOST = "sandbox.cds-hooks.org"
# CDS Hooks asks for ES384 and RS384; RS256, which access tokens may have, is not among what it takes.
ALGORITHMS = KNOWN_ALGORITHMS - {"RS256"}


@dataclass(frozen=True, slots=True)
class Issuer:
    """One organisation's client.

    Args:
        iss: the ``iss`` of its tokens.
        tenant: this service's own name of the organisation.
        keys: its JWK Set. Where it is given, nothing is fetched; a token may then name a key address only if
            it is one of ``jku``.
        jku: the addresses that its JWK Set may be fetched from. A token that names none is checked with the
            keys of the address, where there is one only.
        audiences: what ``aud`` may be beside the address that was called, for an EHR at which it is set by
            hand.
        subject: what ``sub`` must be; anything where left out.
        tenant_claim: what ``tenant`` must be, where customers of one vendor share an ``iss``.
        algorithms: what its tokens may be signed with.
        max_lifetime_seconds: from ``iat`` to ``exp``.
        replay: what follows where a token was used before: ``enforce``, the call is refused, or ``observe``,
            it is taken and told, for a client that uses one JWT for several calls.
    """

    iss: str
    tenant: str
    keys: bytes | None = field(default=None, repr=False)
    jku: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    subject: str | None = None
    tenant_claim: str | None = None
    algorithms: tuple[str, ...] = ("RS384", "ES384")
    max_lifetime_seconds: int = 3600
    replay: Literal["enforce", "observe"] = "enforce"


@dataclass(frozen=True, slots=True)
class Registered:
    """An issuer whose registration was checked.

    Args:
        keys: what its own JWK Set holds; None where the keys are fetched.
    """

    issuer: Issuer
    keys: tuple[PublicKey, ...] | None


class Issuers:
    """The issuers of a deployment.

    Args:
        issuers: in any order; those of one ``iss`` differ in ``tenant_claim``.
        production: whether what serves to try things out is refused.

    Raises:
        ValueError: a registration cannot be used; the message names it by its place.
    """

    def __init__(self, issuers: Iterable[Issuer], *, production: bool) -> None:
        given = tuple(issuers)
        self._by_iss: dict[str, dict[str | None, Registered]] = {}
        for place, issuer in enumerate(given, 1):
            for fault in _faults(issuer, self._by_iss.get(issuer.iss, {}), production=production):
                raise ValueError(f"Issuer {place} of {len(given)}: {fault}.")
            try:
                keys = _own_keys(issuer, production=production)
            except ValueError as error:
                raise ValueError(f"Issuer {place} of {len(given)}: {error}") from None
            self._by_iss.setdefault(issuer.iss, {})[issuer.tenant_claim] = Registered(issuer, keys)

    def of(self, claims: Mapping[str, Any]) -> Registered:
        """The one that a token says it comes from.

        Raises:
            Refused: there is none.
        """
        iss, tenant = claims.get("iss"), claims.get("tenant")
        if not isinstance(iss, str) or iss not in self._by_iss:
            raise Refused(Reason.ISSUER)
        customers = self._by_iss[iss]
        if None in customers:  # it is the only one
            return customers[None]
        if not isinstance(tenant, str) or tenant not in customers:
            raise Refused(Reason.TENANT)
        return customers[tenant]


def _own_keys(issuer: Issuer, *, production: bool) -> tuple[PublicKey, ...] | None:
    if issuer.keys is None:
        return None
    return registered_keys(issuer.keys, issuer.algorithms, production=production)


def _faults(issuer: Issuer, others: Mapping[str | None, Registered], *, production: bool) -> Iterator[str]:
    named = (issuer.iss, issuer.subject, issuer.tenant_claim, *issuer.audiences)
    if not all(one is None or (one and one.isprintable()) for one in named):
        yield "iss, subject, tenant_claim and audiences must be texts without control characters"
    if not issuer.tenant.isprintable():
        yield "tenant must be a text without control characters"
    if issuer.keys is None and not issuer.jku:
        yield "give keys or jku, to check its tokens with"
    if not issuer.algorithms or not ALGORITHMS.issuperset(issuer.algorithms):
        yield f"algorithms must be some of {', '.join(sorted(ALGORITHMS))}"
    if not 0 < issuer.max_lifetime_seconds <= LONGEST_LIFETIME:
        yield f"max_lifetime_seconds must be from 1 to {LONGEST_LIFETIME}"
    if issuer.replay not in {"enforce", "observe"}:
        yield "replay must be enforce or observe"
    if issuer.tenant_claim in others:
        yield "iss and tenant_claim are those of another issuer: register each once"
    elif others and None in (issuer.tenant_claim, *others):
        # One without would take the tokens of every customer that is not registered.
        yield "another issuer has this iss: give each of them a tenant_claim"
    yield from faults_of_addresses("jku", issuer.jku, production=production)
    if production and SANDBOX_HOST in _hosts((issuer.iss, *issuer.jku)):
        yield "the CDS Hooks sandbox proves nothing, its private key is public: remove it"


def _hosts(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            host = urlsplit(text).hostname
        except ValueError:
            continue
        yield (host or "").rstrip(".")
