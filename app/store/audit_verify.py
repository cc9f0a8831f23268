"""Whether every chain is whole: which record is the first that is not what it was."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from app.store.audit_chain import GENESIS, Entry, Head, link_hash
from app.store.audit_heads import ReadHead, read_heads
from app.store.audit_reading import PRUNED, snapshot
from app.store.database import Database
from app.store.tables import audit_heads, audit_records

Anchors = dict[int, set[str]]


@dataclass(frozen=True, slots=True)
class SignedPlaces:
    """What signed lines say of one chain.

    Args:
        anchors: the hashes that were signed, by the number of their record.
        bases: where the chain may begin, since its beginning was deleted; with number and hash.
    """

    anchors: Anchors = field(default_factory=dict)
    bases: set[tuple[int, str]] = field(default_factory=set)

    def add(self, sequence: int, found: str, *, deletion: bool) -> None:
        """Take a line whose signature holds."""
        self.anchors.setdefault(sequence, set()).add(found)
        if deletion:
            self.bases.add((sequence, found))


Signed = dict[str, SignedPlaces]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written.

    Args:
        tenant: whose chain it is; empty where a line of the heads names none.
        sequence: of the first record that is not whole; None where it is a line of the heads.
        fault: what is wrong.
    """

    tenant: str
    sequence: int | None
    fault: str


class _Target(msgspec.Struct):
    """The record that a deletion went up to."""

    sequence: int
    hash: str


class _Pruned(msgspec.Struct):
    """What a record of a deletion says."""

    up_to: _Target


_pruned = msgspec.json.Decoder(_Pruned)


def verify(
    database: Database, heads_file: Path | None = None, public_key: Ed25519PublicKey | None = None
) -> list[Finding]:
    """What is wrong: the first broken record of each chain, and lines of the heads that do not hold.

    Args:
        database: where the chains are.
        heads_file: the signed heads; without them, a chain that was cut off or written anew looks whole.
        public_key: what they were signed with.

    Raises:
        StoreError: the database does not answer.
        OSError: the file cannot be read.
        ValueError: a file is given without a key.
    """
    findings: list[Finding] = []
    signed: Signed | None = None
    if heads_file is not None:
        if public_key is None:
            raise ValueError("signed heads are read with the public key that they were signed with")
        # Before the chains are: a head that is signed in between would be ahead of them.
        signed, findings = places(read_heads(heads_file, public_key))
    with snapshot(database) as connection:
        heads = {row["tenant"]: Head(**row) for row in connection.execute(select(audit_heads)).mappings()}
        seen: set[str] = set()
        statement = select(audit_records).order_by(audit_records.c.tenant, audit_records.c.sequence)
        rows = connection.execution_options(yield_per=500).execute(statement).mappings()
        for tenant, records in groupby(rows, key=lambda row: str(row["tenant"])):
            seen.add(tenant)
            findings += _of_chain(tenant, heads.get(tenant), records, _of_tenant(signed, tenant))
    for tenant in sorted((heads.keys() | (signed or {}).keys()) - seen):
        findings += _of_chain(tenant, heads.get(tenant), [], _of_tenant(signed, tenant))
    return findings


def places(lines: Iterable[ReadHead]) -> tuple[Signed, list[Finding]]:
    """What the lines of the heads say of each chain, and those that do not hold."""
    signed: Signed = defaultdict(SignedPlaces)
    findings: list[Finding] = []
    for line in lines:
        if line.fault is not None:
            findings.append(Finding(line.tenant, None, f"line {line.line} of the heads: {line.fault}"))
        else:
            signed[line.tenant].add(line.sequence, line.hash, deletion=line.deletion)
    return signed, findings


