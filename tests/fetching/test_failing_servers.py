"""A server that fails: what is tried again, what is given a rest, and who is kept waiting by whom."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import pytest

from app.fhir.server.access import OPEN, Access, Coverage, until
from app.fhir.server.address import read_base
from app.fhir.server.breaker import FAILURES, LONGEST_REST_SECONDS, REST_SECONDS, Breaker
from app.fhir.server.carrier import carrier
from app.fhir.server.failure import Failure
from app.fhir.server.http import Http, trust
from app.fhir.server.known import AT_ONCE, KnownServer
from app.fhir.server.pulling import Limits, Puller
from app.fhir.server.searching import Pulled, Wanted
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import SERVICE
from tests.faults.behaviours import BEHAVIOURS, delay, drip, silent, status, then
from tests.faults.server import Behaviour, FaultServer, Reply, Seen, honest
from tests.fetching.calls import call, cards_in, open_server, running, stored, unmarked

NOW = datetime.now(UTC)


def stamped(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def waiting(code: int, header: str) -> Behaviour:
    """A failure that asks to wait, and tells the time by the server's own clock."""
    return status(code, [("Retry-After", header), ("Date", stamped(NOW))])


@pytest.fixture
async def asked() -> AsyncIterator[tuple[FaultServer, KnownServer]]:
    async with FaultServer(stored()) as server:
        http = Http(carrier(trust(), allow_private=True, connections=64))
        try:
            yield server, KnownServer(read_base(server.base), http, needs_token=False)
        finally:
            await http.close()


async def pull(server: KnownServer, access: Access = OPEN, **limits: Any) -> Pulled:
    puller = Puller(Limits(**{"deadline_seconds": 10.0, "target_seconds": 10.0, **limits}), "0")
    (found,) = await puller.pull(server, [Wanted("conditions", "Condition?patient=p-1")], access)
    return found


Asked = tuple[FaultServer, KnownServer]


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    "header",
    ["0", stamped(NOW), stamped(NOW - timedelta(days=1)), "nonsense"],
    ids=["none", "now", "yesterday", "nonsense"],
)
async def test_a_short_wait_is_kept_and_the_question_put_again(asked: Asked, code: int, header: str) -> None:
    server, known = asked
    server.on_all(then(waiting(code, header)))
    assert (await pull(known)).failure is None
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    "header",
    ["11", "60", "99999999999999999999", stamped(NOW + timedelta(seconds=60))],
    ids=["longer than the target", "a minute", "for ever", "a minute from now"],
)
async def test_a_wait_that_goes_past_the_target_is_no_reason_to_ask_again(
    asked: Asked, code: int, header: str
) -> None:
    server, known = asked
    server.on_all(waiting(code, header))
    started = monotonic()
    assert (await pull(known)).failure is not None
    assert len(server.requests) == 1
    assert monotonic() - started < 5


async def test_nothing_is_tried_again_after_the_target(asked: Asked) -> None:
    server, known = asked
    server.on_all(then(status(500)))
    assert (await pull(known, target_seconds=0.0)).failure is Failure.SERVER_ERROR
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 406, 410, 422, 204, 206, 304])
async def test_a_refusal_is_taken_as_one(asked: Asked, code: int) -> None:
    server, known = asked
    server.on_all(then(status(code)))
    assert (await pull(known)).failure is not None
    assert len(server.requests) == 1


GLASS = ["4130", "4131", "4134"]


@pytest.mark.parametrize("epic", GLASS)
@pytest.mark.parametrize("code", [403, 429, 500, 503])
async def test_a_record_behind_glass_is_asked_for_once_and_looks_like_any_refusal(
    asked: Asked, code: int, epic: str
) -> None:
    server, known = asked
    server.on_all(status(code, codes=[epic]))
    assert (await pull(known)).failure is Failure.NOT_RELEASED
    assert len(server.requests) == 1
    server.on_all(status(403))
    assert (await pull(known)).failure is Failure.NOT_RELEASED


async def test_no_answer_tells_a_record_behind_glass_from_another_that_is_refused() -> None:
    async with open_server() as (server, ehr):
        told = []
        for behaviour in (status(403), *(BEHAVIOURS[f"403 Epic {epic}"] for epic in GLASS)):
            server.on("Observation", behaviour)
            server.requests.clear()
            told.append(unmarked(cards_in(await ehr.send(call(server.base)))))
            assert len(server.requests) == 7
        assert told == [told[0]] * len(told)
        for word in ("glass", "4130", "reason to open", "emergency"):
            assert word not in json.dumps(told).lower()


