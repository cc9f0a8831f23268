"""Members that take one thing or another, by a name for each choice and for each list in it.

A choice that stands unnamed in a member is named by each generator in its own way, and some make code of a
list in it that does not compile.
"""

from app.document.parts import SCHEMA, Json

_NULL = {"type": "null"}
_BODY_SUFFIXES = ("Answers", "Inputs")


class UnnamedChoiceError(ValueError):
    """Two different choices would share a name, or a list of one has none."""


def name_choices(document: Json) -> None:
    """Put every choice that a member has among the components, and refer to it.

    Raises:
        UnnamedChoiceError: two would share a name, or a list holds something that has none.
    """
    schemas: Json = document["components"]["schemas"]
    for owner in sorted(schemas):
        for name, member in schemas[owner].get("properties", {}).items():
            branches = [branch for branch in member.get("anyOf", ()) if branch != _NULL]
            if len(branches) < 2:  # noqa: PLR2004  of one there is no choice
                continue
            null = [branch for branch in member["anyOf"] if branch == _NULL]
            chosen = {"$ref": SCHEMA + _named(schemas, owner, name, branches)}
            kept = {key: value for key, value in member.items() if key != "anyOf"}
            member.clear()
            member |= {**({"anyOf": [chosen, *null]} if null else chosen), **kept}


def _named(schemas: Json, owner: str, member: str, branches: list[Json]) -> str:
    found = [_list_named(schemas, branch) if branch.get("type") == "array" else branch for branch in branches]
    base = next((_name_of(branch) for branch in branches if branch.get("type") != "array"), "")
    if base and {"$ref": f"{SCHEMA}{base}List"} in found:
        plain = any(branch.get("type") == "boolean" for branch in found)
        name = f"{base}ChoiceOrBoolean" if plain else f"{base}Choice"
        text = "One of them, or a list of those that are still possible."
        text = f"{text[:-1]}; true and false stand for yes and no." if plain else text
    else:
        stem = owner
        for suffix in _BODY_SUFFIXES:
            stem = stem.removesuffix(suffix)
        name = f"{stem}{''.join(part[:1].upper() + part[1:] for part in member.split('_'))}Choice"
        text = "A value, or what is known of it."
    _keep(schemas, name, {"anyOf": found, "description": text})
    return name


def _list_named(schemas: Json, branch: Json) -> Json:
    held = _name_of(branch["items"])
    if not held:
        raise UnnamedChoiceError("a list in a choice holds what has no name")
    _keep(schemas, f"{held}List", {**branch, "description": "Several of them."})
    return {"$ref": f"{SCHEMA}{held}List"}


def _name_of(schema: Json) -> str:
    return str(schema.get("$ref", "")).removeprefix(SCHEMA)


def _keep(schemas: Json, name: str, schema: Json) -> None:
    if schemas.setdefault(name, schema) != schema:
        raise UnnamedChoiceError(f"two schemas are called {name}")
