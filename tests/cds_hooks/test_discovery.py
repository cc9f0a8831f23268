"""Discovery (checklist R9 to R24)."""

from urllib.parse import quote

import pytest

from tests.cds_hooks.card_schema import DISCOVERY_VALIDATOR, hollow
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import DISCOVERY, KEYS, SERVICE, hook_request
from tests.cds_hooks.record import Json
from tests.contract.served import application, talk_to

# A hook not built yet is not offered; contract.md names all five.
OFFERED = {"spinal-metastasis-patient-view": "patient-view"}
NAMED_IN_THE_CONTRACT = {
    "spinal-metastasis-patient-view": "patient-view",
    "spinal-metastasis-order-select": "order-select",
    "spinal-metastasis-order-sign": "order-sign",
    "spinal-metastasis-problem": "problem-list-item-create",
    "spinal-metastasis-encounter-start": "encounter-start",
}
DEPRECATED = {"medication-prescribe", "order-review"}


@pytest.fixture
async def services(ehr: Ehr) -> list[Json]:
    found: list[Json] = (await ehr.discovery()).json()["services"]
    return found


async def test_r9_r10_is_a_get_that_gives_an_object_with_services(ehr: Ehr) -> None:
    response = await ehr.discovery()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    DISCOVERY_VALIDATOR.validate(response.json())
    assert list(hollow(response.json())) == []


async def test_r12_to_r17_every_member_is_there_and_none_else(services: list[Json]) -> None:
    wanted = {"hook", "id", "title", "description", "prefetch", "usageRequirements"}
    assert [set(service) for service in services] == [wanted] * len(services)


async def test_offers_the_services_of_the_contract(services: list[Json]) -> None:
    offered = {service["id"]: service["hook"] for service in services}
    assert offered.items() >= OFFERED.items()
    assert offered.items() <= NAMED_IN_THE_CONTRACT.items()


async def test_r15_an_id_is_safe_in_a_path_and_answers_there(ehr: Ehr, services: list[Json]) -> None:
    for service in services:
        assert quote(service["id"], safe="") == service["id"]
        response = await ehr.client.post(f"{DISCOVERY}/{service['id']}", json=hook_request())
        assert response.status_code == 200


async def test_r16_asks_for_the_keys_of_the_contract(services: list[Json]) -> None:
    assert [set(service["prefetch"]) for service in services] == [set(KEYS)] * len(services)


async def test_r17_says_what_a_site_must_bring(services: list[Json]) -> None:
    for service in services:
        assert "R4" in service["usageRequirements"]
        assert "code" in service["usageRequirements"]
        assert "clinician" in service["usageRequirements"]


async def test_r18_r19_no_member_of_a_later_version(services: list[Json]) -> None:
    assert not any({"version", "hookVersion"} & set(service) for service in services)


async def test_r21_no_id_is_offered_twice(services: list[Json]) -> None:
    ids = [service["id"] for service in services]
    assert len(set(ids)) == len(ids)


async def test_r167_no_deprecated_hook(services: list[Json]) -> None:
    assert {service["hook"] for service in services} & DEPRECATED == set()


async def test_r23_is_the_same_bytes_every_time(ehr: Ehr) -> None:
    first = await ehr.discovery()
    await ehr.send(hook_request())
    assert (await ehr.discovery()).content == first.content


async def test_r23_is_the_same_for_another_process_and_caller(ehr: Ehr) -> None:
    elsewhere = talk_to(application())
    headers = {"authorization": "Bearer x", "user-agent": "another", "accept-language": "de"}
    assert (await elsewhere.get(DISCOVERY, headers=headers)).content == (await ehr.discovery()).content


async def test_speaks_of_the_codes_of_the_canonical_base_that_is_set() -> None:
    client = talk_to(application(canonical_base="https://codes.hospital.example"))
    text = (await client.get(DISCOVERY)).text
    assert "https://codes.hospital.example/Questionnaire/sins" in text
    assert "spine-mets-cds.org" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_p02_takes_no_other_method(ehr: Ehr, method: str) -> None:
    response = await ehr.client.request(method, DISCOVERY)
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
    assert response.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", [f"{DISCOVERY}/", f"{SERVICE}/", f"{DISCOVERY}//patient-view"])
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
