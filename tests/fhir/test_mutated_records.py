"""A good record with anything put anywhere in it is read, or refused in so many words (hardening 7)."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.assess import assess
from app.errors import ContradictionError, UnreadableError
from tests.fhir.records import (
    AS_OF,
    BODY_SITE_URL,
    KNOWLEDGE,
    LATERALITY_URL,
    READER,
    RECENT,
    SERVER,
    Json,
    bundle,
    component,
    condition,
    entry,
    observation,
    outcome,
    patient,
    quantity,
    reference,
    response,
    site,
    snomed,
    spinal_lesion,
    structure,
)

Path = tuple[str | int, ...]

SIDED = {"url": LATERALITY_URL, "valueCodeableConcept": snomed("7771000")}
BY_STRUCTURE = {"url": BODY_SITE_URL, "valueReference": reference("BodyStructure/b")}
WHOLE: Json = json.loads(
    bundle(
        [
            entry(patient(link=[{"type": "seealso"}]), f"{SERVER}/Patient/p1"),
            *spinal_lesion("T11"),
            condition("l3", "L3", onsetDateTime="2026-10-01", verificationStatus=snomed("confirmed")),
            condition("f", site("femur", extension=[SIDED])),
            structure("b", "L3", "l3", locationQualifier=[snomed("7771000")]),
            observation("x", "spinal-pain", "pain-free", bodySite={"extension": [BY_STRUCTURE]}),
            observation(
                "panel", "sins", None, at="L3", hasMember=[reference("Observation/m"), reference("#in")]
            )
            | {"contained": [observation("in", "bone-lesion-quality", "lesion-lytic")]},
            observation("m", "spinal-alignment", "alignment-normal", meta={"lastUpdated": RECENT}),
            observation(
                "parts", None, None, about="Condition/l3", component=[component("sins-total", quantity(9))]
            ),
            observation(
                "range", "vertebral-height-loss", {"valueRange": quantity(20)["valueQuantity"]}, at="L3"
            ),
            observation("score", "pain-score", {"valueInteger": 4}, effectivePeriod={"end": RECENT}),
            observation("old", "spinal-pain", "pain-free", identifier=[{"system": "x", "value": "y"}]),
            response("q", "mirels", {"site": "femur", "laterality": "left", "pain": "limb-pain-mild"}),
            {
                "resourceType": "Procedure",
                "id": "p",
                "status": "completed",
                "subject": reference("Patient/p1"),
                "code": snomed("108290001"),
                "bodySite": [site("L3")],
                "performedPeriod": {"start": "2026"},
            },
            entry(outcome("warning"), search={"mode": "outcome"}),
            {"resourceType": "Encounter", "id": "e", "subject": reference("Patient/p1")},
        ],
        link=[{"relation": "self", "url": "x"}],
        total=30,
    )
)


def paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, held in pairs:
        yield from paths(held, (*path, name))


PATHS = list(paths(WHOLE))
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1e300,
    "",
    " ",
    "x",
    "\u0000",
    "Patient/p1",
    "Patient/p2",
    "Condition/l3",
    "#in",
    "#",
    "urn:uuid:x",
    "https://[x/fhir/Patient/p1",
    "http://\u2100/Condition/l3",
    f"{SERVER}/Patient/p1/_history/",
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59-14:00",
    "entered-in-error",
    [],
    {},
    [[]],
    [{}],
    {"coding": [{}]},
    {"reference": "#x"},
    {"value": 1},
    {"resourceType": "Bundle", "entry": [5]},
]


def mutated(changes: list[tuple[Path, Any]]) -> bytes:
    tree = copy.deepcopy(WHOLE)
    for path, value in changes:
        *upper, last = path
        held: Any = tree
        try:
            for name in upper:
                held = held[name]
            held[last] = value
        except (TypeError, KeyError, IndexError):  # an earlier change took the place away
            continue
    return json.dumps(tree).encode()


def answered(body: bytes) -> None:
    """The body is assessed, or refused as unreadable (400) or as a contradiction (422)."""
    try:
        record = READER.bundle(body)
    except (UnreadableError, ContradictionError):
        return
    found = assess(record, AS_OF, KNOWLEDGE)
    assert {alert.lesion for alert in found.alerts} <= {held.lesion.id for held in found.lesions}


def test_the_record_is_whole() -> None:
    found = assess(READER.bundle(json.dumps(WHOLE).encode()), AS_OF, KNOWLEDGE)
    assert {"T11", "L3", "left-femur"} <= {held.lesion.id for held in found.lesions}


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(ODD)), min_size=1, max_size=3))
@example([(("entry", 1, "resource", "subject", "reference"), "https://[x/fhir/Patient/p1")])
def test_any_value_anywhere_is_read_or_refused(changes: list[tuple[Path, Any]]) -> None:
    answered(mutated(changes))


@settings(max_examples=200)
@given(st.data())
def test_a_body_cut_anywhere_is_refused(data: st.DataObject) -> None:
    body = json.dumps(WHOLE).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(UnreadableError):
        READER.bundle(cut)


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_a_body_with_any_bytes_put_in_is_read_or_refused(place: int, put: bytes) -> None:
    body = json.dumps(WHOLE).encode()
    place %= len(body)
    answered(body[:place] + put + body[place:])
