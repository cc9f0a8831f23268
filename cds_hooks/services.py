"""The services, as data: what each answers, what it asks for, and what it cannot do without."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HookService:
    """One CDS service.

    Args:
        hook_version: the version of the hook's definition.
        required: prefetch keys without which nothing can be said.
        context: members of the context that must be there as texts.
        optional: members of the context that may be.
        bundle: the member of the context that holds resources of the act itself.
        selections: whether the context says which of the drafts are selected.
        urgent_only: whether only what cannot wait is shown.
    """

    id: str
    hook: str
    hook_version: str
    title: str
    description: str
    required: tuple[str, ...] = ("patient", "conditions")
    context: tuple[str, ...] = ("userId", "patientId")
    optional: tuple[str, ...] = ("encounterId",)
    bundle: str | None = None
    selections: bool = False
    urgent_only: bool = False


USAGE = (
    "FHIR R4 only. Findings are read from the code systems of this service or from codes a site maps "
    "onto them; orders by their codes, never by their text. Every card supports a clinician, who decides; "
    "none orders anything."
)

PATIENT_VIEW = HookService(
    id="spinal-metastasis-patient-view",
    hook="patient-view",
    hook_version="1.0",
    title="Spinal and bone metastases: stability and fracture risk",
    description=(
        "For each bone metastasis: SINS or Mirels from the record, the totals still possible, what "
        "is missing and what would settle it, with the source of every statement."
    ),
)
ORDER_SELECT = HookService(
    id="spinal-metastasis-order-select",
    hook="order-select",
    hook_version="1.0",
    title="Spinal and bone metastases: the orders being selected",
    description=(
        "For each selected order at a bone metastasis: what stability, fracture risk, contraindications and "
        "the choice of technique say of it, and what is not recorded that would."
    ),
    bundle="draftOrders",
    selections=True,
)
ORDER_SIGN = HookService(
    id="spinal-metastasis-order-sign",
    hook="order-sign",
    hook_version="1.0",
    title="Spinal and bone metastases: the orders being signed",
    description=(
        "For each order at a bone metastasis that is being signed: what stability, fracture risk, "
        "contraindications and the choice of technique say of it, and what is not recorded that would."
    ),
    bundle="draftOrders",
)
PROBLEM = HookService(
    id="spinal-metastasis-problem",
    hook="problem-list-item-create",
    hook_version="0.1.0",
    title="Bone metastasis put on the problem list: what staging needs",
    description=(
        "For each bone metastasis just put on the problem list: what stability, fracture risk and the NOMS "
        "framework need and the record does not hold."
    ),
    bundle="conditions",
)
ENCOUNTER_START = HookService(
    id="spinal-metastasis-encounter-start",
    hook="encounter-start",
    hook_version="1.0",
    title="Spinal and bone metastases: what cannot wait",
    description="As an encounter starts: only the bone metastases that need a person's attention now.",
    context=("userId", "patientId", "encounterId"),
    optional=(),
    urgent_only=True,
)

SERVICES = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN, PROBLEM, ENCOUNTER_START)
