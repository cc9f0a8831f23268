"""Nothing of a person in logs, metrics, traces, errors, headers or the database, whatever is asked (O07)."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from tests.cds_hooks.hook_request import SERVICE
from tests.cds_hooks.record import patient
from tests.cli.running_service import serving
from tests.contract.served import talk_to
from tests.faults.behaviours import BEHAVIOURS
from tests.faults.server import FaultServer
from tests.faults.tripwire import LEADING_AWAY
from tests.fetching.calls import fhir_server, stored
from tests.privacy.canary import AUTHORIZATION, MRN, NAME, PERSON, TOKEN, marked_record
from tests.privacy.everywhere import (
    EVERY_HEADER,
    Request,
    call,
    check,
    hits,
    kept_in,
    named,
    requests,
    send,
    started,
)
from tests.privacy.service_log import ServiceLog
from tests.tracing.collector import Collector

# Each of these waits for a time to pass, which says nothing of words.
LATE = ("never", "second", "late", "refused", "bomb", "slow")
FAILED_STATUS = 500


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector(200)
    yield running
    running.close()


def spans(collector: Collector) -> str:
    assert collector.bodies
    return b"".join(collector.bodies).decode("latin-1")


async def test_every_address_and_every_kind_of_error(
    log: ServiceLog, collector: Collector, kept: str
) -> None:
    app = log.application(database=kept, traces=collector.address)
    statuses: dict[int, int] = {}
    async with started(app):
        client = talk_to(app)
        for request in requests(app.openapi()):
            response = await send(client, request)
            check(response, request)
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
        told = (await client.get("/metrics")).text
    assert {200, 400, 404, 405, 412, 415, 422} <= set(statuses)
    assert hits(log.text) == []
    assert hits(told) == []
    assert 'route="/cds-services/spinal-metastasis-patient-view",status="412"' in told
    assert hits(spans(collector)) == []
    assert "POST /cds-services/spinal-metastasis-patient-view" in spans(collector)
    assert hits(kept_in(kept)) == []


async def test_a_body_that_is_too_large(log: ServiceLog, collector: Collector) -> None:
    app = log.application(max_hook_bytes=1_024, max_bundle_bytes=1_024, traces=collector.address)
    async with started(app):
        client = talk_to(app)
        for path in (SERVICE, "/api/v1/assessments"):
            request = Request("POST", path, json.dumps(call()).encode())
            response = await send(client, request)
            assert response.status_code == 413
            check(response, request)
        told = (await client.get("/metrics")).text
    assert hits(log.text, told, spans(collector)) == []


def broken() -> datetime:
    raise ValueError(f"{NAME} {TOKEN} {MRN}")


async def test_a_part_that_fails_with_words_of_the_call(log: ServiceLog, collector: Collector) -> None:
    app = log.application(broken, traces=collector.address)
    async with started(app):
        client = talk_to(app)
        failed = 0
        for request in requests(app.openapi()):
            response = await send(client, request)
            check(response, request)
            failed += response.status_code == FAILED_STATUS
        told = (await client.get("/metrics")).text
    assert failed > 3
    assert 'status="500"' in told
    assert hits(log.text, told, spans(collector)) == []


async def test_every_fault_of_a_fhir_server(log: ServiceLog, collector: Collector, kept: str) -> None:
    person = named({"all": [patient(**PERSON), *marked_record()]})["all"]
    faults = {
        name: fault for name, fault in BEHAVIOURS.items() if not any(word in name.lower() for word in LATE)
    }
    faults |= {name: leading("http://127.0.0.1:9/kanarie") for name, leading in LEADING_AWAY.items()}
    access = AUTHORIZATION | {"patient": "kanarie-p-1"}
    async with FaultServer(stored(person)) as server:
        app = log.application(
            database=kept, traces=collector.address, fhir_servers=(fhir_server(server),), fetch_deadline=10
        )
        async with started(app):
            client = talk_to(app)
            answered = 0
            for need in ("Observation", "Patient"):
                for fault in faults.values():
                    server.on(need, fault)
                    server.requests.clear()
                    made = call(prefetch={}, fhirServer=server.base, fhirAuthorization=access)
                    request = Request("POST", SERVICE, json.dumps(made).encode())
                    response = await send(client, request)
                    check(response, request)
                    answered += response.status_code == httpx.codes.OK
                server.on(need, BEHAVIOURS["S05 S06 404"])
            told = (await client.get("/metrics")).text
        base = server.base
    assert answered > 20
    for where in (log.text, told, spans(collector), kept_in(kept)):
        assert hits(where) == []
        assert base not in where
        assert "127.0.0.1" not in where.replace('"host":"127.0.0.1"', "")
    assert "FHIR search Observation" in spans(collector)


# `spine-mets serve` with a clock that fails at every second call and says a person's data while it does.
OFTEN_BROKEN = f"""
import itertools
import sys
from datetime import UTC, datetime
import app.main
from app.cli import main

whole = app.main.create_app
calls = itertools.count()

def clock():
    if next(calls) % 2:
        raise ValueError({f"{MRN} {NAME} {TOKEN}"!r})
    return datetime(2026, 11, 20, 12, tzinfo=UTC)

app.main.create_app = lambda: whole(clock=clock)
sys.argv = ["spine-mets", "serve", *sys.argv[1:]]
main()
"""


def test_a_process_from_its_start_to_its_end(
    tmp_path_factory: pytest.TempPathFactory, collector: Collector
) -> None:
    kept = f"sqlite:///{tmp_path_factory.mktemp('kept') / 'kept.db'}"
    command = (sys.executable, "-c", OFTEN_BROKEN)
    with serving(command, database=kept, traces=collector.address) as service:
        with httpx.Client(base_url=service.address, headers=EVERY_HEADER, trust_env=False) as client:
            document = client.get("/openapi.json").json()
            for request in requests(document):
                headers = {"content-type": request.media_type}
                check(
                    client.request(request.method, request.path, content=request.body, headers=headers),
                    request,
                )
            told = client.get("/metrics").text
        service.stop()
        written = service.stdout + service.stderr
    assert '"status":500' in written
    assert 'status="500"' in told
    for where in (written, told, spans(collector), kept_in(kept)):
        assert hits(where) == []
