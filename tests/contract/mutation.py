"""Good bodies spoiled in small ways, the same ways every time for the same seed."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    1e308,
    "",
    " ",
    "x",
    "Patient/p-2",
    "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
    "http://evil.example/Patient/p-1",
    "2026-13-45",
    "9999-12-31T23:59:60Z",
    "\u202e\u0000\ud7ff",
    "31640002",
    "94250008",
    "indeterminate",
    "y" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"x": None},
    [{"coding": [{}]}],
    {"resourceType": "Bundle"},
    {"resourceType": "OperationOutcome"},
    {"reference": "Patient/p-1"},
)
BYTES = b'{}[]",:\\0159eE+-.ntf \xff\xc3\x00'


def spoiled_bytes(body: bytes, seed: int) -> bytes:
    """One to four bytes changed, left out, doubled or moved."""
    chance = random.Random(seed)  # noqa: S311  a seed makes it the same every time
    found = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found))
        match chance.randrange(5):
            case 0:
                found[at] = chance.choice(BYTES)
            case 1:
                del found[at]
            case 2:
                found.insert(at, chance.choice(BYTES))
            case 3:
                end = min(len(found), at + chance.randint(1, 40))
                found[at:at] = found[at:end]
            case _:
                del found[at : at + chance.randint(1, 40)]
    return bytes(found)


def spoiled_structure(document: Json, seed: int) -> bytes:
    """One to three members of any depth left out, doubled, renamed, moved or of another type."""
    chance = random.Random(seed)  # noqa: S311  a seed makes it the same every time
    found: Json = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        holder, key = _place(found, chance)
        match chance.randrange(7):
            case 0:
                del holder[key]
            case 1 | 2:
                holder[key] = copy.deepcopy(chance.choice(ODD))
            case 3:
                holder[key] = [holder[key]] if chance.random() < 0.5 else {"value": holder[key]}
            case 4:
                other, other_key = _place(found, chance)
                holder[key], other[other_key] = (
                    copy.deepcopy(other[other_key]),
                    copy.deepcopy(holder[key]),
                )
            case 5 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 5:
                holder[chance.choice(["", "x", "resourceType", "subject", "entry", f"_{key}"])] = holder.pop(
                    key
                )
            case _:
                holder[key] = copy.deepcopy(_other(holder[key], chance))
        if not found:
            break
    return json.dumps(found).encode()


def _other(value: Any, chance: random.Random) -> Any:
    """Something like the value and not it."""
    match value:
        case bool() | None:
            return chance.choice(["true", 1])
        case int() | float():
            return chance.choice([-value, value * 1_000, str(value), [value]])
        case str():
            return chance.choice([value.upper(), value + value, value[:-1], f" {value}", [value], len(value)])
        case list():
            return chance.choice([value * 50, value[:0], value[::-1], {"0": value}])
        case _:
            return chance.choice([[value, value], [list(pair) for pair in value.items()], {}, str(value)])


def _place(document: Json, chance: random.Random) -> tuple[Any, Any]:
    """A member of any depth, each as likely as any other: its holder and its name or number."""
    return chance.choice(list(_places(document)))


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in list(children):
        yield node, key
        if isinstance(child, dict | list):
            yield from _places(child)
