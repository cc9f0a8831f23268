"""The four scale scores side by side, and why they have no sum."""

from collections.abc import Iterator, Mapping

from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, Detail, MeasureResult, single
from app.knowledge.qlq_bm22.table import (
    BM_1,
    BM_3,
    BM_4,
    BM_4_SERIES,
    BM_5,
    BM_6,
    NO_TOTAL,
    SCALES,
    TRANSFORMED,
    Scale,
)


def qlq_bm22(answers: Answers) -> MeasureResult:
    """Every scale as stated; never a total."""
    transformed = answers.codes("scaling") == frozenset({TRANSFORMED})
    scales = [_scale(scale, answers) for scale in SCALES]
    missing = tuple(scale.code for scale in SCALES if scale.code not in answers.values)
    unsettled = [scale["scale"] for scale in scales if scale["value"] is None]
    unsettled += [] if transformed else ["scaling"]
    return MeasureResult(
        settled=not unsettled,
        missing=missing if "scaling" in answers.values else (*missing, "scaling"),
        would_settle=tuple(str(name) for name in unsettled) if len(unsettled) == 1 else (),
        cautions=tuple(_cautions()),
        flags=() if transformed else (_UNIT_UNKNOWN,),
        details={
            "scaling": TRANSFORMED if transformed else "unknown",
            "scales": tuple(scales),
            "no_total": NO_TOTAL,
        },
    )


def _scale(scale: Scale, answers: Answers) -> Mapping[str, Detail]:
    span = answers.span(scale.code)
    return {
        "scale": scale.code,
        "label": scale.label,
        "items": scale.items,
        "recorded": span is not None,
        "minimum": None if span is None else span.low,
        "maximum": None if span is None else span.high,
        "value": None if span is None else single(span),
    }


def _cautions() -> Iterator[Remark]:
    yield Remark("BM-3", NO_TOTAL, (BM_1, BM_3))
    yield Remark("BM-5", "The EORTC's permission is needed to use the module.", (BM_5,))
    yield Remark("BM-6", "The module was designed to be used with the QLQ-C30.", (BM_6,))


_UNIT_UNKNOWN = Remark(
    "BM-4",
    "How the scores were scaled is not known: do not compare them with scales of 0 to 100.",
    (BM_4, BM_4_SERIES),
)
