"""REST callers that prove themselves, well or badly, and a door that judges them."""

from typing import Any

import pytest

from app.trust.access_tokens import AccessTokens
from app.trust.api_keys import ApiKeys, HashedKey
from app.trust.credentials import Credentials
from app.trust.keys import FetchedKeys
from app.trust.refusal import Reason, UnknownCallerError
from app.trust.rest_caller import RestCaller
from app.trust.token_issuers import TokenIssuer
from tests.trust.issuing import CANARY, NOW, Clock, Json, KeyServers, jwks, signed, without

LOGIN = "https://login.example.org"
JWKS_URI = "https://login.example.org/jwks"
HERE = "https://cds.example.com"
CLIENT = "registry"
EVALUATE = frozenset({"cds/evaluate"})
REGISTRY = RestCaller("hospital", LOGIN, CLIENT, EVALUATE, "access-token")


def token_header(**changes: Any) -> Json:
    return without({"alg": "ES384", "typ": "at+jwt", "kid": "P384", **changes})


def token_claims(**changes: Any) -> Json:
    now = int(NOW.timestamp())
    own = {
        "iss": LOGIN,
        "aud": HERE,
        "exp": now + 300,
        "iat": now,
        "jti": f"{CANARY}-1",
        "sub": f"{CANARY}-2",
        "client_id": CLIENT,
        "scope": "cds/evaluate",
    }
    return without({**own, **changes})


def access_token(head: Json | None = None, payload: Json | None = None, *key_of: str) -> str:
    """The header of a good request but for these changes."""
    return f"Bearer {signed(token_header(**(head or {})), token_claims(**(payload or {})), *key_of)}"


def by_uri(**changes: Any) -> TokenIssuer:
    own = {"iss": LOGIN, "tenant": "hospital", "audiences": (HERE,), "jwks_uri": JWKS_URI}
    return TokenIssuer(**{**own, **changes})


def by_set(**changes: Any) -> TokenIssuer:
    return by_uri(**{"keys": jwks(), "jwks_uri": None, **changes})


class Door:
    """A service that some authorization servers and some API keys open."""

    def __init__(
        self,
        *issuers: TokenIssuer,
        keys: tuple[HashedKey, ...] = (),
        production: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.servers = KeyServers({JWKS_URI: FetchedKeys(200, jwks())})
        tokens = AccessTokens(issuers or (by_uri(),), self.servers.fetch, self.clock, production=production)
        self.credentials = Credentials(tokens, ApiKeys(keys, self.clock) if keys else None)
        self.challenge = "Bearer, ApiKey" if keys else "Bearer"

    async def takes(self, *authorization: str, keys: tuple[str, ...] = ()) -> RestCaller:
        sent = authorization if authorization or keys else (access_token(),)
        return await self.credentials.caller(sent, keys)

    async def refuses(self, *authorization: str, keys: tuple[str, ...] = ()) -> Reason:
        """Why it does not take a request, whose answer is the one that all get."""
        with pytest.raises(UnknownCallerError) as caught:
            await self.credentials.caller(authorization, keys)
        error = caught.value
        assert (error.status, error.code, error.headers) == (
            401,
            "login",
            {"www-authenticate": self.challenge},
        )
        assert (error.message, error.issues) == (MESSAGE, error.issues[:1])
        assert error.__context__ is None
        assert CANARY not in repr(error)
        return error.reason


MESSAGE = (
    "The request does not prove who sends it: send one Authorization header with an access token that a "
    "registered issuer made for this service (RFC 9068), or one API key where there are any."
)
