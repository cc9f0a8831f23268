"""What an application writes about its calls, to standard error or to any logger."""

import io
import json
import logging
import sys
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.cds_hooks.record import Json
from tests.contract.served import application, talk_to

# The client of the tests, not the service.
NOT_THE_SERVICE = ("httpx", "httpcore", "asyncio")


class ServiceLog:
    """The log of applications that are made through it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self._stream = io.TextIOWrapper(io.BytesIO(), write_through=True)
        caplog.set_level(logging.DEBUG)
        for name in NOT_THE_SERVICE:
            caplog.set_level(logging.CRITICAL, logger=name)

    def application(self, *clock: Any, **settings: Any) -> FastAPI:
        """A new application, whose log is this one."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stderr", self._stream)
            return application(*clock, **settings)

    def client(self, *clock: Any, **settings: Any) -> httpx.AsyncClient:
        """A client of a new application, whose log is this one."""
        return talk_to(self.application(*clock, **settings))

    def close(self) -> None:
        """Take away what the log is written to, as a broken pipe does."""
        self._stream.buffer.close()

    @property
    def text(self) -> str:
        """Everything written so far."""
        buffer = self._stream.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode() + self._caplog.text

    @property
    def lines(self) -> list[Json]:
        """The same as the objects that the lines are."""
        return [json.loads(line) for line in self.text.splitlines() if line.strip()]
