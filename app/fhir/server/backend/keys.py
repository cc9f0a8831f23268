"""The keys that this service proves itself with, read from files and read again when these change."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.errors import UnreadableError
from app.fhir.strict import read_small
from app.logs import logger

PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey
_FEWEST_BITS = 2048
_LARGEST_FILE = 65_536
_BETWEEN_LOOKS = timedelta(seconds=30)
# The members that RFC 7638 makes a thumbprint of; with use and alg they are all that is published.
_REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
)
_UNREADABLE = "the file cannot be read: check that it is there and that the service may read it."
_TOO_LARGE = f"the file is larger than {_LARGEST_FILE:,} bytes: give a file with one key."
_PASSPHRASE = "the key has a passphrase: give one without."  # noqa: S105  a message, no passphrase
_NO_KEY = "the file holds no private key: give PEM or one private JWK, for ES384 (P-384) or RS384 (RSA)."
_OTHER_KIND = f"the key is made for neither ES384 (P-384) nor RS384 (RSA, {_FEWEST_BITS} bits or more)."
_OTHER_USE = "the JWK names another use or algorithm: give a key for signing with ES384 or RS384."


class Algorithm(StrEnum):
    """What an assertion can be signed with."""

    ES384 = "ES384"
    RS384 = "RS384"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name that authorization servers know it by.

    Args:
        key: what signs.
        kid: the key's thumbprint (RFC 7638), so that one key has one name wherever it was read from.
        algorithm: what the key signs with.
    """

    key: PrivateKey = field(repr=False)
    kid: str
    algorithm: Algorithm

    def public_jwk(self) -> dict[str, str]:
        """The public half, as it stands in a JWK Set."""
        return _public_numbers(self.key) | {"use": "sig", "alg": self.algorithm.value, "kid": self.kid}


class KeyRing:
    """The keys of some files, as they are now: a changed file is read again without a restart.

    A file that cannot be read again takes no key away: the keys before it stay in use, and ``outdated``
    says so until the files can be read.

    Args:
        paths: one key a file; the first signs, all are published.
        clock: tells the moment that the files are looked at.

    Raises:
        ValueError: a file holds no key that can sign.
    """

    def __init__(self, paths: Sequence[Path], clock: Callable[[], datetime]) -> None:
        self._paths = tuple(paths)
        self._clock = clock
        self._looked = clock()
        # Taken before the files are read, so that a change in between is seen at the next look.
        self._stamps = _stamps(self._paths)
        self._keys = read_keys(self._paths)
        self._outdated = False

    @property
    def outdated(self) -> bool:
        """Whether the files had changed at the last look and could not be read."""
        return self._outdated

    def signing(self) -> SigningKey:
        """The key that signs now."""
        self._look()
        return self._keys[0]

    def jwks(self) -> bytes:
        """The JWK Set of the public keys, to be published."""
        self._look()
        return msgspec.json.encode({"keys": [key.public_jwk() for key in self._keys]})

    def _look(self) -> None:
        now = self._clock()
        # A clock that was set back looks at once: it would else look no more until it has caught up.
        if timedelta(0) <= now - self._looked < _BETWEEN_LOOKS:
            return
        self._looked = now
        stamps = _stamps(self._paths)
        if stamps == self._stamps:
            self._outdated = False
            return
        try:
            self._keys = read_keys(self._paths)
        except ValueError:
            self._outdated = True
            logger().warning("signing_key_unreadable")
            return
        self._stamps = stamps
        self._outdated = False


def read_keys(paths: Sequence[Path]) -> tuple[SigningKey, ...]:
    """The keys of some files in their order, each key once.

    Args:
        paths: files with one private key each, as PEM without a passphrase or as a JWK. A ``kid`` in the
            file is not used: what is to be registered is the published JWK Set.

    Raises:
        ValueError: there is no file, or one holds no key that can sign; the message tells which by its place
            in the list, and nothing of its name or content.
    """
    if not paths:
        raise ValueError("Signing keys: no file is given: name at least one.")
    found: dict[str, SigningKey] = {}
    for place, path in enumerate(paths, 1):
        match _read(path):
            case SigningKey() as key:
                found.setdefault(key.kid, key)
            case fault:
                raise ValueError(f"Signing key {place} of {len(paths)}: {fault}")
    return tuple(found.values())


def thumbprint(public: Mapping[str, str]) -> str:
    """The thumbprint (RFC 7638, SHA-256) of a public EC or RSA key given as a JWK."""
    required = {name: public[name] for name in _REQUIRED[public["kty"]]}
    digest = hashlib.sha256(msgspec.json.encode(required, order="sorted")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _stamps(paths: tuple[Path, ...]) -> list[tuple[int, int, int] | None]:
    return [_stamp(path) for path in paths]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


# The readers hand a fault back instead of raising it: a traceback printed with local values would else show
# the content of the file.
def _read(path: Path) -> SigningKey | str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError:
        return _UNREADABLE
    if len(content) > _LARGEST_FILE:
        return _TOO_LARGE
    return _from_pem(content) if b"-----BEGIN" in content else _from_jwk(content)


def _from_pem(content: bytes) -> SigningKey | str:
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        return _PASSPHRASE
    except (ValueError, UnsupportedAlgorithm):
        return _NO_KEY
    return _signing_key(key)


def _from_jwk(content: bytes) -> SigningKey | str:
    try:
        document = read_small(content)
    except UnreadableError:
        return _NO_KEY
    if not isinstance(document, dict) or "d" not in document:
        return _NO_KEY
    try:
        match document.get("kty"):
            case "EC":
                key = _signing_key(ECAlgorithm.from_jwk(document))
            case "RSA":
                key = _signing_key(RSAAlgorithm.from_jwk(document))
            case _:
                return _OTHER_KIND
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return _NO_KEY
    if isinstance(key, SigningKey) and (
        document.get("alg", key.algorithm) != key.algorithm or document.get("use", "sig") != "sig"
    ):
        return _OTHER_USE
    return key


def _signing_key(key: object) -> SigningKey | str:
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        algorithm = Algorithm.ES384
    elif isinstance(key, RSAPrivateKey) and key.key_size >= _FEWEST_BITS:
        algorithm = Algorithm.RS384
    else:
        return _OTHER_KIND
    return SigningKey(key, thumbprint(_public_numbers(key)), algorithm)


def _public_numbers(key: PrivateKey) -> dict[str, str]:
    if isinstance(key, RSAPrivateKey):
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {name: str(public[name]) for name in _REQUIRED[str(public["kty"])]}
