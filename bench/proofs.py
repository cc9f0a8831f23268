"""Clients that prove themselves: keys made for one run, the settings that trust them, and tokens."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PUBLIC = "https://cds.example.org"
_EHR = "https://ehr.example.org"
_LOGIN = "https://login.example.org"
_LIFETIME = 300


class Proofs:
    """The keys of a client of the hooks and of a caller of the REST routes.

    Args:
        folder: where the public halves are written.
    """

    def __init__(self, folder: Path) -> None:
        rsa_key, curve_key = rsa.generate_private_key(65_537, 2_048), ec.generate_private_key(ec.SECP384R1())
        self._keys: Mapping[str, Any] = {"RS384": rsa_key, "ES384": curve_key}
        public = [
            RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True) | {"kid": "RS384", "use": "sig"},
            ECAlgorithm.to_jwk(curve_key.public_key(), as_dict=True) | {"kid": "ES384", "use": "sig"},
        ]
        # What a key may be used for is said once.
        keys = [{name: value for name, value in key.items() if name != "key_ops"} for key in public]
        self._path = folder / "keys.json"
        self._path.write_text(json.dumps({"keys": keys}))

    def settings(self) -> dict[str, str]:
        """The settings of a service that lets in nobody else."""
        keys = str(self._path)
        issuer = {"iss": _LOGIN, "audiences": [PUBLIC], "keys": keys}
        return {
            "SPINE_METS_PUBLIC_BASE_URL": PUBLIC,
            "SPINE_METS_AUTHENTICATION": "service",
            "SPINE_METS_CLIENTS": json.dumps([{"iss": _EHR, "keys": keys}]),
            "SPINE_METS_ACCESS_TOKENS": json.dumps([issuer]),
        }

    def proofs(self, path: str, algorithm: str, number: int) -> Iterator[bytes]:
        """Header lines for that many requests: a JWT of its own for each hook, one access token for REST.

        Args:
            path: of the operation.
            algorithm: ``RS384`` or ``ES384``.
            number: how many requests there may be.
        """
        if path.startswith("/cds-services"):
            return iter([self._line(self._hook_claims(path), algorithm, "JWT") for _ in range(number)])
        line = self._line(_access_claims(), algorithm, "at+jwt")
        return iter([line] * number)

    def _hook_claims(self, path: str) -> dict[str, object]:
        return {"iss": _EHR, "aud": f"{PUBLIC}{path}", "jti": str(uuid4()), **_times()}

    def _line(self, claims: dict[str, object], algorithm: str, kind: str) -> bytes:
        headers = {"typ": kind, "kid": algorithm}
        token = jwt.encode(claims, self._keys[algorithm], algorithm=algorithm, headers=headers)
        return f"Authorization: Bearer {token}".encode()


def _access_claims() -> dict[str, object]:
    own = {"iss": _LOGIN, "aud": PUBLIC, "jti": str(uuid4()), "sub": "bench", "client_id": "bench"}
    return {**own, "scope": "cds/evaluate", **_times()}


def _times() -> dict[str, int]:
    now = int(time.time())
    return {"iat": now, "exp": now + _LIFETIME}