async def test_a_connection_that_breaks_is_tried_once_more_and_no_oftener(asked: Asked) -> None:
    server, known = asked
    for row in ("S23 reset", "S23 closed without an answer", "S22 body cut short", "no last chunk"):
        server.on_all(BEHAVIOURS[row])
        server.requests.clear()
        assert (await pull(known)).failure is Failure.CUT_SHORT, row
        assert len(server.requests) == 2, row


async def test_a_port_that_refuses_is_told_as_such_and_recovers_nothing_by_itself() -> None:
    async with open_server() as (server, ehr):
        assert cards_in(await ehr.send(call(server.base)))
        server.on_all(BEHAVIOURS["S16 reset, then refused"])
        first = await ehr.send(call(server.base))
        assert first.status_code == 412
        for _ in range(FAILURES - 1):
            answer = await ehr.send(call(server.base))
            assert answer.status_code == 412
            assert "could not be reached" in answer.text
        assert "given a rest" in (await ehr.send(call(server.base))).text


async def test_after_five_failed_calls_in_a_row_no_socket_is_opened() -> None:
    async with open_server() as (server, ehr):
        full = unmarked(cards_in(await ehr.send(call(server.base))))
        for _ in range(3):
            # Four failures, and a success between them and the next four.
            server.on_all(status(503))
            for _ in range(FAILURES - 1):
                assert (await ehr.send(call(server.base))).status_code == 412
            server.on_all(honest)
            assert unmarked(cards_in(await ehr.send(call(server.base)))) == full
        server.on_all(status(503))
        for _ in range(FAILURES):
            await ehr.send(call(server.base))
        server.on_all(honest)
        requests, sockets = len(server.requests), server.sockets
        resting = await ehr.send(call(server.base))
        assert resting.status_code == 412
        assert "given a rest" in resting.text
        assert (len(server.requests), server.sockets) == (requests, sockets)


async def test_a_refusal_does_not_bring_a_server_to_rest(asked: Asked) -> None:
    server, known = asked
    for code in (401, 403, 404):
        server.on_all(status(code))
        for _ in range(FAILURES + 1):
            assert (await pull(known)).failure is not Failure.RESTING


def rested(known: KnownServer, ago: float) -> None:
    """The server as one that failed five times so many seconds ago."""
    now = asyncio.get_running_loop().time()
    for _ in range(FAILURES):
        known.breaker.failed(now - ago)


async def test_after_the_rest_one_call_tries_and_closes_it(asked: Asked) -> None:
    server, known = asked
    rested(known, REST_SECONDS + 1)
    assert (await pull(known)).failure is None
    assert (await pull(known)).failure is None
    rested(known, REST_SECONDS + 1)
    server.on_all(status(503))
    assert (await pull(known)).failure is Failure.SERVER_ERROR
    server.requests.clear()
    assert (await pull(known)).failure is Failure.RESTING
    assert not server.requests


@pytest.mark.parametrize("access", [Access("t", until(0, 0)), Access("t", None, "patient/Patient.rs")])
async def test_a_try_in_which_nothing_is_asked_leaves_the_rest_as_it_is(asked: Asked, access: Access) -> None:
    server, known = asked
    rested(known, REST_SECONDS + 1)
    assert (await pull(known, access)).failure in (Failure.ACCESS_ENDED, Failure.NOT_GRANTED)
    server.on_all(status(503))
    assert (await pull(known)).failure is Failure.SERVER_ERROR
    # One failure after a rest is enough for another.
    assert (await pull(known)).failure is Failure.RESTING


async def test_a_call_without_access_does_not_use_up_the_try(asked: Asked) -> None:
    _, known = asked
    known.needs_token = True
    rested(known, REST_SECONDS + 1)
    assert (await pull(known)).failure is Failure.NO_ACCESS
    assert (await pull(known, Access("t"))).failure is None


async def test_a_caller_who_goes_away_during_the_try_leaves_it_to_the_next(asked: Asked) -> None:
    server, known = asked
    rested(known, REST_SECONDS + 1)
    server.on_all(silent)
    trying = asyncio.create_task(pull(known))
    async with asyncio.timeout(5):
        while not server.requests:  # noqa: ASYNC110  the server counts, and signals nothing
            await asyncio.sleep(0.001)
    assert (await pull(known)).failure is Failure.RESTING
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    server.on_all(honest)
    assert (await pull(known)).failure is None


def test_a_breaker_rests_as_long_as_it_is_asked_to_within_a_limit() -> None:
    for wish, rest in ((None, 10.0), (0.0, 10.0), (30.0, 30.0), (1e9, LONGEST_REST_SECONDS)):
        breaker = Breaker()
        for _ in range(FAILURES - 1):
            breaker.failed(100.0, wish)
        assert breaker.lets_through(100.0)
        breaker.failed(100.0, wish)
        assert not breaker.lets_through(100.0)
        assert not breaker.lets_through(100.0 + rest - 0.01)
        assert breaker.lets_through(100.0 + rest)
        # One tries; the others wait for what comes of it.
        assert not breaker.lets_through(100.0 + rest)
        breaker.failed(200.0)
        assert not breaker.lets_through(209.99)
        assert breaker.lets_through(210.0)
        breaker.answered()
        assert breaker.lets_through(210.0)


