"""Deleting what is kept no longer: the oldest records of each chain, old cards and old feedback.

A chain that lost its beginning is still whole: it begins after the last record that was deleted, and a
record on it says so. Where heads are signed, a signed line says so too: anybody who can write to the database
can delete, and add such a record.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, CursorResult, Delete, delete, func, select, tuple_, update

from app.errors import ServiceError
from app.store.audit_chain import Chains, Entry, Head, add, hold
from app.store.audit_heads import HeadSigner
from app.store.audit_reading import PRUNED
from app.store.audit_verify import Finding, SignedPlaces, beginning, places
from app.store.database import Database
from app.store.tables import audit_heads, audit_records, cards, feedback

# A server ends a statement that takes long.
_AT_ONCE = 10_000


class LegalHoldError(ServiceError):
    """Nothing may be deleted."""

    status = 409
    code = "business-rule"
    title = "Nothing may be deleted now"

    def __init__(self) -> None:
        super().__init__("A legal hold is in force and nothing is deleted: lift SPINE_METS_LEGAL_HOLD first.")


class BrokenChainError(ServiceError):
    """What is to be deleted is not what was signed.

    Args:
        finding: what is wrong.
    """

    status = 409
    code = "business-rule"
    title = "A chain is not whole"

    def __init__(self, finding: Finding) -> None:
        super().__init__(
            f"tenant {json.dumps(finding.tenant)}: record {finding.sequence}: {finding.fault}; nothing more "
            "is deleted, since that would remove the evidence: see spine-mets audit verify"
        )


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was deleted."""

    records: int = 0
    cards: int = 0
    feedback: int = 0


def prune(
    database: Database,
    before: datetime,
    at: datetime,
    *,
    signer: HeadSigner | None = None,
    held: bool = False,
    at_once: int = _AT_ONCE,
) -> Pruned:
    """Delete what is older than a moment.

    Of a chain everything up to the first record that is not older is deleted, so that no gap comes about. A
    record that is dated ahead of now counts as dated like the next one that is not.

    Args:
        database: where everything is.
        before: the moment.
        at: now.
        signer: signs what was deleted, where heads are signed.
        held: whether a legal hold is in force.
        at_once: how many rows one statement deletes.

    Raises:
        LegalHoldError: a legal hold is in force.
        BrokenChainError: a chain is not as was signed; what was deleted before stays so.
        OSError: the file of heads cannot be read or written.
        ValueError: the moment lies ahead.
        StoreError: the database does not do it; what was deleted before stays so, and all chains are whole.
    """
    if held:
        raise LegalHoldError
    if before > at:
        raise ValueError("what is to come cannot be deleted: name a moment that has passed")
    records = 0
    heads = Chains(database).heads()
    signed = places(signer.read())[0] if signer is not None and heads else {}
    for head in heads:
        shortening = _Shortening(before, at, at_once, signer, signed.get(head.tenant, SignedPlaces()))
        while deleted := _shorten(database, head.tenant, shortening):
            records += deleted
    key = tuple_(cards.c.tenant, cards.c.uuid)
    old_cards = select(cards.c.tenant, cards.c.uuid).where(cards.c.issued_at < before).limit(at_once)
    old_feedback = select(feedback.c.id).where(feedback.c.received_at < before).limit(at_once)
    return Pruned(
        records=records,
        cards=_delete_all(database, delete(cards).where(key.in_(old_cards))),
        feedback=_delete_all(database, delete(feedback).where(feedback.c.id.in_(old_feedback))),
    )


def accept(database: Database, at: datetime, signer: HeadSigner) -> list[Head]:
    """The chains whose beginning was deleted without a signature, which is signed now.

    Args:
        database: where the chains are.
        at: now.
        signer: signs where they begin; its file may be a new one.

    Raises:
        StoreError: the database does not answer.
        OSError: the file of heads cannot be read or written.
    """
    try:
        signed = places(signer.read())[0]
    except FileNotFoundError:
        signed = {}
    accepted = [
        head
        for head in Chains(database).heads()
        if head.base_sequence
        and (head.base_sequence, head.base_hash) not in signed.get(head.tenant, SignedPlaces()).bases
    ]
    for head in accepted:
        signer.sign_deletion(head, at, at)
    return accepted


