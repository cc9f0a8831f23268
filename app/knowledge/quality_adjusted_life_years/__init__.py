"""Quality-adjusted life years from utilities over time, and a check of values claimed elsewhere."""

from fractions import Fraction

from app.knowledge.measure import Input, Kind, Measure
from app.knowledge.policy import Policy
from app.knowledge.quality_adjusted_life_years.calculation import (
    CLAIMED,
    CLAIMED_AT,
    quality_adjusted_life_years,
)
from app.knowledge.quality_adjusted_life_years.table import (
    INC_4,
    MISUSE,
    POLICIES,
    QALY_1,
    QALY_2,
    QALY_3,
    QALY_4,
    USE,
    VERSION,
)

# Technical limits: longer than any follow-up, more than any series of utilities.
_MOST_MONTHS = Fraction(1_500)
_MOST_POINTS = Fraction(500)

_FIELDS = (
    Input(
        "time_months",
        "Time",
        "How many months after the start?",
        Kind.NUMBER,
        QALY_1,
        unit="mo",
        high=_MOST_MONTHS,
        required=True,
    ),
    Input(
        "utility",
        "Utility",
        "What was the utility then? 1 is full health, 0 is dead.",
        Kind.RANGE,
        QALY_1,
        unit="1",
        low=Fraction(-1),
        high=Fraction(1),
    ),
)

_INPUTS = (
    Input(
        "utilities",
        "Utilities",
        "Which utilities were recorded, and when?",
        Kind.ROWS,
        QALY_1,
        low=Fraction(1),
        high=_MOST_POINTS,
        fields=_FIELDS,
    ),
    Input(
        "death_months",
        "Death",
        "How many months after the start did the patient die?",
        Kind.NUMBER,
        QALY_3,
        unit="mo",
        high=_MOST_MONTHS,
    ),
    Input(
        CLAIMED,
        "Value claimed",
        "Which value is printed or recorded elsewhere?",
        Kind.NUMBER,
        QALY_2,
        unit="a",
        low=-_MOST_MONTHS,
        high=_MOST_MONTHS,
    ),
    Input(
        CLAIMED_AT,
        "Time of the claim",
        "How many months does the value claimed cover?",
        Kind.NUMBER,
        QALY_2,
        unit="mo",
        high=_MOST_MONTHS,
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="quality-adjusted-life-years",
        name="Quality-adjusted life years",
        version=VERSION,
        unit="a",
        inputs=_INPUTS,
        bands=(),
        use=USE,
        misuse=MISUSE,
        references=(QALY_1, QALY_2, QALY_3, QALY_4, INC_4),
        policies=POLICIES,
        calculate=quality_adjusted_life_years,
        not_asked={"qlq_bm22": "A QLQ-BM22 score is no utility and is never multiplied in (QALY-4)."},
    )
