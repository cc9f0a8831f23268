"""A small load generator: keep-alive connections over plain sockets, one process, one core."""

import selectors
import socket
import time
from dataclasses import dataclass

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run saw.

    Args:
        per_second: answers in a second.
        latencies: of every answer, in seconds, ascending.
    """

    per_second: float
    latencies: list[float]

    def percentile(self, share: float) -> float:
        """The latency below which this share of answers stayed, in milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Take what has come; whether the answer is whole.

        Raises:
            RuntimeError: the answer is no 200.
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
            raise RuntimeError(f"answered {headers[:40]!r}")
        length = int(headers.split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(self.received) < head + len(_END) + length:
            return False
        self.received.clear()
        return True


def run(port: int, path: str, body: bytes, connections: int, seconds: float) -> Load:
    """Send the same request over and over for a time."""
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    opened = [_Connection(port) for _ in range(connections)]
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        started = time.perf_counter()
        for connection in opened:
            connection.send(request)
        while time.perf_counter() - started < seconds:
            for key, _ in selector.select(1):
                connection = key.data
                if connection.answered():
                    latencies.append(time.perf_counter() - connection.sent_at)
                    connection.send(request)
        elapsed = time.perf_counter() - started
    for connection in opened:
        connection.socket.close()
    return Load(len(latencies) / elapsed, sorted(latencies))
