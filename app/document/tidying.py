"""Schemas without what only gets in the way of generated clients."""

from app.document.parts import SCHEMA, Json, every_schema, references

_NULL = {"type": "null"}


def open_answers(schemas: Json) -> None:
    """What callers can rely on in answers, now and later.

    A later version may add members, so that a reader must not refuse what it does not know. A member that
    may be left out is left out, and never null instead.

    Args:
        schemas: those of answers, by name.
    """
    for schema in schemas.values():
        schema.pop("additionalProperties", None)
        for name, member in schema.get("properties", {}).items():
            branches = member.get("anyOf", [])
            if name in schema.get("required", ()) or _NULL not in branches:
                continue
            branches.remove(_NULL)
            if len(branches) == 1:
                (branch,) = member.pop("anyOf")
                member |= {**branch, **member}


def name_resources(document: Json) -> None:
    """A FHIR resource is described once, under the name of its type, wherever a model holds one."""
    for schema in every_schema(document):
        kind = schema.get("x-fhir-type")
        name = f"Fhir{kind}"
        if kind is None or "properties" in schema or name not in document["components"]["schemas"]:
            continue
        description = {"description": schema["description"]} if "description" in schema else {}
        schema.clear()
        schema |= {"$ref": f"{SCHEMA}{name}", **description}


def tidy(document: Json) -> None:
    """Leave out titles, which only double the names, and say null as a type where that can be."""
    for schema in every_schema(document):
        schema.pop("title", None)
        if schema.get("required") == []:
            del schema["required"]
        _null_as_type(schema)


def _null_as_type(schema: Json) -> None:
    """``anyOf`` of one plain type and null is that type or null; what is named elsewhere stays as it is."""
    branches = schema.get("anyOf", [])
    plain = [branch for branch in branches if branch != _NULL]
    if len(plain) == len(branches) or len(plain) != 1 or not isinstance(plain[0].get("type"), str):
        return
    (branch,) = plain
    del schema["anyOf"]
    schema |= {**branch, **schema, "type": [branch["type"], "null"]}


def drop_unused(document: Json) -> None:
    """Leave out every component that nothing refers to."""
    components = document["components"]
    used: set[str] = set()
    waiting = list(references(document["paths"]))
    while waiting:
        reference = waiting.pop()
        if reference in used:
            continue
        used.add(reference)
        _, _, kind, name = reference.split("/", 3)
        waiting.extend(references(components[kind][name]))
    for kind, named in components.items():
        if kind != "securitySchemes":
            components[kind] = {
                name: named[name] for name in sorted(named) if f"#/components/{kind}/{name}" in used
            }
