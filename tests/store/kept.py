"""Cards and reports as the tests keep them, and an application of nothing but what keeps and tells them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from fastapi import FastAPI

from app import openapi
from app.api.feedback import feedback_summary_routes
from app.failures import answer_errors
from app.store import IssuedCard, Outcome, Recorder, Report, Store
from cds_hooks.feedback import feedback_routes
from cds_hooks.services import PATIENT_VIEW, SERVICES
from tests.cds_hooks.record import NOW
from tests.contract.served import talk_to

TENANT = "default"
PATIENT = "0123456789abcdef0123456789abcdef"


def uuid_of(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://cards.test/{number}"))


def moment(minutes: float = 0) -> datetime:
    return NOW + timedelta(minutes=minutes)


def card(number: int, **members: Any) -> IssuedCard:
    return IssuedCard(
        **{
            "uuid": uuid_of(number),
            "tenant": TENANT,
            "service": PATIENT_VIEW.id,
            "hook": PATIENT_VIEW.hook,
            "topic": "sins",
            "rule": "SINS-B3",
            "indicator": "critical",
            "urgency": 1,
            "patient": PATIENT,
            "site": "T11",
            "issued_at": NOW,
            **members,
        }
    )


def report(number: int, outcome: Outcome = "overridden", minutes: float = 0, **members: Any) -> Report:
    if outcome == "accepted":
        members.setdefault("suggestions", (uuid_of(1_000 + number),))
    return Report(uuid_of(number), outcome, moment(minutes), **members)


def add(store: Store, *reports: Report, tenant: str = TENANT, service: str = PATIENT_VIEW.id) -> int:
    return store.add_feedback(tenant, service, reports, NOW)


def serving(
    store: Store,
    *,
    recorder: Recorder | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    smallest_cell: int = 1,
    displays: Mapping[tuple[str, str], str] | None = None,
) -> FastAPI:
    """The routes of feedback and its summary; a header names the tenant."""
    app = FastAPI(title="feedback", redirect_slashes=False, telemetry={"logs": False})

    def tenant_of(request: Any) -> str:
        named: str = request.headers.get("x-tenant", TENANT)
        return named

    app.include_router(
        feedback_routes(
            services=SERVICES,
            store=store,
            tenant_of=tenant_of,
            clock=clock,
            clients=None,
            max_bytes=5_000_000,
        )
    )
    app.include_router(
        feedback_summary_routes(
            store=store,
            recorder=recorder or Recorder(store.note_cards),
            tenant_of=tenant_of,
            clock=clock,
            smallest_cell=smallest_cell,
            displays=displays or {},
        )
    )
    answer_errors(app)
    openapi.install(app, ())
    return app


def client_of(store: Store, **options: Any) -> httpx.AsyncClient:
    return talk_to(serving(store, **options))
