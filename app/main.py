"""The composition root: settings in, an application out. Imported by nobody."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app import openapi
from app.api.deprecations import DEPRECATIONS, DeprecatedRoutes, Deprecation, SayDeprecated
from app.api.fhir_documents import fhir_document_routes
from app.api.metrics_route import metrics_routes
from app.api.public_keys import public_key_routes
from app.api.route_templates import RouteTemplates, templates_in
from app.composing import ALLOWED_HEADERS, EXPOSED_HEADERS, Composed, compose
from app.fhir.published.documents import documents
from app.fhir.server.outside import Outside
from app.health import add_probes
from app.knowledge import VERSION
from app.logs import configure, logger
from app.metrics import CountedRequests, Metrics
from app.settings import Profile, Settings
from app.settings.tenants import TenantEntry, TenantsFileError, settings_of
from app.sharing import Clock, Shared
from app.starting import check_audit, check_knowledge, refuse_unsafe_start
from app.tenancy import Tenancy, TenantSwitch
from app.web.evidence_page import evidence_page
from app.web.knowledge_pages import knowledge_pages
from app.web.router import router as web_router

if TYPE_CHECKING:
    # Loaded where this service signs anything.
    from app.fhir.server.backend.keys import KeyRing

# Wherever a tracing SDK is installed, the framework would send addresses, and log exception texts.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
# How old the counts of the audit may be that another process is asked for.
_REFRESH_SECONDS = 5.0
# A probe that waits for readiness comes first.
_AFTER_READINESS_SECONDS = 0.5


def create_app(
    settings: Settings | None = None,
    clock: Clock | None = None,
    outside: Outside | None = None,
    deprecations: Mapping[str, Deprecation] = DEPRECATIONS,
) -> FastAPI:
    """The service, ready to be served.

    Args:
        settings: what the environment says, where left out.
        clock: tells the moment a request is judged at; the system's clock where left out.
        outside: how other servers are reached, and by which clock; the network and the system's clock where
            left out. A fixed moment of judging is no time that tokens could be dated by.
        deprecations: the operations that will end, by operationId.

    Raises:
        ValueError: settings, local policy, code map or deprecations cannot be used; the message says why.
    """
    settings = settings or Settings()
    configure()
    refuse_unsafe_start(settings)
    check_audit(settings)
    fixed = settings.as_of
    now = clock or ((lambda: fixed) if fixed is not None else (lambda: datetime.now(UTC)))
    shared = Shared.open(settings, now, outside or Outside(lambda: datetime.now(UTC)))
    deployment = _Deployment(settings, shared)
    app = FastAPI(
        title="spine-mets-cds",
        version=VERSION,
        lifespan=_lifespan(deployment),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.shared = shared
    own = deployment.own = compose(app, settings, shared, lambda _address: False)
    check_knowledge(settings, own.knowledge.digest)
    if settings.tenants is not None:
        tenancy = deployment.tenancy = _tenancy(settings, shared)
        app.state.tenancy = tenancy
        app.include_router(_public_keys(lambda: tenancy.rings))
        app.add_middleware(_AnyTenantsOrigins, tenancy=tenancy)
        app.add_middleware(TenantSwitch, tenancy=tenancy)
    elif own.rings:
        app.include_router(_public_keys(lambda: own.rings))
    published = partial(_published, shared.book, own.knowledge, settings.public_base_url)
    app.include_router(fhir_document_routes(published))
    app.include_router(knowledge_pages(own.knowledge))
    app.include_router(evidence_page(own.knowledge))
    add_probes(app)
    app.include_router(metrics_routes(lambda wanted: shared.metrics.told(open_metrics=wanted)))
    if settings.profile is Profile.DEMO:
        app.include_router(web_router(now, settings.canonical_base))
    openapi.install(app, own.models, deprecations)
    if deprecations:
        app.add_middleware(SayDeprecated, routes=DeprecatedRoutes(app.routes, deprecations))
    # The last ones added see every request first, and its answer as it leaves.
    templates = RouteTemplates(templates_in(app.routes))
    app.add_middleware(CountedRequests, metrics=shared.metrics, route_of=templates.of)
    if shared.traces is not None:
        app.add_middleware(shared.traces.around, route_of=templates.of)
    return app


def _public_keys(rings: Callable[[], "tuple[KeyRing, ...]"]) -> APIRouter:
    from app.fhir.server.authorizing import public_keys  # noqa: PLC0415  where this service signs anything

    return public_key_routes(lambda: public_keys(rings()))


# The same codes, knowledge and address have the same definitions.
_published = lru_cache(maxsize=64)(documents)


@dataclass(slots=True)
class _Deployment:
    """Everything that runs behind one application."""

    settings: Settings
    shared: Shared
    own: Composed = field(init=False)
    tenancy: Tenancy | None = None

    async def close(self) -> None:
        """Give back every connection, and write what waits."""
        if self.tenancy is not None:
            await self.tenancy.close()
        await self.own.close()
        self.shared.close()
        if self.shared.traces is not None:
            await self.shared.traces.close()


def _tenancy(settings: Settings, shared: Shared) -> Tenancy:
    """The organisations of the file that the settings name."""

    def composed(entry: TenantEntry, elsewhere: Callable[[str], bool]) -> Composed:
        its = settings_of(settings, entry)
        refuse_unsafe_start(its)
        # Everything that is open to all is the outer application's: this one is reached by its callers only.
        inner = FastAPI(
            title="spine-mets-cds",
            version=VERSION,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            separate_input_output_schemas=False,
            telemetry=_NO_TELEMETRY,
        )
        check_knowledge(its, shared.knowledge_of(its).digest)
        found = compose(inner, its, shared, elsewhere)
        openapi.install(inner, found.models)
        return found

    if settings.tenants is None:  # whoever calls has looked
        raise ValueError("SPINE_METS_TENANTS names no file")
    try:
        return Tenancy(settings.tenants, composed, shared.metrics.tenants_failing)
    except TenantsFileError as error:
        raise ValueError(f"SPINE_METS_TENANTS: {error}") from None


class _AnyTenantsOrigins(CORSMiddleware):
    """Answers browsers before they show who they are: an origin of any organisation is one that may ask."""

    def __init__(self, app: ASGIApp, tenancy: Tenancy) -> None:
        super().__init__(
            app,
            allow_methods=["GET", "POST"],
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
        )
        self._tenancy = tenancy

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether any organisation answers it."""
        return self._tenancy.is_origin(origin)


