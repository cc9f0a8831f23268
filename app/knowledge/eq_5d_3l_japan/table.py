"""The Japanese time trade-off value set of the EQ-5D-3L: what each answer takes off full health."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from app.knowledge.measure import InputOption
from app.knowledge.measure_sources import EQ5D_PACKAGE
from app.knowledge.policy import LocalPolicy
from app.knowledge.sources import at, local_policy

VERSION = "3L, Japan, time trade-off"
QUESTIONNAIRE = "3L"
VALUE_SET = "Japan TTO"

EQ_1 = at(EQ5D_PACKAGE, "EQ-1", "data-raw/TTO.csv, column Japan")
INC_9 = local_policy("INC-9", "Values below 0 exist in this set and are kept")
POLICIES = (
    LocalPolicy(
        "INC-9", "Values below 0 exist in this value set and are kept, never cut off at 0.", ("fixed",)
    ),
)

FULL_HEALTH = Fraction(1)
# Taken off once where any answer is worse than 1.
ANY_PROBLEM = Fraction("0.152")


def _levels(second: str, third: str) -> Mapping[str, Fraction]:
    return MappingProxyType({"1": Fraction(0), "2": Fraction(second), "3": Fraction(third)})


DECREMENTS: Mapping[str, Mapping[str, Fraction]] = MappingProxyType(
    {
        "mobility": _levels("0.075", "0.418"),
        "self_care": _levels("0.054", "0.102"),
        "usual_activities": _levels("0.044", "0.133"),
        "pain_discomfort": _levels("0.080", "0.194"),
        "anxiety_depression": _levels("0.063", "0.112"),
    }
)
LABELS = MappingProxyType(
    {
        "mobility": "Mobility",
        "self_care": "Self-care",
        "usual_activities": "Usual activities",
        "pain_discomfort": "Pain or discomfort",
        "anxiety_depression": "Anxiety or depression",
    }
)
DIMENSIONS = tuple(DECREMENTS)
LEVELS = tuple(InputOption(code, f"level {code}") for code in ("1", "2", "3"))
NOT_5L = "An answer of the EQ-5D-5L, with levels up to 5, has value sets of its own and is not taken here."

USE = ("To turn the five answers of the EQ-5D-3L into one value, by the Japanese time trade-off set.",)
MISUSE = (
    "Not for the EQ-5D-5L or the EQ-5D-Y: their answers are not those of the EQ-5D-3L.",
    "Not comparable with values of another country's set.",
    "Not to be cut off at 0: the lowest value is -0.111.",
)


def utility(levels: Mapping[str, str]) -> Fraction:
    """The value of one health state, exactly; levels by dimension."""
    if all(level == "1" for level in levels.values()):
        return FULL_HEALTH
    taken = sum((DECREMENTS[name][level] for name, level in levels.items()), Fraction(0))
    return FULL_HEALTH - ANY_PROBLEM - taken
