"""What the tests of grouping ask: which lesion a finding was given to."""

from typing import Any

from app.assess.result import Assessment
from tests.fhir.records import (
    Json,
    assessed,
    condition,
    observation,
)

T11, L3 = condition("t11", "T11"), condition("l3", "L3")
PRIMARY = condition("primary", code="254837009")


def pain(answered: str = "pain-mechanical", **where: Any) -> Json:
    return observation("pain", "spinal-pain", answered, **where)


def quality(**where: Any) -> Json:
    return observation("quality", "bone-lesion-quality", "lesion-lytic", **where)


def painful(*resources: Json) -> set[str]:
    """The lesions to which the pain was given."""
    return holding("spinal-pain", assessed(*resources))


def holding(finding: str, found: Assessment) -> set[str]:
    """The lesions to which a finding was given."""
    return {held.lesion.id for held in found.lesions if held.lesion.facts.get(finding)}


def unplaced(found: Assessment, name: str = "Observation/pain") -> bool:
    """Whether a gap says that an entry is not counted for any lesion."""
    return any(
        gap.reason.startswith(name) and "not counted for any lesion" in gap.reason for gap in found.gaps
    )
