"""The application as the tests talk to it: fixed clock, no environment, no network, every answer walked."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from tests.cds_hooks.record import NOW
from tests.conformance.promises import promises_of
from tests.conformance.walker import Walked


def application(clock: Callable[[], datetime] = lambda: NOW, **settings: Any) -> FastAPI:
    """The service under these settings and no others, whatever the environment holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SPINE_METS_")]:
            patch.delenv(name)
        # In memory, unless a test says where: no test leaves a database beside the project.
        chosen = Settings(**{"database": "sqlite://", **settings})
        app = create_app(chosen, clock)
    # For the walker, which has to know what is switched on.
    app.state.ballot = chosen.ballot
    return app


def walked(app: FastAPI) -> Walked:
    """The application; an answer that breaks CDS Hooks or its own document fails the test that asked."""
    return Walked(app, getattr(app.state, "ballot", ()), partial(promises_of, app))


def talk_to(app: FastAPI) -> httpx.AsyncClient:
    """A client that sees a failure of the service as a caller would: a response."""
    # The walker keeps what the service raises to itself: what is raised here is the walker's own.
    transport = httpx.ASGITransport(walked(app))
    return httpx.AsyncClient(transport=transport, base_url="http://service.test")
