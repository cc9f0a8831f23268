"""Idempotency-Key on the POST routes of REST: the same request again has the same answer again.

After draft-ietf-httpapi-idempotency-key-header. Nothing is judged here that the routes judge themselves: a
call is held up where its body has come whole, before anything is made of it.
"""

import hashlib
import re
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.answers_once import AnswersOnce, Claim
from app.api.caller_scopes import is_guarded
from app.api.calling import caller_of, path_of
from app.api.negotiation import wants_fhir
from app.errors import Issue, ServiceError
from app.store.kept_answer import Answer

HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"
# A text of structured fields (RFC 9651), or the same without its quotes; visible ASCII alone.
_KEY = r'"(?:[!#-\[\]-~]|\\["\\]){1,128}"|[!#-\[\]-~]{1,128}'
_KEY_SHAPE = re.compile(_KEY)
_ESCAPED = re.compile(r'\\(["\\])')
_SUCCESS = range(200, 300)


class KeyUnreadableError(ServiceError):
    """The header holds no key."""

    status = 400
    code = "value"
    title = "The Idempotency-Key cannot be read"

    def __init__(self) -> None:
        message = (
            "Idempotency-Key takes one text in quotes, of 1 to 128 visible ASCII characters, such as a new "
            "UUID for each new request."
        )
        super().__init__(message, [Issue("", self.code, message)])


class _AnsweredBefore(Exception):  # noqa: N818  no error: it carries an answer past the route
    """There is an answer already."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def answer_anew(request: Request) -> None:
    """Have the answer to a request kept under no key: another attempt may have a better one."""
    request.state.answer_anew = True


def read_key(values: list[str]) -> str:
    """The key in the values of the header.

    Raises:
        KeyUnreadableError: there are several, or it is none.
    """
    (value, *more) = values
    if more or not _KEY_SHAPE.fullmatch(value):
        raise KeyUnreadableError
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


class IdempotentCalls:
    """Gives calls with a key their answer once; every other request passes untouched.

    Args:
        app: what is behind it.
        answers: remembers.
        tenant: whose callers these are.
    """

    def __init__(self, app: ASGIApp, answers: AnswersOnce, tenant: str) -> None:
        self._app = app
        self._answers = answers
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a call on, or answer it as before."""
        keys = Headers(scope=scope).getlist(HEADER) if _may_have_key(scope) else []
        if not keys:
            await self._app(scope, receive, send)
            return
        caller = caller_of(Request(scope))
        whose = (caller.kind, caller.issuer, caller.client) if caller is not None else ()
        call = _Call(self._answers, (self._tenant, *whose), keys, scope, receive, send)
        await call.through(self._app)


def _may_have_key(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "POST" and is_guarded(path_of(scope))


class _Call:
    """One call with a key.

    Args:
        answers: remembers.
        whose: everything that says whose key it is.
        keys: the values of the header.
        scope: of the call.
        receive: gives the parts of its body.
        send: takes the parts of its answer.
    """

    def __init__(
        self,
        answers: AnswersOnce,
        whose: tuple[str | None, ...],
        keys: list[str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._answers = answers
        self._whose = whose
        self._keys = keys
        self._scope = scope
        self._receive = receive
        self._send = send
        accept = ",".join(Headers(scope=scope).getlist("accept"))
        form = "fhir" if wants_fhir(accept) else "json"
        self._request = hashlib.sha256(f"{path_of(scope)}\0{form}\0".encode(errors="surrogatepass"))
        self._key: str | None = None
        self._whole = False
        self._claim: Claim | None = None
        self._start: Message | None = None
        self._body = bytearray()

    async def through(self, app: ASGIApp) -> None:
        """Hand it on; its answer, or the one before, leaves."""
        # Made here: a state that is made further in may not be seen from here.
        self._scope.setdefault("state", {})
        try:
            await app(self._scope, self._hear, self._say)
        except _AnsweredBefore as before:
            start = {
                "type": "http.response.start",
                "status": before.answer.status,
                "headers": [*before.answer.headers, (REPLAYED.encode(), b"true")],
            }
            await self._send(start)
            await self._send({"type": "http.response.body", "body": before.answer.body})
        finally:
            # Here only where the call broke off before it was answered.
            if self._claim is not None:
                await self._answers.free(self._claim)

    async def _hear(self) -> Message:
        """The next part of the body; with its last one the key is claimed.

        Raises:
            ServiceError: the call is not to go on; its route answers so.
        """
        if self._key is None:
            self._key = read_key(self._keys)
        message = await self._receive()
        if message["type"] == "http.request" and not self._whole:
            self._request.update(message.get("body", b""))
            if not message.get("more_body", False):
                self._whole = True
                found = await self._answers.claim(self._whose, self._key, self._request.digest())
                if isinstance(found, Answer):
                    raise _AnsweredBefore(found)
                self._claim = found
        return message

    async def _say(self, message: Message) -> None:
        """Pass an answer on; one that is to be had again is kept before it leaves."""
        if self._claim is None:
            await self._send(message)
            return
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False) or self._start is None:
            return
        claim, self._claim = self._claim, None
        start, body = self._start, bytes(self._body)
        if start["status"] in _SUCCESS and "answer_anew" not in self._scope["state"]:
            headers = [(bytes(name), bytes(value)) for name, value in start["headers"]]
            await self._answers.keep(claim, Answer(start["status"], headers, body))
        else:
            await self._answers.free(claim)
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def describe(operation: dict[str, Any]) -> None:
    """Put the header, and what comes of it, into the description of an operation.

    Args:
        operation: of the OpenAPI document; it is changed.
    """
    operation.setdefault("parameters", []).append(
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "A text that is new for each new request, such as a UUID in quotes. The same "
            "request under the same key has the same answer again for 24 hours.",
            "schema": {"type": "string", "pattern": f"^(?:{_KEY})$"},
            "example": '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
        }
    )
    responses = operation["responses"]
    replayed = {
        "description": "`true` where the answer is that of an earlier request under the same Idempotency-Key",
        "schema": {"type": "string", "const": "true"},
    }
    responses["200"].setdefault("headers", {})["Idempotency-Replayed"] = replayed
    responses.setdefault(
        "409",
        {
            "description": "The same request is being answered: Retry-After says when to ask again",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    )
