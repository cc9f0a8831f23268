"""Sends generated cases into an application: the bytes that go over the wire, without a client's cost."""

import asyncio
from typing import Any

import httpx
import requests
import schemathesis
from schemathesis.core.transport import Response
from starlette.types import ASGIApp

BASE = "http://service.test"


class Sender:
    """Sends to an application, in an event loop of its own.

    The client that schemathesis would use takes ten times as long as the application: it starts a task in
    another thread for every call.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), trust_env=False)
        self._runner = asyncio.Runner()

    def send(self, case: schemathesis.Case[Any]) -> Response:
        """The answer to a case."""
        wire = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
        headers = {name: _text(value) for name, value in wire.headers.items()}
        body = wire.body if isinstance(wire.body, bytes | str) else None
        request = httpx.Request(str(wire.method), str(wire.url), headers=headers, content=body)
        return Response.from_httpx(self._runner.run(self._client.send(request)), verify=True)

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
