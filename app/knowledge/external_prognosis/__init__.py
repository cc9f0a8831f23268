"""A probability that a closed model gave elsewhere: shown as entered, deciding nothing."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.knowledge.external_prognosis.value import EXTERNAL_MODELS, LONGEST_HORIZON, ExternalPrognosis
from app.knowledge.instrument import Remark
from app.knowledge.measure import (
    Answers,
    Input,
    InputOption,
    Kind,
    Measure,
    MeasureResult,
    Refusal,
    RefusedError,
)
from app.knowledge.policy import LocalPolicy, Policy
from app.knowledge.sources import local_policy

__all__ = ["EXTERNAL_MODELS", "LONGEST_HORIZON", "ExternalPrognosis", "measure"]

_TEXT = "Values of models that are hosted elsewhere are taken as entered and set no score and no criterion."
_POLICY = LocalPolicy("PRO-external", _TEXT, ("fixed",))
_PRO_EXTERNAL = local_policy("PRO-external", _TEXT)
_PRO_R1 = local_policy("PRO-R1", "A prognosis never sets the life-expectancy criterion")
_INPUTS = (
    Input(
        "model",
        "Model",
        "Which model gave the value?",
        Kind.CHOICE,
        _PRO_EXTERNAL,
        options=tuple(InputOption(code, label) for code, label in EXTERNAL_MODELS.items()),
    ),
    Input(
        "horizon_months",
        "Horizon",
        "How many months ahead does it look?",
        Kind.WHOLE,
        _PRO_EXTERNAL,
        unit="mo",
        low=Fraction(1),
        high=Fraction(LONGEST_HORIZON),
    ),
    Input(
        "probability",
        "Probability",
        "Which probability did it give, from 0 to 1?",
        Kind.NUMBER,
        _PRO_EXTERNAL,
        unit="1",
        high=Fraction(1),
    ),
    Input(
        "date",
        "Date",
        "On which day, as 2026-01-31?",
        Kind.TEXT,
        _PRO_EXTERNAL,
        low=Fraction(9),
        high=Fraction(10),
        pattern=r"\d{4}-\d{2}-\d{2}",
    ),
)


def measure(_policy: Policy) -> Measure:
    """The measure; no choice of a site changes it."""
    return Measure(
        code="external-prognosis",
        name="Prognosis by a model hosted elsewhere",
        version="1",
        unit="1",
        inputs=_INPUTS,
        bands=(),
        use=(
            "To show a value that a closed model gave elsewhere beside the scores, with its model and day.",
        ),
        misuse=(
            "Not computed here: the coefficients of these models are not public.",
            "Not for deciding: it sets no score, no criterion and no life expectancy.",
        ),
        references=(_PRO_EXTERNAL, _PRO_R1),
        policies=(_POLICY,),
        calculate=_shown,
    )


def _shown(answers: Answers) -> MeasureResult:
    missing = tuple(entry.code for entry in _INPUTS if entry.code not in answers.values)
    cautions = (
        Remark(
            "PRO-external",
            "Entered from elsewhere and not computed here; it decides nothing.",
            (_PRO_EXTERNAL,),
        ),
        Remark("PRO-R1", "It does not set the criterion of a life expectancy over three months.", (_PRO_R1,)),
    )
    if missing:
        return MeasureResult(missing=missing, cautions=cautions, details={"shown": None})
    entered = _entered(answers)
    value = Fraction(entered.probability)
    return MeasureResult(
        minimum=value,
        maximum=value,
        value=value,
        settled=True,
        cautions=cautions,
        details={"shown": entered.shown},
    )


def _entered(answers: Answers) -> ExternalPrognosis:
    codes, horizon, probability = (
        answers.codes("model"),
        answers.number("horizon_months"),
        answers.number("probability"),
    )
    text = answers.text("date")
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        raise RefusedError(Refusal(("date",), "date takes a day that exists, as 2026-01-31.")) from None
    return ExternalPrognosis(
        model=next(iter(codes or ())),
        horizon_months=int(horizon or 0),
        probability=Decimal((probability or Fraction(0)).numerator)
        / (probability or Fraction(1)).denominator,
        source="the caller",
        date=day,
    )
