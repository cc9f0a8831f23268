"""Requests that once were good, the same for the same seed: one to three changes that know what a record is.

What the changes of tests/contract/mutation.py do to any JSON is done here as well; these know references,
Bundles, pages, codes and dates, and can write what no JSON library would: a name twice, any number.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from tests.adversary.doors import ASSESSMENTS, Door, doors
from tests.cds_hooks.hook_contexts import SERVICES, context_of, draft
from tests.cds_hooks.record import OBSERVABLE, RECENT, SINS_ANSWERS, STALE, VERTEBRAE, Json, concept, subject
from tests.contract.mutation import spoiled_bytes, spoiled_structure
from tests.privacy.canary import FREE_TEXT, MRN, NAME, marked_bundle, marked_request

CLIENTS = Path(__file__).parents[1] / "cds_hooks" / "clients"
ANY: tuple[int, ...] = ()
REFUSED = (400, 422)
# Where the keys of the prefetch are a site's own, the record is not even looked at.
FOREIGN = (412, 422)
# Texts that stand for what is written in their place, raw.
_RAW = "@raw-{}@"
_NUMBERS = (
    *("0", "-0", "-1", "1e-400", "1e308", "1e400", "-1e400", "NaN", "18446744073709551616", "9" * 400),
    *(
        "9" * 5_000,
        "0.1e-300",
        "62.0000000000000000001",
        "1e5",
        "100",
        "100.0000001",
        "-273.16",
        "2147483648",
    ),
)
_TEXTS = (
    *(
        "",
        " ",
        "\u0000",
        "\u202e\u2066",
        "e\u0301" * 200,
        "\U0001f9b4",
        "\ufeff",
        "\ud7ff\ue000",
        "x" * 100_000,
    ),
    *("\u2028", "%s{0.__class__}${x}{{y}}", "<img src=x onerror=1>", "[x](https://evil.example)", NAME, MRN),
    *("a\nb", "' OR 1=1 --", "../../etc/passwd", "\\", '"', "C" * 257, "٣", "İ", "ß" * 300),
)
_REFERENCES = (
    *(
        "Patient/p-1",
        "Patient/p-2",
        "Patient/",
        "/",
        "#",
        "#x",
        "",
        "urn:uuid:",
        "urn:oid:1.2",
        "Condition/c-t11",
    ),
    *(
        "https://ehr.example.org/fhir/Patient/p-1",
        "http://[::1/Patient/p-1",
        "https://evil.example/Patient/p-1",
    ),
    *("Patient/p-1/_history/1", "Patient/p-1#x", "Patient?identifier=x|y", "../Patient/p-1", "PATIENT/p-1"),
)
_DATES = (
    *("2026", "2026-02", "2026-02-30", "0000-01-01", "9999-12-31T23:59:59-14:00", "2026-11-20T24:00:00Z"),
    *("2026-11-20T12:00:00", "2026-11-20T12:00:60Z", "2026-11-20T12:00:00+99:99", "1", "now", RECENT, STALE),
)
_LINKS = (
    *(
        "https://ehr.example.org/fhir?page=2",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "",
        "//evil",
    ),
    *(
        "https://ehr.example.org@evil.example/",
        "http://127.0.0.1:8000/health",
        "javascript:1",
        "?page=2",
        "\x00",
    ),
)
_CODES = (
    *(code for answers in SINS_ANSWERS.values() for code in answers),
    *VERTEBRAE.values(),
    *(
        "94222008",
        "94274006",
        "109989006",
        "21889-1",
        "mm",
        "%",
        "entered-in-error",
        "indeterminate",
        "escc-3",
    ),
)
_STATUSES = (
    "entered-in-error",
    "preliminary",
    "cancelled",
    "unknown",
    "amended",
    "draft",
    "FINAL",
    "",
    "final ",
)
_TYPES = (
    *("Patient", "Observation", "Condition", "Bundle", "OperationOutcome", "Medication", "BodyStructure", ""),
    *("patient", "Procedure", "QuestionnaireResponse", "MedicationRequest", "ServiceRequest", "X" * 300),
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A good body and where it goes."""

    path: str
    document: Json


@dataclass(frozen=True, slots=True)
class Case:
    """A body that was changed.

    Args:
        kind: how it was.
        statuses: those that it has to have; none where any that is promised will do.
    """

    path: str
    body: bytes
    kind: str
    statuses: tuple[int, ...] = ANY


