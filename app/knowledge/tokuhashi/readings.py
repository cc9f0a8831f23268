"""How a record answers the items of the revised Tokuhashi score."""

from collections.abc import Mapping

from app.engine.question import Answer
from app.knowledge.patient import Patient
from app.knowledge.prognosis_lesions import at_least, different_places, outside_the_spine, vertebral
from app.knowledge.prognosis_performance import Step, Steps
from app.knowledge.prognosis_reading import LUNG, by_primary, coded
from app.knowledge.tokuhashi.table import EXTRASPINAL, KARNOFSKY, ORGANS, PALSY, PRIMARY, VERTEBRAL

_POINTS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(sorted(LUNG), (0,)),
    **dict.fromkeys(("stomach", "bladder", "oesophagus", "pancreas"), (0,)),
    "liver": (1,),
    "unknown-primary": (1,),
    **dict.fromkeys(("colon", "lymphoma", "myeloma", "melanoma", "ovary"), (2,)),
    # An osteosarcoma has 0, any other sarcoma or tumour of bone 2.
    **dict.fromkeys(("sarcoma", "bone"), (0, 2)),
    "kidney": (3,),
    "rectum": (4,),
    **dict.fromkeys(("thyroid", "breast", "prostate"), (5,)),
}
PRIMARY_OPTIONS: Mapping[str, frozenset[str]] = {
    histology: frozenset(f"primary-{number}" for number in points) for histology, points in _POINTS.items()
}
_KARNOFSKY = Steps(
    KARNOFSKY,
    "karnofsky",
    (Step("kps-10-40", 10, 40), Step("kps-50-70", 50, 70), Step("kps-80-100", 80, 100)),
)
_ORGANS = coded(
    ORGANS,
    "visceral-metastases",
    {"visceral-none": {"none"}, "visceral-removable": {"removable"}, "visceral-unremovable": {"unremovable"}},
)
_PALSY = coded(
    PALSY,
    "frankel-grade",
    {
        "frankel-a": {"frankel-a-b"},
        "frankel-b": {"frankel-a-b"},
        "frankel-c": {"frankel-c-d"},
        "frankel-d": {"frankel-c-d"},
        "frankel-e": {"frankel-e"},
    },
)
# By the least number of lesions: one, two, three.
_MANY = frozenset({"three-or-more"})
_VERTEBRAL = (frozenset(VERTEBRAL.codes), _MANY | {"two"}, _MANY)
_EXTRASPINAL = (_MANY | {"one-or-two"}, _MANY | {"one-or-two"}, _MANY)


def read(patient: Patient) -> Mapping[str, Answer]:
    """What a record says of the six items."""
    return {
        KARNOFSKY.code: _KARNOFSKY.answer_or_from_ecog(patient),
        EXTRASPINAL.code: at_least(EXTRASPINAL, patient, _EXTRASPINAL, outside_the_spine, different_places),
        VERTEBRAL.code: at_least(VERTEBRAL, patient, _VERTEBRAL, vertebral, different_places),
        ORGANS.code: _ORGANS.answer(patient.facts),
        PRIMARY.code: by_primary(PRIMARY, patient, PRIMARY_OPTIONS),
        PALSY.code: _PALSY.answer(patient.facts),
    }
