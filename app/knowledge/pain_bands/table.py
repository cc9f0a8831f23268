"""Names for stretches of the pain scale from 0 to 10: one set by default, three others by name."""

from dataclasses import dataclass

from app.engine.provenance import Citation
from app.engine.reading import Interval
from app.knowledge.measure import MeasureBand, above, between, inside
from app.knowledge.measure_sources import CHOW_2016, CUT_POINT_REVIEW, MCDONALD_2016, PATIENTS_2006, WOO_2015
from app.knowledge.policy import LocalPolicy
from app.knowledge.sources import CHEN_2022, WODAJO_2022, XU_2021, at, local_policy

VERSION = "four published band sets"
SCALE = between(0, 10)

INS_1 = at(CHOW_2016, "INS-1", "abstract, cut points 4 and 8")
INS_1_UPPER = at(WOO_2015, "INS-1", "definition of a cut point")
INS_1_SERIES = at(XU_2021, "INS-1", "discussion, pain relief")
INS_3 = at(CHEN_2022, "INS-3", "inclusion criteria")
INS_4 = local_policy("INS-4", "A visual analogue scale of 0 to 100 mm is divided by ten")
INS_6 = at(WODAJO_2022, "INS-6", "entry on Tanigawa 2018")
ZERO = at(XU_2021, "INS-1-zero", "methods: 0 is no pain")
GAPS = local_policy("INS-2-gaps", "A number between two printed bands may belong to either")

POLICIES = (
    LocalPolicy(
        "INS-4",
        "A visual analogue scale in millimetres, 0 to 100, is divided by ten; anything outside is refused.",
        ("fixed",),
    ),
    LocalPolicy(
        "INS-2-gaps",
        "A number between two printed bands leaves both possible; 0 is no pain in every set.",
        ("fixed",),
    ),
)


@dataclass(frozen=True, slots=True)
class BandSet:
    """One published way to cut the pain scale.

    Args:
        printed: the bands as the publication prints them.
    """

    code: str
    label: str
    printed: str
    cite: Citation

    @property
    def name(self) -> str:
        """The set and its bands, as every answer names them."""
        return f"{self.label} ({self.printed})"


CUT_POINTS_4_8 = BandSet(
    "cut-points-4-8", "cut points 4 and 8 as upper bounds", "0, above 0 to 4, above 4 to 8, above 8", INS_1
)
MCDONALD = BandSet("mcdonald-2016", "McDonald 2016", "1-5, 6, 7-10", at(MCDONALD_2016, "INS-2", "abstract"))
PATIENTS = BandSet(
    "patients-2006",
    "patients' own categories, 2006",
    "4 or less, 5-7, 8 or more",
    at(PATIENTS_2006, "INS-2", "abstract"),
)
CUT_POINTS_4_6 = BandSet(
    "cut-points-4-6",
    "cut points 4 and 6 as upper bounds",
    "1-4, 5-6, 7-10",
    at(CUT_POINT_REVIEW, "INS-2", "cut points 4 and 6"),
)
BAND_SETS = (CUT_POINTS_4_8, MCDONALD, PATIENTS, CUT_POINTS_4_6)
DEFAULT_SET = CUT_POINTS_4_8.code


def _bands(used: BandSet, *named: tuple[str, Interval, Interval | None]) -> tuple[MeasureBand, ...]:
    none = MeasureBand("none", "no pain", between(0, 0), ZERO, band_set=used.code)
    rest = (MeasureBand(code, f"{code} pain", span, used.cite, gap, used.code) for code, span, gap in named)
    return (none, *rest)


# Printed bands, and beside them, where the print leaves gaps, the stretch that may belong to each.
BANDS = (
    *_bands(
        CUT_POINTS_4_8,
        ("mild", above(0, 4), None),
        ("moderate", above(4, 8), None),
        ("severe", above(8, 10), None),
    ),
    *_bands(
        MCDONALD,
        ("mild", between(1, 5), inside(0, 6)),
        ("moderate", between(6, 6), inside(5, 7)),
        ("severe", between(7, 10), above(6, 10)),
    ),
    *_bands(
        PATIENTS,
        ("mild", above(0, 4), inside(0, 5)),
        ("moderate", between(5, 7), inside(4, 8)),
        ("severe", between(8, 10), above(7, 10)),
    ),
    *_bands(
        CUT_POINTS_4_6,
        ("mild", above(0, 4), None),
        ("moderate", above(4, 6), None),
        ("severe", above(6, 10), None),
    ),
)

# The fall from before to after; a rise is a fall below 0.
RESPONSES = (
    MeasureBand("excellent", "fall of more than 5", above(5, 10), INS_6),
    MeasureBand("good", "fall of more than 2", above(2, 5), INS_6),
    MeasureBand("no-improvement", "fall of 2 or less", between(-10, 2), INS_6),
)
OVER_FOUR = above(4, 10)

USE = (
    "To name how strong a pain is, and by which published set of names.",
    "To class a fall in pain from before to after a treatment.",
)
MISUSE = (
    "Not for the kind of pain: whether pain is mechanical is never taken from its strength.",
    "Not without the name of the set: 5 is moderate in one set and mild in another.",
    "Not for response that counts analgesics: only the fall in pain is classed here.",
)
