import io
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from app.logs import configure
from tests.adversary.doors import HOSTILE_HEADERS, NOT_THE_SERVICE, Door, doors, faults_of
from tests.contract.served import application, talk_to
from tests.privacy.canary import traces


@dataclass(frozen=True, slots=True)
class House:
    """The service, every address of it that takes a body, and what it writes of its calls."""

    app: FastAPI
    client: httpx.AsyncClient
    doors: list[Door]
    log: io.BytesIO

    async def faults(
        self, door: Door, body: bytes, statuses: tuple[int, ...], headers: dict[str, str] | None = None
    ) -> list[str]:
        """What is wrong with the answer to a body."""
        sent = {**HOSTILE_HEADERS, **(headers or {})}
        response = await self.client.post(door.path, content=body, headers=sent)
        return faults_of(door, response, statuses)

    async def next_good(self) -> list[str]:
        """What is wrong with the answers to the good bodies."""
        return [fault for door in self.doors for fault in await self.faults(door, door.body, (door.answer,))]


@pytest.fixture(scope="module")
def made() -> Iterator[House]:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, write_through=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        app = application()
    yield House(app, talk_to(app), doors(app), written)
    configure()
    stream.close()


@pytest.fixture
def house(made: House, caplog: pytest.LogCaptureFixture) -> Iterator[House]:
    """The service; what it logs of a person fails the test that made it."""
    caplog.set_level(logging.DEBUG)
    for name in NOT_THE_SERVICE:
        caplog.set_level(logging.CRITICAL, logger=name)
    made.log.seek(0)
    made.log.truncate()
    yield made
    assert traces(made.log.getvalue().decode(), caplog.text) == []
