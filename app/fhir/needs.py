"""The data needs: what each is called, what it may hold, and what a search of it cannot have found."""

from collections.abc import Mapping
from types import MappingProxyType

from app.fhir import wire
from app.fhir.collection import Collected

# By prefetch key: the types that it may hold directly; Bundles of them are the rule.
TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patient": ("Patient",),
        "conditions": ("Condition",),
        "observations": ("Observation",),
        "procedures": ("Procedure",),
        "medications": ("MedicationRequest", "MedicationStatement"),
        "bodyStructures": ("BodyStructure",),
        "questionnaireResponses": ("QuestionnaireResponse",),
    }
)
NEED_BY_TYPE: Mapping[str, str] = MappingProxyType(
    {kind: need for need, kinds in TYPES.items() if need != "medications" for kind in kinds}
)
# What a key holds as a rule, as it is decoded.
_CLASSES = {
    key: {getattr(wire, kind) for kind in kinds if hasattr(wire, kind)} for key, kinds in TYPES.items()
}
_READ = frozenset(kind for kinds in TYPES.values() for kind in kinds)


def set_aside_others(key: str, collected: Collected, before: int) -> None:
    """Take out what a search of this key cannot have found: read, it would be data nobody asked for.

    Args:
        key: the data need.
        collected: everything so far.
        before: how many resources it held before those of this key.
    """
    if {type(resource) for resource, _ in collected.resources[before:]} <= _CLASSES[key]:
        return
    kept: list[tuple[wire.Single | wire.Stub, str | None]] = []
    if not any(_kind(resource) in TYPES[key] for resource, _ in collected.resources[before:]):
        # Something was found, and nothing of what was asked for: that is not the same as nothing found.
        collected.lacks(key, f"The search of {key} holds other types only.")
    for resource, url in collected.resources[before:]:
        kind = _kind(resource)
        if kind in TYPES[key] or kind == "Patient" or kind not in _READ:
            kept.append((resource, url))
        else:
            for need in (key, NEED_BY_TYPE.get(kind or "", key)):
                collected.lacks(need, f"The search of {key} holds a {kind}, which is set aside.")
            kept.append((_as_stub(resource), url))
    collected.resources[before:] = kept


def _kind(resource: wire.Single | wire.Stub) -> str | None:
    return resource.resourceType if isinstance(resource, wire.Stub) else type(resource).__name__


def _as_stub(resource: wire.Single | wire.Stub) -> wire.Stub:
    """What is left of a resource that is set aside: whose it is, which is still compared."""
    return wire.Stub(
        resourceType="",
        subject=getattr(resource, "subject", None),
        patient=getattr(resource, "patient", None),
    )