async def _keep_counting(metrics: Metrics) -> None:
    """Keep the counts fresh that are looked up rather than counted, for as long as the service runs."""
    while True:
        try:
            metrics.refresh()
        except Exception as error:  # noqa: BLE001  a count that fails now may be had the next time
            logger().error("counts_not_refreshed", error=type(error).__name__)
        await asyncio.sleep(_REFRESH_SECONDS)


async def _load_models() -> None:
    """Load what the first order and the first definition are checked by, once the first probe is answered."""
    await asyncio.sleep(_AFTER_READINESS_SECONDS)
    await asyncio.to_thread(import_module, "app.fhir.r4b")


def _lifespan(deployment: _Deployment) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # What start-up built lives as long as the process: keep the collector from walking it on
        # every pass, which costs a third of the throughput on Python 3.11. Collecting before would take
        # a tenth of a second, and find 2,000 of 200,000 objects.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        settings = deployment.settings
        logger().info(
            "started",
            profile=settings.profile.value,
            version=VERSION,
            digest=deployment.own.knowledge.digest[:12],
            host=settings.host,
            port=settings.port,
        )
        if settings.profile is not Profile.DEMO and settings.audit_heads is None:
            # Nobody would see that the end of a chain was cut off.
            logger().warning("audit_heads_unsigned")
        tasks = [
            asyncio.create_task(_keep_counting(deployment.shared.metrics)),
            asyncio.create_task(deployment.shared.answers.keep_swept()),
            asyncio.create_task(_load_models()),
        ]
        if deployment.tenancy is not None:
            tasks.append(asyncio.create_task(deployment.tenancy.keep_current()))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await deployment.close()

    return lifespan
