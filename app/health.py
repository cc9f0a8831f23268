"""The probes: whether the process answers, and whether requests may be sent to it."""

from fastapi import FastAPI, Response

from app.api.models import Health

# By address: the operation, what it tells, and the status that it answers with. The application exists only
# once everything that can stop a start has passed.
_PROBES = {
    "live": ("isLive", "Whether the process answers", b'{"status":"live"}'),
    "ready": ("isReady", "Whether the knowledge is loaded and requests are taken", b'{"status":"ready"}'),
    "startup": ("isStarted", "Whether the start is over", b'{"status":"started"}'),
}


def add_probes(app: FastAPI) -> None:
    """Add the three probes; none asks another server, so that no outage of one restarts this service."""
    for address, (operation, summary, content) in _PROBES.items():
        _add(app, address, operation, summary, content)


def _add(app: FastAPI, address: str, operation: str, summary: str, content: bytes) -> None:
    @app.get(
        f"/health/{address}",
        operation_id=operation,
        summary=summary,
        tags=["Health"],
        response_model=Health,
    )
    async def probe() -> Response:
        return Response(content, media_type="application/json")
