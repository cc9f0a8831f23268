"""What the card of an invented lesion offers, and the records that it is offered for."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from app.assess.result import Assessment, LesionAssessment, Scored
from cds_hooks.card import Suggestion
from cds_hooks.suggestions import suggestions_for
from tests.fhir.records import (
    BOOK,
    LEFT,
    MILDEST,
    Json,
    assessed,
    condition,
    femoral_lesion,
    lesion,
    observation,
    quantity,
    spinal_lesion,
)

NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
MRI = "Draft: MRI of the whole spine with and without contrast"
SPINE = "Draft: referral to spine surgery"
RADIATION = "Draft: referral to radiation oncology"
ORTHOPAEDICS = "Draft: referral to orthopaedic oncology"
RADIOLOGY = "Draft: referral to interventional radiology"
FILMS = "Draft: radiographs of the left shaft of the femur in two planes"
# An opinion or a study, and no score to file.
REQUESTS = (MRI, SPINE, RADIATION, ORTHOPAEDICS, RADIOLOGY, FILMS)
BREAST, RENAL = "254837009", "363518003"


def identity(key: str) -> str:
    return str(uuid5(NAMESPACE, key))


def leading(held: LesionAssessment) -> Scored:
    """The score that a card is about: the one that applies."""
    return next((one for one in held.scores if one.result is not None), held.scores[0])


def offered_by(found: Assessment, of: str, **rest: Any) -> list[Suggestion]:
    held = lesion(found, of)
    return suggestions_for(found, held, leading(held), book=BOOK, identity=identity, **rest)


def offered(*resources: Json, of: str = "T5", **rest: Any) -> list[Suggestion]:
    return offered_by(assessed(*resources), of, **rest)


def labels(*resources: Json, of: str = "T5", **rest: Any) -> list[str]:
    return [one.label for one in offered(*resources, of=of, **rest)]


def requests(*resources: Json, of: str = "T5", **rest: Any) -> list[str]:
    """The labels of what is asked of somebody."""
    return [label for label in labels(*resources, of=of, **rest) if label in REQUESTS]


def resource_of(suggestion: Suggestion) -> Json:
    (action,) = suggestion.actions or []
    assert isinstance(action.resource, dict)
    return action.resource


def request(label: str, *resources: Json, of: str = "T5", **rest: Any) -> Json:
    (found,) = [one for one in offered(*resources, of=of, **rest) if one.label == label]
    return resource_of(found)


def recommended(*resources: Json, of: str = "T5") -> list[str]:
    return [one.label for one in offered(*resources, of=of) if one.isRecommended]


def t5(answers: Mapping[str, Any] = MILDEST, **changed: Any) -> list[Json]:
    """A lesion of T5; ``None`` leaves an answer out."""
    renamed = {name.replace("_", "-"): answer for name, answer in changed.items()}
    merged = {**answers, **renamed}
    return spinal_lesion("T5", {finding: answer for finding, answer in merged.items() if answer is not None})


def at_t5(finding: str, answer: Json | str) -> Json:
    return observation(f"t5-{finding}", finding, answer, at="T5")


def of_patient(finding: str, answer: Json | str) -> Json:
    return observation(finding, finding, answer)


def axial(millimetres: int) -> Json:
    about = f"Condition/femur-{LEFT}"
    return observation("axial", "axial-cortical-involvement", quantity(millimetres, "mm"), about=about)


DEFICIT = of_patient("new-neurologic-deficit", "present")
PRIMARY = condition("primary", code=BREAST)
HURTS: Mapping[str, Any] = {"spinal_pain": "pain-occasional"}
LOW = femoral_lesion(LEFT, "limb-pain-mild", "lesion-blastic", 5)
HIGH = femoral_lesion(LEFT, "limb-pain-functional", "lesion-lytic", 80)
LEFT_SHAFT = "left-femoral-shaft"
NOMS_1 = (PRIMARY, at_t5("escc-grade", "escc-0"), of_patient("myelopathy", "absent"))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def note(label: str, *resources: Json, of: str = "T5", **rest: Any) -> str:
    """Why it is proposed, and what it is to settle."""
    (told,) = request(label, *resources, of=of, **rest)["note"]
    text: str = told["text"]
    return text


def total(score: str, points: int, **where: Any) -> Json:
    """A total that somebody else calculated."""
    return observation(f"{score}-total", f"{score}-total", quantity(points, "{score}"), **where)
