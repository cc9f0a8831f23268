"""INSERT with ON CONFLICT, which each database has in a dialect of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert_of(dialect: str) -> "Callable[[Table], sqlite.Insert | postgresql.Insert]":
    """What begins such a statement.

    Args:
        dialect: ``sqlite`` or ``postgresql``; only the one in use is loaded.
    """
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415  as said above

        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  as said above

    return postgresql.insert
