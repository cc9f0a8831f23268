"""Spans on their way to a collector: behind the caller's back, and in the log where they do not arrive."""

from collections.abc import Sequence
from time import monotonic
from urllib.parse import urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from app.logs import logger

_SECONDS = 2.0
_WAITING = 2_048
_BATCH = 512
_MILLISECONDS_BETWEEN = 1_000


class Telling(SpanExporter):
    """An exporter whose failures stand in the log, once for each outage and without a word of theirs.

    Args:
        exporter: sends the spans.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._failing = False
        self._until: float | None = None

    def end_within(self, seconds: float) -> None:
        """Send what is left for that many seconds, and nothing more after a failure."""
        self._until = monotonic() + seconds

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; whatever fails costs these spans and nothing else."""
        if self._until is not None and (self._failing or monotonic() > self._until):
            return SpanExportResult.FAILURE
        error = "refused"
        try:
            result = self._exporter.export(spans)
        except Exception as failure:  # noqa: BLE001  no failure of a collector is one of this service
            result, error = SpanExportResult.FAILURE, type(failure).__name__
        if result is SpanExportResult.SUCCESS:
            self._failing = False
        elif not self._failing:
            self._failing = True
            logger().warning("traces_not_sent", error=error)
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Whether everything was sent."""
        return self._exporter.force_flush(timeout_millis)


def endpoint_exporter(endpoint: str) -> SpanExporter:
    """What sends spans to an address.

    Raises:
        ValueError: it is none of HTTP.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            "SPINE_METS_TRACES must be an address of OTLP over HTTP, such as http://collector:4318/v1/traces"
        )
    session = requests.Session()
    # No proxy and no password of the environment: what is sent goes where it was told to.
    session.trust_env = False
    return OTLPSpanExporter(endpoint=endpoint, timeout=_SECONDS, session=session)


class Batches(BatchSpanProcessor):
    """Gathers spans and sends them from a thread of its own; those beyond its room are dropped.

    Args:
        exporter: sends them.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._telling = Telling(exporter)
        super().__init__(
            self._telling,
            max_queue_size=_WAITING,
            max_export_batch_size=_BATCH,
            schedule_delay_millis=_MILLISECONDS_BETWEEN,
        )

    def shutdown(self) -> None:
        """Send what is left, and no longer than a stop may take."""
        self._telling.end_within(_SECONDS)
        super().shutdown()  # type: ignore[no-untyped-call]  # its types end here
