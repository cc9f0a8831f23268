"""patient-view requests as an EHR sends them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.cds_hooks.record import (
    PATIENT_ID,
    Json,
    concept,
    condition,
    patient,
    searchset,
    spinal_lesion,
    subject,
)

DISCOVERY = "/cds-services"
SERVICE = "/cds-services/spinal-metastasis-patient-view"
HOOK_INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
TYPES: Mapping[str, tuple[str, ...]] = {
    "patient": ("Patient",),
    "conditions": ("Condition",),
    "observations": ("Observation",),
    "procedures": ("Procedure",),
    "medications": ("MedicationRequest", "MedicationStatement"),
    "bodyStructures": ("BodyStructure",),
    "questionnaireResponses": ("QuestionnaireResponse",),
}
KEYS = tuple(TYPES)
REQUIRED = ("patient", "conditions")
AN_UNSTABLE_T11 = tuple(spinal_lesion("T11"))
# A resource of each key that says nothing of bones.
ONE_OF: dict[str, Json] = {
    "patient": patient(),
    "conditions": condition("c-more", "38341003"),
    "observations": {
        "resourceType": "Observation",
        "id": "o-more",
        "status": "final",
        "code": concept("8867-4", "http://loinc.org"),
        "subject": subject(),
    },
    "procedures": {
        "resourceType": "Procedure",
        "id": "p-more",
        "status": "completed",
        "code": concept("80146002"),
        "subject": subject(),
    },
    "medications": {
        "resourceType": "MedicationRequest",
        "id": "m-more",
        "status": "active",
        "intent": "order",
        "subject": subject(),
    },
    "bodyStructures": {
        "resourceType": "BodyStructure",
        "id": "b-more",
        "patient": subject(),
        "location": concept("76752008"),
    },
    "questionnaireResponses": {
        "resourceType": "QuestionnaireResponse",
        "id": "q-more",
        "status": "completed",
        "questionnaire": "https://example.org/Questionnaire/other",
        "subject": subject(),
    },
}


def prefetch_of(resources: Iterable[Json], patient_id: str = PATIENT_ID) -> Json:
    """Every prefetch key, each with the searchset of its own types."""
    listed = list(resources)
    found: Json = {"patient": patient(patient_id)}
    for key in KEYS[1:]:
        found[key] = searchset(r for r in listed if r["resourceType"] in TYPES[key])
    return found


def hook_request(
    resources: Iterable[Json] = (),
    *,
    prefetch: Json | None = None,
    context: Json | None = None,
    patient_id: str = PATIENT_ID,
    **members: Any,
) -> Json:
    """A request with everything in prefetch; members named are put in its place."""
    return {
        "hook": "patient-view",
        "hookInstance": HOOK_INSTANCE,
        "context": {"userId": "Practitioner/dr-1", "patientId": patient_id} | (context or {}),
        "prefetch": prefetch_of(resources, patient_id) if prefetch is None else prefetch,
        **members,
    }


def without(request: Json, *path: str) -> Json:
    """A copy of a request in which one member is left out."""
    copy: Json = json.loads(json.dumps(request))
    holder = copy
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    return copy


def with_key(key: str, value: Any, resources: Iterable[Json] = AN_UNSTABLE_T11) -> Json:
    """A request whose prefetch holds something else under one key."""
    return hook_request(prefetch=prefetch_of(resources) | {key: value})
