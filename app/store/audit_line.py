"""A record as it waits for the database: one line that says whose it is and from when."""

import re
from datetime import datetime

import msgspec

from app.store.audit_chain import Entry
from app.store.tables import LONGEST_ID

_DECISION = re.compile(r"[0-9A-Za-z-]{1,64}")
_KIND = re.compile(r"[a-z][a-z-]{0,63}")


class _Names(msgspec.Struct):
    """What has to stand in every record."""

    decision_id: str
    kind: str


class _Line(msgspec.Struct):
    """A record between its tenant and the end of its line."""

    tenant: str
    at: datetime
    record: msgspec.Raw


_names = msgspec.json.Decoder(_Names)
_lines = msgspec.json.Decoder(_Line)
_encode = msgspec.json.Encoder().encode


def line_of(tenant: str, record: bytes, at: datetime) -> bytes:
    """The line that a record waits as.

    Args:
        tenant: whose it is.
        record: one JSON object without a line break, with ``decision_id`` and ``kind``.
        at: when it was decided, with an offset.

    Raises:
        ValueError: it could not stand in a chain; the message says why and holds nothing of it.
    """
    if b"\n" in record:
        raise ValueError("a record is one line: write it without line breaks")
    if at.tzinfo is None:
        raise ValueError("the moment of a record needs an offset")
    entry_of(line := _encode({"tenant": tenant, "at": at, "record": msgspec.Raw(record)}) + b"\n")
    return line


def entry_of(line: bytes) -> Entry:
    """The record of a line.

    Raises:
        ValueError: it is none.
    """
    try:
        found = _lines.decode(line)
        names = _names.decode(found.record)
        record = bytes(found.record).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ValueError("this is no record with a decision_id and a kind") from None
    if not _DECISION.fullmatch(names.decision_id) or not _KIND.fullmatch(names.kind):
        raise ValueError("the decision_id or the kind of a record cannot be kept")
    # What no database takes would keep everything behind it waiting.
    if len(found.tenant) > LONGEST_ID or not found.tenant.isprintable() or found.at.tzinfo is None:
        raise ValueError("the tenant or the moment of a record cannot be kept")
    return Entry(found.tenant, names.decision_id, names.kind, found.at, record)
