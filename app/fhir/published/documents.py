"""Every definition that this service publishes, by type and id."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from app.fhir.codes import CodeBook
from app.fhir.proposals import Json
from app.fhir.published.capabilities import capability_statement
from app.fhir.published.code_systems import code_systems
from app.fhir.published.profiles import profiles
from app.fhir.published.value_sets import value_sets
from app.fhir.questionnaires import questionnaire
from app.knowledge import Knowledge, load
from app.knowledge.policy import Policy

# In the order in which they are published.
PUBLISHED_TYPES = ("CodeSystem", "ValueSet", "Questionnaire", "StructureDefinition", "CapabilityStatement")


def documents(book: CodeBook, knowledge: Knowledge, public_base_url: str | None) -> Mapping[str, Json]:
    """Every definition by its type and id, such as ``CodeSystem/observable``; the same at every call.

    Args:
        book: the codes under this deployment's base.
        knowledge: everything the service knows, under a site's policy.
        public_base_url: where callers reach the service; None where that is not set.

    Raises:
        ValueError: two definitions have one id.
    """
    forms = (json.loads(questionnaire(book, one)) for one in knowledge.instruments.values())
    found: dict[str, Json] = {}
    # One address and version stands for one content: the points of an answer are those of every policy.
    for one in (
        *code_systems(book, load(Policy())),
        *value_sets(book, knowledge),
        *forms,
        *profiles(book, knowledge),
    ):
        _add(found, one)
    _add(found, capability_statement(book, knowledge, public_base_url, PUBLISHED_TYPES))
    return MappingProxyType(found)


def _add(found: dict[str, Json], one: Json) -> None:
    key = f"{one['resourceType']}/{one['id']}"
    if key in found:
        raise ValueError(f"two definitions have the id {key}")
    found[key] = one
