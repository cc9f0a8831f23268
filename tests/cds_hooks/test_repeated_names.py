"""A name that stands twice in one object is refused at every depth (hardening 0.3, 1.3 and J10).

Readers differ in which of the two they keep, so that one body can be two patients.
"""

import json

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import observation, quantity, spinal_lesion

RECORD = [*spinal_lesion("T11"), observation("extra", "vertebral-height-loss", quantity(62))]
GOOD = json.dumps(hook_request(RECORD))
ANOTHER = '"subject": {"reference": "Patient/p-2"}'
# Text of a good request, and the two members that take its place.
TWICE: dict[str, tuple[str, str, str]] = {
    "hook": ('"hook": "patient-view"', '"hook": "order-sign"', '"hook": "patient-view"'),
    "hookInstance": ('"hookInstance": ', '"hookInstance": "x"', '"hookInstance": '),
    "context": ('"context": {', '"context": {}', '"context": {'),
    "context.patientId": ('"patientId": "p-1"', '"patientId": "p-2"', '"patientId": "p-1"'),
    "context.patientId, escaped": (
        '"patientId": "p-1"',
        r'"p\u0061tientId": "p-2"',
        '"patientId": "p-1"',
    ),
    "context.userId": ('"userId": ', '"userId": "Patient/p-1"', '"userId": '),
    "prefetch": ('"prefetch": {', '"prefetch": {}', '"prefetch": {'),
    "prefetch.patient": ('"patient": {', '"patient": null', '"patient": {'),
    "prefetch.conditions": ('"conditions": {', '"conditions": null', '"conditions": {'),
    "resourceType": (
        '"resourceType": "Condition"',
        '"resourceType": "Observation"',
        '"resourceType": "Condition"',
    ),
    "Patient.id": ('"id": "p-1"', '"id": "p-2"', '"id": "p-1"'),
    "subject": (
        '"subject": {"reference": "Patient/p-1"}',
        ANOTHER,
        '"subject": {"reference": "Patient/p-1"}',
    ),
    "subject, escaped": (
        '"subject": {"reference": "Patient/p-1"}',
        ANOTHER.replace("s", r"\u0073", 1),
        '"subject": {"reference": "Patient/p-1"}',
    ),
    "subject.reference": (
        '"reference": "Patient/p-1"',
        '"reference": "Patient/p-2"',
        '"reference": "Patient/p-1"',
    ),
    "Bundle.entry": ('"entry": [', '"entry": []', '"entry": ['),
    "Bundle.total": ('"total": 1', '"total": 2', '"total": 1'),
    "Observation.status": (
        '"status": "final"',
        '"status": "entered-in-error"',
        '"status": "final"',
    ),
    "Observation.valueQuantity": ('"valueQuantity": {', '"valueQuantity": {}', '"valueQuantity": {'),
    "Quantity.value": ('"value": 62', '"value": 10', '"value": 62'),
}
CLOSED = sorted(name for name, (old, _, _) in TWICE.items() if old[-1] in '"}0123456789')


def doubled(name: str, *, swapped: bool = False) -> bytes:
    old, first, second = TWICE[name]
    assert old in GOOD, old
    members = (second, first) if swapped else (first, second)
    return GOOD.replace(old, ", ".join(members), 1).encode()


@pytest.mark.parametrize("name", sorted(TWICE))
async def test_is_refused(ehr: Ehr, name: str) -> None:
    await ehr.issues(doubled(name), 400)


@pytest.mark.parametrize("name", CLOSED)
async def test_is_refused_in_the_other_order(ehr: Ehr, name: str) -> None:
    await ehr.issues(doubled(name, swapped=True), 400)


async def test_a_name_that_stands_in_two_objects_is_no_fault(ehr: Ehr) -> None:
    response = await ehr.send(GOOD.encode())
    assert response.status_code == 200
    assert GOOD.count('"id"') > 2
