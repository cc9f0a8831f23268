"""Addresses, methods, and what is not served (contract 4; hardening T20, T27)."""

import json
from typing import Any

import pytest

from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, SCORES, Caller
from tests.contract.served import application
from tests.production import PRODUCTION

GETS = [
    SCORES,
    f"{SCORES}/sins",
    f"{SCORES}/sins/questionnaire",
    "/api/v1/policies",
    "/health/live",
    "/health/ready",
]
POSTS: dict[str, Any] = {f"{SCORES}/sins": {}, f"{SCORES}/mirels": {}, ASSESSMENTS: bundle()}


@pytest.mark.parametrize("path", GETS)
async def test_a_get_is_answered(caller: Caller, path: str) -> None:
    assert (await caller.get(path)).status_code == 200


@pytest.mark.parametrize("path", sorted(POSTS))
async def test_a_post_is_answered(caller: Caller, path: str) -> None:
    assert (await caller.post(path, POSTS[path])).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [*GETS, *POSTS])
async def test_another_method_is_a_405_that_names_the_right_ones(
    caller: Caller, path: str, method: str
) -> None:
    response = await caller.call(method, path, None, {})
    assert response.status_code == 405
    allowed = {name.strip() for name in response.headers["allow"].split(",")}
    assert ("GET" in allowed) or ("POST" in allowed)
    assert response.json()["type"].endswith("/problems/method")
    assert method not in allowed


async def test_an_address_of_two_methods_names_both(caller: Caller) -> None:
    response = await caller.call("DELETE", f"{SCORES}/sins", None, {})
    assert [name.strip() for name in response.headers["allow"].split(",")] == ["GET", "POST"]


@pytest.mark.parametrize("path", [SCORES, "/api/v1/policies", "/health/live"])
async def test_a_post_where_only_a_get_is_taken(caller: Caller, path: str) -> None:
    response = await caller.post(path, {})
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


async def test_a_get_where_only_a_post_is_taken(caller: Caller) -> None:
    response = await caller.get(ASSESSMENTS)
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/redoc",
        "/docs/oauth2-redirect",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v2/scores",
        "/api/v1/score",
        f"{SCORES}/",
        f"{ASSESSMENTS}/",
        f"{ASSESSMENTS}/1",
        "/api/v1/scores/sins/questionnaire/x",
        "/health",
        "/version",
        "/.env",
        "/..%2f..%2fetc%2fpasswd",
        "/%00",
        "/" + "x" * 5_000,
        "/api/v1/scores?x=<script>",
    ],
)
async def test_there_is_nothing_else(caller: Caller, path: str) -> None:
    response = await caller.client.get(path)
    if path.startswith("/api/v1/scores?"):
        assert response.status_code == 200
    else:
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == 404
    assert "location" not in response.headers
    assert "<script>" not in response.text
    assert "passwd" not in response.text
    assert "xxx" not in response.text


async def test_the_service_profile_serves_no_demo() -> None:
    caller = Caller(application(**PRODUCTION))
    for path in ("/", "/static/app.css", "/demo/patients", "/demo/patients/stable-t10"):
        assert (await caller.client.get(path)).status_code == 404
    assert (await caller.get(SCORES)).status_code == 200


async def test_the_document_is_served(caller: Caller) -> None:
    response = await caller.client.get("/openapi.json")
    assert response.status_code == 200
    assert response.json() == json.loads(json.dumps(caller.document))


@pytest.mark.parametrize("state", ["live", "ready"])
async def test_health_says_nothing_more_than_its_state(caller: Caller, state: str) -> None:
    assert (await caller.get(f"/health/{state}")).json() == {"status": state}


async def test_no_answer_names_the_framework(caller: Caller) -> None:
    for path in (*GETS, "/nothing"):
        headers = (await caller.client.get(path)).headers
        assert not {"server", "x-powered-by"} & set(headers)


async def test_nothing_is_made_of_the_host_that_a_caller_names(caller: Caller) -> None:
    for path in (SCORES, "/nothing", f"{SCORES}/"):
        response = await caller.client.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in response.text + str(response.headers)
