"""Morphine milligram equivalents of the opioids of one day, by the factors of the CDC of 2022."""

from fractions import Fraction

from app.knowledge.measure import Input, Kind, Measure
from app.knowledge.morphine_equivalents.calculation import ACTUAL, DOSE, RATE, morphine_equivalents
from app.knowledge.morphine_equivalents.table import (
    MISUSE,
    MME,
    MME_1,
    MME_2,
    MME_3,
    MME_4,
    MME_5,
    OPIOIDS,
    ROUTES,
    USE,
    VERSION,
)
from app.knowledge.policy import Policy

# Technical limits: beyond any dose or list of drugs that a person can have.
_MOST_MILLIGRAMS = Fraction(100_000)
_MOST_DRUGS = Fraction(50)

_FIELDS = (
    Input("opioid", "Opioid", "Which opioid?", Kind.CODED, MME, options=OPIOIDS),
    Input("route", "Route", "By which route?", Kind.CODED, MME_3, options=ROUTES),
    Input(
        DOSE,
        "Daily dose",
        "How many milligrams a day? Of a drug as needed: the maximum a day.",
        Kind.RANGE,
        MME_1,
        unit="mg/d",
        high=_MOST_MILLIGRAMS,
    ),
    Input(
        RATE,
        "Rate of the patch",
        "How many micrograms an hour? In place of the daily dose.",
        Kind.RANGE,
        MME_1,
        unit="ug/h",
        high=_MOST_MILLIGRAMS,
    ),
    Input(
        "as_needed",
        "As needed",
        "Is it taken as needed? Left out: regularly, in the dose stated.",
        Kind.YES_NO,
        MME_5,
    ),
    Input(
        ACTUAL,
        "Actual intake",
        "Of a drug as needed: how many milligrams a day are really taken?",
        Kind.RANGE,
        MME_5,
        unit="mg/d",
        high=_MOST_MILLIGRAMS,
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="morphine-equivalents",
        name="Morphine milligram equivalents a day",
        version=VERSION,
        unit="mg/d",
        inputs=(
            Input(
                "opioids",
                "Opioids",
                "Which opioids does the patient take? One entry each.",
                Kind.ROWS,
                MME_1,
                low=Fraction(1),
                high=_MOST_DRUGS,
                fields=_FIELDS,
                hint="An empty list is no statement that none is taken.",
            ),
        ),
        bands=(),
        use=USE,
        misuse=MISUSE,
        references=(MME, MME_1, MME_2, MME_3, MME_4, MME_5),
        policies=(),
        calculate=morphine_equivalents,
    )
