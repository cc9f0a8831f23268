"""The 3.0 form: everything that 3.1 says is said in it, or the conversion stops."""

from typing import Any

import pytest

from app.document.three_zero import UnsayableError, as_three_zero

Json = dict[str, Any]


def document(schema: Json, **more: Any) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "1", "summary": "s", "license": {"name": "n", "identifier": "MIT"}},
        "paths": {},
        "components": {"schemas": {"One": schema, "Other": {"type": "object"}, "Choice": {"anyOf": []}}},
        **more,
    }


def converted(schema: Json) -> Json:
    found: Json = as_three_zero(document(schema))["components"]["schemas"]["One"]
    return found


REFERENCE = {"$ref": "#/components/schemas/Other"}
CHOICE = {"$ref": "#/components/schemas/Choice"}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": ["integer", "null"]}, {"type": "integer", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"type": ["string", "null"], "enum": ["a"]},
            {"type": "string", "enum": ["a", None], "nullable": True},
        ),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": None, "type": "string"}, {"type": "string", "enum": [None]}),
        ({"examples": [1, 2]}, {"example": 1}),
        ({"examples": []}, {}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        ({"exclusiveMaximum": 1.5}, {"maximum": 1.5, "exclusiveMaximum": True}),
        ({"minimum": 0}, {"minimum": 0}),
        (REFERENCE, REFERENCE),
        ({**REFERENCE, "description": "d"}, {"allOf": [REFERENCE], "description": "d"}),
        (
            {"anyOf": [REFERENCE, {"type": "null"}]},
            {"allOf": [REFERENCE], "type": "object", "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "d"},
            {"type": "string", "description": "d", "nullable": True},
        ),
        (
            {"properties": {"x": {"anyOf": [CHOICE, {"type": "null"}]}}},
            {"properties": {"x": {"allOf": [CHOICE]}}},
        ),
        (
            {"properties": {"const": {"type": ["array", "null"], "items": {"const": 1}}}},
            {"properties": {"const": {"type": "array", "items": {"enum": [1]}, "nullable": True}}},
        ),
        ({"additionalProperties": {"const": 1}}, {"additionalProperties": {"enum": [1]}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"not": {"required": ["a"]}}, {"not": {"required": ["a"]}}),
    ],
)
def test_says_the_same(schema: Json, wanted: Json) -> None:
    assert converted(schema) == wanted


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "null"},
        {"prefixItems": []},
        {"items": {"if": {}}},
        {"patternProperties": {}},
        {"required": ["x"], "properties": {"x": {"anyOf": [CHOICE, {"type": "null"}]}}},
    ],
)
def test_stops_where_there_are_no_words(schema: Json) -> None:
    with pytest.raises(UnsayableError):
        converted(schema)


def test_reaches_every_place_of_a_schema() -> None:
    schema = {"schema": {"const": 1}}
    content = {"content": {"application/json": schema}}
    header = {"X-One": dict(schema)}
    given = document(
        {},
        paths={
            "/": {
                "get": {
                    "parameters": [dict(schema)],
                    "requestBody": content,
                    "responses": {
                        "200": {**content, "headers": header},
                        "400": {"$ref": "#/components/responses/Bad", "description": "d"},
                    },
                }
            }
        },
    )
    given["components"] |= {"responses": {"Bad": content}, "headers": header, "parameters": {"P": schema}}
    found = as_three_zero(given)
    assert "const" in str(given)
    assert "const" not in str(found)
    assert found["paths"]["/"]["get"]["responses"]["400"] == {"$ref": "#/components/responses/Bad"}
    assert found["info"] == {"title": "x", "version": "1", "license": {"name": "n"}}
    assert found["openapi"] == "3.0.3"


def test_a_link_with_a_body_that_is_no_text_is_left_out() -> None:
    links = {"one": {"operationId": "a", "requestBody": {"x": 1}}, "other": {"operationId": "a"}}
    answers = {
        "200": {"description": "d", "links": links},
        "404": {"description": "d", "links": {"one": links["one"]}},
    }
    found = as_three_zero(
        {**document({}), "paths": {"/x": {"get": {"operationId": "a", "responses": answers}}}}
    )
    responses = found["paths"]["/x"]["get"]["responses"]
    assert set(responses["200"]["links"]) == {"other"}
    assert "links" not in responses["404"]
