"""What stands behind a CDS service: its sources, who made it, what it reads, how it decides, its limits.

These are the thirteen source attributes of decision support that follows published evidence. Which kinds
of personal data are used is computed from what the rules read, so that it cannot drift from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules, walk_packages
from types import ModuleType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

import app.knowledge
from app.engine.cited import citations
from app.engine.provenance import Citation, Tag
from app.knowledge import RELEASED, REVISED, Knowledge
from app.knowledge.data_elements import SURVEY, US_CORE, USCDI, DataElement, PersonalData, read_by, uses
from app.settings import Settings
from cds_hooks.services import HookService

PRODUCT = "spine-mets-cds"
OPERATOR = "the organisation that operates this service"


Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


class _Output(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        # Nobody asks for them in the way of a call.
        defer_build=True,
    )


class SourceCitation(_Output):
    """One publication that rules stand on; ``tag`` says how well it was verified."""

    title: str
    tag: Literal["S", "V", "V2"]
    verified: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})] | None = None
    rules: list[str]


class SourceDeveloper(_Output):
    """Who answers for the service."""

    product: str
    name: str
    contact: str


class SourceUses(_Output):
    """Which kinds of personal data the rules read; computed from the rules."""

    race: bool
    ethnicity: bool
    language: bool
    sexual_orientation: bool
    gender_identity: bool
    sex: bool
    date_of_birth: bool
    sdoh: bool
    health_status_assessments: bool


class SourceInput(_Output):
    """One thing that the rules can read of a record; ``use`` names the kind of personal data it is."""

    element: str
    label: str
    use: PersonalData | None = None


class SourceAttributes(_Output):
    """What stands behind a CDS service."""

    service: str
    title: str
    intervention_type: Literal["evidence-based"]
    citation: list[SourceCitation]
    developer: SourceDeveloper
    funding_source: str
    release_date: Day
    revision_date: Day
    uses: SourceUses
    uses_basis: list[str]
    plain_language_logic: list[str]
    inputs: list[SourceInput]
    population: str
    limitations: list[str]
    version: str
    digest: str


def source_attributes(
    services: Iterable[HookService], knowledge: Knowledge, settings: Settings
) -> Mapping[str, bytes]:
    """The answer for each service, by its id, encoded."""
    elements = _elements(knowledge)
    cited = _cited(knowledge)
    return {
        service.id: _attributes(service, knowledge, settings, elements, cited)
        .model_dump_json(by_alias=True, exclude_none=True)
        .encode()
        for service in services
    }


# By digest: the rules are run over many records to see what they read, and say the same every time.
_READ: dict[str, tuple[DataElement, ...]] = {}


# Likewise: the citations of every rule take longer to gather than all the rest.
_CITED: dict[str, list[SourceCitation]] = {}


def _cited(knowledge: Knowledge) -> list[SourceCitation]:
    if knowledge.digest not in _CITED:
        publications = _publications(knowledge).items()
        _CITED[knowledge.digest] = [_citation(title, cites) for title, cites in publications]
    return _CITED[knowledge.digest]


def _elements(knowledge: Knowledge) -> tuple[DataElement, ...]:
    if knowledge.digest not in _READ:
        _READ[knowledge.digest] = read_by(knowledge)
    return _READ[knowledge.digest]


def _attributes(
    service: HookService,
    knowledge: Knowledge,
    settings: Settings,
    elements: Sequence[DataElement],
    cited: list[SourceCitation],
) -> SourceAttributes:
    used = {kind.value: used for kind, used in uses(elements).items()}
    return SourceAttributes(
        service=service.id,
        title=service.title,
        intervention_type="evidence-based",
        citation=cited,
        developer=SourceDeveloper(product=PRODUCT, name=settings.developer, contact=OPERATOR),
        funding_source=settings.funding,
        release_date=RELEASED,
        revision_date=REVISED,
        uses=SourceUses.model_validate(used),
        uses_basis=[f"{cite.title} ({cite.tag.label})" for cite in (USCDI, US_CORE, SURVEY)],
        plain_language_logic=list(_logic(service, knowledge)),
        inputs=[SourceInput(element=e.code, label=e.label, use=e.personal) for e in elements],
        population=_POPULATION,
        limitations=list(_limitations(knowledge)),
        version=knowledge.version,
        digest=knowledge.digest,
    )


# -- what it does, in plain words ---------------------------------------------------------------------------

_POPULATION = (
    "Patients whose record names a metastasis or myeloma of bone. Each rule was studied in its own group of "
    "patients, which its definition names; outside that group its answer is not validated."
)


def _logic(service: HookService, knowledge: Knowledge) -> Iterable[str]:
    scores = [f"{one.score.name} ({one.short})" for one in knowledge.instruments.values()]
    prognoses = [f"{one.score.name} ({one.short})" for one in knowledge.patient_scores.values()]
    yield f"When: an EHR calls the service at the hook {service.hook}. {service.description}"
    yield (
        "No machine learning is used, no model was trained, and nothing is learnt from the records it sees. "
        "Every answer follows from published tables and written rules, and the same record at the same "
        "moment gives the same answer."
    )
    yield (
        "Entries about bone lesions are grouped by site, level and side. For each question of a rule the "
        "service keeps every answer that the record leaves possible: what is missing, vague, too old or in "
        "conflict leaves several. Nothing missing is taken as normal."
    )
    yield (
        f"For each lesion that they are made for, points are added by {_joined(scores)}. Every total that is "
        "still possible is given, and which answer would settle it. Nothing is called stable while a worse "
        "answer is possible."
    )
    if knowledge.pathways:
        named = _joined([one.name for one in knowledge.pathways.values()])
        yield (
            f"Decision tables and criteria are judged as met, not met or unknown: {named}. They give options "
            "to discuss."
        )
    if prognoses:
        yield (
            f"Beside these stand {_joined(prognoses)}: figures of groups of patients, which decide nothing."
        )
    yield (
        "Findings that cannot wait, as a new neurologic deficit, come first whatever a score says. The "
        "service is no monitoring: it speaks only when it is called."
    )
    yield (
        "Where no publication gives a rule, a local policy does. It is labelled as such, and a site can "
        "see and, where that is safe, set it. A clinician decides; the service orders nothing."
    )


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _limitations(knowledge: Knowledge) -> Iterable[str]:
    for short, misuse in (
        *((one.short, one.score.misuse) for one in knowledge.instruments.values()),
        *((one.short, one.misuse) for one in knowledge.pathways.values()),
        *((one.short, one.score.misuse) for one in knowledge.patient_scores.values()),
    ):
        yield from (f"{short}: {text}" for text in misuse)


# -- what it stands on --------------------------------------------------------------------------------------


def _publications(knowledge: Knowledge) -> Mapping[str, list[Citation]]:
    """Every publication with the rules that cite it; what no publication says is no citation."""
    parts: list[object] = [knowledge.instruments, knowledge.patient_scores, knowledge.pathways]
    found = set(citations([*parts, *(tuple(vars(module).values()) for module in _rule_modules())]))
    by_title: dict[str, list[Citation]] = {}
    for cite in sorted(found, key=lambda cite: (cite.title, cite.key, cite.place)):
        if cite.tag not in (Tag.LOCAL_POLICY, Tag.UNREAD):
            by_title.setdefault(cite.title, []).append(cite)
    return by_title


def _rule_modules() -> Iterable[ModuleType]:
    """The modules of what a card can speak from: every package of the knowledge but those of measures."""
    for found in iter_modules(app.knowledge.__path__, f"{app.knowledge.__name__}."):
        package = import_module(found.name)
        if not found.ispkg or hasattr(package, "measure"):
            continue
        yield package
        yield from (import_module(one.name) for one in walk_packages(package.__path__, f"{found.name}."))


def _citation(title: str, cites: Sequence[Citation]) -> SourceCitation:
    worst = max(cites, key=lambda cite: list(Tag).index(cite.tag))
    rules = dict.fromkeys(f"{cite.key}: {cite.place}" for cite in cites)
    return SourceCitation.model_validate(
        {
            "title": title,
            "tag": worst.tag.value,
            "verified": worst.tag.label,
            "url": next((cite.url for cite in cites if cite.url), None),
            "rules": list(rules),
        }
    )
