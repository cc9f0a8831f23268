"""The document in the form of OpenAPI 3.0.3, for generators that do not read 3.1 yet."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from app.document.arranging import arranged
from app.document.parts import SCHEMA, Json

VERSION = "3.0.3"
_NULL = "null"
# What JSON Schema can say and OpenAPI 3.0 cannot: nothing of it may be lost without a word.
_UNSAYABLE = frozenset(
    (
        "$defs",
        "contains",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "patternProperties",
        "prefixItems",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    )
)
_HOLDERS = ("items", "additionalProperties", "not")
_LISTS = ("anyOf", "oneOf", "allOf")
_OPERATION_PARTS = ("parameters", "requestBody", "responses")


class UnsayableError(ValueError):
    """The document says something for which OpenAPI 3.0 has no words."""


def as_three_zero(document: Json) -> Json:
    """The same document as OpenAPI 3.0.3.

    Args:
        document: one of OpenAPI 3.1; it is left as it is.

    Raises:
        UnsayableError: a schema says something for which 3.0 has no words.
    """
    found: Json = deepcopy(document)
    found["openapi"] = VERSION
    found.pop("jsonSchemaDialect", None)
    found["info"].pop("summary", None)
    found["info"].get("license", {}).pop("identifier", None)
    components = found.get("components", {})
    schemas = components.get("schemas", {})
    down = _Down({f"{SCHEMA}{name}": one["type"] for name, one in schemas.items() if "type" in one})
    components["schemas"] = {name: down.schema(one) for name, one in schemas.items()}
    for kind in ("parameters", "headers", "requestBodies", "responses"):
        for part in components.get(kind, {}).values():
            down.holder(part)
    for item in found["paths"].values():
        for operation in item.values():
            for part in _OPERATION_PARTS:
                down.holders(operation.get(part, ()))
            for answer in operation.get("responses", {}).values():
                _drop_links_with_bodies(answer)
    return dict(arranged(found))


def _drop_links_with_bodies(answer: Json) -> None:
    """Readers of 3.0 take the body of a link as a text, and refuse the whole document for another."""
    links = {
        name: link
        for name, link in answer.get("links", {}).items()
        if isinstance(link.get("requestBody", ""), str)
    }
    if links:
        answer["links"] = links
    else:
        answer.pop("links", None)


class _Down:
    """Brings schemas to the words of 3.0.

    Args:
        types: those of the schemas that can be referred to, by reference.
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types

    def holders(self, parts: Any) -> None:  # noqa: ANN401  a list, a map or one of what holds schemas
        """What holds schemas, in any of the ways in which an operation has it."""
        if isinstance(parts, list):
            for part in parts:
                self.holder(part)
        elif "content" in parts or "$ref" in parts:
            self.holder(parts)
        else:
            for part in dict(parts).values():
                self.holder(part)

    def holder(self, part: Json) -> None:
        """A parameter, header, body or answer."""
        if "$ref" in part:
            reference = part["$ref"]
            part.clear()
            part["$ref"] = reference
            return
        if "schema" in part:
            part["schema"] = self.schema(part["schema"])
        for media in part.get("content", {}).values():
            if "schema" in media:
                media["schema"] = self.schema(media["schema"])
        for header in part.get("headers", {}).values():
            self.holder(header)

    def schema(self, schema: Any, *, optional: bool = False) -> Any:  # noqa: ANN401  a schema, or true and false
        """One schema.

        Args:
            schema: as 3.1 has it.
            optional: whether it is of a member that may be left out.
        """
        if not isinstance(schema, dict):
            return schema
        if unsayable := _UNSAYABLE & schema.keys():
            raise UnsayableError(f"OpenAPI 3.0 has no {', '.join(sorted(unsayable))}")
        found = {name: value for name, value in schema.items() if name not in ("$schema", "$comment", "$id")}
        self._members(found)
        if "const" in found:
            found["enum"] = [found.pop("const")]
        examples = found.pop("examples", None)
        if examples:
            found.setdefault("example", examples[0])
        _bounds(found)
        null_among_types = _types(found)
        nullable = self._branches(found) or null_among_types
        if len(found.get("anyOf", ())) == 1:
            (branch,) = found.pop("anyOf")
            found = {**found, **branch}
        if "$ref" in found and (len(found) > 1 or nullable):
            reference = found.pop("$ref")
            kind = self._types.get(reference)
            if nullable and isinstance(kind, str):
                found["type"] = kind
            found = {"allOf": [{"$ref": reference}], **found}
        return _with_null(found, optional=optional) if nullable else found

    def _members(self, schema: Json) -> None:
        for name in _HOLDERS:
            if name in schema:
                schema[name] = self.schema(schema[name])
        if "properties" in schema:
            required = schema.get("required", ())
            schema["properties"] = {
                name: self.schema(one, optional=name not in required)
                for name, one in schema["properties"].items()
            }

    def _branches(self, schema: Json) -> bool:
        """Bring what a schema is made of to 3.0; whether null was one of the branches."""
        nullable = False
        for name in _LISTS:
            branches = schema.get(name, [])
            kept = [branch for branch in branches if branch != {"type": _NULL}]
            nullable = nullable or len(kept) < len(branches)
            if branches:
                schema[name] = [self.schema(branch) for branch in kept]
        return nullable


def _with_null(schema: Json, *, optional: bool) -> Json:
    if "type" in schema:
        return {**schema, "nullable": True}
    if optional:
        # Null says what leaving the member out says.
        return schema
    raise UnsayableError("OpenAPI 3.0 has no null beside what has several types")


def _types(schema: Json) -> bool:
    """Bring the type to a single one; whether null is one of them."""
    types = schema.get("type")
    if types == _NULL:
        raise UnsayableError("OpenAPI 3.0 has no value that can be null only")
    if not isinstance(types, list):
        return False
    kept = [kind for kind in types if kind != _NULL]
    if len(kept) == 1:
        (schema["type"],) = kept
    else:
        del schema["type"]
        schema["anyOf"] = [{"type": kind} for kind in kept]
    if len(kept) < len(types) and "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return len(kept) < len(types)


def _bounds(schema: Json) -> None:
    """A bound that is not reached is a bound and a mark in 3.0."""
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if isinstance(schema.get(exclusive), int | float) and not isinstance(schema[exclusive], bool):
            schema[bound] = schema[exclusive]
            schema[exclusive] = True
