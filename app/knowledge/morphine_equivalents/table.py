"""Factors that turn a daily opioid dose into milligrams of oral morphine, by the CDC in 2022."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from app.knowledge.measure import InputOption
from app.knowledge.measure_sources import CDC_2022
from app.knowledge.sources import at

VERSION = "CDC 2022"

MME = at(CDC_2022, "MME", "table of factors")
MME_1 = at(CDC_2022, "MME-1", "calculation; fentanyl by the rate of the patch")
MME_2 = at(CDC_2022, "MME-2", "use of the factors")
MME_3 = at(CDC_2022, "MME-3", "drugs and routes without a factor")
MME_4 = at(CDC_2022, "MME-4", "table of factors, edition of 2022")
MME_5 = at(CDC_2022, "MME-5", "drugs taken as needed")

# Factors in thousandths hold no rounding: .15 is 3/20.
ORAL_FACTORS: Mapping[str, Fraction] = MappingProxyType(
    {
        "codeine": Fraction("0.15"),
        "hydrocodone": Fraction("1.0"),
        "hydromorphone": Fraction("5.0"),
        "methadone": Fraction("4.7"),
        "morphine": Fraction("1.0"),
        "oxycodone": Fraction("1.5"),
        "oxymorphone": Fraction("3.0"),
        "tapentadol": Fraction("0.4"),
        "tramadol": Fraction("0.2"),
    }
)
# For each microgram an hour of the patch, once a day.
FENTANYL_PATCH_FACTOR = Fraction("2.4")
# Drugs whose factor was another in older tables (MME-4).
CHANGED = MappingProxyType({"hydromorphone": "4", "tramadol": "0.1", "methadone": "4 to 12 by dose"})

OPIOIDS = (
    *(InputOption(code, code) for code in ORAL_FACTORS),
    InputOption("fentanyl", "fentanyl"),
    InputOption("buprenorphine", "buprenorphine: no factor"),
    InputOption("other", "another opioid: no factor"),
)
ROUTES = (
    InputOption("oral", "by mouth"),
    InputOption("transdermal", "patch"),
    InputOption("parenteral", "into a vein, a muscle or under the skin: no factor"),
    InputOption("neuraxial", "epidural or intrathecal: no factor"),
    InputOption("other", "another route: no factor"),
)

USE = ("To add up the opioids of one day on one scale, as a measure of exposure.",)
MISUSE = (
    "Never for changing from one opioid to another: the factors are not doses that replace each other.",
    "Not comparable with totals by older tables: hydromorphone 4, tramadol 0.1, methadone 4 to 12 by dose.",
    "Not for buprenorphine, nor for parenteral or neuraxial opioids: there is no factor for them.",
    "A patch counts once by its rate in micrograms an hour, not by 24 hours or by the number of changes.",
)


def factor(opioid: str, route: str) -> Fraction | None:
    """The factor of a drug by a route; None where there is none (MME-3)."""
    if (opioid, route) == ("fentanyl", "transdermal"):
        return FENTANYL_PATCH_FACTOR
    return ORAL_FACTORS.get(opioid) if route == "oral" else None
