"""Traces for OpenTelemetry: off unless an address is set, and without anything of a request's content."""

from app.tracing.building import Traces, traces

__all__ = ["Traces", "traces"]
