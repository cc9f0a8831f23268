"""No token is taken twice, on whichever replica; a network's repetition is no second use."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import Connection, create_engine, event, text

from app.store import StoreError
from app.store.database import Database
from app.store.used_tokens import Use, UsedTokens
from cds_hooks.trust import Caller, Reason, ReplayStoreDownError, StoredReplays
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import ADDRESS, BODY, CANARY, HOSPITAL, ISS, NOW, Clock, Service, bearer, by_jku

Make = Callable[..., Service]
OTHER_BODY = b'{"hook":"order-sign"}'
KEY, DIGEST = b"k" * 32, b"d" * 32


@pytest.fixture
def replicas(kept: str) -> Iterator[tuple[Service, Service]]:
    """Two of a service that share a database and the time."""
    clock, stores = Clock(), [UsedTokens(Database(kept)) for _ in range(2)]
    first, second = (
        Service(replay=StoredReplays(store.remember, seconds=60), clock=clock) for store in stores
    )
    yield first, second
    for store in stores:
        store.close()


@pytest.mark.conforms("R148")
@pytest.mark.parametrize(
    ("body", "seconds", "reason"),
    [
        pytest.param(None, 0, None, id="A28 at once"),
        pytest.param(None, 30, None, id="A28 just in time"),
        pytest.param(None, 30.001, Reason.REPLAYED, id="A28 too late"),
        pytest.param(None, -30, None, id="A28 by a clock that is behind"),
        pytest.param(None, -30.001, Reason.REPLAYED, id="A28 by one too far behind"),
        pytest.param(OTHER_BODY, 0, Reason.REPLAYED, id="A29 other body"),
        pytest.param(b"", 0, Reason.REPLAYED, id="A29 no body"),
        pytest.param(OTHER_BODY, 359, Reason.REPLAYED, id="A29 other body, in its last second"),
    ],
)
async def test_a28_a29_a_token_is_taken_once_on_all_replicas(
    replicas: tuple[Service, Service], body: bytes | None, seconds: float, reason: Reason | None
) -> None:
    first, second = replicas
    token, sent = bearer(), BODY if body is None else body
    assert await first.takes(token) == HOSPITAL
    first.clock.on(seconds=seconds)
    for replica in (second, first):
        if reason is None:
            assert await replica.takes(token, body=sent) == HOSPITAL
        else:
            assert await replica.refuses(token, body=sent) is reason


@pytest.mark.conforms("R148")
async def test_a29_of_many_that_come_at_once_one_is_taken(replicas: tuple[Service, Service]) -> None:
    token = bearer()
    sent = [replicas[number % 2].trust.caller([token], [ADDRESS], b"%d" % number) for number in range(12)]
    done = await asyncio.gather(*sent, return_exceptions=True)
    assert [(one.tenant, one.issuer) for one in done if isinstance(one, Caller)] == [HOSPITAL]


async def test_another_issuer_may_use_the_same_id(service: Make) -> None:
    iss = "https://other.example.org"
    here = service(by_jku(), by_jku(iss=iss, tenant="b"))
    assert await here.takes(bearer()) == HOSPITAL
    assert await here.takes(bearer({}, {"iss": iss}), body=OTHER_BODY) == ("b", iss)


async def test_a_token_that_is_refused_uses_up_no_id(service: Make) -> None:
    here = service()
    assert await here.refuses(bearer({}, {}, "P384-2"), body=OTHER_BODY) is Reason.SIGNATURE
    assert await here.refuses(bearer({}, {"aud": "x"}), body=OTHER_BODY) is Reason.AUDIENCE
    assert await here.takes(bearer()) == HOSPITAL


@pytest.mark.conforms("R150")
async def test_nothing_of_a_token_is_kept(replicas: tuple[Service, Service], kept: str) -> None:
    token = bearer()
    await replicas[0].takes(token)
    engine = create_engine(kept.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM used_tokens")).all()
    engine.dispose()
    stored = repr(tuple(row))
    assert len(row) == 4
    assert not any(part in stored for part in (CANARY, ISS, *token.removeprefix("Bearer ").split(".")))


@pytest.mark.parametrize("in_memory", [False, True])
def test_the_first_use_is_remembered_as_it_was(kept: str, in_memory: bool) -> None:
    store = UsedTokens(Database("sqlite://" if in_memory else kept))
    later = NOW + timedelta(seconds=5, microseconds=7)
    assert store.remember(KEY, DIGEST, NOW + timedelta(hours=1), later) is None
    assert store.remember(KEY, b"x" * 32, NOW + timedelta(hours=1), NOW) == Use(DIGEST, later)
    assert store.remember(b"o" * 32, DIGEST, NOW + timedelta(hours=1), NOW) is None
    store.close()


def test_of_many_threads_one_is_the_first(kept: str) -> None:
    store = UsedTokens(Database(kept))
    with ThreadPoolExecutor(8) as threads:
        uses = list(threads.map(lambda _: store.remember(KEY, DIGEST, NOW, NOW), range(16)))
    assert uses.count(None) == 1
    store.close()


@pytest.mark.parametrize(
    ("minutes", "left"), [(4.99, 2), (5, 2), (15, 2), (15.01, 1)], ids=["soon", "swept", "kept", "gone"]
)
def test_what_nobody_takes_any_more_is_deleted_a_while_later(kept: str, minutes: float, left: int) -> None:
    store = UsedTokens(Database(kept))
    store.remember(KEY, DIGEST, NOW + timedelta(minutes=5), NOW)
    now = NOW + timedelta(minutes=minutes)
    store.remember(b"o" * 32, DIGEST, now, now)
    store.close()
    engine = create_engine(kept.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM used_tokens")).scalar_one() == left
    engine.dispose()


class Sweeping(Database):
    """A database from which another replica deletes what has expired just when it is looked for."""

    sweeps = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as connection:

            def sweep(*told: Any) -> None:
                if self.sweeps and str(told[2]).startswith("INSERT"):
                    connection.exec_driver_sql("DELETE FROM used_tokens")

            event.listen(connection, "after_cursor_execute", sweep)
            yield connection


async def test_what_was_deleted_just_then_is_a_replay_and_not_new(service: Make) -> None:
    database = Sweeping("sqlite://")
    here = service(replay=StoredReplays(UsedTokens(database).remember, seconds=60))
    assert await here.takes() == HOSPITAL
    database.sweeps = True
    assert await here.refuses(bearer()) is Reason.REPLAYED


class Failing:
    """A database that is down, until it is mended."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def remember(self, _key: bytes, _digest: bytes, _until: datetime, _now: datetime) -> Use | None:
        if self.failure is not None:
            raise self.failure
        return None


