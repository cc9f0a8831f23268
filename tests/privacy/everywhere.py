"""Calls full of a person for every address of the service, and whatever could hold a word of them later."""

import gc
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from fastapi import FastAPI
from psycopg import sql

from tests.cds_hooks.hook_request import HOOK_INSTANCE, SERVICE
from tests.cds_hooks.record import Json
from tests.privacy.canary import CANARIES, FREE_TEXT, HEADERS, MRN, NAME, TOKEN, marked_bundle, marked_request

# Ids may stand in an answer to whoever sent them, and nowhere else.
WORD = "kanarie"
SERVER = f"https://{WORD}.example.org/secret-path/fhir"
IDS = (WORD, HOOK_INSTANCE)
EVERY_HEADER = HEADERS | {
    "x-request-id": MRN,
    "x-correlation-id": NAME,
    "idempotency-key": MRN,
    "x-api-key": TOKEN,
    "x-forwarded-for": f"{WORD}.example.org",
    "tracestate": f"vendor={WORD}",
    "baggage": f"name={NAME}",
}


def hits(*texts: str) -> list[str]:
    """What came out of a person, of a call's ids or of its server."""
    whole = "\n".join(texts)
    return [word for word in (*CANARIES, *IDS) if word in whole or json.dumps(word)[1:-1] in whole]


def named(document: Json) -> Json:
    """The same document with ids that are to be looked for."""
    text = json.dumps(document)
    for name in ("p-1", "dr-1", "c-t11", "c-2"):
        text = text.replace(name, f"{WORD}-{name}")
    found: Json = json.loads(text.replace("https://ehr.example.org/fhir", SERVER))
    return found


def call(**members: Any) -> Json:
    """A call of patient-view; members named are put in their place."""
    made = named(marked_request())
    made["context"]["encounterId"] = f"{WORD}-encounter"
    return {**made, **members}


REPORT: Json = {
    "feedback": [
        {
            "card": "00000000-0000-4000-8000-000000000001",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-20T11:59:00Z",
            "overrideReason": {
                "userComment": f"{FREE_TEXT} {NAME}",
                "reason": {"code": FREE_TEXT, "display": NAME, "system": SERVER},
            },
        }
    ]
}


def bodies(path: str) -> Iterator[bytes]:
    """What is sent to an address: as good as it can be, of a wrong shape, and no JSON."""
    if path.endswith("/feedback"):
        yield json.dumps(REPORT).encode()
    elif path.startswith("/cds-services"):
        yield json.dumps(call()).encode()
        yield json.dumps(call(prefetch={})).encode()
        yield json.dumps(call(hook=NAME)).encode()
        other = json.dumps(call()).replace(f"Patient/{WORD}-p-1", f"Patient/{WORD}-another")
        yield other.encode()
    elif path.endswith("/batch"):
        yield json.dumps({"items": [{"id": f"{WORD}-item", "bundle": named(marked_bundle())}]}).encode()
    elif path.endswith("/assessments"):
        yield json.dumps(named(marked_bundle())).encode()
    yield json.dumps({NAME: MRN, "patient": f"{WORD}-p-1", "level": FREE_TEXT, "pain": [NAME]}).encode()
    yield f"{{{NAME} {TOKEN}".encode()


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    path: str
    body: bytes | None = None
    media_type: str = "application/json"


def requests(document: Json) -> Iterator[Request]:
    """Every operation of the OpenAPI document, and its address with what is not for it."""
    for template, operations in document["paths"].items():
        path = template
        for place in range(template.count("{")):
            begin, end = path.index("{"), path.index("}")
            path = f"{path[:begin]}{WORD}-{place}{path[end + 1 :]}"
        address = f"{path}?patient={MRN}&name={NAME}&token={TOKEN}"
        for method in operations:
            if method == "post":
                for body in bodies(path):
                    yield Request("POST", address, body)
                yield Request("POST", address, b"{}", f"text/{NAME}")
            else:
                yield Request(method.upper(), address)
        yield Request("DELETE", address)
        yield Request("POST", f"{path}/{MRN}", b"{}")
    yield Request("GET", f"/{NAME}/{MRN}?token={TOKEN}")


async def send(client: httpx.AsyncClient, request: Request) -> httpx.Response:
    headers = EVERY_HEADER | {"content-type": request.media_type}
    return await client.request(request.method, request.path, content=request.body, headers=headers)


def check(response: httpx.Response, request: Request) -> None:
    """Nothing of a call is in an error or in the headers of any answer; ids may stand in what was asked."""
    told = json.dumps(dict(response.headers))
    if response.status_code >= httpx.codes.BAD_REQUEST:
        told += response.text
    assert hits(told) == [], (request.method, request.path.partition("?")[0], response.status_code)


@asynccontextmanager
async def started(app: FastAPI) -> AsyncIterator[None]:
    """The application from its start to its end, at which everything that waits is written and sent."""
    thresholds = gc.get_threshold()
    try:
        async with app.router.lifespan_context(app):
            yield
    finally:
        # What starting changed of the collector concerns a process, and not the next test.
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def kept_in(address: str) -> str:
    """Everything in a database, row by row; of SQLite the files themselves as well."""
    if address.startswith("sqlite:///"):
        file = Path(address.removeprefix("sqlite:///"))
        raw = b"".join(path.read_bytes() for path in file.parent.iterdir() if path.is_file())
        with closing(sqlite3.connect(file)) as connection:
            named_tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
            tables = [str(name) for (name,) in connection.execute(named_tables)]
            rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608  names from the database itself
        return raw.decode("latin-1") + _text(rows)
    with psycopg.connect(address) as server:
        listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        tables = [str(name) for (name,) in server.execute(listed).fetchall()]
        found = [
            row
            for table in tables
            for row in server.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
        ]
    return _text(found)


def _text(rows: list[Any]) -> str:
    return "\n".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row
    )


__all__ = ["SERVICE", "Request", "call", "check", "hits", "kept_in", "requests", "send", "started"]