def seeds(app: FastAPI) -> list[Seed]:
    """Good bodies of every address, the hooks as three vendors send them and full of a person."""
    found = []
    for file in sorted(CLIENTS.glob("*.json")):
        request: Json = json.loads(file.read_text())
        found.append(Seed(SERVICES[request["hook"]], request))
    for hook, path in SERVICES.items():
        context = context_of(hook)
        if "draftOrders" in context:
            context["draftOrders"]["entry"].append(
                {"resource": draft("order-2", "conventional-radiotherapy", "L3")}
            )
        found.append(Seed(path, marked_request() | {"hook": hook, "context": context}))
    marked = [Seed(ASSESSMENTS, marked_bundle())] * 5
    others = [Seed(door.path, _marked(door)) for door in doors(app) if door.path not in SERVICES.values()]
    return [*found, *found, *marked, *(seed for seed in others if seed.path != ASSESSMENTS)]


def _marked(door: Door) -> Json:
    """The good body; a comment on a card speaks of a person."""
    document: Json = copy.deepcopy(door.good)
    for report in document.get("feedback", ()):
        report["overrideReason"]["userComment"] = f"{FREE_TEXT} {NAME}"
    return document


def case(number: int, given: Sequence[Seed]) -> Case:
    """The case of a number, always the same for the same seeds."""
    chance = random.Random(number)  # noqa: S311  a seed makes it the same every time
    seed = chance.choice(given)
    how = chance.random()
    # A short body would be used up.
    if how < 0.2 and len(body := json.dumps(seed.document).encode()) > 200:
        return Case(seed.path, spoiled_bytes(body, number), "bytes")
    if how < 0.4:
        return Case(seed.path, spoiled_structure(seed.document, number), "structure")
    if how < 0.45:
        return Case(seed.path, _spliced(seed.document, chance), "splice")
    document: Json = copy.deepcopy(seed.document)
    raw: list[str] = []
    if how < 0.5 and _add_foreign(document, chance):
        return Case(seed.path, json.dumps(document).encode(), "foreign", FOREIGN)
    if how < 0.6 and _double(document, chance, raw):
        return Case(seed.path, _written(document, raw), "twice", REFUSED)
    for _ in range(chance.randint(1, 3)):
        chance.choice(_CHANGES)(document, chance, raw)
    return Case(seed.path, _written(document, raw), "record")


def _written(document: Json, raw: Sequence[str]) -> bytes:
    text = json.dumps(document, ensure_ascii=False)
    for number, literal in enumerate(raw):
        text = text.replace(f'"{_RAW.format(number)}"', literal)
    return text.encode("utf-8", "surrogatepass")


def _put(literal: str, raw: list[str]) -> str:
    """A text that becomes this in the body, whatever it is."""
    raw.append(literal)
    return _RAW.format(len(raw) - 1)


def _spliced(document: Json, chance: random.Random) -> bytes:
    """A piece of the body repeated, or put where another stood."""
    body = json.dumps(document).encode()
    start, end = sorted(chance.randrange(len(body)) for _ in range(2))
    place = chance.randrange(len(body))
    piece = body[start : min(end, start + 2_000)] * chance.choice([1, 1, 2, 20])
    return body[:place] + piece + body[place + chance.choice([0, 0, len(piece)]) :]


Change = Callable[[Json, random.Random, list[str]], object]


