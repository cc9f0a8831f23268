"""Draft requests that a clinician may accept: an imaging study or a referral, and what it is to settle. Pure.

Nothing here orders: every request is a draft with the intent of a proposal. Codes and displays are those of
the code list with status V1; what has none there is named by text only.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.fhir.names import safe
from app.knowledge.anatomy import SIDE_BY_CODE, SITE_BY_CODE, SITES, SNOMED, Kind, Place, place_of
from app.knowledge.finding import LOINC
from app.knowledge.instrument import Urgency
from app.knowledge.lesion import Lesion

Json = dict[str, Any]
# The name of a resource that has no id: its place in what was sent, which no server can resolve.
_UNNAMED = re.compile(r"unnamed-\d+")


class Proposal(StrEnum):
    """What can be proposed; where orders are read by a code of it, the name that they are given there."""

    WHOLE_SPINE_MRI = "mri-whole-spine"
    FEMUR_RADIOGRAPHS = "radiograph-femur"
    LIMB_RADIOGRAPHS = "radiographs-limb"
    SPINE_SURGERY = "referral-neurosurgery"
    ORTHOPAEDIC_ONCOLOGY = "referral-orthopaedics"
    RADIATION_ONCOLOGY = "referral-radiation-oncology"
    INTERVENTIONAL_RADIOLOGY = "referral-interventional-radiology"


_CODINGS: Mapping[Proposal, tuple[str, str, str]] = MappingProxyType(
    {
        Proposal.WHOLE_SPINE_MRI: (
            LOINC,
            "30855-1",
            "Spine Cervical and Thoracic and Lumbar MRI W and WO contrast IV",
        ),
        Proposal.FEMUR_RADIOGRAPHS: (LOINC, "24704-9", "Femur X-ray"),
        Proposal.SPINE_SURGERY: (SNOMED, "3457005", "Patient referral (procedure)"),
        Proposal.ORTHOPAEDIC_ONCOLOGY: (SNOMED, "308481009", "Referral to orthopedic surgeon"),
        Proposal.RADIATION_ONCOLOGY: (SNOMED, "306256000", "Referral to radiotherapist"),
    }
)
_TITLES: Mapping[Proposal, str] = MappingProxyType(
    {
        # Its code says as much; what is given is the radiologist's choice.
        Proposal.WHOLE_SPINE_MRI: "MRI of the whole spine with and without contrast",
        Proposal.SPINE_SURGERY: "Referral to spine surgery",
        Proposal.ORTHOPAEDIC_ONCOLOGY: "Referral to orthopaedic oncology",
        Proposal.RADIATION_ONCOLOGY: "Referral to radiation oncology",
        Proposal.INTERVENTIONAL_RADIOLOGY: "Referral to interventional radiology",
    }
)
PRIORITIES: Mapping[Urgency, str] = MappingProxyType(
    {
        Urgency.EMERGENCY: "stat",
        Urgency.SAME_DAY: "asap",
        Urgency.URGENT: "urgent",
        Urgency.ROUTINE: "routine",
    }
)
_SIDE_CODES = {side: code for (_, code), side in SIDE_BY_CODE.items()}


def _codes_by_place() -> Mapping[Place, str]:
    """The first code of every place: of a level the vertebra, and not its body."""
    found: dict[Place, str] = {}
    for (_, code), place in SITE_BY_CODE.items():
        found.setdefault(place, code)
    return MappingProxyType(found)


_CODE_BY_PLACE = _codes_by_place()


def title_of(kind: Proposal, place: Place) -> str:
    """What is proposed, in words."""
    if kind in _TITLES:
        return _TITLES[kind]
    bone = SITES[place.site].label if place.site is not None else "bone"
    side = f"{place.side.value} " if place.side is not None else ""
    return f"Radiographs of the {side}{bone} in two planes"


def site_code(place: Place) -> str | None:
    """The SNOMED code of exactly this place, its side apart; None where it has none of its own."""
    return _CODE_BY_PLACE.get(place._replace(side=None))


def body_site(place: Place) -> Json | None:
    """A place as a body site, with its side beside it; None where no site is recorded.

    Levels that leave several possible are told by the region that holds them all.
    """
    if place.site is None:
        return None
    code = site_code(place) or site_code(place_of(place.site))
    if code is None:
        return {"text": place.label}
    codings = [code] if place.side is None else [code, _SIDE_CODES[place.side]]
    return {"coding": [{"system": SNOMED, "code": one} for one in codings], "text": place.label}


def standing(
    references: Iterable[str], types: Collection[str], unsaved: Collection[str] = ()
) -> tuple[str, ...]:
    """Those references by which a server finds a resource: relative, of these types, each once.

    Args:
        references: as sources name them; a part of a resource stands for the whole.
        types: the resource types that are wanted.
        unsaved: references of resources that stand in no record yet.
    """
    wholes = dict.fromkeys(reference.partition("#")[0] for reference in references)
    return tuple(name for name in wholes if name not in unsaved and _stands(name, types))


def _stands(name: str, types: Collection[str]) -> bool:
    kind, _, identifier = name.partition("/")
    return kind in types and safe(identifier) and _UNNAMED.fullmatch(identifier) is None


def draft_request(
    kind: Proposal,
    *,
    patient: str,
    lesions: Sequence[Lesion],
    urgency: Urgency,
    note: str,
    identity: str,
    encounter: str | None = None,
    unsaved: Collection[str] = (),
) -> Json:
    """A draft ServiceRequest for a lesion, complete but for who orders it and when.

    Args:
        kind: what is proposed.
        patient: the id of the patient.
        lesions: those that it is for; the Conditions that name them are the reasons, the first one's place
            is the site.
        urgency: how soon.
        note: why it is proposed, and what it is to settle.
        identity: the id of the request, a uuid.
        encounter: the id of the encounter, where it is known.
        unsaved: references of resources that stand in no record yet.
    """
    place = lesions[0].place
    request: Json = {
        "resourceType": "ServiceRequest",
        "id": identity,
        "status": "draft",
        "intent": "proposal",
        "priority": PRIORITIES[urgency],
        "code": _code(kind, place),
        "subject": {"reference": f"Patient/{patient}"},
    }
    if safe(encounter):
        request["encounter"] = {"reference": f"Encounter/{encounter}"}
    named = (reference for lesion in lesions for reference in lesion.conditions)
    reasons = standing(named, ("Condition",), unsaved)
    if reasons:
        request["reasonReference"] = [{"reference": reason} for reason in reasons]
    site = body_site(place) if _is_at_site(kind, place) else None
    if site is not None:
        request["bodySite"] = [site]
    request["note"] = [{"text": note}]
    return request


def _is_at_site(kind: Proposal, place: Place) -> bool:
    """Whether what is proposed is for the place of the lesion itself.

    The whole spine is no single level, and what a deficit beside a lesion of another bone asks of a spine
    surgeon is not about that bone.
    """
    if kind is Proposal.WHOLE_SPINE_MRI:
        return False
    return kind is not Proposal.SPINE_SURGERY or place.kind in (Kind.SPINE, Kind.PELVIC_RING, None)


def _code(kind: Proposal, place: Place) -> Json:
    text = title_of(kind, place)
    if kind not in _CODINGS:
        return {"text": text}
    system, code, display = _CODINGS[kind]
    return {"coding": [{"system": system, "code": code, "display": display}], "text": text}
