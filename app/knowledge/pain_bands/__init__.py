"""Names for the strength of pain, by published cut points, and classes for its fall."""

from fractions import Fraction

from app.engine.provenance import Citation
from app.knowledge.measure import Input, InputOption, Kind, Measure
from app.knowledge.pain_bands.calculation import AFTER, SCORE, pain_bands
from app.knowledge.pain_bands.table import (
    BAND_SETS,
    BANDS,
    INS_1,
    INS_1_SERIES,
    INS_1_UPPER,
    INS_3,
    INS_4,
    INS_6,
    MISUSE,
    POLICIES,
    USE,
    VERSION,
)
from app.knowledge.policy import Policy

_LINE = "A mark on a line of 100 mm is sent as a visual_analogue_scale."


def _pain(code: str, label: str, question: str, cite: Citation) -> Input:
    return Input(code, label, question, Kind.RANGE, cite, unit="{score}", high=Fraction(10), hint=_LINE)


def _millimetres(code: str, label: str, question: str) -> Input:
    return Input(code, label, question, Kind.RANGE, INS_4, unit="mm", high=Fraction(100))


_INPUTS = (
    _pain(SCORE[0], "Pain score", "How strong is the pain, from 0 to 10?", INS_1),
    _millimetres(SCORE[1], "Visual analogue scale", "Where is the mark on the line of 100 mm?"),
    Input(
        "band_set",
        "Band set",
        "By which published set is the pain named? Left out: cut points 4 and 8 as upper bounds.",
        Kind.CHOICE,
        INS_1,
        options=tuple(InputOption(entry.code, f"{entry.label}: {entry.printed}") for entry in BAND_SETS),
    ),
    _pain(AFTER[0], "Pain score after", "How strong is the pain after treatment, from 0 to 10?", INS_6),
    _millimetres(AFTER[1], "Visual analogue scale after", "Where is the mark after treatment?"),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="pain-bands",
        name="Pain intensity bands",
        version=VERSION,
        unit="{score}",
        inputs=_INPUTS,
        bands=BANDS,
        use=USE,
        misuse=MISUSE,
        references=(INS_1, INS_1_UPPER, INS_1_SERIES, INS_3, INS_6),
        policies=POLICIES,
        calculate=pain_bands,
        apart=((SCORE[:1], SCORE[1:]), (AFTER[:1], AFTER[1:])),
    )