async def test_a31_without_the_store_a_strict_service_asks_to_come_again(
    service: Make, log: ServiceLog
) -> None:
    log.client()
    database = Failing(StoreError("OperationalError"))
    here = service(replay=StoredReplays(database.remember, "strict"))
    for _ in range(3):
        with pytest.raises(ReplayStoreDownError) as caught:
            await here.takes()
        assert (caught.value.status, caught.value.retry_after) == (503, 5)
    assert [line["error"] for line in log.lines if line["event"] == "replay_store_down"] == [
        "OperationalError"
    ]
    database.failure = None
    assert await here.takes() == HOSPITAL


async def test_a31_a_lenient_one_takes_the_call_and_says_so(service: Make, log: ServiceLog) -> None:
    log.client()
    database = Failing(StoreError("OperationalError"))
    replay = StoredReplays(database.remember, "lenient")
    here = service(replay=replay)
    for _ in range(3):
        assert await here.takes() == HOSPITAL
    assert replay.unchecked == 3
    assert [line["event"] for line in log.lines].count("replay_store_down") == 1
    assert CANARY not in log.text
    # Each outage is told anew.
    database.failure = None
    await here.takes()
    database.failure = StoreError("OperationalError")
    await here.takes()
    assert [line["event"] for line in log.lines].count("replay_store_down") == 2


@pytest.mark.parametrize("policy", ["strict", "lenient"])
async def test_a31_a_bad_token_is_refused_without_the_store(
    service: Make, policy: Literal["strict", "lenient"]
) -> None:
    here = service(replay=StoredReplays(Failing(StoreError("x")).remember, policy))
    assert await here.refuses(bearer({}, {}, "P384-2")) is Reason.SIGNATURE


async def test_a31_a_store_that_hangs_is_down(service: Make) -> None:
    done = threading.Event()

    def hang(*_: object) -> None:
        done.wait(10)

    replay = StoredReplays(hang, seconds=0.01)
    with pytest.raises(ReplayStoreDownError):
        await service(replay=replay).takes()
    done.set()
    replay.close()


async def test_a31_a_store_that_fails_in_another_way_lets_nobody_in(service: Make, log: ServiceLog) -> None:
    log.client()
    here = service(replay=StoredReplays(Failing(RuntimeError(CANARY)).remember, "lenient"))
    assert await here.refuses(bearer()) is Reason.FAILED
    assert [line["error"] for line in log.lines if line["event"] == "token_check_failed"] == ["RuntimeError"]
    assert CANARY not in log.text


def test_a_database_without_the_table_is_a_failure_of_the_store(kept: str) -> None:
    store = UsedTokens(Database(kept))
    engine = create_engine(kept.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE used_tokens"))
    engine.dispose()
    with pytest.raises(StoreError) as caught:
        store.remember(KEY, DIGEST, NOW, NOW)
    assert DIGEST.hex() not in repr(caught.value)
    store.close()