def beginning(
    connection: Connection, head: Head, last: int, signed: SignedPlaces
) -> tuple[str, Finding | None]:
    """The hash of a record, and what is wrong from the beginning of its chain to the first signed head on it.

    Args:
        connection: of a transaction that holds the head.
        head: of the chain.
        last: the number of the record.
        signed: what was signed of the chain.
    """
    # Whether a record is what it was is known only from a head that was signed at it or later.
    until = min((one for one in signed.anchors if one >= last), default=None)
    own = [audit_records.c.tenant == head.tenant]
    if until is not None:
        own.append(audit_records.c.sequence <= until)
    statement = select(audit_records).where(*own).order_by(audit_records.c.sequence)
    fault = _fault_of_base(head, signed)
    sequence, before, found = head.base_sequence, head.base_hash, ""
    if fault is not None:
        return found, Finding(head.tenant, sequence, fault)
    with connection.execute(statement.execution_options(yield_per=500)) as rows:
        for row in rows.mappings():
            fault = _fault(row, sequence + 1, before, signed.anchors)
            if fault is not None:
                return found, Finding(head.tenant, min(sequence + 1, row["sequence"]), fault)
            sequence, before = row["sequence"], row["hash"]
            found = before if sequence == last else found
    ending = _fault_at_end(head, sequence, before, max(signed.anchors, default=0)) if until is None else None
    if until is not None and sequence < until:
        ending = sequence + 1, "the record is missing: a later one was signed"
    return found, None if ending is None else Finding(head.tenant, *ending)


def _of_tenant(signed: Signed | None, tenant: str) -> SignedPlaces | None:
    return None if signed is None else signed.get(tenant, SignedPlaces())


def _of_chain(
    tenant: str, head: Head | None, rows: Iterable[Mapping[Any, Any]], signed: SignedPlaces | None
) -> Iterator[Finding]:
    """The first fault of one chain, if there is one."""
    base, last = (head.base_sequence, head.base_hash) if head is not None else (0, GENESIS)
    anchors = {} if signed is None else signed.anchors
    fault = None if signed is None else _fault_of_base(head, signed)
    if fault is not None:
        yield Finding(tenant, base, fault)
        return
    sequence = base
    deletion_recorded = base == 0
    for row in rows:
        expected = sequence + 1
        fault = _fault(row, expected, last, anchors)
        if fault is not None:
            yield Finding(tenant, min(expected, row["sequence"]), fault)
            return
        sequence, last = expected, row["hash"]
        if row["kind"] == PRUNED and head is not None:
            deletion_recorded = deletion_recorded or _names(row["record"], head)
    ending = _fault_at_end(head, sequence, last, max(anchors, default=0))
    if ending is not None:
        yield Finding(tenant, *ending)
    elif not deletion_recorded:
        yield Finding(tenant, base + 1, "the records before it are gone, and no record says who deleted them")


def _fault_of_base(head: Head | None, signed: SignedPlaces) -> str | None:
    base = (0, GENESIS) if head is None else (head.base_sequence, head.base_hash)
    if not signed.anchors.get(base[0], {base[1]}) <= {base[1]}:
        return "the chain begins after another record than was signed"
    if base != (0, GENESIS) and base not in signed.bases:
        return f"the records up to {base[0]} were removed without a signed deletion"
    return None


def _fault(row: Mapping[Any, Any], expected: int, last: str, anchors: Anchors) -> str | None:
    if row["sequence"] > expected:
        return "the record is missing"
    if row["sequence"] < expected:
        return "the record stands before the beginning of its chain"
    entry = Entry(row["tenant"], row["decision_id"], row["kind"], row["at"], row["record"])
    if row["previous_hash"] != last or row["hash"] != link_hash(last, expected, entry):
        return "the record is not what it was, or not in its place"
    if not anchors.get(expected, {row["hash"]}) <= {row["hash"]}:
        return "the chain was written anew: another record was signed here"
    return None


def _fault_at_end(head: Head | None, sequence: int, last: str, signed: int) -> tuple[int, str] | None:
    if signed > sequence:
        return sequence + 1, "the record is missing: a later one was signed"
    if head is None:
        return 1, "the chain has no head"
    if head.sequence > sequence:
        return sequence + 1, "the record is missing: the head names a later one"
    if head.sequence < sequence:
        return head.sequence + 1, "the record stands behind the head of its chain"
    if head.hash != last:
        return sequence, "the head names another record"
    return None


def _names(record: str, head: Head) -> bool:
    """Whether a record of a deletion is of the one that the chain begins after."""
    try:
        target = _pruned.decode(record).up_to
    except msgspec.MsgspecError:
        return False
    return (target.sequence, target.hash) == (head.base_sequence, head.base_hash)
