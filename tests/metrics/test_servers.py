"""Requests to FHIR servers, counted as they are made."""

import pytest

from app.fhir.server.breaker import FAILURES
from app.fhir.server.watching import Asked, asked
from tests.cds_hooks.ehr import Ehr
from tests.contract.served import talk_to
from tests.faults.behaviours import silent, status
from tests.faults.server import FaultServer
from tests.faults.tripwire import LEADING_AWAY
from tests.fetching.calls import fhir_server, running, stored, with_token
from tests.metrics.counted import labels_of, metrics, told, value

BASE = "https://ehr.example.org/fhir"
OF_SERVER = {"tenant": "default", "server": "server-1"}
FAILING = status(500)
OTHER = "http://other.example.org/fhir"


@pytest.mark.parametrize(
    ("method", "url", "interaction", "kind"),
    [
        ("GET", f"{BASE}/Patient/4711", "read", "Patient"),
        ("GET", f"{BASE}/Observation?patient=4711", "search", "Observation"),
        ("POST", f"{BASE}/Condition/_search", "search", "Condition"),
        ("POST", BASE, "batch", "none"),
        ("GET", f"{BASE}?_getpages=4711", "page", "none"),
        ("GET", f"{BASE}/metadata", "capabilities", "none"),
        ("GET", f"{BASE}/Canary-4711/1", "read", "other"),
        ("GET", f"{BASE}/Canary-4711?x=1", "search", "other"),
    ],
)
def test_what_is_told_of_an_address(method: str, url: str, interaction: str, kind: str) -> None:
    assert asked("server-1", BASE, method, url) == Asked("server-1", interaction, kind)  # type: ignore[arg-type]  # a parametrised value


async def test_each_request_by_type_and_end() -> None:
    async with FaultServer(stored()) as server:
        server.on("Procedure", FAILING)
        async with running(fhir_servers=(fhir_server(server),)) as app:
            await Ehr(app).send(with_token(server.base))
            text = (await talk_to(app).get("/metrics")).text
        asked_for = len(server.requests)
    assert value(text, "cds_fhir_requests_total", type="Patient", result="answered", **OF_SERVER) == 1
    assert value(text, "cds_fhir_requests_total", type="Procedure", result="server-error") >= 1
    assert value(text, "cds_fhir_requests_total") == asked_for
    assert value(text, "cds_fhir_seconds_count") == asked_for
    assert value(text, "cds_breaker_state", **OF_SERVER) == 0
    assert not any(server.base in label or "127.0.0.1" in label for label in labels_of(text))


async def test_a_server_that_is_given_a_rest() -> None:
    async with FaultServer(stored()) as server:
        server.on_all(FAILING)
        async with running(fhir_servers=(fhir_server(server),), fetch_target=0.05) as app:
            for _ in range(FAILURES):
                await Ehr(app).send(with_token(server.base))
            text = (await talk_to(app).get("/metrics")).text
    assert value(text, "cds_breaker_state", **OF_SERVER) == 2


async def test_a_deadline_that_came_first() -> None:
    async with FaultServer(stored()) as server:
        server.on("Observation", silent)
        async with running(fhir_servers=(fhir_server(server),), fetch_deadline=0.3) as app:
            await Ehr(app).send(with_token(server.base))
            text = (await talk_to(app).get("/metrics")).text
    assert value(text, "cds_deadline_exceeded_total", **OF_SERVER) == 1
    assert value(text, "cds_fhir_requests_total", type="Observation", result="timeout") == 1


async def test_a_page_that_leads_away() -> None:
    async with FaultServer(stored()) as server:
        server.on("Observation", LEADING_AWAY["S40 next to another host"](OTHER))
        async with running(fhir_servers=(fhir_server(server),)) as app:
            await Ehr(app).send(with_token(server.base))
            text = (await talk_to(app).get("/metrics")).text
    assert value(text, "cds_url_refused_total", kind="link") == 1


def test_organisations_are_told_apart() -> None:
    counted = metrics()
    for tenant, state in (("north", "open"), ("south", "half-open")):
        counted.servers_of(tenant).rests("server-1", state)
    text = told(counted)
    assert value(text, "cds_breaker_state", tenant="north") == 2
    assert value(text, "cds_breaker_state", tenant="south") == 1
