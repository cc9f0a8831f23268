"""The access tokens of SMART backend services: asked for once, shared, and forgotten in time."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Literal, NoReturn

import msgspec

from app.errors import UnreadableError
from app.fhir.server.backend.assertion import assertion
from app.fhir.server.backend.keys import KeyRing
from app.fhir.strict import read_small

Kind = Literal["refused", "unavailable", "invalid"]

_LARGEST_ANSWER = 65_536
_LONGEST_MARGIN = timedelta(seconds=60)
_BETWEEN_FAILURES = timedelta(seconds=1)
_OK = 200
_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)
# Request Timeout and Too Many Requests say nothing against the client: the same request may do later.
_TRY_LATER = frozenset({408, 429})
_JTI_BYTES = 24
_MESSAGES: Mapping[Kind, str] = MappingProxyType(
    {
        "refused": (
            "The authorization server grants this client no token that serves: check its registration, its"
            " public keys and its scope."
        ),
        "unavailable": "The authorization server does not answer now: try again later.",
        "invalid": (
            "The answer of the authorization server is no token response of SMART backend services: check the"
            " token address."
        ),
    }
)


class UnreachableError(Exception):
    """No answer came from an address.

    Args:
        kind: why, as a word for the log, such as ``timeout``.
    """

    def __init__(self, kind: str) -> None:
        super().__init__("The address gives no answer: check that it can be reached.")
        self.kind = kind


class TokenError(Exception):
    """There is no access token.

    Args:
        kind: ``refused``: the authorization server refuses this client, or the FHIR server a token just
            granted. ``unavailable``: no answer, or none for now. ``invalid``: an answer not understood.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__(_MESSAGES[kind])
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered.

    Args:
        status: the HTTP status.
        body: the content, which can hold a token.
    """

    status: int
    body: bytes = field(repr=False)


Post = Callable[[str, Mapping[str, str]], Awaitable[Answer]]


class Secret:
    """A text that is written as ``***`` wherever it is printed."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, to be sent and kept nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is neither copied nor stored: reveal it where it is sent.")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a FHIR server is asked with.

    Args:
        value: the token.
        expires: when it ends at the latest, counted from before it was asked for.
        scope: what it is for: what was asked for, where the answer says nothing else (RFC 6749, 5.1).
    """

    value: Secret
    expires: datetime
    scope: str


class _Granted(msgspec.Struct, frozen=True):
    # RFC 6749, A.12 to A.14 (visible ASCII, and for scope the space); a missing expires_in, which SMART
    # requires, is taken for a short one.
    access_token: Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,8192}\Z")]
    token_type: Annotated[str, msgspec.Meta(pattern=r"\A(?i:bearer)\Z")]
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 60
    scope: Annotated[str, msgspec.Meta(pattern=r"\A[ -~]*\Z")] | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    token: AccessToken
    asked: datetime
    received: datetime

    def serves(self, now: datetime) -> bool:
        life = self.token.expires - self.asked
        # A clock that was set back proves no token fresh.
        return self.asked <= now < self.token.expires - min(_LONGEST_MARGIN, life / 4)


@dataclass(frozen=True, slots=True)
class _Failure:
    kind: Kind
    at: datetime

    def holds(self, now: datetime) -> bool:
        return timedelta(0) <= now - self.at < _BETWEEN_FAILURES


class TokenSource:
    """The access tokens of one client at one authorization server.

    Args:
        post: sends a form to an address.
        keys: what the client proves itself with.
        client_id: the name that the authorization server gave this service.
        token_url: the address that tokens are asked at.
        scope: what they are asked for, such as ``system/Observation.rs``.
        clock: tells the moment, with its time zone.
        random: that many bytes which nobody can guess, such as ``secrets.token_bytes``.
    """

    def __init__(
        self,
        *,
        post: Post,
        keys: KeyRing,
        client_id: str,
        token_url: str,
        scope: str,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._post = post
        self._keys = keys
        self._client_id = client_id
        self._token_url = token_url
        self._scope = scope
        self._clock = clock
        self._random = random
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._pending: asyncio.Task[AccessToken | Kind] | None = None

    async def token(self) -> AccessToken:
        """A token that still serves for a while, the same for all who ask meanwhile.

        Raises:
            TokenError: none could be had, now or less than a second ago.
        """
        now = self._clock()
        if self._held is not None and self._held.serves(now):
            return self._held.token
        if self._pending is None or self._pending.done():
            if self._failure is not None and self._failure.holds(now):
                raise TokenError(self._failure.kind)
            self._pending = asyncio.create_task(self._ask())
        pending = self._pending
        # Waiting for a task, unlike awaiting it, leaves it running when the one who waits is cancelled.
        await asyncio.wait({pending})
        outcome: AccessToken | Kind = "unavailable" if pending.cancelled() else pending.result()
        if isinstance(outcome, AccessToken):
            return outcome
        raise TokenError(outcome)

    def drop(self, token: AccessToken) -> None:
        """Forget a token that a FHIR server has refused, unless a later one has taken its place.

        Where it was granted less than a second ago, the next would fare no better: none is asked for until
        that second is over.
        """
        held = self._held
        if held is not None and held.token is token:
            self._held = None
            self._failure = _Failure("refused", held.received)

    async def _ask(self) -> AccessToken | Kind:
        asked = self._clock()
        # What those who come next are told if this ends in a way that was not foreseen.
        self._failure = _Failure("unavailable", asked)
        answer = await self._answer(asked)
        granted = "unavailable" if answer is None else _judged(answer)
        now = self._clock()
        if not isinstance(granted, _Granted):
            self._failure = _Failure(granted, now)
            return granted
        token = AccessToken(
            value=Secret(granted.access_token),
            expires=asked + timedelta(seconds=granted.expires_in),
            scope=self._scope if granted.scope is None else granted.scope,
        )
        self._held = _Held(token, asked, now)
        self._failure = None
        return token

    async def _answer(self, now: datetime) -> Answer | None:
        try:
            return await self._post(self._token_url, self._form(now))
        except (UnreachableError, TimeoutError):
            return None

    def _form(self, now: datetime) -> dict[str, str]:
        jti = base64.urlsafe_b64encode(self._random(_JTI_BYTES)).decode()
        return {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(self._keys.signing(), self._client_id, self._token_url, now, jti),
        }


# A fault is handed back instead of raised: a traceback printed with local values would else show the answer.
def _judged(answer: Answer) -> _Granted | Kind:
    if answer.status in _SERVER_ERRORS or answer.status in _TRY_LATER:
        return "unavailable"
    if answer.status in _CLIENT_ERRORS:
        return "refused"
    if answer.status != _OK or len(answer.body) > _LARGEST_ANSWER:
        return "invalid"
    try:
        return msgspec.convert(read_small(answer.body), _Granted)
    except (UnreadableError, msgspec.ValidationError):
        return "invalid"
