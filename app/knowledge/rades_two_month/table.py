"""The Rades table for death within two months: seven items, one cut, a high total being the worse one.

ECOG 0 and 1 are not in the table, and so have no option. Five or more scores carry the name of Rades: this
one is always given with its full name.
"""

from app.engine.question import Item, Option
from app.engine.score import Band, Performance, Score
from app.knowledge.prognosis_sources import PRO_0, PRO_R1, RADES_TWO_MONTH, SHARED_MISUSE
from app.knowledge.sources import at

CUT = 19


def _item(key: str, code: str, label: str, question: str, *options: tuple[str, str, int]) -> Item:
    cite = at(RADES_TWO_MONTH, key, f"table, {label.lower()}")
    return Item(
        code, label, question, tuple(Option(c, text, points, cite) for c, text, points in options), cite
    )


ECOG = _item(
    "RAD2-1",
    "ecog",
    "ECOG performance status",
    "What is the ECOG performance status (the table has nothing for 0 and 1)?",
    ("ecog-2", "2", 0),
    ("ecog-3-4", "3 or 4", 4),
)
PRIMARY = _item(
    "RAD2-2",
    "primary",
    "Primary tumour",
    "Which is the primary tumour?",
    ("breast-myeloma-lymphoma", "breast, myeloma or lymphoma", 1),
    ("prostate", "prostate", 2),
    ("lung-or-other", "lung or any other", 3),
)
OTHER_BONE = _item(
    "RAD2-3",
    "other_bone",
    "Other bone metastases",
    "Are there other bone metastases?",
    ("no", "no", 1),
    ("yes", "yes", 3),
)
VISCERAL = _item(
    "RAD2-4",
    "visceral",
    "Visceral metastases",
    "Are there visceral metastases?",
    ("no", "no", 1),
    ("yes", "yes", 4),
)
INTERVAL = _item(
    "RAD2-5",
    "interval",
    "Cancer diagnosis to cord compression",
    "How long is it from the cancer diagnosis to the cord compression?",
    ("over-15-months", "more than 15 months", 1),
    ("up-to-15-months", "15 months or less", 3),
)
AMBULATORY = _item(
    "RAD2-6",
    "ambulatory",
    "Able to walk",
    "Is the patient able to walk before treatment?",
    ("yes", "yes", 1),
    ("no", "no", 4),
)
ONSET = _item(
    "RAD2-7",
    "motor_onset",
    "Onset of the motor deficit",
    "Over how long did the motor deficit develop?",
    ("over-7-days", "more than 7 days", 1),
    ("up-to-7-days", "7 days or less", 4),
)

RADES_TWO_MONTH_SCORE = Score(
    code="rades-two-month",
    name="Score of Rades for death within two months in metastatic spinal cord compression",
    version="6 to 25, as printed by Medical Algorithms",
    items=(ECOG, PRIMARY, OTHER_BONE, VISCERAL, INTERVAL, AMBULATORY, ONSET),
    bands=(
        Band(
            "below-19",
            "group: below the cut",
            6,
            CUT - 1,
            "published group below the cut of 19; a group's figure, not this person's",
            at(RADES_TWO_MONTH, "RAD2-B1", "table, interpretation"),
        ),
        Band(
            "19-or-more",
            "group: 19 or more",
            CUT,
            25,
            "published group with a short survival; a group's figure, not this person's",
            at(RADES_TWO_MONTH, "RAD2-B2", "table, interpretation"),
        ),
    ),
    worse="high",
    use=(
        "Metastatic spinal cord compression: to show beside a decision on which side of the published cut.",
    ),
    misuse=(
        *SHARED_MISUSE,
        "Not for ECOG 0 or 1: the table has no points for them.",
        "Not with points of another score of Rades: five or more carry that name, on other scales.",
    ),
    performance=(
        Performance(
            "19 or more against death within two months",
            "sensitivity 81 %, specificity 84 %",
            "patients with metastatic spinal cord compression",
            RADES_TWO_MONTH,
        ),
    ),
    references=(RADES_TWO_MONTH, PRO_0, PRO_R1),
)
