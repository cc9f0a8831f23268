"""How searches are put to a server: one by one, by POST, or as a batch; and how far they are followed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.aside import LARGE_BYTES, Result, Run, inline
from app.fhir.collection import Collected, collect
from app.fhir.parts import AT_ONCE
from app.fhir.server.access import OPEN
from app.fhir.server.address import read_base
from app.fhir.server.carrier import carrier
from app.fhir.server.failure import Failure
from app.fhir.server.http import Http, trust
from app.fhir.server.known import KnownServer, Way
from app.fhir.server.pulling import Limits, Puller
from app.fhir.server.searching import MAX_PAGES, MAX_RESOURCES, Pulled, Wanted
from app.fhir.server.statement import BELIEVED_SECONDS
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.record import Json, observation
from tests.faults.behaviours import BEHAVIOURS, altered, status, then
from tests.faults.server import FORM, PATH, Behaviour, FaultServer, Reply, Seen, honest
from tests.fetching.calls import (
    CALM,
    SEARCHED,
    TOKEN,
    call,
    cards_in,
    guarded_server,
    open_server,
    stored,
    unmarked,
    with_token,
)

EVERY = sorted(["Patient", *SEARCHED])
ON_THE_WIRE = {"post": 7, "batch": 1, "get": 7}


async def the_full(ehr: Ehr, server: FaultServer) -> list[Json]:
    cards = unmarked(cards_in(await ehr.send(with_token(server.base))))
    assert any(CALM in card["summary"] for card in cards)
    return cards


@pytest.mark.parametrize("way", ["get", "post", "batch"])
async def test_every_way_of_searching_gives_the_same_cards(way: str) -> None:
    async with guarded_server() as (server, ehr):
        full = await the_full(ehr, server)
    async with guarded_server(search=way) as (server, ehr):
        assert await the_full(ehr, server) == full
        assert len(server.requests) == ON_THE_WIRE[way]
        assert {seen.headers["authorization"] for seen in server.requests} == {f"Bearer {TOKEN}"}
        if way == "post":
            searched = [seen for seen in server.requests if seen.type != "Patient"]
            assert all(seen.method == "POST" and seen.target.endswith("/_search") for seen in searched)
            assert all(seen.headers["content-type"].startswith(FORM) for seen in searched)
            # What a search asks for is in its body, where no log of addresses keeps it.
            assert not any("p-1" in seen.target for seen in searched)
        if way == "batch":
            assert server.requests[0].target.rstrip("/") == PATH
        # Pages after the first are asked for one by one.
        server.page_size = 2
        assert await the_full(ehr, server) == full


def entry_of(kind: str, change: Callable[[Json], Json]) -> Behaviour:
    """A batch whose answer for one type is changed."""

    def changed(seen: Seen, found: Json, _reply: Reply) -> Json:
        asked = [entry["request"]["url"] for entry in json.loads(seen.body)["entry"]]
        number = next(n for n, url in enumerate(asked) if url.startswith(kind))
        found["entry"][number] = change(found["entry"][number])
        return found

    return altered(changed)


def refused_with(code: int) -> Callable[[Json], Json]:
    return lambda _entry: {"response": {"status": f"{code} No"}}


BROKEN_ENTRIES: dict[str, Callable[[Json], Json]] = {
    "401": refused_with(401),
    "403": refused_with(403),
    "404": refused_with(404),
    "500": refused_with(500),
    "no status": lambda entry: {"resource": entry["resource"]},
    "a status that is none": lambda entry: {**entry, "response": {"status": "fine"}},
    "no resource": lambda entry: {"response": entry["response"]},
    "another resource": lambda entry: {**entry, "resource": {"resourceType": "Basic", "id": "b"}},
    "an error in its place": lambda entry: {
        **entry,
        "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]},
    },
    "a resource that is none": lambda entry: {**entry, "resource": []},
    "nothing at all": lambda _entry: {},
}


@pytest.mark.parametrize("name", BROKEN_ENTRIES)
async def test_a_part_of_a_batch_that_failed_costs_that_part(name: str) -> None:
    async with guarded_server(search="batch") as (server, ehr):
        full = await the_full(ehr, server)
        server.on("", entry_of("Observation", BROKEN_ENTRIES[name]))
        cards = cards_in(await ehr.send(with_token(server.base)))
        assert not any(CALM in card["summary"] for card in cards)
        assert len(cards) == len(full)
        server.on("", entry_of("Condition", BROKEN_ENTRIES[name]))
        assert (await ehr.send(with_token(server.base))).status_code == 412
        server.on("", honest)
        assert await the_full(ehr, server) == full


def one_less(_seen: Seen, found: Json, _reply: Reply) -> Json:
    return {**found, "entry": found["entry"][:-1]}


def one_more(_seen: Seen, found: Json, _reply: Reply) -> Json:
    return {**found, "entry": [*found["entry"], found["entry"][-1]]}


def in_another_order(_seen: Seen, found: Json, _reply: Reply) -> Json:
    return {**found, "entry": found["entry"][::-1]}


WRONG_BATCHES: dict[str, Behaviour] = {
    "one answer less": altered(one_less),
    "one answer more": altered(one_more),
    "another order": altered(in_another_order),
    "none at all": altered(lambda _seen, found, _reply: {**found, "entry": []}),
    "a server that takes none": status(400),
    "a server that fails": status(500),
    "no batch": BEHAVIOURS["S29 OperationOutcome instead"],
    "a list": BEHAVIOURS["JSON list"],
    "a page of login": BEHAVIOURS["S25 login page"],
}


@pytest.mark.parametrize("name", WRONG_BATCHES)
async def test_a_batch_that_cannot_be_told_apart_is_no_answer(name: str) -> None:
    async with guarded_server(search="batch") as (server, ehr):
        full = await the_full(ehr, server)
        server.on("", WRONG_BATCHES[name])
        assert (await ehr.send(with_token(server.base))).status_code == 412
        server.on("", honest)
        assert await the_full(ehr, server) == full


@pytest.mark.parametrize("way", ["post", "batch"])
async def test_a_search_that_is_sent_is_repeated_once_where_the_server_failed(way: str) -> None:
    async with guarded_server(search=way) as (server, ehr):
        server.on_all(then(status(503)))
        await the_full(ehr, server)
        assert len(server.requests) == 2 * ON_THE_WIRE[way]


def statement(*codes: str, mode: str = "server") -> Behaviour:
    resource = {
        "resourceType": "CapabilityStatement",
        "rest": [{"mode": mode, "interaction": [{"code": code} for code in codes]}],
    }

    async def behave(_seen: Seen, reply: Reply) -> None:
        await reply.send(200, resource)

    return behave


STATEMENTS: dict[str, tuple[Behaviour, bool]] = {
    "a batch": (statement("transaction", "batch"), True),
    "no batch": (statement("transaction"), False),
    "a client that sends one": (statement("batch", mode="client"), False),
    "nothing": (status(404), False),
    "an error": (BEHAVIOURS["S29 OperationOutcome instead"], False),
    "a page of login": (BEHAVIOURS["S25 login page"], False),
    "half": (BEHAVIOURS["S24 half the JSON, no Content-Length"], False),
    "a reset": (BEHAVIOURS["S23 reset"], False),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_server_that_states_how_it_is_asked_is_asked_so(name: str) -> None:
    stated, batch = STATEMENTS[name]
    async with guarded_server(search="as-stated") as (server, ehr):
        server.on("metadata", stated)
        await the_full(ehr, server)
        await the_full(ehr, server)
        asked = [seen.type for seen in server.requests]
        assert asked.count("metadata") == 1
        assert len(asked) == 1 + 2 * (1 if batch else 7)


@asynccontextmanager
async def known(server: FaultServer, way: Way = Way.GET) -> AsyncIterator[KnownServer]:
    http = Http(carrier(trust(), allow_private=True, connections=64))
    try:
        yield KnownServer(read_base(server.base), http, way=way, needs_token=False)
    finally:
        await http.close()


async def pulled(
    server: KnownServer, query: str = "Observation?patient=p-1", apart: Run = inline, **limits: Any
) -> Pulled:
    puller = Puller(Limits(**{"deadline_seconds": 10.0, "target_seconds": 10.0, **limits}), "0", apart)
    (found,) = await puller.pull(server, [Wanted("observations", query)], OPEN)
    return found


async def test_a_statement_is_believed_for_an_hour() -> None:
    async with FaultServer(stored()) as server, known(server, Way.AS_STATED) as asked:
        server.on("metadata", statement("batch"))
        await pulled(asked)
        now = asyncio.get_running_loop().time()
        assert asked.batch_stated is not None
        takes, until = asked.batch_stated
        assert takes
        assert now + BELIEVED_SECONDS - 60 < until <= now + BELIEVED_SECONDS
        # An hour later, by the same clock.
        asked.batch_stated = (True, now)
        await pulled(asked)
        assert [seen.type for seen in server.requests].count("metadata") == 2


def many(count: int) -> dict[str, Json]:
    return stored([observation(f"o-{n}", "spinal-pain", None) for n in range(count)])


async def test_pages_are_followed_up_to_a_number_of_them() -> None:
    async with FaultServer(many(MAX_PAGES + 1)) as server, known(server) as asked:
        server.page_size = 1
        found = await pulled(asked)
        assert found.failure is Failure.MORE_PAGES
        assert len(found.pages) == len(server.requests) == MAX_PAGES
    async with FaultServer(many(MAX_PAGES)) as server, known(server) as asked:
        server.page_size = 1
        found = await pulled(asked)
        assert found.failure is None
        assert len(found.pages) == MAX_PAGES


async def test_resources_are_taken_up_to_a_number_of_them() -> None:
    async with FaultServer(many(MAX_RESOURCES + 1)) as server, known(server) as asked:
        found = await pulled(asked)
        assert found.failure is Failure.MORE_PAGES
        assert len(server.requests) == MAX_RESOURCES // 200
    async with FaultServer(many(MAX_RESOURCES)) as server, known(server) as asked:
        assert (await pulled(asked)).failure is None


async def test_all_answers_together_hold_so_many_bytes_and_no_more() -> None:
    async with FaultServer(stored()) as server, known(server) as asked:
        one = len(json.dumps(server.answer(Seen("GET", f"{PATH}/Observation?patient=p-1", {}, b"")).resource))
        assert (await pulled(asked, bytes=2 * one)).failure is None
        assert (await pulled(asked, bytes=one // 2)).failure is Failure.TOO_LARGE
        # Six that come at once draw on the same bytes: not each on all of them.
        wishes = [Wanted(str(n), "Observation?patient=p-1") for n in range(6)]
        limits = Limits(deadline_seconds=10.0, target_seconds=10.0, bytes=3 * one)
        came = await Puller(limits, "0").pull(asked, wishes, OPEN)
        assert sum(bool(found.pages) for found in came) <= 3
        assert sum(found.failure is Failure.TOO_LARGE for found in came) >= 3


def self_link(*kept: str) -> Behaviour:
    """A self link that shows only these of the parameters."""

    def changed(seen: Seen, found: Json, reply: Reply) -> Json:
        query = "&".join(f"{name}={value}" for name, value in seen.parameters if name in kept)
        for link in found.get("link", ()):
            if link["relation"] == "self":
                link["url"] = f"{reply.server.base}/{seen.type}?{query}"
        return found

    return altered(changed)


@pytest.mark.parametrize(
    ("kept", "remarks"),
    [
        (("patient", "category", "_count"), []),
        (("patient", "category"), []),
        (("patient",), [Failure.OTHER_QUESTION.value]),
        (("category",), [Failure.OTHER_QUESTION.value]),
        ((), []),
    ],
)
async def test_a_self_link_tells_what_was_left_out(kept: tuple[str, ...], remarks: list[str]) -> None:
    async with FaultServer(stored()) as server, known(server) as asked:
        server.on("Observation", self_link(*kept))
        found = await pulled(asked, "Observation?patient=p-1&category=exam")
        assert found.failure is None
        assert found.remarks == remarks


async def test_a_need_that_a_server_does_not_hold_is_not_asked_for() -> None:
    without = ["bodyStructures", "medications"]
    async with guarded_server(without=without) as (server, ehr):
        cards_in(await ehr.send(with_token(server.base)))
        types = {seen.type for seen in server.requests}
        assert set(EVERY) - types == {"BodyStructure", "MedicationRequest"}


@pytest.mark.conforms("R71")
async def test_a_hook_of_an_open_server_asks_everything_at_once() -> None:
    async with open_server() as (server, ehr):
        server.on_all(all_at_once(7))
        cards_in(await ehr.send(call(server.base)))
        assert server.most_at_once == 7


def all_at_once(count: int) -> Behaviour:
    """Nobody is answered before so many have asked."""
    arrived: list[Seen] = []
    everybody = asyncio.Event()

    async def behave(seen: Seen, reply: Reply) -> None:
        arrived.append(seen)
        if len(arrived) >= count:
            everybody.set()
        await everybody.wait()
        await reply.default()

    return behave


@pytest.mark.parametrize("way", [Way.GET, Way.POST, Way.BATCH])
@pytest.mark.parametrize("size", [0, LARGE_BYTES, 2 * AT_ONCE])
async def test_a_large_answer_is_read_apart_and_says_the_same(way: Way, size: int) -> None:
    read: list[object] = []

    async def apart(work: Callable[[], Result], /) -> Result:
        read.append(work)
        return work()

    held = [observation(f"o-{n}", "spinal-pain", None, note=[{"text": "x" * size}]) for n in range(3)]
    async with FaultServer(stored(held)) as server, known(server, way) as asked:
        found = await pulled(asked, apart=apart)
    assert found.failure is None
    into = Collected()
    for page in found.pages:
        collect(page, into, ["observations"], page=True, search=True)
    assert [getattr(one, "id", None) for one, _ in into.resources] == ["o-0", "o-1", "o-2"]
    assert (into.unread, into.gaps) == ([], [])
    assert len(read) == (size > 0)


async def test_a_large_batch_with_an_entry_that_is_none_is_no_answer() -> None:
    async with FaultServer(stored()) as server, known(server, Way.BATCH) as asked:
        server.on("", altered(lambda _seen, found, _reply: {**found, "entry": ["x" * AT_ONCE]}))
        assert (await pulled(asked)).failure is Failure.NOT_FHIR
