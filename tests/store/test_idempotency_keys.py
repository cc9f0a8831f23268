"""One request under one key is answered once, on whichever replica; at rest its answer tells nothing."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from app.api.answers_once import (
    KEPT,
    LEASE,
    AnswerNotKeptError,
    AnswersOnce,
    Claim,
    KeyInUseError,
    KeyReusedError,
)
from app.store.database import Database, StoreError
from app.store.idempotency_keys import Held, IdempotencyKeys
from app.store.kept_answer import Answer, UnopenedError
from app.store.sealed_answers import Sealing
from app.store.tables import idempotency_keys
from tests.trust.issuing import NOW, Clock

SECRET, WHOSE = b"s" * 32, ("default", "api-key", None, "registry-1")
ANSWER = Answer(
    200, [(b"content-type", b"application/json"), (b"x-decision-id", b"1")], b'{"total": 12}' * 50
)
SECOND = timedelta(seconds=1)


@pytest.fixture
def keys(kept: str) -> Iterator[IdempotencyKeys]:
    made = IdempotencyKeys(Database(kept))
    yield made
    made.close()


class Replicas:
    """Two of a service that share a database and the time."""

    def __init__(self, address: str) -> None:
        self.clock = Clock()
        self.first, self.second = (
            AnswersOnce(lambda: IdempotencyKeys(Database(address)), SECRET, self.clock) for _ in range(2)
        )
        self.engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(idempotency_keys)))

    def close(self) -> None:
        self.first.close()
        self.second.close()
        self.engine.dispose()


@pytest.fixture
def replicas(kept: str) -> Iterator[Replicas]:
    made = Replicas(kept)
    yield made
    made.close()


async def claimed(answers: AnswersOnce, request: bytes = b"request", key: str = "key") -> Claim:
    found = await answers.claim(WHOSE, key, request)
    assert isinstance(found, Claim)
    return found


# -- rows ----------------------------------------------------------------------------------------------------


def test_the_first_holds_the_key_until_its_time_is_over(keys: IdempotencyKeys) -> None:
    assert keys.claim("k", "r", "first", NOW, NOW + LEASE) is None
    assert keys.claim("k", "r", "second", NOW + LEASE - SECOND, NOW + 2 * LEASE) == Held("r", None)
    assert keys.claim("other", "r", "second", NOW, NOW + LEASE) is None
    assert keys.claim("k", "r", "second", NOW + LEASE, NOW + 2 * LEASE) is None
    assert keys.claim("k", "r", "first", NOW + LEASE, NOW + 2 * LEASE) == Held("r", None)


def test_an_answer_is_kept_by_whoever_holds_the_key_alone(keys: IdempotencyKeys) -> None:
    until = NOW + KEPT
    assert not keys.keep("k", "first", b"answer", until)
    keys.claim("k", "r", "first", NOW, NOW + LEASE)
    keys.claim("k", "r", "second", NOW + LEASE, NOW + 2 * LEASE)
    assert not keys.keep("k", "first", b"of the first", until)
    assert keys.keep("k", "second", b"of the second", until)
    assert keys.claim("k", "x", "third", until - SECOND, until) == Held("r", b"of the second")
    assert keys.claim("k", "x", "third", until, until + LEASE) is None


def test_only_its_holder_frees_a_key(keys: IdempotencyKeys) -> None:
    keys.claim("k", "r", "first", NOW, NOW + LEASE)
    keys.free("k", "second")
    assert keys.claim("k", "r", "second", NOW, NOW + LEASE) == Held("r", None)
    keys.free("k", "first")
    assert keys.claim("k", "r", "second", NOW, NOW + LEASE) is None


def test_what_has_expired_is_deleted_some_minutes_later(keys: IdempotencyKeys) -> None:
    later = timedelta(minutes=10)
    keys.claim("old", "r", "o", NOW, NOW + LEASE)
    keys.claim("new", "r", "o", NOW, NOW + LEASE + SECOND)
    keys.sweep(NOW + LEASE + later)
    assert keys.keep("old", "o", b"", NOW + LEASE)
    keys.sweep(NOW + LEASE + later + SECOND)
    assert not keys.keep("old", "o", b"", NOW)
    assert keys.keep("new", "o", b"", NOW)


# -- replicas ------------------------------------------------------------------------------------------------


async def test_what_one_answered_the_other_gives(replicas: Replicas) -> None:
    await replicas.first.keep(await claimed(replicas.first), ANSWER)
    for answers in (replicas.first, replicas.second):
        assert await answers.claim(WHOSE, "key", b"request") == ANSWER
        with pytest.raises(KeyReusedError):
            await answers.claim(WHOSE, "key", b"another request")


async def test_of_many_at_once_on_both_one_is_answered(replicas: Replicas) -> None:
    asked = [one.claim(WHOSE, "key", b"request") for one in (replicas.first, replicas.second) * 10]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert len([one for one in found if isinstance(one, Claim)]) == 1
    assert len([one for one in found if isinstance(one, KeyInUseError)]) == 19


async def test_what_one_is_answering_the_other_may_take_over_after_a_minute(replicas: Replicas) -> None:
    late = await claimed(replicas.first)
    replicas.clock.on(seconds=59.9)
    with pytest.raises(KeyInUseError):
        await claimed(replicas.second)
    replicas.clock.on(seconds=0.1)
    taken = await claimed(replicas.second, b"another request")
    await replicas.first.keep(late, ANSWER)
    await replicas.first.free(late)
    with pytest.raises(KeyInUseError):
        await claimed(replicas.first, b"another request")
    await replicas.second.keep(taken, ANSWER)
    assert await replicas.first.claim(WHOSE, "key", b"another request") == ANSWER


async def test_a_key_that_was_freed_may_be_taken_for_anything(replicas: Replicas) -> None:
    await replicas.first.free(await claimed(replicas.first))
    assert replicas.rows() == []
    await claimed(replicas.second, b"another request")


@pytest.mark.parametrize(
    "whose", [("north", *WHOSE[1:]), (*WHOSE[:3], "registry-2"), ("default",), (*WHOSE[:2], "x", WHOSE[3])]
)
async def test_the_key_of_another_is_another_key(replicas: Replicas, whose: tuple[str | None, ...]) -> None:
    await replicas.first.keep(await claimed(replicas.first), ANSWER)
    assert isinstance(await replicas.first.claim(whose, "key", b"another request"), Claim)
    assert len({row.key for row in replicas.rows()}) == 2


async def test_expired_answers_are_deleted(replicas: Replicas) -> None:
    await replicas.first.sweep()
    await replicas.first.keep(await claimed(replicas.first), ANSWER)
    replicas.clock.on(hours=24, minutes=10)
    await replicas.first.sweep()
    assert len(replicas.rows()) == 1
    replicas.clock.on(seconds=1)
    await replicas.first.sweep()
    assert replicas.rows() == []


async def test_after_an_end_it_opens_again(replicas: Replicas) -> None:
    await replicas.first.keep(await claimed(replicas.first), ANSWER)
    replicas.first.close()
    assert await replicas.first.claim(WHOSE, "key", b"request") == ANSWER


# -- at rest -------------------------------------------------------------------------------------------------


async def test_a_row_holds_digests_and_ciphertext(replicas: Replicas) -> None:
    await replicas.first.keep(await claimed(replicas.first, key="a key in plain sight"), ANSWER)
    (row,) = replicas.rows()
    for value in (row.key, row.request, row.owner, row.answer):
        text = value if isinstance(value, bytes) else value.encode()
        for word in (b"total", b"plain sight", b"registry-1", b"request", SECRET):
            assert word not in text
    assert len(row.answer) < len(ANSWER.body) / 2


def test_it_opens_with_the_same_secret_caller_key_and_request_alone() -> None:
    sealing = Sealing(SECRET, WHOSE, "key")
    request = sealing.digest(b"request")
    sealed = sealing.seal(ANSWER, request)
    assert sealed != sealing.seal(ANSWER, request)
    assert Sealing(SECRET, WHOSE, "key").open(sealed, request) == ANSWER
    others = [
        Sealing(b"t" * 32, WHOSE, "key"),
        Sealing(SECRET, ("north", *WHOSE[1:]), "key"),
        Sealing(SECRET, WHOSE, "kez"),
        Sealing(SECRET, (*WHOSE, "key"), ""),
    ]
    for other in others:
        assert other.name != sealing.name
        assert other.digest(b"request") != request
        with pytest.raises(UnopenedError):
            other.open(sealed, request)
    for spoiled in (b"", sealed[:12], sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(UnopenedError):
            sealing.open(spoiled, request)
    with pytest.raises(UnopenedError):
        sealing.open(sealed, sealing.digest(b"another request"))


# -- where the database fails --------------------------------------------------------------------------------


def down() -> IdempotencyKeys:
    raise StoreError("OperationalError")


async def test_where_it_cannot_be_opened_nothing_is_promised() -> None:
    answers = AnswersOnce(down, SECRET, Clock())
    with pytest.raises(AnswerNotKeptError):
        await claimed(answers)
    answers.close()


async def test_a_claim_that_comes_too_late_is_given_back(kept: str) -> None:
    """The database answers when nobody waits any more."""
    let_go, freed = threading.Event(), threading.Event()

    class Slow(IdempotencyKeys):
        def claim(self, key: str, request: str, owner: str, now: datetime, until: datetime) -> Held | None:
            found = super().claim(key, request, owner, now, until)
            assert let_go.wait(20)
            return found

        def free(self, key: str, owner: str) -> None:
            super().free(key, owner)
            freed.set()

    slow = AnswersOnce(lambda: Slow(Database(kept)), SECRET, Clock(), seconds=0.3)
    with pytest.raises(AnswerNotKeptError):
        await claimed(slow)
    let_go.set()
    assert await asyncio.to_thread(freed.wait, 20)
    answers = AnswersOnce(lambda: IdempotencyKeys(Database(kept)), SECRET, Clock())
    await claimed(answers)
    for one in (slow, answers):
        one.close()


def test_what_is_freed_all_the_time_is_held_or_had(kept: str) -> None:
    """Whoever finds a key taken can tell by what, though its holder gives it back at any moment."""
    stores = [IdempotencyKeys(Database(kept)) for _ in range(4)]

    def take(number: int) -> int:
        had = 0
        for _ in range(2_000):
            if stores[number].claim("k", "r", f"{number}", NOW, NOW + LEASE) is None:
                had += 1
                stores[number].free("k", f"{number}")
            if had == 10:
                break
        return had

    with ThreadPoolExecutor(4) as threads:
        # No claim and no look fails meanwhile, and nobody is left out for good.
        assert list(threads.map(take, range(4))) == [10] * 4
    assert stores[0].claim("k", "r", "last", NOW, NOW + LEASE) is None
    for one in stores:
        one.close()
