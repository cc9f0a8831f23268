"""A database of its own on a real PostgreSQL server, for whichever folder of tests takes the fixture."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

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
