"""The published definitions over REST: read, searched, and what is served."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome

from app.fhir.published.documents import documents
from tests.cds_hooks.ehr import strict_json
from tests.contract.served import application, talk_to
from tests.fhir.records import BASE, BOOK, KNOWLEDGE, Json

FHIR = "application/fhir+json"
DOCUMENTS = documents(BOOK, KNOWLEDGE, None)
TYPES = ["CapabilityStatement", "CodeSystem", "Questionnaire", "StructureDefinition", "ValueSet"]
OBSERVABLE = f"{BASE}/CodeSystem/observable"


async def get(app: FastAPI, path: str, **headers: str) -> httpx.Response:
    async with talk_to(app) as client:
        return await client.get(path, headers=headers)


async def found_at(app: FastAPI, path: str) -> Json:
    response = await get(app, path)
    assert response.status_code == 200, response.text[:300]
    assert response.headers["content-type"] == FHIR
    body: Json = strict_json(response.content)
    return body


async def refused(app: FastAPI, path: str, status: int, method: str = "GET") -> str:
    """What a refusal says, which is FHIR too."""
    async with talk_to(app) as client:
        response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == FHIR
    OperationOutcome.model_validate(response.json())
    (issue,) = response.json()["issue"]
    assert issue["severity"] == "error"
    return str(issue["diagnostics"])


def keys(found: Json) -> set[str]:
    """What a searchset holds, each a match, and as many as it says."""
    Bundle.model_validate(found)
    entries = found.get("entry", [])
    assert found["type"] == "searchset"
    assert found["total"] == len(entries)
    assert all(entry["search"] == {"mode": "match"} for entry in entries)
    assert all(entry["fullUrl"] == entry["resource"]["url"] for entry in entries)
    return {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in entries}


# -- read ------------------------------------------------------------------------------------------------


async def test_every_definition_is_read_by_its_type_and_id(app: FastAPI) -> None:
    for key, document in DOCUMENTS.items():
        assert await found_at(app, f"/fhir/{key}") == document


async def test_the_metadata_are_the_capability_statement(app: FastAPI) -> None:
    found = await found_at(app, "/fhir/metadata")
    assert found == DOCUMENTS["CapabilityStatement/spine-mets-cds"]
    CapabilityStatement.model_validate(found)


async def test_every_type_that_the_statement_names_is_served(app: FastAPI) -> None:
    statement = await found_at(app, "/fhir/metadata")
    named = [one["type"] for one in statement["rest"][0]["resource"]]
    assert sorted(named) == TYPES
    for kind in named:
        assert keys(await found_at(app, f"/fhir/{kind}"))


async def test_the_statement_names_where_the_service_is_reached() -> None:
    app = application(public_base_url="https://cds.example.org/")
    statement = await found_at(app, "/fhir/metadata")
    assert statement["implementation"]["url"] == "https://cds.example.org/fhir"


async def test_the_definitions_are_under_the_base_of_the_deployment() -> None:
    base = "https://terminology.example.org"
    found = await found_at(application(canonical_base=base), "/fhir/CodeSystem/answer")
    assert found["url"] == f"{base}/CodeSystem/answer"


@pytest.mark.parametrize("path", ["/fhir/metadata", "/fhir/CodeSystem/answer"])
async def test_what_a_caller_has_already_is_not_sent_again(app: FastAPI, path: str) -> None:
    first = await get(app, path)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = await get(app, path, **{"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = await get(app, path, **{"if-none-match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_two_definitions_have_two_marks(app: FastAPI) -> None:
    tags = {(await get(app, f"/fhir/{key}")).headers["etag"] for key in DOCUMENTS}
    assert len(tags) == len(DOCUMENTS)


# -- search ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TYPES)
async def test_a_search_without_parameters_finds_every_one_of_the_type(app: FastAPI, kind: str) -> None:
    found = await found_at(app, f"/fhir/{kind}")
    assert keys(found) == {key for key in DOCUMENTS if key.startswith(f"{kind}/")}
    assert {entry["resource"]["id"]: entry["resource"] for entry in found["entry"]} == {
        key.partition("/")[2]: one for key, one in DOCUMENTS.items() if key.startswith(f"{kind}/")
    }


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ([("url", OBSERVABLE)], {"CodeSystem/observable"}),
        ([("_id", "observable")], {"CodeSystem/observable"}),
        ([("_id", "observable,answer")], {"CodeSystem/observable", "CodeSystem/answer"}),
        ([("url", OBSERVABLE), ("_id", "observable")], {"CodeSystem/observable"}),
        # Both have to hold.
        ([("url", OBSERVABLE), ("_id", "answer")], set()),
        ([("_id", "observable"), ("_id", "answer")], set()),
        ([("url", f"{OBSERVABLE}/")], set()),
        ([("url", "https://elsewhere.example.org/CodeSystem/observable")], set()),
        ([("_id", "OBSERVABLE")], set()),
        ([("_id", "")], set()),
    ],
)
async def test_a_search_finds_what_every_parameter_matches(
    app: FastAPI, asked: list[tuple[str, str]], wanted: set[str]
) -> None:
    found = await found_at(app, f"/fhir/CodeSystem?{urlencode(asked)}")
    assert keys(found) == wanted
    assert found["link"] == [{"relation": "self", "url": f"CodeSystem?{urlencode(asked)}"}]


@pytest.mark.parametrize("asked", ["name=Answer", "url:below=https", "_count=1", "URL=x", "code=canary-1"])
async def test_a_parameter_that_is_not_taken_is_refused_and_not_passed_over(app: FastAPI, asked: str) -> None:
    said = await refused(app, f"/fhir/CodeSystem?{asked}", 400)
    assert "_id and url" in said
    assert "canary" not in said


# -- what is not there -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/fhir",
        "/fhir/",
        "/fhir/Patient",
        "/fhir/Patient/canary-1",
        "/fhir/codesystem/answer",
        "/fhir/CodeSystem/canary-1",
        "/fhir/CodeSystem/answer/_history",
        "/fhir/CodeSystem/",
    ],
)
async def test_what_is_not_there_is_said_in_fhir_without_an_echo(app: FastAPI, path: str) -> None:
    assert "canary" not in await refused(app, path, 404)


async def test_a_type_that_is_not_served_names_those_that_are(app: FastAPI) -> None:
    said = await refused(app, "/fhir/Patient", 404)
    assert all(kind in said for kind in TYPES)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/fhir/metadata", "/fhir/CodeSystem", "/fhir/CodeSystem/answer"])
async def test_nothing_is_written_here(app: FastAPI, path: str, method: str) -> None:
    assert "method" in await refused(app, path, 405, method)


async def test_an_address_that_only_begins_alike_is_plain_rest(app: FastAPI) -> None:
    response = await get(app, "/fhirs")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


# -- the document ----------------------------------------------------------------------------------------


def test_the_operations_are_documented_as_fhir(app: FastAPI) -> None:
    paths: Mapping[str, Any] = app.openapi()["paths"]
    operations = {path: methods["get"] for path, methods in paths.items() if path.startswith("/fhir/")}
    assert {one["operationId"] for one in operations.values()} == {
        "getCapabilityStatement",
        "searchFhirDefinitions",
        "getFhirDefinition",
    }
    for operation in operations.values():
        assert operation["tags"] == ["FHIR"]
        assert list(operation["responses"]["200"]["content"]) == [FHIR]
    asked = operations["/fhir/{resource_type}"]["parameters"]
    assert [one["name"] for one in asked] == ["resource_type", "url", "_id"]
    assert sorted(asked[0]["schema"]["enum"]) == TYPES
    assert json.dumps(operations).count('/FhirBundle"') == 1
