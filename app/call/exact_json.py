"""JSON in and out with its numbers as they were written: 1.50 stays 1.50."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from app.call.faults import UsageError

Json = dict[str, Any]
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def parse(content: bytes) -> object:
    """What a JSON text holds, its fractions as Decimal.

    Raises:
        ValueError: it is no JSON in UTF-8, or too deeply nested.
    """
    try:
        return json.loads(content.decode(), parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("too deeply nested") from None


def _refuse(_token: str) -> None:
    raise ValueError("no JSON number")


def encode(document: Json) -> bytes:
    """The JSON text of an object.

    Raises:
        UsageError: it holds what JSON in UTF-8 cannot carry.
    """
    try:
        return _ENCODER.encode(document)
    except (UnicodeEncodeError, OverflowError, RecursionError):
        raise UsageError(
            "The request cannot be written as JSON: a text in the files given is no valid Unicode."
        ) from None


def text(holder: Json, name: str) -> str | None:
    """A member that is a text with something in it, or nothing."""
    found = holder.get(name)
    return found if isinstance(found, str) and found.strip() else None


def member(holder: Json, name: str) -> Json:
    """A member that is an object; an empty one where it is missing or something else."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def objects(holder: Json, name: str) -> Iterator[Json]:
    """The objects of a member that is a list; what else it holds is passed over."""
    found = holder.get(name)
    yield from (one for one in (found if isinstance(found, list) else ()) if isinstance(one, dict))
