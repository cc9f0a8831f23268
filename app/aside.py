"""The work of large bodies, done in threads: whoever else asks is answered meanwhile.

A thread holds Python's lock as the event loop does, and hands it over every 5 milliseconds; so what takes a
second costs others those, and not the second. A small body is judged where it is: in less time than that.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from contextvars import copy_context
from functools import partial
from typing import Protocol, TypeVar

Result = TypeVar("Result")

# A body beyond this many bytes is large, and so is one that names more sites: each may be a lesion, which is
# judged by every score and pathway, and costs as much as a hundred other entries.
LARGE_BYTES = 250_000
MANY_SITES = 20
# What is fetched is counted in resources: so many hold about as many bytes.
MANY_RESOURCES = 250
# "bodySite" and "BodyStructure", at the cost of looking for one of them.
_SITES = re.compile(rb'odyS(?:ite|tructure)"')
# Two share one core no better than one does, but the first to come does not hold up all that follow.
_THREADS = 2
# Each may stand in memory ten times over while it is judged.
_AT_ONCE = 4


class Run(Protocol):
    """Does some work, here or elsewhere."""

    def __call__(self, work: Callable[[], Result], /) -> Awaitable[Result]:
        """What the work gives, or the error that it ends with."""
        ...


async def inline(work: Callable[[], Result], /) -> Result:
    """What some work gives, done at once."""
    return work()


def is_large(body: bytes) -> bool:
    """Whether the work of a body is to be done aside."""
    return len(body) > LARGE_BYTES or len(_SITES.findall(body)) > MANY_SITES


class Turn:
    """Does the work of one call: where it is, and in a thread once there is much of it.

    Args:
        aside: has the threads; None for one that stays where it is.
    """

    def __init__(self, aside: "Aside | None" = None) -> None:
        self._aside = aside
        self._run: Run = inline

    async def __call__(self, work: Callable[[], Result], /) -> Result:
        """What the work gives, or the error that it ends with."""
        return await self._run(work)

    async def grows(self, *, resources: int = 0, sites: int = 0) -> None:
        """Take into account what was fetched; where that is much, wait until its work may begin.

        Args:
            resources: how many there are.
            sites: how many of them may each be a lesion.
        """
        if resources > MANY_RESOURCES or sites > MANY_SITES:
            await self.goes_apart()

    async def goes_apart(self) -> None:
        """Do all further work in a thread; this waits until it may begin."""
        if self._aside is not None and self._run is inline:
            self._run = await self._aside.begun()

    def ends(self) -> None:
        """Let another one begin."""
        if self._aside is not None and self._run is not inline:
            self._aside.ended()
            self._run = inline


HERE = Turn()


class Aside:
    """Threads for the work of large bodies, and a limit on how many of them are in progress at once."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def turn(self, body: bytes) -> AsyncIterator[Turn]:
        """What does the work of a body, for as long as that lasts; a large one waits until it may begin."""
        turn = Turn(self)
        if is_large(body):
            await turn.goes_apart()
        try:
            yield turn
        finally:
            turn.ends()

    async def begun(self) -> Run:
        """What does the work of one more large body, once there are not too many."""
        await self._turns.acquire()
        return self.apart

    def ended(self) -> None:
        """Let the next one begin."""
        self._turns.release()

    async def apart(self, work: Callable[[], Result], /) -> Result:
        """What some work gives, done in a thread."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="large-bodies")
        # What belongs to this request, such as its span, does so there too.
        inside = partial(copy_context().run, work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, inside)

    def close(self) -> None:
        """Give back the threads; what comes later opens them again."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def entered(context: AbstractContextManager[Result], run: Run) -> AsyncIterator[Result]:
    """A context whose beginning and end are work, too.

    Where the block is cancelled, the end is left out: it is for what is answered.

    Args:
        context: entered and left once.
        run: does that.
    """
    value = await run(context.__enter__)
    try:
        yield value
    except Exception as error:
        await run(partial(context.__exit__, type(error), error, error.__traceback__))
        raise
    await run(partial(context.__exit__, None, None, None))
