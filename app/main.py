"""The composition root: settings in, an application out. Imported by nobody."""

import gc
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from secrets import token_bytes
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import openapi
from app.api import problems
from app.api.evidence import router as evidence_router
from app.api.feedback import feedback_summary_routes
from app.api.fhir_documents import fhir_document_routes
from app.api.measures import measure_routes
from app.api.models import Health, answers_model
from app.api.pathway_inputs import inputs_model
from app.api.pathways import pathway_routes
from app.api.patient_assessments import PatientAsked, patient_assessment_routes
from app.api.public_keys import public_key_routes
from app.api.router import router as rest_router
from app.api.wire import knowledge_json
from app.errors import (
    AnotherPatientError,
    ContradictionError,
    Issue,
    MethodError,
    NotFoundError,
    ServiceError,
    TooLargeError,
)
from app.fhir.codes import code_book
from app.fhir.published.capabilities import FHIR_PATH
from app.fhir.published.documents import documents
from app.fhir.queries import prefetch_templates
from app.fhir.questionnaires import questionnaire
from app.fhir.reader import Reader
from app.fhir.record_of_patient import PatientRecords
from app.fhir.server.authorizing import public_keys
from app.fhir.server.building import Outside, known_servers
from app.fhir.server.known import KnownServers
from app.fhir.server.pulling import Limits, Puller
from app.knowledge import VERSION, load
from app.knowledge.policy import Policy
from app.logs import configure, logger
from app.settings import Profile, Settings
from app.store import Recorder, Store
from app.web.evidence_page import evidence_page
from app.web.knowledge_pages import knowledge_pages
from app.web.router import router as web_router
from cds_hooks import outcome
from cds_hooks.cards import CardMaker
from cds_hooks.delivery import Delivery
from cds_hooks.feedback import feedback_routes
from cds_hooks.fetching import Fetching
from cds_hooks.override_reasons import displays
from cds_hooks.router import Answering
from cds_hooks.router import router as hooks_router
from cds_hooks.services import SERVICES
from cds_hooks.source_attributes import source_attributes
from cds_hooks.tenants import default_tenant
from cds_hooks.trusting import Clients, registered_clients

Clock = Callable[[], datetime]


def create_app(
    settings: Settings | None = None, clock: Clock | None = None, outside: Outside | None = None
) -> FastAPI:
    """The service, ready to be served.

    Args:
        settings: what the environment says, where left out.
        clock: tells the moment a request is judged at; the system's clock where left out.
        outside: how other servers are reached, and by which clock; the network and the system's clock where
            left out. A fixed moment of judging is no time that tokens could be dated by.

    Raises:
        ValueError: settings, local policy or code map cannot be used; the message says why.
    """
    settings = settings or Settings()
    configure()
    fixed = settings.as_of
    now = clock or ((lambda: fixed) if fixed is not None else (lambda: datetime.now(UTC)))
    knowledge = load(Policy.of(settings.policy, settings.windows))
    book = code_book(settings.canonical_base, settings.code_map)
    reader = Reader(book, knowledge)
    answers = {
        code: answers_model(i.score, i.place_item if "level" in i.lead else None)
        for code, i in knowledge.instruments.items()
    } | {code: answers_model(one.score) for code, one in knowledge.patient_scores.items()}
    inputs = {code: inputs_model(pathway) for code, pathway in knowledge.pathways.items()}
    demo = settings.profile is Profile.DEMO
    tenant = default_tenant(settings)
    outside = outside or Outside(lambda: datetime.now(UTC))
    servers = known_servers(settings, outside)
    limits = Limits(settings.fetch_deadline, settings.fetch_target)
    templates = prefetch_templates(book, knowledge)
    store = Store.open(settings.database_url)
    recorder = Recorder(store.note_cards)
    clients = registered_clients(settings, outside)
    app = FastAPI(
        title="spine-mets-cds",
        version=VERSION,
        lifespan=_lifespan(settings, knowledge.digest, store, recorder, servers, clients),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Wherever a tracing SDK is installed, the framework would log exception texts.
        telemetry={"logs": False, "operation_spans": False},
    )
    app.include_router(
        hooks_router(
            Answering(
                reader=reader,
                clock=now,
                knowledge=knowledge,
                maker=CardMaker(book, settings.public_base_url),
                delivery=Delivery(store, recorder, _pseudonym_key(settings)),
                fetching=Fetching(servers, Puller(limits, VERSION), templates),
                tenant=tenant,
                https_only=not demo,
            ),
            templates=dict(templates),
            attributes=source_attributes(SERVICES, knowledge, settings),
            clients=clients,
            max_bytes=settings.max_hook_bytes,
        )
    )

    def tenant_of(_request: Request) -> str:
        return tenant.name

    app.include_router(
        feedback_routes(
            services=SERVICES,
            store=store,
            tenant_of=tenant_of,
            clock=now,
            clients=clients,
            max_bytes=settings.max_hook_bytes,
        )
    )
    app.include_router(
        feedback_summary_routes(
            store=store,
            recorder=recorder,
            tenant_of=tenant_of,
            clock=now,
            smallest_cell=settings.smallest_cell,
            displays=displays(settings.canonical_base),
        )
    )
    app.include_router(measure_routes(knowledge.measures, knowledge))
    app.include_router(pathway_routes(knowledge, inputs))
    app.include_router(
        rest_router(
            book=book,
            knowledge=knowledge,
            reader=reader,
            questionnaires={code: questionnaire(book, i) for code, i in knowledge.instruments.items()},
            answers=answers,
            clock=now,
            max_bytes=settings.max_bundle_bytes,
        )
    )
    records = None
    if servers.own is not None:
        records = PatientRecords(
            server=servers.own,
            templates=templates,
            reader=reader,
            limits=limits,
            version=VERSION,
            clock=outside.clock,
        )
    app.include_router(patient_assessment_routes(records=records, book=book, knowledge=knowledge, clock=now))
    if rings := [client.keys for client in servers.clients]:
        app.include_router(public_key_routes(lambda: public_keys(rings)))
    app.include_router(fhir_document_routes(documents(book, knowledge, settings.public_base_url)))
    app.include_router(evidence_router(knowledge_json(knowledge)))
    app.include_router(knowledge_pages(knowledge))
    app.include_router(evidence_page(knowledge))
    _add_health(app)
    if demo:
        app.include_router(web_router(now, settings.canonical_base))
    _add_errors(app)
    app.add_middleware(_Failures)
    if settings.demo_cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.demo_cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    openapi.install(app, (*answers.values(), *inputs.values(), PatientAsked))
    return app


