"""One chain of records for each tenant: every hash covers the record and the hash before it.

Any number of replicas add to one chain: the row of its head is held while a batch is added, so that no two
records stand after the same one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from app.store.database import Database
from app.store.inserting import insert_of
from app.store.tables import audit_heads, audit_records

# What stands before the first record of a chain.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One record that is to stand in a chain.

    Args:
        tenant: whose chain it is.
        decision_id: by which it is recognised when it is delivered twice.
        kind: what was decided, such as ``hook``.
        at: when.
        record: the JSON object, as it is hashed and kept.
    """

    tenant: str
    decision_id: str
    kind: str
    at: datetime
    record: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends, and after which record it begins.

    Args:
        sequence: the number of the last record; 0 where there was none yet.
        hash: of that record.
        base_sequence: the number of the last record that retention deleted; 0 where there is none.
        base_hash: of that one.
    """

    tenant: str
    sequence: int
    hash: str
    base_sequence: int = 0
    base_hash: str = GENESIS


def link_hash(previous: str, sequence: int, entry: Entry) -> str:
    """The hash of a record at its place in a chain.

    Args:
        previous: the hash of the record before it.
        sequence: its number.
        entry: the record.
    """
    hashed = hashlib.sha256(bytes.fromhex(previous))
    moment = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    for part in (entry.tenant, str(sequence), entry.decision_id, entry.kind, moment, entry.record):
        # With its length before it, no part can be taken for a piece of its neighbour.
        encoded = part.encode()
        hashed.update(len(encoded).to_bytes(8, "big"))
        hashed.update(encoded)
    return hashed.hexdigest()


class Chains:
    """The chains of a database. Every method may be called from any thread and waits for the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, entries: Sequence[Entry]) -> Sequence[Head]:
        """Add records, all of them or none, and give the new heads; one that is there stays as it is.

        Raises:
            StoreError: the database does not do it.
        """
        by_tenant: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_tenant[entry.tenant].append(entry)
        with self._database.transaction() as connection:
            # In one order everywhere: two replicas that hold one head each must not wait for each other.
            return [
                add(connection, hold(connection, tenant), by_tenant[tenant]) for tenant in sorted(by_tenant)
            ]

    def heads(self) -> Sequence[Head]:
        """The head of every chain, by tenant.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.transaction() as connection:
            found = connection.execute(select(audit_heads).order_by(audit_heads.c.tenant))
            return [Head(**row) for row in found.mappings()]


def hold(connection: Connection, tenant: str) -> Head:
    """The head of a chain, which nobody else moves within this transaction; begun where there is no chain."""
    insert = insert_of(connection.dialect.name)
    start = {"tenant": tenant, "sequence": 0, "hash": GENESIS, "base_sequence": 0, "base_hash": GENESIS}
    # SQLite holds its one lock from the first statement that could write, before anything is read.
    connection.execute(insert(audit_heads).on_conflict_do_nothing(), start)
    found = connection.execute(
        select(audit_heads).where(audit_heads.c.tenant == tenant).with_for_update()
    ).mappings()
    return Head(**found.one())


def add(connection: Connection, head: Head, entries: Sequence[Entry]) -> Head:
    """Add what is not there yet to the chain of a head that is held, and give the head after it."""
    missing = {entry.decision_id: entry for entry in entries}
    known = select(audit_records.c.decision_id).where(
        audit_records.c.tenant == head.tenant, audit_records.c.decision_id.in_(missing)
    )
    for decision in connection.execute(known).scalars():
        del missing[decision]
    rows: list[dict[str, Any]] = []
    sequence, previous = head.sequence, head.hash
    for entry in missing.values():
        sequence += 1
        found = link_hash(previous, sequence, entry)
        rows.append(
            {
                "tenant": entry.tenant,
                "sequence": sequence,
                "decision_id": entry.decision_id,
                "kind": entry.kind,
                "at": entry.at,
                "record": entry.record,
                "previous_hash": previous,
                "hash": found,
            }
        )
        previous = found
    if not rows:
        return head
    connection.execute(audit_records.insert(), rows)
    moved = {"sequence": sequence, "hash": previous}
    connection.execute(update(audit_heads).where(audit_heads.c.tenant == head.tenant).values(**moved))
    return Head(head.tenant, sequence, previous, head.base_sequence, head.base_hash)
