"""The application as the tests talk to it: fixed clock, no environment, no network."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from tests.cds_hooks.record import NOW


def application(clock: Callable[[], datetime] = lambda: NOW, **settings: Any) -> FastAPI:
    """The service under these settings and no others, whatever the environment holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SPINE_METS_")]:
            patch.delenv(name)
        return create_app(Settings(**settings), clock)


def talk_to(app: FastAPI) -> httpx.AsyncClient:
    """A client that sees a failure of the service as a caller would: a response."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service.test")
