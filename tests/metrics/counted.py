"""What metrics tell, as a test asks for it, and decisions for them to count."""

from datetime import UTC, datetime
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from app.decision import Decision
from app.metrics import Known, Metrics
from cds_hooks.services import SERVICES

SERVICE = "spinal-metastasis-patient-view"
HOOK = "patient-view"


def metrics() -> Metrics:
    services = {service.id: service.hook for service in SERVICES}
    return Metrics(Known(services, frozenset({"patient-refuses"})))


def decision(**members: Any) -> Decision:
    """A call of the patient-view service that was answered, with these members in its place."""
    whole: dict[str, Any] = {
        "id": "0193",
        "kind": "hook",
        "tenant": "default",
        "service": SERVICE,
        "received": datetime(2026, 11, 21, 12, tzinfo=UTC),
        "milliseconds": 4.0,
        "status": 200,
        "request": "00",
        "hook": HOOK,
        **members,
    }
    return Decision(**whole)


def value(text: str, name: str, **labels: str) -> float:
    """The sum of the samples of this name that carry these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def told(counted: Metrics) -> str:
    return counted.told(open_metrics=False)[0].decode()


def labels_of(text: str) -> set[str]:
    """Every value of every label."""
    return {
        label
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for label in sample.labels.values()
    }
