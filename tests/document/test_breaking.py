"""What breaks callers of the last release is found, what does not is let pass."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tools.openapi_breaking import CURRENT, RELEASED, breaks

Json = dict[str, Any]
SCHEMA = "#/components/schemas/"


def document() -> Json:
    """One operation with every part that is compared."""
    asked = {
        "type": "object",
        "required": ["kind"],
        "additionalProperties": False,
        "properties": {
            "kind": {"$ref": f"{SCHEMA}Kind"},
            "size": {"type": "number", "minimum": 0, "maximum": 10},
            "name": {"type": "string", "pattern": "^a"},
            "either": {"anyOf": [{"type": "string"}, {"$ref": f"{SCHEMA}Kind"}]},
        },
    }
    told = {
        "type": "object",
        "required": ["total"],
        "properties": {
            "total": {"type": ["integer", "null"]},
            "status": {"$ref": f"{SCHEMA}Status"},
            "when": {"type": "string", "format": "date-time"},
            "parts": {"type": "array", "items": {"$ref": f"{SCHEMA}Told"}},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "closed": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"a": {"type": "string"}},
            },
        },
    }
    operation = {
        "operationId": "doIt",
        "security": [{"key": []}, {"token": []}],
        "parameters": [
            {"in": "query", "name": "since", "schema": {"type": "string"}},
            {"in": "path", "name": "id", "required": True, "schema": {"type": "string", "enum": ["a", "b"]}},
        ],
        "requestBody": {
            "required": False,
            "content": {
                "application/json": {"schema": {"$ref": f"{SCHEMA}Asked"}},
                "application/fhir+json": {"schema": {"type": "object"}},
            },
        },
        "responses": {
            "200": {"content": {"application/json": {"schema": {"$ref": f"{SCHEMA}Told"}}}},
            "304": {"description": "d"},
            "404": {"$ref": "#/components/responses/NotFound"},
        },
    }
    return {
        "paths": {
            "/things/{id}": {"post": operation},
            "/other": {"get": {**plain(), "operationId": "other"}},
        },
        "components": {
            "responses": {"NotFound": {"content": {"application/problem+json": {"schema": {}}}}},
            "schemas": {
                "Asked": asked,
                "Told": told,
                "Kind": {"type": "string", "enum": ["x", "y"]},
                "Status": {"type": "string", "enum": ["met", "unmet"]},
            },
        },
    }


def plain() -> Json:
    return {"responses": {"200": {"description": "d"}}}


def thing(found: Json) -> Json:
    operation: Json = found["paths"]["/things/{id}"]["post"]
    return operation


def asked(found: Json) -> Json:
    schema: Json = found["components"]["schemas"]["Asked"]
    return schema


def told(found: Json) -> Json:
    schema: Json = found["components"]["schemas"]["Told"]
    return schema


Change = Callable[[Json], object]
BREAKS: dict[str, tuple[Change, str]] = {
    "path": (lambda d: d["paths"].pop("/other"), "/other: removed"),
    "operation": (lambda d: d["paths"]["/other"].pop("get"), "GET /other: removed"),
    "operationId": (lambda d: thing(d).update(operationId="x"), "operationId is another"),
    "proof": (lambda d: thing(d)["security"].pop(), "a way to prove who calls is gone"),
    "parameter": (lambda d: thing(d)["parameters"].pop(0), "parameter since: removed"),
    "parameter needed": (
        lambda d: thing(d)["parameters"][0].update(required=True),
        "parameter since: has to be sent now",
    ),
    "parameter added and needed": (
        lambda d: thing(d)["parameters"].append(
            {"in": "query", "name": "new", "required": True, "schema": {}}
        ),
        "parameter new: has to be sent now",
    ),
    "parameter value": (
        lambda d: thing(d)["parameters"][1]["schema"]["enum"].pop(),
        "parameter id: value b has no place",
    ),
    "body removed": (lambda d: thing(d).pop("requestBody"), "body: removed"),
    "body needed": (lambda d: thing(d)["requestBody"].update(required=True), "body: has to be sent now"),
    "body added and needed": (
        lambda d: d["paths"]["/other"]["get"].update(requestBody={"required": True, "content": {}}),
        "GET /other: body: has to be sent now",
    ),
    "media type taken": (
        lambda d: thing(d)["requestBody"]["content"].pop("application/fhir+json"),
        "application/fhir+json: removed",
    ),
    "media type answered": (
        lambda d: thing(d)["responses"]["200"]["content"].pop("application/json"),
        "200: application/json: removed",
    ),
    "media type of a fault": (
        lambda d: d["components"]["responses"]["NotFound"].update(content={}),
        "404: application/problem+json: removed",
    ),
    "status": (lambda d: thing(d)["responses"].pop("304"), "304: removed"),
    "status added": (
        lambda d: thing(d)["responses"].update({"202": {"description": "d"}}),
        "202: a new way to succeed",
    ),
    "request member removed": (lambda d: asked(d)["properties"].pop("size"), "Asked.size: removed"),
    "request member needed": (
        lambda d: asked(d)["required"].append("size"),
        "Asked.size: has to be sent now",
    ),
    "request member added and needed": (
        lambda d: (asked(d)["properties"].update(new={}), asked(d)["required"].append("new")),
        "Asked.new: has to be sent now",
    ),
    "request value removed": (
        lambda d: d["components"]["schemas"]["Kind"]["enum"].remove("y"),
        "Kind: value y has no place",
    ),
    "request values named": (
        lambda d: asked(d)["properties"]["name"].update(enum=["a"]),
        "Asked.name: any value became some values",
    ),
    "request type": (
        lambda d: asked(d)["properties"]["size"].update(type="integer"),
        "Asked.size: type is another",
    ),
    "request bound": (lambda d: asked(d)["properties"]["size"].update(maximum=9), "maximum is passed"),
    "request bound added": (
        lambda d: asked(d)["properties"]["name"].update(maxLength=9),
        "maxLength is passed",
    ),
    "request pattern": (lambda d: asked(d)["properties"]["name"].update(pattern="^b"), "pattern is another"),
    "request branch": (
        lambda d: asked(d)["properties"]["either"]["anyOf"].pop(0),
        'Asked.either: "string" is not taken any more',
    ),
    "request refuses more": (
        lambda d: asked(d).update({"not": {"required": ["size"]}}),
        "something more is refused",
    ),
    "response member removed": (lambda d: told(d)["properties"].pop("when"), "Told.when: removed"),
    "response member optional": (
        lambda d: told(d)["required"].remove("total"),
        "Told.total: may be left out now",
    ),
    "response value added": (
        lambda d: d["components"]["schemas"]["Status"]["enum"].append("unknown"),
        "Status: value unknown has no place",
    ),
    "response values open": (
        lambda d: d["components"]["schemas"]["Status"].pop("enum"),
        "Status: any value became some values",
    ),
    "response type": (
        lambda d: told(d)["properties"]["total"].update(type="string"),
        "total: type is another",
    ),
    "response null": (
        lambda d: told(d)["properties"]["when"].update(type=["string", "null"]),
        "Told.when: type is another",
    ),
    "response format": (lambda d: told(d)["properties"]["when"].pop("format"), "format is another"),
    "response branch": (
        lambda d: told(d)["properties"]["either"]["anyOf"].append({"type": "boolean"}),
        'Told.either: "boolean" may be answered now',
    ),
    "response items": (
        lambda d: told(d)["properties"]["parts"].update(items={"type": "string"}),
        "Told.parts[]: type is another",
    ),
    "response closed": (
        lambda d: told(d)["properties"]["closed"]["properties"].update(b={}),
        "closed.b: added to what was closed",
    ),
}
PASSES: dict[str, Change] = {
    "nothing": lambda _d: None,
    "path": lambda d: d["paths"].update({"/new": {"get": {**plain(), "operationId": "new"}}}),
    "operation": lambda d: d["paths"]["/other"].update(post={**plain(), "operationId": "new"}),
    "words": lambda d: thing(d).update(summary="another", deprecated=True),
    "proof": lambda d: thing(d)["security"].append({"other": []}),
    "parameter": lambda d: thing(d)["parameters"].append({"in": "query", "name": "new", "schema": {}}),
    "parameter value": lambda d: thing(d)["parameters"][1]["schema"]["enum"].append("c"),
    "body": lambda d: d["paths"]["/other"]["get"].update(requestBody={"content": {}}),
    "media type": lambda d: thing(d)["requestBody"]["content"].update({"text/plain": {}}),
    "fault gone": lambda d: thing(d)["responses"].pop("404"),
    "fault": lambda d: thing(d)["responses"].update({"409": {"description": "d"}}),
    "request member": lambda d: asked(d)["properties"].update(new={"type": "string"}),
    "request member optional": lambda d: asked(d)["required"].remove("kind"),
    "request value": lambda d: (
        asked(d)["properties"]["kind"].update({"$ref": f"{SCHEMA}Status"})
        or d["components"]["schemas"]["Status"]["enum"].extend(("x", "y"))
    ),
    "request type": lambda d: asked(d)["properties"]["size"].update(type=["number", "null"]),
    "request bound": lambda d: asked(d)["properties"]["size"].update(maximum=11),
    "request bound gone": lambda d: asked(d)["properties"]["size"].pop("minimum"),
    "request branch": lambda d: asked(d)["properties"]["either"]["anyOf"].append({"type": "integer"}),
    "request open": lambda d: asked(d).pop("additionalProperties"),
    "response member": lambda d: told(d)["properties"].update(new={"type": "string"}),
    "response member always": lambda d: told(d)["required"].append("when"),
    "response value gone": lambda d: told(d)["properties"].update(total={"type": "integer"}),
    "response bound": lambda d: told(d)["properties"]["total"].update(minimum=0),
    "response branch gone": lambda d: told(d)["properties"]["either"]["anyOf"].pop(),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_found(name: str) -> None:
    released = document()
    current = copy.deepcopy(released)
    change, told_so = BREAKS[name]
    change(current)
    found = breaks(released, current)
    assert any(told_so in one for one in found), found


@pytest.mark.parametrize("name", PASSES)
def test_an_addition_passes(name: str) -> None:
    released = document()
    current = copy.deepcopy(released)
    PASSES[name](current)
    if name == "request value":
        # What is read of the same enumeration is another matter: here it is only sent.
        told(released)["properties"].pop("status")
    assert breaks(released, current) == []


def test_the_document_breaks_no_caller_of_the_last_release() -> None:
    found = breaks(json.loads(RELEASED.read_bytes()), json.loads(CURRENT.read_bytes()))
    assert found == [], "callers of the last release would notice: give it another path, or add beside it"
