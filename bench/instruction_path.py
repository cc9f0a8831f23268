"""The path of a call inside the process, as ``bench.instructions`` has callgrind count it.

Whatever differs between two runs is fixed or kept out before the service is imported: the clocks, chance, and
the threads that write records and cards, so that what these are handed stays in memory. Each section of the
count ends with a call of getppid(2), which nothing else makes.
"""

import asyncio
import gc
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from bench.record import dated, hook_request

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FEW, MANY = 1, 3
_PATH = "/cds-services/spinal-metastasis-patient-view"
_WARMING = 3


RECORDS: Mapping[str, bytes] = {
    "small": dated(hook_request(1, 0, lesions=1), MOMENT),
    "ordinary": dated(hook_request(), MOMENT),
    "many lesions": dated(hook_request(20, 100, lesions=12), MOMENT),
}


def sections() -> Iterator[tuple[str, str, int]]:
    """What is counted one after the other: the server, the record and how many calls."""
    for server in ("yardstick", "product"):
        for name in RECORDS:
            for number in (FEW, MANY):
                yield server, name, number


def _hold_still() -> None:
    """Take time, chance and other threads away from everything that is imported after this."""
    # C functions, so that they cost next to nothing, and the same each time.
    time.perf_counter = itertools.repeat(1.0).__next__
    os.urandom = bytes
    setattr(threading.Thread, "start", _not_started)  # noqa: B010  types know no such assignment


def _not_started(_thread: threading.Thread) -> None:
    """In the place of starting a thread: what it would be handed stays in memory."""


def _product(database: str) -> Application:
    from pydantic import SecretStr  # noqa: PLC0415  after time stands still

    from app import aside  # noqa: PLC0415  as above
    from app.fhir.server.outside import Outside  # noqa: PLC0415  as above
    from app.main import create_app  # noqa: PLC0415  as above
    from app.settings import Settings  # noqa: PLC0415  as above

    # No thread starts here, so that what a large body is handed to one for is counted in this one.
    aside.MANY_SITES = 1_000
    settings = Settings(database=database, pseudonym_key=SecretStr("x" * 32))
    return create_app(settings, lambda: MOMENT, Outside(lambda: MOMENT))


def _yardstick() -> Application:
    from bench.yardstick import app  # noqa: PLC0415  after time stands still

    return app


async def call(application: Application, body: bytes) -> None:
    """Send an application the patient-view, without a socket.

    Raises:
        RuntimeError: it is not answered with 200.
    """
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }
    received = iter(({"type": "http.request", "body": body, "more_body": False},))
    statuses = []

    async def receive() -> Message:
        found = next(received, None)
        # Nobody goes away.
        return found if found is not None else await asyncio.Future()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await application(scope, receive, send)
    if statuses != [200]:
        raise RuntimeError(f"answered {statuses}")


async def _walk(applications: dict[str, Application], *, counting: bool) -> None:
    for application in applications.values():
        for body in RECORDS.values():
            for _ in range(_WARMING):
                await call(application, body)
    gc.collect()
    gc.disable()
    if counting:
        _start_counting()
    following = list(sections())
    os.getppid()
    for server, name, number in following:
        application, body = applications[server], RECORDS[name]
        for _ in range(number):
            await call(application, body)
        os.getppid()


def _start_counting() -> None:
    """Have callgrind count from here on: starting the service takes minutes under it otherwise."""
    command = ["vgdb", f"--pid={os.getpid()}", "instrumentation", "on"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        # It is heard between two instructions, so there have to be some.
        while process.poll() is None:
            pass
    if process.returncode != 0:
        raise RuntimeError("callgrind cannot be spoken to")


def main() -> None:
    """Walk every section; with a second argument of ``dry``, without callgrind."""
    _hold_still()
    applications = {"yardstick": _yardstick(), "product": _product(sys.argv[1])}
    asyncio.run(_walk(applications, counting=sys.argv[2:] != ["dry"]))


if __name__ == "__main__":
    main()
