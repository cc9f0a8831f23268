"""How a record answers the items of the Rades score for death within two months."""

from collections.abc import Mapping

from app.engine.question import Answer
from app.knowledge.patient import Patient
from app.knowledge.prognosis_lesions import at_least, different_places, outside_the_spine
from app.knowledge.prognosis_performance import Step, Steps
from app.knowledge.prognosis_reading import by_primary, coded, visceral
from app.knowledge.rades_two_month.table import AMBULATORY, ECOG, OTHER_BONE, PRIMARY, VISCERAL

_PRIMARY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("breast", "myeloma", "lymphoma"), frozenset({"breast-myeloma-lymphoma"})),
    "prostate": frozenset({"prostate"}),
}
_ECOG = Steps(ECOG, "ecog", (Step("ecog-2", 2, 2), Step("ecog-3-4", 3, 4)))
_AMBULATORY = coded(AMBULATORY, "ambulatory", {"present": {"yes"}, "absent": {"no"}})
_VISCERAL = visceral(VISCERAL)
# A bone outside the spine is another bone; that there is none no record says.
_OTHER_BONE = (frozenset({"yes"}),)


def read(patient: Patient) -> Mapping[str, Answer]:
    """What a record says of five items; the interval and the onset are for a clinician to enter."""
    return {
        ECOG.code: _ECOG.answer(patient),
        PRIMARY.code: by_primary(PRIMARY, patient, _PRIMARY, otherwise="lung-or-other"),
        OTHER_BONE.code: at_least(OTHER_BONE, patient, _OTHER_BONE, outside_the_spine, different_places),
        VISCERAL.code: _VISCERAL.answer(patient.facts),
        AMBULATORY.code: _AMBULATORY.answer(patient.facts),
    }
