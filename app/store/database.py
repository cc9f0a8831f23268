"""A database as the store uses it: opened by its address, in transactions, with failures of one shape."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from app.errors import UnavailableError
from app.store.migrating import migrate
from app.store.tables import metadata

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
# A server that hangs must not hold a caller for longer than a caller waits.
_POSTGRESQL = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "options": "-c statement_timeout=10000"}
_SQLITE_WAITS_SECONDS = 5


class StoreError(UnavailableError):
    """The database does not do what it is asked.

    Args:
        cause: the kind of failure, for the log; never a text of the driver, which can hold values.
    """

    def __init__(self, cause: str) -> None:
        super().__init__("Feedback cannot be kept or read now: send the same request again in a moment.")
        self.cause = cause


class Database:
    """A database of the structure that this version needs.

    Raises:
        ValueError: the address names no database that can be used; the message does not repeat it.
        StoreError: the database does not answer.
    """

    def __init__(self, address: str) -> None:
        url = _url(address)
        self.dialect = url.get_backend_name()
        in_memory = self._in_memory = self.dialect == "sqlite" and url.database in (None, "", ":memory:")
        # A database in memory is one connection, which is one caller's at a time.
        self._alone: AbstractContextManager[Any] = Lock() if in_memory else nullcontext()
        self._engine = _engine(url, in_memory=in_memory)
        with _in_one_shape():
            if in_memory:
                metadata.create_all(self._engine)
            else:
                migrate(self._engine)

    @property
    def in_memory(self) -> bool:
        """Whether all of it is gone when the process ends."""
        return self._in_memory

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is kept where the block ends well, and otherwise undone.

        Raises:
            StoreError: the database does not do it.
        """
        with _in_one_shape(), self._alone, self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection; a database in memory stays, for it would be gone with its own."""
        if not self._in_memory:
            self._engine.dispose()


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ValueError("the database is no address such as sqlite:///spine-mets.db") from None
    if url.drivername not in _DRIVERS:
        raise ValueError("the database must be sqlite:// or postgresql://, without another driver")
    return url.set(drivername=_DRIVERS[url.drivername])


def _engine(url: URL, *, in_memory: bool) -> Engine:
    if in_memory:
        return create_engine(
            url, poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True
        )
    if url.get_backend_name() == "sqlite":
        waiting = {"timeout": _SQLITE_WAITS_SECONDS}
        engine = create_engine(url, connect_args=waiting, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    arguments = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
    return create_engine(
        url, connect_args=arguments, pool_pre_ping=True, pool_timeout=5, hide_parameters=True
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own connection
    # With a write-ahead log nothing committed is damaged by a crash; the last moments can be lost to a
    # power cut.
    connection.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def _in_one_shape() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(type(error).__name__) from None
