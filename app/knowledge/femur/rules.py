"""What femur asks and says: the score, what speaks for high risk beside it, and cement alone."""

from app.engine.criteria import All, AnyOf, Criterion, Effect, Input
from app.knowledge.pathway import number, yes_no
from app.knowledge.pathway_conditions import above, at_least, at_most, below, between, no, rule, yes
from app.knowledge.sources import (
    MIRELS_1989,
    TADROS_2018,
    VAN_DER_LINDEN_2004,
    VAN_DER_WAL_2020,
    at,
    local_policy,
)

CEMENT = "cementoplasty"
_BANDS = at(TADROS_2018, "MIR-B", "Mirels fracture risk and recommendation table")
_ABSTRACT = at(MIRELS_1989, "MIR-N1", "abstract against the table in use")
_AXIAL_2020 = at(VAN_DER_WAL_2020, "MIR-R2", "abstract, threshold of 30 mm")
_AXIAL_2004 = at(VAN_DER_LINDEN_2004, "MIR-R2", "abstract, more than 30 mm")
_CIRCUMFERENCE = at(VAN_DER_LINDEN_2004, "MIR-R3", "abstract, more than half of the circumference")
_SLIDE = at(TADROS_2018, "TAD-FEM-1", "proximal femur slide")
_BROKEN = local_policy("MIR-E7", "Not applicable once the bone is broken")

PROXIMAL = yes_no("proximal_femur", "Proximal femur", "Does the lesion lie in the proximal femur?", _SLIDE)
MIRELS_TOTAL = number("mirels", "Mirels total", "What is the Mirels total?", _BANDS, "", 4, 12, whole=True)
AXIAL = number(
    "axial_cortical_involvement",
    "Axial length of cortex involved",
    "How many millimetres of cortex are involved along the axis of the bone, on plain film?",
    _AXIAL_2020,
    "mm",
    0,
    600,
)
CIRCUMFERENTIAL = number(
    "circumferential_cortical_involvement",
    "Circumference of cortex involved",
    "How much of the circumference of the cortex is involved?",
    _CIRCUMFERENCE,
    "%",
    0,
    100,
)
FUNCTIONAL_PAIN = yes_no(
    "functional_pain",
    "Functional pain",
    "Is the pain severe, or brought on by use of the limb?",
    _SLIDE,
)
LESSER_TROCHANTER = yes_no(
    "lesser_trochanter_fracture",
    "Lesser trochanter broken before",
    "Has the lesser trochanter been broken before?",
    _SLIDE,
)
FRACTURE = yes_no(
    "pathological_fracture", "Pathological fracture", "Is the bone broken at the lesion?", _BROKEN
)
INPUTS: tuple[Input, ...] = (
    PROXIMAL,
    MIRELS_TOTAL,
    AXIAL,
    CIRCUMFERENTIAL,
    FUNCTIONAL_PAIN,
    LESSER_TROCHANTER,
    FRACTURE,
)


RULES: tuple[Criterion, ...] = (
    rule(
        "MIR-E7",
        Effect.CONTEXT,
        "The femur is broken: Mirels is for bones that are not. Consider orthopaedic oncology and the local "
        "fracture pathway.",
        yes("pathological_fracture"),
        _BROKEN,
    ),
    rule(
        "MIR-R4",
        Effect.AGAINST,
        "Proximal femur with more than 30 mm of cortex involved or the lesser trochanter broken before: "
        "cement alone carries a high fracture risk; cement with screws is an alternative to discuss.",
        All(
            (
                yes("proximal_femur"),
                AnyOf((above("axial_cortical_involvement", 30), yes("lesser_trochanter_fracture"))),
            )
        ),
        at(TADROS_2018, "MIR-R4", "proximal femur slide"),
        _SLIDE,
        technique=CEMENT,
    ),
    rule(
        "FEMR-1",
        Effect.OPTION,
        "Mirels 9 or more: consider orthopaedic oncology; prophylactic fixation is the published "
        "recommendation.",
        at_least("mirels", 9),
        at(TADROS_2018, "FEMR-1", "Mirels fracture risk and recommendation table"),
        _SLIDE,
    ),
    rule(
        "FEMR-2",
        Effect.OPTION,
        "Mirels 8: consider orthopaedic oncology to judge. The original abstract asks for fixation from 8, "
        "the table in use from 9.",
        between("mirels", 8, 8),
        at(TADROS_2018, "FEMR-2", "Mirels fracture risk and recommendation table"),
        _ABSTRACT,
    ),
    # The one statement that may calm: it needs every reason against it to be excluded.
    rule(
        "FEMR-3",
        Effect.OPTION,
        "Mirels 7 or less, none of the high-risk features beside it, and not broken: observation or "
        "radiotherapy were published for it; the team decides.",
        All(
            (
                at_most("mirels", 7),
                below("axial_cortical_involvement", 30),
                at_most("circumferential_cortical_involvement", 50),
                AnyOf((no("proximal_femur"), no("functional_pain"))),
                no("pathological_fracture"),
            )
        ),
        at(TADROS_2018, "FEMR-3", "Mirels fracture risk and recommendation table"),
        _AXIAL_2020,
        _CIRCUMFERENCE,
    ),
    rule(
        "MIR-R2",
        Effect.RISK_FACTOR,
        "30 mm or more of cortex involved along the axis: high risk whatever the Mirels score (a series of "
        "2004 used more than 30 mm, one of 2020 used 30 mm or more).",
        at_least("axial_cortical_involvement", 30),
        _AXIAL_2020,
        _AXIAL_2004,
    ),
    rule(
        "MIR-R3",
        Effect.RISK_FACTOR,
        "More than half of the circumference involved: high risk whatever the Mirels score.",
        above("circumferential_cortical_involvement", 50),
        _CIRCUMFERENCE,
    ),
    rule(
        "MIR-R5",
        Effect.RISK_FACTOR,
        "Proximal femur with pain on use: mechanical pain is called the most reliable single predictor of an "
        "impending fracture.",
        All((yes("proximal_femur"), yes("functional_pain"))),
        at(TADROS_2018, "MIR-R5", "proximal femur slide"),
        _SLIDE,
    ),
)
