"""Bringing a database to the structure that this version needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, text

_FOLDER = Path(__file__).with_name("migrations")
# Alembic keeps the migration that is running in a global: one at a time in a process.
_ONE_AT_A_TIME = Lock()
# Any number, as long as every replica takes the same.
_LOCK_KEY = 7_203_514_099


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing; of several processes that start together, one does.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not do it.
    """
    # For databases that last: what is made in memory has no history, and a start without one is spared it.
    from alembic import command  # noqa: PLC0415  as said above
    from alembic.config import Config  # noqa: PLC0415  as said above

    with _ONE_AT_A_TIME, engine.connect() as connection:
        alone = _alone_on_sqlite if engine.dialect.name == "sqlite" else _alone_on_postgresql
        with alone(connection) as within:
            config = Config()
            config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
            config.attributes["connection"] = within
            command.upgrade(config, "head")


@contextmanager
def _alone_on_sqlite(connection: Connection) -> Iterator[Connection]:
    # Python's driver begins no transaction before a table is made: this one is begun by hand.
    within = connection.execution_options(isolation_level="AUTOCOMMIT")
    within.exec_driver_sql("PRAGMA journal_mode = WAL")
    within.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield within
    except BaseException:
        within.exec_driver_sql("ROLLBACK")
        raise
    within.exec_driver_sql("COMMIT")


@contextmanager
def _alone_on_postgresql(connection: Connection) -> Iterator[Connection]:
    with connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        yield connection
