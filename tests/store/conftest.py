from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.store import Store

SERVER = "postgres@127.0.0.1:5432"


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of a new database on a real server."""
    name = f"spine_mets_test_{uuid4().hex[:12]}"
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
