"""How a record answers the items of the modified Bauer score."""

from collections.abc import Mapping

from app.engine.question import Answer
from app.knowledge.modified_bauer.table import FAVOURABLE_PRIMARY, LUNG_CANCER, SOLITARY, VISCERAL
from app.knowledge.patient import Patient
from app.knowledge.prognosis_lesions import anywhere, at_least, separate_lesions
from app.knowledge.prognosis_reading import LUNG, by_primary, visceral

_YES, _NO = frozenset({"yes"}), frozenset({"no"})
_LUNG = dict.fromkeys(sorted(LUNG), _YES)
_FAVOURABLE = dict.fromkeys(("breast", "kidney", "lymphoma", "myeloma"), _YES)
_VISCERAL = visceral(VISCERAL)


def read(patient: Patient) -> Mapping[str, Answer]:
    """What a record says of the four items."""
    return {
        VISCERAL.code: _VISCERAL.answer(patient.facts),
        LUNG_CANCER.code: by_primary(LUNG_CANCER, patient, _LUNG, otherwise="no"),
        FAVOURABLE_PRIMARY.code: by_primary(FAVOURABLE_PRIMARY, patient, _FAVOURABLE, otherwise="no"),
        # One lesion on record may be the only one; two that are apart are not one.
        SOLITARY.code: at_least(SOLITARY, patient, (_YES | _NO, _NO), anywhere, separate_lesions),
    }
