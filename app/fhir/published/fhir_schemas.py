"""FHIR resources as schemas of the OpenAPI document: by name, and not with the whole of FHIR in them."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
_TEXTS: Mapping[str, str] = {
    "Bundle": "A FHIR R4 Bundle.",
    "CapabilityStatement": "A FHIR R4 CapabilityStatement.",
    "Questionnaire": "A FHIR R4 Questionnaire.",
}


def fhir_schema(kind: str) -> Json:
    """A reference to the schema of a type, or of any resource.

    Args:
        kind: the type, or ``Resource`` for any of them.
    """
    return {"$ref": f"#/components/schemas/{'' if kind == 'OperationOutcome' else 'Fhir'}{kind}"}


def fhir_schemas() -> Json:
    """Every schema that ``fhir_schema`` can refer to, by its name."""
    return {
        **{f"Fhir{kind}": _schema(kind, text, {"const": kind}) for kind, text in _TEXTS.items()},
        "OperationOutcome": _OUTCOME,
        "OperationOutcomeIssue": _OUTCOME_ISSUE,
        "FhirResource": _schema("Resource", "A FHIR R4 resource.", {"minLength": 1}),
    }


def _schema(kind: str, text: str, resource_type: Json) -> Json:
    return {
        "type": "object",
        "description": f"{text} Its members are those of FHIR.",
        "x-fhir-type": kind,
        "required": ["resourceType"],
        "properties": {
            "resourceType": {"type": "string", "description": "The type of the resource.", **resource_type}
        },
        "additionalProperties": True,
    }


_OUTCOME: Json = {
    "type": "object",
    "description": "What is wrong with a call, and how to mend it: a FHIR R4 OperationOutcome.",
    "x-fhir-type": "OperationOutcome",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"type": "string", "const": "OperationOutcome"},
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "Names the entry of the service's log that has more, where there is one.",
        },
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {"$ref": "#/components/schemas/OperationOutcomeIssue"},
        },
    },
    "additionalProperties": True,
}
_OUTCOME_ISSUE: Json = {
    "type": "object",
    "description": "One thing that is wrong.",
    "required": ["severity", "code", "diagnostics"],
    "properties": {
        "severity": {"type": "string", "enum": ["fatal", "error", "warning", "information"]},
        "code": {"type": "string", "description": "A FHIR issue type, such as required or too-long."},
        "diagnostics": {"type": "string", "description": "What is wrong and how to mend it."},
        "expression": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Where: names of members, joined by dots.",
        },
    },
    "additionalProperties": True,
}
