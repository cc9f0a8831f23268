"""An assessment as FHIR: asked for by Accept, and the same assessment (contract 2)."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fhir.resources.R4B.bundle import Bundle

from app.api.negotiation import wants_fhir
from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, Caller
from tests.cds_hooks.ehr import strict_json
from tests.contract.served import talk_to
from tests.fhir.records import MILDEST, Json, condition, observation, patient, spinal_lesion

FHIR = "application/fhir+json"
RECORD = bundle(
    [*spinal_lesion("T5", MILDEST), observation("d", "new-neurologic-deficit", "present")], whose=patient()
)


@pytest.fixture(scope="module")
def asker(app: FastAPI) -> Caller:
    return Caller(app)


async def as_fhir(asker: Caller, body: Json) -> Json:
    response = await asker.post(ASSESSMENTS, body, accept=FHIR)
    assert response.status_code == 200
    assert response.headers["content-type"] == FHIR
    found: Json = strict_json(response.content)
    Bundle.model_validate(found)
    return found


def resources(found: Json, kind: str) -> list[Json]:
    listed = [entry["resource"] for entry in found.get("entry", [])]
    return [one for one in listed if one["resourceType"] == kind]


# -- what is asked for -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "fhir"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
        ("text/html", False),
        ("application/fhir+json", True),
        ("Application/FHIR+JSON", True),
        ("application/fhir+json; charset=utf-8", True),
        ("application/fhir+json;fhirVersion=4.0", True),
        # Another FHIR than the one that is spoken here.
        ("application/fhir+json; fhirVersion=5.0", False),
        ("application/fhir+xml", False),
        # A name goes before a wildcard.
        ("application/fhir+json, */*", True),
        ("*/*, application/fhir+json", True),
        ("application/fhir+json;q=0.5, */*", False),
        ("application/fhir+json, */*;q=0.1", True),
        ("application/*;q=0.8, application/fhir+json;q=0.9", True),
        # Of two names the one wanted more, else the first.
        ("application/json, application/fhir+json", False),
        ("application/fhir+json, application/json", True),
        ("application/json;q=0.5, application/fhir+json;q=0.6", True),
        ("application/json;q=0.6, application/fhir+json;q=0.5", False),
        ("application/fhir+json;q=0.9,application/json;q=0.8,*/*;q=0.1", True),
        # Not at all.
        ("application/fhir+json;q=0", False),
        ("application/fhir+json;q=0.000, application/json", False),
        ("application/json;q=0, application/fhir+json;q=0.001", True),
        # What is no quality names nothing.
        ("application/fhir+json;q=2", False),
        ("application/fhir+json;q=high", False),
        ("application/fhir+json;q=-1", False),
        (",;,=,application/fhir+json", True),
    ],
)
def test_fhir_is_given_where_it_is_asked_for_by_name(accept: str | None, fhir: bool) -> None:
    assert wants_fhir(accept) is fhir


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/fhir+json;q=0", "text/html"])
async def test_whoever_does_not_ask_for_fhir_has_json(asker: Caller, accept: str) -> None:
    response = await asker.post(ASSESSMENTS, RECORD, accept=accept)
    assert response.headers["content-type"] == "application/json"
    assert "lesions" in response.json()


async def test_the_media_type_of_the_body_asks_for_nothing(asker: Caller) -> None:
    headers = {"content-type": FHIR, "accept": "*/*"}
    response = await asker.call("POST", ASSESSMENTS, RECORD, headers)
    assert response.headers["content-type"] == "application/json"


async def test_one_of_several_accept_headers_is_enough(app: FastAPI) -> None:
    headers = [
        ("accept", "text/html"),
        ("accept", FHIR),
        ("content-type", "application/json"),
    ]
    content = json.dumps(RECORD).encode()
    async with talk_to(app) as client:
        client.headers.pop("accept")
        response = await client.post(ASSESSMENTS, content=content, headers=headers)
    assert response.headers["content-type"] == FHIR


# -- the same assessment ---------------------------------------------------------------------------------


async def test_it_is_the_same_assessment_as_in_json(asker: Caller) -> None:
    told = (await asker.post(ASSESSMENTS, RECORD)).json()
    found = await as_fhir(asker, RECORD)
    scored = {one["code"]["coding"][0]["code"]: totals(one) for one in resources(found, "Observation")}
    (lesion,) = told["lesions"]
    wanted = {
        one["score"]: (one["minimum"], one["maximum"])
        for one in (*lesion["scores"], *told["scores"])
        if one["applicable"]
    }
    assert scored == wanted
    assert [one["detail"] for one in resources(found, "DetectedIssue")] == [
        alert["text"] for alert in told["alerts"]
    ]
    issues = [issue for one in resources(found, "OperationOutcome") for issue in one["issue"]]
    gaps = [issue["diagnostics"] for issue in issues if issue["code"] == "incomplete"]
    assert gaps == [gap["reason"] for gap in told["gaps"]]


def totals(observation: Json) -> tuple[int, int]:
    if "valueQuantity" in observation:
        return (observation["valueQuantity"]["value"],) * 2
    held = observation["valueRange"]
    return held["low"]["value"], held["high"]["value"]


async def test_an_incomplete_assessment_says_so_first(asker: Caller) -> None:
    outcome: Json = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception"}],
    }
    found = await as_fhir(asker, bundle([condition("t5", "T5"), outcome], whose=patient()))
    first = found["entry"][0]["resource"]
    assert first["resourceType"] == "OperationOutcome"
    assert {issue["code"] for issue in first["issue"] if issue["severity"] == "warning"} == {"incomplete"}


async def test_the_same_bundle_at_the_same_moment_has_the_same_ids(asker: Caller) -> None:
    assert await as_fhir(asker, RECORD) == await as_fhir(asker, RECORD)


@pytest.mark.parametrize(
    "other",
    [
        bundle(spinal_lesion("T5", MILDEST), whose=patient("p2")),
        bundle(spinal_lesion("T5", MILDEST), whose={}),
    ],
    ids=["of another patient", "of nobody that is named"],
)
async def test_no_two_records_share_an_id(asker: Caller, other: Json) -> None:
    one = await as_fhir(asker, RECORD)
    another = json.loads(json.dumps(other).replace("Patient/p1", "Patient/p2"))
    assert not ids(one) & ids(await as_fhir(asker, another))


def ids(found: Json) -> set[UUID]:
    listed = [found, *(entry["resource"] for entry in found.get("entry", []))]
    return {UUID(one["id"]) for one in listed}


async def test_put_back_with_the_record_it_changes_nothing(asker: Caller) -> None:
    found = await as_fhir(asker, RECORD)
    again = {**RECORD, "entry": [*RECORD["entry"], *found["entry"]]}
    before, after = [(await asker.post(ASSESSMENTS, body)).json() for body in (RECORD, again)]
    del before["decision_id"], after["decision_id"]
    assert after == before


# -- what is refused, and the document ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        ({"resourceType": "Patient"}, 400),
        (bundle([patient("p1"), patient("p2")], whose={}), 422),
    ],
)
async def test_a_refusal_stays_a_problem_document(asker: Caller, body: Any, status: int) -> None:
    found = await asker.problem(ASSESSMENTS, body, status, accept=FHIR)
    assert found["status"] == status


def test_both_media_types_of_the_answer_are_documented(asker: Caller) -> None:
    operation: Mapping[str, Any] = asker.document["paths"][ASSESSMENTS]["post"]
    assert set(operation["responses"]["200"]["content"]) == {"application/json", FHIR}
