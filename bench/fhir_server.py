"""A FHIR server that answers every read and search of the benchmark's record after 20 ms, or fails."""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from bench.record import hook_request

Message = MutableMapping[str, Any]
SECONDS = 0.02
_NOTHING = {"resourceType": "Bundle", "type": "searchset", "total": 0}
_KEY_BY_TYPE = {
    "Patient": "patient",
    "Condition": "conditions",
    "Observation": "observations",
    "Procedure": "procedures",
    "MedicationRequest": "medications",
    "BodyStructure": "bodyStructures",
    "QuestionnaireResponse": "questionnaireResponses",
}


def _bodies() -> dict[str, bytes]:
    # The day of the findings comes from the benchmark, so that both ways send the same record.
    dated = hook_request().replace(b'"@"', os.environ["BENCH_OBSERVED"].encode())
    request = json.loads(dated)
    # The record names its own server everywhere; this one is at another address, so it leaves it out.
    base = request.get("fhirServer", "") + "/"
    found = {kind: json.dumps(request["prefetch"].get(key) or _NOTHING) for kind, key in _KEY_BY_TYPE.items()}
    return {kind: text.replace(base, "").encode() for kind, text in found.items()}


_BODIES = _bodies()
_FAILING = float(os.environ.get("BENCH_FAILING", "0"))
_DICE = random.Random(7)


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer by the type in the path, whatever is asked of it."""
    if scope["type"] != "http":
        await receive()
        return
    kind = scope["path"].removeprefix("/fhir/").partition("/")[0]
    ready = kind not in _BODIES
    body = b"{}" if ready else _BODIES[kind]
    if not ready:
        await asyncio.sleep(SECONDS)
    if not ready and _DICE.random() < _FAILING:
        await _fail(send)
        return
    headers = [(b"content-type", b"application/fhir+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _fail(send: Callable[[Message], Awaitable[None]]) -> None:
    """One of the ways in which servers fail."""
    status, length, body = _DICE.choice(
        [
            (500, 2, b"{}"),
            (503, 2, b"{}"),
            (429, 2, b"{}"),
            (200, 17, b"<html>login</html>"[:17]),
            (200, 9_999, b'{"resourceType":'),
            (200, 0, b""),
        ]
    )
    if not body:
        await asyncio.sleep(5)
    headers = [(b"content-type", b"application/fhir+json"), (b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if length == len(body):
        await send({"type": "http.response.body", "body": body})
    else:
        # The rest never comes: the connection is closed over it.
        await send({"type": "http.response.body", "body": body, "more_body": True})
