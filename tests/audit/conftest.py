from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.store.database import Database
from tests.audit.kept import SERVER


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of a new database on a real server."""
    name = f"spine_mets_audit_{uuid4().hex[:12]}"
    try:
        server = psycopg.connect(f"postgresql://{SERVER}/postgres?connect_timeout=2", autocommit=True)
    except psycopg.OperationalError:
        pytest.skip(f"there is no PostgreSQL that answers {SERVER}")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"postgresql://{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["file", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "file":
        return f"sqlite:///{tmp_path / 'audit.db'}"
    found: str = request.getfixturevalue("postgresql")
    return found


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """An empty database of each kind."""
    opened = Database(address)
    yield opened
    opened.close()
