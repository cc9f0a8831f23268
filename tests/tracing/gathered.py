"""Spans as a test sees them: kept in memory, of an application that is otherwise as it is."""

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.tracing.spans import ALLOWED_ATTRIBUTES, Spans


class Gathered:
    """Traces whose spans stay here."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.traces = Spans(SimpleSpanProcessor(self._exporter), "0.1.0")

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    @property
    def text(self) -> str:
        """Everything that would leave the process."""
        return "\n".join(span.to_json() for span in self.spans)

    def only(self) -> ReadableSpan:
        (span,) = self.spans
        return span


def check(span: ReadableSpan) -> None:
    """A span holds listed attributes and nothing that anybody wrote."""
    assert set(span.attributes or {}) <= ALLOWED_ATTRIBUTES
    assert span.events == ()
    assert span.links == ()
    assert span.status.description is None
    assert set(span.resource.attributes) == {"service.name", "service.version"}
