"""Answers are held against the document: status, media type, schema, and what is not documented at all."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

from tests.conformance.exchange import Exchange
from tests.conformance.promises import Promises, promises_of
from tests.conformance.walker import Walked
from tests.contract.served import application, talk_to

TOTAL = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/api/sums": {
            "get": {
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sum"}}}
                    },
                    "304": {"content": {}},
                    "4XX": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                }
            }
        },
        "/api/sums/{name}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": TOTAL},
                            "text/plain": {"schema": {"type": "string"}},
                        }
                    },
                    "default": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                }
            }
        },
        "/api/sums/odd": {"post": {"responses": {"204": {"description": "Done"}}}},
    },
    "components": {
        "schemas": {
            "Sum": {
                **TOTAL,
                "properties": {"total": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}},
            }
        }
    },
}
PROMISES = Promises(DOCUMENT)
JSON_TYPE = "application/json"
PROBLEM = "application/problem+json"


def found(
    path: str,
    answer: object = None,
    status: int = 200,
    media: str = JSON_TYPE,
    method: str = "GET",
    **headers: str,
) -> list[str]:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    sent = {"content-type": media, **headers}
    return list(PROMISES.faults(Exchange(method, path, b"", status, sent, body)))


@pytest.mark.parametrize(
    "kept",
    [
        found("/api/sums", {"total": 3, "at": "2026-11-21T08:00:00Z"}),
        found("/api/sums", {"total": 3}, media="application/json; charset=utf-8"),
        found("/api/sums", b"", 304, ""),
        found("/api/sums", {}, 404, PROBLEM),
        found("/api/sums/even", {"total": 0}),
        found("/api/sums/even", b"none", media="text/plain"),
        found("/api/sums/even", {}, 500, PROBLEM),
        # One address under two paths: POST by its name, GET by the pattern.
        found("/api/sums/odd", {"total": 1}),
        found("/api/sums/odd", b"", 204, "", "POST"),
        found("/api/sums", {}, 405, PROBLEM, "PUT", allow="GET"),
        found("/api/nothing", {}, 404, PROBLEM),
        found("/a-page", b"<p>", media="text/html"),
        # The caller has gone: nobody reads the answer.
        found("/api/sums", b"", 499, ""),
    ],
)
def test_what_is_promised_is_kept(kept: list[str]) -> None:
    assert kept == []


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (found("/api/sums", {"total": "3"}), "/total: "),
        (found("/api/sums", {}), "total"),
        (found("/api/sums", {"total": 3, "at": "yesterday"}), "/at: "),
        (found("/api/sums", b'{"total": NaN}'), "no strict JSON"),
        (found("/api/sums", {"total": 3}, 201), "status is not documented"),
        (found("/api/sums", {"total": 3}, media="text/html"), "media type text/html is not documented"),
        (found("/api/sums", b"x", 304, ""), "body where none"),
        (found("/api/sums/odd", b"x", 204, "", "POST"), "body where none"),
        (found("/api/sums", {}, 405, PROBLEM, "PUT"), "without Allow"),
        (found("/api/sums/odd", {}, 405, PROBLEM, "PUT", allow="GET"), "Allow is not GET, POST"),
        (found("/api/sums", {}, 200, JSON_TYPE, "PUT"), "200 of what is not documented"),
        (found("/api/nothing", {}, 404, JSON_TYPE), "not application/problem+json"),
        (found("/cds-services/none", {}, 404, PROBLEM), "not application/fhir+json"),
    ],
)
def test_what_is_not_kept_is_told(broken: list[str], why: str) -> None:
    assert why in "; ".join(broken)


def test_a_preflight_promises_nothing() -> None:
    asked = Exchange("OPTIONS", "/api/sums", b"", 400, {}, b"Disallowed CORS origin", preflight=True)
    assert list(PROMISES.faults(asked)) == []


async def test_a_client_of_the_tests_is_told_of_a_promise_that_is_not_kept() -> None:
    app = FastAPI()

    @app.get("/api/sums")
    async def sums(total: str) -> Response:
        return Response(f'{{"total": {total}}}', media_type=JSON_TYPE)

    transport = httpx.ASGITransport(Walked(app, promises=lambda: PROMISES))
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        assert (await client.get("/api/sums?total=3")).json() == {"total": 3}
        with pytest.raises(AssertionError, match="/total: "):
            await client.get('/api/sums?total="3"')


async def test_an_application_of_some_routes_is_held_to_the_document_that_is_kept() -> None:
    app = FastAPI()

    @app.get("/api/v1/scores")
    async def scores() -> Response:
        return Response(b"{}", media_type=JSON_TYPE)

    with pytest.raises(AssertionError, match="scores"):
        await talk_to(app).get("/api/v1/scores")


def test_the_document_is_read_once_for_applications_of_the_same_routes(app: FastAPI) -> None:
    assert promises_of(app) is promises_of(application())
    assert promises_of(app) is not promises_of(FastAPI())
    assert promises_of(FastAPI()) is promises_of(FastAPI())
