"""What a call brings and what a server gives make one record: nothing is asked twice, nothing is lost."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.hook_request import DISCOVERY, KEYS, REQUIRED, TYPES, prefetch_of
from tests.cds_hooks.record import PATIENT_ID, Json, operation_outcome, searchset
from tests.faults.behaviours import status, with_headers
from tests.faults.server import Behaviour, FaultServer, Seen, honest, outcome
from tests.fetching.calls import (
    CALM,
    WHOLE_RECORD,
    authorization,
    call,
    cards_in,
    fhir_server,
    running,
    stored,
    unmarked,
    with_token,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEARCH_KEYS = [key for key in KEYS if key != "patient"]
OPTIONAL = [key for key in SEARCH_KEYS if key not in REQUIRED]


@dataclass(frozen=True)
class Ward:
    """A server that needs a token, one that needs none, and one EHR whose service may ask both."""

    server: FaultServer
    open: FaultServer
    ehr: Ehr

    def asked(self) -> list[Seen]:
        return [*self.server.requests, *self.open.requests]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Ward]:
    async with FaultServer(stored()) as server, FaultServer(stored()) as free:
        settings = {"fhir_servers": (fhir_server(server),), "demo_fhir_servers": (free.base,)}
        async with running(**settings) as app:
            yield Ward(server, free, Ehr(app))


@pytest.fixture
def ward(started: Ward) -> Ward:
    for server in (started.server, started.open):
        server.on_all(honest)
        for types in TYPES.values():
            server.on(types[0], honest)
        server.page_size = None
        server.requests.clear()
    return started


def whole() -> Json:
    return prefetch_of(WHOLE_RECORD)


def lacking(*keys: str) -> Json:
    return {name: value for name, value in whole().items() if name not in keys}


async def full(ward: Ward, hook: str = "patient-view") -> bytes:
    body = request_of(hook, prefetch=whole(), **named(ward))
    response = await ward.ehr.send(body, path=SERVICES[hook])
    assert response.status_code == 200
    assert not ward.asked()
    return nameless(response.content)


def nameless(content: bytes) -> bytes:
    """An answer without what is new in every one."""
    return json.dumps(unmarked(json.loads(content)["cards"])).encode()


def named(ward: Ward) -> Json:
    return {"fhirServer": ward.server.base, "fhirAuthorization": authorization()}


@pytest.mark.conforms("R51")
@pytest.mark.conforms("R53")
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("hook", SERVICES)
async def test_a_key_that_was_not_sent_is_fetched(ward: Ward, hook: str, key: str) -> None:
    body = request_of(hook, prefetch=lacking(key), **named(ward))
    response = await ward.ehr.send(body, path=SERVICES[hook])
    (seen,) = ward.asked()
    assert seen.type == TYPES[key][0]
    ward.server.requests.clear()
    assert nameless(response.content) == await full(ward, hook)


@pytest.mark.conforms("R52")
@pytest.mark.parametrize("members", [{}, {"prefetch": {}}])
async def test_a_call_is_answered_from_the_server_alone(ward: Ward, members: Json) -> None:
    body = {**with_token(ward.server.base), **members}
    if not members:
        del body["prefetch"]
    response = await ward.ehr.send(body)
    assert len(ward.asked()) == 7
    ward.server.requests.clear()
    assert nameless(response.content) == await full(ward)


@pytest.mark.conforms("R52")
async def test_a_call_is_answered_from_its_prefetch_alone(ward: Ward) -> None:
    response = await ward.ehr.send(call(None, whole()))
    assert nameless(response.content) == await full(ward)


@pytest.mark.conforms("R51")
async def test_what_is_asked_is_what_discovery_asks_for(ward: Ward) -> None:
    discovery = (await ward.ehr.client.get(DISCOVERY)).json()
    templates = discovery["services"][0]["prefetch"]
    await ward.ehr.send(with_token(ward.server.base))
    asked = {unquote(seen.target).removeprefix("/fhir/").removesuffix("&_count=200") for seen in ward.asked()}
    patient = "{{context.patientId}}"
    assert asked == {unquote(query).replace(patient, PATIENT_ID) for query in templates.values()}


@pytest.mark.conforms("R59")
@pytest.mark.parametrize("hook", SERVICES)
@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("how", ["no server", "no token", "unknown server", "a refusal", "a failure"])
async def test_required_data_that_cannot_be_had_either_way_is_412(
    ward: Ward, hook: str, key: str, how: str
) -> None:
    members = named(ward)
    match how:
        case "no server":
            members = {}
        case "no token":
            del members["fhirAuthorization"]
        case "unknown server":
            members["fhirServer"] = "https://ehr.example.org/fhir"
        case "a refusal":
            ward.server.on(TYPES[key][0], status(403))
        case _:
            ward.server.on(TYPES[key][0], status(500))
    body = request_of(hook, prefetch=lacking(key), **members)
    response = await ward.ehr.send(body, path=SERVICES[hook])
    assert response.status_code == 412
    assert f"prefetch.{key}" in response.text
    assert bool(ward.asked()) == how.startswith("a ")
    ward.server.on(TYPES[key][0], honest)
    assert (await ward.ehr.send(with_token(ward.server.base))).status_code == 200


EMPTY: dict[str, Any] = {
    "null": None,
    "an empty searchset": {"resourceType": "Bundle", "type": "searchset", "total": 0},
    "an empty list of entries": searchset(total=0) | {"entry": []},
    "no total": {"resourceType": "Bundle", "type": "searchset"},
}


@pytest.mark.conforms("R54")
@pytest.mark.conforms("R55")
@pytest.mark.parametrize("how", EMPTY)
@pytest.mark.parametrize("key", SEARCH_KEYS)
async def test_a_key_under_which_nothing_was_found_is_not_asked_again(ward: Ward, key: str, how: str) -> None:
    response = await ward.ehr.send(with_token(ward.server.base, whole() | {key: EMPTY[how]}))
    assert not ward.asked()
    empty = await ward.ehr.send(call(None, whole() | {key: EMPTY["an empty searchset"]}))
    assert nameless(response.content) == nameless(empty.content)
    assert b"not everything could be checked" not in response.content


@pytest.mark.conforms("R56")
@pytest.mark.parametrize("key", OPTIONAL)
async def test_an_error_under_an_optional_key_is_not_asked_again_and_is_no_absence(
    ward: Ward, key: str
) -> None:
    cards = cards_in(await ward.ehr.send(with_token(ward.server.base, whole() | {key: operation_outcome()})))
    assert not ward.asked()
    assert (key == "medications") == any(CALM in card["summary"] for card in cards)


@pytest.mark.conforms("R56")
@pytest.mark.parametrize("key", REQUIRED)
async def test_an_error_under_a_required_key_is_asked_for_once(ward: Ward, key: str) -> None:
    body = with_token(ward.server.base, whole() | {key: operation_outcome()})
    response = await ward.ehr.send(body)
    (seen,) = ward.asked()
    assert seen.type == TYPES[key][0]
    ward.server.requests.clear()
    assert nameless(response.content) == await full(ward)
    ward.server.on(TYPES[key][0], status(404))
    assert (await ward.ehr.send(body)).status_code == 412
    assert len(ward.asked()) == 1


@pytest.mark.conforms("R57")
@pytest.mark.parametrize("severity", ["error", "fatal"])
@pytest.mark.parametrize("key", SEARCH_KEYS)
async def test_an_error_among_the_entries_is_a_part_that_is_missing(
    ward: Ward, key: str, severity: str
) -> None:
    prefetch = whole()
    told = {"resource": outcome("exception", "No", severity=severity), "search": {"mode": "outcome"}}
    prefetch[key]["entry"] = [*prefetch[key].get("entry", ()), told]
    cards = cards_in(await ward.ehr.send(with_token(ward.server.base, prefetch)))
    assert not ward.asked()
    assert (key == "medications") == any(CALM in card["summary"] for card in cards)


def first_page(server: FaultServer, key: str) -> tuple[Json, int]:
    """The first page of a search as a client that follows no link sends it, and how many are left."""
    server.page_size = 1
    (kind, *_) = TYPES[key]
    found = server.answer(Seen("GET", f"/fhir/{kind}?patient={PATIENT_ID}", {}, b"")).resource
    return found, found["total"] - 1


@pytest.mark.conforms("R58")
@pytest.mark.conforms("R65")
@pytest.mark.parametrize("key", ["conditions", "observations"])
async def test_a_next_link_in_a_prefetch_is_read_on_with_the_token(ward: Ward, key: str) -> None:
    page, left = first_page(ward.server, key)
    assert left > 2
    response = await ward.ehr.send(with_token(ward.server.base, whole() | {key: page}))
    assert len(ward.asked()) == left
    assert all("authorization" in seen.headers for seen in ward.asked())
    ward.server.requests.clear()
    assert nameless(response.content) == await full(ward)


@pytest.mark.conforms("R58")
@pytest.mark.parametrize("how", ["no token", "no server", "a failure"])
@pytest.mark.parametrize("key", ["conditions", "observations"])
async def test_a_next_link_that_cannot_be_followed_is_a_part_that_is_missing(
    ward: Ward, key: str, how: str
) -> None:
    page, _ = first_page(ward.server, key)
    body = with_token(ward.server.base, whole() | {key: page})
    if how == "a failure":
        ward.server.on(TYPES[key][0], status(403))
    else:
        del body["fhirAuthorization"]
    if how == "no server":
        del body["fhirServer"]
    cards = cards_in(await ward.ehr.send(body))
    assert bool(ward.asked()) == (how == "a failure")
    assert cards
    assert not any(CALM in card["summary"] for card in cards)


@pytest.mark.parametrize("key", ["conditions", "observations"])
@pytest.mark.parametrize("first", [True, False])
async def test_a_list_of_entries_beside_an_empty_one_is_no_absence(ward: Ward, key: str, first: bool) -> None:
    found = {name: value for name, value in whole()[key].items() if name != "total"}
    text = json.dumps(found)
    twice = '{"entry": [], ' + text[1:] if first else text[:-1] + ', "entry": []}'
    body = json.dumps(call(None, whole() | {key: "HERE"})).replace('"HERE"', twice)
    response = await ward.ehr.send(body.encode())
    assert response.status_code == 400
    assert "same name twice" in response.text


@pytest.mark.conforms("R64")
async def test_an_open_server_of_the_demo_is_asked_with_and_without_a_token(ward: Ward) -> None:
    without = await ward.ehr.send(call(ward.open.base))
    assert len(ward.open.requests) == 7
    assert not any("authorization" in seen.headers for seen in ward.open.requests)
    ward.open.requests.clear()
    given = await ward.ehr.send(with_token(ward.open.base))
    assert len(ward.open.requests) == 7
    assert nameless(without.content) == nameless(given.content) == await nothing_asked(ward)


async def nothing_asked(ward: Ward) -> bytes:
    ward.open.requests.clear()
    return await full(ward)


@pytest.mark.conforms("R70")
async def test_a_token_goes_to_the_server_of_its_call_and_to_no_other_known_one(ward: Ward) -> None:
    await ward.ehr.send(with_token(ward.server.base))
    assert ward.server.requests
    assert not ward.open.requests


@pytest.mark.conforms("R72")
@pytest.mark.parametrize("version", ["1.0", "3.0", "5.0", '"5.0"', "6.0"])
async def test_another_version_of_fhir_is_not_read(ward: Ward, version: str) -> None:
    media_type = f"application/fhir+json; charset=utf-8; fhirVersion={version}"
    ward.server.on("Observation", told_as(media_type))
    cards = cards_in(await ward.ehr.send(with_token(ward.server.base)))
    assert not any(CALM in card["summary"] for card in cards)
    ward.server.on("Condition", told_as(media_type))
    refused = await ward.ehr.send(with_token(ward.server.base))
    assert refused.status_code == 412
    assert "version of FHIR" in refused.text


@pytest.mark.conforms("R72")
@pytest.mark.parametrize("version", ["4.0", '"4.0"', "4.0.1", "4.3"])
async def test_r4_is_read_however_its_version_is_told(ward: Ward, version: str) -> None:
    for types in TYPES.values():
        ward.server.on(types[0], told_as(f"application/fhir+json;fhirVersion={version}"))
    response = await ward.ehr.send(with_token(ward.server.base))
    ward.server.requests.clear()
    assert nameless(response.content) == await full(ward)


def told_as(media_type: str) -> Behaviour:
    return with_headers(("Content-Type", media_type))
