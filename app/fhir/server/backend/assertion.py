"""The JWT that this service proves itself with to an authorization server.

SMART App Launch 2, "Client Authentication: Asymmetric (public key)".
"""

from datetime import datetime

import jwt

from app.fhir.server.backend.keys import SigningKey

# At most 300 seconds ahead are allowed. A minute is left for an authorization server whose clock is behind.
_LIFETIME = 240


def assertion(key: SigningKey, client_id: str, token_url: str, now: datetime, jti: str) -> str:
    """The signed assertion for one request for a token.

    Args:
        key: what signs.
        client_id: the name that the authorization server gave this service.
        token_url: the exact address that the assertion is sent to.
        now: the moment it is made, with its time zone.
        jti: a text that no other assertion has.
    """
    issued = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_url,
        "iat": issued,
        "exp": issued + _LIFETIME,
        "jti": jti,
    }
    return jwt.encode(claims, key.key, algorithm=key.algorithm.value, headers={"typ": "JWT", "kid": key.kid})
