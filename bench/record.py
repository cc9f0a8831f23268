"""Requests as EHRs send them; the ordinary one has 20 Conditions and 60 Observations, about 98 KB."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

BASE = "https://fhir.spine-mets-cds.org"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SERVER = "https://ehr.example.org/fhir"
_PATIENT = {"reference": "Patient/p1", "display": "Example, Patient"}
# The first two are the ordinary record's.
_LESIONS = (
    ("12989004", "T11"),
    ("36470004", "L3"),
    ("56401006", "T5"),
    ("11068009", "T8"),
    ("7610001", "T10"),
    ("23215003", "T12"),
    ("66794005", "L1"),
    ("14293000", "L2"),
    ("11994002", "L4"),
    ("64864005", "T1"),
    ("5329002", "C4"),
    ("39976000", "C2"),
)
_FINDINGS = (
    ("spinal-pain", "pain-mechanical"),
    ("bone-lesion-quality", "lesion-lytic"),
    ("spinal-alignment", "alignment-normal"),
    ("vertebral-collapse", "collapse-under-50"),
    ("posterolateral-involvement", "posterolateral-unilateral"),
)
_LABORATORY = (
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 13.2, "g/dL"),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", 231, "10*3/uL"),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 0.9, "mg/dL"),
    ("1751-7", "Albumin [Mass/volume] in Serum or Plasma", 3.8, "g/dL"),
)
Json = dict[str, Any]


def hook_request(
    conditions: int = 20, observations: int = 60, *, lesions: int = 2, draft: bool = False
) -> bytes:
    """The request as JSON: lesions with complete findings among ordinary problems and laboratory.

    Every ``"@"`` in it stands for the moment of the findings: see ``dated``.

    Args:
        conditions: how many of them.
        observations: how many; where they are too few for every finding, the rest is not recorded.
        lesions: how many vertebrae have a metastasis, 12 at most.
        draft: whether a vertebroplasty of T11 is being signed; the chart is opened otherwise.
    """
    affected = _LESIONS[:lesions]
    found = [finding for code, name in affected for finding in _findings(code, name)][:observations]
    laboratory = [_laboratory(n) for n in range(observations - len(found))]
    problems = [_metastasis(affected), *(_problem(n) for n in range(conditions - 1))]
    document = {
        "hook": "order-sign" if draft else "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": SERVER,
        "context": {
            "userId": "Practitioner/x1",
            "patientId": "p1",
            **({"draftOrders": _drafts()} if draft else {}),
        },
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": "p1",
                "name": [{"family": "Example", "given": ["Patient"]}],
                "gender": "female",
                "birthDate": "1958-02-11",
            },
            "conditions": _searchset(problems),
            "observations": _searchset([*found, *laboratory]),
            "procedures": None,
            "medications": None,
            "bodyStructures": None,
            "questionnaireResponses": None,
        },
    }
    return _json(document)


def bundle_of(request: bytes) -> bytes:
    """The record of a request as the Bundle that ``/api/v1/assessments`` takes."""
    prefetch = json.loads(request)["prefetch"]
    entries = [entry for found in prefetch.values() if found for entry in found.get("entry", ())]
    patient = {"fullUrl": f"{SERVER}/Patient/p1", "resource": prefetch["patient"]}
    return _json({"resourceType": "Bundle", "type": "collection", "entry": [patient, *entries]})


def dated(request: bytes, moment: datetime | None = None) -> bytes:
    """The request with its findings observed three days before a moment, so that they are fresh.

    Args:
        request: of ``hook_request``.
        moment: at which it is judged; now where left out.
    """
    day = datetime.fromordinal((moment or datetime.now(UTC)).toordinal() - 3)
    return request.replace(b'"@"', f'"{day:%Y-%m-%d}T09:30:00+00:00"'.encode())


def _json(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _drafts() -> Json:
    order = {
        "resourceType": "ServiceRequest",
        "id": "order-1",
        "status": "draft",
        "intent": "order",
        "code": _concept(f"{BASE}/CodeSystem/order", "vertebroplasty", "Vertebroplasty"),
        "subject": _PATIENT,
        "bodySite": [_concept(SNOMED, *_LESIONS[0])],
    }
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _searchset(resources: Sequence[Json]) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "link": [{"relation": "self", "url": f"{SERVER}/x?patient=p1"}],
        "entry": [
            {
                "fullUrl": f"{SERVER}/{resource['resourceType']}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in resources
        ],
    }


def _condition(identifier: str, code: Json) -> Json:
    return {
        "resourceType": "Condition",
        "id": identifier,
        "meta": {"versionId": "1", "lastUpdated": "2026-11-01T09:00:00.000+00:00"},
        "clinicalStatus": _concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"
        ),
        "verificationStatus": _concept(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", "Confirmed"
        ),
        "category": [
            _concept(
                "http://terminology.hl7.org/CodeSystem/condition-category",
                "problem-list-item",
                "Problem List Item",
            )
        ],
        "code": code,
        "subject": _PATIENT,
        "encounter": {"reference": f"Encounter/e-{identifier}"},
        "onsetDateTime": "2025-01-05",
        "recordedDate": "2025-01-06",
        "recorder": {"reference": "Practitioner/x1", "display": "Example, Recorder"},
    }


def _metastasis(affected: Sequence[tuple[str, str]]) -> Json:
    code = _concept(SNOMED, "94222008", "Secondary malignant neoplasm of bone (disorder)")
    sites = [_concept(SNOMED, site, f"Bone structure of {name}") for site, name in affected]
    return {**_condition("c0", code), "bodySite": sites}


def _problem(number: int) -> Json:
    code = _concept(SNOMED, "38341003", "Hypertensive disorder, systemic arterial (disorder)")
    return _condition(f"c{number + 1}", code)


def _observation(identifier: str, category: str, code: Json) -> Json:
    return {
        "resourceType": "Observation",
        "id": identifier,
        "meta": {"versionId": "1", "lastUpdated": "2026-11-10T09:00:00.000+00:00"},
        "status": "final",
        "category": [
            _concept("http://terminology.hl7.org/CodeSystem/observation-category", category, category)
        ],
        "code": code,
        "subject": _PATIENT,
        "encounter": {"reference": f"Encounter/e-{identifier}"},
        "effectiveDateTime": "@",
        "issued": "2026-11-15T10:00:00.000+00:00",
        "performer": [{"reference": "Practitioner/x2", "display": "Example, Reader"}],
    }


def _findings(site: str, name: str) -> list[Json]:
    return [
        {
            **_observation(f"o-{name}-{n}", "imaging", _concept(f"{BASE}/CodeSystem/observable", code, code)),
            "valueCodeableConcept": _concept(f"{BASE}/CodeSystem/answer", answer, answer),
            "bodySite": _concept(SNOMED, site, f"Bone structure of {name}"),
        }
        for n, (code, answer) in enumerate(_FINDINGS)
    ]


def _laboratory(number: int) -> Json:
    code, display, value, unit = _LABORATORY[number % len(_LABORATORY)]
    measured = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return {
        **_observation(f"o{number}", "laboratory", _concept(LOINC, code, display)),
        "valueQuantity": measured,
        "interpretation": [
            _concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "N", "Normal")
        ],
        "referenceRange": [{"low": measured, "high": {**measured, "value": value * 2}}],
    }
