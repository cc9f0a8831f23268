from collections.abc import Iterator

import pytest

from app.logs import configure
from tests.privacy.service_log import ServiceLog


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[ServiceLog]:
    yield ServiceLog(caplog)
    # The logger is one for the process: give it back the standard error of the other tests.
    configure()
