"""The SINS table as published: six items, three bands, what is known of its performance."""

from app.engine.question import Item, Option
from app.engine.score import Band, Performance, Score
from app.knowledge.sources import (
    FISHER_2010,
    FISHER_2014,
    FOURNEY_2011,
    INDEPENDENT_SINS,
    LAM_2015,
    LEE_2021,
    NESMS_COHORT,
    SCIELO_2020,
    TADROS_2018,
    at,
)

VERSION = "2010"


def _item(key: str, code: str, label: str, question: str, *options: tuple[str, str, int]) -> Item:
    cite = at(FISHER_2010, key, f"table, {label.lower()}")
    return Item(
        code=code,
        label=label,
        question=question,
        options=tuple(Option(name, text, points, cite) for name, text, points in options),
        cite=cite,
    )


LOCATION = _item(
    "SINS-1",
    "location",
    "Location",
    "Where in the spine is the lesion?",
    ("junctional", "junctional (occiput-C2, C7-T2, T11-L1, L5-S1)", 3),
    ("mobile", "mobile spine (C3-C6, L2-L4)", 2),
    ("semirigid", "semirigid (T3-T10)", 1),
    ("rigid", "rigid (S2-S5)", 0),
)
PAIN = _item(
    "SINS-2",
    "pain",
    "Pain",
    "Is the pain relieved by lying down, or worse on movement or loading of the spine?",
    ("mechanical", "mechanical: relieved by lying down, or worse on movement or loading", 3),
    ("occasional", "pain that is not mechanical", 1),
    ("none", "pain-free lesion", 0),
)
LESION = _item(
    "SINS-3",
    "lesion",
    "Bone lesion",
    "What does the bone lesion look like on imaging?",
    ("lytic", "lytic", 2),
    ("mixed", "mixed", 1),
    ("blastic", "blastic", 0),
)
ALIGNMENT = _item(
    "SINS-4",
    "alignment",
    "Alignment",
    "Is the spine aligned on imaging?",
    ("subluxation", "subluxation or translation", 4),
    ("deformity", "new kyphosis or scoliosis", 2),
    ("normal", "normal", 0),
)
COLLAPSE = _item(
    "SINS-5",
    "collapse",
    "Vertebral body collapse",
    "How far has the vertebral body collapsed, or how much of it is involved?",
    ("over-50", "collapse of more than 50 %", 3),
    ("under-50", "collapse of less than 50 %", 2),
    ("involved-over-50", "no collapse, more than 50 % of the body involved", 1),
    ("none", "none of these", 0),
)
POSTEROLATERAL = _item(
    "SINS-6",
    "posterolateral",
    "Posterolateral involvement",
    "Are facets, pedicles or costovertebral joints fractured or replaced by tumour?",
    ("bilateral", "both sides", 3),
    ("unilateral", "one side", 1),
    ("none", "neither side", 0),
)

_TABLE = at(FOURNEY_2011, "SINS-B", "abstract, categories")

USE = (
    "One lesion of the spine in a patient with cancer: how far tumour has made it mechanically unstable.",
    "To decide when a spine surgeon is asked: 7 or more is the authors' threshold for consultation.",
)
MISUSE = (
    "Not for survival: its c-statistic for one-year survival was 0.54.",
    "Not for fractures without a tumour.",
    "Not for segments already instrumented, fused or cemented: they were excluded from validation.",
    "Not for the spinal cord: compression and neurologic deficit are judged apart and outrank it.",
    "Not for several lesions at once: each is scored, and totals are never added.",
)

SINS = Score(
    code="sins",
    name="Spinal Instability Neoplastic Score",
    version=VERSION,
    items=(LOCATION, PAIN, LESION, ALIGNMENT, COLLAPSE, POSTEROLATERAL),
    bands=(
        Band("stable", "stable", 0, 6, "stable", at(_TABLE, "SINS-B1", "abstract, categories")),
        Band(
            "potentially-unstable",
            "potentially unstable",
            7,
            12,
            "potentially unstable: surgical consultation",
            at(_TABLE, "SINS-B2", "abstract, categories"),
        ),
        Band(
            "unstable",
            "unstable",
            13,
            18,
            "unstable: surgical consultation",
            at(_TABLE, "SINS-B3", "abstract, categories"),
        ),
    ),
    worse="high",
    use=USE,
    misuse=MISUSE,
    performance=(
        Performance(
            "agreement between observers, kappa by item: location .790, pain .841, bone lesion .244, "
            "alignment .456, collapse .462, posterolateral .492",
            "total: ICC .846 (.773 to .911)",
            "30 cases",
            FOURNEY_2011,
        ),
        Performance(
            "agreement of one observer with himself, kappa by item: location .806, pain .859, bone "
            "lesion .528, alignment .614, collapse .590, posterolateral .662",
            "total: ICC .886 (.868 to .902)",
            "30 cases",
            FOURNEY_2011,
        ),
        Performance(
            "7 or more against the consensus of experts",
            "sensitivity 95.7 %, specificity 79.5 %; kappa .712 (.676 to .766)",
            "30 cases",
            FOURNEY_2011,
        ),
        Performance(
            "two categories, agreement between and within observers, and against consensus",
            "kappa .76, .80 and .85; no unstable case was rated stable",
            "33 radiation oncologists, 30 cases",
            FISHER_2014,
        ),
        Performance(
            "independent series, kappa by item .81/.58/.21/.45/.42/.29",
            "total: ICC .79; of 7 or more, 62.5 % were operated on",
            "30 patients",
            INDEPENDENT_SINS,
        ),
        Performance(
            "categories and fracture after radiotherapy",
            "predictive in 11 of 13 studies; collapse in 6 of 8, alignment in 2 of 8, location in "
            "none; for the bone lesion its abstract gives both 2 of 8 and half of 8",
            "21 studies, 2,118 patients",
            LEE_2021,
        ),
        Performance("one-year survival", "c-statistic 0.54", "202 patients", NESMS_COHORT),
        Performance(
            "11 or more, and a single 8 Gy: spinal adverse event",
            "predictive",
            "299 patients",
            LAM_2015,
        ),
        Performance(
            "distribution of categories",
            "23 % stable, 69 % potentially unstable, 7 % unstable",
            "81 patients",
            SCIELO_2020,
        ),
    ),
    references=(FISHER_2010, FOURNEY_2011, TADROS_2018),
)

JUNCTIONAL_LEVELS = ("C0", "C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1")
MOBILE_LEVELS = ("C3", "C4", "C5", "C6", "L2", "L3", "L4")
SEMIRIGID_LEVELS = tuple(f"T{n}" for n in range(3, 11))
RIGID_LEVELS = ("S2", "S3", "S4", "S5")
LOCATION_BY_LEVEL = (
    dict.fromkeys(JUNCTIONAL_LEVELS, "junctional")
    | dict.fromkeys(MOBILE_LEVELS, "mobile")
    | dict.fromkeys(SEMIRIGID_LEVELS, "semirigid")
    | dict.fromkeys(RIGID_LEVELS, "rigid")
)
