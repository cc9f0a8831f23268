"""The models of FHIR that documents are checked by: a tenth of a second to load, and nothing reads with them.

Loaded by whoever checks first; a server loads them beside its first calls (app/main.py).
"""

from collections.abc import Mapping
from typing import Any

from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.servicerequest import ServiceRequest

# By the name of the type.
MODELS: Mapping[str, Any] = {
    "MedicationRequest": MedicationRequest,
    "Questionnaire": Questionnaire,
    "ServiceRequest": ServiceRequest,
}
