"""Orders at lesions of a record, and what is said of them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from app.assess.ordered import Ordered, judge_orders
from app.assess.ordered.concern import Concern, Weight
from app.assess.ordered.order import Order, Orders
from app.engine.provenance import Source
from app.engine.quantity import UNMEASURED, Measured
from app.engine.reading import Side, exactly
from app.knowledge.anatomy import SNOMED, place_of, place_of_level
from app.knowledge.conditions import RXNORM
from app.knowledge.finding import LOINC
from app.knowledge.orderables import ORDERABLE_BY_CODE, OWN_ORDERABLES, Group, Orderable
from tests.fhir.records import (
    LEFT,
    MILDEST,
    WORST,
    Json,
    assessed,
    concept,
    condition,
    femoral_lesion,
    observation,
    quantity,
    spinal_lesion,
)

FORBIDS, DEFERS, FIRST, AGAINST, OPEN, MIND = Weight
ORDERABLES: Mapping[str, Orderable] = {
    **OWN_ORDERABLES,
    "physiotherapy": ORDERABLE_BY_CODE[SNOMED, "91251008"],
    "referral": ORDERABLE_BY_CODE[SNOMED, "3457005"],
    "mri": ORDERABLE_BY_CODE[LOINC, "30855-1"],
    "mri of the thoracic spine": ORDERABLE_BY_CODE[LOINC, "24981-3"],
    "ct": ORDERABLE_BY_CODE[LOINC, "28566-8"],
    "radiograph": ORDERABLE_BY_CODE[LOINC, "24704-9"],
    "warfarin": ORDERABLE_BY_CODE[RXNORM, "11289"],
    "denosumab": ORDERABLE_BY_CODE[RXNORM, "993452"],
}
CEMENT, ABLATION = ("vertebroplasty", "kyphoplasty", "cementoplasty"), ("cryoablation", "microwave-ablation")
RADIOTHERAPY = ("conventional-radiotherapy", "stereotactic-radiotherapy")
SURGERY = ("spinal-decompression", "spinal-stabilisation")
EVERY_TREATMENT = tuple(code for code, one in ORDERABLES.items() if not one.group.of_the_patient
                        and one.group not in (Group.IMAGING, Group.REFERRAL))  # fmt: skip


def order(code: str | None, *sites: str, name: str | None = None, **members: Any) -> Order:
    """An order at T5, or at other levels; None is one that no code explains."""
    orderable = ORDERABLES[code] if code is not None else None
    named = sites or ("T5",)
    places = tuple(place_of_level(one) if one[1:].isdigit() else place_of(one, Side.LEFT) for one in named)
    if orderable is not None and orderable.group.of_the_patient:
        places = ()
    reference = f"ServiceRequest/{name or code}"
    return Order(reference, orderable, **{"places": places, "sited": bool(places), **members})


def judged(record: Sequence[Json], *orders: Order) -> Ordered:
    return judge_orders(assessed(*record), Orders(orders))


def concerns(record: Sequence[Json], *orders: Order, of: int = 0) -> tuple[Concern, ...]:
    """What is said of one of the orders."""
    wanted = orders[of].reference
    said = [one for at in judged(record, *orders).lesions for one in at.orders]
    return tuple(c for one in said if one.order.reference == wanted for c in one.concerns)


def weights(record: Sequence[Json], *orders: Order, of: int = 0) -> dict[str, Weight]:
    return {one.key: one.weight for one in concerns(record, *orders, of=of)}


def t5(answers: Mapping[str, str] = MILDEST, level: str = "T5", **changed: str | None) -> list[Json]:
    merged = {**answers, **{name.replace("_", "-"): said for name, said in changed.items()}}
    return spinal_lesion(level, {finding: said for finding, said in merged.items() if said is not None})


def at_t5(finding: str, answer: Json | str) -> Json:
    return observation(f"t5-{finding}", finding, answer, at="T5")


def of_patient(finding: str, answer: Json | str) -> Json:
    return observation(finding, finding, answer)


def laboratory(name: str, code: str, value: float, unit: str) -> Json:
    return observation(name, None, quantity(value, unit), code=concept((LOINC, code)))


def platelets(value: float) -> Json:
    return laboratory("platelets", "777-3", value, "10*3/uL")


def inr(value: float) -> Json:
    return laboratory("inr", "6301-6", value, "{INR}")


def dose(gray: str | None) -> Measured:
    if gray is None:
        return UNMEASURED
    return Measured((exactly(Fraction(gray), f"{gray} Gy"),), recorded=True, sources=(Source("o"),))


# SINS at T5, semirigid: 1 for the level, and what is added.
SINS_1 = t5()
SINS_6 = t5(spinal_pain="pain-mechanical", bone_lesion_quality="lesion-lytic")
SINS_7 = t5(
    spinal_pain="pain-mechanical",
    bone_lesion_quality="lesion-lytic",
    posterolateral_involvement="posterolateral-unilateral",
)
SINS_12 = t5(WORST, spinal_alignment="alignment-normal")
SINS_13 = t5(WORST, spinal_alignment="alignment-normal", level="L3")
SINS_16 = t5(WORST)
PRIMARY = condition("primary", code="254837009")
# Nothing left open: NOMS is settled on conventional radiotherapy, as breast cancer asks for.
SETTLED = [
    PRIMARY,
    at_t5("escc-grade", "escc-0"),
    of_patient("myelopathy", "absent"),
    of_patient("new-neurologic-deficit", "absent"),
    of_patient("sphincter-dysfunction", "absent"),
    of_patient("surgical-tolerance", "surgery-able"),
    at_t5("prior-radiation", "absent"),
]
FACTORS = [*t5(bone_lesion_quality="lesion-lytic", vertebral_collapse="collapse-under-50"), *SETTLED]


def femur(pain: str, quality: str, percent: float, axial: float | None = None) -> list[Json]:
    found = femoral_lesion(LEFT, f"limb-pain-{pain}", f"lesion-{quality}", percent)
    if axial is not None:
        about = f"Condition/femur-{LEFT}"
        length = quantity(axial, "mm")
        found.append(observation("axial", "axial-cortical-involvement", length, about=about))
    return found


# Mirels in the shaft of a femur: 2 for the site.
MIRELS_5, MIRELS_7 = femur("mild", "blastic", 10, 5), femur("mild", "mixed", 50, 5)
MIRELS_8, MIRELS_9 = femur("moderate", "mixed", 50, 5), femur("moderate", "lytic", 50, 5)
