"""The table of the New England Spinal Metastasis Score, from a secondary source: a sum that stops at 3."""

from app.engine.question import Item, Option
from app.engine.score import Band, Performance, Score
from app.knowledge.prognosis_sources import (
    NESMS_SUMMARY,
    PRO_0,
    PRO_R1,
    SCHOENFELD_2020,
    SHARED_MISUSE,
    survival_at_one_year,
)
from app.knowledge.sources import NESMS_COHORT, at

CEILING = 3


def _item(key: str, code: str, label: str, question: str, *options: tuple[str, str, int]) -> Item:
    cite = at(NESMS_SUMMARY, key, f"abstract, {label.lower()}")
    return Item(
        code, label, question, tuple(Option(c, text, points, cite) for c, text, points in options), cite
    )


BAUER = _item(
    "NESMS-1",
    "modified_bauer",
    "Modified Bauer score",
    "Is the modified Bauer score high (3 or 4) or low (0 to 2)?",
    ("low", "low: 0 to 2", 0),
    ("high", "high: 3 or 4", 2),
)
AMBULATION = _item(
    "NESMS-2",
    "ambulation",
    "Walking",
    "Does the clinician judge independent walking as intact or impaired?",
    ("intact", "intact", 1),
    ("impaired", "impaired", 0),
)
ALBUMIN = _item(
    "NESMS-3",
    "albumin",
    "Albumin",
    "Does the clinician judge serum albumin as normal or low?",
    ("normal", "normal", 1),
    ("low", "low", 0),
)

NESMS = Score(
    code="nesms",
    name="New England Spinal Metastasis Score",
    version="0 to 3, as summarised in a secondary source",
    items=(BAUER, AMBULATION, ALBUMIN),
    bands=tuple(
        Band(
            f"nesms-{total}",
            f"group: NESMS {total}",
            total,
            total,
            f"published group with a total of {total} of 3, 0 being the worst",
            at(NESMS_SUMMARY, f"NESMS-B{total}", "abstract, totals"),
        )
        for total in range(CEILING + 1)
    ),
    worse="low",
    use=("Metastases of the spine: to show beside a decision which published group the answers belong to.",),
    misuse=(
        *SHARED_MISUSE,
        "Not with a cut-off for albumin or walking that this service supplies: neither was verified.",
    ),
    performance=(
        survival_at_one_year("0.79"),
        Performance(
            "death within one year, odds against a total of 3",
            "total 2: odds ratio 7.04 (2.47 to 20.08); total 1: 31.30 (8.82 to 111.04)",
            "180 patients, prospective",
            SCHOENFELD_2020,
        ),
    ),
    references=(NESMS_SUMMARY, SCHOENFELD_2020, NESMS_COHORT, PRO_0, PRO_R1),
    ceiling=CEILING,
)
