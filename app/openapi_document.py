"""The OpenAPI document: what the framework writes, with our input models in and its leftovers out."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.api import idempotency
from app.api.deprecations import Deprecation, document_deprecations
from app.api.links import add_links
from app.document.arranging import arranged
from app.document.choices import name_choices
from app.document.enumerations import name_enumerations
from app.document.error_answers import share_error_answers
from app.document.examples import add_examples
from app.document.headers import document_headers
from app.document.parts import operations_of
from app.document.tidying import drop_unused, name_resources, open_answers, tidy
from app.error_examples import TEXTS, error_examples
from app.fhir.published.fhir_schemas import fhir_schemas
from app.request_examples import request_examples
from cds_hooks.schemas import hook_schemas

# A caller proves itself in one of these ways where the service authenticates; elsewhere in none.
_SCHEMES = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "at+jwt",
        "description": "An access token of an authorization server that is registered (RFC 9068); its scope "
        "names cds/evaluate or cds/feedback.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key of a closed network.",
    },
}
_CLIENT_SCHEME = {
    "cdsClient": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A JWT that a registered CDS client signed for this very call (CDS Hooks).",
    }
}
_PROOFS: list[dict[str, list[str]]] = [{"accessToken": []}, {"apiKey": []}, {}]
_CLIENT_PROOFS: list[dict[str, list[str]]] = [{"cdsClient": []}, {}]
_GUARDED = "/api/v1/"
_CALLED = "/cds-services/"
_REFUSALS = ("401", "403", "429")
SUMMARY = "Clinical decision support for metastases of the spine and other bones"
_LICENCE = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
_SERVERS = [{"url": "/", "description": "The service that this document was fetched from"}]
_TAGS = [
    {"name": "Assessments", "description": "Everything that can be said of one patient's record."},
    {"name": "CDS Hooks", "description": "Cards for clinicians, by CDS Hooks 2.0.1."},
    {"name": "Evidence", "description": "What the sources found, and where they disagree."},
    {"name": "FHIR", "description": "The FHIR definitions that records are read and written by."},
    {"name": "Feedback", "description": "How cards were received."},
    {"name": "Health", "description": "Probes and metrics for the operator."},
    {"name": "Keys", "description": "What the service proves itself with at other servers."},
    {"name": "Measures", "description": "Instruments that are no additive score."},
    {"name": "Pathways", "description": "Decision tables and criteria."},
    {"name": "Scores", "description": "Additive scores, and the policy behind them."},
]
DESCRIPTION = (
    "SINS and Mirels for patients whose cancer has reached the spine or another bone, from answers or "
    "from a FHIR R4 record. Missing, vague, stale and conflicting data give a range and say what would "
    "settle it. Supports clinicians; decides nothing."
)


def document_of(
    app: FastAPI, inputs: Iterable[type[BaseModel]], deprecations: Mapping[str, Deprecation]
) -> dict[str, Any]:
    """The document of an application.

    Args:
        app: the application, with all of its routes.
        inputs: the bodies that are read by hand.
        deprecations: the operations that will end, by operationId.
    """
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary=SUMMARY,
        description=DESCRIPTION,
        license_info=_LICENCE,
        servers=_SERVERS,
        tags=_TAGS,
        routes=app.routes,
    )
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    open_answers(schemas)
    for model in inputs:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    schemas |= hook_schemas() | fhir_schemas()
    # Routes share parts of what they are described by, with each other and between applications.
    found = deepcopy(found)
    found["components"]["securitySchemes"] = {**_SCHEMES, **_CLIENT_SCHEME}
    for path, method, operation in operations_of(found):
        operation["security"] = _CLIENT_PROOFS if path.startswith(_CALLED) and method == "post" else []
        if path.startswith(_GUARDED):
            _guard(operation, keeps_record=method == "post")
        _use_problem_media_type(operation)
        unused = operation["responses"].get("422", {}).get("content", {})
        if "HTTPValidationError" in str(unused):
            del operation["responses"]["422"]
    document_headers(found)
    share_error_answers(found, TEXTS, error_examples())
    add_examples(found, request_examples(), None)
    add_links(found)
    document_deprecations(found, deprecations)
    used_tags = {tag for _, _, operation in operations_of(found) for tag in operation["tags"]}
    found["tags"] = [tag for tag in found["tags"] if tag["name"] in used_tags]
    name_resources(found)
    drop_unused(found)
    name_enumerations(found)
    tidy(found)
    name_choices(found)
    drop_unused(found)
    return dict(arranged(found))


def _guard(operation: dict[str, Any], *, keeps_record: bool) -> None:
    """What every route of REST may answer before it is reached, and where no record can be kept."""
    operation["security"] = _PROOFS
    if keeps_record:
        idempotency.describe(operation)
    schema = {"$ref": "#/components/schemas/Problem"}
    for status in (*_REFUSALS, *(("503",) if keeps_record else ())):
        content = {"application/problem+json": {"schema": schema}}
        operation["responses"].setdefault(status, {"description": TEXTS[int(status)], "content": content})


def _use_problem_media_type(operation: dict[str, Any]) -> None:
    """The framework files every model under application/json; errors are problem+json."""
    for response in operation["responses"].values():
        content = response.get("content", {})
        if "application/problem+json" in content and "application/json" in content:
            content["application/problem+json"] = content.pop("application/json")
