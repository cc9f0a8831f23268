"""The revised Tokuhashi table of 2005: six items, three bands, a high total being the better one.

The version of 1990 has other primaries and ends at 12; nothing of it stands here. Some reprints give
the vertebral item as three or more, one or two, none, and one turns the signs of the bands round: neither
is followed.
"""

from app.engine.question import Item, Option
from app.engine.score import Band, Score
from app.knowledge.measure_sources import TOKUHASHI_2005
from app.knowledge.prognosis_sources import PRO_0, PRO_R1, SHARED_MISUSE, survival_at_one_year
from app.knowledge.sources import at


def _item(key: str, code: str, label: str, question: str, *options: tuple[str, str, int]) -> Item:
    cite = at(TOKUHASHI_2005, key, f"table, {label.lower()}")
    return Item(
        code, label, question, tuple(Option(c, text, points, cite) for c, text, points in options), cite
    )


KARNOFSKY = _item(
    "TOK-1",
    "karnofsky",
    "Karnofsky performance status",
    "What is the Karnofsky performance status?",
    ("kps-10-40", "10 to 40", 0),
    ("kps-50-70", "50 to 70", 1),
    ("kps-80-100", "80 to 100", 2),
)
EXTRASPINAL = _item(
    "TOK-2",
    "extraspinal",
    "Bone metastases outside the spine",
    "How many bone metastases are there outside the spine?",
    ("three-or-more", "three or more", 0),
    ("one-or-two", "one or two", 1),
    ("none", "none", 2),
)
VERTEBRAL = _item(
    "TOK-3",
    "vertebral",
    "Vertebral metastases",
    "How many vertebrae hold a metastasis?",
    ("three-or-more", "three or more", 0),
    ("two", "two", 1),
    ("one", "one", 2),
)
ORGANS = _item(
    "TOK-4",
    "organs",
    "Metastases to major organs",
    "Are there metastases to major organs, and can they be removed?",
    ("unremovable", "present, not removable", 0),
    ("removable", "present, removable", 1),
    ("none", "none", 2),
)
PRIMARY = _item(
    "TOK-5",
    "primary",
    "Primary tumour",
    "Where is the primary tumour?",
    ("primary-0", "lung, osteosarcoma, stomach, bladder, oesophagus or pancreas", 0),
    ("primary-1", "liver, gallbladder or not identified", 1),
    ("primary-2", "any other, colon, lymphoma and myeloma among them", 2),
    ("primary-3", "kidney or uterus", 3),
    ("primary-4", "rectum", 4),
    ("primary-5", "thyroid, breast, prostate or carcinoid", 5),
)
PALSY = _item(
    "TOK-6",
    "palsy",
    "Palsy",
    "What is the Frankel grade?",
    ("frankel-a-b", "Frankel A or B", 0),
    ("frankel-c-d", "Frankel C or D", 1),
    ("frankel-e", "Frankel E", 2),
)


def _band(number: int, code: str, label: str, low: int, high: int, span: str) -> Band:
    return Band(
        code,
        f"group: {label}",
        low,
        high,
        f"published group with a survival of {span}; a group's figure, not this person's",
        at(TOKUHASHI_2005, f"TOK-B{number}", "table, totals"),
    )


TOKUHASHI = Score(
    code="tokuhashi",
    name="Revised Tokuhashi score",
    version="2005",
    items=(KARNOFSKY, EXTRASPINAL, VERTEBRAL, ORGANS, PRIMARY, PALSY),
    bands=(
        _band(1, "under-6-months", "under 6 months", 0, 8, "under 6 months"),
        _band(2, "6-months-or-more", "6 months or more", 9, 11, "6 months or more"),
        _band(3, "12-months-or-more", "12 months or more", 12, 15, "12 months or more"),
    ),
    worse="low",
    use=("Metastases of the spine: to show beside a decision which published group the answers belong to.",),
    misuse=(
        *SHARED_MISUSE,
        "Not with items or totals of the version of 1990, which ends at 12 and groups other primaries.",
        "Not from a reprint that counts vertebrae as three or more, one or two, none.",
    ),
    performance=(survival_at_one_year("0.67"),),
    references=(TOKUHASHI_2005, PRO_0, PRO_R1),
)
