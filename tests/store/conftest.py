from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import Store
from tests.postgresql import postgresql

__all__ = ["postgresql"]


@pytest.fixture(params=["file", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database that outlives its store."""
    if request.param == "file":
        return f"sqlite:///{tmp_path / 'feedback.db'}"
    address: str = request.getfixturevalue("postgresql")
    return address


@pytest.fixture(params=["memory", "file", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store in each kind of database."""
    match request.param:
        case "memory":
            address = "sqlite://"
        case "file":
            address = f"sqlite:///{tmp_path / 'feedback.db'}"
        case _:
            address = request.getfixturevalue("postgresql")
    opened = Store.open(address)
    yield opened
    opened.close()
