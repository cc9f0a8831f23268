"""ECOG grades beside Karnofsky scores: three published tables that do not agree, and their union."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.engine.provenance import Citation, DefinitionError
from app.engine.reading import Interval
from app.knowledge.measure import InputOption, MeasureBand, between
from app.knowledge.measure_sources import COMMON_MAP, MA_2010, PRASAD_2018, TOKUHASHI_2005
from app.knowledge.policy import LocalPolicy
from app.knowledge.sources import at, local_policy

VERSION = "three published tables"
GRADES = tuple(range(5))
SCORES = tuple(range(10, 101, 10))

PS_1 = local_policy(
    "PS-1", "No silent conversion of ECOG to Karnofsky; where needed, the union of the tables"
)
POLICIES = (
    LocalPolicy(
        "PS-1",
        "ECOG is never turned into Karnofsky silently; where a rule needs it, every score that any of the "
        "three published tables allows stays possible.",
        ("fixed",),
    ),
)


@dataclass(frozen=True, slots=True)
class GradeMap:
    """One published table.

    Args:
        spans: the lowest and highest Karnofsky score of each grade.
    """

    code: str
    label: str
    spans: Mapping[int, tuple[int, int]]
    cite: Citation


def _map(code: str, label: str, cite: Citation, *spans: tuple[int, int]) -> GradeMap:
    by_grade = MappingProxyType(dict(zip(GRADES, spans, strict=True)))
    return GradeMap(code, label, by_grade, at(cite, f"PS-{code}", "table"))


MAPS = (
    _map("common-table", "common table", COMMON_MAP, (90, 100), (70, 80), (50, 60), (30, 40), (10, 20)),
    _map("ma-2010", "Ma 2010", MA_2010, (100, 100), (80, 90), (60, 70), (40, 50), (10, 30)),
    _map("prasad-2018", "Prasad 2018", PRASAD_2018, (100, 100), (80, 90), (70, 70), (50, 60), (10, 40)),
)

TOK_1 = at(TOKUHASHI_2005, "TOK-1", "table, Karnofsky item")
# The options of the Karnofsky item of the revised Tokuhashi score, and their points.
BANDS = (
    MeasureBand("kps-10-40", "Karnofsky 10 to 40", between(10, 40), TOK_1),
    MeasureBand("kps-50-70", "Karnofsky 50 to 70", between(50, 70), TOK_1),
    MeasureBand("kps-80-100", "Karnofsky 80 to 100", between(80, 100), TOK_1),
)
POINTS = MappingProxyType({"kps-10-40": 0, "kps-50-70": 1, "kps-80-100": 2})

ECOG = tuple(InputOption(str(grade), f"grade {grade}") for grade in GRADES)
KARNOFSKY = tuple(InputOption(str(score), f"score {score}") for score in SCORES)

USE = (
    "To see which Karnofsky scores an ECOG grade may stand for, and why the tables differ.",
    "To know which options of the Karnofsky item of Tokuhashi stay possible.",
)
MISUSE = (
    "Not as a conversion: a Karnofsky score that a rule turns on is recorded by a clinician.",
    "Not with the result of one table alone.",
)


def karnofsky_of_ecog(grade: int) -> Interval:
    """Every Karnofsky score that any published table allows for an ECOG grade (PS-1, local policy).

    Args:
        grade: 0 to 4.

    Returns:
        Both ends included; only multiples of ten are Karnofsky scores.

    Raises:
        DefinitionError: the tables have no such grade.
    """
    if grade not in GRADES:
        raise DefinitionError("the tables hold ECOG grades 0 to 4")
    spans = [table.spans[grade] for table in MAPS]
    return between(min(low for low, _ in spans), max(high for _, high in spans))
