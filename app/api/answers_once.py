"""Claiming an Idempotency-Key and keeping its answer, without holding up other calls."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import TYPE_CHECKING, TypeVar

from app.errors import ContradictionError, ServiceError, UnavailableError
from app.logs import logger
from app.store.database import StoreError
from app.store.idempotency_keys import IdempotencyKeys
from app.store.kept_answer import Answer, UnopenedError

if TYPE_CHECKING:
    # What it encrypts with is loaded with the first key that comes.
    from app.store.sealed_answers import Sealing

# How long an answer is given again, and how long a call that died holds its key.
KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=60)
_BETWEEN_SWEEPS = 300.0
_THREADS = 4
# Compressing, encrypting and writing a large answer is more than looking one up.
_KEEP_SECONDS = 5.0
_Result = TypeVar("_Result")


class KeyInUseError(ServiceError):
    """The same request under the same key is being answered."""

    status = 409
    code = "lock-error"
    title = "The same request is being answered"
    retry_after = 2

    def __init__(self) -> None:
        super().__init__(
            "The request that came first under this Idempotency-Key is being answered: send this one again "
            "after Retry-After."
        )


class KeyReusedError(ContradictionError):
    """The key was used for another request."""

    code = "conflict"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__(
            "Another request was sent under this Idempotency-Key: choose a new key for each new request."
        )


class AnswerNotKeptError(UnavailableError):
    """Nobody can tell whether the request was answered before."""

    def __init__(self) -> None:
        super().__init__(
            "No answer can be kept under an Idempotency-Key now: send the same request again in a moment, or "
            "without that header."
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that a call holds.

    Args:
        sealing: names and encrypts.
        request: the digest of the request.
        owner: names the call.
    """

    sealing: "Sealing"
    request: str
    owner: str


class AnswersOnce:
    """Sees to it that one request under one key is answered once, on all replicas that share a database.

    Args:
        opened: gives what remembers keys and answers; asked when the first key comes.
        secret: of the deployment.
        clock: the time of the world.
        seconds: after which the database is taken to be down.
    """

    def __init__(
        self,
        opened: Callable[[], IdempotencyKeys],
        secret: bytes,
        clock: Callable[[], datetime],
        *,
        seconds: float = 2.0,
    ) -> None:
        self._seconds = seconds
        self._opened = opened
        self._secret = secret
        self._clock = clock
        self._opening = Lock()
        self._keys: IdempotencyKeys | None = None
        # Its own threads: a database that hangs must not take those of others.
        self._threads: ThreadPoolExecutor | None = None
        self._failing = False

    async def claim(self, whose: tuple[str | None, ...], key: str, request: bytes) -> Claim | Answer:
        """The answer that was given before; a claim where there is none, and one is to be made.

        Args:
            whose: everything that says whose key it is, such as tenant and client.
            key: the Idempotency-Key.
            request: a digest of all that makes the request the same.

        Raises:
            KeyInUseError: the answer is being made.
            KeyReusedError: the key was used for another request.
            AnswerNotKeptError: nobody can tell.
        """
        from app.store.sealed_answers import Sealing  # noqa: PLC0415  few callers send a key

        sealing = Sealing(self._secret, whose, key)
        claim = Claim(sealing, sealing.digest(request), os.urandom(16).hex())
        now, abandoned = self._clock(), Event()

        def looked() -> Claim | Answer:
            keys = self._keys_now()
            held = keys.claim(sealing.name, claim.request, claim.owner, now, now + LEASE)
            if held is None:
                if abandoned.is_set():
                    keys.free(sealing.name, claim.owner)
                return claim
            if held.request != claim.request:
                raise KeyReusedError
            if held.answer is None:
                raise KeyInUseError
            return sealing.open(held.answer, claim.request)

        try:
            return await self._apart(looked, self._seconds)
        except (StoreError, UnopenedError) as error:
            self._failed("claim", error)
        finally:
            # Whoever no longer waits for the database must not hold the key once it answers.
            abandoned.set()
        raise AnswerNotKeptError

    async def keep(self, claim: Claim, answer: Answer) -> None:
        """Keep an answer, so that the same request has it again.

        Where that fails the answer leaves all the same: it stands in its record already, and whoever lacks it
        and asks again is answered anew once the claim has ended.
        """
        until = self._clock() + KEPT

        def kept() -> None:
            sealed = claim.sealing.seal(answer, claim.request)
            self._keys_now().keep(claim.sealing.name, claim.owner, sealed, until)

        try:
            await self._apart(kept, _KEEP_SECONDS)
        except StoreError as error:
            self._failed("keep", error)

    async def free(self, claim: Claim) -> None:
        """Let the same request be answered anew; where that fails, it is once the claim has ended."""
        try:
            await self._apart(lambda: self._keys_now().free(claim.sealing.name, claim.owner), self._seconds)
        except StoreError as error:
            self._failed("free", error)

    async def keep_swept(self) -> None:
        """Delete what has expired, for as long as the service runs and wherever it keeps anything."""
        while True:
            await asyncio.sleep(_BETWEEN_SWEEPS)
            await self.sweep()

    async def sweep(self) -> None:
        """Delete what has expired; where that fails, it is left for the next time."""
        keys = self._keys
        if keys is None:
            return
        try:
            await self._apart(lambda: keys.sweep(self._clock()), _KEEP_SECONDS)
        except StoreError as error:
            self._failed("sweep", error)

    def close(self) -> None:
        """Give back threads and connections; what comes later opens them again."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
        keys, self._keys = self._keys, None
        if keys is not None:
            keys.close()

    def _keys_now(self) -> IdempotencyKeys:
        with self._opening:
            if self._keys is None:
                self._keys = self._opened()
            return self._keys

    async def _apart(self, work: Callable[[], _Result], seconds: float) -> _Result:
        """What some work gives, done in a thread.

        Raises:
            StoreError: the database does not do it, or not in time.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="idempotency-keys")
        try:
            async with asyncio.timeout(seconds):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise StoreError("timeout") from None
        self._failing = False
        return found

    def _failed(self, step: str, error: StoreError | UnopenedError) -> None:
        if not self._failing:
            # Once for each outage, and no more than the kind of failure.
            self._failing = True
            cause = error.cause if isinstance(error, StoreError) else type(error).__name__
            logger().error("idempotency_store_down", reason=step, error=cause)
