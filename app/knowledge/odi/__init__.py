"""Oswestry Disability Index: the percentage and its category, from totals only."""

from fractions import Fraction

from app.knowledge.measure import Input, InputOption, Kind, Measure
from app.knowledge.odi.calculation import odi
from app.knowledge.odi.table import (
    BANDS,
    MISUSE,
    MOST_POINTS,
    ODI_1,
    ODI_2,
    ODI_3,
    ODI_4,
    POLICIES,
    SECTIONS,
    USE,
    VERSION,
)
from app.knowledge.policy import Policy

_POINTS = tuple(InputOption(str(points), f"{points} points") for points in range(MOST_POINTS + 1))
_SUM = ("sum", "answered")


def _section(number: int, code: str) -> Input:
    return Input(
        code,
        f"Section {number}",
        f"How many points has section {number}? Left out: not answered.",
        Kind.CODED,
        ODI_1,
        options=_POINTS,
        numeric=True,
    )


_INPUTS = (
    *(_section(number, code) for number, code in enumerate(SECTIONS, start=1)),
    Input(
        "sum",
        "Sum",
        "In place of the sections: what do those answered add up to?",
        Kind.WHOLE,
        ODI_1,
        unit="{score}",
        high=Fraction(MOST_POINTS * len(SECTIONS)),
    ),
    Input(
        "answered",
        "Sections answered",
        "Beside the sum: how many sections were answered?",
        Kind.WHOLE,
        ODI_1,
        low=Fraction(1),
        high=Fraction(len(SECTIONS)),
    ),
    Input(
        "percentage",
        "Percentage",
        "In place of the rest: the index as recorded elsewhere, from 0 to 100.",
        Kind.RANGE,
        ODI_1,
        unit="%",
        high=Fraction(100),
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="odi",
        name="Oswestry Disability Index",
        version=VERSION,
        unit="%",
        inputs=_INPUTS,
        bands=BANDS,
        use=USE,
        misuse=MISUSE,
        references=(ODI_1, ODI_2, ODI_3, ODI_4),
        policies=POLICIES,
        calculate=odi,
        apart=((SECTIONS, _SUM), (SECTIONS, ("percentage",)), (_SUM, ("percentage",))),
    )
