"""The tables, once for SQLite and PostgreSQL. The migrations agree with them, and a test sees to it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

LONGEST_ID = 255
metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)


class Moment(TypeDecorator[datetime]):
    """A moment with its offset on the way in and in UTC on the way out; SQLite itself keeps no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as the database takes it."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401  the base class says so
        """The moment in UTC."""
        if value is None:
            return None
        found: datetime = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)
        return found


cards = Table(
    "cards",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("uuid", String(36), primary_key=True),
    Column("service", String, nullable=False),
    Column("hook", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("indicator", String, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("patient", String, nullable=False),
    Column("site", String, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("quiet", Boolean, nullable=False),
    Index(None, "tenant", "patient"),
    Index(None, "tenant", "issued_at"),
)

# No foreign key: a report may come before its card is written, or of a card that nobody knows.
feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # Of everything that makes a report the same report: sent again, it is not stored again.
    Column("digest", String(64), nullable=False),
    Column("tenant", String, nullable=False),
    Column("service", String, nullable=False),
    Column("card", String(LONGEST_ID), nullable=False),
    Column("outcome", String, nullable=False),
    Column("reason_system", String(LONGEST_ID)),
    Column("reason_code", String(LONGEST_ID)),
    Column("suggestions", Text, nullable=False),
    Column("commented", Boolean, nullable=False),
    Column("outcome_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Index(None, "digest", unique=True),
    Index(None, "tenant", "card"),
)

# Two digests and two moments: neither a token nor anything of one is kept.
used_tokens = Table(
    "used_tokens",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Index(None, "until"),
)

# Names and digests take the secret to be made; the answer is encrypted (app/store/sealed_answers.py).
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("request", String(64), nullable=False),
    # The call that holds the key; another one cannot put an answer in its place.
    Column("owner", String(32), nullable=False),
    Column("until", Moment, nullable=False),
    # None while the call is being answered.
    Column("answer", LargeBinary),
    Index(None, "until"),
)

# One chain a tenant: each hash covers the one before it, so that nothing is changed or left out unnoticed.
audit_records = Table(
    "audit_records",
    metadata,
    Column("tenant", String(LONGEST_ID), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("decision_id", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    # The JSON object exactly as it was hashed.
    Column("record", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "tenant", "decision_id", unique=True),
    Index(None, "tenant", "at"),
)

# Where each chain ends, and where it begins since older records were deleted.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("tenant", String(LONGEST_ID), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("base_sequence", BigInteger, nullable=False),
    Column("base_hash", String(64), nullable=False),
)
