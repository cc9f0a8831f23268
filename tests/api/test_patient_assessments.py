"""A patient is named, and the service asks its FHIR server for the record (contract 2; R09)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, Caller, pointers
from tests.api.patient_server import (
    ASKED,
    BASE_URL,
    OPEN_BASE,
    PATIENT_ASSESSMENTS,
    Doctor,
    Hospital,
    fhir,
    key_file,
    never,
)
from tests.cds_hooks.hook_request import SERVICE, hook_request
from tests.cds_hooks.record import (
    BASE,
    PATIENT_ID,
    VERTEBRAE,
    Json,
    condition,
    observation,
    operation_outcome,
    patient,
    searchset,
    site_of,
    spinal_lesion,
    subject,
)

RECORD = spinal_lesion("T11")
FHIR = "application/fhir+json"
PROBLEMS = "https://fhir.spine-mets-cds.org/problems/"
OPTIONAL = {
    "Observation": "observations",
    "Procedure": "procedures",
    "MedicationRequest": "medications",
    "BodyStructure": "bodyStructures",
    "QuestionnaireResponse": "questionnaireResponses",
}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_file(tmp_path_factory.mktemp("keys"))


def doctor(key: Path | None, hospital: Hospital | None = None, **settings: Any) -> Doctor:
    return Doctor(hospital or Hospital(RECORD), key, **settings)


def without_decision(assessment: Json) -> Json:
    return {name: value for name, value in assessment.items() if name != "decision_id"}


# -- what is asked and what is answered --------------------------------------------------------------------


@pytest.mark.parametrize("search", ["get", "post"])
async def test_the_answer_is_that_of_the_same_resources_in_a_bundle(key: Path, search: str) -> None:
    asking = doctor(key, members={"search": search})
    if search == "post":

        async def posted(request: httpx2.Request) -> httpx2.Response:
            kind = request.url.path.split("/")[2]
            return fhir(searchset(one for one in RECORD if one["resourceType"] == kind))

        kinds = ("Condition", *OPTIONAL)
        asking.hospital.instead = dict.fromkeys(kinds, posted)
    sent = await asking.client.post(ASSESSMENTS, json=bundle(RECORD))
    found = await asking.assessed()
    assert without_decision(found) == without_decision(sent.json())
    assert found["complete"] is True
    assert found["decision_id"] != sent.json()["decision_id"]


async def test_all_seven_data_needs_are_asked_once_each(key: Path) -> None:
    asking = doctor(key)
    await asking.assessed()
    assert sorted(one.url.path for one in asking.hospital.requests) == sorted(
        ["/fhir/Patient/p-1", "/fhir/Condition", *(f"/fhir/{kind}" for kind in OPTIONAL)]
    )


async def test_the_answer_is_given_as_fhir_where_it_is_asked_for(key: Path) -> None:
    asking = doctor(key)
    one, other = [await asking.ask(accept=FHIR) for _ in range(2)]
    assert (one.status_code, one.headers["content-type"]) == (200, FHIR)
    found = one.json()
    assert (found["resourceType"], found["type"]) == ("Bundle", "collection")
    assert {held["resource"]["resourceType"] for held in found["entry"]} >= {"Observation"}
    assert found == other.json()


async def test_another_record_has_other_ids_as_fhir(key: Path) -> None:
    lesser = doctor(key, Hospital(RECORD[:-1]))
    one, other = [(await asking.ask(accept=FHIR)).json() for asking in (doctor(key), lesser)]
    assert one["id"] != other["id"]


async def test_an_open_server_of_the_demo_is_asked_without_a_token() -> None:
    asking = doctor(None)
    await asking.assessed()
    assert asking.hospital.bearers == {""}
    assert {str(one.url).startswith(f"{OPEN_BASE}/") for one in asking.hospital.requests} == {True}


async def test_a_server_with_a_client_goes_before_the_open_ones_of_the_demo(key: Path) -> None:
    asking = doctor(key, demo_fhir_servers=(OPEN_BASE,))
    await asking.assessed()
    assert {str(one.url).startswith(f"{BASE_URL}/") for one in asking.hospital.requests} == {True}


async def test_the_id_of_the_patient_is_in_no_header_that_is_answered(key: Path) -> None:
    response = await doctor(key).ask()
    assert PATIENT_ID not in json.dumps(dict(response.headers))


# -- what is not had ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [httpx2.Response(403), httpx2.Response(500), httpx2.ConnectError("x"), httpx2.Response(200, text="<a/>")],
    ids=["refused", "failing", "unreachable", "no FHIR"],
)
async def test_what_can_be_done_without_leaves_a_gap(key: Path, reply: Any) -> None:
    asking = doctor(key)
    for kind, need in OPTIONAL.items():
        asking.hospital.instead = {kind: reply}
        found = await asking.assessed()
        assert found["complete"] is False
        assert {gap["need"] for gap in found["gaps"]} == {need}


async def test_a_search_that_is_half_an_error_leaves_a_gap(key: Path) -> None:
    asking = doctor(key)
    asking.hospital.instead["Observation"] = fhir(searchset([*RECORD[1:], operation_outcome()]))
    found = await asking.assessed()
    assert found["complete"] is False
    assert "observations" in {gap["need"] for gap in found["gaps"]}


async def test_a_later_page_that_fails_leaves_a_gap_and_the_pages_before_it(key: Path) -> None:
    asking = doctor(key)
    link = [{"relation": "next", "url": f"{BASE_URL}/Other?page=2"}]
    asking.hospital.instead["Condition"] = fhir(searchset(RECORD[:1], link=link))
    asking.hospital.instead["Other"] = httpx2.Response(500)
    found = await asking.assessed()
    assert len(found["lesions"]) == 1
    assert found["complete"] is False
    assert {gap["need"] for gap in found["gaps"]} == {"conditions"}


async def test_a_search_that_repeats_a_name_is_not_believed(key: Path) -> None:
    asking = doctor(key)
    twice = json.dumps(RECORD[1]).replace('"subject"', '"subject": {"reference": "Patient/p-2"}, "subject"')
    page = f'{{"resourceType": "Bundle", "type": "searchset", "entry": [{{"resource": {twice}}}]}}'
    asking.hospital.instead["Observation"] = httpx2.Response(200, text=page)
    found = await asking.assessed()
    assert {gap["need"] for gap in found["gaps"]} == {"observations"}


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (httpx2.Response(401), "login"),
        (httpx2.Response(403), "forbidden"),
        (httpx2.Response(400), "processing"),
        (httpx2.Response(429), "throttled"),
        (httpx2.Response(500), "transient"),
        (httpx2.Response(302, headers={"location": "https://evil.example.org/"}), "structure"),
        (httpx2.Response(200, text="<html/>", headers={"content-type": "text/html"}), "structure"),
        (httpx2.Response(200, json={"resourceType": "Device"}), "structure"),
        (httpx2.ConnectError("no"), "transient"),
        (httpx2.ReadError("cut"), "transient"),
    ],
    ids=lambda one: None if isinstance(one, str) else repr(one)[:24],
)
async def test_required_data_that_the_server_does_not_give_are_a_502(
    key: Path, reply: Any, code: str
) -> None:
    asking = doctor(key)
    await asking.assessed()
    for kind, need in (("Patient", "patient"), ("Condition", "conditions")):
        asking.clock.move(10)
        asking.hospital.instead = {kind: reply}
        found = await asking.failed(502, "fhir-server")
        assert found["type"] == f"{PROBLEMS}fhirserver"
        assert [(one["pointer"], one["code"]) for one in found["errors"]] == [(f"/{need}", code)]


@pytest.mark.parametrize(("kind", "need"), [("Patient", "patient"), ("Condition", "conditions")])
async def test_required_data_that_do_not_come_in_time_are_a_504(key: Path, kind: str, need: str) -> None:
    asking = doctor(key, fetch_deadline=0.1, fetch_target=0.05)
    asking.hospital.instead[kind] = never
    found = await asking.failed(504, "fhir-server")
    assert found["type"] == f"{PROBLEMS}fhirservertimeout"
    assert [(one["pointer"], one["code"]) for one in found["errors"]] == [(f"/{need}", "timeout")]


async def test_both_required_needs_are_named_each_with_its_reason(key: Path) -> None:
    asking = doctor(key, fetch_deadline=0.1, fetch_target=0.05)
    asking.hospital.instead |= {"Patient": httpx2.Response(403), "Condition": never}
    found = await asking.failed(502, "fhir-server")
    assert [(one["pointer"], one["code"]) for one in found["errors"]] == [
        ("/patient", "forbidden"),
        ("/conditions", "timeout"),
    ]


async def test_no_conditions_at_all_is_an_answer_and_no_failure(key: Path) -> None:
    found = await doctor(key, Hospital()).assessed()
    assert (found["lesions"], found["complete"]) == ([], True)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_patient_that_the_server_does_not_have_is_a_422(key: Path, status: int) -> None:
    asking = doctor(key)
    asking.hospital.instead["Patient"] = httpx2.Response(status)
    response = await asking.ask()
    found = response.json()
    assert (response.status_code, found["title"]) == (422, "The FHIR server has no such patient")
    assert pointers(found) == {"/patient"}
    assert PATIENT_ID not in response.text


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("Patient", patient("p-2")),
        (
            "Condition",
            searchset([condition("c-2", site=site_of(VERTEBRAE["T5"])) | {"subject": subject("p-2")}]),
        ),
        ("Observation", searchset([RECORD[1] | {"subject": subject("p-2")}])),
        (
            "Condition",
            searchset([RECORD[0] | {"subject": {"reference": "https://o.example.org/Patient/p-1"}}]),
        ),
        ("Procedure", searchset([patient("p-2")])),
    ],
    ids=["patient", "condition", "observation", "another server's", "beside a search"],
)
async def test_a_resource_of_another_patient_stops_everything(key: Path, kind: str, held: Json) -> None:
    asking = doctor(key)
    asking.hospital.instead[kind] = fhir(held)
    response = await asking.ask()
    assert (response.status_code, response.json()["type"]) == (422, f"{PROBLEMS}anotherpatient")
    assert "p-2" not in response.text


async def test_a_server_under_another_of_its_names_is_the_same_server(key: Path) -> None:
    alias = "https://proxy.example.org/fhir"
    asking = doctor(key, members={"aliases": [alias]})
    named = RECORD[0] | {"subject": {"reference": f"{alias}/Patient/{PATIENT_ID}"}}
    asking.hospital.instead["Condition"] = fhir(searchset([named]))
    found = await asking.assessed()
    assert (len(found["lesions"]), found["complete"]) == (1, True)


async def test_a_server_that_failed_often_is_given_a_rest_and_not_asked(key: Path) -> None:
    asking = doctor(key)
    kinds = ("Patient", "Condition", *OPTIONAL)
    asking.hospital.instead |= dict.fromkeys(kinds, httpx2.Response(500))
    for _ in range(5):
        await asking.failed(502, "fhir-server")
    asked = len(asking.hospital.requests)
    response = await asking.ask()
    assert (response.status_code, response.headers["retry-after"]) == (502, "10")
    assert len(asking.hospital.requests) == asked


async def test_a_caller_who_goes_away_ends_the_asking(key: Path) -> None:
    asking = doctor(key)
    started, ended = asyncio.Event(), asyncio.Event()

    async def held_up(request: httpx2.Request) -> httpx2.Response:
        started.set()
        try:
            return await never(request)
        finally:
            ended.set()

    asking.hospital.instead["Condition"] = held_up
    body = json.dumps(ASKED).encode()
    said = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        message = next(said, None)
        if message is None:
            await started.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(_message: Any) -> None: ...

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATIENT_ASSESSMENTS,
        "query_string": b"",
        "headers": headers,
    }
    await asking.app(scope, receive, send)
    assert ended.is_set()


# -- bodies that are refused, and the document ------------------------------------------------------------


@pytest.fixture(scope="module")
def caller(app: FastAPI) -> Caller:
    return Caller(app)


@pytest.mark.parametrize("patient_id", ["p-1", "1", "A.b-9", "-", "x" * 64])
async def test_with_no_server_set_up_every_good_body_is_a_412(caller: Caller, patient_id: str) -> None:
    found = await caller.problem(PATIENT_ASSESSMENTS, {"patient": patient_id}, 412)
    assert found["type"] == f"{PROBLEMS}notconfigured"
    assert "SPINE_METS_FHIR_SERVERS" in found["detail"]


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"", 400, {""}),
        (b"{", 400, {""}),
        (b'{"patient": "p-1", "patient": "p-2"}', 400, {""}),
        ([], 400, {""}),
        ("p-1", 400, {""}),
        ({}, 422, {"/patient"}),
        ({"patient": None}, 422, {"/patient"}),
        ({"patient": 1}, 422, {"/patient"}),
        ({"patient": ["p-1"]}, 422, {"/patient"}),
        ({"patient": ""}, 422, {"/patient"}),
        ({"patient": "x" * 65}, 422, {"/patient"}),
        ({"patient": "Patient/p-1"}, 422, {"/patient"}),
        ({"patient": "p-1\n"}, 422, {"/patient"}),
        ({"patient": "p_1"}, 422, {"/patient"}),
        ({"patient": "p-1&_include=*"}, 422, {"/patient"}),
        ({"patient": "p%2F1"}, 422, {"/patient"}),
        ({"patient": "ä"}, 422, {"/patient"}),
        # In an address these mean another place.
        ({"patient": "."}, 422, {"/patient"}),
        ({"patient": ".."}, 422, {"/patient"}),
        ({"patient": "p-1", "server": "x"}, 422, {"/server"}),
        ({"patient": "p-1", "Mr. Doe 1951": "x"}, 422, {""}),
        ({"server": "x"}, 422, {"/patient", "/server"}),
    ],
)
async def test_a_body_that_does_not_name_one_patient_is_refused(
    caller: Caller, body: Any, status: int, where: set[str]
) -> None:
    found = await caller.problem(PATIENT_ASSESSMENTS, body, status)
    assert pointers(found) == where
    for told in ("Doe", "1951", "_include", "p-2"):
        assert told not in json.dumps(found)


async def test_a_large_body_and_another_media_type_are_refused(caller: Caller) -> None:
    await caller.problem(PATIENT_ASSESSMENTS, {"patient": "x" * 64_000}, 413)
    await caller.problem(PATIENT_ASSESSMENTS, b"patient=p-1", 415, **{"content-type": "text/plain"})


async def test_a_body_is_judged_before_anybody_is_asked(key: Path) -> None:
    asking = doctor(key)
    assert (await asking.ask({"patient": ".."})).status_code == 422
    assert (asking.hospital.requests, asking.hospital.token_forms) == ([], [])


async def test_a_number_that_nobody_can_mean_leaves_a_gap_and_no_fault_of_the_callers(key: Path) -> None:
    asking = doctor(key)
    size = observation("o-9", "vertebral-collapse", {"valueQuantity": {"value": 4711, "unit": "%"}})
    page = json.dumps(searchset([size])).replace("4711", "1e99999")
    asking.hospital.instead["Observation"] = httpx2.Response(200, text=page)
    found = await asking.assessed()
    assert found["complete"] is False
    assert {gap["need"] for gap in found["gaps"]} == {"observations"}


@pytest.mark.parametrize("patient_id", [".", ".."])
async def test_a_hook_asks_no_address_for_an_id_of_dots_alone(key: Path, patient_id: str) -> None:
    asking = doctor(key)
    access = {
        "access_token": "x",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.rs",
        "subject": "s",
    }
    request = hook_request(prefetch={}, fhirServer=BASE_URL, fhirAuthorization=access)
    request["context"]["patientId"] = patient_id
    response = await asking.client.post(SERVICE, json=request)
    assert response.status_code == 400
    assert asking.hospital.requests == []


def test_every_status_is_documented(caller: Caller) -> None:
    operation = caller.document["paths"][PATIENT_ASSESSMENTS]["post"]
    assert (operation["operationId"], operation["tags"]) == ("assessPatient", ["Assessments"])
    wanted = {"200", "400", "412", "413", "415", "422", "500", "502", "504"}
    # Of callers, of a key that is in use, and of the record that a decision leaves.
    wanted |= {"401", "403", "409", "429", "503"}
    assert set(operation["responses"]) == wanted
    assert set(operation["responses"]["200"]["content"]) == {"application/json", FHIR}
    assert BASE not in json.dumps(operation["requestBody"])
