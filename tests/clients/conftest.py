from collections.abc import Iterator, Mapping

import pytest

from tests.clients.services import running_services


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a calling program: services that run, and what it needs to call them."""
    with running_services(tmp_path_factory.mktemp("services")) as found:
        yield found
