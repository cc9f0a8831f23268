"""The van der Linden table: three items, three groups, a high total being the better one.

A Karnofsky status of 10 is not in the table, and so has no option.
"""

from app.engine.question import Item, Option
from app.engine.score import Band, Score
from app.knowledge.prognosis_sources import PRO_0, PRO_R1, SHARED_MISUSE, VAN_DER_LINDEN_SCORE
from app.knowledge.sources import at


def _item(key: str, code: str, label: str, question: str, *options: tuple[str, str, int]) -> Item:
    cite = at(VAN_DER_LINDEN_SCORE, key, f"table, {label.lower()}")
    return Item(
        code, label, question, tuple(Option(c, text, points, cite) for c, text, points in options), cite
    )


KARNOFSKY = _item(
    "VDL-1",
    "karnofsky",
    "Karnofsky performance status",
    "What is the Karnofsky performance status (the table has nothing for 10)?",
    ("kps-20-40", "20 to 40", 0),
    ("kps-50-70", "50 to 70", 1),
    ("kps-80-100", "80 to 100", 2),
)
PRIMARY = _item(
    "VDL-2",
    "primary",
    "Primary tumour",
    "Where is the primary tumour?",
    ("other", "any other", 0),
    ("lung", "lung", 1),
    ("prostate", "prostate", 2),
    ("breast", "breast", 3),
)
VISCERAL = _item(
    "VDL-3",
    "visceral",
    "Visceral metastases",
    "Are there visceral metastases?",
    ("yes", "yes", 0),
    ("no", "no", 1),
)


def _band(letter: str, low: int, high: int, months: int) -> Band:
    return Band(
        f"group-{letter.lower()}",
        f"published group {letter}",
        low,
        high,
        f"group with a median of {months} months, read off a figure; a group's figure, not this person's",
        at(VAN_DER_LINDEN_SCORE, f"VDL-{letter}", "table, groups; median read off a figure"),
    )


VAN_DER_LINDEN = Score(
    code="van-der-linden",
    name="Score of van der Linden and the Dutch Bone Metastasis Study Group",
    version="as printed by Medical Algorithms",
    items=(KARNOFSKY, PRIMARY, VISCERAL),
    bands=(_band("A", 0, 3, 3), _band("B", 4, 5, 9), _band("C", 6, 6, 19)),
    worse="low",
    use=("Metastases of the spine: to show beside a decision which published group the answers belong to.",),
    misuse=(
        *SHARED_MISUSE,
        "Not for a Karnofsky status of 10: the table has no points for it.",
        "Not with its medians as exact figures: they were read off a figure.",
    ),
    performance=(),
    references=(VAN_DER_LINDEN_SCORE, PRO_0, PRO_R1),
)
