"""Quality-adjusted life years: what goes in, and what can never come out."""

from fractions import Fraction

from app.knowledge.measure import between
from app.knowledge.policy import LocalPolicy
from app.knowledge.sources import HAO_2023, at, local_policy

VERSION = "area under the utility curve"
MONTHS_A_YEAR = Fraction(12)
UTILITY = between(-1, 1)

QALY_1 = local_policy("QALY-1", "Area under the utility curve by the trapezoid rule, in years")
QALY_2 = local_policy("QALY-2", "Never more than the time covered, in years")
QALY_3 = local_policy("QALY-3", "Utility is 0 from the date of death")
QALY_4 = local_policy("QALY-4", "Never multiplied by the QLQ-BM22")
INC_4 = at(HAO_2023, "INC-4", "results, value at one month")

POLICIES = (
    LocalPolicy(
        "QALY-1",
        "The area under the utility curve by the trapezoid rule, in years; a utility not recorded may "
        "be anything from -1 to 1.",
        ("fixed",),
    ),
    LocalPolicy("QALY-2", "A value above the time that it covers is refused as impossible.", ("fixed",)),
    LocalPolicy("QALY-3", "Utility is 0 from the date of death; the curve reaches 0 there.", ("fixed",)),
    LocalPolicy("QALY-4", "A QLQ-BM22 score is no utility and is never multiplied in.", ("fixed",)),
)

USE = (
    "To add up utility over time, from two or more utilities of one person.",
    "To check whether a published or recorded value is possible at all.",
)
MISUSE = (
    "Not for a claim about survival: it mixes quality and length of life.",
    "Not with a QLQ-BM22 score in place of a utility, nor multiplied by one.",
    "Not for utilities of different value sets on one curve.",
)
