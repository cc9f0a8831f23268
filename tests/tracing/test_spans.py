"""One span for a request and one for each request to a FHIR server, of listed attributes only (T17)."""

from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import Receive, Scope, Send

from app.api.route_templates import RouteTemplates
from app.decision import Shown
from app.fhir.server.watching import Asked
from app.tracing import traces
from tests.metrics.counted import decision
from tests.tracing.gathered import Gathered, check

TEMPLATES = RouteTemplates(("/plain", "/scores/{score}"))
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SEARCH = Asked("server-1", "search", "Observation")


def answering(status: int, during: Any = None) -> Any:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if during is not None:
            during()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def call(gathered: Gathered, app: Any, path: str = "/plain", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(gathered.traces.around(app, TEMPLATES.of), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        return await client.get(path, headers=headers)


async def test_a_request() -> None:
    gathered = Gathered()
    await call(gathered, answering(404), "/scores/4711?name=Canary")
    span = gathered.only()
    check(span)
    assert span.name == "GET /scores/{score}"
    assert span.kind is SpanKind.SERVER
    assert span.parent is None
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/scores/{score}",
        "http.response.status_code": 404,
    }
    assert span.status.status_code is StatusCode.UNSET
    assert "4711" not in gathered.text
    assert "Canary" not in gathered.text


async def test_what_was_decided() -> None:
    gathered = Gathered()
    cards = (
        Shown("u-1", "sins", "SINS-B3", "critical", "00"),
        Shown("u-2", "x", "y", "info", "0", shown=False),
    )
    made = decision(cards=cards, upstream=7, patient="4711", instance="4711", base="https://ehr.example.org")
    await call(gathered, answering(200, lambda: gathered.traces.decided(made)))
    span = gathered.only()
    check(span)
    found = dict(span.attributes or {})
    assert found["cds.tenant"] == "default"
    assert found["cds.hook"] == "patient-view"
    assert found["cds.cards"] == 1
    assert found["cds.upstream"] == 7
    assert "4711" not in gathered.text
    assert "ehr.example.org" not in gathered.text


async def test_a_hook_that_its_caller_made_up_is_not_told() -> None:
    gathered = Gathered()
    made = decision(status=400, hook="Canary", fault="structure")
    await call(gathered, answering(400, lambda: gathered.traces.decided(made)))
    assert "Canary" not in gathered.text
    assert dict(gathered.only().attributes or {})["error.type"] == "structure"


async def test_a_failure_tells_its_type_and_no_word() -> None:
    def failing() -> None:
        raise ValueError("Canary 4711")

    gathered = Gathered()
    await call(gathered, answering(200, failing))
    span = gathered.only()
    check(span)
    assert dict(span.attributes or {})["error.type"] == "ValueError"
    assert span.status.status_code is StatusCode.ERROR
    assert "Canary" not in gathered.text


async def test_an_answer_that_is_a_failure() -> None:
    gathered = Gathered()
    await call(gathered, answering(503))
    assert gathered.only().status.status_code is StatusCode.ERROR


async def test_requests_to_a_server_are_children_of_the_request() -> None:
    gathered = Gathered()

    def asking() -> None:
        gathered.traces.asks(SEARCH)("answered", 200)
        gathered.traces.asks(Asked("server-1", "batch", "none"))("timeout", None)

    await call(gathered, answering(200, asking))
    search, batch, request = gathered.spans
    for child in (search, batch):
        check(child)
        assert child.kind is SpanKind.CLIENT
        assert child.parent is not None
        assert child.parent.span_id == request.context.span_id
    assert (search.name, batch.name) == ("FHIR search Observation", "FHIR batch")
    assert dict(search.attributes or {}) == {
        "fhir.server": "server-1",
        "fhir.interaction": "search",
        "fhir.type": "Observation",
        "fhir.result": "answered",
        "http.response.status_code": 200,
    }
    assert batch.status.status_code is StatusCode.ERROR


async def test_the_trace_of_the_caller_is_continued() -> None:
    gathered = Gathered()
    told = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=Canary", "baggage": "name=Canary"}
    await call(gathered, answering(200), **told)
    span = gathered.only()
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert len(span.context.trace_state) == 0
    assert "Canary" not in gathered.text


async def test_a_trace_that_its_caller_does_not_record_is_not_recorded() -> None:
    gathered = Gathered()
    await call(gathered, answering(200), traceparent=f"00-{TRACE}-{PARENT}-00")
    assert gathered.spans == ()


BAD = ["", "Canary", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01"]


@pytest.mark.parametrize("header", BAD, ids=["empty", "words", "version", "no-trace", "no-parent"])
async def test_a_trace_that_cannot_be_read_is_left_alone(header: str) -> None:
    gathered = Gathered()
    await call(gathered, answering(200), traceparent=header)
    assert gathered.only().parent is None
    assert f"{gathered.only().context.trace_id:032x}" != TRACE


async def test_outside_of_a_request_nothing_is_told_of_decisions() -> None:
    gathered = Gathered()
    gathered.traces.decided(decision())
    assert gathered.spans == ()


async def test_the_traces_of_the_process_are_left_alone() -> None:
    before = trace.get_tracer_provider()
    Gathered()
    assert trace.get_tracer_provider() is before


def test_they_are_off_where_no_address_is_set() -> None:
    assert traces(None, "0.1.0") is None


@pytest.mark.parametrize("address", ["collector:4318", "ftp://collector/x", "http://", "nonsense"])
def test_an_address_that_cannot_be_used_stops_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="SPINE_METS_TRACES"):
        traces(address, "0.1.0")