def _objects(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(child)


def _member(
    document: Json, chance: random.Random, wanted: Callable[[str, Any], bool]
) -> tuple[Json, str] | None:
    found = [
        (holder, name)
        for holder in _objects(document)
        for name, value in holder.items()
        if wanted(name, value)
    ]
    return chance.choice(found) if found else None


def _set(wanted: Callable[[str, Any], bool], values: Sequence[Any]) -> Change:
    """Another value in the place of one that is wanted."""

    def change(document: Json, chance: random.Random, _raw: list[str]) -> None:
        place = _member(document, chance, wanted)
        if place is not None:
            place[0][place[1]] = chance.choice(values)

    return change


def _renumber(document: Json, chance: random.Random, raw: list[str]) -> None:
    place = _member(document, chance, lambda _name, value: isinstance(value, int | float)) or _member(
        document, chance, lambda _name, value: isinstance(value, str)
    )
    if place is not None:
        place[0][place[1]] = _put(chance.choice(_NUMBERS), raw)


def _halve(document: Json, chance: random.Random, raw: list[str]) -> None:
    place = _member(document, chance, lambda _name, value: isinstance(value, str))
    if place is not None:
        place[0][place[1]] = _put(
            chance.choice([r'"\ud800"', r'"\udc00x"', r'"\u0022"', '"\x00"', r'"\u0000"']), raw
        )


def _double(document: Json, chance: random.Random, raw: list[str]) -> bool:
    """A name twice in one object, plain or in escapes; the member itself stays."""
    holders = [holder for holder in _objects(document) if holder]
    if not holders:
        return False
    holder = chance.choice(holders)
    name = chance.choice(list(holder))
    spelled = name if chance.random() < 0.5 else "".join(f"\\u{ord(sign):04x}" for sign in name)
    if not spelled.isascii():
        return False
    items = list(holder.items())
    other = chance.choice([None, holder[name], {"reference": "Patient/p-2"}, "x", 5])
    items.insert(chance.randrange(len(items) + 1), (_put(f'"{spelled}"', raw), copy.deepcopy(other)))
    holder.clear()
    holder.update(items)
    return True


def _nest(document: Json, chance: random.Random, raw: list[str]) -> None:
    place = _member(document, chance, lambda _name, _value: True)
    if place is None:
        return
    depth = chance.choice([3, 50, 89, 101, 150, 1_100, 20_000])
    opening, closing = chance.choice([("[", "]"), ('{"item":[', "]}"), ('{"x":', "}")])
    place[0][place[1]] = _put(opening * depth + "1" + closing * depth, raw)


def _bundles(document: Json) -> list[Json]:
    return [found for found in _objects(document) if found.get("resourceType") == "Bundle"]


def _page(document: Json, chance: random.Random, _raw: list[str]) -> None:
    for bundle in chance.sample(_bundles(document), min(1, len(_bundles(document)))):
        url = chance.choice([*_LINKS, None, 5])
        bundle["link"] = chance.choice(
            [[{"relation": "next", "url": url}], [{"relation": "next"}], {}, [url]]
        )
        bundle["total"] = chance.choice([0, 1, 50, -1, 2**31, None, "3", 1.0])


def _reshape(document: Json, chance: random.Random, _raw: list[str]) -> None:
    """A Bundle as no search would answer."""
    found = _bundles(document)
    if not found:
        return
    bundle = chance.choice(found)
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        entries = bundle["entry"] = []
    entry: Any = chance.choice(entries) if entries else {}
    match chance.randrange(8):
        case 0:
            entries.reverse()
        case 1:
            entries.append(copy.deepcopy(entry))
        case 2:
            entries.append({"resource": copy.deepcopy(chance.choice(found))})
        case 3:
            entries.insert(0, chance.choice([None, 5, {}, [], {"resource": None}, {"fullUrl": "urn:uuid:x"}]))
        case 4:
            issue = {"severity": chance.choice(["warning", "error", "fatal", 5]), "details": concept("4101")}
            entries.append({"resource": {"resourceType": "OperationOutcome", "issue": [issue]}})
        case 5:
            entries.append({"response": {"status": chance.choice(["404", "200 OK", "", 5])}, **(entry or {})})
        case 6:
            entries *= chance.choice([0, 40])
        case _:
            bundle["type"] = chance.choice(["searchset", "transaction-response", "history", "", 5, None])


def _resources(document: Json) -> list[Json]:
    return [found for found in _objects(document) if "resourceType" in found and "entry" not in found]


def _decorate(document: Json, chance: random.Random, _raw: list[str]) -> None:
    """What changes the meaning of a resource, or refers to itself."""
    found = _resources(document)
    if not found:
        return
    resource = chance.choice(found)
    inner = copy.deepcopy(resource)
    resource.update(
        chance.choice(
            [
                {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]},
                {"implicitRules": "urn:x"},
                {"contained": [inner], "hasMember": [{"reference": f"#{resource.get('id')}"}]},
                {"focus": [{"reference": f"{resource['resourceType']}/{resource.get('id')}"}]},
                {"hasMember": [{"reference": f"{resource['resourceType']}/{resource.get('id')}"}] * 50},
                {"component": [inner] * 3},
                {"meta": {"lastUpdated": chance.choice(_DATES), "versionId": "0"}},
                {
                    "bodySite": chance.choice(
                        [[concept(code) for code in VERTEBRAE.values()], concept(""), []]
                    )
                },
                {"valueQuantity": {"value": chance.choice([-5, 1e300, 0]), "unit": "lb", "comparator": "<"}},
                {"code": concept(chance.choice(_CODES), chance.choice([OBSERVABLE, "", "urn:oid:2.16"]))},
                {"dataAbsentReason": concept("unknown")},
                {"item": [{"linkId": "level", "answer": [{"valueCoding": {"code": "T99"}}]}]},
            ]
        )
    )


