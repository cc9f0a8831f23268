"""The spans: one for a request and one for each request to a FHIR server, of listed attributes only."""

import asyncio
import re
from collections.abc import Callable
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.decision import Decision
from app.tracing.building import Asked

ALLOWED_ATTRIBUTES = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "error.type",
        "cds.tenant",
        "cds.service",
        "cds.hook",
        "cds.cards",
        "cds.upstream",
        "fhir.server",
        "fhir.interaction",
        "fhir.type",
        "fhir.result",
    }
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# https://www.w3.org/TR/trace-context/#traceparent-header
_PARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_FIRST_FAILURE = 500
_OK = 200
_ANSWERED = "answered"


class Spans:
    """Makes spans with a provider of its own, never that of the process.

    Nothing of what the caller says of the trace goes on to anybody: a FHIR server is told of no trace.

    Args:
        processor: takes the spans.
        version: of this service.
    """

    def __init__(self, processor: SpanProcessor, version: str) -> None:
        resource = Resource({"service.name": "spine-mets-cds", "service.version": version})
        self._processor = processor
        self._provider = TracerProvider(
            sampler=ParentBased(ALWAYS_ON), resource=resource, shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("spine-mets-cds", version)
        self._current: ContextVar[Span | None] = ContextVar("span", default=None)

    def around(self, app: ASGIApp, route_of: Callable[[Scope], str]) -> ASGIApp:
        """An application with a span for each of its requests.

        Args:
            app: what answers.
            route_of: the template of the route of a request.
        """

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = route_of(scope)
            span = self._tracer.start_span(
                f"{method} {route}", context=_parent(scope), kind=SpanKind.SERVER, record_exception=False
            )
            _set(span, "http.request.method", method)
            _set(span, "http.route", route)

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    _set(span, "http.response.status_code", status)
                    if status >= _FIRST_FAILURE:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            token = self._current.set(span)
            try:
                await app(scope, receive, noting)
            except BaseException as error:
                # Its type alone: the text can hold anything.
                _set(span, "error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise
            finally:
                self._current.reset(token)
                span.end()

        return traced

    def decided(self, decision: Decision) -> None:
        """Tell the span of this request what was decided."""
        span = self._current.get()
        if span is None:
            return
        _set(span, "cds.tenant", decision.tenant)
        _set(span, "cds.service", decision.service)
        if decision.hook is not None and decision.status == _OK:
            # Any other answer may be to a hook that its caller made up.
            _set(span, "cds.hook", decision.hook)
        _set(span, "cds.cards", sum(card.shown for card in decision.cards))
        _set(span, "cds.upstream", decision.upstream)
        if decision.fault is not None:
            _set(span, "error.type", decision.fault)

    def asks(self, asked: Asked) -> Callable[[str, int | None], None]:
        """Begin the span of a request to a FHIR server; what is given back ends it."""
        parent = self._current.get()
        name = f"FHIR {asked.interaction}" + ("" if asked.kind == "none" else f" {asked.kind}")
        span = self._tracer.start_span(
            name,
            context=Context() if parent is None else set_span_in_context(parent, Context()),
            kind=SpanKind.CLIENT,
            record_exception=False,
        )
        _set(span, "fhir.server", asked.server)
        _set(span, "fhir.interaction", asked.interaction)
        _set(span, "fhir.type", asked.kind)

        def done(result: str, status: int | None) -> None:
            _set(span, "fhir.result", result)
            if status is not None:
                _set(span, "http.response.status_code", status)
            if result != _ANSWERED:
                span.set_status(StatusCode.ERROR)
            span.end()

        return done

    def pulled(self, server: str, *, late: bool) -> None:
        """Nothing is told of the whole."""

    def rests(self, server: str, state: str) -> None:
        """Nothing is told of a rest."""

    def led_away(self, server: str) -> None:
        """Nothing is told of an address."""

    async def close(self) -> None:
        """Send what is still here, for a moment, and make no more."""
        await asyncio.to_thread(self._processor.shutdown)


def _set(span: Span, name: str, value: str | int) -> None:
    if name in ALLOWED_ATTRIBUTES:
        span.set_attribute(name, value)


def _parent(scope: Scope) -> Context:
    """The caller's span, by its ids and flags; nothing else that it says of the trace."""
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    match = _PARENT.fullmatch(found[0]) if len(found) == 1 else None
    if match is None:
        return Context()
    caller = SpanContext(
        trace_id=int(match[1], 16),
        span_id=int(match[2], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(match[3], 16) & TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(caller), Context())
