"""The routes of CDS Hooks: discovery and invocation."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from time import perf_counter
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response

from app.assess import assess
from app.body import DirectRoute, read_body
from app.errors import EnvelopeError, Issue, NotFoundError, UnreadableError
from app.fhir.reader import Reader
from app.fhir.strict import check_text, read_small
from app.knowledge import Knowledge
from app.logs import logger
from cds_hooks.cards import CardMaker
from cds_hooks.gather import decode_whole, gather
from cds_hooks.protocol import (
    DECODE_ERRORS,
    Cards,
    HookRequest,
    HookRequestError,
    Service,
    Services,
    encode,
    read_request,
)
from cds_hooks.services import SERVICES, USAGE, HookService
from cds_hooks.source_attributes import SourceAttributes

_NO_CARDS = encode(Cards([]))
# A card speaks to clinicians; a hook fired by a patient's own app gets none.
_NOT_CLINICIANS = re.compile(r"(?:.*/)?(?:Patient|RelatedPerson)/[^/]+(?:/_history/[^/]+)?")


def router(
    *,
    knowledge: Knowledge,
    reader: Reader,
    maker: CardMaker,
    templates: dict[str, str],
    attributes: Mapping[str, bytes],
    clock: Callable[[], datetime],
    max_bytes: int,
    https_only: bool,
) -> APIRouter:
    """The routes under ``/cds-services``."""
    routes = APIRouter(tags=["CDS Hooks"], route_class=DirectRoute)
    discovery = encode(Services([_entry(service, templates) for service in SERVICES]))

    @routes.get(
        "/cds-services",
        operation_id="discoverCdsServices",
        summary="The CDS services offered",
        responses=DISCOVERY_RESPONSES,
        response_class=Response,
    )
    async def discover(_request: Request) -> Response:
        return Response(discovery, media_type="application/json")

    described = APIRouter()  # the framework reads the service from the path
    service_id = Path(description="A service", json_schema_extra={"enum": list(attributes)})

    @described.get(
        "/cds-services/{service}/source-attributes",
        operation_id="getSourceAttributes",
        summary="What stands behind a service: sources, inputs, logic, limits",
        response_model=SourceAttributes,
        responses={404: _json(_OUTCOME_SCHEMA, "There is no such service", "application/fhir+json")},
    )
    async def source_attributes(service: Annotated[str, service_id]) -> Response:
        if service not in attributes:
            raise NotFoundError(f"There is no such service; the services are {', '.join(attributes)}.")
        return Response(attributes[service], media_type="application/json")

    routes.include_router(described)

    def answer(service: HookService, body: bytes) -> tuple[bytes, int]:
        request = _read(body, service)
        if https_only and request.fhir_server and not request.fhir_server.lower().startswith("https://"):
            raise _envelope_error("fhirServer", "fhirServer must be an https address.")
        record = gather(body, request, service, reader)
        if _NOT_CLINICIANS.fullmatch(request.text("userId") or ""):
            return _NO_CARDS, 0
        assessment = assess(record, clock(), knowledge)
        cards = maker.cards(assessment, request.hook_instance)
        return encode(Cards(cards)), len(cards)

    def add(service: HookService) -> None:
        @routes.post(
            f"/cds-services/{service.id}",
            operation_id=_operation_id(service.id),
            summary=service.title,
            description=service.description,
            responses=INVOCATION_RESPONSES,
            response_class=Response,
            openapi_extra=REQUEST_BODY,
        )
        async def invoke(request: Request) -> Response:
            started = perf_counter()
            body = await read_body(request, max_bytes)
            content, cards = answer(service, body)
            logger().info(
                "hook",
                service=service.id,
                status=200,
                bytes=len(body),
                cards=cards,
                milliseconds=round(1000 * (perf_counter() - started), 2),
            )
            return Response(content, media_type="application/json")

    for service in SERVICES:
        add(service)
    return routes


def _read(body: bytes, service: HookService) -> HookRequest:
    check_text(body)
    try:
        request = read_request(body, service.hook, decode_whole)
        # Small, and what everything is compared with: read as strictly as JSON can be.
        read_small(bytes(request.raw_context))
        missing = [name for name in service.context if request.text(name) is None]
        for name in service.optional:
            request.text(name)
    except HookRequestError as error:
        raise _envelope_error(error.member, error.message) from None
    except DECODE_ERRORS:
        raise UnreadableError("The body is not a JSON object: check its syntax.") from None
    for name in missing:
        # The patient's id has an advice of its own, given where it is read.
        if name != "patientId":
            raise _envelope_error(f"context.{name}", f"context.{name} is missing: send it as a text.")
    return request


def _envelope_error(member: str, message: str) -> EnvelopeError:
    return EnvelopeError(message, [Issue("/" + member.replace(".", "/"), "required", message)])


def _entry(service: HookService, templates: dict[str, str]) -> Service:
    return Service(
        hook=service.hook,
        id=service.id,
        title=service.title,
        description=service.description,
        prefetch=templates,
        usageRequirements=USAGE,
    )


def _operation_id(service: str) -> str:
    return "invoke" + "".join(word.capitalize() for word in service.split("-"))


def _schema(struct: type) -> dict[str, object]:
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


def _json(schema: dict[str, object], description: str, media: str) -> dict[str, object]:
    return {"description": description, "content": {media: {"schema": schema}}}


_OUTCOME_SCHEMA: dict[str, object] = {
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
    200: _json(_schema(Services), "The discovery document", "application/json")
}
INVOCATION_RESPONSES: dict[int | str, dict[str, object]] = {
    200: _json(_schema(Cards), "Cards; an empty list means nothing to say", "application/json"),
    **{status: _json(_OUTCOME_SCHEMA, text, "application/fhir+json") for status, text in _STATUSES.items()},
}
REQUEST_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["hook", "hookInstance", "context"],
                    "properties": {
                        "hook": {"type": "string", "enum": [service.hook for service in SERVICES]},
                        "hookInstance": {"type": "string", "format": "uuid"},
                        "fhirServer": {"type": "string", "minLength": 1},
                        "fhirAuthorization": {"type": "object"},
                        "context": {
                            "type": "object",
                            "required": ["userId", "patientId"],
                            "properties": {
                                "userId": {"type": "string", "minLength": 1},
                                "patientId": {
                                    "type": "string",
                                    "pattern": r"^[A-Za-z0-9.\-]{1,256}$",
                                },
                                "encounterId": {"type": "string", "minLength": 1},
                            },
                        },
                        "prefetch": {"type": "object", "additionalProperties": True},
                    },
                }
            }
        },
    }
}