def _drop(document: Json, chance: random.Random, _raw: list[str]) -> None:
    place = _member(document, chance, lambda _name, _value: True)
    if place is not None:
        del place[0][place[1]]


def _envelope(document: Json, chance: random.Random, _raw: list[str]) -> None:
    """The members around the record."""
    if "hook" not in document or not isinstance(document.get("context"), dict):
        document[chance.choice(["x", "level", "patient", "feedback", "__proto__"])] = chance.choice(_TEXTS)
        return
    name = chance.choice(["fhirServer", "fhirAuthorization", "context", "extension", "hookInstance"])
    match name:
        case "context":
            member = chance.choice(
                ["patientId", "userId", "encounterId", "selections", "draftOrders", "conditions"]
            )
            document["context"][member] = chance.choice([*_REFERENCES, [], {}, None, 5, ["x"], [None]])
        case "fhirAuthorization":
            given = {
                "access_token": "t",
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "x",
                "subject": "y",
            }
            given[chance.choice([*given, "patient"])] = chance.choice(
                [None, 0, -1, 10**30, "", "p-2", {}, "a\r\nb"]
            )
            document["fhirAuthorization"] = given
        case _:
            document[name] = chance.choice([*_LINKS, None, {}, 5])


def _grow(document: Json, chance: random.Random, _raw: list[str]) -> None:
    """Very many of something."""
    found = [
        (holder, name)
        for holder in _objects(document)
        for name, value in holder.items()
        if isinstance(value, list) and value
    ]
    if found:
        holder, name = chance.choice(found)
        size = max(1, len(json.dumps(holder[name])))
        holder[name] = holder[name] * max(1, min(300, 200_000 // size))


def _add_foreign(document: Json, chance: random.Random) -> bool:
    """A finding of another patient in the record; nothing may be told of either."""
    held = document.get("prefetch", document)
    found = _bundles(held)
    if not found or "x" in document:
        return False
    # Each prefetch key sets aside what it does not ask for: a type that stands there already.
    rows = [
        (bundle, entry["resource"])
        for bundle in found
        for entry in bundle.get("entry") or ()
        if isinstance(entry.get("resource"), dict)
        and isinstance(entry["resource"].get("subject"), dict)
        and entry["resource"]["resourceType"] in ("Observation", "Condition", "Procedure")
    ]
    if not rows:
        return False
    bundle, resource = chance.choice(rows)
    foreign = {**copy.deepcopy(resource), "id": "foreign", "subject": subject("someone-else")}
    bundle["entry"].insert(chance.randrange(len(bundle["entry"]) + 1), {"resource": foreign})
    return True


def _named(*names: str) -> Callable[[str, Any], bool]:
    return lambda name, _value: name in names


def _text(_name: str, value: object) -> bool:
    return isinstance(value, str)


_CHANGES: tuple[Change, ...] = (
    _set(_named("reference"), _REFERENCES),
    _set(_named("subject", "patient"), [{"reference": one} for one in _REFERENCES]),
    _set(_named("id"), [*_TEXTS, "p-2", None, 5]),
    _set(_named("code", "system"), [*_CODES, *_TEXTS, None]),
    _set(
        _named("status", "clinicalStatus", "verificationStatus"),
        [*_STATUSES, concept("refuted"), concept("active")],
    ),
    _set(_named("resourceType"), _TYPES),
    _set(
        lambda name, _value: name.endswith(("DateTime", "Date", "authored", "lastUpdated", "Timestamp")),
        _DATES,
    ),
    _set(_text, _TEXTS),
    _set(_text, [None, True, 5, [], {}, [None], {"x": {}}]),
    _set(lambda _name, value: isinstance(value, list), [None, True, "x", {}, [], [[]], [None, 5]]),
    _set(
        lambda _name, value: isinstance(value, dict),
        [None, True, "x", {}, [], [{}], {"resourceType": "Patient"}],
    ),
    *(
        _renumber,
        _halve,
        _nest,
        _page,
        _page,
        _reshape,
        _reshape,
        _decorate,
        _decorate,
        _drop,
        _envelope,
        _grow,
    ),
    _double,
)
