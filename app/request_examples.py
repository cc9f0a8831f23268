"""A body for each operation that takes more than answers: Bundles, calls of CDS Hooks, feedback."""

from collections.abc import Mapping
from typing import Any

from app.fhir.published.example_record import (
    PATIENT,
    example_bundle,
    example_condition,
    example_observations,
    example_order,
    example_patient,
)
from cds_hooks.services import (
    ENCOUNTER_START,
    ORDER_SELECT,
    ORDER_SIGN,
    PATIENT_VIEW,
    PROBLEM,
    SERVICES,
    HookService,
)

Json = dict[str, Any]
_HOOK_INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
_CARD = "9368d37b-283f-44a0-93ea-547cebab93ed"


def request_examples() -> Mapping[str, Json]:
    """The bodies, by the path of their operation."""
    bundle = example_bundle([example_patient(), example_condition(), *example_observations()])
    return {
        "/api/v1/assessments": bundle,
        "/api/v1/assessments/batch": {
            "items": [
                {"id": "case-1", "bundle": bundle},
                {"id": "case-2", "bundle": example_bundle([example_patient()])},
            ]
        },
        "/api/v1/patient-assessments": {"patient": PATIENT},
        **{f"/cds-services/{service.id}": _call(service) for service in SERVICES},
        **{f"/cds-services/{service.id}/feedback": _feedback() for service in SERVICES},
    }


def _call(service: HookService) -> Json:
    return {
        "hook": service.hook,
        "hookInstance": _HOOK_INSTANCE,
        "context": {"userId": "Practitioner/example", "patientId": PATIENT, **_CONTEXTS[service.id]},
        "prefetch": {
            "patient": example_patient(),
            "conditions": example_bundle([example_condition()], "searchset"),
            "observations": example_bundle(example_observations(), "searchset"),
        },
    }


def _feedback() -> Json:
    return {
        "feedback": [
            {
                "card": _CARD,
                "outcome": "overridden",
                "outcomeTimestamp": "2026-11-20T11:00:00Z",
                "overrideReason": {
                    "reason": {
                        "code": "patient-preference",
                        "system": "https://fhir.spine-mets-cds.org/CodeSystem/override-reason",
                    }
                },
            }
        ]
    }


_ORDERS = example_bundle([example_order()])
_CONTEXTS: Mapping[str, Json] = {
    PATIENT_VIEW.id: {"encounterId": "example"},
    ORDER_SELECT.id: {"selections": ["ServiceRequest/order"], "draftOrders": _ORDERS},
    ORDER_SIGN.id: {"draftOrders": _ORDERS},
    PROBLEM.id: {"conditions": example_bundle([example_condition("new")])},
    ENCOUNTER_START.id: {"encounterId": "example"},
}
