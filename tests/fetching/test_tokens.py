"""The access token of a call: carried by every request of that call, by nothing else, and kept nowhere."""

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import KEYS, prefetch_of
from tests.cds_hooks.record import Json
from tests.faults.behaviours import BEHAVIOURS
from tests.faults.server import FaultServer, honest
from tests.fetching.calls import (
    CALM,
    SEARCHED,
    TOKEN,
    WHOLE_RECORD,
    asked_types,
    authorization,
    call,
    cards_in,
    guarded_server,
    unmarked,
    with_token,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVERYTHING = sorted(["Patient", *SEARCHED])
Guarded = tuple[FaultServer, Ehr]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Guarded]:
    async with guarded_server() as both:
        yield both


@pytest.fixture
def guarded(started: Guarded) -> Guarded:
    server, _ = started
    server.on_all(honest)
    for kind in ("Observation", "Patient"):
        server.on(kind, honest)
    server.page_size = None
    server.requests.clear()
    return started


@pytest.mark.conforms("R64")
@pytest.mark.conforms("R65")
@pytest.mark.parametrize("page_size", [None, 1])
async def test_every_request_carries_the_token_pages_included(
    guarded: Guarded, page_size: int | None
) -> None:
    server, ehr = guarded
    server.page_size = page_size
    cards = cards_in(await ehr.send(with_token(server.base)))
    assert any(CALM in card["summary"] for card in cards)
    assert {seen.headers.get("authorization") for seen in server.requests} == {f"Bearer {TOKEN}"}
    assert (len(server.requests) > 20) == (page_size is not None)


UNUSABLE: dict[str, Json | None] = {
    "none": None,
    "no token": {"access_token": None},
    "an empty token": {"access_token": ""},
    "a token with a line break": {"access_token": f"{TOKEN}\r\nX-More: 1"},
    "a token with a space": {"access_token": f"{TOKEN} x"},
    "a token too long for a header": {"access_token": "t" * 8_193},
    "another kind of token": {"token_type": "MAC"},
    "no kind": {"token_type": None},
    "an end that is no number": {"expires_in": "300"},
    "an end in the past": {"expires_in": -1},
    "an end too far away": {"expires_in": 10**9},
    "an end before the call": {"expires_in": 0},
    "an end within the margin": {"expires_in": 5},
    "a scope that is no text": {"scope": ["patient/*.rs"]},
}


@pytest.mark.conforms("R64")
@pytest.mark.conforms("R68")
@pytest.mark.parametrize("name", UNUSABLE)
async def test_without_a_token_that_holds_nothing_is_asked(guarded: Guarded, name: str) -> None:
    server, ehr = guarded
    members = UNUSABLE[name]
    sockets = server.sockets
    more = {} if members is None else {"fhirAuthorization": authorization(**members)}
    response = await ehr.send(call(server.base, **more))
    assert response.status_code == 412
    assert TOKEN not in response.text
    assert not server.requests
    assert server.sockets == sockets


@pytest.mark.conforms("R68")
async def test_a_token_is_used_up_to_five_seconds_before_its_end(guarded: Guarded) -> None:
    server, ehr = guarded
    assert cards_in(await ehr.send(with_token(server.base, expires_in=60)))
    assert asked_types(server.requests) == EVERYTHING


SCOPES: dict[str, list[str]] = {
    "patient/*.rs": EVERYTHING,
    "user/*.read": EVERYTHING,
    "patient/*.cruds launch openid fhirUser": EVERYTHING,
    "*": EVERYTHING,
    "openid some-scope-of-their-own": EVERYTHING,
    "patient/Patient.read patient/Condition.read patient/Observation.read": [
        "Condition",
        "Observation",
        "Patient",
    ],
    "patient/Patient.rs patient/Condition.rs": ["Condition", "Patient"],
    "patient/Patient.r patient/Condition.s patient/Observation.r": ["Condition", "Patient"],
    "patient/Patient.read patient/Condition.read patient/Observation.write": ["Condition", "Patient"],
    "patient/Patient.rs patient/Condition.rs patient/Observation.cud": ["Condition", "Patient"],
}


@pytest.mark.conforms("R68")
@pytest.mark.conforms("R69")
@pytest.mark.parametrize("scope", SCOPES)
async def test_only_what_the_scope_covers_is_asked(guarded: Guarded, scope: str) -> None:
    server, ehr = guarded
    cards = cards_in(await ehr.send(with_token(server.base, scope=scope)))
    assert asked_types(server.requests) == SCOPES[scope]
    assert any(CALM in card["summary"] for card in cards) == (SCOPES[scope] == EVERYTHING)


