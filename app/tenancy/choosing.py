"""Whose a call says it is: read off what its caller shows, and believed only as far as the door.

Nothing is verified here. The application of the organisation that is named knows the keys of that
organisation alone, so whoever names another one than their own is refused by it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from starlette.types import Scope

from app.settings.tenants import TenantEntry
from app.trust.reading import read_token
from app.trust.refusal import Refused

_HOOKS = "/cds-services/"
_REST = "/api/v1/"
_API_KEY = re.compile(rb"(?:(?i:apikey) +)?spmk_([a-z0-9-]{8,32})_\S+")
# What either verifier takes: which of them it is told to, is the application's to say.
_TYPES = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells organisations apart.

    Args:
        clients: by ``iss`` and ``tenant`` of a CDS client's token.
        issuers: by ``iss`` and ``client_id`` of an access token; None stands for every client.
        keys: by the id of an API key.
    """

    clients: Mapping[tuple[str, str | None], str]
    issuers: Mapping[tuple[str, str | None], str]
    keys: Mapping[str, str]

    @classmethod
    def of(cls, entries: Iterable[TenantEntry]) -> "Signs":
        """The signs of some organisations, which share none."""
        listed = tuple(entries)
        return cls(
            {(client.iss, client.tenant_claim): e.name for e in listed for client in e.clients},
            {
                (issuer.iss, client_id): e.name
                for e in listed
                for issuer in e.access_tokens
                for client_id in issuer.client_ids or (None,)
            },
            {key.id: e.name for e in listed for key in e.api_keys},
        )

    def named_by(self, scope: Scope) -> str | None:
        """The name of the organisation that a call says it is from; None where it names none."""
        path: str = scope["path"]
        if path.startswith(_HOOKS):
            return self._by_token(scope, self.clients, "tenant")
        if path.startswith(_REST):
            key = _key(scope)
            if key is not None:
                return self.keys.get(key)
            return self._by_token(scope, self.issuers, "client_id")
        return None

    def _by_token(self, scope: Scope, names: Mapping[tuple[str, str | None], str], second: str) -> str | None:
        try:
            claims = read_token(list(_headers(scope, b"authorization")), _TYPES).claims
        except Refused:
            return None
        iss, part = claims.get("iss"), claims.get(second)
        if not isinstance(iss, str):
            return None
        exact = names.get((iss, part)) if isinstance(part, str) else None
        return exact or names.get((iss, None))


def _key(scope: Scope) -> str | None:
    """The id of the API key that a call brings."""
    for header in (*_headers(scope, b"x-api-key"), *_headers(scope, b"authorization")):
        found = _API_KEY.fullmatch(header.strip())
        if found is not None:
            return found[1].decode()
    return None


def _headers(scope: Scope, name: bytes) -> Iterator[bytes]:
    return (value for key, value in scope["headers"] if key == name)
