"""Known vulnerabilities fail; a service that cannot be asked is a warning, and never looks like none."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running_service import free_port

ROOT = Path(__file__).parents[2]
NOT_ASKED = "VULNERABILITIES WERE NOT LOOKED UP"


class Advisories(HTTPServer):
    """A service that speaks OSV."""

    def __init__(self, status: int, known: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.known = known
        self.asked: set[str] = set()


class _Handler(BaseHTTPRequestHandler):
    server: Advisories

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        queries = json.loads(self.rfile.read(length))["queries"]
        names = [query["package"]["name"] for query in queries]
        self.server.asked.update(names)
        finding = {"vulns": [{"id": "PYSEC-0", "modified": "2026-01-01T00:00:00Z"}]}
        self.say({"results": [finding if name == self.server.known else {} for name in names]})

    def do_GET(self) -> None:
        self.say(
            {
                "id": "PYSEC-0",
                "modified": "2026-01-01T00:00:00Z",
                "summary": "an invented one",
                "affected": [],
            }
        )

    def say(self, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def advisories(status: int = 200, known: str = "") -> Iterator[Advisories]:
    with Advisories(status, known) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def look_up(port: int, tool: Path = ROOT / "tools/vulnerabilities.py") -> "subprocess.CompletedProcess[str]":
    outside = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(  # noqa: S603  our own tool
        [sys.executable, str(tool), "--service", f"http://127.0.0.1:{port}"],
        env=outside | {"UV_HTTP_RETRIES": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_nothing_known_passes_without_a_warning() -> None:
    with advisories() as server:
        done = look_up(server.server_port)
    assert done.returncode == 0
    assert NOT_ASKED not in done.stderr
    assert {"fastapi", "pytest", "uvicorn"} <= server.asked


def test_a_known_vulnerability_fails_and_is_named() -> None:
    with advisories(known="fastapi") as server:
        done = look_up(server.server_port)
    assert done.returncode == 1
    assert "fastapi" in done.stdout
    assert "PYSEC-0" in done.stdout
    assert NOT_ASKED not in done.stderr


@pytest.mark.parametrize("status", [403, 503])
def test_a_service_that_does_not_answer_is_a_warning(status: int) -> None:
    with advisories(status) as server:
        done = look_up(server.server_port)
    assert done.returncode == 0
    assert NOT_ASKED in done.stderr


def test_a_service_that_is_not_there_is_a_warning() -> None:
    done = look_up(free_port())
    assert done.returncode == 0
    assert NOT_ASKED in done.stderr


def test_a_lock_file_that_cannot_be_read_is_no_warning(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/uv").symlink_to(ROOT / "tools/uv")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "uv.lock").write_text("no lock file")
    tool = tmp_path / "tools/vulnerabilities.py"
    tool.write_text((ROOT / "tools/vulnerabilities.py").read_text())
    (tmp_path / ".tools").symlink_to(ROOT / ".tools")
    done = look_up(free_port(), tool)
    assert done.returncode == 2
    assert NOT_ASKED not in done.stderr


def test_continuous_integration_looks_them_up() -> None:
    script = (ROOT / ".ci/run").read_text().splitlines()
    (line,) = [line for line in script if line.startswith("make vulnerabilities")]
    assert script.index(line) < script.index("make check") < script.index("make test")
