"""Bundles of one patient's resources, as a caller of REST sends them."""

from collections.abc import Iterable
from typing import Any

from tests.cds_hooks.record import Json, patient


def bundle(resources: Iterable[Json] = (), *, whose: Json | None = None, **members: Any) -> Json:
    """A collection with the Patient first; ``whose`` is the Patient, ``{}`` for none."""
    first = patient() if whose is None else whose
    listed = [resource for resource in (first, *resources) if resource]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in listed],
        **members,
    }
