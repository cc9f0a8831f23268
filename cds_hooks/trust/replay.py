"""Whether a token was used before: on this replica, or on any other that shares the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Literal, Protocol

from app.logs import logger
from app.store.database import StoreError
from app.store.used_tokens import Use
from cds_hooks.trust.refusal import ReplayStoreDownError

Policy = Literal["strict", "lenient"]

# A network repeats a request within seconds; a thief who repeats it as it is learns what was asked anyway.
RETRY = timedelta(seconds=30)
_THREADS = 4


class Verdict(Enum):
    """What is known of a token: not used before, used a moment ago for the same body, or used."""

    NEW = auto()
    RETRY = auto()
    REPLAY = auto()


class Replays(Protocol):
    """Remembers which tokens were used."""

    async def first(self, key: bytes, digest: bytes, until: datetime, now: datetime) -> Verdict:
        """What is known of a token, which from now on was used.

        Args:
            key: a digest that names the token.
            digest: of the body that it came with.
            until: when the token is taken no more by anybody.
            now: the moment.

        Raises:
            ReplayStoreDownError: nobody can tell.
        """
        ...


class StoredReplays:
    """Remembers them in a database, without holding up other calls.

    Args:
        remember: keeps a use and gives the one before it, such as ``UsedTokens.remember``.
        policy: what follows where the database does not answer: ``strict``, the call is refused as one to be
            sent again, or ``lenient``, it is taken, logged and counted.
        seconds: after which the database is taken to be down.
    """

    def __init__(
        self,
        remember: Callable[[bytes, bytes, datetime, datetime], Use | None],
        policy: Policy = "strict",
        *,
        seconds: float = 2.0,
    ) -> None:
        self._remember = remember
        self._policy = policy
        self._seconds = seconds
        # Its own threads: a database that hangs must not take those of others.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="used-tokens")
        self._unchecked = 0
        self._failing = False

    @property
    def unchecked(self) -> int:
        """How many tokens were taken without knowing whether they had been used."""
        return self._unchecked

    async def first(self, key: bytes, digest: bytes, until: datetime, now: datetime) -> Verdict:
        """What is known of a token, which from now on was used.

        Raises:
            ReplayStoreDownError: nobody can tell, and the policy is strict.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                use = await loop.run_in_executor(self._threads, self._remember, key, digest, until, now)
        except StoreError as error:
            return self._down(error.cause)
        except TimeoutError:
            return self._down("timeout")
        self._failing = False
        if use is None:
            return Verdict.NEW
        # Two replicas' clocks differ, so the use before this one can be later.
        same = use.digest == digest and abs(now - use.at) <= RETRY
        return Verdict.RETRY if same else Verdict.REPLAY

    def close(self) -> None:
        """Give back the threads; one that still waits for the database ends when that answers."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _down(self, cause: str) -> Verdict:
        if not self._failing:
            # Once for each outage, and no more than the kind of failure.
            self._failing = True
            logger().error("replay_store_down", error=cause)
        if self._policy == "strict":
            raise ReplayStoreDownError
        self._unchecked += 1
        return Verdict.NEW
