"""What is asked: each operation at each size of the record, with a mark of the right answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bench.load import Call
from bench.record import bundle_of, dated, hook_request

PATIENT_VIEW = "/cds-services/spinal-metastasis-patient-view"
_ORDER_SIGN = "/cds-services/spinal-metastasis-order-sign"
_ASSESSMENTS = "/api/v1/assessments"
_SINS = "/api/v1/scores/sins"


@dataclass(frozen=True, slots=True)
class _Size:
    conditions: int
    observations: int
    lesions: int
    sins: str


ORDINARY = "98 KB"
SIZES = ("2 KB", ORDINARY, "1.5 MB")
_SIZES: Mapping[str, _Size] = {
    "2 KB": _Size(1, 0, 1, "3 to 18"),
    ORDINARY: _Size(20, 60, 2, "11"),
    "1.5 MB": _Size(20, 1_150, 2, "11"),
}


def patient_view(size: str) -> Call:
    """A chart is opened.

    Args:
        size: one of ``SIZES``.
    """
    its = _SIZES[size]
    body = hook_request(its.conditions, its.observations, lesions=its.lesions)
    return Call(PATIENT_VIEW, dated(body), f'"T11: SINS {its.sins} of 18'.encode())


def calls() -> dict[tuple[str, str], Call]:
    """Every operation, by its name and the size of what is sent; a score is not asked with a record."""
    found: dict[tuple[str, str], Call] = {}
    for size in SIZES:
        found["patient-view", size] = patient_view(size)
    for size, its in _SIZES.items():
        body = dated(hook_request(its.conditions, its.observations, lesions=its.lesions, draft=True))
        found["order-sign", size] = Call(_ORDER_SIGN, body, f"SINS {its.sins}".encode())
    known = {"level": "T11", "pain": "mechanical", "lesion": "lytic", "alignment": "deformity"}
    found["score", "72 bytes"] = Call(_SINS, json.dumps(known).encode(), b'"minimum":10,"maximum":16')
    for size, its in _SIZES.items():
        body = dated(bundle_of(hook_request(its.conditions, its.observations, lesions=its.lesions)))
        least = its.sins.split(" to ")[0]
        found["assessment", size] = Call(_ASSESSMENTS, body, f'"minimum":{least}'.encode())
    return found
