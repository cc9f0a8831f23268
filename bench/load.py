"""A small load generator: keep-alive connections over plain sockets, one process, one core."""

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_END = b"\r\n\r\n"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request that is sent over and over.

    Args:
        path: of the operation.
        body: JSON.
        expected: what has to stand in every answer.
    """

    path: str
    body: bytes
    expected: bytes

    def at(self, path: str, expected: bytes) -> "Call":
        """The same body for another server.

        Args:
            path: of its operation.
            expected: what has to stand in every answer of that one.
        """
        return Call(path, self.body, expected)


@dataclass(frozen=True, slots=True)
class Load:
    """What one run saw.

    Args:
        seconds: from the first request to the last answer.
        latencies: of every answer, in seconds, in the order in which they came.
    """

    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return len(self.latencies) / self.seconds


class _Connection:
    def __init__(self, port: int, expected: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self.sent_at = 0.0
        self._expected = expected

    def send(self, head: bytes, body: bytes) -> None:
        self.sent_at = time.perf_counter()
        sent = self.socket.sendmsg((head, body))
        if sent < len(head) + len(body):
            # The head is the smaller part by far, and always gone with the first piece.
            self.socket.sendall(memoryview(body)[sent - len(head) :])

    def answered(self) -> bool:
        """Take what has come; whether the answer is whole.

        Raises:
            RuntimeError: the answer is no 200, or not the one that was expected.
        """
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise RuntimeError("the server closed the connection")
        self.received += chunk
        head = self.received.find(_END)
        if head < 0:
            return False
        headers = bytes(self.received[:head]).lower()
        if b" 200 " not in headers[:20]:
            raise RuntimeError(f"answered {headers[:40]!r}: {bytes(self.received[head:])[:300]!r}")
        length = int(headers.split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(self.received) < head + len(_END) + length:
            return False
        if self._expected not in self.received:
            raise RuntimeError(f"the answer is without {self._expected!r}: {bytes(self.received)[:600]!r}")
        self.received.clear()
        return True


def run(
    port: int, call: Call, connections: int, seconds: float, proofs: Iterable[bytes] | None = None
) -> Load:
    """What comes of sending the same request over and over for a time; every request gets its answer.

    Args:
        port: of the server, on this machine.
        call: what is sent.
        connections: how many requests are under way at once.
        seconds: for which requests are sent; where proofs are used up before, that long.
        proofs: the header lines that prove who sends, another one for each request; none where left out.

    Raises:
        RuntimeError: an answer is not the one that was expected, or none comes.
    """
    start = f"POST {call.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()
    start += b"Content-Length: %d\r\n" % len(call.body)
    heads = _heads(start, proofs)
    opened = [_Connection(port, call.expected) for _ in range(connections)]
    latencies: list[float] = []
    waiting = 0
    try:
        with selectors.DefaultSelector() as selector:
            started = time.perf_counter()
            for connection, head in zip(opened, heads, strict=False):
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                connection.send(head, call.body)
                waiting += 1
            while waiting:
                ready = selector.select(_PATIENCE)
                if not ready:
                    raise RuntimeError("no answer came")
                for key, _ in ready:
                    if not key.data.answered():
                        continue
                    now = time.perf_counter()
                    latencies.append(now - key.data.sent_at)
                    following = next(heads, None) if now - started < seconds else None
                    if following is None:
                        waiting -= 1
                    else:
                        key.data.send(following, call.body)
            ended = time.perf_counter()
    finally:
        for connection in opened:
            connection.socket.close()
    return Load(ended - started, latencies)


def _heads(start: bytes, proofs: Iterable[bytes] | None) -> Iterator[bytes]:
    if proofs is None:
        whole = start + b"\r\n"
        while True:
            yield whole
    for proof in proofs:
        yield start + proof + b"\r\n\r\n"
