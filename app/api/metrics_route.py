"""The route of the metrics. Like that of health it is outside of authentication: the network keeps it."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

PATH = "/metrics"
_OPEN_METRICS = "application/openmetrics-text"
_FORMATS = {
    "text/plain": {"schema": {"type": "string"}},
    _OPEN_METRICS: {"schema": {"type": "string"}},
}


def metrics_routes(told: Callable[[bool], tuple[bytes, str]]) -> APIRouter:
    """The route of the metrics.

    Args:
        told: everything counted so far and its media type; in the format of OpenMetrics where asked to.
    """
    routes = APIRouter(tags=["Health"])

    @routes.get(
        PATH,
        operation_id="getMetrics",
        summary="Metrics for Prometheus, without data of patients",
        description=(
            "The text format 0.0.4, or OpenMetrics 1.0.0 where the Accept header names it. No proof is asked "
            "for: only the network of the operator may reach this address."
        ),
        response_class=Response,
        responses={200: {"description": "The metrics", "content": _FORMATS}},
    )
    async def get_metrics(request: Request) -> Response:
        wanted = _takes_open_metrics(",".join(request.headers.getlist("accept")))
        # Where several processes share the work, their files are read.
        content, media_type = await run_in_threadpool(told, wanted)
        headers = {"content-type": media_type, "cache-control": "no-store"}
        return Response(content, headers=headers)

    return routes


def _takes_open_metrics(accept: str) -> bool:
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        refused = any(one.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for one in parameters)
        if name == _OPEN_METRICS and not refused:
            return True
    return False
