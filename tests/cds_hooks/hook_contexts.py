"""The smallest good context of every hook that is offered, as its definition has it."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.cds_hooks.hook_request import DISCOVERY, hook_request
from tests.cds_hooks.record import OBSERVABLE, VERTEBRAE, Json, concept, condition, site_of, subject

ORDER = OBSERVABLE.replace("observable", "order")
# Contract, section 3: which address answers which hook.
SERVICES: Mapping[str, str] = {
    "patient-view": f"{DISCOVERY}/spinal-metastasis-patient-view",
    "order-select": f"{DISCOVERY}/spinal-metastasis-order-select",
    "order-sign": f"{DISCOVERY}/spinal-metastasis-order-sign",
    "problem-list-item-create": f"{DISCOVERY}/spinal-metastasis-problem",
    "encounter-start": f"{DISCOVERY}/spinal-metastasis-encounter-start",
}
ORDER_HOOKS = ("order-select", "order-sign")


def draft(name: str = "order-1", code: str = "vertebroplasty", level: str = "T11", **members: Any) -> Json:
    """A draft order at a vertebra."""
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": concept(code, ORDER),
        "subject": subject(),
        "bodySite": [site_of(VERTEBRAE[level])],
        **members,
    }


def collection(resources: Iterable[Json], **members: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in resources],
        **members,
    }


def context_of(hook: str) -> Json:
    """The required members of the context, and no other."""
    context: Json = {"userId": "Practitioner/dr-1", "patientId": "p-1"}
    match hook:
        case "order-select":
            context |= {"selections": ["ServiceRequest/order-1"], "draftOrders": collection([draft()])}
        case "order-sign":
            context |= {"draftOrders": collection([draft()])}
        case "problem-list-item-create":
            context |= {"conditions": collection([condition("c-new", site=site_of(VERTEBRAE["T11"]))])}
        case "encounter-start":
            context |= {"encounterId": "e-1"}
    return context


def request_of(hook: str, resources: Iterable[Json] = (), **members: Any) -> Json:
    """A request of this hook; members named are put in their place."""
    return hook_request(resources, hook=hook, context=context_of(hook), **members)
