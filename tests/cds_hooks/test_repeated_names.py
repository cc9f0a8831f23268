"""A name that says whose a resource is, or of what type, and stands twice is refused (hardening 0.3, J10).

Readers differ in which of the two they keep, so that one body can be two patients.
"""

import json

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import (
    VERTEBRAE,
    observation,
    quantity,
    site_of,
    spinal_lesion,
    subject,
)

RECORD = [
    *spinal_lesion("T11"),
    observation("extra", "vertebral-height-loss", quantity(62)),
    {
        "resourceType": "BodyStructure",
        "id": "b-1",
        "patient": subject(),
        "location": site_of(VERTEBRAE["T11"]),
    },
]
GOOD = json.dumps(hook_request(RECORD))
ANOTHER = '"subject": {"reference": "Patient/p-2"}'
# Text of a good request, and the two members that take its place.
TWICE: dict[str, tuple[str, str, str]] = {
    "context.patientId": ('"patientId": "p-1"', '"patientId": "p-2"', '"patientId": "p-1"'),
    "context.patientId, escaped": (
        '"patientId": "p-1"',
        r'"p\u0061tientId": "p-2"',
        '"patientId": "p-1"',
    ),
    "context.userId": ('"userId": ', '"userId": "Patient/p-1"', '"userId": '),
    "resourceType": (
        '"resourceType": "Condition"',
        '"resourceType": "Observation"',
        '"resourceType": "Condition"',
    ),
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


@pytest.mark.parametrize("beside", ["Practitioner", "Organization", "OperationOutcome"])
async def test_is_refused_beside_an_entry_without_a_subject(ehr: Ehr, beside: str) -> None:
    """Counting names finds nothing where one entry lacks what another has twice."""
    request = hook_request(RECORD)
    request["prefetch"]["observations"]["entry"].append({"resource": {"resourceType": beside, "id": "x"}})
    body = json.dumps(request).replace(
        '"status": "final", "code"', '"status": "final", ' + ANOTHER + ', "code"', 1
    )
    assert ANOTHER in body
    await ehr.issues(body.encode(), 400)


async def test_a_name_that_stands_in_two_objects_is_no_fault(ehr: Ehr) -> None:
    response = await ehr.send(GOOD.encode())
    assert response.status_code == 200
    assert GOOD.count('"id"') > 2
