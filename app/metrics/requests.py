"""Every request over HTTP counted by the template of its route, whatever came of it."""

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics.metrics import Metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Nobody waited for the answer, and it was not given.
_GONE = 499
_FAILED = 500


class CountedRequests:
    """An application whose requests are counted; outside of everything else, so that failures are, too.

    Args:
        app: what answers.
        metrics: counts.
        route_of: the template of the route that a request took, when it has been answered.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, route_of: Callable[[Scope], str]) -> None:
        self._app = app
        self._metrics = metrics
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = perf_counter()
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, noting)
        except Exception:
            status = status or _FAILED
            raise
        finally:
            self._metrics.in_flight.dec()
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.answered(method, self._route_of(scope), status or _GONE, perf_counter() - started)
