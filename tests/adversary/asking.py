"""A body sent straight into the application, and everything that may be wrong with what comes back."""

import asyncio
import json
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from tests.adversary.doors import BATCH, HOSTILE_HEADERS
from tests.adversary.mutations import Case
from tests.conformance.walker import strict_json
from tests.privacy.canary import traces

# A guard against what never ends, and no measure of speed.
HANG_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; status 0 where nothing did.

    Args:
        seconds: of the processor's time, which no other process can stretch.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


async def ask(app: FastAPI, path: str, body: bytes) -> Reply:
    """The reply to a body."""
    headers = {**HOSTILE_HEADERS, "content-length": str(len(body)), "host": "service.test"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "server": ("service.test", 80),
        "client": ("127.0.0.1", 1),
        "state": {},
    }
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[MutableMapping[str, Any]] = []
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    started = time.process_time()
    try:
        async with asyncio.timeout(HANG_SECONDS):
            await app(scope, receive, send)
    except TimeoutError:
        return Reply(0, {}, b"", time.process_time() - started)
    finally:
        ended.set()
    first = sent[0]
    return Reply(
        first["status"],
        {name.decode().lower(): value.decode() for name, value in first["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
        time.process_time() - started,
    )


def faults(case: Case, reply: Reply, promised: frozenset[int], log: str) -> list[str]:
    """What is wrong with a reply: ``hang``, ``failed``, ``leak`` and so on, each with a word more."""
    if reply.status == 0 or reply.seconds > HANG_SECONDS:
        return [f"hang: {reply.seconds:.0f} s"]
    found = []
    if reply.status >= 500:
        found.append(f"failed: {reply.status}")
    elif told := [one for one in _statuses(case, reply) if one not in (case.statuses or promised)]:
        found.append(f"status: {told}")
    hooks = case.path.startswith("/cds-services")
    refusal = "application/fhir+json" if hooks else "application/problem+json"
    media_type = reply.headers.get("content-type", "")
    if media_type != ("application/json" if reply.status == 200 else refusal):
        found.append(f"media type: {media_type}")
    try:
        if not isinstance(strict_json(reply.body), dict):
            found.append("json: no object")
    except ValueError:
        found.append("json: none")
    # A good answer names resources by their ids, which a change may have made of anything.
    shown = "" if reply.status == 200 else reply.body.decode()
    if leaked := traces(shown, json.dumps(dict(reply.headers)), log):
        found.append(f"leak: {leaked}")
    return found


def _statuses(case: Case, reply: Reply) -> list[int]:
    """That of the reply; of a batch that is answered, those of its items."""
    if case.path == BATCH and reply.status == 200:
        return [item["status"] for item in json.loads(reply.body)["items"]]
    return [reply.status]


def promised(app: FastAPI) -> Mapping[str, frozenset[int]]:
    """The statuses below 500 that the document promises, by address."""
    paths: Mapping[str, Any] = app.openapi()["paths"]
    return {
        path: frozenset(int(status) for status in found["post"]["responses"] if int(status) < 500)
        for path, found in paths.items()
        if "post" in found
    }
