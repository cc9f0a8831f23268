"""What makes traces, built only where they are switched on: its libraries take half a second to import."""

from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import ASGIApp, Scope

from app.decision import Decision


class Asked(Protocol):
    """A request to a FHIR server."""

    @property
    def server(self) -> str:
        """The name of the server."""
        ...

    @property
    def interaction(self) -> str:
        """What is asked."""
        ...

    @property
    def kind(self) -> str:
        """The resource type."""
        ...


class Traces(Protocol):
    """Makes a span of each request, and one of each request to a FHIR server for it."""

    def around(self, app: ASGIApp, route_of: Callable[[Scope], str]) -> ASGIApp:
        """An application with a span for each of its requests.

        Args:
            app: what answers.
            route_of: the template of the route of a request.
        """
        ...

    def decided(self, decision: Decision) -> None:
        """Tell the span of this request what was decided."""
        ...

    def asks(self, asked: Asked) -> Callable[[str, int | None], None]:
        """Begin the span of a request to a FHIR server; what is given back ends it."""
        ...

    def pulled(self, server: str, *, late: bool) -> None:
        """Nothing is told of the whole."""
        ...

    def rests(self, server: str, state: str) -> None:
        """Nothing is told of a rest."""
        ...

    def led_away(self, server: str) -> None:
        """Nothing is told of an address."""
        ...

    async def close(self) -> None:
        """Send what is still here, for a moment, and make no more."""
        ...


def traces(endpoint: str | None, version: str, exporter: Any = None) -> Traces | None:  # noqa: ANN401  its type is of a library that is imported only when needed
    """What makes traces; None where they are off.

    Args:
        endpoint: where they are sent, by OTLP over HTTP, such as ``http://collector:4318/v1/traces``.
        version: of this service.
        exporter: takes the spans instead; for tests.

    Raises:
        ValueError: the address cannot be used.
    """
    if endpoint is None:
        return None
    from app.tracing.sending import Batches, endpoint_exporter  # noqa: PLC0415  as above
    from app.tracing.spans import Spans  # noqa: PLC0415  only where traces are switched on

    return Spans(Batches(exporter or endpoint_exporter(endpoint)), version)
