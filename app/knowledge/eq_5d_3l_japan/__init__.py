"""EQ-5D-3L with the Japanese time trade-off value set."""

from fractions import Fraction

from app.knowledge.eq_5d_3l_japan.calculation import eq_5d_3l_japan
from app.knowledge.eq_5d_3l_japan.table import (
    DIMENSIONS,
    EQ_1,
    LABELS,
    LEVELS,
    MISUSE,
    NOT_5L,
    POLICIES,
    QUESTIONNAIRE,
    USE,
    VERSION,
)
from app.knowledge.measure import Input, InputOption, Kind, Measure
from app.knowledge.policy import Policy


def _dimension(code: str) -> Input:
    return Input(
        code,
        LABELS[code],
        f"Which level is answered for {LABELS[code].lower()}?",
        Kind.CODED,
        EQ_1,
        options=LEVELS,
        numeric=True,
        hint=NOT_5L,
    )


_INPUTS = (
    *(_dimension(code) for code in DIMENSIONS),
    Input(
        "state",
        "Health state",
        "In place of the five: the levels as five digits, in the order above.",
        Kind.TEXT,
        EQ_1,
        pattern="^[1-3]{5}$",
        high=Fraction(len(DIMENSIONS)),
        hint=NOT_5L,
    ),
    Input(
        "questionnaire_version",
        "Version of the questionnaire",
        "Which version was asked?",
        Kind.CHOICE,
        EQ_1,
        options=(InputOption(QUESTIONNAIRE, "three levels"),),
        hint=NOT_5L,
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="eq-5d-3l-japan",
        name="EQ-5D-3L, Japanese value set",
        version=VERSION,
        unit="1",
        inputs=_INPUTS,
        bands=(),
        use=USE,
        misuse=MISUSE,
        references=(EQ_1,),
        policies=POLICIES,
        calculate=eq_5d_3l_japan,
        apart=((DIMENSIONS, ("state",)),),
    )
