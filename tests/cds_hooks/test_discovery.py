"""Discovery (checklist R9 to R24)."""

from datetime import datetime
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from tests.cds_hooks.card_schema import DISCOVERY_VALIDATOR, hollow
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.hook_request import DISCOVERY, KEYS, SERVICE, hook_request
from tests.cds_hooks.record import Json
from tests.contract.served import application, talk_to

DEPRECATED = {"medication-prescribe", "order-review"}
# The hooks that HL7 publishes.
STANDARD = {
    "patient-view",
    "order-select",
    "order-sign",
    "order-dispatch",
    "encounter-start",
    "encounter-discharge",
    "appointment-book",
    "problem-list-item-create",
    "allergyintolerance-create",
    "medication-refill",
}


@pytest.fixture
async def services(ehr: Ehr) -> list[Json]:
    found: list[Json] = (await ehr.discovery()).json()["services"]
    return found


@pytest.mark.conforms("R9", "R10", "R3", "R4")
async def test_r9_r10_is_a_get_that_gives_an_object_with_services(ehr: Ehr) -> None:
    response = await ehr.discovery()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    DISCOVERY_VALIDATOR.validate(response.json())
    assert list(hollow(response.json())) == []


@pytest.mark.conforms("R5", "R12", "R13", "R14", "R20", "R175")
async def test_r12_to_r17_every_member_is_there_and_none_else(services: list[Json]) -> None:
    wanted = {"hook", "id", "title", "description", "prefetch", "usageRequirements"}
    assert [set(service) for service in services] == [wanted] * len(services)


async def test_offers_the_services_of_the_contract(services: list[Json]) -> None:
    offered = {service["id"]: service["hook"] for service in services}
    assert offered == {address.removeprefix(f"{DISCOVERY}/"): hook for hook, address in SERVICES.items()}


@pytest.mark.conforms("R15", "R25")
async def test_r15_an_id_is_safe_in_a_path_and_answers_there(ehr: Ehr, services: list[Json]) -> None:
    for service in services:
        assert quote(service["id"], safe="") == service["id"]
        body = request_of(service["hook"])
        response = await ehr.client.post(f"{DISCOVERY}/{service['id']}", json=body)
        assert response.status_code == 200
        assert "cards" in response.json()


@pytest.mark.conforms("R16", "R50")
async def test_r16_asks_for_the_keys_of_the_contract(services: list[Json]) -> None:
    assert [set(service["prefetch"]) for service in services] == [set(KEYS)] * len(services)
    for service in services:
        for form in ("sins", "mirels"):
            assert f"/Questionnaire/{form}" in service["prefetch"]["questionnaireResponses"]


@pytest.mark.conforms("R17")
async def test_r17_says_what_a_site_must_bring(services: list[Json]) -> None:
    for service in services:
        assert "R4" in service["usageRequirements"]
        assert "code" in service["usageRequirements"]
        assert "clinician" in service["usageRequirements"]


@pytest.mark.conforms("R21", "R170")
async def test_r21_no_id_is_offered_twice(services: list[Json]) -> None:
    ids = [service["id"] for service in services]
    assert len(set(ids)) == len(ids)


@pytest.mark.conforms("R167", "R168")
async def test_r167_r168_every_hook_is_of_the_standard_and_none_deprecated(services: list[Json]) -> None:
    hooks = {service["hook"] for service in services}
    assert hooks & DEPRECATED == set()
    # A hook of our own would need a name in reverse-domain form, and these are not.
    assert hooks <= STANDARD
    assert not any("." in hook for hook in hooks)


@pytest.mark.conforms("R23")
async def test_r23_is_the_same_bytes_every_time(ehr: Ehr) -> None:
    first = await ehr.discovery()
    await ehr.send(hook_request())
    assert (await ehr.discovery()).content == first.content


@pytest.mark.conforms("R23")
async def test_r23_is_the_same_for_another_process_and_caller(ehr: Ehr) -> None:
    elsewhere = talk_to(application())
    headers = {"authorization": "Bearer x", "user-agent": "another", "accept-language": "de"}
    assert (await elsewhere.get(DISCOVERY, headers=headers)).content == (await ehr.discovery()).content


@pytest.mark.conforms("R9")
async def test_r9_is_there_while_nothing_else_works() -> None:
    def broken() -> datetime:
        raise OSError("no clock")

    served = Ehr(application(broken))
    assert (await served.client.post(SERVICE, json=hook_request())).status_code == 500
    assert (await served.discovery()).status_code == 200


@pytest.mark.conforms("R24")
async def test_r24_people_can_read_what_is_offered(app: FastAPI, services: list[Json]) -> None:
    paths = app.openapi()["paths"]
    for service in services:
        operation = paths[f"{DISCOVERY}/{service['id']}"]["post"]
        assert operation["summary"] == service["title"]
        assert operation["description"] == service["description"]


async def test_speaks_of_the_codes_of_the_canonical_base_that_is_set() -> None:
    client = talk_to(application(canonical_base="https://codes.hospital.example"))
    text = (await client.get(DISCOVERY)).text
    assert "https://codes.hospital.example/Questionnaire/sins" in text
    assert "spine-mets-cds.org" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_p02_takes_no_other_method(ehr: Ehr, method: str) -> None:
    response = await ehr.client.request(method, DISCOVERY)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"
    assert response.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", [f"{DISCOVERY}/", f"{SERVICE}/", f"{DISCOVERY}//patient-view"])
@pytest.mark.conforms("R157")
async def test_r157_a_trailing_slash_is_never_a_redirect(ehr: Ehr, path: str) -> None:
    response = await ehr.client.get(path)
    assert response.status_code in (200, 404, 405)
    assert "location" not in response.headers


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"services": [{"hook": "patient-view", "id": "x"}]},
        {"services": [{"hook": "h", "id": "x", "description": "d", "prefetch": {}}]},
        {"services": [{"hook": "h", "id": "x", "description": "d", "color": "red"}]},
        {"services": [{"hook": " ", "id": "x", "description": "d"}]},
    ],
)
def test_the_schema_of_these_tests_refuses_what_the_specification_forbids(wrong: Json) -> None:
    assert not DISCOVERY_VALIDATOR.is_valid(wrong)
