"""Invented FHIR resources of one patient, as an EHR sends them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECENT = "2026-11-18T09:00:00Z"
STALE = "2026-07-01T09:00:00Z"
BASE = "https://fhir.spine-mets-cds.org"
OBSERVABLE = f"{BASE}/CodeSystem/observable"
ANSWER = f"{BASE}/CodeSystem/answer"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
PATIENT_ID = "p-1"
BONE_METASTASIS = "94222008"
# Written down here and not taken from the service: SNOMED codes of the vertebrae used in the tests.
VERTEBRAE: Mapping[str, str] = {
    "C2": "39976000",
    "C4": "5329002",
    "T1": "64864005",
    "T5": "56401006",
    "T8": "11068009",
    "T10": "7610001",
    "T11": "12989004",
    "T12": "23215003",
    "L1": "66794005",
    "L2": "14293000",
    "L3": "36470004",
    "L4": "11994002",
    "S1": "65985001",
    "S2": "11808007",
}
FEMUR, FEMORAL_SHAFT, HUMERUS, RIB = "71341001", "41111004", "85050009", "113197003"
PERITROCHANTERIC = "55499008"
LEFT, RIGHT = "7771000", "24028007"
# The answers of SINS as a record holds them, worst first.
SINS_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "spinal-pain": ("pain-mechanical", "pain-occasional", "pain-free"),
    "bone-lesion-quality": ("lesion-lytic", "lesion-mixed", "lesion-blastic"),
    "spinal-alignment": ("alignment-subluxation", "alignment-deformity", "alignment-normal"),
    "vertebral-collapse": (
        "collapse-over-50",
        "collapse-under-50",
        "collapse-none-involved-over-50",
        "collapse-none",
    ),
    "posterolateral-involvement": (
        "posterolateral-bilateral",
        "posterolateral-unilateral",
        "posterolateral-none",
    ),
}
UNSTABLE = {finding: answers[0] for finding, answers in SINS_ANSWERS.items()}
STABLE = {finding: answers[-1] for finding, answers in SINS_ANSWERS.items()}
# At a mobile level: 2 + 1 + 1 + 0 + 2 + 1 = 7.
MIDDLING = {
    "spinal-pain": "pain-occasional",
    "bone-lesion-quality": "lesion-mixed",
    "spinal-alignment": "alignment-normal",
    "vertebral-collapse": "collapse-under-50",
    "posterolateral-involvement": "posterolateral-unilateral",
}


def concept(code: str, system: str = SNOMED) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def site_of(code: str, side: str | None = None) -> Json:
    found = concept(code)
    if side is not None:
        found["coding"].append({"system": SNOMED, "code": side})
    return found


def patient(patient_id: str = PATIENT_ID, **members: Any) -> Json:
    return {"resourceType": "Patient", "id": patient_id, **members}


def subject(patient_id: str = PATIENT_ID) -> Json:
    return {"reference": f"Patient/{patient_id}"}


def condition(
    name: str = "c-1", code: str = BONE_METASTASIS, site: Json | None = None, **members: Any
) -> Json:
    found: Json = {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": concept("active", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        "code": concept(code),
        "subject": subject(),
    }
    if site is not None:
        found["bodySite"] = [site]
    return found | members


def observation(name: str, finding: str, value: Json | None, **members: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": concept(finding, OBSERVABLE),
        "subject": subject(),
        "effectiveDateTime": RECENT,
        **(value or {}),
        **members,
    }


def coded(answer: str) -> Json:
    return {"valueCodeableConcept": concept(answer, ANSWER)}


def quantity(value: float, unit: str = "%") -> Json:
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}


def focus(name: str) -> list[Json]:
    return [{"reference": f"Condition/{name}"}]


def findings(lesion: str, answers: Mapping[str, str], **members: Any) -> list[Json]:
    """Coded findings of the lesion that a Condition names."""
    return [
        observation(f"{lesion}-{number}", finding, coded(answer), focus=focus(lesion), **members)
        for number, (finding, answer) in enumerate(answers.items(), start=1)
    ]


def spinal_lesion(level: str, answers: Mapping[str, str] = UNSTABLE, name: str | None = None) -> list[Json]:
    """The Condition of one vertebra with its findings."""
    lesion = name or f"c-{level.lower()}"
    return [condition(lesion, site=site_of(VERTEBRAE[level])), *findings(lesion, answers)]


def limb_lesion(
    code: str, side: str | None, pain: str = "functional", quality: str = "lytic", percent: float = 80
) -> list[Json]:
    """The Condition of one long bone with the findings of Mirels."""
    lesion = f"c-{code}-{side}"
    return [
        condition(lesion, site=site_of(code, side)),
        observation(f"{lesion}-pain", "limb-pain", coded(f"limb-pain-{pain}"), focus=focus(lesion)),
        observation(
            f"{lesion}-quality", "bone-lesion-quality", coded(f"lesion-{quality}"), focus=focus(lesion)
        ),
        observation(f"{lesion}-size", "cortical-destruction", quantity(percent), focus=focus(lesion)),
    ]


def searchset(resources: Iterable[Json] = (), **members: Any) -> Json:
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    found: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    if entries:
        found["entry"] = entries
    return found | members


def operation_outcome(severity: str = "error", **members: Any) -> Json:
    issue = {"severity": severity, "code": "exception", "diagnostics": "it did not work"}
    return {"resourceType": "OperationOutcome", "issue": [issue], **members}
