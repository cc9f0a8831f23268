"""The structure of the database: made by migrations, the same as the tables, by one of many that start."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from app.store import Store, StoreError
from app.store.audit_verify import verify
from app.store.database import Database
from app.store.idempotency_keys import IdempotencyKeys
from app.store.tables import cards, feedback, metadata
from app.store.used_tokens import UsedTokens
from tests.audit.kept import fill
from tests.store.kept import TENANT, add, card, report

ROOT = Path(__file__).parents[2]


def test_the_migrations_make_the_tables(kept: str) -> None:
    Store.open(kept).close()
    engine = create_engine(kept.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == "0004"
    engine.dispose()


def test_they_run_once_and_keep_what_is_there(kept: str) -> None:
    first = Store.open(kept)
    first.note_cards([card(1)])
    add(first, report(1))
    first.close()
    again = Store.open(kept)
    assert again.counts(TENANT).rules
    again.close()


@pytest.mark.parametrize("earlier", ["0001", "0002", "0003"])
def test_a_database_of_an_earlier_release_is_brought_up_with_what_it_holds(kept: str, earlier: str) -> None:
    at_revision(kept, earlier)
    engine = create_engine(kept.replace("postgresql://", "postgresql+psycopg://"))
    one, reported = card(1), report(1)
    with engine.begin() as connection:
        connection.execute(cards.insert(), {c.name: getattr(one, c.name) for c in cards.columns})
        values = {"tenant": TENANT, "service": one.service, "card": one.uuid, "outcome": reported.outcome}
        moments = {"outcome_at": reported.outcome_at, "received_at": reported.outcome_at}
        rest = {"digest": "0" * 64, "suggestions": "[]", "commented": False}
        connection.execute(feedback.insert(), {**values, **moments, **rest})
    database = Database(kept)
    (tally,) = Store(database).counts(TENANT).rules.values()
    assert tally.overridden == 1
    assert UsedTokens(database).remember(b"key", b"digest", one.issued_at, one.issued_at) is None
    assert IdempotencyKeys(database).claim("k", "r", "o", one.issued_at, one.issued_at) is None
    fill(database, 1, 2)
    assert verify(database) == []
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    database.close()


def at_revision(address: str, revision: str) -> None:
    """A database as a release made it whose last migration was this one."""
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "app/store/migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        assert MigrationContext.configure(connection).get_current_revision() == revision
    engine.dispose()


def test_the_last_migration_can_be_taken_back(kept: str) -> None:
    Store.open(kept).close()
    engine = create_engine(kept.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "app/store/migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    before = {"cards", "feedback", "used_tokens", "audit_records", "audit_heads"}
    assert names == before | {"alembic_version"}
    Store.open(kept).close()


def test_of_many_that_start_together_one_migrates(kept: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(Store.open, [kept] * 8))
    for number, store in enumerate(stores):
        store.note_cards([card(number)])
    ((_, tally),) = stores[0].counts(TENANT).rules.items()
    assert tally.unanswered == 8
    for store in stores:
        store.close()


def test_of_many_processes_too(kept: str) -> None:
    starting = [
        sys.executable,
        "-c",
        "import sys; from app.store import Store; Store.open(sys.argv[1])",
        kept,
    ]
    started = [
        subprocess.Popen(starting, cwd=ROOT, stderr=subprocess.PIPE, text=True)  # noqa: S603  written here
        for _ in range(4)
    ]
    failures = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], failures


def test_a_file_has_a_write_ahead_log(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'feedback.db'}").close()
    with sqlite3.connect(tmp_path / "feedback.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_folder_with_any_name_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "50 % of it"
    folder.mkdir()
    Store.open(f"sqlite:///{folder / 'feedback.db'}").close()
    assert (folder / "feedback.db").exists()


def test_there_is_one_line_of_migrations() -> None:
    scripts = ScriptDirectory(str(ROOT / "app/store/migrations"))
    assert len(scripts.get_heads()) == 1
    # A wheel takes modules along whatever is set; anything else would have to be asked for.
    others = [path.name for path in (ROOT / "app/store").rglob("*.*") if path.suffix not in (".py", ".pyc")]
    assert others == []


@pytest.mark.parametrize(
    "address",
    ["mysql://u:hunter2@db/x", "postgresql+asyncpg://u:hunter2@db/x", "sqlite+aiosqlite://", "hunter2", ""],
)
def test_another_kind_of_database_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(ValueError, match="the database") as caught:
        Store.open(address)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["sqlite:////no/such/folder/x.db", "postgresql://u:hunter2@127.0.0.1:9/x"]
)
def test_one_that_does_not_answer_is_unavailable(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(address)
    assert caught.value.status == 503
    assert caught.value.retry_after > 0
    assert caught.value.cause == "OperationalError"
    assert "hunter2" not in repr(caught.value)
    # Nothing of the driver's comes along: its texts can hold values.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_postgres_may_be_spelt_both_ways(postgresql: str) -> None:
    Store.open(postgresql.replace("postgresql://", "postgres://")).close()
    with psycopg.connect(postgresql) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [("0004",)]
