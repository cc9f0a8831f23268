"""EORTC QLQ-BM22: four scale scores, transformed elsewhere, and no total."""

from fractions import Fraction

from app.knowledge.measure import Input, Kind, Measure
from app.knowledge.policy import Policy
from app.knowledge.qlq_bm22.calculation import qlq_bm22
from app.knowledge.qlq_bm22.table import (
    BM_1,
    BM_1_SERIES,
    BM_3,
    BM_4,
    BM_4_SERIES,
    BM_5,
    BM_6,
    MISUSE,
    NO_TOTAL,
    POLICIES,
    SCALES,
    SCALINGS,
    USE,
    VERSION,
    Scale,
)


def _scale(scale: Scale) -> Input:
    return Input(
        scale.code,
        scale.label,
        f"What is the score of {scale.label.lower()} ({scale.items} items), transformed to 0-100?",
        Kind.RANGE,
        BM_1,
        unit="{score}",
        high=Fraction(100),
    )


_INPUTS = (
    *(_scale(scale) for scale in SCALES),
    Input(
        "scaling",
        "Scaling",
        "How were the scores scaled?",
        Kind.CHOICE,
        BM_4,
        options=SCALINGS,
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="qlq-bm22",
        name="EORTC QLQ-BM22",
        version=VERSION,
        unit="",
        inputs=_INPUTS,
        bands=(),
        use=USE,
        misuse=MISUSE,
        references=(BM_1, BM_1_SERIES, BM_3, BM_4, BM_4_SERIES, BM_5, BM_6),
        policies=POLICIES,
        calculate=qlq_bm22,
        not_asked={"total": NO_TOTAL},
    )
