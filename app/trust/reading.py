"""Reading a JWT out of the Authorization headers, strictly, and without believing anything of it."""

import base64
import binascii
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import UnreadableError
from app.fhir.strict import read_small
from app.trust.refusal import Reason, Refused

LONGEST_HEADER = 8_192
LONGEST_KID = 256
_BEARER = re.compile(r"(?i:bearer) +(\S+)")
_JWT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Unverified:
    """A JWT that was read, of which nothing is known to be true."""

    text: str = field(repr=False)
    algorithm: str
    kid: str = field(repr=False)
    jku: str | None = field(repr=False)
    claims: dict[str, Any] = field(repr=False)


def read_token(authorization: Sequence[bytes | str], types: Container[str | None]) -> Unverified:
    """The JWT of a call.

    Args:
        authorization: every Authorization header of the call.
        types: what ``typ`` may be, in small letters; None stands for a header without it.

    Raises:
        Refused: there is not exactly one, or it cannot be read in one way only.
    """
    text = _bearer(authorization)
    parts = _JWT.fullmatch(text)
    if parts is None:
        raise Refused(Reason.MALFORMED)
    header, payload = _object(_decoded(parts[1])), _decoded(parts[2])
    # Nothing that a header could make critical is understood here (RFC 7515, 4.1.11; RFC 7797).
    if "crit" in header or "b64" in header:
        raise Refused(Reason.CRITICAL)
    _check_type(header, types)
    return Unverified(text, _algorithm(header), _kid(header), _jku(header), _object(payload))


def _bearer(authorization: Sequence[bytes | str]) -> str:
    if not authorization:
        raise Refused(Reason.MISSING)
    if len(authorization) > 1:
        raise Refused(Reason.SEVERAL)
    (header,) = authorization
    if len(header) > LONGEST_HEADER:
        raise Refused(Reason.TOO_LONG)
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    found = _BEARER.fullmatch(text)
    if found is None:
        raise Refused(Reason.NO_BEARER)
    return found[1]


def _decoded(part: str) -> bytes:
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise Refused(Reason.MALFORMED) from None
    # Bits that are left over must be zero: two texts must not be one token.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        raise Refused(Reason.MALFORMED)
    return decoded


def _object(text: bytes) -> dict[str, Any]:
    """The members of a JSON object that has each name once: a reader that takes the last would differ."""
    try:
        value = read_small(text)
    except UnreadableError:
        value = None
    if not isinstance(value, dict):
        raise Refused(Reason.MALFORMED)
    return value


def _check_type(header: dict[str, Any], types: Container[str | None]) -> None:
    # At some servers one key signs access tokens and the JWTs of CDS Hooks: neither may pass for the other.
    kind = None
    if "typ" in header:
        kind = header["typ"]
        if not isinstance(kind, str):
            raise Refused(Reason.TYPE)
        kind = kind.lower()
    if kind not in types:
        raise Refused(Reason.TYPE)


def _algorithm(header: dict[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise Refused(Reason.ALGORITHM)
    return algorithm


def _kid(header: dict[str, Any]) -> str:
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID or not kid.isprintable():
        raise Refused(Reason.KEY_ID)
    return kid


def _jku(header: dict[str, Any]) -> str | None:
    if "jku" not in header:
        return None
    jku = header["jku"]
    if not isinstance(jku, str):
        raise Refused(Reason.KEY_ADDRESS)
    return jku
