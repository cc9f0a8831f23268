"""One invented patient with a metastasis of the eleventh thoracic vertebra, to show what is sent.

SINS is not settled by it: the quality of the lesion is not recorded. The codes are those of the canonical
base that is set where nothing else is.
"""

from typing import Any

Json = dict[str, Any]
PATIENT = "example"
_SNOMED = "http://snomed.info/sct"
_OWN = "https://fhir.spine-mets-cds.org/CodeSystem/"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_BONE_METASTASIS = "94222008"
_T11 = "12989004"
_FINDINGS = {
    "spinal-pain": "pain-mechanical",
    "spinal-alignment": "alignment-normal",
    "vertebral-collapse": "collapse-under-50",
    "posterolateral-involvement": "posterolateral-unilateral",
}
# Recent, as seen from the moment that examples are judged at.
_LOOKED_AT = "2026-11-18T09:00:00Z"


def example_patient() -> Json:
    """The Patient."""
    return {"resourceType": "Patient", "id": PATIENT}


def example_condition(name: str = "spine") -> Json:
    """The metastasis.

    Args:
        name: its id.
    """
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": _concept(_CLINICAL, "active"),
        "code": _concept(_SNOMED, _BONE_METASTASIS),
        "bodySite": [_concept(_SNOMED, _T11)],
        "subject": _subject(),
    }


def example_observations() -> list[Json]:
    """What is recorded of it."""
    return [
        {
            "resourceType": "Observation",
            "id": finding,
            "status": "final",
            "code": _concept(f"{_OWN}observable", finding),
            "bodySite": _concept(_SNOMED, _T11),
            "subject": _subject(),
            "effectiveDateTime": _LOOKED_AT,
            "valueCodeableConcept": _concept(f"{_OWN}answer", answer),
        }
        for finding, answer in _FINDINGS.items()
    ]


def example_order() -> Json:
    """A draft order at that vertebra."""
    return {
        "resourceType": "ServiceRequest",
        "id": "order",
        "status": "draft",
        "intent": "order",
        "code": _concept(f"{_OWN}order", "vertebroplasty"),
        "bodySite": [_concept(_SNOMED, _T11)],
        "subject": _subject(),
    }


def example_bundle(resources: list[Json], kind: str = "collection") -> Json:
    """A Bundle of resources.

    Args:
        resources: what it holds.
        kind: its type.
    """
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": resource} for resource in resources],
    }


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _subject() -> Json:
    return {"reference": f"Patient/{PATIENT}"}
