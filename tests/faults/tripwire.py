"""A listening socket that nobody may touch, and the answers that lead a client to it."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from types import MappingProxyType, TracebackType
from typing import Self

from tests.faults.behaviours import Address, next_to, redirect
from tests.faults.server import PATH, Behaviour

MOST_READ = 65_536


class Tripwire:
    """A port on 127.0.0.1 that counts who comes and keeps the first bytes each one sends.

        async with Tripwire() as wire:
            ...  # give wire.base away as a link
        assert wire.connections == 0

    Every connection is closed after its first bytes, without an answer.
    """

    def __init__(self) -> None:
        self.first_bytes: list[bytes] = []
        self.port = 0
        self._connections = 0
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._open: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Host and port: "127.0.0.1:PORT"."""
        return f"127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        """The address of a FHIR base that would be here."""
        return f"http://{self.address}/fhir"

    @property
    def connections(self) -> int:
        """How many connections were made, those included that the event loop has not seen yet."""
        if self._listener.fileno() >= 0:
            self._take()
        return self._connections

    async def __aenter__(self) -> Self:
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listener, self._take)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        self._take()
        self._listener.close()
        listening = list(self._open)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)

    def _take(self) -> None:
        while True:
            try:
                taken, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._connections += 1
            taken.setblocking(False)
            task = asyncio.create_task(self._listen(taken))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
            # Also for a connection whose task is ended before its first step.
            task.add_done_callback(_closing(taken))

    async def _listen(self, taken: socket.socket) -> None:
        try:
            self.first_bytes.append(await asyncio.get_running_loop().sock_recv(taken, MOST_READ))
        except ConnectionError:
            self.first_bytes.append(b"")


def _closing(taken: socket.socket) -> Callable[[object], None]:
    return lambda _task: taken.close()


def _behind(base: str, mark: str) -> Address:
    """The tripwire's address after the server's own and this mark, as if that were a user name."""
    there = f"{base.removeprefix('http://')}/Observation?page=2"
    return lambda _seen, reply: f"{reply.server.base.removesuffix(PATH)}{mark}{there}"


# Each is told the tripwire's base.
LEADING_AWAY: Mapping[str, Callable[[str], Behaviour]] = MappingProxyType(
    {
        "S40 next to another host": lambda base: next_to(f"{base}/Observation?page=2"),
        "S40 next without a scheme": lambda base: next_to(f"{base.removeprefix('http:')}/Observation?page=2"),
        "S40 next with userinfo": lambda base: next_to(_behind(base, "@")),
        "S40 next with a backslash": lambda base: next_to(_behind(base, "\\@")),
        "S42 302 to another host": lambda base: redirect(f"{base}/Patient/p1"),
        "S42 307 to another host": lambda base: redirect(f"{base}/Patient/p1", 307),
    }
)
