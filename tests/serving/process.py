"""The server as a process of its own, with an application and limits of a test."""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.running_service import environment, free_port
from tests.serving.talking import PATIENCE, wait_for

# Seconds: the start reads all knowledge, and on a busy machine that takes a while.
STARTING = 90.0
ROOT = Path(__file__).parents[2]
_PROGRAM = (
    "from app.serving import Limits, serve\nserve({!r}, '127.0.0.1', {}, workers={}, limits=Limits({}))"
)


def command(application: str, port: int, limits: str = "", workers: int = 1) -> list[str]:
    """What starts a server, in the root of the project."""
    return [sys.executable, "-c", _PROGRAM.format(application, port, workers, limits)]


class Serving:
    """A started server."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", directory: Path) -> None:
        self.port = port
        self._process = process
        self._directory = directory

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def tell_to_stop(self) -> None:
        self.send(signal.SIGTERM)

    def tell_to_restart(self) -> None:
        self.send(signal.SIGHUP)

    def workers(self) -> set[int]:
        """The processes that answer for a supervisor."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return {int(child) for child in children if _is_worker(child)}

    def exit_code(self) -> int:
        return self._process.wait(PATIENCE)

    def said(self) -> str:
        return (self._directory / "said").read_text()

    def processes(self) -> set[int]:
        """All that it consists of."""
        return {self._process.pid, *self.workers()}

    def resident_bytes(self) -> int:
        """What it holds of the machine's memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def takes_connections(self) -> bool:
        assert self._process.poll() is None, self.said()
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        except ConnectionError:
            return False
        return True


def _is_worker(pid: str) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def serving(application: str, limits: str = "", workers: int = 1, **settings: str) -> Iterator[Serving]:
    """A server that takes connections; it ends with the block, if not before."""
    port = free_port()
    env = environment({f"SPINE_METS_{name.upper()}": value for name, value in settings.items()})
    with tempfile.TemporaryDirectory() as name, (Path(name) / "said").open("wb") as said:
        process = subprocess.Popen(  # noqa: S603  our own program
            command(application, port, limits, workers), cwd=ROOT, env=env, stdout=said, stderr=said
        )
        try:
            server = Serving(port, process, Path(name))
            wait_for(server.takes_connections, STARTING)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(PATIENCE)
