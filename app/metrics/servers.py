"""Requests to FHIR servers, counted by server, resource type and end."""

from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from app.metrics.values import SECONDS, Family, Values

_RESTS = {"closed": 0, "half-open": 1, "open": 2}


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


class ServerFamilies:
    """The metrics of FHIR servers.

    Args:
        values: where they are held.
    """

    def __init__(self, values: Values) -> None:
        of_server = ("tenant", "server")
        self.requests = Family(
            values.counter("cds_fhir_requests", "Requests to FHIR servers.", (*of_server, "type", "result"))
        )
        self.seconds = Family(
            values.histogram(
                "cds_fhir_seconds", "From such a request to its end.", (*of_server, "type"), SECONDS
            )
        )
        self.deadlines = Family(
            values.counter("cds_deadline_exceeded", "Fetching that the deadline ended.", of_server)
        )
        self.breakers = Family(
            values.gauge("cds_breaker_state", "0 asked, 1 tried again, 2 given a rest.", of_server)
        )
        self.refused = Family(values.counter("cds_url_refused", "Addresses that were not asked.", ("kind",)))


class ServerMetrics:
    """Counts what is asked of the servers of one organisation.

    Args:
        families: the metrics.
        tenant: whose servers they are.
    """

    def __init__(self, families: ServerFamilies, tenant: str) -> None:
        self._families = families
        self._tenant = tenant

    def asks(self, asked: Asked) -> Callable[[str, int | None], None]:
        """A request goes out; what is given back counts its end."""
        started = perf_counter()
        kind = asked.interaction if asked.kind == "none" else asked.kind

        def done(result: str, _status: int | None) -> None:
            self._families.requests.of(self._tenant, asked.server, kind, result).inc()
            self._families.seconds.of(self._tenant, asked.server, kind).observe(perf_counter() - started)

        return done

    def pulled(self, server: str, *, late: bool) -> None:
        """Everything that a call needs was asked for."""
        if late:
            self._families.deadlines.of(self._tenant, server).inc()

    def rests(self, server: str, state: str) -> None:
        """Whether a server is asked, given a rest, or tried again."""
        self._families.breakers.of(self._tenant, server).set(_RESTS[state])

    def led_away(self, _server: str) -> None:
        """A server pointed to an address that is not asked."""
        self._families.refused.of("link").inc()
