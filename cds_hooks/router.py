"""The routes of CDS Hooks: discovery and invocation."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.assess import assess
from app.body import DirectRoute, read_body
from app.errors import EnvelopeError, Issue, NotFoundError, UnreadableError
from app.fhir.orders import short_reference
from app.fhir.reader import Reader
from app.fhir.strict import check_text, read_small
from app.knowledge import Knowledge
from app.logs import logger
from app.presence import Gone, gone_from
from cds_hooks.card import Cards
from cds_hooks.cards import Call, CardMaker
from cds_hooks.delivery import Delivery
from cds_hooks.documented import (
    DISCOVERY_RESPONSES,
    OUTCOME_SCHEMA,
    invocation_responses,
    json_answer,
    request_body,
)
from cds_hooks.fetching import Fetching
from cds_hooks.gather import decode_whole, take
from cds_hooks.protocol import (
    DECODE_ERRORS,
    HookRequest,
    HookRequestError,
    Service,
    Services,
    encode,
    read_request,
)
from cds_hooks.services import SERVICES, USAGE, HookService
from cds_hooks.source_attributes import SourceAttributes
from cds_hooks.tenants import Tenant
from cds_hooks.trusting import Clients

# The version of CDS Hooks that the service implements.
_VERSION = "2.0.1"
_NO_CARDS = encode(Cards([]))
# A card speaks to clinicians; a hook fired by a patient's own app gets none.
_NOT_CLINICIANS = re.compile(r"(?:.*/)?(?:Patient|RelatedPerson)/[^/]+(?:/_history/[^/]+)?")


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers a call: each step of it, in the order of use.

    Args:
        reader: reads the resources.
        clock: tells the moment a call is judged at.
        knowledge: the rules.
        maker: makes the cards.
        delivery: shows them.
        fetching: fetches what a call leaves open.
        tenant: whose calls these are.
        https_only: whether a FHIR server must be named by an https address.
    """

    reader: Reader
    clock: Callable[[], datetime]
    knowledge: Knowledge
    maker: CardMaker
    delivery: Delivery
    fetching: Fetching
    tenant: Tenant
    https_only: bool

    async def answer(self, service: HookService, body: bytes, gone: Gone) -> tuple[bytes, int]:
        """The answer to a call, and how many cards it holds.

        Args:
            service: the service that is called.
            body: the body of the request.
            gone: returns when the caller has gone away.
        """
        request = _read(body, service)
        server = request.fhir_server
        if self.https_only and server and not server.lower().startswith("https://"):
            raise _envelope_error("fhirServer", "fhirServer must be an https address.")
        tenant = self.tenant
        by_type = tenant.profile.matches_prefetch_by_type
        taken = take(body, request, service, self.reader, by_type=by_type)
        gathered = await self.fetching.complete(taken, gone)
        if _NOT_CLINICIANS.fullmatch(request.text("userId") or ""):
            return _NO_CARDS, 0
        now = self.clock()
        assessment = assess(gathered.record, now, self.knowledge)
        encounter = short_reference(request.text("encounterId") or "").removeprefix("Encounter/")
        call = Call(service, request.hook_instance, tenant.name, encounter or None)
        held = await self.delivery.held(tenant, gathered.patient, now)
        made = self.maker.cards(assessment, gathered, call, held)
        cards = self.delivery.deliver(made, tenant, call, gathered.patient, now)
        return encode(Cards(cards)), len(cards)


def router(
    answering: Answering,
    *,
    templates: dict[str, str],
    attributes: Mapping[str, bytes],
    clients: Clients | None,
    max_bytes: int,
) -> APIRouter:
    """The routes under ``/cds-services``.

    Args:
        answering: answers the calls.
        templates: what discovery asks for, by prefetch key.
        attributes: the source attributes of each service, encoded.
        clients: those who may invoke a service; None where whoever reaches it may.
        max_bytes: the largest body that is taken.
    """
    versions = "discovery-version" in answering.tenant.ballot
    routes = APIRouter(tags=["CDS Hooks"], route_class=DirectRoute)
    discovery = encode(Services([_entry(one, templates, versions=versions) for one in SERVICES]))

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
        responses={404: json_answer(OUTCOME_SCHEMA, "There is no such service", "application/fhir+json")},
    )
    async def source_attributes(service: Annotated[str, service_id]) -> Response:
        if service not in attributes:
            raise NotFoundError(f"There is no such service; the services are {', '.join(attributes)}.")
        return Response(attributes[service], media_type="application/json")

    routes.include_router(described)

    def add(service: HookService) -> None:
        @routes.post(
            f"/cds-services/{service.id}",
            operation_id=_operation_id(service.id),
            summary=service.title,
            description=service.description,
            responses=invocation_responses(proof=clients is not None),
            response_class=Response,
            openapi_extra=request_body(service),
        )
        async def invoke(request: Request) -> Response:
            started = perf_counter()
            body = await read_body(request, max_bytes)
            if clients is not None:
                await clients.admit(request, body, service.id)
            content, cards = await answering.answer(service, body, gone_from(request))
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


def _entry(service: HookService, templates: dict[str, str], *, versions: bool) -> Service:
    return Service(
        hook=service.hook,
        id=service.id,
        title=service.title,
        description=service.description,
        prefetch=templates,
        usageRequirements=USAGE,
        version=_VERSION if versions else None,
        hookVersion=service.hook_version if versions else None,
    )


def _operation_id(service: str) -> str:
    return "invoke" + "".join(word.capitalize() for word in service.split("-"))
