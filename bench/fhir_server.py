"""A FHIR server that answers every read and search of the benchmark's record after 20 ms."""

import asyncio
import json
import os
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
    headers = [(b"content-type", b"application/fhir+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
