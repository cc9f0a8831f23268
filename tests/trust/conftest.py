from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.logs import configure
from tests.privacy.service_log import ServiceLog
from tests.store.conftest import kept as kept  # noqa: PLC0414  a fixture of another folder
from tests.store.conftest import postgresql as postgresql  # noqa: PLC0414  a fixture of another folder
from tests.trust.issuing import Service


@pytest.fixture
def service() -> Iterator[Callable[..., Service]]:
    """Makes services, and gives back what they hold."""
    made: list[Service] = []

    def make(*issuers: Any, **options: Any) -> Service:
        made.append(Service(*issuers, **options))
        return made[-1]

    yield make
    for one in made:
        if one.own is not None:
            one.own.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[ServiceLog]:
    yield ServiceLog(caplog)
    # The logger is one for the process: give it back the standard error of the other tests.
    configure()
