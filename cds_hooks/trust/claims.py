"""What the claims of a client's JWT must be, once its signature was checked."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from typing import Any

from app.trust.claims import SKEW_SECONDS, check_audience, check_times, token_id
from app.trust.refusal import Reason, Refused
from cds_hooks.trust.issuer import Issuer


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
    expires = check_times(claims, issuer.max_lifetime_seconds, now.timestamp())
    check_audience(claims, audiences)
    jti = token_id(claims)
    if issuer.subject is not None and claims.get("sub") != issuer.subject:
        raise Refused(Reason.SUBJECT)
    return jti, datetime.fromtimestamp(expires + SKEW_SECONDS, UTC)
