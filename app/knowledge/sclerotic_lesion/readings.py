"""How a record answers the attenuation of a lesion: as a reader entered it, and whether it was treated."""

from collections.abc import Mapping

from app.engine.criteria import Given
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.pathway import NO, YES, all_yes, coded_answer, number_from
from app.knowledge.pathway_sources import ULANO_2016
from app.knowledge.patient import Case
from app.knowledge.sclerotic_lesion import rules
from app.knowledge.sources import at, local_policy

_NO_TUMOUR = Applicability(
    applies=False,
    reason="This is for lesions that may be metastases; recorded is an osteoporotic fracture.",
    cites=(at(ULANO_2016, "IMG-1", "abstract"),),
)
_BONE_UNKNOWN = Applicability(
    None,
    "The bone is not recorded.",
    (local_policy("LES-1", "A lesion without a site is not judged as settled"),),
)
_TREATED = ("prior-radiation", "earlier-ablation", "earlier-cement", "post-treatment-change")


def applies(case: Case) -> Applicability:
    """Whether what imaging says of a lesion is a question here."""
    if case.lesion.osteoporotic:
        return _NO_TUMOUR
    return _BONE_UNKNOWN if case.lesion.place.kind is None else APPLIES


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; that nothing was ever given, systemic treatment too, is for a clinician."""
    treated = [coded_answer(rules.UNTREATED, case.facts(one), {"present": {NO}}) for one in _TREATED]
    return {
        "sclerotic": coded_answer(
            rules.SCLEROTIC,
            case.facts("bone-lesion-quality"),
            {"lesion-blastic": {YES}, "lesion-lytic": {NO}},
        ),
        "untreated": all_yes(rules.UNTREATED, treated),
        "mean_attenuation": number_from(case.facts("lesion-attenuation")),
    }
