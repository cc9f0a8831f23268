"""Structured logs through an allow-list: a field that is not listed is never written.

Nothing of a request's content, no identifier, no token and no exception text reaches a log.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, BinaryIO, cast

import msgspec
import structlog

ALLOWED_FIELDS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "correlation",
        "service",
        "route",
        "method",
        "status",
        "milliseconds",
        "bytes",
        "cards",
        "lesions",
        "gaps",
        "set_aside",
        "error",
        "reason",
        "profile",
        "version",
        "digest",
        "host",
        "port",
        "tenants",
        "tenant",
        "decision",
        "caller",
        "line",
        "mend",
    }
)
# They would log every address that is asked, in which a patient's id can be.
_CLIENTS = ("httpx", "httpx2", "urllib3")


def configure() -> None:
    """Send the service's own events, one JSON object a line, to standard error."""
    logging.getLogger("uvicorn.access").disabled = True
    for client in _CLIENTS:
        logging.getLogger(client).setLevel(logging.WARNING)
    # Its exporters would tell of their failures in words of their own, past the allow-list: app/tracing says
    # that they failed.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _allow_listed_only,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        logger_factory=structlog.BytesLoggerFactory(cast("BinaryIO", _Unfailing(sys.stderr.buffer))),
        cache_logger_on_first_use=True,
    )


class _Unfailing:
    """A stream whose failures, such as a full disk or a closed pipe, cost no answer."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, line: bytes) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def logger() -> Any:  # noqa: ANN401  structlog's own type: any bound logger
    """The service's logger."""
    return structlog.get_logger()


def _json(event: object, **_options: object) -> bytes:
    return msgspec.json.encode(event)


def _allow_listed_only(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {name: value for name, value in event.items() if name in ALLOWED_FIELDS}
