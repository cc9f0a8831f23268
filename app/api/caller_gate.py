"""The gate before the REST routes, as the settings describe it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.types import ASGIApp

from app.api.caller_limits import CallerLimits, read_limit
from app.api.callers import Render, RestGate
from app.fhir.server.outside import Outside
from app.settings import AccessTokenIssuer, Profile, Settings
from app.trust.access_tokens import AccessTokens
from app.trust.api_keys import ApiKeys, HashedKey
from app.trust.credentials import Credentials
from app.trust.key_fetchers import KeyFetchers, private_addresses
from app.trust.registration import RegistrationError
from app.trust.token_issuers import TokenIssuer, TokenIssuers

_TOKENS = "SPINE_METS_ACCESS_TOKENS"
_KEYS = "SPINE_METS_API_KEYS"
_RATE = "SPINE_METS_RATE_LIMIT"
_Registered = TypeVar("_Registered")


class GateError(ValueError):
    """The settings of an organisation cannot be used.

    Args:
        number: which organisation, from 0.
        message: the name of the setting, what is wrong, and how to mend it.
    """

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


@dataclass(slots=True)
class RestAccess:
    """What the gates of a deployment have in common.

    Args:
        credentials: tells who calls.
        limits: counts.
        render: writes an error as every route does.
        fetchers: asks for keys.
        on_refused: is told why each request was refused.
    """

    credentials: Credentials
    limits: CallerLimits
    render: Render
    fetchers: KeyFetchers
    on_refused: Callable[[str], None] = lambda _reason: None

    def over(self, app: ASGIApp) -> RestGate:
        """The gate before an application."""
        return RestGate(app, self.credentials, self.limits, self.render, self._refused)

    async def close(self) -> None:
        """Close every connection."""
        await self.fetchers.close()

    def _refused(self, reason: str) -> None:
        # Looked up at each refusal, so that it may be set later.
        self.on_refused(reason)


def rest_gate(organisations: Sequence[Settings], outside: Outside, render: Render) -> RestAccess:
    """The gate, where this service authenticates callers: app/parties.py says where.

    Raises:
        GateError: a setting cannot be used.
    """
    production = organisations[0].profile is not Profile.DEMO
    issuers: list[TokenIssuer] = []
    keys: list[HashedKey] = []
    private: frozenset[str] = frozenset()
    for number, settings in enumerate(organisations):
        try:
            private = _private(organisations[: number + 1])
            issuers = _with(
                _TOKENS, issuers, _issuers(settings), lambda all_: TokenIssuers(all_, production=production)
            )
            keys = _with(_KEYS, keys, _api_keys(settings), lambda all_: ApiKeys(all_, outside.clock))
            _check_limit(settings)
        except ValueError as error:
            raise GateError(number, str(error)) from None
    fetchers = KeyFetchers(outside, private, production=production)
    tokens = AccessTokens(issuers, fetchers.fetch, outside.clock, production=production)
    credentials = Credentials(tokens if issuers else None, ApiKeys(keys, outside.clock) if keys else None)
    limits = CallerLimits({one.tenant: one.limit for one in organisations if one.limit is not None})
    return RestAccess(credentials, limits, render, fetchers)


def _with(
    setting: str,
    before: list[_Registered],
    own: list[_Registered],
    check: Callable[[list[_Registered]], object],
) -> list[_Registered]:
    """Those of one organisation beside those of the others, once they were checked together."""
    try:
        check([*before, *own])
    except RegistrationError as error:
        # Those before are good, so it is one of its own.
        place = error.place - len(before) + 1
        raise ValueError(f"{setting}: {error.what} {place} of {len(own)}: {error.fault}") from None
    return [*before, *own]


def _issuers(settings: Settings) -> list[TokenIssuer]:
    registered = settings.access_tokens
    return [
        TokenIssuer(
            iss=one.iss,
            tenant=settings.tenant,
            audiences=one.audiences,
            keys=_document(one, place, len(registered)),
            jwks_uri=one.jwks_uri,
            client_ids=one.client_ids,
            algorithms=one.algorithms,
            max_lifetime_seconds=one.max_lifetime_seconds,
        )
        for place, one in enumerate(registered, 1)
    ]


def _document(issuer: AccessTokenIssuer, place: int, among: int) -> bytes | None:
    if issuer.keys is None:
        return None
    try:
        return issuer.keys.read_bytes()
    except OSError:
        raise ValueError(
            f"{_TOKENS}: Issuer {place} of {among}: keys names no file that can be read."
        ) from None


def _api_keys(settings: Settings) -> list[HashedKey]:
    return [
        HashedKey(one.id, one.digest, settings.tenant, one.scopes, one.expires) for one in settings.api_keys
    ]


def _private(organisations: Sequence[Settings]) -> frozenset[str]:
    issuers = [
        one for settings in organisations for one in settings.access_tokens if one.jwks_uri is not None
    ]
    try:
        return private_addresses(((str(one.jwks_uri),), one.allow_private) for one in issuers)
    except ValueError as error:
        raise ValueError(f"{_TOKENS}: {error}.") from None


def _check_limit(settings: Settings) -> None:
    if settings.limit is None:
        return
    try:
        read_limit(settings.limit)
    except ValueError as error:
        raise ValueError(f"{_RATE}: {error}.") from None
