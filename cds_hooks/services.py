"""The services, as data: what each answers, what it asks for, and what it cannot do without."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HookService:
    """One CDS service.

    Args:
        required: prefetch keys without which nothing can be said.
        context: members of the context that must be there.
        optional: members of the context that may be.
    """

    id: str
    hook: str
    title: str
    description: str
    required: tuple[str, ...]
    context: tuple[str, ...]
    optional: tuple[str, ...] = ("encounterId",)


USAGE = (
    "FHIR R4 only. Findings are read from the code systems of this service or from codes a site maps "
    "onto them. Every card supports a clinician, who decides; none orders anything."
)

PATIENT_VIEW = HookService(
    id="spinal-metastasis-patient-view",
    hook="patient-view",
    title="Spinal and bone metastases: stability and fracture risk",
    description=(
        "For each bone metastasis: SINS or Mirels from the record, the totals still possible, what "
        "is missing and what would settle it, with the source of every statement."
    ),
    required=("patient", "conditions"),
    context=("userId", "patientId"),
)

SERVICES = (PATIENT_VIEW,)
