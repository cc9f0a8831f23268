"""How a record answers the items of the van der Linden score."""

from collections.abc import Mapping

from app.engine.question import Answer
from app.knowledge.patient import Patient
from app.knowledge.prognosis_performance import Step, Steps
from app.knowledge.prognosis_reading import LUNG, by_primary, visceral
from app.knowledge.van_der_linden.table import KARNOFSKY, PRIMARY, VISCERAL

_PRIMARY: Mapping[str, frozenset[str]] = {
    "breast": frozenset({"breast"}),
    "prostate": frozenset({"prostate"}),
    **dict.fromkeys(sorted(LUNG), frozenset({"lung"})),
}
_KARNOFSKY = Steps(
    KARNOFSKY,
    "karnofsky",
    (Step("kps-20-40", 20, 40), Step("kps-50-70", 50, 70), Step("kps-80-100", 80, 100)),
)
_VISCERAL = visceral(VISCERAL)


def read(patient: Patient) -> Mapping[str, Answer]:
    """What a record says of the three items."""
    return {
        KARNOFSKY.code: _KARNOFSKY.answer_or_from_ecog(patient),
        PRIMARY.code: by_primary(PRIMARY, patient, _PRIMARY, otherwise="other"),
        VISCERAL.code: _VISCERAL.answer(patient.facts),
    }
