"""The Oswestry Disability Index as totals: ten sections of 0 to 5, five categories of the percentage."""

from app.knowledge.measure import MeasureBand, above, between
from app.knowledge.measure_sources import OSWESTRY, OSWESTRY_LICENCE
from app.knowledge.policy import LocalPolicy
from app.knowledge.sources import at, local_policy

VERSION = "percentage of the sections answered"
SECTIONS = tuple(f"section_{number}" for number in range(1, 11))
MOST_POINTS = 5

ODI_1 = at(OSWESTRY, "ODI-1", "scoring: sum over five times the sections answered")
ODI_2 = at(OSWESTRY, "ODI-2", "categories")
ODI_3 = at(OSWESTRY, "ODI-3", "minimum detectable change")
ODI_4 = at(OSWESTRY_LICENCE, "ODI-4", "terms of use")
NOT_ANSWERED = local_policy("ODI-1-missing", "Settled only if the missing sections could not change it")

POLICIES = (
    LocalPolicy(
        "ODI-1-missing",
        "Sections not answered are left out of the percentage, as published; the category is settled only "
        "where no answer to them could change it.",
        ("fixed",),
    ),
)

BANDS = (
    MeasureBand("minimal", "minimal disability", between(0, 20), ODI_2),
    MeasureBand("moderate", "moderate disability", above(20, 40), ODI_2),
    MeasureBand("severe", "severe disability", above(40, 60), ODI_2),
    MeasureBand("crippled", "crippled", above(60, 80), ODI_2),
    MeasureBand("bed-bound", "bed-bound", above(80, 100), ODI_2),
)

USE = ("To express disability from back pain as a percentage, and to follow it over time.",)
MISUSE = (
    "Not for a change below about 10 points, which is within the error of the instrument.",
    "Not without a licence: this service holds totals, never the wording of a section.",
    "Not for the spine's stability or the spinal cord, which are judged apart.",
)
