"""What can be ordered: every code that an order is read by, what it means, and where it is done.

Codes: those that the code list holds as machine-checked (V1) or seen in public code (V2), and this service's
own for techniques without a verified standard code, which a site maps its orderables onto. An order that is
named by text only is never guessed at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.knowledge.anatomy import SNOMED, Place, place_of
from app.knowledge.conditions import (
    ABLATION_ORDERS,
    CEMENT_ORDERS,
    INSTRUMENTATION_BY_CODE,
    RADIOTHERAPY_BY_CODE,
    RXNORM,
)
from app.knowledge.finding import LOINC

CPT = "http://www.ama-assn.org/go/cpt"
Code = tuple[str, str]


class Group(StrEnum):
    """What kind of step an order is, as far as the rules tell one from another."""

    CEMENT = "cement"
    ABLATION = "ablation"
    EMBOLISATION = "embolisation"
    RADIOTHERAPY = "radiotherapy"
    SPINE_SURGERY = "spine surgery"
    FIXATION = "fixation"
    PHYSIOTHERAPY = "physiotherapy"
    IMAGING = "imaging"
    REFERRAL = "referral"
    ANTICOAGULANT = "anticoagulant"
    BONE_AGENT = "bone agent"

    @property
    def punctures(self) -> bool:
        """Whether a needle goes to the bone."""
        return self in (Group.CEMENT, Group.ABLATION)

    @property
    def of_the_patient(self) -> bool:
        """Whether it is given to the patient, and not at a site."""
        return self in (Group.ANTICOAGULANT, Group.BONE_AGENT)


@dataclass(frozen=True, slots=True)
class Orderable:
    """One thing that can be ordered.

    Args:
        code: its name in the rules: a technique, where a technique has rules of its own.
        label: what a card calls it.
        covers: the site that the code names by itself; None where only the order says.
    """

    code: str
    label: str
    group: Group
    covers: Place | None = None

    @property
    def shows_soft_tissue(self) -> bool:
        """Whether it is an imaging study that shows the spinal canal."""
        return self.code.startswith("mri")


_TECHNIQUES = {
    "vertebroplasty": ("vertebroplasty", Group.CEMENT),
    "kyphoplasty": ("kyphoplasty", Group.CEMENT),
    "cementoplasty": ("cementoplasty", Group.CEMENT),
    "radiofrequency-ablation": ("radiofrequency ablation", Group.ABLATION),
    "microwave-ablation": ("microwave ablation", Group.ABLATION),
    "cryoablation": ("cryoablation", Group.ABLATION),
    "laser-ablation": ("laser ablation", Group.ABLATION),
    "focused-ultrasound": ("focused ultrasound", Group.ABLATION),
    "alcohol-ablation": ("alcohol ablation", Group.ABLATION),
    "embolisation": ("embolisation", Group.EMBOLISATION),
    "conventional-radiotherapy": ("conventional radiotherapy", Group.RADIOTHERAPY),
    "stereotactic-radiotherapy": ("stereotactic radiotherapy", Group.RADIOTHERAPY),
    "spinal-decompression": ("spinal decompression", Group.SPINE_SURGERY),
    "spinal-stabilisation": ("spinal stabilisation", Group.SPINE_SURGERY),
    "prophylactic-fixation": ("prophylactic fixation", Group.FIXATION),
}
OWN_ORDERABLES: Mapping[str, Orderable] = MappingProxyType(
    {code: Orderable(code, label, group) for code, (label, group) in _TECHNIQUES.items()}
)
if not {*CEMENT_ORDERS, *ABLATION_ORDERS} <= OWN_ORDERABLES.keys():
    raise ValueError("a technique that procedures are read by cannot be ordered")

STEREOTACTIC = OWN_ORDERABLES["stereotactic-radiotherapy"]
STABILISING = frozenset({"spinal-stabilisation", "prophylactic-fixation"})
_DECOMPRESSION = OWN_ORDERABLES["spinal-decompression"]
_STABILISATION = OWN_ORDERABLES["spinal-stabilisation"]
_FIXATION = OWN_ORDERABLES["prophylactic-fixation"]


def _stabilisation(place: Place) -> Orderable:
    """Stabilisation by a code that names a part of the spine, or the spine and no part of it."""
    part = None if place == place_of("spine") else place
    return Orderable(_STABILISATION.code, _STABILISATION.label, _STABILISATION.group, part)


# A plan of radiotherapy whose kind the code does not tell.
_RADIOTHERAPY = Orderable("radiotherapy", "radiotherapy", Group.RADIOTHERAPY)
# 91251008: in the value sets of the Belgian eHealth platform.
_PHYSIOTHERAPY = Orderable("physiotherapy", "physiotherapy", Group.PHYSIOTHERAPY)


def _imaging(code: str, label: str, covers: str | None = None) -> Orderable:
    return Orderable(code, label, Group.IMAGING, place_of(covers) if covers is not None else None)


WHOLE_SPINE_MRI = _imaging("mri-whole-spine", "MRI of the whole spine", "spine")
_SPINE_MRI = _imaging("mri-spine", "MRI of the spine", "spine")
_CERVICAL_MRI = _imaging("mri-cervical", "MRI of the cervical spine", "cervical-spine")
_THORACIC_MRI = _imaging("mri-thoracic", "MRI of the thoracic spine", "thoracic-spine")
_LUMBAR_MRI = _imaging("mri-lumbar", "MRI of the lumbar spine", "lumbar-spine")
_MRI = _imaging("mri", "MRI")
_SPINE_CT = _imaging("ct-spine", "CT of the spine", "spine")


def _referral(code: str, label: str) -> Orderable:
    return Orderable(code, label, Group.REFERRAL)


RADIATION_ONCOLOGY = _referral("referral-radiation-oncology", "referral to radiation oncology")
ORTHOPAEDICS = _referral("referral-orthopaedics", "referral to orthopaedic surgery")
SPINE_SURGERY = _referral("referral-neurosurgery", "referral to neurosurgery")


def _medicine(code: str, label: str, group: Group) -> Orderable:
    return Orderable(code, label, group)


_WARFARIN = _medicine("warfarin", "warfarin", Group.ANTICOAGULANT)
_ZOLEDRONATE = _medicine("zoledronic-acid", "zoledronic acid", Group.BONE_AGENT)
_DENOSUMAB = _medicine("denosumab", "denosumab", Group.BONE_AGENT)

_STANDARD: dict[Code, Orderable] = {
    **dict.fromkeys(RADIOTHERAPY_BY_CODE, _RADIOTHERAPY),
    (SNOMED, "115959002"): STEREOTACTIC,
    (CPT, "77435"): STEREOTACTIC,
    (CPT, "77427"): _RADIOTHERAPY,
    **dict.fromkeys(
        ((SNOMED, "387731002"), (SNOMED, "283165009"), (SNOMED, "10836008")),
        _DECOMPRESSION,
    ),
    **{code: _stabilisation(place) for code, place in INSTRUMENTATION_BY_CODE.items()},
    (SNOMED, "11964008"): Orderable(_FIXATION.code, _FIXATION.label, _FIXATION.group, place_of("femur")),
    (SNOMED, "91251008"): _PHYSIOTHERAPY,
    **dict.fromkeys(((LOINC, "30855-1"), (LOINC, "30854-4")), WHOLE_SPINE_MRI),
    **dict.fromkeys(((LOINC, "36400-0"), (LOINC, "36531-2"), (LOINC, "36067-7")), _SPINE_MRI),
    **dict.fromkeys(
        ((LOINC, "24937-5"), (CPT, "72141"), (CPT, "72156"), (SNOMED, "241646009")), _CERVICAL_MRI
    ),
    **dict.fromkeys(((LOINC, "24981-3"), (CPT, "72146"), (CPT, "72157")), _THORACIC_MRI),
    **dict.fromkeys(((LOINC, "24967-2"), (CPT, "72148"), (CPT, "72158")), _LUMBAR_MRI),
    (SNOMED, "113091000"): _MRI,
    (LOINC, "28566-8"): _SPINE_CT,
    (CPT, "72125"): _imaging("ct-cervical", "CT of the cervical spine", "cervical-spine"),
    (CPT, "72128"): _imaging("ct-thoracic", "CT of the thoracic spine", "thoracic-spine"),
    (CPT, "72131"): _imaging("ct-lumbar", "CT of the lumbar spine", "lumbar-spine"),
    (LOINC, "24704-9"): _imaging("radiograph-femur", "radiograph of the femur", "femur"),
    (LOINC, "35984-4"): _imaging("ct-femur", "CT of the femur", "femur"),
    (LOINC, "25031-6"): _imaging("bone-scan", "bone scan"),
    (SNOMED, "306256000"): RADIATION_ONCOLOGY,
    (SNOMED, "308481009"): ORTHOPAEDICS,
    (SNOMED, "183882005"): SPINE_SURGERY,
    (SNOMED, "183529009"): _referral("referral-oncology", "referral to oncology"),
    (SNOMED, "306265007"): _referral("referral-pain", "referral to pain management"),
    (SNOMED, "306237005"): _referral("referral-palliative", "referral to palliative care"),
    (SNOMED, "3457005"): _referral("referral", "referral"),
    **dict.fromkeys(((RXNORM, "11289"), (RXNORM, "114194")), _WARFARIN),
    (RXNORM, "1364430"): _medicine("apixaban", "apixaban", Group.ANTICOAGULANT),
    (RXNORM, "1114195"): _medicine("rivaroxaban", "rivaroxaban", Group.ANTICOAGULANT),
    (RXNORM, "1037045"): _medicine("dabigatran", "dabigatran", Group.ANTICOAGULANT),
    (RXNORM, "67108"): _medicine("enoxaparin", "enoxaparin", Group.ANTICOAGULANT),
    (RXNORM, "5224"): _medicine("heparin", "heparin", Group.ANTICOAGULANT),
    (RXNORM, "993452"): _DENOSUMAB,
    **dict.fromkeys(((RXNORM, "1156253"), (RXNORM, "77655")), _ZOLEDRONATE),
    (RXNORM, "904419"): _medicine("alendronic-acid", "alendronic acid", Group.BONE_AGENT),
}
ORDERABLE_BY_CODE: Mapping[Code, Orderable] = MappingProxyType(_STANDARD)
# Codes that another code of the same kind beside them makes precise.
UNSPECIFIC = frozenset({"radiotherapy", "mri", "mri-spine", "referral"})
