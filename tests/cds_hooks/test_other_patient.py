"""Everything used belongs to the patient asked about (checklist R62; hardening F01 to F09, F26)."""

import copy
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import ONE_OF, TYPES, hook_request, prefetch_of
from tests.cds_hooks.record import (
    PATIENT_ID,
    Json,
    coded,
    condition,
    observation,
    patient,
    searchset,
    spinal_lesion,
    subject,
)

RECORD = spinal_lesion("T11")
SERVER = "https://ehr.example.org/fhir"
OTHER = "p-2"


async def refused(ehr: Ehr, request: Json) -> None:
    """422, no card, nothing of either patient in it; and the next good request is answered."""
    response = await ehr.send(request)
    assert response.status_code == 422, response.text[:300]
    assert "cards" not in response.json()
    assert OTHER not in response.text
    assert PATIENT_ID not in response.text
    assert len(await ehr.cards(RECORD)) == 1


def of_other(resource: Json, reference: str = f"Patient/{OTHER}") -> Json:
    changed = copy.deepcopy(resource)
    name = "patient" if resource["resourceType"] in ("BodyStructure", "AllergyIntolerance") else "subject"
    changed[name] = {"reference": reference}
    return changed


@pytest.mark.conforms("R62")
async def test_f01_another_patient_in_prefetch(ehr: Ehr) -> None:
    for found in (patient(OTHER), searchset([patient(OTHER)]), searchset([patient(), patient(OTHER)])):
        await refused(ehr, hook_request(prefetch=prefetch_of(RECORD) | {"patient": found}))


@pytest.mark.parametrize("link", [{}, "x", 5, [5]])
async def test_f01_another_patient_who_cannot_be_read_in_full(ehr: Ehr, link: Any) -> None:
    found = patient(OTHER, link=link)
    await refused(ehr, hook_request(prefetch=prefetch_of(RECORD) | {"patient": found}))


@pytest.mark.parametrize("key", [key for key in TYPES if key != "patient"])
@pytest.mark.conforms("R62")
async def test_f02_one_resource_of_another_among_right_ones(ehr: Ehr, key: str) -> None:
    prefetch = prefetch_of(RECORD)
    entries = prefetch[key].get("entry", [])
    for where in (0, len(entries)):
        mixed = [*entries[:where], {"resource": of_other(ONE_OF[key])}, *entries[where:]]
        await refused(
            ehr, hook_request(prefetch={**prefetch, key: searchset([], entry=mixed, total=len(mixed))})
        )


@pytest.mark.parametrize("key", [key for key in TYPES if key != "patient"])
@pytest.mark.conforms("R62")
async def test_f02_a_single_resource_of_another(ehr: Ehr, key: str) -> None:
    await refused(ehr, hook_request(prefetch=prefetch_of(RECORD) | {key: of_other(ONE_OF[key])}))


@pytest.mark.parametrize(
    "kind", ["AllergyIntolerance", "Encounter", "DiagnosticReport", "ServiceRequest", "ImagingStudy"]
)
async def test_f02_a_resource_that_is_not_read_may_be_anothers_no_more(ehr: Ehr, kind: str) -> None:
    foreign = of_other({"resourceType": kind, "id": "x-1"})
    prefetch = prefetch_of(RECORD)
    prefetch["observations"]["entry"].append({"resource": foreign})
    await refused(ehr, hook_request(prefetch=prefetch))


@pytest.mark.parametrize(
    "spoiled",
    [
        {"code": "x"},
        {"id": 5},
        {"status": 5},
        {"valueQuantity": "x"},
        {"effectiveDateTime": []},
        {"component": {}},
        {"meta": "x"},
    ],
)
async def test_f02_a_resource_of_another_that_cannot_be_read(ehr: Ehr, spoiled: Json) -> None:
    foreign = of_other(observation("o-9", "spinal-pain", coded("pain-free"))) | spoiled
    prefetch = prefetch_of(RECORD)
    prefetch["observations"]["entry"].append({"resource": foreign})
    await refused(ehr, hook_request(prefetch=prefetch))


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
async def test_f02_a_resource_of_another_that_would_not_count(ehr: Ehr, status: str) -> None:
    foreign = of_other(observation("o-9", "spinal-pain", coded("pain-free"), status=status))
    await refused(ehr, hook_request([*RECORD, foreign]))


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p-2",
        "Patient/P-1",
        "Patient/p-1x",
        "Patient/p-2/_history/1",
        f"{SERVER}/Patient/p-2",
        "https://elsewhere.example.org/fhir/Patient/p-1",
        "https://ehr.example.org/fhir/tenant-b/Patient/p-1",
        "https://ehr.example.org.evil.example/fhir/Patient/p-1",
        "http://ehr.example.org/fhir/Patient/p-1",
    ],
)
@pytest.mark.conforms("R62")
async def test_f02_f05_however_the_other_is_named(ehr: Ehr, reference: str) -> None:
    foreign = of_other(RECORD[1], reference)
    await refused(ehr, hook_request([RECORD[0], foreign, *RECORD[2:]], fhirServer=SERVER))


