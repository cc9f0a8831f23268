"""Between the signal to stop and the end: not ready any more, and everything still answered."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_READY = "/health/ready"
_BODY = b'{"status":"draining"}'
_Handler = Callable[[int, FrameType | None], object]


class Draining:
    """An application that goes on for a while after it was told to stop.

    A load balancer needs that time: it sends requests until it has seen that the service is not ready.

    Args:
        application: what answers.
        seconds: how long it goes on; a second signal ends the wait.
    """

    def __init__(self, application: ASGIApp, seconds: float) -> None:
        self._application = application
        self._seconds = seconds
        self._draining = False
        self._retiring = False
        self._before: dict[int, _Handler] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the application."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif (self._draining or self._retiring) and scope["type"] == "http":
            await self._drain(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def retire(self) -> None:
        """End each connection with its next answer; the service stays ready: other processes go on."""
        self._retiring = True

    async def _drain(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        if scope["path"] != _READY or not self._draining:
            await self._application(scope, receive, last)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]
        await last({"type": "http.response.start", "status": 503, "headers": headers})
        await last({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else _BODY})

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()

        async def started(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._take_signals(loop)
            await send(message)

        try:
            await self._application(scope, receive, started)
        finally:
            self._give_signals_back()

    def _take_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        # Only the main thread may; the server takes signals there only, too.
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            before = signal.getsignal(number)
            if not callable(before):
                continue
            self._before[number] = before

            def told(number: int, frame: FrameType | None) -> None:
                loop.call_soon_threadsafe(self._stop, loop, number, frame)

            signal.signal(number, told)

    def _give_signals_back(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    def _stop(self, loop: asyncio.AbstractEventLoop, number: int, frame: FrameType | None) -> None:
        wait = 0.0 if self._draining else self._seconds
        self._draining = True
        before = self._before.get(number)
        if before is not None:
            loop.call_later(wait, before, number, frame)
