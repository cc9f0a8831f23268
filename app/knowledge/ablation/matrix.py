"""The feature matrix: one rule for every cell in which a source says something, and none for the others.

Rows are features of the lesion or the patient, columns are techniques. A cell without a statement stays
empty: it is no judgement of the technique.
"""

from app.engine.criteria import All, Always, AnyOf, Condition, Criterion, Effect, Is
from app.engine.provenance import Citation
from app.knowledge.ablation.conditions import (
    ALCOHOL,
    CRYOABLATION,
    LASER,
    MICROWAVE,
    NEAR_NERVE_OR_SKIN,
    NEAR_OR_CRITICAL,
    RADIOFREQUENCY,
    ULTRASOUND,
    above,
    at_most,
    yes,
)
from app.knowledge.ablation_sources import CIRSE_2022
from app.knowledge.sources import CHEN_2022, HAO_2023, TADROS_2018, WODAJO_2022, at, local_policy

PAST_REVIEW = "(The MSTS source is past its own review date.)"

_RADIOFREQUENCY = at(TADROS_2018, "TAD-ABL-4", "radiofrequency slides")
_MICROWAVE = at(TADROS_2018, "TAD-ABL-5", "microwave slides")
_CRYOABLATION = at(TADROS_2018, "TAD-ABL-6", "cryoablation slides")
_LASER = at(TADROS_2018, "TAD-ABL-7", "laser and focused ultrasound slides")
_PLANNING = at(TADROS_2018, "TAD-PLAN-1", "planning slides")
_COHORT = at(WODAJO_2022, "MSTS-2", "bibliography, De Marini 2020")
_TRIAL = at(WODAJO_2022, "MSTS-9", "bibliography, Guenette 2013")

# A laser zone reaches 1.6 cm.
_LASER_REACH = 16
_SCLEROTIC = Is("lesion_quality", frozenset({"blastic"}))
_SCLEROTIC_OR_MIXED = Is("lesion_quality", frozenset({"mixed", "blastic"}))
_LYTIC = Is("lesion_quality", frozenset({"lytic"}))
_LITTLE_SOFT_TISSUE = Is("soft_tissue_component", frozenset({"none", "small"}))
_MASS = Is("soft_tissue_component", frozenset({"large"}))
_HYPERVASCULAR = Is("primary_group", frozenset({"hypervascular"}))


def _cell(
    row: str, technique: str | None, effect: Effect, text: str, when: Condition, *cites: Citation
) -> Criterion:
    return Criterion(row, effect, text, when, cites, technique)


