"""One of several processes that answer on the same socket, and how it leaves them."""

import asyncio
import os
import signal
import socket
from types import FrameType

from uvicorn import Server
from uvicorn.supervisors.multiprocess import Process

from app.serving.config import ServingConfig

# Said by the supervisor to a worker whose place another one has taken.
RETIRE = signal.SIGUSR1


class WorkerServer(Server):
    """The server in a worker process.

    Args:
        config: what it serves and how.
    """

    def __init__(self, config: ServingConfig) -> None:
        super().__init__(config)
        self._serving = config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve; from then on it can be replaced without a loss."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()

        def told(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._retire, loop)

        signal.signal(RETIRE, told)
        # A terminal that is closed tells every process; only the supervisor decides what follows.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _retire(self, loop: asyncio.AbstractEventLoop) -> None:
        # The socket stays open in the other processes, so that whoever waits there is taken by them. What
        # was taken already is answered here: a connection closed before its first request would be a loss.
        for server in self.servers:
            server.close()
        self._serving.retire()
        loop.call_later(self._serving.limits.retire, self._leave)

    def _leave(self) -> None:
        self.should_exit = True


class Worker(Process):
    """A worker process as its supervisor sees it.

    Args:
        config: what it serves and how.
        sockets: what it listens on.
    """

    def __init__(self, config: ServingConfig, sockets: list[socket.socket]) -> None:
        self._serving = config
        super().__init__(config, sockets)

    @property
    def server(self) -> Server:
        """The server, made in the worker process itself."""
        if self._server is None:
            self._server = WorkerServer(self._serving)
        return self._server

    def retire(self) -> None:
        """Tell it to accept nothing more, to answer what it has, and to end."""
        if self.pid is not None and self.exitcode is None:
            os.kill(self.pid, RETIRE)

    def has_left(self, timeout: float) -> bool:
        """Whether it has ended; waits for that at most so many seconds."""
        self.process.join(timeout)
        return self.exitcode is not None
