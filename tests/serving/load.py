"""Several clients that never stop asking, and note every request that was not answered as it should be."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.serving.talking import PATIENCE

# Seconds that a client lets pass after an answer: the workers that are started need the processor, too.
_PACE = 0.01


@dataclass(frozen=True)
class Asked:
    """One request, and whether each goes over a connection of its own."""

    method: str
    path: str
    body: bytes = b""
    anew: bool = False


@dataclass
class Load:
    """What the clients met so far."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, failure: str = "") -> None:
        with self.lock:
            if failure:
                self.failed.append(failure)
            else:
                self.answered += 1


def _ask(port: int, asked: Asked, load: Load) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"content-type": "application/json"} if asked.body else {}
    while not load.enough.wait(_PACE):
        try:
            connection.request(asked.method, asked.path, asked.body or None, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            load.note(f"{asked.method} {asked.path}: {error!r}")
            connection.close()
            continue
        load.note("" if answer.status == 200 else f"{asked.method} {asked.path}: {answer.status}")
        if asked.anew:
            connection.close()
    connection.close()


@contextmanager
def under_load(port: int, *all_asked: Asked) -> Iterator[Load]:
    """One client for each request, from here to the end of the block; nothing is ever sent twice."""
    load = Load()
    clients = [threading.Thread(target=_ask, args=(port, asked, load), daemon=True) for asked in all_asked]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        load.enough.set()
        for client in clients:
            client.join(PATIENCE)
        assert not any(client.is_alive() for client in clients)
