"""Writing cards behind the caller's back: a call is answered at once, its cards are kept a moment later.

A committed row costs 0.7 ms, one of a batch 15 us; a thread gathers cards for a moment and writes them
together. What cannot be kept is dropped and counted: no answer waits for the store, and none fails with it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread

from app.logs import logger
from app.store.database import StoreError
from app.store.records import IssuedCard


class Recorder:
    """Keeps cards in batches, from a thread of its own that ends when there is nothing to do.

    Args:
        write: keeps a batch, such as ``Store.note_cards``.
        room: how many cards may wait.
        batch: how many cards are written together.
        linger: seconds for which a card waits for others.
        idle: seconds without a card after which the thread ends.
    """

    def __init__(
        self,
        write: Callable[[Sequence[IssuedCard]], None],
        *,
        room: int = 10_000,
        batch: int = 500,
        linger: float = 0.1,
        idle: float = 5.0,
    ) -> None:
        self._write = write
        self._room = room
        self._batch = batch
        self._linger = linger
        self._idle = idle
        self._waiting: deque[IssuedCard] = deque()
        lock = Lock()
        self._work = Condition(lock)
        self._done = Condition(lock)
        self._thread: Thread | None = None
        self._taken = self._settled = self._dropped = self._flushing = 0
        self._ending = self._full = self._failing = False

    @property
    def dropped(self) -> int:
        """How many cards could not be kept."""
        return self._dropped

    def record(self, issued: Sequence[IssuedCard]) -> None:
        """Have cards kept soon. Never waits for the store and never raises."""
        if not issued:
            return
        with self._work:
            taken = issued[: self._room - len(self._waiting)]
            overflows = len(taken) < len(issued) and not self._full
            self._full = self._full or overflows
            self._dropped += len(issued) - len(taken)
            self._waiting.extend(taken)
            self._taken += len(taken)
            if self._waiting and not self._running():
                self._drop_all()
            if len(self._waiting) == len(taken) or self._due():
                self._work.notify()
        if overflows:
            logger().error("cards not kept", error="full")

    def flush(self, timeout: float) -> bool:
        """Whether everything recorded before this call was written or dropped within that many seconds."""
        with self._done:
            goal = self._taken
            self._flushing += 1
            self._work.notify()
            try:
                return self._done.wait_for(lambda: self._settled >= goal, timeout)
            finally:
                self._flushing -= 1

    def close(self, timeout: float = 10.0) -> None:
        """Write what is waiting, for that many seconds at most, and end the thread.

        A card that comes later starts another one: a server may start its application again.
        """
        with self._work:
            thread = self._thread
            self._ending = True
            self._work.notify()
        if thread is not None:
            thread.join(timeout)
        with self._work:
            self._ending = False

    def _running(self) -> bool:
        """Whether there is a thread to write with; it is started with the first card."""
        if self._thread is None:
            thread = Thread(target=self._run, name="recorder", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the machine has no thread to give
                return False
            self._thread = thread
        return True

    def _drop_all(self) -> None:
        self._dropped += len(self._waiting)
        self._settled += len(self._waiting)
        self._waiting.clear()

    def _run(self) -> None:
        while batch := self._next_batch():
            self._keep(batch)
            with self._done:
                self._settled += len(batch)
                self._done.notify_all()

    def _next_batch(self) -> list[IssuedCard]:
        with self._work:
            self._work.wait_for(lambda: self._waiting or self._ending, self._idle)
            if self._waiting:
                self._work.wait_for(self._due, self._linger)
            else:
                # Said under the lock: whoever records next sees it and starts another thread.
                self._thread = None
            batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            self._full = self._full and bool(self._waiting)
            return batch

    def _due(self) -> bool:
        return self._ending or self._flushing > 0 or len(self._waiting) >= self._batch

    def _keep(self, batch: Sequence[IssuedCard]) -> None:
        try:
            self._write(batch)
        except StoreError as error:
            self._lose(batch, error.cause)
        except Exception as error:  # noqa: BLE001  whatever fails here, later cards are to be kept
            self._lose(batch, type(error).__name__)
        else:
            self._failing = False

    def _lose(self, batch: Sequence[IssuedCard], cause: str) -> None:
        with self._work:
            self._dropped += len(batch)
        if not self._failing:
            # Once for each outage, and no more than the kind of failure.
            self._failing = True
            logger().error("cards not kept", error=cause)
