"""2,000 spoiled bodies: never a failure, always JSON of the right media type; ``make fuzz`` sends more."""

import json

import pytest
from fastapi import FastAPI

from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, Caller
from tests.cds_hooks.ehr import check_answer, strict_json
from tests.cds_hooks.hook_request import SERVICE, hook_request
from tests.cds_hooks.record import (
    FEMUR,
    LEFT,
    Json,
    coded,
    concept,
    limb_lesion,
    observation,
    spinal_lesion,
    subject,
)
from tests.contract.mutation import spoiled_bytes, spoiled_structure

SEEDS = range(500)
JSON_HEADERS = {"content-type": "application/json"}
RECORD: list[Json] = [
    *spinal_lesion("T11"),
    *limb_lesion(FEMUR, LEFT),
    observation("panel", "sins", None, hasMember=[{"reference": "Observation/c-t11-1"}]),
    observation("parts", "sins", None, component=[{"code": concept("spinal-pain"), **coded("pain-free")}]),
    {
        "resourceType": "BodyStructure",
        "id": "b-1",
        "patient": subject(),
        "location": concept("12989004"),
    },
    {
        "resourceType": "Procedure",
        "id": "pr-1",
        "status": "completed",
        "subject": subject(),
        "code": concept("178834009"),
        "bodySite": [concept("12989004")],
    },
    {
        "resourceType": "QuestionnaireResponse",
        "id": "q-1",
        "status": "completed",
        "subject": subject(),
        "authored": "2026-11-18",
        "questionnaire": "https://fhir.spine-mets-cds.org/Questionnaire/sins",
        "item": [
            {"linkId": "level", "answer": [{"valueCoding": {"code": "L3"}}]},
            {"linkId": "pain", "answer": [{"valueCoding": {"code": "pain-mechanical"}}]},
        ],
    },
]
REQUEST = hook_request(
    RECORD,
    fhirServer="https://ehr.example.org/fhir",
    fhirAuthorization={"access_token": "t", "token_type": "Bearer", "patient": "p-1"},
)
BUNDLE = bundle(RECORD)


@pytest.fixture(scope="module")
def caller(app: FastAPI) -> Caller:
    return Caller(app)


def body_of(document: Json, kind: str, seed: int) -> bytes:
    if kind == "bytes":
        return spoiled_bytes(json.dumps(document).encode(), seed)
    return spoiled_structure(document, seed)


async def test_unspoiled_they_are_good(caller: Caller) -> None:
    for path, document, key in ((SERVICE, REQUEST, "cards"), (ASSESSMENTS, BUNDLE, "lesions")):
        response = await caller.post(path, document)
        assert response.status_code == 200
        assert len(response.json()[key]) == 3


@pytest.mark.parametrize("kind", ["bytes", "structure"])
async def test_a_spoiled_request(caller: Caller, kind: str) -> None:
    statuses: dict[int, list[int]] = {}
    for seed in SEEDS:
        body = body_of(REQUEST, kind, seed)
        response = await caller.client.post(SERVICE, content=body, headers=JSON_HEADERS)
        check_answer(response)
        statuses.setdefault(response.status_code, []).append(seed)
    assert set(statuses) <= {200, 400, 412, 422}, {s: n[:20] for s, n in statuses.items() if s >= 500}


@pytest.mark.parametrize("kind", ["bytes", "structure"])
async def test_a_spoiled_bundle(caller: Caller, kind: str) -> None:
    statuses: dict[int, list[int]] = {}
    for seed in SEEDS:
        body = body_of(BUNDLE, kind, seed)
        response = await caller.client.post(ASSESSMENTS, content=body, headers=JSON_HEADERS)
        strict_json(response.content)
        if seed % 10 == 0:
            # The whole schema costs more than the answer: a sample will do.
            caller.check("POST", ASSESSMENTS, response)
        else:
            expected = "application/json" if response.status_code == 200 else "application/problem+json"
            assert response.headers["content-type"] == expected
        statuses.setdefault(response.status_code, []).append(seed)
    assert set(statuses) <= {200, 400, 422}, {s: n[:20] for s, n in statuses.items() if s >= 500}


async def test_after_all_of_them_a_good_one_is_answered(caller: Caller) -> None:
    assert (await caller.post(SERVICE, REQUEST)).status_code == 200
    assert (await caller.post(ASSESSMENTS, BUNDLE)).status_code == 200
