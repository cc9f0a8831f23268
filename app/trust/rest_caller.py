"""Who calls over REST, once it was proved."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["access-token", "api-key"]


@dataclass(frozen=True, slots=True)
class RestCaller:
    """Who sent a request.

    Args:
        tenant: this service's own name of the organisation.
        issuer: the ``iss`` of the authorization server; None where an API key was sent.
        client: the ``client_id`` of the access token, or the id of the API key.
        scopes: what it may do.
        kind: what proved it.
    """

    tenant: str
    issuer: str | None
    client: str
    scopes: frozenset[str]
    kind: Kind