@dataclass(frozen=True, slots=True)
class _Shortening:
    """How a chain is shortened."""

    before: datetime
    at: datetime
    at_once: int
    signer: HeadSigner | None
    signed: SignedPlaces


def _shorten(database: Database, tenant: str, how: _Shortening) -> int:
    """How many records were deleted from the beginning of a chain; 0 where none is old enough."""
    own = audit_records.c.tenant == tenant
    with database.transaction() as connection:
        head = hold(connection, tenant)
        last = _last_old(connection, head, how)
        going = (own, audit_records.c.sequence <= last)
        # A chain of nothing but deletions would be shortened by one record and lengthened by one for ever.
        decisions = select(func.count()).where(*going, audit_records.c.kind != PRUNED)
        if not connection.execute(decisions).scalar_one():
            return 0
        digest = _hash(connection, head, last, how)
        removed = _rows(connection.execute(delete(audit_records).where(*going)))
        moved = Head(tenant, head.sequence, head.hash, last, digest)
        connection.execute(
            update(audit_heads)
            .where(audit_heads.c.tenant == tenant)
            .values(base_sequence=last, base_hash=digest)
        )
        add(connection, moved, [_deletion(moved, removed, how.before, how.at)])
        if how.signer is not None:
            # Before it is done: a deletion that was signed and not done is harmless, the other way round not.
            how.signer.sign_deletion(moved, how.before, how.at)
            how.signed.add(last, digest, deletion=True)
    return removed


def _last_old(connection: Connection, head: Head, how: _Shortening) -> int:
    """The number of the last record that goes."""
    own = audit_records.c.tenant == head.tenant
    # A clock that jumped ahead once must not keep everything after that record for as long.
    recent = select(func.min(audit_records.c.sequence)).where(
        own, audit_records.c.at >= how.before, audit_records.c.at <= how.at
    )
    first_kept = connection.execute(recent).scalar_one()
    old = select(func.max(audit_records.c.sequence)).where(own, audit_records.c.at < how.before)
    if first_kept is not None:
        old = old.where(audit_records.c.sequence < first_kept)
    last: int | None = connection.execute(old).scalar_one()
    return min(last or 0, head.base_sequence + how.at_once)


def _hash(connection: Connection, head: Head, last: int, how: _Shortening) -> str:
    """The hash of the last record that goes, which is as was signed where heads are."""
    if how.signer is None:
        place = (audit_records.c.tenant == head.tenant, audit_records.c.sequence == last)
        found: str = connection.execute(select(audit_records.c.hash).where(*place)).scalar_one()
        return found
    digest, finding = beginning(connection, head, last, how.signed)
    if finding is not None:
        raise BrokenChainError(finding)
    return digest


def _deletion(head: Head, removed: int, before: datetime, at: datetime) -> Entry:
    """The record of a deletion."""
    moment = at.astimezone(UTC).isoformat()
    up_to = {"sequence": head.base_sequence, "hash": head.base_hash}
    decision = str(uuid5(NAMESPACE_URL, json.dumps([PRUNED, head.tenant, up_to])))
    record = {
        "decision_id": decision,
        "kind": PRUNED,
        "tenant": head.tenant,
        "received_at": moment,
        "answered_at": moment,
        "before": before.astimezone(UTC).isoformat(),
        "removed": removed,
        "up_to": up_to,
    }
    return Entry(head.tenant, decision, PRUNED, at, json.dumps(record, separators=(",", ":")))


def _delete_all(database: Database, statement: Delete) -> int:
    deleted = 0
    while True:
        with database.transaction() as connection:
            found = _rows(connection.execute(statement))
        if not found:
            return deleted
        deleted += found


def _rows(result: CursorResult[tuple[()]]) -> int:
    return result.rowcount
