"""The envelope of a call, at every hook (hardening C)."""

import copy
import json
from collections.abc import Callable

import pytest

from tests.adversary.conftest import House
from tests.adversary.doors import HOSTILE_HEADERS, RECORD, Door
from tests.cds_hooks.hook_contexts import ORDER_HOOKS, SERVICES, collection, request_of
from tests.cds_hooks.record import Json
from tests.privacy.canary import AUTHORIZATION, MRN, NAME

Change = Callable[[Json], None]
SERVER = "https://ehr.example.org/fhir"


def put(name: str, *values: object) -> list[Change]:
    """The request with another value under a name, one for each value."""
    return [lambda request, value=value: request.update({name: value}) for value in values]  # type: ignore[misc]  # bound now


def context(name: str, *values: object) -> list[Change]:
    return [
        lambda request, value=value: request["context"].update({name: value})  # type: ignore[misc]  # bound now
        for value in values
    ]


def without(*path: str) -> list[Change]:
    def change(request: Json) -> None:
        holder = request
        for name in path[:-1]:
            holder = holder[name]
        del holder[path[-1]]

    return [change]


def authorized(name: str, *values: object) -> list[Change]:
    """An access token beside the record, with one member of it odd."""
    return [
        lambda request, value=value: request.update(  # type: ignore[misc]  # bound now
            {"fhirServer": SERVER, "fhirAuthorization": {**AUTHORIZATION, name: value}}
        )
        for value in values
    ]


ROWS: dict[str, tuple[list[Change], int]] = {
    "C01 no hook": (without("hook"), 400),
    "C01 a hook that is none": (put("hook", None, 5, "", " ", [], {}, NAME), 400),
    "C02 another hook": (put("hook", "order-dispatch", "appointment-book", "PATIENT-VIEW"), 400),
    "C03 no hookInstance": (without("hookInstance"), 400),
    "C03 a hookInstance that is none": (put("hookInstance", None, 5, "", MRN, "d1577c69"), 400),
    "C05 no context": (without("context"), 400),
    "C05 a context that is none": (put("context", [], None, "x", 5, [{}]), 400),
    "C06 no patient": (without("context", "patientId"), 400),
    "C06 a patient that is none": (context("patientId", None, 5, "", " ", {}, f"{NAME} {MRN}", ".."), 400),
    "C07 a reference": (context("patientId", "Patient/p-1"), 200),
    "C09 any clinician": (
        context("userId", "Practitioner/x", "PractitionerRole/x", f"{SERVER}/Practitioner/x"),
        200,
    ),
    "C09 the patient": (context("userId", "Patient/p-1", "RelatedPerson/x"), 200),
    "C10 no user": (without("context", "userId"), 400),
    "C13 a token of another type": (authorized("token_type", "bearer", "MAC", "", None, 5), 200),
    "C14 a token's life": (authorized("expires_in", 0, -1, 10**9, "300", None, 1.5), 200),
    "C15 a scope": (authorized("scope", "CONDITION.READ OBSERVATION.READ", "", 5), 200),
    "C16 a token for another": (authorized("patient", "p-2", MRN), 422),
    "C17 no prefetch, a token": (
        [lambda r: r.update({"prefetch": {}, "fhirServer": SERVER, "fhirAuthorization": AUTHORIZATION})],
        412,
    ),
    "C18 no prefetch": (without("prefetch"), 412),
    "C18 an empty prefetch": (put("prefetch", {}), 412),
    "C19 null": ([lambda r: r["prefetch"].update({"observations": None, "procedures": None})], 200),
    "C30 1.0, 2.0 and the ballot": (
        [
            *put("version", "1.0", "2.0.1", "3.0-ballot", 5),
            *put("hookVersion", "1.1", None),
            *put("oauth", {"token": 5}),
        ],
        200,
    ),
}


@pytest.mark.parametrize("row", ROWS)
async def test_every_hook(house: House, row: str) -> None:
    changes, status = ROWS[row]
    faults = []
    for hook, path in SERVICES.items():
        for change in changes:
            request = copy.deepcopy(request_of(hook, RECORD))
            change(request)
            faults += await house.faults(Door(path, request), json.dumps(request).encode(), (status,))
    assert faults == []
    assert await house.next_good() == []


async def answer(house: House, hook: str, request: Json) -> Json:
    response = await house.client.post(
        SERVICES[hook], content=json.dumps(request).encode(), headers=dict(HOSTILE_HEADERS)
    )
    found: Json = response.json() | {"status": response.status_code}
    return found


@pytest.mark.parametrize("hook", SERVICES)
async def test_c06_a_stripped_request_is_told_why(house: House, hook: str) -> None:
    request = request_of(hook, RECORD)
    del request["context"]["patientId"]
    assert "registered" in (await answer(house, hook, request))["issue"][0]["diagnostics"]


@pytest.mark.parametrize("hook", SERVICES)
async def test_c18_the_outcome_names_the_keys(house: House, hook: str) -> None:
    found = await answer(house, hook, request_of(hook, prefetch={}))
    places = {place for issue in found["issue"] for place in issue["expression"]}
    assert {"prefetch.patient", "prefetch.conditions"} <= places


@pytest.mark.parametrize("hook", SERVICES)
async def test_c29_the_same_call_has_the_same_cards(house: House, hook: str) -> None:
    request = request_of(hook, RECORD)
    assert await answer(house, hook, request) == await answer(house, hook, request)


async def test_c24_c25_what_is_selected(house: House) -> None:
    request = request_of("order-select", RECORD)
    request["context"]["selections"] = ["ServiceRequest/other"]
    assert (await answer(house, "order-select", request))["status"] == 200
    del request["context"]["selections"]
    assert (await answer(house, "order-select", request))["status"] == 400


@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_c26_no_drafts_are_nothing_to_say(house: House, hook: str) -> None:
    request = request_of(hook, RECORD)
    request["context"]["draftOrders"] = collection([])
    assert await answer(house, hook, request) == {"cards": [], "status": 200}
