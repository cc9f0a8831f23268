"""Cards kept behind the caller's back: in batches, by one thread, and never at the cost of an answer."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.store import IssuedCard, Recorder, Store, StoreError, Tally
from tests.privacy.conftest import log as log  # noqa: PLC0414  a fixture of another folder
from tests.privacy.service_log import ServiceLog
from tests.store.kept import PATIENT, TENANT, card, uuid_of

SECONDS = 10.0


class Gate:
    """A store that waits until it is let go, and fails while it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Event()
        self.open = threading.Event()
        self.failure: Exception | None = None

    def write(self, batch: Sequence[IssuedCard]) -> None:
        self.entered.set()
        assert self.open.wait(SECONDS)
        if self.failure is not None:
            raise self.failure
        self.batches.append([one.uuid for one in batch])

    @property
    def written(self) -> list[str]:
        return [one for batch in self.batches for one in batch]


@pytest.fixture
def gate() -> Iterator[Gate]:
    found = Gate()
    yield found
    found.open.set()


def thread_of(recorder: Recorder) -> threading.Thread | None:
    return recorder._thread


def test_what_is_recorded_is_kept(store: Store) -> None:
    recorder = Recorder(store.note_cards)
    recorder.record([card(1), card(2)])
    recorder.record([card(3)])
    assert recorder.flush(SECONDS)
    ((_, tally),) = store.counts(TENANT).rules.items()
    assert tally == Tally(unanswered=3)
    recorder.close()


def test_there_is_no_thread_before_the_first_card_and_none_after_the_last(gate: Gate) -> None:
    recorder = Recorder(gate.write, idle=0.001, linger=0)
    recorder.record([])
    assert recorder.flush(SECONDS)
    assert thread_of(recorder) is None
    for number in range(3):
        gate.entered.clear()
        gate.open.clear()
        recorder.record([card(number)])
        assert gate.entered.wait(SECONDS)
        thread = thread_of(recorder)
        assert thread is not None
        assert thread.daemon
        gate.open.set()
        thread.join(SECONDS)
        assert thread_of(recorder) is None
    assert gate.written == [uuid_of(0), uuid_of(1), uuid_of(2)]


def test_cards_are_written_together(gate: Gate) -> None:
    gate.open.set()
    recorder = Recorder(gate.write, batch=100, linger=SECONDS)
    for number in range(250):
        recorder.record([card(number)])
    assert recorder.flush(SECONDS)
    assert len(gate.batches) <= 5
    assert max(len(batch) for batch in gate.batches) == 100
    assert gate.written == [uuid_of(number) for number in range(250)]
    recorder.close()


def test_nobody_waits_for_a_store_that_hangs(gate: Gate) -> None:
    recorder = Recorder(gate.write, room=10, linger=0)
    recorder.record([card(0)])
    assert gate.entered.wait(SECONDS)
    recorder.record([card(number) for number in range(1, 8)])
    recorder.record([card(number) for number in range(8, 15)])
    recorder.record([card(99)])
    assert recorder.dropped == 5
    assert not recorder.flush(0)
    gate.open.set()
    assert recorder.flush(SECONDS)
    assert gate.written == [uuid_of(number) for number in range(11)]
    recorder.record([card(20)])
    assert recorder.flush(SECONDS)
    assert gate.written[-1] == uuid_of(20)
    assert recorder.dropped == 5
    recorder.close()


@pytest.mark.parametrize("failure", [StoreError("OperationalError"), ValueError(PATIENT), OSError(PATIENT)])
def test_a_store_that_is_down_costs_its_cards_and_one_line(
    log: ServiceLog, gate: Gate, failure: Exception
) -> None:
    log.client()  # the log is that of the newest application
    gate.open.set()
    gate.failure = failure
    recorder = Recorder(gate.write, linger=0)

    def send(*numbers: int) -> None:
        for number in numbers:
            recorder.record([card(number)])
            assert recorder.flush(SECONDS)

    send(1, 2, 3)
    assert recorder.dropped == 3
    gate.failure = None
    send(4)
    gate.failure = failure
    send(5)
    recorder.close()
    assert gate.written == [uuid_of(4)]
    assert recorder.dropped == 4
    cause = failure.cause if isinstance(failure, StoreError) else type(failure).__name__
    assert [(line["event"], line["error"]) for line in log.lines] == [("cards not kept", cause)] * 2
    assert PATIENT not in log.text


def test_too_many_cards_are_one_line_each_time(log: ServiceLog, gate: Gate) -> None:
    log.client()
    recorder = Recorder(gate.write, room=1, linger=0)
    for times in (1, 2):
        gate.entered.clear()
        gate.open.clear()
        recorder.record([card(0)])
        assert gate.entered.wait(SECONDS)
        for number in range(1, 6):
            recorder.record([card(number)])
        gate.open.set()
        assert recorder.flush(SECONDS)
        assert recorder.dropped == 4 * times
        assert [line["error"] for line in log.lines] == ["full"] * times
    recorder.close()


def test_closing_writes_what_waits_and_ends_the_thread(gate: Gate) -> None:
    gate.open.set()
    recorder = Recorder(gate.write, linger=SECONDS, idle=SECONDS)
    recorder.close()
    for start in (0, 1_000):
        # A server may start its application again.
        recorder.record([card(start + number) for number in range(700)])
        recorder.close()
        assert thread_of(recorder) is None
    assert len(gate.written) == 1_400
    assert recorder.dropped == 0


def test_closing_waits_no_longer_than_it_is_told(gate: Gate) -> None:
    recorder = Recorder(gate.write, linger=0)
    recorder.record([card(1)])
    assert gate.entered.wait(SECONDS)
    recorder.close(timeout=0.01)
    assert gate.written == []
    gate.open.set()
    assert recorder.flush(SECONDS)
    assert gate.written == [uuid_of(1)]


def test_many_callers_lose_nothing(store: Store) -> None:
    recorder = Recorder(store.note_cards, idle=0, linger=0)

    def work(worker: int) -> None:
        for number in range(50):
            recorder.record([card(100 * worker + number)])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert recorder.flush(SECONDS)
    ((_, tally),) = store.counts(TENANT).rules.items()
    assert tally == Tally(unanswered=400)
    assert recorder.dropped == 0
    recorder.close()


def test_any_failure_leaves_the_thread_at_work(gate: Gate) -> None:
    gate.open.set()
    recorder = Recorder(gate.write, linger=0)
    for failure in (MemoryError(), KeyError("x"), None):
        gate.failure = failure
        recorder.record([card(1)])
        assert recorder.flush(SECONDS)
    recorder.close()
    assert recorder.dropped == 2
    assert gate.written == [uuid_of(1)]
