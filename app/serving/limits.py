"""How long and how large a conversation with a client may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process allows its connections; all times are in seconds.

    Args:
        head: until a request line and its headers are complete, from the connection or from the first byte.
        body: from the end of the headers until the body is complete.
        idle: between an answer and the next request.
        stalled: while a client takes nothing of what is sent to it.
        linger: after a refusal, while what is still under way is read and thrown away, so that the client
            gets to read the refusal.
        head_bytes: of a request line with its headers, and of the trailers after a body.
        connections: held open at once; beyond it, whoever has been waited for longest is let go.
        drain: between the signal to stop and the end of accepting; meanwhile ``/health/ready`` answers 503.
        stop: after that, until the answers still under way are given up.
        retire: for which a worker process goes on with its open connections after another one took its place;
            new connections go to the other one.
        start: until a worker process has to be ready.
    """

    head: float = 10.0
    body: float = 15.0
    idle: int = 75
    stalled: float = 20.0
    linger: float = 2.0
    head_bytes: int = 32_768
    connections: int = 1_000
    drain: float = 0.0
    stop: int = 25
    retire: float = 5.0
    start: float = 120.0

    @property
    def interval(self) -> float:
        """How often the open connections are looked at: often enough for the shortest of the times."""
        return min(0.5, min(self.head, self.body, self.stalled, self.linger) / 4)
