"""Reading records, as they are kept, in the order of their chains."""

from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from app.store.database import Database
from app.store.tables import audit_records

# The kind of a record that says which records were deleted.
PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A record at its place.

    Args:
        record: the JSON object, exactly as it was hashed.
    """

    tenant: str
    sequence: int
    decision_id: str
    kind: str
    at: datetime
    record: str
    previous_hash: str
    hash: str


def read_records(
    database: Database,
    *,
    since: datetime | None = None,
    tenant: str | None = None,
    decision: str | None = None,
    card: str | None = None,
    patients: Collection[str] | None = None,
) -> Generator[AuditRow, None, None]:
    """Records by tenant and number, a few at a time.

    Args:
        database: where the chains are.
        since: the first moment that counts; all where left out.
        tenant: whose records; everybody's where left out.
        decision: the only one that is asked for.
        card: the UUID of a card; it stands somewhere in the record, and where is for the reader to see.
        patients: pseudonyms; one of them stands somewhere in the record, as the card does.

    Raises:
        StoreError: the database does not answer.
    """
    statement = select(audit_records).order_by(audit_records.c.tenant, audit_records.c.sequence)
    if since is not None:
        statement = statement.where(audit_records.c.at >= since)
    if tenant is not None:
        statement = statement.where(audit_records.c.tenant == tenant)
    if decision is not None:
        statement = statement.where(audit_records.c.decision_id == decision)
    if card is not None:
        statement = statement.where(audit_records.c.record.contains(card, autoescape=True))
    if patients is not None:
        named = (audit_records.c.record.contains(one, autoescape=True) for one in patients)
        statement = statement.where(or_(False, *named))
    with (
        snapshot(database) as connection,
        connection.execution_options(yield_per=500).execute(statement) as found,
    ):
        for row in found.mappings():
            yield AuditRow(**row)


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever is added meanwhile.

    Raises:
        StoreError: the database does not answer.
    """
    begin = "BEGIN" if database.dialect == "sqlite" else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    with database.transaction() as connection:
        # Python's driver for SQLite begins no transaction for reading.
        connection.exec_driver_sql(begin)
        yield connection
