"""The OpenAPI document: what the framework writes, with our input models in and its leftovers out."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.document.arranging import arranged
from app.document.choices import name_choices
from app.document.enumerations import name_enumerations
from app.document.tidying import drop_unused, name_resources, open_answers, tidy
from app.fhir.published.fhir_schemas import fhir_schemas
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
_PROOFS: list[dict[str, list[str]]] = [{"accessToken": []}, {"apiKey": []}, {}]
_GUARDED = "/api/v1/"
_REFUSALS = {
    "401": "The caller does not prove who it is",
    "403": "The caller may not do this",
    "429": "The caller asks too much: Retry-After says when to ask again",
}
DESCRIPTION = (
    "SINS and Mirels for patients whose cancer has reached the spine or another bone, from answers or "
    "from a FHIR R4 record. Missing, vague, stale and conflicting data give a range and say what would "
    "settle it. Supports clinicians; decides nothing."
)


def install(app: FastAPI, inputs: Iterable[type[BaseModel]]) -> None:
    """Make the application serve and export its own document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, inputs)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own documented way


def _document(app: FastAPI, inputs: Iterable[type[BaseModel]]) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    open_answers(schemas)
    for model in inputs:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    schemas |= hook_schemas() | fhir_schemas()
    # Routes share parts of what they are described by, with each other and between applications.
    found = deepcopy(found)
    found["components"]["securitySchemes"] = _SCHEMES
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            if path.startswith(_GUARDED):
                _guard(operation, keeps_record=method == "post")
            _use_problem_media_type(operation)
            unused = operation["responses"].get("422", {}).get("content", {})
            if "HTTPValidationError" in str(unused):
                del operation["responses"]["422"]
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
    refusals = (
        {**_REFUSALS, "503": "No record of the decision can be kept now"} if keeps_record else _REFUSALS
    )
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, description in refusals.items():
        content = {"application/problem+json": {"schema": schema}}
        operation["responses"].setdefault(status, {"description": description, "content": content})


def _use_problem_media_type(operation: dict[str, Any]) -> None:
    """The framework files every model under application/json; errors are problem+json."""
    for response in operation["responses"].values():
        content = response.get("content", {})
        if "application/problem+json" in content and "application/json" in content:
            content["application/problem+json"] = content.pop("application/json")
