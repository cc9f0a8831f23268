"""Every address that takes a body, with a good one, and what no answer of it may ever be."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from tests.api.bundle import bundle
from tests.cds_hooks.ehr import strict_json
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.record import Json, observation, quantity, spinal_lesion
from tests.contract.document import body_schema
from tests.privacy.canary import HEADERS, NAME, traces
from tests.privacy.service_log import NOT_THE_SERVICE as NOT_THE_SERVICE  # noqa: PLC0414  for the fixtures

ASSESSMENTS = "/api/v1/assessments"
BATCH = f"{ASSESSMENTS}/batch"
PATIENT_ASSESSMENTS = "/api/v1/patient-assessments"
RECORD = (*spinal_lesion("T11"), observation("extra", "vertebral-height-loss", quantity(62)))
FEEDBACK: Json = {
    "feedback": [
        {
            "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-20T11:00:00Z",
            "overrideReason": {"reason": {"code": "x", "system": "https://ehr.example.org/r"}},
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Door:
    """An address and a good body for it.

    Args:
        strict: whether members that are not known are refused.
        answer: the status of the good body.
        limit: the largest body, as far as the cases reach it.
    """

    path: str
    good: Json
    strict: bool = False
    answer: int = 200
    limit: int = 64_000

    @property
    def body(self) -> bytes:
        return json.dumps(self.good).encode()

    @property
    def fhir(self) -> bool:
        """Whether its faults are OperationOutcomes."""
        return self.path.startswith("/cds-services")

    def refusal(self) -> str:
        return "application/fhir+json" if self.fhir else "application/problem+json"


def doors(app: FastAPI) -> list[Door]:
    """One for each operation of the OpenAPI document that takes a body."""
    document: Json = app.openapi()
    return [_door(path, document) for path, operations in document["paths"].items() if "post" in operations]


def _door(path: str, document: Json) -> Door:
    hooks = {service: hook for hook, service in SERVICES.items()}
    if path in hooks:
        return Door(path, request_of(hooks[path], RECORD), limit=5_000_000)
    if path.endswith("/feedback"):
        return Door(path, FEEDBACK, limit=5_000_000)
    if path == BATCH:
        items = [{"id": "case-1", "bundle": bundle(list(RECORD))}]
        return Door(path, {"items": items}, strict=True, limit=20_000_000)
    if path == ASSESSMENTS:
        return Door(path, bundle(list(RECORD)), limit=20_000_000)
    if path == PATIENT_ASSESSMENTS:
        # No server is set up: a good body is told so.
        return Door(path, {"patient": "p-1"}, strict=True, answer=412)
    schema = body_schema(document, path)
    return Door(path, schema["examples"][0], strict=True)


def with_member(body: bytes, member: bytes) -> bytes:
    """The same object with one member more."""
    return body[:-1] + (b"" if body == b"{}" else b", ") + member + b"}"


def faults_of(door: Door, response: httpx.Response, statuses: tuple[int, ...]) -> list[str]:
    """What is wrong with an answer, whatever was asked."""
    found = []
    if response.status_code not in statuses:
        found.append(f"{door.path}: {response.status_code} {response.text[:200]}")
    media_type = response.headers.get("content-type", "")
    wanted = "application/json" if response.status_code == 200 else door.refusal()
    if media_type != wanted:
        found.append(f"{door.path}: media type {media_type}")
    try:
        content = strict_json(response.content)
    except ValueError:
        return [*found, f"{door.path}: no JSON"]
    if not isinstance(content, dict):
        found.append(f"{door.path}: no object")
    if leaked := traces(response.text, json.dumps(dict(response.headers))):
        found.append(f"{door.path}: repeats {leaked}")
    return found


MARK = f'"{NAME}": "{NAME}"'.encode()
HOSTILE_HEADERS: Mapping[str, str] = {**HEADERS, "content-type": "application/json"}


def members(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the members of the objects of a document are."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in pairs:
        if isinstance(name, str):
            yield (*path, name)
        yield from members(child, (*path, name))


def doubled(document: Json, path: tuple[str | int, ...], value: Any, *, escaped: bool, first: bool) -> bytes:
    """A document with one name twice, which no parser of its own could write.

    Args:
        path: where the member is that is written again.
        value: what it says the other time.
        escaped: whether its name is spelled in escapes the other time.
        first: whether the other time is the first one.
    """
    copy: Any = json.loads(json.dumps(document))
    holder = copy
    for name in path[:-1]:
        holder = holder[name]
    last = str(path[-1])
    written = list(holder.items())
    place = [name for name, _ in written].index(last)
    written.insert(place if first else place + 1, ("@again@", value))
    holder.clear()
    holder.update(written)
    name = "".join(f"\\u{ord(sign):04x}" for sign in last) if escaped else last
    return json.dumps(copy).replace('"@again@"', f'"{name}"', 1).encode()
