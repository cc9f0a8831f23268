"""Spans on their way: to a collector over HTTP, and what a collector that fails costs."""

from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from app.tracing import Traces, traces
from app.tracing.sending import Telling
from tests.privacy.service_log import ServiceLog
from tests.tracing.collector import Collector
from tests.tracing.test_spans import answering, call


@pytest.fixture(params=[200])
def collector(request: pytest.FixtureRequest) -> Iterator[Collector]:
    running = Collector(request.param)
    yield running
    running.close()


def made(address: str) -> Traces:
    found = traces(address, "0.1.0")
    assert found is not None
    return found


async def send(sender: Traces) -> int:
    """Answer one request, and end: what is left is sent."""

    class Held:
        traces = sender

    response = await call(Held(), answering(204))  # type: ignore[arg-type]  # all that is used of it
    await sender.close()
    return response.status_code


async def test_spans_reach_a_collector(collector: Collector) -> None:
    assert await send(made(collector.address)) == 204
    assert collector.paths == ["/v1/traces"]
    sent = ExportTraceServiceRequest.FromString(collector.bodies[0])
    (resource,) = sent.resource_spans
    assert {one.key for one in resource.resource.attributes} == {"service.name", "service.version"}
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["GET /plain"]


@pytest.mark.parametrize("collector", [400], indirect=True)
async def test_a_collector_that_refuses_costs_no_answer(collector: Collector, log: ServiceLog) -> None:
    log.client()
    assert await send(made(collector.address)) == 204
    assert [line["event"] for line in log.lines] == ["traces_not_sent"]
    assert collector.address not in log.text


async def test_a_collector_that_is_not_there_costs_no_answer(log: ServiceLog) -> None:
    log.client()
    gone = Collector(200)
    gone.close()
    assert await send(made(gone.address)) == 204
    assert [line["event"] for line in log.lines] == ["traces_not_sent"]


class Exporter(SpanExporter):
    def __init__(self, *results: SpanExportResult | Exception) -> None:
        self.results = list(results)
        self.asked = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002  the base class has it
        self.asked += 1
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def shutdown(self) -> None:
        """Nothing is held."""


OK, FAILED = SpanExportResult.SUCCESS, SpanExportResult.FAILURE


def test_an_outage_is_told_once_and_without_its_words(log: ServiceLog) -> None:
    log.client()
    telling = Telling(Exporter(FAILED, FAILED, OK, ValueError("Canary 4711"), FAILED))
    assert [telling.export(()) for _ in range(5)] == [FAILED, FAILED, OK, FAILED, FAILED]
    assert [line["error"] for line in log.lines] == ["refused", "ValueError"]
    assert "Canary" not in log.text


def test_at_the_end_a_collector_that_fails_is_not_waited_for() -> None:
    exporter = Exporter(FAILED, OK)
    telling = Telling(exporter)
    telling.end_within(60.0)
    assert [telling.export(()) for _ in range(3)] == [FAILED] * 3
    assert exporter.asked == 1


def test_at_the_end_it_is_not_waited_for_long() -> None:
    exporter = Exporter(OK)
    telling = Telling(exporter)
    telling.end_within(-1.0)
    assert telling.export(()) is FAILED
    assert exporter.asked == 0
