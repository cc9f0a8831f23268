"""The modified Bauer table: four items of one point, three bands, a high total being the better one.

The original score has a fifth item, on pathological fracture, and other bands; nothing of it stands here.
"""

from app.engine.question import Item, Option
from app.engine.score import Band, Score
from app.knowledge.prognosis_sources import MODIFIED_BAUER, PRO_0, PRO_R1, SHARED_MISUSE
from app.knowledge.sources import at


def _item(key: str, code: str, label: str, question: str, *, yes: int) -> Item:
    cite = at(MODIFIED_BAUER, key, f"table, {label.lower()}")
    options = (Option("yes", "yes", yes, cite), Option("no", "no", 1 - yes, cite))
    return Item(code, label, question, options, cite)


VISCERAL = _item("BAU-1", "visceral", "Visceral metastases", "Are there visceral metastases?", yes=0)
LUNG_CANCER = _item("BAU-2", "lung", "Lung cancer", "Is the primary tumour a lung cancer?", yes=0)
FAVOURABLE_PRIMARY = _item(
    "BAU-3",
    "favourable_primary",
    "Breast, kidney, lymphoma or myeloma",
    "Is the primary tumour one of breast, kidney, lymphoma or myeloma?",
    yes=1,
)
SOLITARY = _item(
    "BAU-4",
    "solitary",
    "Solitary skeletal metastasis",
    "Is there one skeletal metastasis only?",
    yes=1,
)


def _band(number: int, code: str, label: str, low: int, high: int, meaning: str) -> Band:
    return Band(code, label, low, high, meaning, at(MODIFIED_BAUER, f"BAU-B{number}", "table, totals"))


MODIFIED_BAUER_SCORE = Score(
    code="modified-bauer",
    name="Modified Bauer score",
    version="modified, four items",
    items=(VISCERAL, LUNG_CANCER, FAVOURABLE_PRIMARY, SOLITARY),
    bands=(
        _band(
            1,
            "supportive",
            "group: supportive care",
            0,
            1,
            "group for which the authors name supportive care",
        ),
        _band(
            2,
            "short-term",
            "group: short-term palliation",
            2,
            2,
            "group for which the authors name short-term palliation by a dorsal approach",
        ),
        _band(
            3,
            "middle-term",
            "group: middle-term control",
            3,
            4,
            "group for which the authors name middle-term control by a ventral and dorsal approach",
        ),
    ),
    worse="low",
    use=("Metastases of the spine: to show beside a decision which published group the answers belong to.",),
    misuse=(
        *SHARED_MISUSE,
        "Not with items or totals of the original score, which counts pathological fracture as a fifth item.",
        "Not as an order to operate or not to: surgeon and patient decide.",
    ),
    performance=(),
    references=(MODIFIED_BAUER, PRO_0, PRO_R1),
)
