"""Every enumeration as a schema of its own: named once, used everywhere, each value explained.

Without that a generator makes a class of each place where the values stand, and numbers them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from app.document.fixed_enumerations import ENUMERATIONS, EVERYWHERE, SHARED
from app.document.parts import SCHEMA, Json, parts_of, schemas_outside_components

# What a value means: by value while a definition is read, in the order of the values in the document.
MEANINGS = "x-enum-descriptions"
_OF_A_BODY = re.compile(r"(?:Answers|Inputs|[A-Z][a-z]+Row)$")
_FIXED = {frozenset(meanings): name for name, meanings in ENUMERATIONS.items()}
_BOTH = frozenset(("yes", "no"))


class UnnamedEnumerationError(ValueError):
    """An enumeration has no name, or two have the same one."""


def name_enumerations(document: Json) -> None:
    """Put every enumeration of the schemas among the components, and refer to it.

    Raises:
        UnnamedEnumerationError: one is described by nothing, or two different ones would share a name.
    """
    schemas: Json = document["components"]["schemas"]
    named: Json = {}
    for owner in sorted(schemas):
        schema = schemas[owner]
        if "enum" in schema:
            # A class of its own already: only what its values mean is missing.
            schema[MEANINGS] = _ordered(owner, schema["enum"], dict(ENUMERATIONS.get(owner, {})))
            continue
        _name_those_of(owner, schema, named)
    _refer_to(named | {name: one for name, one in schemas.items() if "enum" in one}, document)
    schemas |= named


def _name_those_of(owner: str, schema: Json, named: Json) -> None:
    stem = _OF_A_BODY.sub("", owner)
    found: dict[tuple[object, ...], list[tuple[str, Json, dict[str, str]]]] = defaultdict(list)
    for hint, place, meanings in _enumerations(schema, "", {}):
        key = (*place["enum"], *(meanings.get(str(value), "") for value in place["enum"]))
        found[key].append((hint, place, meanings))
    for places in found.values():
        hints = {hint for hint, _, _ in places}
        hint, first, meanings = places[0]
        values = first["enum"]
        name = _name(stem, hint if len(hints) == 1 else None, values, meanings)
        told = dict(ENUMERATIONS.get(name, meanings))
        ordered = list(told) if name in ENUMERATIONS else values
        explained = _ordered(name, ordered, told)
        one = {
            "type": "integer" if all(isinstance(value, int) for value in values) else "string",
            "enum": ordered,
            "description": _sentence(ordered, told),
            MEANINGS: explained,
        }
        if named.setdefault(name, one) != one:
            raise UnnamedEnumerationError(f"two enumerations are called {name}")
        for _, place, _ in places:
            _refer(place, name)


def _enumerations(
    schema: Json, hint: str, meanings: dict[str, str]
) -> Iterator[tuple[str, Json, dict[str, str]]]:
    """Each enumeration within a schema, with its property and what is known of its values there."""
    meanings = schema.pop(MEANINGS, None) or meanings
    if "enum" in schema:
        yield hint, schema, meanings
        return
    for name, part in list(parts_of(schema)):
        # A member of its own has its own meanings.
        yield from _enumerations(part, name or hint, {} if name else meanings)


def _name(stem: str, hint: str | None, values: list[object], meanings: dict[str, str]) -> str:
    found = frozenset(map(str, values))
    if found == _BOTH or not meanings:
        if found not in _FIXED:
            raise UnnamedEnumerationError(f"{stem} {hint}: give it a name and its values a meaning")
        return _FIXED[found]
    if hint is not None and hint in EVERYWHERE:
        return EVERYWHERE[hint]
    if hint is not None:
        return stem + "".join(part.capitalize() for part in hint.split("_"))
    if stem not in SHARED:
        raise UnnamedEnumerationError(f"{stem}: name what several of its inputs share")
    return SHARED[stem]


def _ordered(name: str, values: list[object], meanings: dict[str, str]) -> list[str]:
    missing = [value for value in values if str(value) not in meanings]
    if missing:
        raise UnnamedEnumerationError(f"{name}: say what {missing} means")
    return [meanings[str(value)] for value in values]


def _sentence(values: list[object], meanings: dict[str, str]) -> str:
    told = "; ".join(f"`{value}`: {meanings[str(value)]}" for value in values)
    return f"{told}."


def _refer(place: Json, name: str) -> None:
    kept = {key: value for key, value in place.items() if key not in ("enum", "type")}
    place.clear()
    place |= {"$ref": f"{SCHEMA}{name}", **kept}


def _refer_to(named: Json, document: Json) -> None:
    """A parameter that takes the values of an enumeration refers to it too."""
    known = {tuple(one["enum"]): name for name, one in named.items()}
    for schema in schemas_outside_components(document):
        items = schema.get("items", {})
        if tuple(items.get("enum", ())) in known:
            _refer(items, known[tuple(items["enum"])])
