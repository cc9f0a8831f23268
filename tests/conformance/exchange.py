"""One call of the service and its answer, as the tests saw them pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.types import Message, Scope


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, as bytes.

    Args:
        headers: of the answer; names in lower case.
        preflight: whether a browser asks if it may call.
    """

    method: str
    path: str
    body: bytes
    status: int
    headers: Mapping[str, str]
    answer: bytes
    preflight: bool = False


def exchange_of(scope: Scope, body: bytes, messages: Sequence[Message]) -> Exchange:
    """The call of a scope, with the messages that answered it."""
    asked = {name.decode().lower() for name, _ in scope["headers"]}
    start = next(message for message in messages if message["type"] == "http.response.start")
    return Exchange(
        method=scope["method"],
        path=scope["path"],
        body=body,
        status=start["status"],
        headers={name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]},
        answer=b"".join(message.get("body", b"") for message in messages),
        preflight=scope["method"] == "OPTIONS" and "access-control-request-method" in asked,
    )
