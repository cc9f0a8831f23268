"""The JWT that a client proves itself with, one for each request."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import uuid4

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.call.exact_json import Json, objects, parse, text
from app.call.faults import UsageError

_PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey
_LIFETIME = 300
_FEWEST_BITS = 2048
# The members that RFC 7638 makes a thumbprint of.
_THUMBPRINT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
)
_NO_KEY = (
    "--key: the file holds no private key: give a JWK, a JWK Set or PEM, for ES384 (P-384) or RS384 (RSA)."
)


class Algorithm(StrEnum):
    """What a token can be signed with."""

    ES384 = "ES384"
    RS384 = "RS384"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name that the service knows it by."""

    key: _PrivateKey = field(repr=False)
    key_id: str
    algorithm: Algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs.

    Args:
        issuer: the ``iss`` that the service has on its list.
        audience: the ``aud`` of every token; the exact address of each request where left out.
        jku: where the service finds the public keys.
        tenant: the ``tenant`` that the service has on its list.
    """

    key: SigningKey
    issuer: str
    audience: str | None = None
    jku: str | None = None
    tenant: str | None = None

    def token(self, url: str, now: datetime) -> str:
        """A token for one request to an address, valid for five minutes from now."""
        issued = int(now.timestamp())
        claims: Json = {
            "iss": self.issuer,
            "aud": self.audience or url,
            "iat": issued,
            "exp": issued + _LIFETIME,
            "jti": str(uuid4()),
        }
        if self.tenant is not None:
            claims["tenant"] = self.tenant
        headers = {"typ": "JWT", "kid": self.key.key_id} | ({"jku": self.jku} if self.jku else {})
        return jwt.encode(claims, self.key.key, algorithm=self.key.algorithm.value, headers=headers)


def read_key(content: bytes, key_id: str | None = None, algorithm: Algorithm | None = None) -> SigningKey:
    """The private key of a file.

    Args:
        content: a JWK, a JWK Set, or PEM without a passphrase.
        key_id: the key to take of a set, and the ``kid`` of a key that has none. Where neither it nor the key
            says, the ``kid`` is the key's thumbprint (RFC 7638).
        algorithm: what must be signed with; the one the key is made for where left out.

    Raises:
        UsageError: it holds no key that can sign, or several; the message says nothing of a key but its id.
    """
    try:
        document = parse(content)
    except ValueError:
        return _signing_key(_from_pem(content), key_id, None, algorithm)
    if not isinstance(document, dict):
        raise UsageError(_NO_KEY)
    if "keys" in document:
        document = _of_set(list(objects(document, "keys")), key_id, algorithm)
    return _signing_key(_from_jwk(document), key_id, document, algorithm)


def _of_set(keys: list[Json], key_id: str | None, algorithm: Algorithm | None) -> Json:
    signing = [
        key
        for key in keys
        if "d" in key
        and key.get("use", "sig") == "sig"
        and key_id in (None, key.get("kid"))
        and algorithm in (None, _algorithm_of_kind(key.get("kty")))
    ]
    if len(signing) == 1:
        return signing[0]
    if not signing:
        raise UsageError("--key: the set holds no private signing key that fits --key-id and --algorithm.")
    known = ", ".join(text(key, "kid") or "one without kid" for key in signing)
    raise UsageError(f"--key: the set holds several private keys; choose with --key-id: {known}.")


def _algorithm_of_kind(kind: object) -> Algorithm | None:
    return {"EC": Algorithm.ES384, "RSA": Algorithm.RS384}.get(str(kind))


def _from_pem(content: bytes) -> object:
    try:
        return load_pem_private_key(content, password=None)
    except TypeError:
        raise UsageError("--key: the key has a passphrase; give one without.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(_NO_KEY) from None


def _from_jwk(document: Json) -> object:
    if "d" not in document:
        raise UsageError(_NO_KEY)
    try:
        match document.get("kty"):
            case "EC":
                return ECAlgorithm.from_jwk(document)
            case "RSA":
                return RSAAlgorithm.from_jwk(document)
            case _:
                raise UsageError(_NO_KEY)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise UsageError(_NO_KEY) from None


def _signing_key(
    key: object, key_id: str | None, document: Json | None, algorithm: Algorithm | None
) -> SigningKey:
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        made_for, public = Algorithm.ES384, ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    elif isinstance(key, RSAPrivateKey) and key.key_size >= _FEWEST_BITS:
        made_for, public = Algorithm.RS384, RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        raise UsageError(
            f"--key: the key is made for neither ES384 (P-384) nor RS384 (RSA, {_FEWEST_BITS} bits or more)."
        )
    if algorithm not in (None, made_for):
        raise UsageError(f"--algorithm: the key is made for {made_for}.")
    own = text(document, "kid") if document is not None else None
    return SigningKey(key, key_id or own or _thumbprint(public), made_for)


def _thumbprint(public: Json) -> str:
    required = {name: public[name] for name in _THUMBPRINT[public["kty"]]}
    digest = hashlib.sha256(msgspec.json.encode(required, order="sorted")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
