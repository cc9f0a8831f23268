"""How a record answers radiotherapy: what it states, and nothing inferred from it."""

from collections.abc import Mapping

from app.engine.criteria import Given
from app.engine.question import Answer
from app.knowledge import pathway_record
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.pathway import NO, YES, coded_answer, present
from app.knowledge.patient import Case
from app.knowledge.radiotherapy import rules
from app.knowledge.sources import ASTRO_2024, at, local_policy

_NO_TUMOUR = Applicability(
    applies=False,
    reason="This is for bone metastases; recorded is an osteoporotic fracture.",
    cites=(at(ASTRO_2024, "RT-1", "recommendation on pain"),),
)
_BONE_UNKNOWN = Applicability(
    None,
    "The bone is not recorded: schedules differ between the spine and other bones.",
    (local_policy("LES-1", "A lesion without a site is not judged as settled"),),
)
_EITHER = frozenset({YES, NO})


def applies(case: Case) -> Applicability:
    """Whether radiotherapy is a question for this lesion."""
    if case.lesion.osteoporotic:
        return _NO_TUMOUR
    return _BONE_UNKNOWN if case.lesion.place.kind is None else APPLIES


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; surgery and how good the performance status is are for a clinician."""
    return {
        "region": pathway_record.region(rules.REGION, case),
        "painful": pathway_record.painful(rules.PAINFUL, case),
        "cord_compression": _compression(case),
        "neurologic_signs": pathway_record.neurologic_signs(rules.SIGNS, case),
        "earlier_radiotherapy": present(rules.EARLIER, case.facts("prior-radiation")),
        # Three months are more than four weeks; less than three months may be either.
        "life_expectancy_4_weeks_or_more": coded_answer(
            rules.WEEKS, case.facts("life-expectancy-over-3-months"), {"present": {YES}}
        ),
    }


def _compression(case: Case) -> Answer:
    """By the grade at this lesion, and by the diagnosis, which belongs to it only where no other may."""
    item = rules.COMPRESSION
    # A grade below 2 says nothing of the cauda equina.
    graded = coded_answer(
        item,
        case.facts("escc-grade"),
        {"escc-2": {YES}, "escc-3": {YES}},
    )
    others = any(
        lesion.id != case.lesion.id and pathway_record.in_spine(lesion.place) is not False
        for lesion in case.patient.lesions
    )
    diagnosed = coded_answer(
        item,
        case.facts("spinal-cord-compression"),
        {"present": _EITHER if others else {YES}, "absent": {NO}},
    )
    return pathway_record.agreed(item, (graded, diagnosed))
