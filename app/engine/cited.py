"""Every citation inside a definition, wherever it stands."""

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from functools import cache

from app.engine.provenance import Citation


def citations(value: object) -> list[Citation]:
    """The citations in a dataclass, a mapping or a collection, and in whatever these hold, each object once.

    What only a function says is not found.
    """
    found: list[Citation] = []
    _gather(value, found, {})
    return found


def _gather(value: object, found: list[Citation], seen: dict[int, object]) -> None:
    # Definitions share their parts; what was seen is held, so that no other object gets its identity.
    if value is None or isinstance(value, str | bytes | int) or id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, Citation):
        found.append(value)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _names(type(value)):
            _gather(getattr(value, name), found, seen)
    elif isinstance(value, Mapping):
        for inner in value.values():
            _gather(inner, found, seen)
    elif isinstance(value, Collection):
        for inner in value:
            _gather(inner, found, seen)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
