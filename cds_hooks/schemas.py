"""The wire of CDS Hooks as named schemas of the OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from app.fhir.published.fhir_schemas import fhir_schema
from cds_hooks.card import Action, Card, Cards, Link, Source, Suggestion, WireCoding
from cds_hooks.feedback_wire import (
    AcceptedSuggestion,
    Feedback,
    FeedbackRequest,
    OverrideReason,
    ReasonCoding,
)
from cds_hooks.protocol import Service, Services
from cds_hooks.services import SERVICES, HookService

Json = dict[str, Any]
PATH = "#/components/schemas/"
# What each part of the wire is called in generated clients, beside everything else that they hold.
_SENT: Mapping[type[msgspec.Struct], str] = {
    Services: "CdsServices",
    Service: "CdsService",
    Cards: "CdsResponse",
    Card: "Card",
    Source: "CardSource",
    Link: "CardLink",
    Suggestion: "Suggestion",
    Action: "Action",
    WireCoding: "CardCoding",
}
_TAKEN: Mapping[type[msgspec.Struct], str] = {
    FeedbackRequest: "FeedbackRequest",
    Feedback: "CardFeedback",
    AcceptedSuggestion: "AcceptedSuggestion",
    OverrideReason: "OverrideReason",
    ReasonCoding: "OverrideReasonCoding",
}
# The numbers of the conformance checklist speak to those who test the service.
_CHECKLIST = re.compile(r" \[R[^\]]*\]")
_MEMBER = re.compile(r"^\s*(\w+): ", re.MULTILINE)
_FORMATS = {"uuid": "uuid", "url": "uri"}
_PREFETCH: Mapping[str, tuple[str, str]] = {
    "patient": ("Patient", "The Patient. Needed, here or from the FHIR server."),
    "conditions": ("Bundle", "Every Condition of the patient. Needed, here or from the FHIR server."),
    "observations": ("Bundle", "Observations: findings at lesions, and what else the rules read."),
    "procedures": ("Bundle", "Procedures that were done."),
    "medications": ("Bundle", "MedicationRequests that are active; MedicationStatements are read too."),
    "bodyStructures": ("Bundle", "The BodyStructures that findings and Conditions name."),
    "questionnaireResponses": ("Bundle", "Answers to the Questionnaires of this service."),
}
_CONTEXT: Mapping[str, str] = {
    "userId": "Who is working: a reference such as Practitioner/123.",
    "patientId": "The id of the Patient, without its type.",
    "encounterId": "The id of the Encounter, without its type.",
    "draftOrders": "The orders that are being made, as a Bundle.",
    "conditions": "The Conditions that are being put on the problem list, as a Bundle.",
}
_ID = {"type": "string", "pattern": r"^[A-Za-z0-9.\-]{1,256}$"}
_TEXT = {"type": "string", "minLength": 1}


def reference(name: str) -> Json:
    """A schema that is the component of that name."""
    return {"$ref": f"{PATH}{name}"}


def request_name(service: HookService) -> str:
    """What the request of a service is called."""
    return f"{_hook_name(service)}Request"


def hook_schemas() -> Json:
    """Every schema of the wire, by its name."""
    sent = _structs(_SENT, null=False)
    sent["Action"]["properties"]["resource"] |= fhir_schema("Resource")
    for name in ("type", "additionalProperties"):
        sent["Action"]["properties"]["resource"].pop(name, None)
    return {
        **sent,
        **_structs(_TAKEN, null=True),
        "FeedbackReceived": {
            "type": "object",
            "description": "The feedback is kept. Nothing is said beside that.",
            "additionalProperties": False,
        },
        "Prefetch": {
            "type": "object",
            "description": "FHIR data that the client sends along, by the keys of discovery; what it leaves "
            "out is fetched from its FHIR server. A value that is no such resource counts as left out.",
            "properties": {
                key: {**reference("PrefetchedResource"), "x-fhir-type": kind, "description": text}
                for key, (kind, text) in _PREFETCH.items()
            },
            "additionalProperties": True,
        },
        "PrefetchedResource": {
            "description": "A FHIR R4 resource, or null where the client looked and found none.",
            "type": ["object", "null"],
            "x-fhir-type": "Resource",
            "properties": {"resourceType": {"description": "The type of the resource.", "type": "string"}},
            "additionalProperties": True,
        },
        "FhirAuthorization": _AUTHORIZATION,
        **dict(_requests()),
    }


def _requests() -> Iterator[tuple[str, Json]]:
    for service in SERVICES:
        name = _hook_name(service)
        yield f"{name}Context", _context(service)
        yield request_name(service), _request(service, f"{name}Context")


def _hook_name(service: HookService) -> str:
    return "".join(word.capitalize() for word in service.hook.split("-"))


def _request(service: HookService, context: str) -> Json:
    return {
        "type": "object",
        "description": f"A call of a service of the hook {service.hook}.",
        "required": ["hook", "hookInstance", "context"],
        "properties": {
            "hook": {"type": "string", "const": service.hook, "description": "The hook that was reached."},
            "hookInstance": {
                "type": "string",
                "format": "uuid",
                "description": "Another for each time that the hook is reached.",
            },
            "fhirServer": {
                **_TEXT,
                "description": "The base address of the client's FHIR server.",
            },
            "fhirAuthorization": reference("FhirAuthorization"),
            "context": reference(context),
            "prefetch": reference("Prefetch"),
        },
    }


def _context(service: HookService) -> Json:
    properties: Json = {
        name: {**(_ID if name == "patientId" else _TEXT), "description": _CONTEXT[name]}
        for name in (*service.context, *service.optional)
    }
    required = list(service.context)
    if service.bundle is not None:
        properties[service.bundle] = {
            **reference("FhirBundle"),
            "description": _CONTEXT[service.bundle],
        }
        required.append(service.bundle)
    if service.selections:
        properties["selections"] = {
            "type": "array",
            "items": {"type": "string"},
            "description": "Which of the orders are selected: references such as ServiceRequest/123.",
        }
        required.append("selections")
    return {
        "type": "object",
        "description": f"What the hook {service.hook} says of the moment it is reached at.",
        "required": required,
        "properties": properties,
    }


def _structs(names: Mapping[type[msgspec.Struct], str], *, null: bool) -> Json:
    _, parts = msgspec.json.schema_components(tuple(names), ref_template=PATH + "{name}")
    called = {struct.__name__: name for struct, name in names.items()}
    return {
        called[struct.__name__]: _told(struct, _renamed(parts[struct.__name__], called, null=null))
        for struct in names
    }


def _renamed(node: Any, called: Mapping[str, str], *, null: bool) -> Any:  # noqa: ANN401  JSON is any value
    """A schema under our names, without defaults; without null where a member is left out instead."""
    if isinstance(node, list):
        return [_renamed(inner, called, null=null) for inner in node]
    if not isinstance(node, dict):
        return node
    found = {name: _renamed(value, called, null=null) for name, value in node.items() if name != "default"}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = PATH + called[found["$ref"].removeprefix(PATH)]
    branches = found.get("anyOf", [])
    if not null and {"type": "null"} in branches:
        branches.remove({"type": "null"})
        if len(branches) == 1:
            found = {**found.pop("anyOf")[0], **found}
    return found


def _told(struct: type[msgspec.Struct], schema: Json) -> Json:
    """A schema with what the struct says of itself and of its members."""
    text, _, members = _CHECKLIST.sub("", struct.__doc__ or "").partition("Args:")
    schema["description"] = _line(text)
    wire_names = {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
    parts = _MEMBER.split(members)[1:]
    for name, said in zip(parts[::2], parts[1::2], strict=True):
        schema["properties"][wire_names[name]]["description"] = _line(said)
    for name, form in _FORMATS.items():
        if struct in _SENT and name in schema["properties"]:
            schema["properties"][name]["format"] = form
    return schema


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line[:1].upper() + line[1:]


_AUTHORIZATION: Json = {
    "type": "object",
    "description": "Access to the client's FHIR server for this call. Needs fhirServer beside it. What is "
    "ill-formed in it gives no access, and is no error.",
    "properties": {
        "access_token": {"description": "The bearer token.", "type": "string"},
        "token_type": {"description": "Bearer.", "type": "string"},
        "expires_in": {"description": "The seconds for which it holds.", "type": "integer"},
        "scope": {"description": "What it was granted for, such as patient/*.read.", "type": "string"},
        "subject": {"description": "The OAuth 2 client id of this service.", "type": "string"},
        "patient": {
            "description": "The id of the Patient that the token is bound to.",
            "type": ["string", "null"],
        },
    },
    "additionalProperties": True,
}
