"""Whether somebody still waits for the answer: work for a caller who went away is stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from app.errors import ServiceError

Result = TypeVar("Result")
Gone = Callable[[], Awaitable[None]]


class CallerGoneError(ServiceError):
    """The caller closed the connection: there is nobody to answer."""

    status = 499
    code = "transient"
    title = "The caller went away"


def gone_from(request: Request) -> Gone:
    """What returns when the caller of a request, whose body has been read, has gone away."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return gone


async def unless_gone(work: Awaitable[Result], gone: Gone) -> Result:
    """The result of some work; it is stopped when the caller goes away.

    Raises:
        CallerGoneError: the caller went away first.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(gone())
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise CallerGoneError("The caller went away.")
    finally:
        for one in (task, watch):
            one.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)
