"""Clients that prove themselves, well or badly, and a service that judges them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.store.database import Database
from app.store.used_tokens import UsedTokens
from cds_hooks.trust import (
    Caller,
    FetchedKeys,
    Issuer,
    NotAuthenticatedError,
    Reason,
    Replays,
    StoredReplays,
    Trust,
)

Json = dict[str, Any]
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ISS = "https://ehr.example.org"
JKU = "https://ehr.example.org/keys/jwks.json"
BASE = "https://cds.example.com/cds-services"
ADDRESS = f"{BASE}/spinal-metastasis-patient-view"
BODY = b'{"hook":"patient-view"}'
ABSENT = object()
# Whose call it was: the tenant and the issuer.
HOSPITAL = ("hospital", ISS)
CANARY = "Zwykowska"


@cache
def key(kind: str) -> Private:
    """A private key, the same for the whole session: a curve, a size of RSA, or either with a number."""
    match kind.partition("-")[0]:
        case "P256":
            return ec.generate_private_key(ec.SECP256R1())
        case "P384":
            return ec.generate_private_key(ec.SECP384R1())
        case "P521":
            return ec.generate_private_key(ec.SECP521R1())
        case bits:
            return rsa.generate_private_key(65537, int(bits))


def jwk(kind: str = "P384", /, **changes: Any) -> Json:
    """The public half as it stands in a JWK Set, with the kind as its kid."""
    public = key(kind).public_key()
    to_jwk = ECAlgorithm.to_jwk if isinstance(public, ec.EllipticCurvePublicKey) else RSAAlgorithm.to_jwk
    members = cast("Any", to_jwk)(public, as_dict=True)
    members.pop("key_ops", None)
    return without({**members, "kid": kind, "use": "sig", **changes})


def private_half(kind: str) -> str:
    private = cast("Any", key(kind)).private_numbers()
    number = private.private_value if hasattr(private, "private_value") else private.d
    size = 48 if kind == "P384" else int(kind) // 8
    return encoded(number.to_bytes(size, "big"))


def jwks(*keys: Json) -> bytes:
    return json.dumps({"keys": keys or [jwk("P384"), jwk("2048")]}).encode()


def without(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not ABSENT}


def encoded(value: Any) -> str:
    """A part of a JWT: of bytes, of a text, or of the JSON of anything else."""
    if not isinstance(value, bytes):
        value = (value if isinstance(value, str) else json.dumps(value)).encode()
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def header(**changes: Any) -> Json:
    return without({"alg": "ES384", "typ": "JWT", "kid": "P384", "jku": JKU, **changes})


def claims(**changes: Any) -> Json:
    now = int(NOW.timestamp())
    own = {"iss": ISS, "aud": ADDRESS, "exp": now + 300, "iat": now, "jti": f"{CANARY}-1"}
    return without({**own, **changes})


def signed(head: Any, payload: Any, kind: str = "P384", algorithm: str = "ES384") -> str:
    """A JWT of any two parts, signed rightly whatever its header says."""
    text = f"{encoded(head)}.{encoded(payload)}"
    signature = jwt.get_algorithm_by_name(algorithm).sign(text.encode(), cast("Any", key(kind)))
    return f"{text}.{encoded(signature)}"


def bearer(head: Json | None = None, payload: Json | None = None, *key_of: str) -> str:
    """The header of a good call but for these changes."""
    return f"Bearer {signed(header(**(head or {})), claims(**(payload or {})), *key_of)}"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class KeyServers:
    """What key addresses answer, and which were asked."""

    answers: dict[str, FetchedKeys | Exception] = field(
        default_factory=lambda: {JKU: FetchedKeys(200, jwks())}
    )
    asked: list[str] = field(default_factory=list)

    async def fetch(self, jku: str) -> FetchedKeys:
        self.asked.append(jku)
        answer = self.answers.get(jku, OSError(CANARY))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def say(self, answer: bytes | Exception, max_age: int | None = None) -> None:
        self.answers[JKU] = answer if isinstance(answer, Exception) else FetchedKeys(200, answer, max_age)


def by_jku(**changes: Any) -> Issuer:
    return Issuer(**{"iss": ISS, "tenant": "hospital", "jku": (JKU,), **changes})


def by_keys(**changes: Any) -> Issuer:
    return Issuer(**{"iss": ISS, "tenant": "hospital", "keys": jwks(), **changes})


class Service:
    """A service that trusts some issuers."""

    def __init__(
        self,
        *issuers: Issuer,
        replay: Replays | None = None,
        servers: KeyServers | None = None,
        clock: Clock | None = None,
        production: bool = True,
    ) -> None:
        self.clock = clock or Clock()
        self.servers = servers or KeyServers()
        self.own = None if replay else StoredReplays(UsedTokens(Database("sqlite://")).remember, seconds=60)
        used = replay or self.own
        assert used is not None
        self.trust = Trust(
            issuers or (by_jku(),), self.servers.fetch, used, self.clock, production=production
        )

    async def takes(
        self, *headers: str | bytes, body: bytes = BODY, addresses: Sequence[str] = (ADDRESS,)
    ) -> tuple[str, str]:
        """Whose call it takes."""
        caller = await self.caller(*headers, body=body, addresses=addresses)
        return caller.tenant, caller.issuer

    async def caller(
        self, *headers: str | bytes, body: bytes = BODY, addresses: Sequence[str] = (ADDRESS,)
    ) -> Caller:
        return await self.trust.caller(headers or (bearer(),), addresses, body)

    async def refuses(
        self, *headers: str | bytes, body: bytes = BODY, addresses: Sequence[str] = (ADDRESS,)
    ) -> Reason:
        """Why it does not take a call, whose answer is the one that all get."""
        with pytest.raises(NotAuthenticatedError) as caught:
            await self.trust.caller(headers, addresses, body)
        error = caught.value
        assert (error.status, error.code, dict(error.headers)) == (
            401,
            "login",
            {"www-authenticate": "Bearer"},
        )
        assert (error.message, error.issues) == (SAME.message, SAME.issues)
        assert error.__context__ is None
        assert error.reason.value not in f"{error.message} {error.title}".split()
        assert CANARY not in repr(error)
        return error.reason


SAME = NotAuthenticatedError(Reason.MISSING)