_QUALITY = (
    _cell(
        "ABL-LYTIC",
        None,
        Effect.FAVOURS,
        "Lytic: the kind most amenable to ablation, whatever the technique.",
        _LYTIC,
        _PLANNING,
    ),
    _cell(
        "ABL-LYTIC",
        RADIOFREQUENCY,
        Effect.FAVOURS,
        "Lytic with no or a small soft-tissue part: suits radiofrequency ablation.",
        All((_LYTIC, _LITTLE_SOFT_TISSUE)),
        CIRSE_2022,
    ),
    _cell(
        "TAD-ABL-4",
        RADIOFREQUENCY,
        Effect.FAVOURS,
        "A small soft-tissue lesion with bone all round it is ideal for radiofrequency ablation; the "
        "source's example is osteoid osteoma.",
        yes("small_lesion_enclosed_by_bone"),
        _RADIOFREQUENCY,
    ),
    _cell(
        "ABL-LYTIC",
        MICROWAVE,
        Effect.CONTEXT,
        "Microwaves were used in one series: 114 of its 140 vertebrae were lytic.",
        All((_LYTIC, _LITTLE_SOFT_TISSUE)),
        at(CHEN_2022, "CHEN-DESTR", "results and table 2"),
    ),
    _cell(
        "ABL-LYTIC",
        LASER,
        Effect.CONTEXT,
        "Within the reach of a laser zone, which ends at 1.6 cm: small lesions only.",
        All((_LYTIC, _LITTLE_SOFT_TISSUE, at_most("lesion_diameter", _LASER_REACH))),
        _LASER,
    ),
    _cell(
        "ABL-SCLEROTIC",
        None,
        Effect.AGAINST,
        "Mixed or sclerotic: more challenging whatever the technique; access may need a drill.",
        _SCLEROTIC_OR_MIXED,
        _PLANNING,
    ),
    _cell(
        "ABL-SCLEROTIC",
        RADIOFREQUENCY,
        Effect.STUDY,
        "Osteoblastic lesions were left out of, so not studied in, one multicentre series of 100 patients; "
        "bone impedes radiofrequency more than microwaves. " + PAST_REVIEW,
        _SCLEROTIC,
        at(WODAJO_2022, "MSTS-3", "bibliography, Levy 2020; 7 of its 13 authors paid by the manufacturer"),
        at(CHEN_2022, "CHEN-CMP-1", "discussion, microwaves and radiofrequency compared"),
    ),
    _cell(
        "ABL-SCLEROTIC",
        MICROWAVE,
        Effect.FAVOURS,
        "Sclerotic: microwaves are less hindered by the impedance of bone; access needs a drill, since "
        "probes are fragile.",
        _SCLEROTIC,
        _MICROWAVE,
    ),
    _cell(
        "ABL-SCLEROTIC",
        CRYOABLATION,
        Effect.FAVOURS,
        "Mixed or sclerotic: cryoablation was chosen more often in one cohort, and cortical bone does not "
        "limit it. " + PAST_REVIEW,
        _SCLEROTIC_OR_MIXED,
        _COHORT,
        at(_CRYOABLATION, "ABL-M", "cryoablation slides, cortical bone"),
    ),
)
_SIZE = (
    _cell(
        "ABL-LARGE",
        RADIOFREQUENCY,
        Effect.CONTEXT,
        "Large, or with a soft-tissue mass: radiofrequency ablation aims at the interface of bone and tumour "
        "alone, for pain.",
        AnyOf((_MASS, yes("bulky"))),
        CIRSE_2022,
        at(TADROS_2018, "TAD-ABL-2", "spine ablation slide"),
    ),
    _cell(
        "ABL-LARGE",
        MICROWAVE,
        Effect.FAVOURS,
        "Large, or with a soft-tissue mass: several microwave probes at once give a larger zone.",
        AnyOf((_MASS, yes("bulky"))),
        _MICROWAVE,
        at(HAO_2023, "ABL-M", "discussion, lesions of larger diameter"),
    ),
    _cell(
        "ABL-LARGE",
        CRYOABLATION,
        Effect.FAVOURS,
        "Large, or with a soft-tissue mass: cryoablation can shape a large zone, and was chosen for such "
        "lesions. " + PAST_REVIEW,
        AnyOf((_MASS, yes("bulky"))),
        _CRYOABLATION,
        _COHORT,
        at(WODAJO_2022, "MSTS-6", "bibliography, English 2021"),
    ),
    _cell(
        "ABL-LARGE",
        LASER,
        Effect.AGAINST,
        "Beyond the reach of a laser zone, which ends at 1.6 cm.",
        AnyOf((_MASS, yes("bulky"), above("lesion_diameter", _LASER_REACH))),
        _LASER,
    ),
)
_BLOOD = (
    _cell(
        "ABL-HYPERVASCULAR",
        RADIOFREQUENCY,
        Effect.OPTION,
        "A vascular tumour carries heat away: embolisation before radiofrequency ablation is an option to "
        "discuss. " + PAST_REVIEW,
        _HYPERVASCULAR,
        _RADIOFREQUENCY,
        at(WODAJO_2022, "MSTS-8", "bibliography, Pellerin 2014"),
    ),
    _cell(
        "ABL-HYPERVASCULAR",
        MICROWAVE,
        Effect.FAVOURS,
        "A vascular tumour: microwaves lose less heat to flowing blood.",
        _HYPERVASCULAR,
        _MICROWAVE,
    ),
    _cell(
        "ABL-HAEMANGIOMA",
        ALCOHOL,
        Effect.FAVOURS,
        "Vertebral haemangioma: alcohol is preferred, after a test injection; how far it spreads cannot be "
        "predicted.",
        yes("vertebral_haemangioma"),
        at(TADROS_2018, "TAD-ABL-3", "alcohol slide"),
    ),
)
_NEARNESS = (
    _cell(
        "ABL-NEAR",
        RADIOFREQUENCY,
        Effect.CONTEXT,
        "Close to a nerve or the skin: protection is needed, and the zone of radiofrequency ablation cannot "
        "be seen while it forms.",
        NEAR_NERVE_OR_SKIN,
        at(TADROS_2018, "TAD-ABL-1", "thermal ablation slide, critical structures"),
        _RADIOFREQUENCY,
    ),
    _cell(
        "ABL-NEAR",
        MICROWAVE,
        Effect.CONTEXT,
        "Close to a nerve or the skin: one microwave series worked in short cycles, measured the temperature "
        "beside the nerve, and stopped when it rose.",
        NEAR_NERVE_OR_SKIN,
        at(CHEN_2022, "CHEN-TEMP-1", "methods, thermocouple"),
    ),
    _cell(
        "ABL-NEAR",
        CRYOABLATION,
        Effect.FAVOURS,
        "Close to a nerve, the skin or another critical structure: the ice can be seen, nerve monitoring "
        "works beside it, and it was chosen for such lesions. " + PAST_REVIEW,
        NEAR_OR_CRITICAL,
        _CRYOABLATION,
        _COHORT,
    ),
    _cell(
        "ABL-NEAR",
        ULTRASOUND,
        Effect.FAVOURS,
        "Close to a nerve or the skin: magnetic resonance shows the heating as it happens, and nothing is "
        "inserted.",
        NEAR_NERVE_OR_SKIN,
        _LASER,
    ),
    _cell(
        "ABL-CENTRAL",
        RADIOFREQUENCY,
        Effect.FAVOURS,
        "Central posterior vertebral body: a probe that bends can reach it.",
        yes("central_posterior_body"),
        _RADIOFREQUENCY,
        at(CHEN_2022, "CHEN-CMP-1", "discussion, straight and curved probes"),
    ),
    _cell(
        "ABL-CENTRAL",
        MICROWAVE,
        Effect.AGAINST,
        "Central posterior vertebral body: hard to reach with a straight microwave antenna.",
        yes("central_posterior_body"),
        at(CHEN_2022, "CHEN-CMP-1", "discussion, straight and curved probes"),
    ),
)
_PATIENT = (
    _cell(
        "ABL-PACEMAKER",
        RADIOFREQUENCY,
        Effect.AGAINST,
        "Pacemaker: the source's example of a contraindication to radiofrequency ablation.",
        yes("pacemaker"),
        _LASER,
    ),
    _cell(
        "ABL-PACEMAKER",
        LASER,
        Effect.FAVOURS,
        "Pacemaker: laser is favoured for osteoid osteoma; for a metastasis that is an extrapolation by "
        "local policy.",
        yes("pacemaker"),
        _LASER,
        local_policy("ABL-PACEMAKER", "Laser with a pacemaker: taken over from osteoid osteoma"),
    ),
    _cell(
        "ABL-MINOR",
        RADIOFREQUENCY,
        Effect.CONTEXT,
        "Minor complications in 33 % of a matched cohort, 3 % with cryoablation; 90 % of them were pain "
        "afterwards. " + PAST_REVIEW,
        Always(),
        _COHORT,
    ),
    _cell(
        "ABL-MINOR",
        CRYOABLATION,
        Effect.CONTEXT,
        "Minor complications in 3 % of a matched cohort, 33 % with radiofrequency ablation; cold itself "
        "eases pain. " + PAST_REVIEW,
        Always(),
        _COHORT,
        _CRYOABLATION,
    ),
    _cell(
        "ABL-FRACTURE",
        CRYOABLATION,
        Effect.AGAINST,
        "Fracture present or feared: a small additional risk of fracture with cryoablation. " + PAST_REVIEW,
        AnyOf((yes("fracture_concern"), yes("existing_fracture"))),
        at(WODAJO_2022, "ABL-FRACTURE", "results, cryoablation compared"),
    ),
)
_FURTHER = (
    _cell(
        "ABL-M-subchondral",
        RADIOFREQUENCY,
        Effect.OPTION,
        "Beneath joint cartilage: cement after radiofrequency ablation is an option to discuss.",
        yes("subchondral"),
        at(_RADIOFREQUENCY, "ABL-M", "radiofrequency slides, subchondral lesion"),
    ),
    _cell(
        "ABL-M-fracture",
        RADIOFREQUENCY,
        Effect.FAVOURS,
        "Fracture present: pain fell more after radiofrequency ablation in one trial. " + PAST_REVIEW,
        yes("existing_fracture"),
        at(_TRIAL, "ABL-M", "bibliography, Guenette 2013"),
    ),
    _cell(
        "ABL-M-rim",
        RADIOFREQUENCY,
        Effect.AGAINST,
        "An irregular or thick rim went with more pain after radiofrequency ablation in one trial. "
        + PAST_REVIEW,
        yes("irregular_or_thick_rim"),
        at(_TRIAL, "ABL-M", "bibliography, Guenette 2013"),
    ),
    _cell(
        "ABL-M-radiotherapy",
        CRYOABLATION,
        Effect.FAVOURS,
        "Irradiated before: cryoablation was chosen more often in one cohort. " + PAST_REVIEW,
        yes("earlier_radiotherapy"),
        at(_COHORT, "ABL-M", "bibliography, De Marini 2020"),
    ),
    _cell(
        "ABL-M-performance",
        CRYOABLATION,
        Effect.FAVOURS,
        "Poor performance status: cryoablation was chosen more often in one cohort. " + PAST_REVIEW,
        yes("poor_performance"),
        at(_COHORT, "ABL-M", "bibliography, De Marini 2020"),
    ),
    _cell(
        "INC-43",
        MICROWAVE,
        Effect.CONTEXT,
        "The sources disagree on microwaves: one calls the zone predictable, another less predictable in "
        "bone.",
        Always(),
        at(HAO_2023, "INC-43", "introduction"),
        at(TADROS_2018, "INC-43", "microwave slides"),
    ),
)

MATRIX: tuple[Criterion, ...] = (
    *_QUALITY,
    *_SIZE,
    *_BLOOD,
    *_NEARNESS,
    *_PATIENT,
    *_FURTHER,
)
