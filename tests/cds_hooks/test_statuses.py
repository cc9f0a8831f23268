"""Every status that a service answers with, each with a body of the right kind (checklist R1, R77, R78)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.hook_request import DISCOVERY
from tests.cds_hooks.record import spinal_lesion
from tests.contract.served import application
from tests.production import PRODUCTION

RECORD = spinal_lesion("T11")
LIMIT = 20_000
# By status: the code of the issue, which says the same to a FHIR client.
CODES = {
    400: "structure",
    404: "not-found",
    405: "not-supported",
    412: "incomplete",
    413: "too-long",
    415: "not-supported",
    422: "security",
    500: "exception",
}


@pytest.fixture(scope="module")
def small() -> Ehr:
    return Ehr(application(max_hook_bytes=LIMIT))


def call(hook: str, status: int) -> tuple[str, str, bytes, dict[str, str]]:
    """A call that has this status: method, path, body and headers."""
    good = request_of(hook, RECORD)
    body = json.dumps(good).encode()
    another = good | {"context": good["context"] | {"patientId": "p-2"}}
    changed: dict[int, bytes] = {
        400: body[:-1],
        412: json.dumps(good | {"prefetch": {}}).encode(),
        413: body + b" " * LIMIT,
        422: json.dumps(another).encode(),
    }
    return (
        "PUT" if status == 405 else "POST",
        f"{DISCOVERY}/another" if status == 404 else SERVICES[hook],
        changed.get(status, body),
        {"content-type": "text/plain" if status == 415 else "application/json"},
    )


@pytest.mark.conforms("R1", "R8", "R60", "R77", "R78")
@pytest.mark.parametrize("status", [status for status in CODES if status != 500])
@pytest.mark.parametrize("hook", SERVICES)
async def test_r77_r78_every_fault_has_its_status_and_an_outcome(small: Ehr, hook: str, status: int) -> None:
    method, path, body, headers = call(hook, status)
    response = await small.client.request(method, path, content=body, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/fhir+json"
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert {issue["code"] for issue in outcome["issue"]} == {CODES[status]}


@pytest.mark.conforms("R77", "R78")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r77_r78_a_failure_of_the_service_too(hook: str) -> None:
    def broken() -> datetime:
        raise OSError("no clock")

    method, path, body, headers = call(hook, 500)
    response = await Ehr(application(broken)).client.request(method, path, content=body, headers=headers)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/fhir+json"
    assert response.json()["issue"][0]["code"] == CODES[500]


@pytest.mark.conforms("R1", "R25", "R73")
@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("hook", SERVICES)
async def test_r1_r73_every_service_takes_json_and_gives_cards(ehr: Ehr, hook: str, media_type: str) -> None:
    response = await ehr.send(request_of(hook, RECORD), {"content-type": media_type}, SERVICES[hook])
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert isinstance(response.json()["cards"], list)


@pytest.mark.conforms("R74")
@pytest.mark.parametrize("hook", [hook for hook in SERVICES if hook != "problem-list-item-create"])
async def test_r74_nothing_to_say_is_no_cards(ehr: Ehr, hook: str) -> None:
    request = request_of(hook)
    if "draftOrders" in request["context"]:
        request["context"]["draftOrders"]["entry"] = []
        request["context"].pop("selections", None)
        if hook == "order-select":
            request["context"]["selections"] = []
    response = await ehr.send(request, path=SERVICES[hook])
    assert response.content == b'{"cards":[]}'


@pytest.mark.conforms("R2")
@pytest.mark.parametrize(
    "settings",
    [
        PRODUCTION | {"authentication": "none"},
        PRODUCTION | {"public_base_url": "http://cds.example.org"},
        {"profile": "demo", "host": "0.0.0.0"},  # noqa: S104  this is what must be refused
        {"profile": "demo", "host": "cds.example.org"},
    ],
)
def test_r2_the_service_does_not_start_where_others_could_reach_it_bare(settings: Mapping[str, Any]) -> None:
    """Outside the demo a gateway ends TLS and authenticates; the demo is for this machine alone."""
    with pytest.raises(ValueError, match=r"gateway|loopback|https"):
        application(**settings)
