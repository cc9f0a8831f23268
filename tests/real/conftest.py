"""Says aloud when the real records are not there."""

import pytest
from fastapi import FastAPI

from tests.cds_hooks.ehr import Ehr
from tests.real.files import DATA


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not DATA.is_dir():
        terminalreporter.write_line(
            "TESTS ON REAL RECORDS WERE SKIPPED: shared/data is not beside the project.", red=True, bold=True
        )


@pytest.fixture(scope="session")
def ehr(app: FastAPI) -> Ehr:
    return Ehr(app)
