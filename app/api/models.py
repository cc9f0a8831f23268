"""The wire of REST as models, the inputs generated from the knowledge, for checks and for OpenAPI."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.knowledge.anatomy import LEVELS
from app.knowledge.instrument import Instrument

_INPUT = ConfigDict(extra="forbid", str_strip_whitespace=False)


class _Output(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reference(_Output):
    """A source in the literature; ``tag`` says how well it was verified."""

    key: str
    title: str
    place: str
    tag: Literal["S", "V", "V2", "K", "D"]
    url: str | None = None


class RecordSource(_Output):
    """A source in the record."""

    reference: str
    effective: str | None
    age: Literal["fresh", "ageing", "stale", "undated", "future"]
    provisional: bool


class ItemAnswer(_Output):
    """The options of one item that are still possible."""

    item: str
    possible: list[str]
    points: list[int]
    recorded: bool
    conflicting: bool
    sources: list[RecordSource]


class Flag(_Output):
    """Something beside the score that changes what it means."""

    id: str
    text: str
    references: list[Reference]


class ScoreResult(_Output):
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


class Knowledge(_Output):
    """Which knowledge an answer stands on."""

    version: str
    digest: str


class Gap(_Output):
    """Something that could not be looked at, or is not recorded."""

    need: str
    reason: str


class FindingView(_Output):
    """One finding as the record holds it."""

    finding: str
    possible: list[str]
    conflicting: bool
    stale: bool
    sources: list[RecordSource]


class LesionAssessment(_Output):
    """Everything said of one lesion."""

    id: str
    site: str | None
    level: str | None
    possible_levels: list[str]
    laterality: Literal["left", "right", "bilateral"] | None
    label: str
    conditions: list[str]
    scores: list[ScoreResult]
    pathways: list[dict[str, Any]]
    findings: list[FindingView]


class Alert(_Output):
    """Something that a person should look at by a certain time."""

    id: str
    lesion: str | None
    urgency: Literal["emergency", "same-day", "urgent", "routine"]
    text: str
    references: list[Reference]


class Assessment(_Output):
    """The whole assessment of one patient."""

    as_of: str
    patient: str | None
    knowledge: Knowledge
    complete: bool
    gaps: list[Gap]
    lesions: list[LesionAssessment]
    scores: list[ScoreResult]
    pathways: list[dict[str, Any]]
    findings: list[FindingView]
    alerts: list[Alert]
    decision_id: str


class CatalogueEntry(_Output):
    """One score in short."""

    score: str
    name: str
    version: str
    minimum: int
    maximum: int
    definition: str


class Catalogue(_Output):
    """Every score in short."""

    knowledge: Knowledge
    scores: list[CatalogueEntry]


class OptionDefinition(_Output):
    """One option of an item."""

    option: str
    label: str
    points: int


class ItemDefinition(_Output):
    """One item of a score."""

    item: str
    label: str
    question: str
    options: list[OptionDefinition]
    reference: Reference


class BandDefinition(_Output):
    """One category of totals."""

    band: str
    label: str
    minimum: int
    maximum: int
    meaning: str
    reference: Reference


class Performance(_Output):
    """One published measurement of a score."""

    measure: str
    value: str
    population: str
    reference: Reference


class PolicyChoice(_Output):
    """One local policy: what no publication settles, with the choice in force."""

    id: str
    text: str
    tag: Literal["D"]
    choice: str
    choices: list[str]
    adjustable: bool


class Policies(_Output):
    """Every local policy, with the choice in force."""

    policies: list[PolicyChoice]


class ScoreDefinition(_Output):
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


class ProblemError(_Output):
    """One fault with its place."""

    pointer: str
    code: str
    message: str


class Problem(_Output):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError]
    instance: str | None = None


class Health(_Output):
    """Whether the service lives, or is ready."""

    status: Literal["live", "ready"]


def answers_model(instrument: Instrument) -> type[BaseModel]:
    """The body of a calculation: each item one option or the options still possible."""
    fields: dict[str, Any] = {}
    for item in instrument.score.items:
        fields[item.code] = _field(item.codes, f"{item.question} Left out: unknown.")
    if "level" in instrument.lead:
        fields["level"] = _field(
            LEVELS, "The spinal level, in place of location; its answer is reported under location."
        )
    name = "".join(part.capitalize() for part in instrument.score.code.split("-"))
    example: dict[str, Any] = {item.code: item.codes[0] for item in instrument.score.items[1:]}
    example |= (
        {"level": "T11"}
        if "level" in fields
        else {instrument.score.items[0].code: instrument.score.items[0].codes[0]}
    )
    extra: dict[str, Any] = {"examples": [example]}
    if "level" in fields:
        # The level stands in place of the location, not beside it.
        extra["not"] = {"required": ["level", instrument.place_item]}
    config = ConfigDict(**_INPUT, json_schema_extra=extra)
    model: type[BaseModel] = create_model(
        f"{name}Answers",
        __config__=config,
        __doc__=f"Answers to {instrument.score.name}.",
        **fields,
    )
    return model


def _field(codes: tuple[str, ...], description: str) -> tuple[Any, Any]:
    option = Literal[codes]  # type: ignore[valid-type]  # the options are data
    several = list[option]
    return (
        option | several,
        Field(
            default=None,
            description=description,
            validate_default=False,
            json_schema_extra=_without_default,
        ),
    )


def _without_default(schema: dict[str, Any]) -> None:
    """An item left out is unknown; there is no default to send."""
    schema.pop("default", None)
    for branch in schema.get("anyOf", ()):
        if branch.get("type") == "array":
            branch["minItems"] = 1


Schemas = Mapping[str, Any]
