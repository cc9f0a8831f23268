from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.audit_journal import Folder, Journal, Memory
from app.store.audit_trail import AuditTrail, open_audit
from app.store.database import Database
from tests.audit.kept import NOW
from tests.audit.trails import LINE
from tests.postgresql import postgresql

__all__ = ["postgresql"]


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


@pytest.fixture(params=["folder", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    """Room for ten records."""
    room = LINE * 10 + 30
    return Folder(tmp_path / "spool", room) if request.param == "folder" else Memory(room)


@pytest.fixture
def trail(database: Database, tmp_path: Path) -> Iterator[AuditTrail]:
    opened = open_audit(database, clock=lambda: NOW, spool=tmp_path / "spool")
    yield opened
    opened.close()
