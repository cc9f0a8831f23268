"""The OpenAPI document: complete, stable, and the one in the repository."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from app.document.arranging import arranged
from app.knowledge import VERSION
from tests.api.score_table import LEVELS, TABLES
from tests.contract.document import operations_of, resolved, response_of
from tests.contract.served import application

ROOT = Path(__file__).parents[2]
KEPT = {"3.1": ROOT / "openapi" / "openapi.json", "3.0": ROOT / "openapi" / "openapi-3.0.json"}
CLASS_NAME = re.compile(r"(?:[A-Z][A-Za-z]*[0-9]?[a-z]*)+")
CAMEL_CASE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)*")
# Generated clients have a method of each name: a name that changes breaks them.
OPERATIONS = {
    "discoverCdsServices": ("get", "/cds-services"),
    "invokeSpinalMetastasisPatientView": ("post", "/cds-services/spinal-metastasis-patient-view"),
    "listScores": ("get", "/api/v1/scores"),
    "listPolicies": ("get", "/api/v1/policies"),
    "getScoreDefinition": ("get", "/api/v1/scores/{score}"),
    "getScoreQuestionnaire": ("get", "/api/v1/scores/{score}/questionnaire"),
    "calculateSins": ("post", "/api/v1/scores/sins"),
    "calculateMirels": ("post", "/api/v1/scores/mirels"),
    "assessBundle": ("post", "/api/v1/assessments"),
    "assessBundles": ("post", "/api/v1/assessments/batch"),
    "getCapabilityStatement": ("get", "/fhir/metadata"),
    "searchFhirDefinitions": ("get", "/fhir/{resource_type}"),
    "getFhirDefinition": ("get", "/fhir/{resource_type}/{identity}"),
    "isLive": ("get", "/health/live"),
    "isReady": ("get", "/health/ready"),
}


@pytest.fixture(scope="module")
def document(app: FastAPI) -> Mapping[str, Any]:
    return app.openapi()


@pytest.fixture(scope="module")
def operations(document: Mapping[str, Any]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


@pytest.mark.parametrize("version", KEPT)
def test_the_kept_documents_are_what_the_command_prints(version: str) -> None:
    program = str(Path(sys.executable).with_name("spine-mets"))
    command = [program, "openapi", "--openapi-version", version]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, env={}).stdout  # noqa: S603  our own command
    kept = KEPT[version]
    assert kept.is_file(), "make openapi writes it"
    assert kept.read_bytes() == printed, f"{kept.name} is stale: make openapi"


@pytest.mark.parametrize("version", KEPT)
def test_the_kept_documents_are_valid(version: str) -> None:
    kept = json.loads(KEPT[version].read_bytes())
    assert kept["openapi"].startswith(version)
    assert kept["info"]["version"] == VERSION
    validator = OpenAPIV31SpecValidator if version == "3.1" else OpenAPIV30SpecValidator
    assert list(validator(kept).iter_errors()) == []


@pytest.mark.parametrize("version", KEPT)
def test_no_generator_has_to_invent_a_name(version: str) -> None:
    kept = json.loads(KEPT[version].read_bytes())
    schemas = kept["components"]["schemas"]
    for name, schema in schemas.items():
        assert CLASS_NAME.fullmatch(name), name
        assert schema.get("description", "").strip(), name
        for member, part in schema.get("properties", {}).items():
            for inner in nodes(part):
                assert inner is part or "properties" not in inner, (name, member)
                assert len(inner.get("enum", ())) < 2, (name, member)
                assert not is_unnamed_choice(inner), (name, member)
                assert "title" not in inner, (name, member)
    for _, path, operation in operations_of(kept):
        held = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for part in held for media in resolved(kept, part).get("content", {}).values()):
            assert is_named(media["schema"]), (path, media)


def is_unnamed_choice(schema: Mapping[str, Any]) -> bool:
    branches = [branch for branch in schema.get("anyOf", ()) if branch != {"type": "null"}]
    return len(branches) > 1


def is_named(schema: Mapping[str, Any]) -> bool:
    return set(schema) == {"$ref"} or schema == {"type": "string"}


def test_every_value_of_an_enumeration_is_explained(document: Mapping[str, Any]) -> None:
    enumerations = {
        name: schema for name, schema in document["components"]["schemas"].items() if "enum" in schema
    }
    assert len(enumerations) > 70
    for name, schema in enumerations.items():
        assert len(schema["x-enum-descriptions"]) == len(schema["enum"]), name
        assert all(meaning.strip() for meaning in schema["x-enum-descriptions"]), name


def test_json_comes_first_where_there_are_several_forms(document: Mapping[str, Any]) -> None:
    # Generators take the first one as the type of the answer.
    for version, path in KEPT.items():
        contents = [
            node["content"]
            for node in nodes(json.loads(path.read_bytes()))
            if isinstance(node.get("content"), dict)
        ]
        several = [list(content) for content in contents if len(content) > 1]
        assert several, version
        assert all(names[0] in ("application/json", "application/openmetrics-text") for names in several), (
            version
        )
    assert json.dumps(document, sort_keys=False) == json.dumps(arranged(document))


def test_answers_may_gain_members_and_requests_may_not(document: Mapping[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name, one in schemas.items() if one.get("additionalProperties") is False] == [
        name
        for name, one in schemas.items()
        if name.endswith(
            ("Answers", "Inputs", "Row", "Range", "Span", "Asked", "BatchItem", "FeedbackReceived")
        )
        and name not in ("NumberRange", "GradeMapRow")
    ]


def test_every_operation_keeps_its_name(
    operations: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    named = {operation["operationId"]: place for place, operation in operations.items()}
    assert len(named) == len(operations)
    assert named.items() >= OPERATIONS.items()
    assert [name for name in named if not CAMEL_CASE.fullmatch(name)] == []


def test_every_operation_says_what_it_is_for(
    document: Mapping[str, Any], operations: Mapping[tuple[str, str], Mapping[str, Any]]
) -> None:
    for place, operation in operations.items():
        assert operation["summary"].strip(), place
        assert operation["tags"], place
        for status in operation["responses"]:
            response = response_of(document, place[1], place[0], status)
            assert response["description"].strip(), (place, status)
            for media_type, content in response["content"].items():
                assert content["schema"], (place, status, media_type)


def test_nothing_is_left_of_the_frameworks_own_errors(document: Mapping[str, Any]) -> None:
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    assert "ValidationError" not in document["components"]["schemas"]


def test_every_reference_resolves_and_every_schema_is_one(document: Mapping[str, Any]) -> None:
    components = document["components"]
    used = {node["$ref"] for node in nodes(document) if isinstance(node.get("$ref"), str)}
    named = {
        f"#/components/{kind}/{name}"
        for kind, parts in components.items()
        if kind != "securitySchemes"
        for name in parts
    }
    assert used == named
    for schema in components["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("score", sorted(TABLES))
def test_every_item_and_option_is_in_the_document(document: Mapping[str, Any], score: str) -> None:
    schema = document["components"]["schemas"][f"{score.capitalize()}Answers"]
    items = {**TABLES[score], **({"level": dict.fromkeys(LEVELS, 0)} if score == "sins" else {})}
    assert set(schema["properties"]) == set(items)
    assert schema["additionalProperties"] is False
    assert "required" not in schema
    for item, options in items.items():
        found = schema["properties"][item]
        one, several = resolved(document, found)["anyOf"]
        assert set(resolved(document, one)["enum"]) == set(options)
        assert resolved(document, several)["type"] == "array"
        assert resolved(document, several)["items"] == one
        assert resolved(document, several)["minItems"] == 1
        assert "default" not in found
        assert found["description"].strip()
    validator = Draft202012Validator({**schema, "components": document["components"]})
    assert all(validator.is_valid(example) for example in schema["examples"])


@pytest.mark.parametrize("score", sorted(TABLES))
def test_a_calculation_names_its_answers_as_its_body(document: Mapping[str, Any], score: str) -> None:
    body = document["paths"][f"/api/v1/scores/{score}"]["post"]["requestBody"]
    assert body["required"] is True
    schema = body["content"]["application/json"]["schema"]
    assert schema == {"$ref": f"#/components/schemas/{score.capitalize()}Answers"}


PROGNOSTIC = {"tokuhashi", "modified-bauer", "nesms", "van-der-linden", "rades-two-month"}


def test_every_score_is_an_option_of_the_path(document: Mapping[str, Any]) -> None:
    (parameter,) = document["paths"]["/api/v1/scores/{score}"]["get"]["parameters"]
    assert set(parameter["schema"]["enum"]) == set(TABLES) | PROGNOSTIC


def test_errors_are_what_each_front_door_sends(
    document: Mapping[str, Any], operations: Mapping[tuple[str, str], Mapping[str, Any]]
) -> None:
    for (method, path), operation in operations.items():
        speaks_fhir = path.startswith(("/cds-services", "/fhir/"))
        wanted = "application/fhir+json" if speaks_fhir else "application/problem+json"
        for status in operation["responses"]:
            if int(status) >= 400:
                response = response_of(document, path, method, status)
                assert list(response["content"]) == [wanted], (path, status)


def test_every_operation_with_a_body_documents_how_it_is_refused(
    operations: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    for place, operation in operations.items():
        if "requestBody" in operation:
            # Feedback cannot contradict itself: a report of an unknown card is taken too.
            contradicts = set() if place[1].endswith("/feedback") else {"422"}
            assert {"400", "413", "415", "500"} | contradicts <= set(operation["responses"]), place
    hook = operations["post", "/cds-services/spinal-metastasis-patient-view"]
    assert "412" in hook["responses"]


def test_both_media_types_of_a_bundle_are_documented(document: Mapping[str, Any]) -> None:
    content = document["paths"]["/api/v1/assessments"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/fhir+json"}


def test_the_document_is_the_same_for_another_application(document: Mapping[str, Any]) -> None:
    assert json.dumps(application().openapi()) == json.dumps(document)
