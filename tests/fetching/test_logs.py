"""What the log tells of a call that fetches: that it was answered, and nothing of what passed."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from app.logs import configure
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.record import PATIENT_ID
from tests.faults.behaviours import BEHAVIOURS, LOGIN_PAGE, OTHER_BASE, STRANGER
from tests.faults.server import FaultServer
from tests.faults.tripwire import LEADING_AWAY, Tripwire
from tests.fetching.calls import FAMILY, TOKEN, fhir_server, running, stored, with_token

LATE = ("never", "half second", "late", "refused")


@pytest.fixture
def stream() -> Iterator[io.TextIOWrapper]:
    """What a test may put in the place of standard error before it makes an application."""
    yield io.TextIOWrapper(io.BytesIO(), write_through=True)
    # The logger is one for the process: give it back the standard error of the other tests.
    configure()


def written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@pytest.mark.conforms("R67")
async def test_no_fault_makes_the_log_tell_of_the_token_the_patient_or_the_server(
    stream: io.TextIOWrapper, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here and not in the fixture: pytest puts its own back before each test.
    monkeypatch.setattr(sys, "stderr", stream)
    caplog.set_level(logging.DEBUG)
    # The client of the tests, not the service.
    for name in ("httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.CRITICAL, logger=name)
    async with FaultServer(stored()) as server, Tripwire() as wire:
        async with running(fhir_servers=(fhir_server(server),)) as app:
            ehr = Ehr(app)
            faults = {name: one for name, one in BEHAVIOURS.items() if not any(w in name for w in LATE)}
            faults |= {name: leading(wire.base) for name, leading in LEADING_AWAY.items()}
            for fault in faults.values():
                server.on("Observation", fault)
                server.requests.clear()
                await ehr.send(with_token(server.base))
            await ehr.send(with_token(wire.base))
        lines = [json.loads(line) for line in written(stream).splitlines()]
        told = [line["event"] for line in lines]
        assert told.count("hook") > 50
        assert told.count("fhir_server_refused") == 1
        whole = written(stream) + caplog.text
        for word in (
            TOKEN,
            FAMILY,
            PATIENT_ID,
            STRANGER,
            LOGIN_PAGE,
            OTHER_BASE,
            server.base,
            wire.address,
            "Bearer",
            "Traceback",
            "There is no answer",
            "session=",
        ):
            assert word not in whole
