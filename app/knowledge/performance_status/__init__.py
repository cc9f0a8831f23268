"""ECOG and Karnofsky: what one may mean for the other, without ever converting silently."""

from app.knowledge.measure import Input, Kind, Measure
from app.knowledge.performance_status.calculation import performance_status
from app.knowledge.performance_status.table import (
    BANDS,
    ECOG,
    KARNOFSKY,
    MAPS,
    MISUSE,
    POLICIES,
    PS_1,
    TOK_1,
    USE,
    VERSION,
    karnofsky_of_ecog,
)
from app.knowledge.policy import Policy

__all__ = ["karnofsky_of_ecog", "measure"]

_INPUTS = (
    Input(
        "ecog",
        "ECOG performance status",
        "Which ECOG grade is recorded?",
        Kind.CODED,
        PS_1,
        options=ECOG,
        numeric=True,
        hint="Grade 5 is death and stands in none of the tables.",
    ),
    Input(
        "karnofsky",
        "Karnofsky performance status",
        "Which Karnofsky score is recorded?",
        Kind.CODED,
        TOK_1,
        options=KARNOFSKY,
        numeric=True,
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="performance-status",
        name="ECOG and Karnofsky performance status",
        version=VERSION,
        unit="{score}",
        inputs=_INPUTS,
        bands=BANDS,
        use=USE,
        misuse=MISUSE,
        references=(*(table.cite for table in MAPS), PS_1, TOK_1),
        policies=POLICIES,
        calculate=performance_status,
    )
