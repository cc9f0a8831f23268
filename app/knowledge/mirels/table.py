"""The Mirels table as published: four items, three bands, what is known of its performance."""

from app.engine.question import Item, Option
from app.engine.score import Band, Performance, Score
from app.knowledge.sources import (
    AMENDOLA_2023,
    BONE_JOINT_2020,
    EVANS_2008,
    HUMERUS_2023,
    MIRELS_1989,
    RAMSEY_2020,
    TADROS_2018,
    VAN_DER_LINDEN_2004,
    VAN_DER_WAL_2020,
    at,
)

VERSION = "1989"


def _item(key: str, code: str, label: str, question: str, *options: tuple[str, str, int]) -> Item:
    cite = at(TADROS_2018, key, f"Mirels table, {label.lower()}")
    return Item(
        code=code,
        label=label,
        question=question,
        options=tuple(Option(name, text, points, cite) for name, text, points in options),
        cite=cite,
    )


SITE = _item(
    "MIR-1",
    "site",
    "Site",
    "In which long bone is the lesion?",
    ("upper-limb", "upper limb", 1),
    ("lower-limb", "lower limb", 2),
    ("peritrochanteric", "peritrochanteric", 3),
)
PAIN = _item(
    "MIR-2",
    "pain",
    "Pain",
    "How does the limb hurt?",
    ("mild", "mild", 1),
    ("moderate", "moderate", 2),
    ("functional", "functional: severe, or brought on by use of the limb", 3),
)
LESION = _item(
    "MIR-3",
    "lesion",
    "Lesion",
    "What does the lesion look like on imaging?",
    ("blastic", "blastic", 1),
    ("mixed", "mixed", 2),
    ("lytic", "lytic", 3),
)
SIZE = _item(
    "MIR-4",
    "size",
    "Size",
    "How much of the cortex is destroyed, at most, in any view of a plain film?",
    ("under-third", "less than one third", 1),
    ("third-to-two-thirds", "one third to two thirds", 2),
    ("over-two-thirds", "more than two thirds", 3),
)

_RISK = "fracture risk and recommendation table"

USE = ("One metastasis of a long bone that has not broken: how likely it was to break after radiotherapy.",)
MISUSE = (
    "Not for spine, pelvis, scapula, clavicle, ribs, hand or foot, nor for a bone already broken.",
    "Not one threshold for every bone: in the humerus 8 or more did best.",
    "Not alone in the femur: the length of cortex involved did better than the score.",
    "Not a pain score: functional pain is pain brought on by use of the limb.",
    "Sensitive and not specific: many lesions at 9 or more never break.",
)

MIRELS = Score(
    code="mirels",
    name="Mirels score for impending pathological fracture",
    version=VERSION,
    items=(SITE, PAIN, LESION, SIZE),
    bands=(
        Band(
            "low",
            "low",
            4,
            7,
            "published risk within 6 months of radiotherapy under 4 %: observation, radiotherapy",
            at(TADROS_2018, "MIR-B1", _RISK),
        ),
        Band(
            "borderline",
            "borderline",
            8,
            8,
            "published risk 15 %: clinical judgement",
            at(TADROS_2018, "MIR-B2", _RISK),
        ),
        Band(
            "high",
            "high",
            9,
            12,
            "published risk 33 to 100 %: prophylactic fixation recommended",
            at(TADROS_2018, "MIR-B3", _RISK),
        ),
    ),
    worse="high",
    use=USE,
    misuse=MISUSE,
    performance=(
        Performance(
            "derivation: irradiated lesions, fractured within 6 months",
            "27 of 78 fractured; mean score 10 against 7",
            "78 lesions",
            at(MIRELS_1989, "MIR-N2", "abstract, derivation"),
        ),
        Performance(
            "9 or more",
            "sensitivity over 91 %, specificity 35 %",
            "quoted in a cohort",
            RAMSEY_2020,
        ),
        Performance("femur", "not predictive (p = .36)", "102 patients, 110 lesions", VAN_DER_LINDEN_2004),
        Performance(
            "femur, axial cortical involvement of 30 mm or more",
            "sensitivity 86 %, specificity 50 %, positive predictive value 20 %, negative 96 %",
            "100 patients",
            VAN_DER_WAL_2020,
        ),
        Performance(
            "against CT strain ratio",
            "Mirels sensitivity 88 %, specificity 38 %; strain ratio 100 % and 67 %",
            "Bone Joint J 2020",
            BONE_JOINT_2020,
        ),
        Performance(
            "humerus",
            "9 or more: sensitivity 14.5 %, specificity 82.9 %; 7 or more: 81 % and 32 %",
            "Evans 2008",
            EVANS_2008,
        ),
        Performance(
            "humerus, 8 or more",
            "sensitivity 83.6 %, specificity 79.5 %, area under the curve .82 (.75 to .88); odds "
            "ratio 5.8 (1.9 to 18.2); cortical breach odds ratio 21.0 (5.7 to 77.2)",
            "188 patients, 61 fractures",
            HUMERUS_2023,
        ),
    ),
    references=(MIRELS_1989, TADROS_2018, RAMSEY_2020, AMENDOLA_2023),
)
