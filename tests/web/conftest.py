"""Says aloud when the browser tests did not run."""

import shutil

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if shutil.which("chromium") is None:
        terminalreporter.write_line(
            "BROWSER TESTS WERE SKIPPED: there is no chromium here (apt-get install chromium).",
            red=True,
            bold=True,
        )
