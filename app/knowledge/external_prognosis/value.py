"""Values of models that are hosted elsewhere: taken as entered, shown as such, never computed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812  the field is named date
from decimal import Decimal
from types import MappingProxyType

EXTERNAL_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "sorg-ml": "SORG machine-learning model",
        "sorg-nomogram": "SORG nomogram",
        "pathfx": "PATHFx",
        "frax": "FRAX (not the fracture risk of a metastasis)",
    }
)
LONGEST_HORIZON = 120


@dataclass(frozen=True, slots=True)
class ExternalPrognosis:
    """One probability that a model elsewhere gave, entered by a person: it sets no score and no criterion.

    Args:
        model: a key of ``EXTERNAL_MODELS``.
        horizon_months: how far ahead the probability looks, 1 to 120 months.
        probability: 0 to 1, of the outcome as the model defines it.
        source: who entered it, or from where.
        date: the day on which the model gave it.

    Raises:
        ValueError: a part is not what it should be, with its name.
    """

    model: str
    horizon_months: int
    probability: Decimal
    source: str
    date: Date

    def __post_init__(self) -> None:
        if self.model not in EXTERNAL_MODELS:
            raise ValueError(f"model: one of {', '.join(EXTERNAL_MODELS)}")
        if type(self.horizon_months) is not int or not 1 <= self.horizon_months <= LONGEST_HORIZON:
            raise ValueError(f"horizon_months: a whole number from 1 to {LONGEST_HORIZON}")
        if not _is_number(self.probability):
            raise ValueError("probability: a decimal number")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability: from 0 to 1")
        if not self.source.strip():
            raise ValueError("source: who entered it, or from where")
        if type(self.date) is not Date:
            raise ValueError("date: a day without a time")

    @property
    def shown(self) -> str:
        """The value in one line, with the words that say that it was not computed here."""
        percent = f"{(self.probability * 100).normalize():f}"
        named = f"{EXTERNAL_MODELS[self.model]}: {percent} % at {self.horizon_months} months"
        return (
            f"{named}, by that model's own outcome; entered from elsewhere ({self.source.strip()}, "
            f"{self.date.isoformat()})"
        )

    def counts(self, as_of: Date) -> bool:
        """Whether its day is not after the moment asked about (TIME-2)."""
        return self.date <= as_of


def _is_number(value: object) -> bool:
    """Whether a value is a decimal that compares with others; a float would bring digits nobody entered."""
    return isinstance(value, Decimal) and value.is_finite()
