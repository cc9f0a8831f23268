"""Which calls were answered under which Idempotency-Key, for all replicas that share a database."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, update

from app.store.database import Database
from app.store.inserting import insert_of
from app.store.tables import idempotency_keys

# A replica whose clock is ahead must not take away what another one still gives.
_KEPT_LONGER = timedelta(minutes=10)
_keys = idempotency_keys.c


class Held(NamedTuple):
    """What another call holds.

    Args:
        request: the digest of its request.
        answer: its answer, sealed; None while it is being made.
    """

    request: str
    answer: bytes | None


class IdempotencyKeys:
    """Remembers calls and their answers. Every method may be called from any thread, and waits.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = insert_of(database.dialect)

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()

    def claim(self, key: str, request: str, owner: str, now: datetime, until: datetime) -> Held | None:
        """What another call holds under a key; None where from now on this call holds it.

        Args:
            key: the digest that names it.
            request: the digest of the request.
            owner: names this call, as no other is named.
            now: the moment of this call.
            until: when the claim ends, unless an answer is kept before.

        Raises:
            StoreError: the database does not do it.
        """
        row = {"key": key, "request": request, "owner": owner, "until": until, "answer": None}
        # One statement decides: of several replicas that are sent the same key, one is told that it is free.
        statement = self._insert(idempotency_keys).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[_keys.key],
            set_={name: value for name, value in row.items() if name != "key"},
            where=_keys.until <= now,
        )
        claiming = statement.returning(_keys.key)
        looking = select(_keys.request, _keys.answer).where(_keys.key == key)
        with self._database.transaction() as connection:
            if connection.execute(claiming).one_or_none() is not None:
                return None
            # It is there: even where nothing is written, the statement locks the row that it met.
            found = connection.execute(looking).one()
        return Held(found.request, found.answer)

    def keep(self, key: str, owner: str, answer: bytes, until: datetime) -> bool:
        """Whether an answer is kept, which it is as long as the call still holds the key.

        Args:
            key: the digest that names it.
            owner: names the call.
            answer: sealed.
            until: when it is given out no more.

        Raises:
            StoreError: the database does not do it.
        """
        statement = (
            update(idempotency_keys)
            .where(_keys.key == key, _keys.owner == owner)
            .values(answer=answer, until=until)
        )
        with self._database.transaction() as connection:
            return connection.execute(statement).rowcount == 1

    def free(self, key: str, owner: str) -> None:
        """Let another call have a key that this one holds.

        Raises:
            StoreError: the database does not do it.
        """
        with self._database.transaction() as connection:
            connection.execute(delete(idempotency_keys).where(_keys.key == key, _keys.owner == owner))

    def sweep(self, now: datetime) -> None:
        """Delete what has expired.

        Raises:
            StoreError: the database does not do it.
        """
        with self._database.transaction() as connection:
            connection.execute(delete(idempotency_keys).where(_keys.until < now - _KEPT_LONGER))