@pytest.mark.conforms("R68")
async def test_a_scope_without_what_is_required_says_so(guarded: Guarded) -> None:
    server, ehr = guarded
    response = await ehr.send(with_token(server.base, scope="patient/Patient.read patient/Observation.read"))
    assert response.status_code == 412
    assert "does not cover these data" in response.text
    assert "Condition" not in asked_types(server.requests)


@pytest.mark.conforms("R69")
async def test_a_scope_of_one_category_covers_part(guarded: Guarded) -> None:
    server, ehr = guarded
    others = " ".join(f"patient/{kind}.rs" for kind in EVERYTHING if kind != "Observation")
    scope = f"{others} patient/Observation.rs?category=laboratory"
    cards = cards_in(await ehr.send(with_token(server.base, scope=scope)))
    assert asked_types(server.requests) == EVERYTHING
    assert not any(CALM in card["summary"] for card in cards)


@pytest.mark.conforms("R68")
async def test_a_token_of_another_patient_opens_nothing(guarded: Guarded) -> None:
    server, ehr = guarded
    response = await ehr.send(with_token(server.base, patient="someone-else"))
    assert response.status_code == 422
    assert not server.requests


async def test_a_token_without_a_server_is_no_call(guarded: Guarded) -> None:
    server, ehr = guarded
    response = await ehr.send(call(None, fhirAuthorization=authorization()))
    assert response.status_code == 400
    assert not server.requests


@pytest.mark.parametrize("row", ["Set-Cookie"])
async def test_a_cookie_is_never_sent_back(guarded: Guarded, row: str) -> None:
    server, ehr = guarded
    server.on_all(BEHAVIOURS[row])
    for kind in ("Observation", "Patient"):
        server.on(kind, BEHAVIOURS[row])
    await ehr.send(with_token(server.base))
    await ehr.send(with_token(server.base))
    assert len(server.requests) == 14
    assert not [seen for seen in server.requests if "cookie" in seen.headers]


async def test_a_call_never_uses_the_token_of_another(guarded: Guarded) -> None:
    server, ehr = guarded
    others = [f"{TOKEN}-{number}" for number in range(4)]
    answers = await asyncio.gather(
        *(ehr.send(with_token(server.base, access_token=one)) for one in others), ehr.send(call(server.base))
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 412]
    carried = [seen.headers["authorization"].removeprefix("Bearer ") for seen in server.requests]
    assert {one: carried.count(one) for one in carried} == dict.fromkeys(others, 7)


def texts() -> Iterator[str]:
    """Every text and all bytes that an object which the collector follows holds."""
    gc.collect()
    for held in gc.get_objects():
        for one in gc.get_referents(held):
            if isinstance(one, str):
                yield one
            elif isinstance(one, bytes | bytearray):
                yield one.decode("latin-1")


ENDINGS: dict[str, str | None] = {
    "an answer": None,
    "a refusal": "S01 401",
    "a failure": "S12 500 always",
    "an end without an answer": "S23 reset",
    "a head that is no HTTP": "S46 200 kB of headers",
    "a chunk that is none": "chunk size no number",
    "another patient": "S32 one entry of another patient",
}


@pytest.mark.conforms("R66")
@pytest.mark.parametrize("name", ENDINGS)
async def test_nothing_of_the_token_is_left_when_the_call_is_over(guarded: Guarded, name: str) -> None:
    server, ehr = guarded
    row = ENDINGS[name]
    if row is not None:
        server.on_all(BEHAVIOURS[row])
        server.on("Observation", BEHAVIOURS[row])
    # Made here and nowhere else, and taken apart, so that this test itself does not hold it.
    parts = ["once", *("abcdefgh"[n] for n in range(5)), "only"]
    response = await ehr.send(with_token(server.base, access_token="-".join(parts)))
    assert server.requests
    assert TOKEN not in response.text
    del response
    server.requests.clear()
    await asyncio.sleep(0)
    pattern = re.compile("[o]nce-a-b-c-d-e-only")
    found = [text[:40] for text in texts() if pattern.search(text)]
    assert not found
    server.on_all(honest)
    server.on("Observation", honest)
    assert cards_in(await ehr.send(with_token(server.base)))


@pytest.mark.conforms("R65")
@pytest.mark.parametrize("key", KEYS)
async def test_a_fetched_key_is_as_good_as_a_sent_one_with_a_token(guarded: Guarded, key: str) -> None:
    server, ehr = guarded
    whole = prefetch_of(WHOLE_RECORD)
    sent: dict[str, Any] = {name: value for name, value in whole.items() if name != key}
    full = cards_in(await ehr.send(call(server.base, whole)))
    assert not server.requests
    cards = cards_in(await ehr.send(with_token(server.base, sent)))
    assert unmarked(cards) == unmarked(full)
    assert len(server.requests) == 1
