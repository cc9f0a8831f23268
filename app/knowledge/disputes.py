"""Where the publications that a rule stands on disagree with each other or with themselves.

Disagreements between the figures of the sources are evidence and stand there; these are about the rules.
"""

from dataclasses import dataclass

from app.engine.provenance import Citation
from app.knowledge.ablation_sources import NICE_ABLATION_CONSULTATION
from app.knowledge.measure_sources import COMMON_MAP, MA_2010, PRASAD_2018
from app.knowledge.sources import (
    BILSKY_2010,
    CHEN_2022,
    LEE_2021,
    MIRELS_1989,
    TADROS_2018,
    XU_2021,
    at,
    local_policy,
)


@dataclass(frozen=True, slots=True)
class Dispute:
    """One disagreement about rules, and what this service does about it.

    Args:
        pages: the codes of the definitions that it concerns.
        text: who says what.
        handling: what this service does.
    """

    key: str
    pages: tuple[str, ...]
    text: str
    handling: str
    cites: tuple[Citation, ...]


DISPUTES: tuple[Dispute, ...] = (
    Dispute(
        "MIR-N1",
        ("mirels", "femur"),
        "The abstract of 1989 advises fixation from 8 on, the table in use from 9 on.",
        "8 is shown as borderline, with both thresholds.",
        (at(MIRELS_1989, "MIR-N1", "abstract against the table in use"),),
    ),
    Dispute(
        "SINS-LEE",
        ("sins",),
        "One review gives, for the bone lesion as a predictor of fracture after radiotherapy, two of eight "
        "studies in one sentence and half of eight in another.",
        "Both are shown with the performance of the score.",
        (at(LEE_2021, "SINS-LEE", "abstract"),),
    ),
    Dispute(
        "ESCC-3",
        ("noms",),
        "Whether grade 1c counts as low or as high is controversial.",
        "It reaches the rows of both, with a caution.",
        (at(BILSKY_2010, "ESCC-3", "grade 1c"), local_policy("NOMS-X5", "Grade 1c reaches both")),
    ),
    Dispute(
        "AUG-REL-1",
        ("augmentation",),
        "One series treated patients with platelets from 50 to below 100 only after recovery, the other "
        "admitted them.",
        "It is a relative reason, told with both series.",
        (at(XU_2021, "AUG-REL-1", "exclusion criteria"), at(CHEN_2022, "AUG-REL-1", "exclusion criteria")),
    ),
    Dispute(
        "AUG-FXAGE",
        ("augmentation",),
        "The deck reports benefit also for fractures older than a year; the myeloma group advises cement "
        "within four to eight weeks.",
        "The age of a fracture excludes nothing by itself; both are told.",
        (at(TADROS_2018, "AUG-FXAGE", "vertebral augmentation slides"),),
    ),
    Dispute(
        "ABL-6",
        ("ablation",),
        "A committee found the benefit that ablation adds to cement limited, and mainly for lytic lesions; "
        "the series report good relief with both together.",
        "The committee's view is told beside the options.",
        (at(NICE_ABLATION_CONSULTATION, "ABL-6", "committee's comments"),),
    ),
    Dispute(
        "PS-1",
        ("performance-status", "tokuhashi", "van-der-linden"),
        "Three published tables turn ECOG into Karnofsky differently.",
        "Nothing is converted silently; where a rule needs it, every score that any table allows stays "
        "possible.",
        (
            at(COMMON_MAP, "PS-1", "table"),
            at(MA_2010, "PS-1", "table"),
            at(PRASAD_2018, "PS-1", "table"),
        ),
    ),
)
