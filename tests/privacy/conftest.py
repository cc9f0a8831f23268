from collections.abc import Iterator

import pytest

from app.logs import configure
from tests.privacy.service_log import ServiceLog
from tests.store.conftest import kept, postgresql

__all__ = ["kept", "log", "postgresql"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[ServiceLog]:
    yield ServiceLog(caplog)
    # The logger is one for the process: give it back the standard error of the other tests.
    configure()
