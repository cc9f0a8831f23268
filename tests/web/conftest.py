"""A real browser and the service that it opens; says aloud when the browser tests did not run."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line(
            "BROWSER TESTS WERE SKIPPED: there is no chromium here (apt-get install chromium).",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as `make run` starts it, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app"]
    log = tmp_path_factory.mktemp("service") / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  this interpreter, fixed arguments
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "SPINE_METS_PROFILE": "demo"},
            stdout=output,
            stderr=output,
        ) as process,
    ):
        base = f"http://127.0.0.1:{port}"
        try:
            # The transport tries to connect again and again, ever slower, for about half a minute.
            with httpx.Client(transport=httpx.HTTPTransport(retries=7), timeout=60) as client:
                client.get(f"{base}/health/live").raise_for_status()
            yield base
        except httpx.ConnectError as error:
            raise AssertionError(f"the service did not start:\n{log.read_text()}") from error
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def expected_faults() -> list[str]:
    """What a test provokes on the console."""
    return []


@pytest.fixture
def page(browser: Browser, service: str, expected_faults: list[str]) -> Iterator[Page]:
    """A fresh page that fails the test for an error on its console or a request elsewhere."""
    context = browser.new_context(base_url=service, accept_downloads=True)
    opened = context.new_page()
    faults: list[str] = []
    elsewhere: list[str] = []
    opened.on(
        "console",
        lambda said: faults.append(said.text) if said.type in ("error", "warning") else None,
    )
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request",
        lambda sent: None if sent.url.startswith((f"{service}/", "blob:")) else elsewhere.append(sent.url),
    )
    yield opened
    context.close()
    assert [fault for fault in faults if not fault.startswith(tuple(expected_faults))] == []
    assert elsewhere == []
