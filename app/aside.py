"""The work of large bodies, done in threads: whoever else asks is answered meanwhile.

A thread holds Python's lock as the event loop does, and hands it over every 5 milliseconds; so what takes a
second costs others those, and not the second. A small body is judged where it is: in less time than that.
"""

import asyncio
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
_SITE = b'"bodySite"'
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
    return len(body) > LARGE_BYTES or body.count(_SITE) > MANY_SITES


class Aside:
    """Threads for the work of large bodies, and a limit on how many of them are in progress at once."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def turn(self, body: bytes) -> AsyncIterator[Run]:
        """What does the work of a body, for as long as that lasts; a large one waits until it may begin."""
        if not is_large(body):
            yield inline
            return
        async with self._turns:
            yield self._apart

    async def _apart(self, work: Callable[[], Result], /) -> Result:
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
