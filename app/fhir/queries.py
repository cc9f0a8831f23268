"""Prefetch templates, derived from the codes that the reader can use.

A template is at most 2,000 characters; a search by code that would be longer asks by category.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.fhir.codes import CodeBook
from app.knowledge import Knowledge
from app.knowledge.conditions import (
    INSTRUMENTATION_BY_CODE,
    INSTRUMENTATION_ORDERS,
    RADIOTHERAPY_BY_CODE,
    RADIOTHERAPY_ORDERS,
)
from app.knowledge.findings import FINDINGS, PANELS

MAX_TEMPLATE = 2_000
PATIENT = "{{context.patientId}}"


def prefetch_templates(book: CodeBook, knowledge: Knowledge) -> Mapping[str, str]:
    """The query behind every prefetch key."""
    questionnaires = ",".join(f"{book.base}/Questionnaire/{code}" for code in knowledge.instruments)
    return MappingProxyType(
        {
            "patient": f"Patient/{PATIENT}",
            # Every Condition: a category or code filter would hide what a server did not classify,
            # and a hidden metastasis would look like none.
            "conditions": f"Condition?patient={PATIENT}",
            "observations": _observations(book),
            "procedures": _procedures(book),
            "medications": f"MedicationRequest?patient={PATIENT}&status=active",
            "bodyStructures": f"BodyStructure?patient={PATIENT}",
            "questionnaireResponses": (
                f"QuestionnaireResponse?patient={PATIENT}&questionnaire={questionnaires}"
            ),
        }
    )


def _observations(book: CodeBook) -> str:
    panels = [(book.observable_system, panel) for panel in PANELS]
    local = [code for code, target in book.local.items() if target in book.observables]
    codes = [*book.observables, *panels, *local]
    by_code = f"Observation?patient={PATIENT}&code={_tokens(codes)}"
    if len(by_code) <= MAX_TEMPLATE:
        return by_code
    categories = dict.fromkeys(c for finding in FINDINGS.values() for c in finding.category)
    return f"Observation?patient={PATIENT}&category={','.join(categories)}"


def _procedures(book: CodeBook) -> str:
    orders = [(book.order_system, code) for code in (*INSTRUMENTATION_ORDERS, *RADIOTHERAPY_ORDERS)]
    read = {*INSTRUMENTATION_BY_CODE, *RADIOTHERAPY_BY_CODE, *orders}
    local = [code for code, target in book.local.items() if target in read]
    by_code = f"Procedure?patient={PATIENT}&code={_tokens([*sorted(read), *local])}"
    return by_code if len(by_code) <= MAX_TEMPLATE else f"Procedure?patient={PATIENT}"


def _tokens(codes: list[tuple[str, str]]) -> str:
    return ",".join(f"{system}|{code}" for system, code in codes)
