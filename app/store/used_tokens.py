"""Which tokens were used, for all replicas that share a database: no token is taken twice on any of them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.store.database import Database, StoreError
from app.store.inserting import insert_of
from app.store.tables import used_tokens

_BETWEEN_SWEEPS = timedelta(minutes=5)
# A replica whose clock is ahead must not forget what another one still takes.
_KEPT_LONGER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Use:
    """The first use of a token.

    Args:
        digest: of the body that came with it.
        at: when it was.
    """

    digest: bytes
    at: datetime


class UsedTokens:
    """Remembers uses of tokens. Every method may be called from any thread and waits for the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = insert_of(database.dialect)
        self._swept: datetime | None = None

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()

    def remember(self, key: bytes, digest: bytes, until: datetime, now: datetime) -> Use | None:
        """The use before this one; None where this is the first, which is kept.

        Args:
            key: a digest that names the token.
            digest: of the body that came with it.
            until: when the token is taken no more by anybody.
            now: the moment of this use.

        Raises:
            StoreError: the database does not do it.
        """
        row = {"key": key.hex(), "digest": digest.hex(), "used_at": now, "until": until}
        # One statement decides: of several replicas that are sent the same token, one is told that it is new.
        statement = self._insert(used_tokens).on_conflict_do_nothing().returning(used_tokens.c.key)
        earlier = select(used_tokens.c.digest, used_tokens.c.used_at).where(used_tokens.c.key == row["key"])
        with self._database.transaction() as connection:
            if connection.execute(statement, row).one_or_none() is not None:
                use = None
            elif (found := connection.execute(earlier).one_or_none()) is not None:
                use = Use(bytes.fromhex(found.digest), found.used_at)
            else:
                # Deleted since the line above, as expired: what nobody takes any more was no first use.
                use = Use(b"", now)
        self._sweep(now)
        return use

    def _sweep(self, now: datetime) -> None:
        """Delete what has expired, once in a while; where that fails, it is left for the next time."""
        if self._swept is not None and timedelta(0) <= now - self._swept < _BETWEEN_SWEEPS:
            return
        self._swept = now
        with suppress(StoreError), self._database.transaction() as connection:
            connection.execute(delete(used_tokens).where(used_tokens.c.until < now - _KEPT_LONGER))
