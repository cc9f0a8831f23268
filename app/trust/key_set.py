"""The public keys in a JWK Set (RFC 7517), each with what it may be used for."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.errors import UnreadableError
from app.fhir.strict import read_small
from app.trust.reading import LONGEST_KID

Key = RSAPublicKey | EllipticCurvePublicKey

LARGEST_SET = 65_536
_FEWEST_BITS, _MOST_BITS = 2048, 8192
_MOST_BITS_OF_EXPONENT = 64
# What a key must be for each algorithm: a kind of key and, for EC, its curve.
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "ES256": "secp256r1",
        "ES384": "secp384r1",
        "ES512": "secp521r1",
        "PS384": "RSA",
        "RS256": "RSA",
        "RS384": "RSA",
        "RS512": "RSA",
    }
)
ALGORITHMS = frozenset(_KINDS)
# By their x: keys whose private half is published. The one of the CDS Hooks sandbox [A35].
_EVERYBODYS = frozenset(
    int.from_bytes(base64.urlsafe_b64decode(x))
    for x in ("dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",)
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key that signatures can be checked with.

    Args:
        kid: its name in the set; not always the only one of that name.
        algorithm: the only one that it may be used with; None where the set does not say.
    """

    kid: str
    algorithm: str | None
    key: Key = field(repr=False)

    def fits(self, algorithm: str) -> bool:
        """Whether it is made for an algorithm."""
        kind = "RSA" if isinstance(self.key, RSAPublicKey) else self.key.curve.name
        return self.algorithm in (None, algorithm) and _KINDS.get(algorithm) == kind


def read_key_set(document: bytes, *, production: bool) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK Set: what is no such key is left out, and takes no other with it.

    Args:
        document: the JSON text.
        production: whether keys are left out whose private half everybody can have.

    Raises:
        ValueError: it is no JWK Set.
    """
    if len(document) > LARGEST_SET:
        raise ValueError(
            f"The JWK Set is larger than {LARGEST_SET:,} bytes: leave out what is no longer used."
        )
    try:
        parsed = read_small(document)
    except UnreadableError:
        parsed = None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("keys"), list):
        raise ValueError("There is no JWK Set: give a JSON object with the list keys.")  # noqa: TRY004  a value was given
    return tuple(_usable(parsed["keys"], production=production))


def _usable(members: list[Any], *, production: bool) -> Iterator[PublicKey]:
    for member in members:
        if not isinstance(member, dict) or not _is_for_checking(member):
            continue
        key = _key(member)
        if key is not None and not (production and _is_everybodys(key)):
            yield PublicKey(member["kid"], member.get("alg"), key)


def _is_for_checking(member: dict[str, Any]) -> bool:
    kid, operations = member.get("kid"), member.get("key_ops", ["verify"])
    return (
        isinstance(kid, str)
        and 0 < len(kid) <= LONGEST_KID
        and member.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and isinstance(member.get("alg", ""), str)
    )


def _key(member: dict[str, Any]) -> Key | None:
    try:
        match member.get("kty"):
            case "EC":
                key: object = ECAlgorithm.from_jwk(member)
            case "RSA":
                key = RSAAlgorithm.from_jwk(member)
            case _:
                return None
    except Exception:  # noqa: BLE001  the library raises many kinds, and one bad key must not cost the others
        return None
    if isinstance(key, RSAPublicKey):
        exponent = key.public_numbers().e
        small = exponent.bit_length() <= _MOST_BITS_OF_EXPONENT
        return key if small and _FEWEST_BITS <= key.key_size <= _MOST_BITS else None
    # A private key that is handed around proves nothing.
    return key if isinstance(key, EllipticCurvePublicKey) else None


def _is_everybodys(key: Key) -> bool:
    return isinstance(key, EllipticCurvePublicKey) and key.public_numbers().x in _EVERYBODYS
