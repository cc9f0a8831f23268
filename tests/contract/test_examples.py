"""The examples of the document: every body is taken, every answer is what its schema says and what comes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from app.document.examples import ANSWERS
from tests.contract.document import closed, operations_of, resolved
from tests.contract.served import application, talk_to
from tools.openapi_examples import answers, service, shortened, written

DOCUMENT: Mapping[str, Any] = application().openapi()
CLOSED = closed(DOCUMENT)
BODIES = [
    (path, media_type)
    for method, path, operation in operations_of(DOCUMENT)
    if method == "post"
    for media_type in operation["requestBody"]["content"]
]
# Nobody may answer for a patient whom no server is asked about.
NOT_SET_UP = {"/api/v1/patient-assessments": 412}


def faults(schema: Mapping[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": CLOSED["components"]}
    return [
        f"{error.json_path}: {error.message[:200]}"
        for error in Draft202012Validator(whole).iter_errors(value)
    ]


def media_of(path: str, status: str) -> Mapping[str, Any]:
    answer = resolved(DOCUMENT, DOCUMENT["paths"][path]["post"]["responses"][status])
    found: Mapping[str, Any] = answer["content"]
    return found


@pytest.mark.parametrize(("path", "media_type"), BODIES)
async def test_every_example_of_a_body_is_taken(app: FastAPI, path: str, media_type: str) -> None:
    media = DOCUMENT["paths"][path]["post"]["requestBody"]["content"][media_type]
    body = media["example"]
    assert faults(media["schema"], body) == []
    client = talk_to(app)
    response = await client.post(path, content=json.dumps(body), headers={"content-type": media_type})
    assert response.status_code == NOT_SET_UP.get(path, 200), response.text[:300]
    schema = media_of(path, str(response.status_code))[response.headers["content-type"]]["schema"]
    assert faults(schema, response.json()) == []


def examples() -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    for _, path, operation in operations_of(DOCUMENT):
        for status, answer in operation["responses"].items():
            for media_type, media in resolved(DOCUMENT, answer).get("content", {}).items():
                if "json" in media_type:
                    yield path, status, media_type, media


def test_every_answer_in_json_has_an_example_that_its_schema_takes() -> None:
    found = list(examples())
    assert len(found) > 400
    for path, status, media_type, media in found:
        assert "example" in media, (path, status, media_type)
        assert faults(media["schema"], media["example"]) == [], (path, status, media_type)


def test_the_cases_of_enumerations_and_bodies_are_examples_of_their_schema() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            assert faults(schema, example) == [], name


async def test_the_examples_of_answers_are_what_is_answered() -> None:
    told = written(await answers(service()))
    assert ANSWERS.read_text(encoding="utf-8") == told, "answer_examples.json is stale: make openapi"


def test_a_long_answer_is_cut_and_a_short_one_is_not() -> None:
    assert shortened({"a": [1, 2, 3, 4]}) == {"a": [1, 2, 3, 4]}
    long = {"a": ["x" * 400] * 5, "b": {"c": [1] * 9}}
    assert shortened(long) == {"a": ["x" * 400] * 3, "b": {"c": [1] * 3}}
    assert shortened(["x" * 2_000] * 5) == ["x" * 2_000]


async def test_the_document_itself_is_served_with_them(app: FastAPI) -> None:
    response = await talk_to(app).get("/openapi.json")
    assert response.status_code == httpx.codes.OK
    assert response.json() == json.loads(json.dumps(DOCUMENT))
