"""What the claims of a token must be, once its signature was checked."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from typing import Any

from cds_hooks.trust.issuer import Issuer
from cds_hooks.trust.refusal import Reason, Refused

SKEW_SECONDS = 60
LONGEST_TOKEN_ID = 256


def check_claims(
    claims: Mapping[str, Any], issuer: Issuer, audiences: Container[str], now: datetime
) -> tuple[str, datetime]:
    """The ``jti``, and the moment from which nobody takes the token any more.

    Args:
        claims: of a token whose signature is that of its issuer.
        issuer: who it is.
        audiences: what ``aud`` may be.
        now: the moment, with its time zone.

    Raises:
        Refused: a claim is not what it must be.
    """
    expires = _check_times(claims, issuer.max_lifetime_seconds, now.timestamp())
    aud = claims.get("aud")
    named = aud if isinstance(aud, list) else [aud]
    if not all(isinstance(one, str) for one in named) or not any(one in audiences for one in named):
        raise Refused(Reason.AUDIENCE)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_TOKEN_ID or not jti.isprintable():
        raise Refused(Reason.TOKEN_ID)
    if issuer.subject is not None and claims.get("sub") != issuer.subject:
        raise Refused(Reason.SUBJECT)
    return jti, datetime.fromtimestamp(expires + SKEW_SECONDS, UTC)


def _check_times(claims: Mapping[str, Any], longest: int, now: float) -> int:
    """The moment of expiry, in seconds since 1970."""
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    not_before = _moment(claims, "nbf") if "nbf" in claims else issued
    if not 0 < expires - issued <= longest:
        raise Refused(Reason.LIFETIME)
    if now >= expires + SKEW_SECONDS:
        raise Refused(Reason.EXPIRED)
    if max(issued, not_before) > now + SKEW_SECONDS:
        raise Refused(Reason.AHEAD)
    return expires


def _moment(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    # A boolean is a whole number to Python, and a text or a fraction is not the same to every reader.
    if type(value) is not int:
        raise Refused(Reason.TIMES)
    return value
