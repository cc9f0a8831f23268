"""The service as a process of its own, on a free port of this machine."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

COMMAND = (str(Path(sys.executable).with_name("spine-mets")),)
PATIENCE = 30.0


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """What a process sees: the settings of a test and none of the machine's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPINE_METS_")}
    return kept | dict(settings)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class RunningService:
    """A started process; ``stop`` ends it as an operator would."""

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._out = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed when the process has ended
        self._err = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed when the process has ended
        self._process = subprocess.Popen(  # noqa: S603  our own command
            [*arguments, "--port", str(self.port)],
            env=environment(settings),
            stdout=self._out,
            stderr=self._err,
        )

    def __enter__(self) -> Self:
        self._wait_until_live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        self._out.close()
        self._err.close()

    def _wait_until_live(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self._process.poll() is None, self.stderr
            try:
                if httpx.get(f"{self.address}/health/live", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                continue
        raise AssertionError("the service does not answer")

    def stop(self) -> None:
        """Ask it to end, and see that it does so at once and without a failure."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(PATIENCE) == 0, self.stderr

    @property
    def stdout(self) -> str:
        return _all(self._out)

    @property
    def stderr(self) -> str:
        return _all(self._err)


def _all(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@contextmanager
def serving(arguments: Sequence[str] = (*COMMAND, "serve"), **settings: str) -> Iterator[RunningService]:
    """The service with these settings of the environment, ready to answer."""
    with RunningService(arguments, {f"SPINE_METS_{k.upper()}": v for k, v in settings.items()}) as service:
        yield service
