"""Tells how many calls were generated, wherever they were made."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, told in report.user_properties:
            if name == "generated":
                terminalreporter.write_line(f"generated from the OpenAPI document: {told}")
