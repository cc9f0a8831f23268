"""What REST answers about a measure, as models for checks and for OpenAPI."""

from typing import Literal

from pydantic import Field

from app.api.models import Flag, Knowledge, PolicyChoice, Reference
from app.api.output import Output


class InputOptionDefinition(Output):
    """One code that an input takes."""

    option: str | int
    label: str


class MeasureInputDefinition(Output):
    """One input of a measure; ``fields`` are the inputs of one row."""

    input: str
    label: str
    question: str
    kind: Literal["coded", "choice", "number", "number-or-range", "whole-number", "text", "yes-no", "rows"]
    required: bool
    unit: str | None
    minimum: float | None
    maximum: float | None
    pattern: str | None
    options: list[InputOptionDefinition]
    fields: list["MeasureInputDefinition"]
    reference: Reference


class MeasureBandDefinition(Output):
    """One named stretch of a measure, as printed."""

    band: str
    label: str
    band_set: str | None
    minimum: float
    maximum: float
    minimum_included: bool
    maximum_included: bool
    reference: Reference


class LeftOutRule(Output):
    """One rule of the sources that is not put to work, and why."""

    rule: str
    what: str
    reason: str


class MeasureDefinition(Output):
    """Everything a clinician needs to judge a measure, and a program to use it."""

    score: str
    name: str
    version: str
    unit: str | None
    inputs: list[MeasureInputDefinition]
    bands: list[MeasureBandDefinition]
    use: list[str]
    misuse: list[str]
    left_out: list[LeftOutRule]
    policies: list[PolicyChoice]
    references: list[Reference]
    knowledge: Knowledge


class MeasureResult(Output):
    """What the answers leave possible; ``value`` is null unless one value is left."""

    score: str
    version: str
    unit: str | None
    settled: bool
    minimum: float | None
    maximum: float | None
    value: float | None
    bands: list[str]
    missing: list[str]
    would_settle: list[str]
    cautions: list[str]
    flags: list[Flag]
    references: list[Reference]
    knowledge: Knowledge


class Span(Output):
    """The lowest and the highest value still possible."""

    minimum: float
    maximum: float


class PainCriterion(Output):
    """A threshold of a published series, met or not."""

    id: str
    label: str
    status: Literal["met", "unmet", "unknown"]
    above: float


class PainAfter(Span):
    """The pain after treatment."""

    value: float | None
    bands: list[str]


class PainResponse(Span):
    """The fall in pain and the classes that it may be of."""

    value: float | None
    classes: list[Literal["excellent", "good", "no-improvement"]]
    settled: bool


class PainBandsResult(MeasureResult):
    """The bands of a pain score, by a named set."""

    band_set: str
    band_set_name: str
    criteria: list[PainCriterion]
    after: PainAfter | None
    response: PainResponse | None


class OpioidCounted(Output):
    """What one opioid adds; ``maximum`` is null without an upper limit."""

    opioid: list[str]
    route: list[str]
    status: Literal["counted", "range", "dose-unknown", "factor-unknown", "no-factor"]
    factors: list[float]
    minimum: float
    maximum: float | None


class MorphineEquivalentsResult(MeasureResult):
    """The total of one day; ``lower_bound`` says that it is a partial total."""

    computable: bool
    lower_bound: bool
    opioids: list[OpioidCounted]


class OdiAnswered(Span):
    """What the percentage could be, had every section been answered."""

    bands: list[str]


class OdiResult(MeasureResult):
    """The percentage by the published rule, which leaves out what is not answered."""

    not_answered: int | None
    if_all_answered: OdiAnswered | None


class EuroqolResult(MeasureResult):
    """The value of a health state, with the version and the value set that it is of."""

    questionnaire_version: Literal["3L"]
    value_set: Literal["Japan TTO"]
    state: str | None
    states: int


class LifeYearsClaimed(Output):
    """A value claimed elsewhere; one that is impossible is refused."""

    value: float
    bound: float | None
    possible: Literal["yes", "unknown"]


class LifeYearsResult(MeasureResult):
    """The area under the utility curve; ``bound`` is the most it can be."""

    from_months: float | None
    to_months: float | None
    bound: float | None
    claimed: LifeYearsClaimed | None


class GradeMapRow(Output):
    """The Karnofsky scores of one published table."""

    map: str
    label: str
    minimum: int
    maximum: int


class GradeUnion(Output):
    """The Karnofsky scores that any table allows."""

    minimum: int
    maximum: int
    rule: str
    basis: str


class PerformanceStatusResult(MeasureResult):
    """ECOG in every published table; ``bands`` are the options of the Karnofsky item of Tokuhashi."""

    maps: list[GradeMapRow]
    union: GradeUnion | None
    karnofsky: list[int]
    tokuhashi_points: list[int]


class ScaleScore(Output):
    """One scale as stated."""

    scale: str
    label: str
    items: int
    recorded: bool
    minimum: float | None
    maximum: float | None
    value: float | None


class QualityOfLifeScales(MeasureResult):
    """Four scales side by side; ``minimum``, ``maximum`` and ``value`` are null, since there is no total."""

    scaling: Literal["transformed-0-100", "unknown"]
    scales: list[ScaleScore] = Field(min_length=4, max_length=4)
    no_total: str


class ExternalPrognosisResult(MeasureResult):
    """A value of a model hosted elsewhere, as it is shown: null until all of it is stated."""

    shown: str | None


RESULTS: dict[str, type[MeasureResult]] = {
    "pain-bands": PainBandsResult,
    "morphine-equivalents": MorphineEquivalentsResult,
    "odi": OdiResult,
    "eq-5d-3l-japan": EuroqolResult,
    "quality-adjusted-life-years": LifeYearsResult,
    "performance-status": PerformanceStatusResult,
    "qlq-bm22": QualityOfLifeScales,
    "external-prognosis": ExternalPrognosisResult,
}
