"""How the routes of CDS Hooks are described in the OpenAPI document."""

import msgspec

from cds_hooks.card import Cards
from cds_hooks.protocol import Services
from cds_hooks.services import HookService


def schema_of(struct: type) -> dict[str, object]:
    """A wire struct as a schema with every part in place, for the OpenAPI document."""
    (found,), parts = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    return _inlined(found, parts)


def _inlined(schema: object, parts: dict[str, dict[str, object]]) -> dict[str, object]:
    def walk(node: object) -> object:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                return walk(parts[reference.rpartition("/")[2]])
            return {name: walk(value) for name, value in node.items()}
        if isinstance(node, list):
            return [walk(value) for value in node]
        return node

    found = walk(schema)
    return found if isinstance(found, dict) else {}


def json_answer(schema: dict[str, object], description: str, media: str) -> dict[str, object]:
    """One answer of a route, as the document describes it."""
    return {"description": description, "content": {media: {"schema": schema}}}


OUTCOME_SCHEMA: dict[str, object] = {
    "type": "object",
    "x-fhir-type": "OperationOutcome",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["severity", "code", "diagnostics"],
                "properties": {
                    "severity": {"type": "string"},
                    "code": {"type": "string"},
                    "diagnostics": {"type": "string"},
                    "expression": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
_STATUSES = {
    400: "Unreadable, or no CDS Hooks request for this service",
    412: "FHIR data that the decision needs was not to be had",
    413: "The body is too large",
    415: "The media type or encoding is not taken",
    422: "The content contradicts itself: another patient, or a wrong resource",
    500: "The service failed; the id is in its log",
}
DISCOVERY_RESPONSES: dict[int | str, dict[str, object]] = {
    200: json_answer(schema_of(Services), "The discovery document", "application/json")
}
_INVOCATION_RESPONSES: dict[int | str, dict[str, object]] = {
    200: json_answer(schema_of(Cards), "Cards; an empty list means nothing to say", "application/json"),
    **{
        status: json_answer(OUTCOME_SCHEMA, text, "application/fhir+json")
        for status, text in _STATUSES.items()
    },
}
# They hold where clients must prove who they are.
PROOF_RESPONSES: dict[int | str, dict[str, object]] = {
    status: json_answer(OUTCOME_SCHEMA, text, "application/fhir+json")
    for status, text in (
        (401, "The call does not prove who sends it: see WWW-Authenticate"),
        (503, "The call cannot be checked now: send it again in a moment with a new JWT"),
    )
}


def invocation_responses(*, proof: bool) -> dict[int | str, dict[str, object]]:
    """The answers of a service.

    Args:
        proof: whether clients must prove who they are.
    """
    return {**_INVOCATION_RESPONSES, **(PROOF_RESPONSES if proof else {})}


_ID = {"type": "string", "pattern": r"^[A-Za-z0-9.\-]{1,256}$"}
_TEXT = {"type": "string", "minLength": 1}
_BUNDLE = {"type": "object", "x-fhir-type": "Bundle", "additionalProperties": True}


def request_body(service: HookService) -> dict[str, object]:
    """The body that a service takes, its context as the hook defines it."""
    properties: dict[str, object] = {
        name: _ID if name == "patientId" else _TEXT for name in (*service.context, *service.optional)
    }
    required = list(service.context)
    if service.bundle is not None:
        properties[service.bundle] = _BUNDLE
        required.append(service.bundle)
    if service.selections:
        properties["selections"] = {"type": "array", "items": {"type": "string"}}
        required.append("selections")
    schema: dict[str, object] = {
        "type": "object",
        "required": ["hook", "hookInstance", "context"],
        "properties": {
            "hook": {"type": "string", "enum": [service.hook]},
            "hookInstance": {"type": "string", "format": "uuid"},
            "fhirServer": _TEXT,
            "fhirAuthorization": {"type": "object"},
            "context": {"type": "object", "required": required, "properties": properties},
            "prefetch": {"type": "object", "additionalProperties": True},
        },
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
