"""API keys, for closed networks without an authorization server: only their digests are kept."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes

from app.trust.refusal import Reason, Refused
from app.trust.registration import RegistrationError
from app.trust.rest_caller import RestCaller

_BYTES = 32
_ID = re.compile(r"[a-z0-9-]{8,32}")
_KEY = re.compile(r"spmk_([a-z0-9-]{8,32})_[A-Za-z0-9_-]{43}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Compared with where no key has the id, so that it takes as long. No text has this digest that anybody knows.
_NOBODYS = bytes(32)


@dataclass(frozen=True, slots=True)
class HashedKey:
    """One API key, without the key.

    Args:
        id: its name.
        digest: SHA-256 of the whole text of the key, in small hexadecimal digits.
        tenant: this service's own name of the organisation that has it.
        scopes: what it opens.
        expires: the moment from which it is taken no more, with its time zone; never where left out.
    """

    id: str
    digest: str = field(repr=False)
    tenant: str
    scopes: tuple[str, ...]
    expires: datetime | None = None


class ApiKeys:
    """Judges API keys.

    Args:
        keys: those that are taken.
        clock: tells the moment, with its time zone.

    Raises:
        RegistrationError: one cannot be used; the message names it by its place.
    """

    def __init__(self, keys: Iterable[HashedKey], clock: Callable[[], datetime]) -> None:
        given = tuple(keys)
        self._keys: dict[str, tuple[bytes, HashedKey]] = {}
        self._clock = clock
        for place, key in enumerate(given):
            for fault in _faults(key, self._keys):
                raise RegistrationError("Key", place, len(given), f"{fault}.")
            self._keys[key.id] = bytes.fromhex(key.digest), key

    def verify(self, text: str) -> RestCaller:
        """Who sent a request.

        Args:
            text: the key that came with it.

        Raises:
            Refused: it is none that is taken now.
        """
        shape = _KEY.fullmatch(text)
        if shape is None:
            raise Refused(Reason.MALFORMED)
        digest, key = self._keys.get(shape[1], (_NOBODYS, None))
        same = hmac.compare_digest(hashlib.sha256(text.encode()).digest(), digest)
        if not same or key is None:
            raise Refused(Reason.API_KEY)
        if key.expires is not None and self._clock() >= key.expires:
            raise Refused(Reason.EXPIRED)
        return RestCaller(key.tenant, None, key.id, frozenset(key.scopes), "api-key")


def new_api_key(name: str, random: Callable[[int], bytes] = token_bytes) -> tuple[str, str]:
    """A new key, and its digest in hexadecimal digits.

    Args:
        name: its id.
        random: that many bytes which nobody can guess.

    Raises:
        ValueError: it is no id.
    """
    if _ID.fullmatch(name) is None:
        raise ValueError(f"{_ID_FAULT}.")
    secret = base64.urlsafe_b64encode(random(_BYTES)).rstrip(b"=").decode()
    text = f"spmk_{name}_{secret}"
    return text, hashlib.sha256(text.encode()).hexdigest()


_ID_FAULT = "id must be 8 to 32 small letters, digits and hyphens"


def _faults(key: HashedKey, others: Mapping[str, object]) -> Iterator[str]:
    if _ID.fullmatch(key.id) is None:
        yield _ID_FAULT
    if key.id in others:
        yield "its id is that of another key: give each its own"
    if _DIGEST.fullmatch(key.digest) is None:
        yield "digest must be 64 small hexadecimal digits, as spine-mets api-key prints them"
    if not key.scopes:
        yield "give scopes: a key without any opens nothing"
    if key.expires is not None and key.expires.tzinfo is None:
        yield "expires must have a time zone"
