"""The yardstick: a bare ASGI application that parses the same body with orjson and walks it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

Message = MutableMapping[str, Any]
CARDS = orjson.dumps(
    {"cards": [{"summary": "3 cards", "indicator": "info", "source": {"label": "yardstick"}}] * 3}
)


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer every request with three cards after touching every code and value of the body."""
    if scope["type"] != "http":
        await receive()
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if body:
        walk(orjson.loads(body))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(CARDS))],
        }
    )
    await send({"type": "http.response.body", "body": CARDS})


def walk(document: dict[str, Any]) -> int:
    """How many of the record's codes and values there are; each Condition and Observation is touched once.

    Args:
        document: a hook request or a Bundle.
    """
    touched = 0
    for value in document.get("prefetch", {"bundle": document}).values():
        for entry in (value or {}).get("entry", ()):
            resource = entry["resource"]
            touched += _codes(resource.get("code"))
            touched += _codes(resource.get("valueCodeableConcept"))
            quantity = resource.get("valueQuantity")
            touched += quantity is not None and quantity.get("value") is not None
            for component in resource.get("component", ()):
                touched += _codes(component.get("code"))
    return touched


def _codes(concept: dict[str, Any] | None) -> int:
    return sum(1 for coding in (concept or {}).get("coding", ()) if coding.get("code"))
