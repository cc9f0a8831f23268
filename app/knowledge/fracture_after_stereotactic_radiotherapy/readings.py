"""How a record answers the risk factors: collapse, alignment and lesion; dose and plan are stated."""

from collections.abc import Mapping
from fractions import Fraction

from app.engine.criteria import Given
from app.engine.reading import CodedReading, Interval, ItemReadings, QuantityReading, Segment
from app.knowledge.finding import INDETERMINATE
from app.knowledge.fracture_after_stereotactic_radiotherapy import rules
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.pathway import coded_answer
from app.knowledge.pathway_record import in_spine
from app.knowledge.patient import Case
from app.knowledge.sources import SAHGAL_2013, at, local_policy

_SAHGAL = at(SAHGAL_2013, "VCF", "title")
_NOT_SPINE = Applicability(
    applies=False, reason="These risk factors are of vertebrae with metastases.", cites=(_SAHGAL,)
)
_BONE_UNKNOWN = Applicability(
    None,
    "The bone is not recorded: these risk factors are of vertebrae.",
    (local_policy("LES-1", "A lesion without a site is not judged as settled"),),
)
_ZERO, _HALF, _WHOLE = Fraction(0), Fraction(50), Fraction(100)
_COLLAPSED = frozenset({"over-50", "under-50"})
_NOT_COLLAPSED = frozenset({"involved-over-50", "none"})
# Unlike SINS, these classes say where a collapse of exactly half belongs: to the upper one.
_COLLAPSE = ItemReadings(
    rules.COLLAPSE,
    {
        "vertebral-collapse": CodedReading(
            "vertebral-collapse",
            {
                "collapse-over-50": frozenset({"over-50"}),
                "collapse-under-50": frozenset({"under-50"}),
                "collapse-none-involved-over-50": frozenset({"involved-over-50"}),
                "collapse-none": frozenset({"none"}),
                "collapse-present": _COLLAPSED,
                INDETERMINATE: frozenset(rules.COLLAPSE.codes),
            },
        ),
        "vertebral-height-loss": QuantityReading(
            "vertebral-height-loss",
            (
                Segment(Interval(_ZERO, _ZERO), _NOT_COLLAPSED),
                Segment(Interval(_ZERO, _HALF, low_closed=False, high_closed=False), frozenset({"under-50"})),
                Segment(Interval(_HALF, _WHOLE), frozenset({"over-50"})),
            ),
        ),
        # Involvement says nothing of collapse.
        "vertebral-body-involvement": QuantityReading(
            "vertebral-body-involvement",
            (
                Segment(Interval(_ZERO, _HALF, high_closed=False), _COLLAPSED | {"none"}),
                Segment(Interval(_HALF, _HALF), _COLLAPSED | _NOT_COLLAPSED),
                Segment(Interval(_HALF, _WHOLE, low_closed=False), _COLLAPSED | {"involved-over-50"}),
            ),
        ),
    },
)


def applies(case: Case) -> Applicability:
    """Whether the risk factors are made for this lesion."""
    lies = in_spine(case.lesion.place)
    if lies is False or case.lesion.osteoporotic:
        return _NOT_SPINE
    return _BONE_UNKNOWN if lies is None else APPLIES


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; the dose and the plan are never taken from it."""
    return {
        "collapse": _COLLAPSE.answer({finding: case.facts(finding) for finding in _COLLAPSE.readings}),
        # A deformity that is old, or of unknown age, may have counted as either in the study.
        "alignment": coded_answer(
            rules.ALIGNMENT,
            case.facts("spinal-alignment"),
            {
                "alignment-subluxation": {"abnormal"},
                "alignment-deformity": {"abnormal"},
                "alignment-normal": {"normal"},
            },
        ),
        "lesion": coded_answer(
            rules.LESION,
            case.facts("bone-lesion-quality"),
            {
                "lesion-lytic": {"lytic"},
                "lesion-mixed": {"mixed-or-blastic"},
                "lesion-blastic": {"mixed-or-blastic"},
            },
        ),
    }
