"""The parts of schemas and of the document, so that no step mistakes a property for a keyword."""

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
SCHEMA = "#/components/schemas/"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# The keywords that hold one schema, several, and several by name.
_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_BY_NAME = ("properties", "patternProperties", "$defs")


def parts_of(schema: Json) -> Iterator[tuple[str, Json]]:
    """The schemas directly within a schema, each with the property that it is of, or an empty text."""
    for keyword in _ONE:
        if isinstance(schema.get(keyword), dict):
            yield "", schema[keyword]
    for keyword in _SEVERAL:
        for part in schema.get(keyword, ()):
            yield "", part
    for keyword in _BY_NAME:
        yield from schema.get(keyword, {}).items()


def within(schema: Json) -> Iterator[Json]:
    """A schema and every schema in it, the outer ones first."""
    yield schema
    for _, part in parts_of(schema):
        yield from within(part)


def operations_of(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every operation with its path and method."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def schemas_outside_components(document: Json) -> Iterator[Json]:
    """The schemas of parameters, bodies, answers and headers, where the operations have them."""
    shared = document.get("components", {})
    yield from _of_responses(shared.get("responses", {}).values())
    yield from _of_headers(shared.get("headers", {}).values())
    yield from (one["schema"] for one in shared.get("parameters", {}).values() if "schema" in one)
    for _, _, operation in operations_of(document):
        yield from (one["schema"] for one in operation.get("parameters", ()) if "schema" in one)
        yield from _of_content(operation.get("requestBody", {}))
        yield from _of_responses(operation["responses"].values())


def every_schema(document: Json) -> Iterator[Json]:
    """Every schema of the document, the inner ones too."""
    for schema in (*document["components"]["schemas"].values(), *schemas_outside_components(document)):
        yield from within(schema)


def references(node: object) -> Iterator[str]:
    """Everything that a part of the document refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def _of_responses(responses: Iterable[Json]) -> Iterator[Json]:
    for response in responses:
        yield from _of_content(response)
        yield from _of_headers(response.get("headers", {}).values())


def _of_headers(headers: Iterable[Json]) -> Iterator[Json]:
    yield from (header["schema"] for header in headers if "schema" in header)


def _of_content(holder: Json) -> Iterator[Json]:
    yield from (media["schema"] for media in holder.get("content", {}).values() if "schema" in media)
