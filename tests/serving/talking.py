"""A client that says byte by byte what it wants, and a server in this process to say it to."""

import http.client
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast

from starlette.types import ASGIApp
from uvicorn import Server

from app.serving.config import ServingConfig
from app.serving.limits import Limits

PATIENCE = 20.0
_NEVER = threading.Event()
GOOD = b"GET /good HTTP/1.1\r\nHost: cds.example.org\r\n\r\n"


def post(*lines: bytes, path: bytes = b"/good") -> bytes:
    return b"\r\n".join([b"POST " + path + b" HTTP/1.1", b"Host: cds.example.org", *lines, b"", b""])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class _Stream(io.BufferedReader):
    """What a connection gives, for one answer after another: the reader of an answer closes its stream."""

    def close(self) -> None:
        """Stay open."""

    def makefile(self, _mode: str) -> Self:
        return self


class Talk:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._stream = _Stream(socket.SocketIO(self._socket, "r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def say(self, *parts: bytes) -> Self:
        for part in parts:
            self._socket.sendall(part)
        return self

    def say_nothing_more(self) -> Self:
        self._socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; interim ones are left out."""
        response = http.client.HTTPResponse(cast("socket.socket", self._stream), method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def peek(self, length: int) -> bytes:
        return self._socket.recv(length, socket.MSG_PEEK | socket.MSG_WAITALL)

    def rest(self) -> bytes:
        """Everything until the server closes, or nothing more where it has reset the connection."""
        try:
            return self._stream.read()
        except ConnectionError:
            return b""

    def is_open(self) -> bool:
        self._socket.setblocking(False)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        finally:
            self._socket.settimeout(PATIENCE)


@dataclass(frozen=True)
class Listening:
    """A server in a thread of this process."""

    port: int
    server: Server

    def connections(self) -> int:
        return len(self.server.server_state.connections)


@contextmanager
def listening(build: Callable[[], ASGIApp], limits: Limits) -> Iterator[Listening]:
    """A server that has these limits, ready to answer."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    server = Server(ServingConfig(build, "127.0.0.1", port, limits=limits))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield Listening(port, server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()
        assert not thread.is_alive()


@contextmanager
def several(port: int, number: int, first: bytes) -> Iterator[list[Talk]]:
    """Connections that have said the same, in the order of their making."""
    with ExitStack() as stack:
        yield [stack.enter_context(Talk(port)).say(first) for _ in range(number)]


def wait_for(come: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Return once it has come true."""
    until = time.monotonic() + patience
    # Between two looks the processor belongs to whoever is waited for.
    while not come() and not _NEVER.wait(0.005):
        assert time.monotonic() < until, "it did not come true"
