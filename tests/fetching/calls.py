"""A hospital whose record stands on a FHIR server, and the calls that leave it to the service to fetch it."""

import gc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any

import httpx
from fastapi import FastAPI

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import ONE_OF, TYPES, hook_request
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    PATIENT_ID,
    STABLE,
    Json,
    limb_lesion,
    patient,
    spinal_lesion,
)
from tests.contract.served import application
from tests.faults.server import FaultServer, Seen

TOKEN = "token-that-nobody-may-see"  # noqa: S105  a word that opens nothing
# What a record holds and no answer repeats.
FAMILY = "Family-that-nobody-may-see"
WHOLE_RECORD: tuple[Json, ...] = (
    patient(name=[{"family": FAMILY}]),
    *spinal_lesion("T11"),
    *spinal_lesion("L3", STABLE),
    *limb_lesion(FEMORAL_SHAFT, LEFT),
    *(resource for key, resource in ONE_OF.items() if key != "patient"),
)
CALM = "Stable by SINS"
# The deadline and the target of a call for which time is no part of the test: as long as they can be.
UNHURRIED = {"fetch_deadline": 10, "fetch_target": 10}
SEARCHED = tuple(types[0] for key, types in TYPES.items() if key != "patient")


def stored(resources: Iterable[Json] = WHOLE_RECORD) -> dict[str, Json]:
    """The resources as a server holds them: copies, which a test may change."""
    return {f"{resource['resourceType']}/{resource['id']}": deepcopy(resource) for resource in resources}


def authorization(**members: Any) -> Json:
    """The access that an EHR sends with a call; members named are put in their place."""
    return {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "service",
        "patient": PATIENT_ID,
        **members,
    }


def call(base: str | None, prefetch: Json | None = None, **members: Any) -> Json:
    """A call that names this server and brings this prefetch, which is nothing where it is left out."""
    named: Json = {} if base is None else {"fhirServer": base}
    return hook_request(prefetch={} if prefetch is None else prefetch, **named, **members)


def with_token(base: str, prefetch: Json | None = None, **members: Any) -> Json:
    """A call that names this server and brings access to it; members named are those of the access."""
    return call(base, prefetch, fhirAuthorization=authorization(**members))


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[FastAPI]:
    """The service under these settings, started and stopped as a whole."""
    thresholds = gc.get_threshold()
    app = application(**{**UNHURRIED, **settings})
    try:
        async with app.router.lifespan_context(app):
            yield app
    finally:
        # What starting changed of the collector concerns a process, and not the next test.
        gc.unfreeze()
        gc.set_threshold(*thresholds)


@asynccontextmanager
async def open_server(app_settings: Json | None = None) -> AsyncIterator[tuple[FaultServer, Ehr]]:
    """A server that asks for no token, and an EHR whose service may ask it."""
    async with (
        FaultServer(stored()) as server,
        running(demo_fhir_servers=(server.base,), **(app_settings or {})) as app,
    ):
        yield server, Ehr(app)


def fhir_server(server: FaultServer, **members: Any) -> Json:
    """The setting that lets a server be asked with the token of a call."""
    return {"base": server.base, "allow_private": True, **members}


@asynccontextmanager
async def guarded_server(
    app_settings: Json | None = None, **members: Any
) -> AsyncIterator[tuple[FaultServer, Ehr]]:
    """A server that is asked with the token of a call only, and an EHR whose service may ask it."""
    async with FaultServer(stored()) as server:
        setting = fhir_server(server, **members)
        async with running(fhir_servers=(setting,), **(app_settings or {})) as app:
            yield server, Ehr(app)


def cards_in(response: httpx.Response) -> list[Json]:
    """The cards of an answer, which must be one."""
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    return cards


def unmarked(cards: Iterable[Json]) -> list[Json]:
    """Cards without what is new in every answer."""
    return [{name: value for name, value in card.items() if name != "uuid"} for card in cards]


def asked_types(requests: Iterable[Seen]) -> list[str]:
    """The types that were asked for, in alphabetical order."""
    return sorted(seen.type for seen in requests)
