"""What the claims of every token must be, once its signature was checked."""

from collections.abc import Container, Mapping
from typing import Any

from app.trust.refusal import Reason, Refused

SKEW_SECONDS = 60
# The longest time from issue to expiry that an issuer can be registered with.
LONGEST_LIFETIME = 86_400
LONGEST_NAME = 256


def check_times(claims: Mapping[str, Any], longest: int, now: float) -> int:
    """The moment of expiry, in seconds since 1970.

    Args:
        claims: the claims.
        longest: the seconds that may lie between issue and expiry.
        now: the moment, in seconds since 1970.

    Raises:
        Refused: the token has no times, too long a life, has expired, or begins later.
    """
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    not_before = _moment(claims, "nbf") if "nbf" in claims else issued
    if not 0 < expires - issued <= longest:
        raise Refused(Reason.LIFETIME)
    if now >= expires + SKEW_SECONDS:
        raise Refused(Reason.EXPIRED)
    if max(issued, not_before) > now + SKEW_SECONDS:
        raise Refused(Reason.AHEAD)
    return expires


def check_audience(claims: Mapping[str, Any], audiences: Container[str]) -> None:
    """Refuse a token that was made for somebody else.

    Raises:
        Refused: ``aud`` names, letter for letter, none of these.
    """
    aud = claims.get("aud")
    named = aud if isinstance(aud, list) else [aud]
    if not all(isinstance(one, str) for one in named) or not any(one in audiences for one in named):
        raise Refused(Reason.AUDIENCE)


def name_of(claims: Mapping[str, Any], claim: str) -> str | None:
    """The short printable text that a claim is; None where it is none."""
    value = claims.get(claim)
    short = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    return value if short else None


def token_id(claims: Mapping[str, Any]) -> str:
    """The ``jti``.

    Raises:
        Refused: there is none, or one that is no short text.
    """
    jti = name_of(claims, "jti")
    if jti is None:
        raise Refused(Reason.TOKEN_ID)
    return jti


def _moment(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    # A boolean is a whole number to Python, and a text or a fraction is not the same to every reader.
    if type(value) is not int:
        raise Refused(Reason.TIMES)
    return value
