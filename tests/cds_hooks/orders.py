"""Draft orders, the records that they are made for, and the requests of the two order hooks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import ORDER, SERVICES, collection
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import (
    BASE,
    FEMORAL_SHAFT,
    FEMUR,
    HUMERUS,
    LEFT,
    RECENT,
    RIGHT,
    SNOMED,
    UCUM,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    focus,
    observation,
    quantity,
    site_of,
    subject,
)

SELECT, SIGN = "order-select", "order-sign"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CPT = "http://www.ama-assn.org/go/cpt"
# Written down here from the code list of the project, and not taken from the service.
PROXIMAL_FEMUR, ACETABULUM = "310651003", "37783008"
THORACIC_SPINE, LUMBAR_SPINE, WHOLE_SPINE = "122495006", "122496007", "421060004"
BODY_OF_T11 = "52120002"
# A bone that the service does not know.
STERNUM = "56873002"
BREAST, RENAL = "254837009", "363518003"
RADIOTHERAPY, RADIOSURGERY = "1287742003", "115959002"
FIXATION_OF_FEMUR, PHYSIOTHERAPY = "11964008", "91251008"
MRI_WHOLE_SPINE, MRI_THORACIC, MRI_LUMBAR, CT_SPINE = "30855-1", "24981-3", "24967-2", "28566-8"
RADIOGRAPH_OF_FEMUR, CT_OF_FEMUR, BONE_SCAN = "24704-9", "35984-4", "25031-6"
MRI = "113091000"
WARFARIN, APIXABAN, DENOSUMAB, ZOLEDRONATE = "11289", "1364430", "993452", "1156253"
ANTICOAGULANTS = (WARFARIN, "114194", APIXABAN, "1114195", "1037045", "67108", "5224")
PLATELETS, INR, WHITE_CELLS = "777-3", "6301-6", "6690-2"
CLOSED = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


# -- orders ---------------------------------------------------------------------------------------------


def order(
    code: str | Json,
    site: str | Json | None = None,
    *,
    side: str | None = None,
    name: str = "order-1",
    system: str = ORDER,
    reason: str | None = None,
    **members: Any,
) -> Json:
    """A draft ServiceRequest.

    Args:
        code: of what is ordered, or its whole concept.
        site: a vertebra by its level, another site by its code, or the whole concept.
        side: a qualifier beside the site.
        name: its id.
        system: of the code.
        reason: the id of the Condition that it is for.
        members: further members, as they are.
    """
    found: Json = {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": concept(code, system) if isinstance(code, str) else code,
        "subject": subject(),
    }
    if site is not None:
        where = site_of(VERTEBRAE.get(site, site), side) if isinstance(site, str) else site
        found["bodySite"] = [where]
    if reason is not None:
        found["reasonReference"] = [{"reference": f"Condition/{reason}"}]
    return found | members


def medicine(code: str, name: str = "medicine-1", **members: Any) -> Json:
    """A draft MedicationRequest."""
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": concept(code, RXNORM),
        "subject": subject(),
        **members,
    }


def plan(gray: float | str | None = None, fractions: Any = None, unit: str = "Gy") -> Json:
    """The extensions of an order of radiotherapy that state its dose."""
    found: list[Json] = []
    if gray is not None:
        dose = {"value": gray, "unit": unit, "system": UCUM, "code": unit}
        found.append({"url": f"{BASE}/StructureDefinition/dose-per-fraction", "valueQuantity": dose})
    if fractions is not None:
        found.append({"url": f"{BASE}/StructureDefinition/fractions", "valueInteger": fractions})
    return {"extension": found}


def stereotactic(site: str, gray: float | str | None = None, fractions: Any = None, **members: Any) -> Json:
    unit = members.pop("unit", "Gy")
    return order("stereotactic-radiotherapy", site, **plan(gray, fractions, unit), **members)


def conventional(site: str | None = "T11", **members: Any) -> Json:
    return order("conventional-radiotherapy", site, **members)


def at_t11(code: str) -> list[Json]:
    return [order(code, "T11")]


def imaging(code: str, system: str = LOINC) -> list[Json]:
    return [order(code, system=system)]


def physiotherapy(site: str | None = None, side: str | None = None) -> list[Json]:
    return [order(PHYSIOTHERAPY, site, side=side, system=SNOMED)]


# -- records --------------------------------------------------------------------------------------------

_SINS = {
    "pain": ("spinal-pain", "pain"),
    "lesion": ("bone-lesion-quality", "lesion"),
    "alignment": ("spinal-alignment", "alignment"),
    "collapse": ("vertebral-collapse", "collapse"),
    "posterolateral": ("posterolateral-involvement", "posterolateral"),
}
_NO_POINT = {
    "pain": "free",
    "lesion": "blastic",
    "alignment": "normal",
    "collapse": "none",
    "posterolateral": "none",
}


def vertebra(level: str = "T11", **answers: str | None) -> list[Json]:
    """A metastasis of one vertebra with every item of SINS, without a point but where it is said.

    Args:
        level: T11 is worth 3 points, T8 one.
        answers: by the items of SINS; None leaves one out.
    """
    name = f"c-{level.lower()}"
    found = [condition(name, site=site_of(VERTEBRAE[level]))]
    for item, answer in (_NO_POINT | answers).items():
        if answer is not None:
            finding, prefix = _SINS[item]
            found.append(
                observation(f"{name}-{item}", finding, coded(f"{prefix}-{answer}"), focus=focus(name))
            )
    return found


# SINS at T11 (3 points), on both sides of its edges; the lesion is lytic in each.
SINS_6 = vertebra(lesion="lytic", pain="occasional")
SINS_7 = vertebra(lesion="lytic", pain="occasional", posterolateral="unilateral")
SINS_12 = vertebra(lesion="lytic", pain="mechanical", collapse="over-50", posterolateral="unilateral")
SINS_13 = vertebra(lesion="lytic", pain="mechanical", collapse="under-50", posterolateral="bilateral")


def bone(
    code: str,
    *,
    side: str | None = LEFT,
    pain: str | None = "mild",
    lesion: str | None = "blastic",
    destroyed: float | None = 10,
    name: str = "c-limb",
    **numbers: float,
) -> list[Json]:
    """A metastasis of a limb with the items of Mirels, and lengths in mm by the code of the finding."""
    found = [condition(name, site=site_of(code, side))]
    values = {
        "limb-pain": coded(f"limb-pain-{pain}") if pain else None,
        "bone-lesion-quality": coded(f"lesion-{lesion}") if lesion else None,
        "cortical-destruction": quantity(destroyed) if destroyed is not None else None,
        **{finding.replace("_", "-"): quantity(value, "mm") for finding, value in numbers.items()},
    }
    found += [
        observation(f"{name}-{finding}", finding, value, focus=focus(name))
        for finding, value in values.items()
        if value is not None
    ]
    return found


def shaft(pain: str, destroyed: float = 10) -> list[Json]:
    """A lytic lesion of the left femoral shaft with 10 mm of cortex involved: 2 + pain + 3 + size."""
    return bone(FEMORAL_SHAFT, pain=pain, lesion="lytic", destroyed=destroyed, axial_cortical_involvement=10)


def about(lesion: str, **answers: str) -> list[Json]:
    """Coded findings of one lesion: ``escc_grade="escc-0"``."""
    return [
        observation(f"{lesion}-{key}", key.replace("_", "-"), coded(answer), focus=focus(lesion))
        for key, answer in answers.items()
    ]


def patient_wide(**answers: str) -> list[Json]:
    """Coded findings of the patient."""
    return [
        observation(f"patient-{key}", key.replace("_", "-"), coded(answer)) for key, answer in answers.items()
    ]


def laboratory(code: str, value: float, unit: str, when: str = RECENT) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"laboratory-{code}",
        "status": "final",
        "code": concept(code, LOINC),
        "subject": subject(),
        "effectiveDateTime": when,
        **quantity(value, unit),
    }


def blood(platelets: float | None = 200, inr: float | None = 1.0, when: str = RECENT) -> list[Json]:
    found = []
    if platelets is not None:
        found.append(laboratory(PLATELETS, platelets, "10*9/L", when))
    if inr is not None:
        found.append(laboratory(INR, inr, "{INR}", when))
    return found


def on_record(code: str, status: str = "active") -> Json:
    """A medicine on the list of the patient."""
    return medicine(code, "given", status=status)


def primary(code: str) -> list[Json]:
    return [condition("c-primary", code)]


NO_DEFICIT = patient_wide(
    myelopathy="absent", new_neurologic_deficit="absent", sphincter_dysfunction="absent"
)


def cleared(lesion: str = "c-t11") -> list[Json]:
    """Everything that forbids or defers a needle in a vertebra is recorded as absent, but for clotting."""
    return [
        *NO_DEFICIT,
        *patient_wide(active_bleeding="absent", systemic_infection="absent", cement_allergy="absent"),
        *about(
            lesion,
            local_infection="absent",
            escc_grade="escc-0",
            root_contact="absent",
            pathological_fracture="absent",
            posterior_wall="wall-intact",
        ),
        observation(
            f"{lesion}-distance", "distance-to-neural-structure", quantity(25, "mm"), focus=focus(lesion)
        ),
    ]


def but(record: Iterable[Json], *resources: Json) -> list[Json]:
    """A record with these resources beside it, or in place of those with the same id."""
    named = {one["id"] for one in resources}
    return [*(one for one in record if one["id"] not in named), *resources]


def without(record: Iterable[Json], *names: str) -> list[Json]:
    """A record without the resources whose ids hold one of these names."""
    return [one for one in record if not any(name in one["id"] for name in names)]


def closed(record: Iterable[Json], status: str = "resolved", member: str = "clinicalStatus") -> list[Json]:
    """A record whose Conditions are over, or were found to be none."""
    system = CLOSED if member == "clinicalStatus" else VERIFICATION
    return [
        one | {member: concept(status, system)} if one["resourceType"] == "Condition" else one
        for one in record
    ]


# Nothing of T11 forbids, defers or is left open: a needle there is nothing to speak of.
READY = [*SINS_6, *cleared(), *blood()]
# NOMS is settled for conventional radiotherapy, wherever T11 is stable.
FOR_NOMS = [*primary(BREAST), *NO_DEFICIT, *about("c-t11", escc_grade="escc-0", prior_radiation="absent")]
# What the code list calls a bone metastasis, and says nothing of where.
SOMEWHERE = condition("c-somewhere") | {"code": concept("C79.51", "http://hl7.org/fhir/sid/icd-10-cm")}
CEMENT_IN_FEMUR = [order("cementoplasty", PROXIMAL_FEMUR, side=LEFT)]
INTACT = about("c-limb", lesser_trochanter_fracture="absent")
# Bones that cement is put into and that no criteria of augmentation are made for.
OTHER_BONES = {
    "proximal femur": [*bone(PROXIMAL_FEMUR, axial_cortical_involvement=10), *INTACT],
    "humerus": bone(HUMERUS),
    "acetabulum": [condition("c-hip", site=site_of(ACETABULUM, LEFT))],
}
# Everything that forbids or defers cement in a vertebra, at its worst.
ADVERSE = {
    "platelets": blood(20),
    "INR": blood(inr=3.0),
    "infection at the site": about("c-t11", local_infection="present"),
    "sepsis": patient_wide(systemic_infection="present"),
    "bleeding": patient_wide(active_bleeding="present"),
    "allergy": patient_wide(cement_allergy="present"),
    "myelopathy": patient_wide(myelopathy="present"),
    "deficit": patient_wide(new_neurologic_deficit="present"),
    "sphincter": patient_wide(sphincter_dysfunction="present"),
}
# Drafts that have nothing to do with an order at T11.
IRRELEVANT = {
    "another bone": order("embolisation", FEMUR, side=RIGHT, name="other"),
    "the level next door": order("embolisation", "T10", name="other"),
    "laboratory": order("8867-4", system=LOINC, name="other"),
    "a text": order({"text": "something"}, name="other"),
    "another medicine": medicine("1191", "other"),
    "a bone scan": order(BONE_SCAN, system=LOINC, name="other"),
    "a meal": {"resourceType": "NutritionOrder", "id": "other", "patient": subject()},
    "cement that is called off": order("vertebroplasty", "T11", name="other", status="revoked"),
    "cement that is not to be": order("vertebroplasty", "T11", name="other", doNotPerform=True),
    "screws that are called off": order("spinal-stabilisation", "T11", name="other", status="revoked"),
}


# -- requests -------------------------------------------------------------------------------------------


def references(drafts: Iterable[Json]) -> list[str]:
    return [f"{draft['resourceType']}/{draft['id']}" for draft in drafts]


def order_request(
    record: Iterable[Json],
    drafts: Iterable[Any],
    *,
    hook: str = SIGN,
    selections: Iterable[str] | None = None,
    context: Mapping[str, Any] | None = None,
    **members: Any,
) -> Json:
    """A request of an order hook; of order-select, every draft is selected where nothing else is said."""
    listed = list(drafts)
    found: Json = {"draftOrders": collection(listed)}
    if hook == SELECT:
        found["selections"] = references(listed) if selections is None else list(selections)
    return hook_request(record, hook=hook, context=found | dict(context or {}), **members)


async def ordered(ehr: Ehr, record: Iterable[Json], drafts: Iterable[Any], **members: Any) -> list[Json]:
    """The cards about orders."""
    hook = members.get("hook", SIGN)
    response = await ehr.send(order_request(record, drafts, **members), path=SERVICES[hook])
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    for card in cards:
        removed, kept = changed_by(card, "delete"), changed_by(card, "update")
        assert not removed & kept, "to remove a draft and to keep it exclude each other"
    return cards


def changed_by(card: Json, kind: str) -> set[str]:
    """The drafts that the suggestions of a card change in this way: "update" or "delete"."""
    actions = [action for one in card.get("suggestions", ()) for action in one["actions"]]
    return {
        one.get("resourceId") or f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in actions
        if one["type"] == kind
    }


RANK = {"info": 1, "warning": 2, "critical": 3}


def rank(cards: Sequence[Json]) -> int:
    """How loud the cards are: nothing, info, warning or critical."""
    return max((RANK[card["indicator"]] for card in cards), default=0)


def told(cards: Iterable[Json]) -> str:
    """Every word on the cards."""
    return "\n".join(f"{card['summary']}\n{card.get('detail', '')}" for card in cards)


def labels(cards: Iterable[Json]) -> list[str]:
    """What the cards offer."""
    return [one["label"] for card in cards for one in card.get("suggestions", ())]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case: the record, what is ordered, and what the card has to be.

    Args:
        card: its indicator; None where there is nothing to say.
        head: words of the summary.
        says: words that stand somewhere on the card.
        never: words that stand nowhere on it.
        offers: the suggestions that it has, among others.
        offers_not: beginnings of suggestions that it has not.
    """

    name: str
    record: Sequence[Json]
    orders: Sequence[Json]
    card: str | None
    head: Sequence[str] = ()
    says: Sequence[str] = ()
    never: Sequence[str] = ()
    offers: Sequence[str] = ()
    offers_not: Sequence[str] = ()

    async def check(self, ehr: Ehr, hook: str = SIGN) -> None:
        """Fail where the cards are not what the case says."""
        cards = await ordered(ehr, self.record, self.orders, hook=hook)
        text = told(cards)
        assert [card["indicator"] for card in cards] == ([self.card] if self.card else []), text
        for words in self.head:
            assert words.lower() in cards[0]["summary"].lower(), cards[0]["summary"]
        for words in self.says:
            assert words.lower() in text.lower(), f"{words}: {text}"
        for words in self.never:
            assert words.lower() not in text.lower(), f"{words}: {text}"
        offered = labels(cards)
        assert set(self.offers) <= set(offered), offered
        for beginning in self.offers_not:
            assert not [label for label in offered if label.startswith(beginning)], offered
