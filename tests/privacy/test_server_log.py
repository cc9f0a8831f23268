"""What the process itself writes when a call fails: the server's own log is a log too (T16, O08)."""

import sys

import httpx

from tests.cds_hooks.hook_request import SERVICE
from tests.cli.running_service import serving
from tests.privacy.canary import FREE_TEXT, HEADERS, MRN, marked_request, traces
from tests.privacy.service_log import ServiceLog

# `spine-mets serve` with a clock that fails and says a person's data while it does.
BROKEN = f"""
import sys
import app.main
from app.cli import main

whole = app.main.create_app

def clock():
    raise ValueError({f"{MRN} {FREE_TEXT}"!r})

app.main.create_app = lambda: whole(clock=clock)
sys.argv = ["spine-mets", "serve", *sys.argv[1:]]
main()
"""


def test_a_failure_leaves_no_trace_of_a_person_in_the_output_of_the_process() -> None:
    with serving((sys.executable, "-c", BROKEN)) as service:
        response = httpx.post(f"{service.address}{SERVICE}", json=marked_request(), headers=HEADERS)
        assert response.status_code == 500
        service.stop()
        assert '"status":500' in service.stderr.replace(" ", "")
        assert traces(service.stdout, service.stderr) == []
        assert "Traceback" not in service.stderr


def test_good_and_bad_calls_leave_none() -> None:
    with serving() as service:
        for body in (marked_request(), {**marked_request(), "hook": MRN}, [MRN]):
            url = f"{service.address}{SERVICE}?patient={MRN}"
            assert httpx.post(url, json=body, headers=HEADERS).status_code in (200, 400)
        assert httpx.get(f"{service.address}/{MRN}", headers=HEADERS).status_code == 404
        service.stop()
        assert traces(service.stdout, service.stderr) == []


async def test_a_log_that_cannot_be_written_costs_no_answer(log: ServiceLog) -> None:
    client = log.client()
    log.close()
    response = await client.post(SERVICE, json=marked_request())
    assert response.status_code == 200
