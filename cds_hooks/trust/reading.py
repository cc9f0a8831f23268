"""Reading a JWT out of the Authorization headers, strictly, and without believing anything of it."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import UnreadableError
from app.fhir.strict import read_small
from cds_hooks.trust.key_set import LONGEST_KID
from cds_hooks.trust.refusal import Reason, Refused

LONGEST_HEADER = 8_192
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


def read_token(authorization: Sequence[bytes | str]) -> Unverified:
    """The JWT of a call.

    Args:
        authorization: every Authorization header of the call.

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


def _algorithm(header: dict[str, Any]) -> str:
    kind, algorithm = header.get("typ", "JWT"), header.get("alg")
    # Another kind of token, such as an access token, is signed with the same keys at some servers.
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise Refused(Reason.TYPE)
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
