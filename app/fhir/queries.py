"""Prefetch templates, derived from the codes that the reader can use.

Observations are asked for by category, which brings panels whatever their code; a site with codes of its own
need not categorise them, so there they are asked for by code. A template is at most 2,000 characters; a
search by code that would be longer asks for more.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from app.fhir.codes import CodeBook
from app.knowledge import Knowledge
from app.knowledge.conditions import (
    ABLATION_ORDERS,
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
            "questionnaireResponses": _questionnaire_responses(book, knowledge),
        }
    )


def observations_by_code(book: CodeBook) -> str | None:
    """The search that asks for Observations by code, however long; None where a site maps none."""
    panels = [(book.observable_system, panel) for panel in PANELS]
    local = [c for c, target in book.local.items() if target in book.observables or target in panels]
    if not local:
        return None
    # A code without its system matches that code of any system: this service's own fit in so.
    own = [code for system, code in (*book.observables, *panels) if system == book.observable_system]
    standard = [code for code in book.observables if code[0] != book.observable_system]
    return f"Observation?patient={PATIENT}&code={','.join(own)},{_tokens([*standard, *local])}"


def _observations(book: CodeBook) -> str:
    by_code = observations_by_code(book)
    if by_code is not None and len(by_code) <= MAX_TEMPLATE:
        return by_code
    categories = dict.fromkeys(c for finding in FINDINGS.values() for c in finding.category)
    return f"Observation?patient={PATIENT}&category={','.join(categories)}"


def _questionnaire_responses(book: CodeBook, knowledge: Knowledge) -> str:
    everything = f"QuestionnaireResponse?patient={PATIENT}"
    questionnaires = ",".join(f"{book.base}/Questionnaire/{code}" for code in knowledge.instruments)
    ours = f"{everything}&questionnaire={questionnaires}"
    return ours if len(ours) <= MAX_TEMPLATE else everything


def _procedures(book: CodeBook) -> str:
    read_orders = (*INSTRUMENTATION_ORDERS, *ABLATION_ORDERS, *RADIOTHERAPY_ORDERS)
    orders = [(book.order_system, code) for code in read_orders]
    read = {*INSTRUMENTATION_BY_CODE, *RADIOTHERAPY_BY_CODE, *orders}
    local = [code for code, target in book.local.items() if target in read]
    by_code = f"Procedure?patient={PATIENT}&code={_tokens([*sorted(read), *local])}"
    return by_code if len(by_code) <= MAX_TEMPLATE else f"Procedure?patient={PATIENT}"


def _tokens(codes: list[tuple[str, str]]) -> str:
    """Codes as search tokens: what separates them is escaped in FHIR's way, the rest as in any URL."""
    return ",".join(f"{_escaped(system)}|{_escaped(code)}" for system, code in codes)


def _escaped(text: str) -> str:
    for sign in "\\,|$":
        text = text.replace(sign, f"\\{sign}")
    return quote(text, safe="/:-._~")
