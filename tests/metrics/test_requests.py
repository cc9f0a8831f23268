"""Every request over HTTP counted, whatever came of it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.api.route_templates import RouteTemplates
from app.metrics import CountedRequests, Metrics
from tests.contract.served import application, talk_to
from tests.metrics.counted import labels_of, metrics, told, value

TEMPLATES = RouteTemplates(
    ("/plain", "/scores/{score}", "/scores/{score}/form", "/scores/all/form", "/static/{path:path}")
)


def answering(status: int) -> Any:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def failing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ValueError("Zwykowska")


async def call(app: Any, path: str = "/plain", method: str = "GET") -> Metrics:
    counted = metrics()
    transport = httpx.ASGITransport(CountedRequests(app, counted, TEMPLATES.of), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        await client.request(method, path)
    return counted


@pytest.mark.parametrize("status", [200, 404, 413, 503])
async def test_by_its_status(status: int) -> None:
    text = told(await call(answering(status)))
    assert value(text, "cds_http_requests_total", method="GET", route="/plain", status=str(status)) == 1
    assert value(text, "cds_http_seconds_count", route="/plain") == 1


async def test_a_failure_that_nobody_answered() -> None:
    text = told(await call(failing))
    assert value(text, "cds_http_requests_total", status="500") == 1
    assert value(text, "cds_http_in_flight") == 0
    assert "Zwykowska" not in text


async def test_a_caller_who_went_away() -> None:
    counted = metrics()

    async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
        """Nobody is there to be answered."""

    scope = {"type": "http", "method": "POST", "path": "/plain", "headers": []}
    app = CountedRequests(silent, counted, TEMPLATES.of)
    await app(scope, nothing_comes, nothing_goes)
    assert value(told(counted), "cds_http_requests_total", status="499") == 1


async def nothing_comes() -> Any:
    return {"type": "http.disconnect"}


async def nothing_goes(_message: Any) -> None:
    """Nobody reads it."""


async def test_a_method_that_its_caller_made_up() -> None:
    text = told(await call(answering(405), method="ZWYKOWSKA"))
    assert value(text, "cds_http_requests_total", method="other", status="405") == 1


async def test_those_that_are_being_answered() -> None:
    counted = metrics()
    seen: list[float] = []

    async def looking(_scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append(value(told(counted), "cds_http_in_flight"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(CountedRequests(looking, counted, TEMPLATES.of))
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        await client.get("/plain")
    assert seen == [1]
    assert value(told(counted), "cds_http_in_flight") == 0


async def test_what_is_no_request_is_let_through() -> None:
    counted = metrics()
    seen: list[str] = []

    async def noting(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    await CountedRequests(noting, counted, TEMPLATES.of)({"type": "lifespan"}, nothing_comes, nothing_goes)
    assert seen == ["lifespan"]
    assert value(told(counted), "cds_http_requests_total") == 0


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/plain", "/plain"),
        ("/scores/4711", "/scores/{score}"),
        ("/scores/4711/form", "/scores/{score}/form"),
        ("/scores/all/form", "/scores/all/form"),
        ("/static/a/b.js", "/static/{path:path}"),
        ("/plain/", "other"),
        ("/scores/a/b", "other"),
        ("/scores/a\n/form", "/scores/{score}/form"),
        ("/4711", "other"),
        ("", "other"),
    ],
)
def test_the_template_of_an_address(path: str, template: str) -> None:
    assert TEMPLATES.of({"path": path}) == template


ANSWERS: tuple[tuple[str, str, str, int], ...] = (
    ("GET", "/api/v1/scores/4711-Canary", "/api/v1/scores/{score}", 404),
    ("PUT", "/api/v1/scores/sins", "/api/v1/scores/sins", 405),
    ("GET", "/api/v1/scores/sins/questionnaire", "/api/v1/scores/{score}/questionnaire", 200),
    ("GET", "/4711-Canary?name=Canary", "other", 404),
    ("POST", "/api/v1/assessments", "/api/v1/assessments", 415),
    ("GET", "/health/live", "/health/live", 200),
    ("GET", "/openapi.json", "/openapi.json", 200),
)


@pytest.mark.parametrize(
    ("method", "path", "template", "status"), ANSWERS, ids=[f"{one[0]} {one[2]} {one[3]}" for one in ANSWERS]
)
async def test_the_service_counts_its_own(method: str, path: str, template: str, status: int) -> None:
    client = talk_to(application())
    assert (await client.request(method, path)).status_code == status
    text = (await client.get("/metrics")).text
    labels = {"method": method, "route": template, "status": str(status)}
    assert value(text, "cds_http_requests_total", **labels) == 1
    assert not any("Canary" in label for label in labels_of(text))


async def test_a_failure_of_the_service_is_counted(broken_clock: Callable[[], Any]) -> None:
    client = talk_to(application(broken_clock))
    body = {"resourceType": "Bundle", "type": "collection", "entry": []}
    assert (await client.post("/api/v1/assessments", json=body)).status_code == 500
    text = (await client.get("/metrics")).text
    assert value(text, "cds_http_requests_total", route="/api/v1/assessments", status="500") == 1


@pytest.fixture
def broken_clock() -> Callable[[], Any]:
    def clock() -> Any:
        raise ValueError("no time")

    return clock