def test_a_scope_is_read_in_both_ways_of_writing() -> None:
    table = {
        "user/Observation.read": (Coverage.ALL, Coverage.ALL),
        "user/Observation.rs": (Coverage.ALL, Coverage.ALL),
        "user/Observation.r": (Coverage.ALL, Coverage.NONE),
        "user/Observation.s": (Coverage.NONE, Coverage.ALL),
        "user/Observation.write": (Coverage.NONE, Coverage.NONE),
        "user/Observation.cud": (Coverage.NONE, Coverage.NONE),
        "user/Observation.*": (Coverage.ALL, Coverage.ALL),
        "user/Observation.rs?category=laboratory": (Coverage.PART, Coverage.PART),
        "user/Observation.rs?category=laboratory user/*.rs": (Coverage.ALL, Coverage.ALL),
        "user/Condition.rs": (Coverage.NONE, Coverage.NONE),
        "user/ObservationX.rs": (Coverage.NONE, Coverage.NONE),
        "launch openid": (Coverage.ALL, Coverage.ALL),
        "": (Coverage.ALL, Coverage.ALL),
    }
    for scope, (read, search) in table.items():
        access = Access("t", None, scope)
        assert access.covers("Observation", search=False) is read, scope
        assert access.covers("Observation", search=True) is search, scope


async def test_a_token_that_ends_during_a_search_is_not_sent_again(asked: Asked) -> None:
    server, known = asked
    server.page_size = 1
    server.on_all(delay(0.3))
    ending = Access("t", asyncio.get_running_loop().time() + 0.25)
    found = await pull(known, ending)
    assert found.failure is Failure.ACCESS_ENDED
    assert len(found.pages) == len(server.requests) == 1


async def test_a_server_is_asked_so_many_things_at_once_and_no_more() -> None:
    calls = AT_ONCE // 7 + 2
    async with open_server() as (server, ehr):
        full = unmarked(cards_in(await ehr.send(call(server.base))))
        gate, arrived = asyncio.Event(), 0

        async def held(_seen: Seen, reply: Reply) -> None:
            nonlocal arrived
            arrived += 1
            if arrived == AT_ONCE:
                # Whoever else could come has come when everything that is ready has run.
                for _ in range(200):
                    await asyncio.sleep(0)
                gate.set()
            await gate.wait()
            await reply.default()

        server.on_all(held)
        answers = await asyncio.gather(*(ehr.send(call(server.base)) for _ in range(calls)))
        assert [unmarked(cards_in(answer)) for answer in answers] == [full] * calls
        assert server.most_at_once == AT_ONCE


async def test_a_caller_who_goes_away_takes_the_questions_along() -> None:
    async with FaultServer(stored()) as server, running(demo_fhir_servers=(server.base,)) as app:
        body = json.dumps(call(server.base)).encode()
        server.on_all(drip(0.01))
        brought = False
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            nonlocal brought
            if not brought:
                brought = True
                return {"type": "http.request", "body": body, "more_body": False}
            while len(server.requests) < 7:  # noqa: ASYNC110  the server counts, and signals nothing
                await asyncio.sleep(0.001)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": SERVICE,
            "raw_path": SERVICE.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"service.test"), (b"content-type", b"application/json")],
            "server": ("service.test", 80),
            "client": ("127.0.0.1", 1),
            "app": app,
            "state": {},
        }
        async with asyncio.timeout(5):
            await app(scope, receive, send)
            # The server sees that nobody reads any longer.
            while server._in_flight:  # noqa: ASYNC110  as above
                await asyncio.sleep(0.001)
        assert sent[0]["status"] == 499
        assert len(server.requests) == 7
        server.on_all(honest)
        assert cards_in(await Ehr(app).send(call(server.base)))


@pytest.mark.conforms("R71")
@pytest.mark.parametrize(("kind", "code"), [("Observation", 200), ("Condition", 412), ("Patient", 412)])
async def test_one_slow_search_costs_its_own_data_and_no_more(kind: str, code: int) -> None:
    async with open_server({"fetch_deadline": 1.0, "fetch_target": 0.5}) as (server, ehr):
        server.on(kind, silent)
        started = monotonic()
        response = await ehr.send(call(server.base))
        assert monotonic() - started < 5
        assert response.status_code == code
        if code == 200:
            assert len(cards_in(response)) == 3
        else:
            assert "did not answer in time" in response.text
