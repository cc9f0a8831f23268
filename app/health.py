"""The probes: whether the process answers, and whether requests may be sent to it."""

from fastapi import FastAPI, Response

from app.api.models import Health


def add_probes(app: FastAPI) -> None:
    """Add the three probes; none asks another server, so that no outage of one restarts this service."""

    @app.get(
        "/health/live",
        operation_id="isLive",
        summary="Whether the process answers",
        tags=["Health"],
        response_model=Health,
    )
    async def live() -> Response:
        return Response(b'{"status":"live"}', media_type="application/json")

    @app.get(
        "/health/ready",
        operation_id="isReady",
        summary="Whether the knowledge is loaded and requests are taken",
        tags=["Health"],
        response_model=Health,
    )
    async def ready() -> Response:
        return Response(b'{"status":"ready"}', media_type="application/json")

    @app.get(
        "/health/startup",
        operation_id="isStarted",
        summary="Whether the start is over",
        tags=["Health"],
        response_model=Health,
    )
    async def started() -> Response:
        # The application exists only once everything that can stop a start has passed.
        return Response(b'{"status":"started"}', media_type="application/json")
