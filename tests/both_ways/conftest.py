from collections.abc import Iterator

import pytest

from tests.both_ways.hospital import Hospital, hospital_of


@pytest.fixture(scope="package")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with hospital_of(tmp_path_factory.mktemp("hospital")) as started:
        yield started
