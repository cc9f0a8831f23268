"""The document in the form of OpenAPI 3.0.3, for generators that do not read 3.1 yet."""

from copy import deepcopy
from typing import Any

from app.document.arranging import arranged
from app.document.parts import Json

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
    components["schemas"] = {name: _schema(one) for name, one in components.get("schemas", {}).items()}
    for kind in ("parameters", "headers", "requestBodies", "responses"):
        for part in components.get(kind, {}).values():
            _holder(part)
    for item in found["paths"].values():
        for operation in item.values():
            for part in _OPERATION_PARTS:
                _holders(operation.get(part, ()))
    return dict(arranged(found))


def _holders(parts: Any) -> None:  # noqa: ANN401  a list, a map or one of what holds schemas
    if isinstance(parts, list):
        for part in parts:
            _holder(part)
    elif "content" in parts or "$ref" in parts:
        _holder(parts)
    else:
        for part in dict(parts).values():
            _holder(part)


def _holder(part: Json) -> None:
    """A parameter, header, body or answer."""
    if "$ref" in part:
        reference = part["$ref"]
        part.clear()
        part["$ref"] = reference
        return
    if "schema" in part:
        part["schema"] = _schema(part["schema"])
    for media in part.get("content", {}).values():
        if "schema" in media:
            media["schema"] = _schema(media["schema"])
    for header in part.get("headers", {}).values():
        _holder(header)


def _schema(schema: Any) -> Any:  # noqa: ANN401  a schema, or true and false
    if not isinstance(schema, dict):
        return schema
    if unsayable := _UNSAYABLE & schema.keys():
        raise UnsayableError(f"OpenAPI 3.0 has no {', '.join(sorted(unsayable))}")
    found = {name: value for name, value in schema.items() if name not in ("$schema", "$comment", "$id")}
    _members(found)
    if "const" in found:
        found["enum"] = [found.pop("const")]
    examples = found.pop("examples", None)
    if examples:
        found.setdefault("example", examples[0])
    _bounds(found)
    null_among_types = _types(found)
    nullable = _branches(found) or null_among_types
    if len(found.get("anyOf", ())) == 1:
        (branch,) = found.pop("anyOf")
        found = {**found, "allOf": [branch]} if "$ref" in branch else {**branch, **found}
    if "$ref" in found and (len(found) > 1 or nullable):
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return {**found, "nullable": True} if nullable else found


def _members(schema: Json) -> None:
    for name in _HOLDERS:
        if name in schema:
            schema[name] = _schema(schema[name])
    if "properties" in schema:
        schema["properties"] = {name: _schema(one) for name, one in schema["properties"].items()}


def _branches(schema: Json) -> bool:
    """Bring what a schema is made of to 3.0; whether null was one of the branches."""
    nullable = False
    for name in _LISTS:
        branches = schema.get(name, [])
        kept = [branch for branch in branches if branch != {"type": _NULL}]
        nullable = nullable or len(kept) < len(branches)
        if branches:
            schema[name] = [_schema(branch) for branch in kept]
    return nullable


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
