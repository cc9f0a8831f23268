"""The four scales of the EORTC QLQ-BM22, which have no total."""

from dataclasses import dataclass

from app.knowledge.measure import InputOption
from app.knowledge.measure_sources import BM22_VALIDATION, EORTC
from app.knowledge.policy import LocalPolicy
from app.knowledge.sources import XU_2021, at, local_policy

VERSION = "22 items in 4 scales"

BM_1 = at(BM22_VALIDATION, "BM-1", "abstract, scales")
BM_1_SERIES = at(XU_2021, "BM-1", "methods")
BM_3 = local_policy("BM-3", "Four scales and no total")
BM_4 = local_policy("BM-4", "Scores of unknown unit are never mixed with scales of 0 to 100")
BM_4_SERIES = at(XU_2021, "BM-4", "results, a single QLQ-BM22 score")
BM_5 = at(EORTC, "BM-5", "terms of use")
BM_6 = local_policy("BM-6", "Used together with the QLQ-C30")

POLICIES = (
    LocalPolicy("BM-3", "No total of the four scales is ever given.", ("fixed",)),
    LocalPolicy(
        "BM-4",
        "Scores whose unit is not stated are shown as they are and never compared with scales of 0 to 100.",
        ("fixed",),
    ),
    LocalPolicy("BM-6", "The module belongs beside the QLQ-C30; it is not read alone.", ("fixed",)),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale of the module and the number of its items."""

    code: str
    label: str
    items: int


SCALES = (
    Scale("painful_sites", "Painful sites", 5),
    Scale("pain_characteristics", "Pain characteristics", 3),
    Scale("functional_interference", "Functional interference", 8),
    Scale("psychosocial_aspects", "Psychosocial aspects", 6),
)
TRANSFORMED = "transformed-0-100"
SCALINGS = (
    InputOption(TRANSFORMED, "transformed to 0-100 elsewhere, by the scoring manual"),
    InputOption("unknown", "not known how it was scored"),
)

NO_TOTAL = (
    "The module has four scales that measure different things, and no published total. A single score, as "
    "two series print it, has no known unit, so none is calculated or taken."
)
USE = ("To show the four scale scores of one questionnaire, transformed elsewhere, side by side.",)
MISUSE = (
    "Not as one number: there is no total.",
    "Not for raw answers: the transform is not part of this service.",
    "Not without the permission of the EORTC.",
    "Not alone: the module was designed with the QLQ-C30.",
    "Not as a utility, and never multiplied into quality-adjusted life years.",
)
