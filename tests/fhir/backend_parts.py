"""Keys, key files, a clock and an authorization server for the tests of SMART backend services."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.fhir.server.backend.keys import KeyRing
from app.fhir.server.backend.tokens import Answer, TokenSource

Signing = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Private = Signing | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
Json = dict[str, Any]

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CLIENT = "spine-mets-client"
TOKEN_URL = "https://authorization.example.org/token"  # noqa: S105  an address, no password
SCOPE = "system/Patient.r system/Observation.rs"
TOKEN = "canary-token-7f3a"  # noqa: S105  a token of no server
ELLIPTIC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def pem(key: Private, passphrase: bytes | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption)


def jwk(key: Signing) -> Json:
    if isinstance(key, rsa.RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key, as_dict=True)
    return ECAlgorithm.to_jwk(key, as_dict=True)


def written(document: object) -> bytes:
    return json.dumps(document).encode()


def counted() -> Callable[[int], bytes]:
    """Bytes as different from each other as random ones, and the same in every run."""
    drawn = iter(range(1_000_000))
    return lambda length: hashlib.sha256(str(next(drawn)).encode()).digest()[:length]


def granted(**members: object) -> Answer:
    """An answer that grants a token; a member given as None is left out."""
    usual = {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600, "scope": SCOPE}
    return Answer(
        200, written({name: value for name, value in (usual | members).items() if value is not None})
    )


class AuthorizationServer:
    """Answers each request as told, once the gate is open."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, Mapping[str, str]]] = []
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def post(self, address: str, form: Mapping[str, str]) -> Answer:
        self.requests.append((address, form))
        self.arrived.set()
        await self.gate.wait()
        # The last answer is given again and again.
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def asked_with(self, place: int = -1) -> Json:
        """The claims of an assertion, unverified."""
        claims: Json = jwt.decode(
            self.requests[place][1]["client_assertion"], options={"verify_signature": False}
        )
        return claims


def source(server: AuthorizationServer, clock: Clock, folder: Path, **parts: Any) -> TokenSource:
    """A token source of the client, whose key lies in a folder."""
    path = folder / "signing.pem"
    path.write_bytes(pem(ELLIPTIC))
    usual: Json = {
        "post": server.post,
        "keys": KeyRing([path], clock),
        "client_id": CLIENT,
        "token_url": TOKEN_URL,
        "scope": SCOPE,
        "clock": clock,
        "random": counted(),
    }
    return TokenSource(**(usual | parts))
