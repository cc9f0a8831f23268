"""Keeping a record of every decision: at once where it survives the process, a moment later in its chain.

A record stands in the journal before its decision is told. A thread brings records into the database in
batches, each of them once however often it is sent, and signs the heads of the chains from time to time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Literal

from app.errors import UnavailableError
from app.logs import logger
from app.store.audit_chain import Chains, Entry
from app.store.audit_heads import HeadSigner, read_private_key
from app.store.audit_journal import Folder, Journal, Memory
from app.store.audit_line import entry_of, line_of
from app.store.database import Database, StoreError

Failure = Literal["closed", "open"]
_BATCH = 500
_LONGEST_PAUSE = 30.0


class AuditUnavailableError(UnavailableError):
    """No record of the decision can be kept, and none is told without one."""

    def __init__(self) -> None:
        super().__init__(
            "A decision is told only with a record of it, and none can be kept now: send the same request "
            "again later."
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a trail waits, in seconds.

    Args:
        linger: for which a record waits for others.
        idle: without a record after which the thread ends.
        pause: after which a delivery that failed is tried again; twice as many the next time.
        sign_every: between two times of signing heads.
    """

    linger: float = 0.05
    idle: float = 5.0
    pause: float = 0.5
    sign_every: float = 60.0


class AuditTrail:
    """Keeps records. ``keep`` may be called from any thread and waits for neither database nor disk.

    Args:
        journal: where records wait.
        deliver: brings records into their chains; one that is there already stays as it is.
        clock: the time, for telling how long records wait.
        failure: what follows where a record cannot be kept: ``closed``, an error, or ``open``, it is counted.
        sign: signs the heads that have moved.
        pace: how long it waits for what.
    """

    def __init__(
        self,
        journal: Journal,
        deliver: Callable[[Sequence[Entry]], object],
        *,
        clock: Callable[[], datetime],
        failure: Failure = "closed",
        sign: Callable[[], object] | None = None,
        pace: Pace = Pace(),
    ) -> None:
        self._journal = journal
        self._deliver = deliver
        self._clock = clock
        self._failure = failure
        self._sign = sign
        self._pace = pace
        self._pause = pace.pause
        lock = Lock()
        self._work = Condition(lock)
        self._done = Condition(lock)
        self._thread: Thread | None = None
        self._taken = self._settled = self._lost = self._torn = self._flushing = 0
        self._ending = self._refusing = self._failing = self._heads_failing = False
        # When heads are to be signed, on the clock that never goes back; None where none has moved.
        self._sign_at: float | None = None

    @property
    def waiting(self) -> int:
        """How many records are not in the database yet."""
        return max(0, self._taken - self._settled)

    @property
    def oldest_waiting_seconds(self) -> float:
        """For how long the oldest of them has waited; 0 where none does."""
        oldest = self._journal.oldest
        return 0.0 if oldest is None else max(0.0, self._clock().timestamp() - oldest)

    @property
    def lost(self) -> int:
        """How many decisions were told without a record."""
        return self._lost

    @property
    def set_aside(self) -> int:
        """How many lines of the journal could not be read; they stay in its folder."""
        return self._torn

    @property
    def delivery_failing(self) -> bool:
        """Whether the database took no record when it was last asked."""
        return self._failing

    @property
    def heads_failing(self) -> bool:
        """Whether the heads could not be signed or written when it was last tried."""
        return self._heads_failing

    def start(self) -> None:
        """Deliver what processes that ended have left behind, and sign the heads as they are."""
        self._take_over()
        with self._work:
            if self._sign is not None:
                self._sign_at = time.monotonic()
            if self.waiting or self._sign_at is not None:
                self._running()

    def keep(self, tenant: str, record: bytes, at: datetime, failure: Failure | None = None) -> None:
        """Have a record kept; when this returns, it is safe from the death of this process.

        Args:
            tenant: whose decision it was.
            record: one JSON object without a line break, with ``decision_id`` and ``kind``.
            at: when it was decided, with an offset.
            failure: what follows for this tenant where it cannot be kept; the usual where left out.

        Raises:
            AuditUnavailableError: it cannot be kept, and the decision is not to be told.
            ValueError: it is no record.
        """
        line = line_of(tenant, record, at)
        try:
            self._journal.append(line, at.timestamp())
        except OSError as error:
            self._refuse(type(error).__name__, failure or self._failure)
            return
        with self._work:
            self._refusing = False
            self._taken += 1
            if self._running() and not self._failing:
                self._work.notify()

    def flush(self, timeout: float) -> bool:
        """Whether everything kept before this call is in the database within that many seconds."""
        with self._done:
            goal = self._taken
            self._flushing += 1
            self._running()
            self._work.notify()
            try:
                return self._done.wait_for(lambda: self._settled >= goal, timeout)
            finally:
                self._flushing -= 1

    def close(self, timeout: float = 10.0) -> None:
        """Deliver what waits and sign, for that many seconds at most, and end the thread.

        What is not delivered waits in its folder for the next process. A record that comes later starts
        another thread: a server may start its application again.
        """
        with self._work:
            thread = self._thread
            self._ending = True
            self._work.notify()
        if thread is not None:
            thread.join(timeout)
        with self._work:
            ended = self._thread is None
            self._ending = False
        # A thread that still waits for the database holds its file: it is for the next process then.
        if ended:
            let_go = self._journal.close()
            with self._work:
                self._taken -= let_go

    def _refuse(self, cause: str, failure: Failure) -> None:
        with self._work:
            first, self._refusing = not self._refusing, True
            self._lost += failure == "open"
        if first:
            # Once for each outage.
            logger().error("audit_not_kept", error=cause, reason=failure)
        if failure == "closed":
            raise AuditUnavailableError

    def _running(self) -> bool:
        """Whether there is a thread to deliver with; what waits in a folder is safe without one."""
        if self._thread is None:
            thread = Thread(target=self._run, name="audit", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the machine has no thread to give
                return False
            self._thread = thread
        return True

    def _run(self) -> None:
        self._take_over()
        working = True
        while working:
            self._deliver_oldest()
            self._sign_if_due()
            working = self._rest()

    def _take_over(self) -> None:
        found = self._journal.take_over()
        with self._work:
            self._taken += found

    def _rest(self) -> bool:
        """Whether there is more to do, when the time for it has come; False is the end of the thread."""
        with self._work:
            if self._ending and (self._failing or not self.waiting) and self._signed_for_now():
                # Said under the lock: whoever keeps next sees it and starts another thread.
                self._thread = None
                return False
            if self._ending:
                return True
            if self._failing:
                # Kept records do not wake it: a database that is down is asked once in a while.
                self._work.wait(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
                return True
            self._work.wait_for(self._awake, self._patience())
            if self.waiting:
                self._work.wait_for(self._hurried, self._pace.linger)
            elif self._sign_at is None and not self._ending:
                self._thread = None
                return False
            return True

    def _awake(self) -> bool:
        return self._ending or self.waiting > 0

    def _hurried(self) -> bool:
        return self._ending or self._flushing > 0 or self.waiting >= _BATCH

    def _patience(self) -> float:
        if self._sign_at is None:
            return self._pace.idle
        return max(0.0, self._sign_at - time.monotonic())

    def _signed_for_now(self) -> bool:
        return self._sign_at is None or self._heads_failing

    def _deliver_oldest(self) -> None:
        try:
            sealed = self._journal.seal()
            if sealed is None:
                return
            entries, torn = _read(sealed.lines)
            for first in range(0, len(entries), _BATCH):
                self._deliver(entries[first : first + _BATCH])
            self._journal.drop(sealed, aside=torn > 0)
        except StoreError as error:
            self._fail(error.cause)
        except Exception as error:  # noqa: BLE001  whatever fails here is tried again: nothing may be lost
            self._fail(type(error).__name__)
        else:
            if self._failing:
                # Once for each outage, like its beginning.
                logger().info("audit_delivered")
            with self._done:
                self._failing = False
                self._pause = self._pace.pause
                self._settled += len(sealed.lines)
                self._torn += torn
                if entries and self._sign is not None and self._sign_at is None:
                    self._sign_at = time.monotonic() + self._pace.sign_every
                self._done.notify_all()
            if torn:
                logger().error("audit_lines_set_aside", set_aside=torn)

    def _fail(self, cause: str) -> None:
        with self._work:
            first, self._failing = not self._failing, True
        if first:
            logger().error("audit_not_delivered", error=cause)

    def _sign_if_due(self) -> None:
        if self._sign is None or self._sign_at is None:
            return
        if not self._ending and time.monotonic() < self._sign_at:
            return
        try:
            self._sign()
        except Exception as error:  # noqa: BLE001  no head is worth a record: it is signed the next time
            first, self._heads_failing = not self._heads_failing, True
            self._sign_at = time.monotonic() + self._pace.sign_every
            if first:
                cause = error.cause if isinstance(error, StoreError) else type(error).__name__
                logger().error("audit_heads_not_signed", error=cause)
        else:
            self._heads_failing = False
            self._sign_at = None


def open_audit(
    database: Database,
    *,
    clock: Callable[[], datetime],
    spool: Path | None = None,
    spool_bytes: int = 268_435_456,
    failure: Failure = "closed",
    key: Path | None = None,
    heads: Path | None = None,
    head_seconds: float = 60.0,
) -> AuditTrail:
    """The trail of a deployment, which begins to deliver what was left behind.

    Args:
        database: where the chains are.
        clock: the time.
        spool: the folder in which records wait; without one they wait in memory, and end with the process.
        spool_bytes: how much may wait.
        failure: what follows where no record can be kept.
        key: the file with the private key that heads are signed with.
        heads: the file that signed heads are added to.
        head_seconds: how often.

    Raises:
        ValueError: the key cannot be read, or the folder cannot be made; the message says so.
    """
    if (key is None) != (heads is None):
        raise ValueError("heads are signed into a file with a key: give both or none")
    chains = Chains(database)
    sign = None
    if key is not None and heads is not None:
        signer = HeadSigner(read_private_key(key), heads)
        sign = lambda: signer.sign(chains.heads(), clock())  # noqa: E731  two things that are known only here
    try:
        journal: Journal = Memory(spool_bytes) if spool is None else Folder(spool, spool_bytes)
    except OSError as error:
        raise ValueError(f"the folder in which records wait cannot be made: {error.strerror}") from None
    trail = AuditTrail(
        journal, chains.append, clock=clock, failure=failure, sign=sign, pace=Pace(sign_every=head_seconds)
    )
    trail.start()
    return trail


def _read(lines: Sequence[bytes]) -> tuple[list[Entry], int]:
    """The records of lines, and how many lines hold none."""
    entries = []
    torn = 0
    for line in lines:
        try:
            entries.append(entry_of(line))
        except ValueError:
            torn += 1
    return entries, torn
