"""The servers that are compared, each one process on the core that the client leaves alone."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SERVER_CORE, CLIENT_CORE = 0, 1
_BIN = Path(sys.executable).parent
_HERE = Path(__file__).parent
_PATIENCE = 60.0
# What every server of the comparison but the product is started with: the parser and the loop that the
# product has of its own accord.
_UVICORN = ("--http", "httptools", "--loop", "uvloop", "--log-level", "error", "--no-access-log")


class Server:
    """A server process that answers, on this machine.

    Args:
        command: starts it.
        port: that it listens on.
        settings: of its environment, beside what this process has; SPINE_METS_ ones are not inherited.
        core: that it runs on.
        ready: the path that answers 200 once it is ready.

    Raises:
        RuntimeError: it does not start.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        settings: Mapping[str, str],
        *,
        core: int = SERVER_CORE,
        ready: str = "/health/ready",
    ) -> None:
        self.port = port
        own = {name: value for name, value in os.environ.items() if not name.startswith("SPINE_METS_")}
        # An image has its bytecode; a server that may not write it would compile everything at each start.
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        # A process inherits the core, and so does each of its threads.
        pin(core)
        started = time.perf_counter()
        try:
            self.process = subprocess.Popen(
                [*command],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**own, "PYTHONHASHSEED": "0", **settings},
            )
        finally:
            pin(CLIENT_CORE)
        self._wait(started + _PATIENCE, ready)
        self.start_seconds = time.perf_counter() - started

    def _wait(self, end: float, ready: str) -> None:
        request = f"GET {ready} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        while time.perf_counter() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    probe.sendall(request)
                    if b" 200 " in probe.recv(64):
                        return
            except OSError:
                time.sleep(0.005)
        self.process.kill()
        raise RuntimeError("the server did not start")

    def cpu_seconds(self) -> float:
        """Processor time of every thread so far; nan where the system does not tell.

        Linux names the clock of another process by its number: clock_getcpuclockid(3). It counts nanoseconds,
        where ``/proc`` counts hundredths of a second.
        """
        try:
            return time.clock_gettime(~self.process.pid << 3 | 2)
        except (OSError, OverflowError):
            return float("nan")

    def mebibytes(self) -> float:
        """Resident memory; nan where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return float("nan")
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """A server for the length of a block."""
    try:
        yield server
    finally:
        server.stop()


def product(settings: Mapping[str, str]) -> Server:
    """The service as ``spine-mets serve`` runs it, in the demo profile."""
    port = _free_port()
    own = {"SPINE_METS_PROFILE": "demo", "SPINE_METS_PORT": str(port), **settings}
    return Server([str(_BIN / "spine-mets"), "serve"], port, own)


def yardstick() -> Server:
    """The bare ASGI application with orjson."""
    return uvicorn("bench.yardstick:app", {})


def bare_fastapi() -> Server:
    """FastAPI with orjson and nothing else."""
    return uvicorn("bench.bare_fastapi:app", {})


def healthchain(python: Path) -> Server:
    """The service of HealthChain.

    Args:
        python: the interpreter of its environment.
    """
    port = _free_port()
    command = [str(python), "-m", "uvicorn", "service:app", "--app-dir", str(_HERE / "healthchain_service")]
    return Server([*command, *_UVICORN, "--port", str(port)], port, {}, ready="/cds/cds-discovery")


def uvicorn(application: str, settings: Mapping[str, str], *, core: int = SERVER_CORE) -> Server:
    """An application of this project's environment.

    Args:
        application: its place, as ``package.module:name``.
        settings: of its environment.
        core: that it runs on.
    """
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", application, *_UVICORN, "--port", str(port)]
    return Server(command, port, settings, core=core)


def pin(core: int) -> None:
    """Have this process, and what it starts from now on, run on one core where there are several."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
