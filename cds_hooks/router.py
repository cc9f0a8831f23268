"""The routes of CDS Hooks: discovery and invocation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter, Path, Request, Response

from app.aside import HERE, Aside, Turn, entered
from app.assess.laps import BeginLaps, begin_unheard
from app.audit.noting import Noted
from app.audit.witness import HEADER, UNWITNESSED, Decisions
from app.body import DirectRoute, read_body
from app.errors import NotFoundError
from app.fhir.reader import Reader
from app.knowledge import Knowledge
from app.logs import logger
from app.presence import Gone, gone_from
from cds_hooks.card import Cards
from cds_hooks.cards import CardMaker, Held
from cds_hooks.delivery import Delivery
from cds_hooks.documented import (
    DISCOVERY_RESPONSES,
    OUTCOME_SCHEMA,
    invocation_responses,
    json_answer,
    request_body,
)
from cds_hooks.fetching import Fetching
from cds_hooks.gather import Gathered, Taken
from cds_hooks.judging import Judging, is_for_clinicians
from cds_hooks.protocol import Service, Services, encode
from cds_hooks.services import SERVICES, USAGE, HookService
from cds_hooks.source_attributes import SourceAttributes
from cds_hooks.tenants import Tenant
from cds_hooks.witnessed import caller_of, note_judged, note_request, note_taken

if TYPE_CHECKING:
    # Loaded where there are any: app/parties.py.
    from cds_hooks.trusting import Clients

# The version of CDS Hooks that the service implements.
_VERSION = "2.0.1"
NO_CARDS = encode(Cards([]))


def _nothing_to_note() -> None:
    """No card was made."""


class Answer(NamedTuple):
    """The answer to a call.

    Args:
        content: its body.
        cards: how many cards it holds.
        note: has the cards kept that were made; for when it is certain that the answer leaves.
    """

    content: bytes
    cards: int = 0
    note: Callable[[], None] = _nothing_to_note


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
        begin_laps: begins what is told how the judging of a call goes on.
    """

    reader: Reader
    clock: Callable[[], datetime]
    knowledge: Knowledge
    maker: CardMaker
    delivery: Delivery
    fetching: Fetching
    tenant: Tenant
    https_only: bool
    begin_laps: BeginLaps = begin_unheard
    judging: Judging = field(init=False)

    def __post_init__(self) -> None:
        """Put together what needs neither network nor clock."""
        judging = Judging(
            self.reader, self.knowledge, self.maker, self.tenant, self.https_only, self.begin_laps
        )
        object.__setattr__(self, "judging", judging)

    async def answer(
        self, service: HookService, body: bytes, gone: Gone, noted: Noted, turn: Turn = HERE
    ) -> Answer:
        """The answer to a call.

        Args:
            service: the service that is called.
            body: the body of the request.
            gone: returns when the caller has gone away.
            noted: takes what each step comes to know.
            turn: does the work between waiting.
        """
        taken = await turn(partial(self._taken, service, body, noted))
        try:
            gathered = await self.fetching.complete(taken, gone, turn)
        finally:
            note_taken(noted, taken)
        noted.looked_at(gathered.record.looked_at)
        if not is_for_clinicians(taken.request):
            noted.answered(NO_CARDS)
            return Answer(NO_CARDS)
        now = self.clock()
        held = await self.delivery.held(self.tenant, gathered.patient, now)
        return await turn(partial(self._judged, taken, gathered, now, held, noted))

    def _taken(self, service: HookService, body: bytes, noted: Noted) -> Taken:
        request = self.judging.request(service, body)
        note_request(noted, request, self.fetching.base(request.fhir_server))
        return self.judging.taken(service, request, body)

    def _judged(self, taken: Taken, gathered: Gathered, now: datetime, held: Held, noted: Noted) -> Answer:
        tenant = self.tenant
        judged = self.judging.judged(taken, gathered, now, held)
        note_judged(noted, judged, now, shadow=tenant.shadow)
        cards = self.delivery.shaped(judged.made, tenant)
        content = encode(Cards(cards))
        noted.answered(content)
        note = partial(self.delivery.note, judged.made, tenant, judged.call, gathered.patient, now)
        return Answer(content, len(cards), note)


def router(
    answering: Answering,
    *,
    templates: dict[str, str],
    attributes: Callable[[], Mapping[str, bytes]],
    clients: "Clients | None",
    max_bytes: int,
    decisions: Decisions = UNWITNESSED,
    aside: Aside | None = None,
) -> APIRouter:
    """The routes under ``/cds-services``.

    Args:
        answering: answers the calls.
        templates: what discovery asks for, by prefetch key.
        attributes: makes the source attributes of each service, encoded, when somebody first asks for them.
        clients: those who may invoke a service; None where whoever reaches it may.
        max_bytes: the largest body that is taken.
        decisions: has every call witnessed.
        aside: does the work of large bodies.
    """
    aside = aside or Aside()
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
    service_id = Path(description="A service", json_schema_extra={"enum": [one.id for one in SERVICES]})

    @described.get(
        "/cds-services/{service}/source-attributes",
        operation_id="getSourceAttributes",
        summary="What stands behind a service: sources, inputs, logic, limits",
        response_model=SourceAttributes,
        responses={404: json_answer(OUTCOME_SCHEMA, "There is no such service", "application/fhir+json")},
    )
    def source_attributes(service: Annotated[str, service_id]) -> Response:
        # In a thread: every rule is run over many records to see what it reads.
        made = attributes()
        if service not in made:
            raise NotFoundError(f"There is no such service; the services are {', '.join(made)}.")
        return Response(made[service], media_type="application/json")

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
            proved = None if clients is None else await clients.proved(request, service.id)
            body = await read_body(request, max_bytes)
            admitted = None
            if clients is not None and proved is not None:
                admitted = await clients.admit(proved, service.id, body)
            of_call = decisions.of("hook", service.id, body, caller_of(admitted), service.hook)
            async with aside.turn(body) as turn, entered(of_call, turn) as noted:
                answer = await answering.answer(service, body, gone_from(request), noted, turn)
            answer.note()
            logger().info(
                "hook",
                tenant=answering.tenant.name,
                service=service.id,
                decision=noted.id,
                status=200,
                bytes=len(body),
                cards=answer.cards,
                milliseconds=round(1000 * (perf_counter() - started), 2),
            )
            return Response(answer.content, headers={HEADER: noted.id}, media_type="application/json")

    for service in SERVICES:
        add(service)
    return routes


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
