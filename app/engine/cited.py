"""Every citation inside a definition, wherever it stands."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass

from app.engine.provenance import Citation


def citations(value: object) -> Iterator[Citation]:
    """The citations in a dataclass, a mapping or a collection, and in whatever these hold.

    What only a function says is not found.
    """
    if isinstance(value, Citation):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from citations(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from citations(inner)
    elif isinstance(value, Collection) and not isinstance(value, str | bytes):
        for inner in value:
            yield from citations(inner)