def _pseudonym_key(settings: Settings) -> bytes:
    """The secret of the pseudonyms; one that nobody keeps where none is set."""
    key = settings.pseudonym_key
    return token_bytes(32) if key is None else key.get_secret_value().encode()


def _lifespan(
    settings: Settings,
    digest: str,
    store: Store,
    recorder: Recorder,
    servers: KnownServers,
    clients: Clients | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # What start-up built lives as long as the process: keep the collector from walking it on
        # every pass, which costs a third of the throughput on Python 3.11.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        logger().info(
            "started",
            profile=settings.profile.value,
            version=VERSION,
            digest=digest[:12],
            host=settings.host,
            port=settings.port,
        )
        yield
        await servers.close()
        if clients is not None:
            await clients.close()
        recorder.close()
        store.close()

    return lifespan


def _add_health(app: FastAPI) -> None:
    @app.get(
        "/health/live",
        operation_id="isLive",
        summary="Whether the process answers",
        tags=["Health"],
        response_model=Health,
    )
    async def live() -> Response:
        return Response(b'{"status":"live"}', media_type="application/json")

    @app.get(
        "/health/ready",
        operation_id="isReady",
        summary="Whether the knowledge is loaded and requests are taken",
        tags=["Health"],
        response_model=Health,
    )
    async def ready() -> Response:
        return Response(b'{"status":"ready"}', media_type="application/json")


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> Response:
        if isinstance(error, AnotherPatientError):
            # A security event [F01 to F05]; whose data they are is in no log.
            logger().warning("another_patient", status=error.status)
        return _render(request, error)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == MethodError.status:
            headers["allow"] = ", ".join(_methods_at(app, request))
        return _render(request, _known(error), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def parameter_error(request: Request, error: RequestValidationError) -> Response:
        # The names are this service's own; what was sent for them is not repeated.
        names = dict.fromkeys(str(fault["loc"][-1]) for fault in error.errors())
        issues = [
            Issue(
                f"/{name}", "invalid", f"The parameter {name} is not valid: /openapi.json says what it takes."
            )
            for name in names
        ]
        message = "A parameter of the request is not valid: see /openapi.json."
        return _render(request, ContradictionError(message, issues))


def _methods_at(app: FastAPI, request: Request) -> list[str]:
    """Every method that the address takes: several routes may share it."""
    paths = app.openapi()["paths"]
    path = request.url.path
    found = {"GET"} if path not in paths else set()
    for pattern, operations in paths.items():
        shape = "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", pattern))
        if re.fullmatch(shape, path):
            found |= {method.upper() for method in operations}
    return sorted(found)


class _Failures:
    """Answers what nobody caught, inside CORS, so that a browser sees that answer too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except ClientDisconnect:
            # The caller has gone, or its body came too late: nobody is there to be answered.
            return
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            correlation = str(uuid4())
            logger().error("failed", error=type(error).__name__, correlation=correlation, status=500)
            answer = _render(Request(scope), ServiceError(_FAILED), correlation=correlation)
            await answer(scope, receive, send)


_FAILED = "The service failed; its log has more under the id of this answer."


def _known(error: HTTPException) -> ServiceError:
    if error.status_code == MethodError.status:
        return MethodError("This address does not take this method: see Allow.")
    if error.status_code == TooLargeError.status:
        return TooLargeError("The body is too large: send less.")
    return NotFoundError("There is nothing at this address: see /openapi.json.")


def _render(
    request: Request,
    error: ServiceError,
    correlation: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    headers = {**error.headers, **(headers or {})}
    # Callers of these read FHIR; every other address is plain REST.
    if request.url.path.startswith("/cds-services") or f"{request.url.path}/".startswith(f"{FHIR_PATH}/"):
        body, media = outcome.operation_outcome(error, correlation), outcome.MEDIA_TYPE
    else:
        body, media = problems.problem(error, correlation), problems.MEDIA_TYPE
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Response(body, error.status, headers=headers, media_type=media)
