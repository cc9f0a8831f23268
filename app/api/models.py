"""The wire of REST as models, the inputs generated from the knowledge, for checks and for OpenAPI."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.api.output import Output
from app.document.enumerations import MEANINGS
from app.engine.score import Score
from app.errors import Layer
from app.knowledge.anatomy import LEVELS

_INPUT = ConfigDict(extra="forbid", str_strip_whitespace=False)


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]


class Reference(Output):
    """A source in the literature; ``tag`` says how well it was verified."""

    key: str
    title: str
    place: str
    tag: Literal["S", "V", "V2", "K", "D"]
    url: Uri | None = None


class RecordSource(Output):
    """A source in the record."""

    reference: str
    effective: str | None
    age: Literal["fresh", "ageing", "stale", "undated", "future"]
    provisional: bool


class ItemAnswer(Output):
    """The options of one item that are still possible."""

    item: str
    possible: list[str]
    points: list[int]
    recorded: bool
    conflicting: bool
    sources: list[RecordSource]


class Flag(Output):
    """Something beside the score that changes what it means."""

    id: str
    text: str
    references: list[Reference]


class ScoreResult(Output):
    """One score on one lesion: every total and band still possible."""

    score: str
    applicable: bool
    reason: str | None = None
    totals: list[int]
    minimum: int | None
    maximum: int | None
    total: int | None
    bands: list[str]
    settled: bool
    items: list[ItemAnswer]
    missing: list[str]
    would_settle: list[str]
    advice: str | None
    urgency: Literal["emergency", "same-day", "urgent", "routine"]
    cautions: list[str]
    flags: list[Flag]
    references: list[Reference]


Effect = Literal[
    "indication",
    "absolute",
    "defer",
    "relative",
    "study",
    "context",
    "favours",
    "against",
    "option",
    "risk-factor",
]


class NumberRange(Output):
    """A stretch in which a number may lie; null is unbounded."""

    low: float | None
    low_included: bool
    high: float | None
    high_included: bool


class PathwayInput(Output):
    """What is known of one input: the options still possible, or the stretches a number may lie in."""

    input: str
    possible: list[str]
    ranges: list[NumberRange]
    recorded: bool
    conflicting: bool
    sources: list[RecordSource]


class PathwayEntry(Output):
    """One pathway in short."""

    pathway: str
    name: str
    version: str
    definition: str


class Decision(Output):
    """One decision that a table leaves possible, with the rows that lead to it."""

    treatment: str
    label: str
    rows: list[str]


class CriterionResult(Output):
    """One criterion: whether it is met, and by which entries of the record."""

    id: str
    status: Literal["met", "unmet", "unknown"]
    effect: Effect
    technique: str | None
    text: str
    sources: list[RecordSource]


class PathwayResult(Output):
    """One pathway on one lesion: every row, treatment and criterion still possible.

    ``rows``, ``treatments`` and ``decisions`` are those of a decision table, ``criteria`` those of a list of
    criteria; ``suitability`` is null where a pathway makes no such statement.
    """

    pathway: str
    applicable: bool
    reason: str | None = None
    rows: list[str]
    treatments: list[str]
    decisions: list[Decision]
    criteria: list[CriterionResult]
    suitability: Literal["contraindicated", "defer", "undetermined", "caution", "eligible"] | None
    settled: bool
    inputs: list[PathwayInput]
    missing: list[str]
    would_settle: list[str]
    cautions: list[str]
    references: list[Reference]


class Knowledge(Output):
    """Which knowledge an answer stands on."""

    version: str
    digest: str


class CalculatedScore(ScoreResult):
    """One score from answers that the caller stated."""

    knowledge: Knowledge


class JudgedPathway(PathwayResult):
    """One pathway from inputs that the caller stated."""

    knowledge: Knowledge


class Gap(Output):
    """Something that could not be looked at, or is not recorded."""

    need: str
    reason: str


class FindingView(Output):
    """One finding as the record holds it."""

    finding: str
    possible: list[str]
    conflicting: bool
    stale: bool
    sources: list[RecordSource]


class LesionAssessment(Output):
    """Everything said of one lesion."""

    id: str
    site: str | None
    level: str | None
    possible_levels: list[str]
    laterality: Literal["left", "right", "bilateral"] | None
    label: str
    conditions: list[str]
    scores: list[ScoreResult]
    pathways: list[PathwayResult]
    findings: list[FindingView]


class Alert(Output):
    """Something that a person should look at by a certain time."""

    id: str
    lesion: str | None
    urgency: Literal["emergency", "same-day", "urgent", "routine"]
    text: str
    references: list[Reference]


class Assessment(Output):
    """The whole assessment of one patient."""

    as_of: Moment
    patient: str | None
    knowledge: Knowledge
    complete: bool
    completeness: dict[str, Literal["complete", "none-found", "partial", "unavailable"]]
    gaps: list[Gap]
    lesions: list[LesionAssessment]
    scores: list[ScoreResult]
    pathways: list[PathwayResult]
    findings: list[FindingView]
    alerts: list[Alert]
    decision_id: Uuid


class CatalogueEntry(Output):
    """One score in short; a measure has no total, and so no range."""

    score: str
    name: str
    version: str
    kind: Literal["lesion-score", "patient-score", "measure"]
    minimum: int | None
    maximum: int | None
    definition: str


class Catalogue(Output):
    """Every score in short."""

    knowledge: Knowledge
    scores: list[CatalogueEntry]


class OptionDefinition(Output):
    """One option of an item."""

    option: str
    label: str
    points: int


class ItemDefinition(Output):
    """One item of a score."""

    item: str
    label: str
    question: str
    options: list[OptionDefinition]
    reference: Reference


class BandDefinition(Output):
    """One category of totals."""

    band: str
    label: str
    minimum: int
    maximum: int
    meaning: str
    reference: Reference


class Performance(Output):
    """One published measurement of a score."""

    measure: str
    value: str
    population: str
    reference: Reference


class PolicyChoice(Output):
    """One local policy: what no publication settles, with the choice in force."""

    id: str
    text: str
    tag: Literal["D"]
    choice: str
    choices: list[str]
    adjustable: bool


class Policies(Output):
    """Every local policy, with the choice in force."""

    policies: list[PolicyChoice]
    knowledge: Knowledge


class ScoreDefinition(Output):
    """Everything a clinician needs to judge a score, and a program to use it."""

    score: str
    name: str
    version: str
    minimum: int
    maximum: int
    worse: Literal["high", "low"]
    items: list[ItemDefinition]
    bands: list[BandDefinition]
    use: list[str]
    misuse: list[str]
    performance: list[Performance]
    policies: list[PolicyChoice]
    references: list[Reference]
    knowledge: Knowledge


class ProblemError(Output):
    """One fault with its place."""

    pointer: str
    code: str
    message: str


class Problem(Output):
    """An error (RFC 9457)."""

    type: Uri
    title: str
    status: int
    detail: str
    errors: list[ProblemError]
    layer: Layer | None = None
    instance: Uri | None = None


class PathwayCatalogue(Output):
    """Every pathway in short."""

    knowledge: Knowledge
    pathways: list[PathwayEntry]


class InputOption(Output):
    """One option of a coded input."""

    option: str
    label: str


class PathwayInputDefinition(Output):
    """One input: coded, with its options, or a number, with its unit and bounds."""

    input: str
    label: str
    question: str
    options: list[InputOption]
    unit: str | None
    minimum: float | None
    maximum: float | None
    reference: Reference


class RowCondition(Output):
    """The values of one input for which a row holds."""

    input: str
    values: list[str]


class RowDefinition(Output):
    """One row of a decision table."""

    row: str
    when: list[RowCondition]
    treatment: str
    label: str
    reference: Reference


class CriterionDefinition(Output):
    """One criterion: what it says where it is met, and which inputs decide it."""

    id: str
    effect: Effect
    technique: str | None
    text: str
    inputs: list[str]
    references: list[Reference]


class PathwayDefinition(Output):
    """Everything a clinician needs to judge a pathway, and a program to use it."""

    pathway: str
    name: str
    version: str
    decides: str
    inputs: list[PathwayInputDefinition]
    rows: list[RowDefinition]
    criteria: list[CriterionDefinition]
    states_suitability: bool
    use: list[str]
    misuse: list[str]
    policies: list[PolicyChoice]
    references: list[Reference]
    knowledge: Knowledge


class Health(Output):
    """Whether the service lives, is ready, or has started."""

    status: Literal["live", "ready", "started"]


def answers_model(score: Score, level_for: str | None = None) -> type[BaseModel]:
    """The body of a calculation: each item one option or the options still possible.

    Args:
        score: the score.
        level_for: the item that a spinal level may stand in place of.
    """
    fields: dict[str, Any] = {}
    for item in score.items:
        fields[item.code] = _field(item.codes, f"{item.question} Left out: unknown.", item.labels)
    if level_for is not None:
        fields["level"] = _field(
            LEVELS,
            "The spinal level, in place of location; its answer is reported under location.",
            {level: "Occiput" if level == "C0" else f"Vertebra {level}" for level in LEVELS},
        )
    name = "".join(part.capitalize() for part in score.code.split("-"))
    example: dict[str, Any] = {item.code: item.codes[0] for item in score.items[1:]}
    example |= {"level": "T11"} if "level" in fields else {score.items[0].code: score.items[0].codes[0]}
    extra: dict[str, Any] = {"examples": [example]}
    if "level" in fields:
        # The level stands in place of the location, not beside it.
        extra["not"] = {"required": ["level", level_for]}
    config = ConfigDict(**_INPUT, json_schema_extra=extra)
    model: type[BaseModel] = create_model(
        f"{name}Answers",
        __config__=config,
        __doc__=f"Answers to {score.name}.",
        **fields,
    )
    return model


def _field(codes: tuple[str, ...], description: str, labels: Mapping[str, str]) -> tuple[Any, Any]:
    option = Literal[codes]  # type: ignore[valid-type]  # the options are data
    several = list[option]

    def described(schema: dict[str, Any]) -> None:
        """An item left out is unknown; there is no default to send."""
        schema.pop("default", None)
        schema[MEANINGS] = dict(labels)
        for branch in schema["anyOf"]:
            if branch.get("type") == "array":
                branch["minItems"] = 1

    return (
        option | several,
        Field(
            default=None,
            description=description,
            validate_default=False,
            json_schema_extra=described,
        ),
    )