@pytest.mark.parametrize(
    "reference",
    [
        f"{SERVER}/Patient/p-1",
        "Patient/p-1/_history/3",
        f"{SERVER}/Patient/p-1/_history/3",
    ],
)
@pytest.mark.parametrize("server", [SERVER, f"{SERVER}/"])
async def test_f04_f06_the_same_patient_however_named(ehr: Ehr, reference: str, server: str) -> None:
    record = [of_other(resource, reference) for resource in RECORD]
    assert await ehr.cards(record, fhirServer=server) == await ehr.cards(RECORD)


async def test_f04_without_a_server_an_absolute_name_proves_nothing(ehr: Ehr) -> None:
    record = [RECORD[0], *(of_other(r, f"{SERVER}/Patient/p-1") for r in RECORD[1:])]
    (card,) = await ehr.cards(record)
    assert "Not everything could be checked:** Observations" in card["detail"]
    assert "SINS 3 to 18" in card["summary"]


async def test_f06_a_patient_known_by_the_full_url_of_the_entry(ehr: Ehr) -> None:
    urn = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    record = [of_other(resource, urn) for resource in RECORD]
    bundle = searchset([], entry=[{"fullUrl": urn, "resource": patient()}], total=1)
    request = hook_request(prefetch=prefetch_of(record) | {"patient": bundle})
    assert await ehr.cards_of(request) == await ehr.cards(RECORD)


@pytest.mark.parametrize(
    "found",
    [
        {},
        None,
        {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},
        {"reference": "#p"},
        {"reference": ""},
        {"display": "Somebody"},
        {"identifier": {"value": "1"}},
        {"reference": "p-1"},
    ],
)
async def test_a_subject_that_proves_nothing_is_set_aside_and_said(ehr: Ehr, found: Json | None) -> None:
    record = [RECORD[0], RECORD[1] | {"subject": found}, *RECORD[2:]]
    (card,) = await ehr.cards(record)
    assert "Not everything could be checked:** Observations" in card["detail"]
    assert "15, 16 or 18" in card["summary"]


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Medication", "id": "m"},
        {"resourceType": "Practitioner", "id": "d"},
        {"resourceType": "Organization", "id": "o"},
        {"resourceType": "Observation", "id": "g", "subject": {"reference": "Group/g"}},
        {"resourceType": "Observation", "id": "l", "subject": {"reference": "Location/l"}},
    ],
)
async def test_f08_a_resource_that_is_no_patients_stops_nothing(ehr: Ehr, resource: Json) -> None:
    prefetch = prefetch_of(RECORD)
    prefetch["observations"]["entry"].append({"resource": resource, "search": {"mode": "include"}})
    assert await ehr.cards_of(hook_request(prefetch=prefetch)) == await ehr.cards(RECORD)


async def test_f09_a_patient_who_was_merged_into_another(ehr: Ehr) -> None:
    merged = patient(link=[{"other": {"reference": f"Patient/{OTHER}"}, "type": "replaced-by"}])
    await refused(ehr, hook_request(prefetch=prefetch_of(RECORD) | {"patient": merged}))


@pytest.mark.parametrize("kind", ["replaces", "seealso", "refer"])
async def test_f09_other_links_of_a_patient_are_no_merger(ehr: Ehr, kind: str) -> None:
    linked = patient(link=[{"other": {"reference": f"Patient/{OTHER}"}, "type": kind}])
    request = hook_request(prefetch=prefetch_of(RECORD) | {"patient": linked})
    assert await ehr.cards_of(request) == await ehr.cards(RECORD)


async def test_f26_the_same_patient_twice_is_one(ehr: Ehr) -> None:
    request = hook_request(prefetch=prefetch_of(RECORD) | {"patient": searchset([patient(), patient()])})
    assert await ehr.cards_of(request) == await ehr.cards(RECORD)


async def test_a_bundle_in_a_bundle_hides_nobody(ehr: Ehr) -> None:
    inner = searchset([condition("c-9", subject=subject(OTHER))])
    request = hook_request(prefetch=prefetch_of(RECORD) | {"conditions": searchset([RECORD[0], inner])})
    await refused(ehr, request)


async def test_a_contained_observation_of_another_is_not_used(ehr: Ehr) -> None:
    inside = observation("in", "spinal-pain", coded("pain-free"), subject=subject(OTHER))
    holder = observation("out", "sins", None, contained=[inside], hasMember=[{"reference": "#in"}])
    response = await ehr.send(hook_request([*RECORD, holder]))
    assert response.status_code in (200, 422)
    if response.status_code == 200:
        assert "sources disagree" not in response.text


async def test_a_patient_who_fired_the_hook_for_somebody_else(ehr: Ehr) -> None:
    request = hook_request(RECORD, context={"userId": f"Patient/{OTHER}"})
    assert await ehr.cards_of(request) == []


async def test_nothing_of_another_patient_is_repeated(ehr: Ehr) -> None:
    marked = condition("c-9", subject=subject("MRN-4711-Zwykowska"), note=[{"text": "Zwykowska"}])
    response = await ehr.send(hook_request([*RECORD, marked]))
    assert response.status_code == 422
    assert "Zwykowska" not in response.text
    assert response.json()["issue"][0]["code"] == "security"
