"""Drafts of orders as a client sends them, and what is read of them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from app.assess.ordered.order import Order
from app.fhir.orders import Drafts, read_drafts
from app.fhir.patient_gate import PatientGate
from tests.fhir.records import (
    BASE,
    BOOK,
    LOINC,
    ORDER,
    PATIENT,
    SERVER,
    SNOMED,
    Json,
    bundle,
    concept,
    reference,
)

DOSE_URL = f"{BASE}/StructureDefinition/dose-per-fraction"
FRACTIONS_URL = f"{BASE}/StructureDefinition/fractions"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CPT = "http://www.ama-assn.org/go/cpt"
MRI_OF_THE_SPINE, MRI = (LOINC, "36067-7"), (SNOMED, "113091000")
FIXATION_OF_FEMUR = (SNOMED, "11964008")
WARFARIN = concept((RXNORM, "11289"))
LONG_ID = "a" * 194


def order(name: str | None = "o", code: Json | str = "vertebroplasty", **members: Any) -> Json:
    """A draft ServiceRequest without a site; a text is a code of the service's own."""
    found: Json = {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": concept((ORDER, code)) if isinstance(code, str) else code,
        "subject": reference(f"Patient/{PATIENT}"),
    }
    return {key: value for key, value in (found | members).items() if value is not None}


def prescription(name: str = "m", **members: Any) -> Json:
    found = order(name, **{"medicationCodeableConcept": WARFARIN, **members})
    del found["code"]
    return {key: value for key, value in (found | {"resourceType": "MedicationRequest"}).items() if value}


def drafts(*entries: Any, selections: Iterable[str] | None = None, **members: Any) -> Drafts:
    wanted = None if selections is None else list(selections)
    return read_drafts(BOOK, msgspec.Raw(bundle(entries, **members)), PatientGate(PATIENT, [SERVER]), wanted)


def read(*entries: Any) -> Order:
    """The only order in a Bundle."""
    found = drafts(*entries).orders
    assert found.unreadable == 0
    (only,) = found.listed
    return only


MEDICATION: Json = {"resourceType": "Medication", "id": "w", "code": WARFARIN}
URN = "urn:uuid:5a0c1f8e-3a3c-4d0f-9a51-0c7d1c1b6f11"
