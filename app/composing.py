"""Putting together what answers for one organisation: its knowledge, its servers, its clients, its routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware

from app.api.assessing import Assessing
from app.api.batch_models import BatchAsked
from app.api.evidence import router as evidence_router
from app.api.feedback import feedback_summary_routes
from app.api.idempotency import IdempotentCalls
from app.api.measures import measure_bodies, measure_routes
from app.api.models import answers_model
from app.api.pathway_inputs import inputs_model
from app.api.pathways import pathway_routes
from app.api.patient_assessments import PatientAsked, patient_assessment_routes
from app.api.router import router as rest_router
from app.api.wire import knowledge_json
from app.audit.record import Stands
from app.audit.seal import Seal
from app.audit.witness import Decisions, Recording, Witness
from app.failures import Failures, answer_errors, render
from app.fhir.codes import CodeBook
from app.fhir.names import normal_base
from app.fhir.queries import prefetch_templates
from app.fhir.questionnaires import questionnaire
from app.fhir.reader import Reader
from app.fhir.server.known import KnownServers
from app.fhir.server.pulling import Limits, Puller
from app.fhir.server.watching import Together, Watch
from app.knowledge import VERSION, Knowledge
from app.parties import clients_of, gate_of, servers_of
from app.settings import Profile, Settings
from app.sharing import Shared
from cds_hooks.cards import CardMaker
from cds_hooks.delivery import Delivery
from cds_hooks.feedback import feedback_routes
from cds_hooks.fetching import Fetching
from cds_hooks.override_reasons import displays
from cds_hooks.router import Answering
from cds_hooks.router import router as hooks_router
from cds_hooks.services import SERVICES
from cds_hooks.source_attributes import source_attributes
from cds_hooks.tenants import tenant_of

if TYPE_CHECKING:
    # Loaded where there are any: app/parties.py.
    from app.api.caller_gate import RestAccess
    from app.fhir.server.backend.keys import KeyRing
    from cds_hooks.trusting import Clients

# What browsers may send, and what they may see of an answer beside its body.
ALLOWED_HEADERS = ("authorization", "content-type", "idempotency-key", "if-none-match", "x-api-key")
EXPOSED_HEADERS = (
    "deprecation",
    "etag",
    "idempotency-replayed",
    "link",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "sunset",
    "x-decision-id",
)


@dataclass(frozen=True, slots=True)
class Composed:
    """What answers for one organisation.

    Args:
        settings: its own.
        models: what the OpenAPI document needs beside the routes.
    """

    settings: Settings
    app: FastAPI
    knowledge: Knowledge
    servers: KnownServers
    clients: "Clients | None"
    access: "RestAccess | None"
    models: tuple[type[BaseModel], ...]

    @property
    def rings(self) -> "tuple[KeyRing, ...]":
        """The keys that it signs with where it is a client of others."""
        return tuple(client.keys for client in self.servers.clients)

    async def close(self) -> None:
        """Give back its connections."""
        await self.servers.close()
        if self.clients is not None:
            await self.clients.close()
        if self.access is not None:
            await self.access.close()


def compose(app: FastAPI, settings: Settings, shared: Shared, elsewhere: Callable[[str], bool]) -> Composed:
    """What answers for one organisation, with its routes in an application.

    Args:
        app: takes the routes.
        settings: those of the organisation.
        shared: what it shares with others.
        elsewhere: whether an address is that of a FHIR server of another organisation.

    Raises:
        ValueError: a setting cannot be used; the message names it.
    """
    knowledge = shared.knowledge_of(settings)
    book, outside, clock = shared.book, shared.outside, shared.clock
    reader = Reader(book, knowledge)
    wires = _wires(knowledge)
    answers, inputs, measured = wires.answers, wires.inputs, wires.measured
    tenant = tenant_of(settings)
    watches: list[Watch] = [
        shared.metrics.servers_of(tenant.name),
        *([shared.traces] if shared.traces else []),
    ]
    servers = servers_of(settings, outside, Together(watches))
    shared.metrics.runs(VERSION, knowledge.digest)
    shared.metrics.serves(tenant.name)
    costs = shared.metrics.rule_costs
    costs.counts(
        [
            *knowledge.instruments,
            *knowledge.patient_scores,
            *knowledge.pathways,
            *knowledge.measures,
        ]
    )
    clients = clients_of(settings, outside, shared.used_tokens)
    if clients is not None:
        clients.on_refused, clients.on_replay = shared.metrics.refused, shared.metrics.replayed
    limits = Limits(settings.fetch_deadline, settings.fetch_target)
    templates = prefetch_templates(book, knowledge)
    decisions = _decisions(settings, shared, knowledge)
    app.include_router(
        hooks_router(
            Answering(
                reader=reader,
                clock=clock,
                knowledge=knowledge,
                maker=CardMaker(book, settings.public_base_url),
                delivery=Delivery(shared.store, shared.recorder, shared.key),
                fetching=Fetching(servers, Puller(limits, VERSION, shared.aside.apart), templates, elsewhere),
                tenant=tenant,
                https_only=settings.profile is not Profile.DEMO,
                begin_laps=costs.begin,
            ),
            templates=dict(templates),
            attributes=cache(partial(source_attributes, SERVICES, knowledge, settings)),
            clients=clients,
            max_bytes=settings.max_hook_bytes,
            decisions=decisions,
            aside=shared.aside,
        )
    )

    def name(_request: Request) -> str:
        return tenant.name

    app.include_router(
        feedback_routes(
            services=SERVICES,
            store=shared.store,
            tenant_of=name,
            clock=clock,
            clients=clients,
            max_bytes=settings.max_hook_bytes,
            decisions=decisions,
        )
    )
    app.include_router(
        feedback_summary_routes(
            store=shared.store,
            recorder=shared.recorder,
            tenant_of=name,
            clock=clock,
            smallest_cell=settings.smallest_cell,
            displays=displays(settings.canonical_base),
        )
    )
    app.include_router(measure_routes(knowledge.measures, measured, knowledge, decisions, costs.begin))
    app.include_router(pathway_routes(knowledge, inputs, decisions, costs.begin))
    app.include_router(
        rest_router(
            assessing=Assessing(book, knowledge, clock, decisions, costs.begin),
            knowledge=knowledge,
            questionnaires=partial(_questionnaires, book, knowledge),
            answers=answers,
            max_bytes=settings.max_bundle_bytes,
            decisions=decisions,
            begin_laps=costs.begin,
            aside=shared.aside,
        )
    )
    records = None
    if servers.own is not None:
        from app.fhir.record_of_patient import PatientRecords  # noqa: PLC0415  with a server to ask only

        records = PatientRecords(
            server=servers.own,
            templates=templates,
            reader=reader,
            limits=limits,
            version=VERSION,
            clock=outside.clock,
            apart=shared.aside.apart,
        )
    app.include_router(
        patient_assessment_routes(
            records=records,
            book=book,
            knowledge=knowledge,
            clock=clock,
            base=None if servers.own is None else normal_base(servers.own.base.text),
            decisions=decisions,
            begin_laps=costs.begin,
            aside=shared.aside,
        )
    )
    app.include_router(evidence_router(knowledge_json(knowledge)))
    answer_errors(app, tenant.name)
    # Behind the gate, which says whose a key is.
    app.add_middleware(IdempotentCalls, answers=shared.answers, tenant=tenant.name)
    access = gate_of([settings], outside, render)
    if access is not None:
        access.on_refused = shared.metrics.refused
        app.add_middleware(access.over)
    app.add_middleware(Failures)
    origins = settings.cors_origins or settings.demo_cors_origins
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
        )
    models: tuple[type[BaseModel], ...] = (
        *answers.values(),
        *inputs.values(),
        *measured.values(),
        PatientAsked,
        BatchAsked,
    )
    return Composed(settings, app, knowledge, servers, clients, access, models)


def _decisions(settings: Settings, shared: Shared, knowledge: Knowledge) -> Decisions:
    """Has every call recorded, then counted, so that what is counted is what the caller gets."""
    # Digests are for records alone: where none are kept, none are made.
    seal = Seal(shared.key) if shared.audit is not None else None
    witnesses: list[Witness] = [shared.metrics, *([shared.traces] if shared.traces else [])]
    if shared.audit is not None and seal is not None:
        keep = partial(shared.audit.keep, failure=settings.audit_failure)
        witnesses.insert(0, Recording(keep, seal, Stands(knowledge.version, knowledge.digest)))
    # Never a fixed moment of judging: records are of the time at which they were made.
    return Decisions(witnesses, seal, settings.tenant, shared.outside.clock)


@lru_cache(maxsize=64)
def _questionnaires(book: CodeBook, knowledge: Knowledge) -> Mapping[str, bytes]:
    return {code: questionnaire(book, one) for code, one in knowledge.instruments.items()}


class _Wires(NamedTuple):
    """What callers of REST send, by code: answers of scores, inputs of pathways, bodies of measures."""

    answers: Mapping[str, type[BaseModel]]
    inputs: Mapping[str, type[BaseModel]]
    measured: Mapping[str, type[BaseModel]]


@lru_cache(maxsize=64)
def _wires(knowledge: Knowledge) -> _Wires:
    lesion_scores = {
        code: answers_model(i.score, i.place_item if "level" in i.lead else None)
        for code, i in knowledge.instruments.items()
    }
    patient_scores = {code: answers_model(one.score) for code, one in knowledge.patient_scores.items()}
    return _Wires(
        lesion_scores | patient_scores,
        {code: inputs_model(pathway) for code, pathway in knowledge.pathways.items()},
        measure_bodies(knowledge.measures),
    )
