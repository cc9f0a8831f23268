"""Verifying: whatever was changed, the first record that is not what it was is named."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from app.store.audit_chain import GENESIS, Chains, Entry, link_hash
from app.store.audit_heads import HeadSigner
from app.store.audit_verify import Finding, verify
from app.store.database import Database
from app.store.tables import audit_heads, audit_records
from tests.audit.kept import NOW, TENANT, entry, fill, kept

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
Change = Callable[[Connection], object]


def of(sequence: int) -> ColumnElement[bool]:
    return and_(audit_records.c.tenant == TENANT, audit_records.c.sequence == sequence)


def change(place: int, /, **values: object) -> Change:
    return lambda c: c.execute(update(audit_records).where(of(place)).values(**values))


def drop(*places: int) -> Change:
    own = audit_records.c.tenant == TENANT
    return lambda c: c.execute(delete(audit_records).where(own, audit_records.c.sequence.in_(places)))


def head(**values: object) -> Change:
    return lambda c: c.execute(update(audit_heads).where(audit_heads.c.tenant == TENANT).values(**values))


def flip(c: Connection) -> None:
    text = c.execute(select(audit_records.c.record).where(of(3))).scalar_one()
    change(3, record=text.replace("critical", "criticbl"))(c)


def swap(c: Connection) -> None:
    names = ("decision_id", "kind", "at", "record")
    rows = [
        dict(c.execute(select(*(audit_records.c[n] for n in names)).where(of(s))).mappings().one())
        for s in (2, 4)
    ]
    change(2, decision_id="x")(c)
    change(4, **rows[0])(c)
    change(2, **rows[1])(c)


def renumber(c: Connection) -> None:
    change(5, sequence=50)(c)
    change(4, sequence=5)(c)
    change(50, sequence=4)(c)


def insert(c: Connection) -> None:
    change(5, sequence=6)(c)
    change(4, sequence=5)(c)
    forge(c, 4, entry(77))


def insert_roughly(c: Connection) -> None:
    insert(c)
    change(4, hash="0" * 64)(c)


def forge(c: Connection, sequence: int, what: Entry) -> str:
    """A record whose own hash holds, after the one that stands before it."""
    before = select(audit_records.c.hash).where(of(sequence - 1))
    last = c.execute(before).scalar_one_or_none() or GENESIS
    found = link_hash(last, sequence, what)
    row = {name: getattr(what, name) for name in ("tenant", "decision_id", "kind", "at", "record")}
    hashes = {"sequence": sequence, "previous_hash": last, "hash": found}
    c.execute(audit_records.insert(), {**row, **hashes})
    return found


def truncate(c: Connection) -> None:
    """Cut the end off, and have the head agree."""
    drop(4, 5)(c)
    last = c.execute(select(audit_records.c.hash).where(of(3))).scalar_one()
    head(sequence=3, hash=last)(c)


def write_anew(c: Connection) -> None:
    """Another record in place of the third, and every hash after it made to fit."""
    drop(3, 4, 5)(c)
    found = ""
    for sequence, number in ((3, 33), (4, 4), (5, 5)):
        found = forge(c, sequence, entry(number))
    head(hash=found)(c)


def delete_the_beginning(c: Connection) -> None:
    last = c.execute(select(audit_records.c.hash).where(of(2))).scalar_one()
    drop(1, 2)(c)
    head(base_sequence=2, base_hash=last)(c)


def delete_the_head(c: Connection) -> None:
    c.execute(delete(audit_heads).where(audit_heads.c.tenant == TENANT))


def delete_everything(c: Connection) -> None:
    drop(1, 2, 3, 4, 5)(c)
    delete_the_head(c)


FOUND_BY_ITSELF: Sequence[tuple[str, Change, int]] = [
    ("flipped-byte", flip, 3),
    ("changed-kind", change(2, kind="score"), 2),
    ("changed-moment", change(2, at=NOW), 2),
    ("changed-hash", change(4, hash="0" * 64), 4),
    ("changed-link", change(4, previous_hash="0" * 64), 4),
    ("dropped", drop(3), 3),
    ("dropped-first", drop(1), 1),
    ("swapped", swap, 2),
    ("renumbered", renumber, 4),
    ("renumbered-ahead", change(5, sequence=9), 5),
    # What was put in fits what stands before it: only what stands after it does not.
    ("inserted", insert, 5),
    ("inserted-roughly", insert_roughly, 4),
    ("appended", lambda c: forge(c, 6, entry(77)), 6),
    ("dropped-last", drop(5), 5),
    ("cut-off", drop(4, 5), 4),
    ("head-gone", delete_the_head, 1),
    ("head-hash", head(hash="0" * 64), 5),
    ("head-back", head(sequence=4), 5),
    ("beginning", delete_the_beginning, 3),
    ("beginning-moved", head(base_sequence=2), 1),
    ("all-records", drop(1, 2, 3, 4, 5), 1),
]
FOUND_BY_HEADS: Sequence[tuple[str, Change, int]] = [
    ("truncated", truncate, 4),
    ("inserted", insert, 4),
    ("written-anew", write_anew, 3),
    ("everything", delete_everything, 1),
]


def tamper(database: Database, done: Change) -> None:
    with database.transaction() as connection:
        done(connection)


@pytest.fixture
def heads(database: Database, tmp_path: Path) -> Path:
    """Five records, with heads signed after every one of them; and another tenant's chain."""
    path = tmp_path / "heads.ndjson"
    signer = HeadSigner(KEY, path)
    for number in range(1, 6):
        fill(database, number)
        signer.sign(Chains(database).heads(), NOW)
    fill(database, 1, 2, tenant="zebra")
    return path


def test_a_chain_that_nobody_touched_is_whole(database: Database, heads: Path) -> None:
    assert verify(database) == []
    assert verify(database, heads, KEY.public_key()) == []


@pytest.mark.parametrize(
    ("done", "sequence"), [(d, s) for _, d, s in FOUND_BY_ITSELF], ids=[n for n, _, _ in FOUND_BY_ITSELF]
)
@pytest.mark.usefixtures("heads")
def test_the_first_broken_record_is_named(database: Database, done: Change, sequence: int) -> None:
    tamper(database, done)
    findings = [(one.tenant, one.sequence) for one in verify(database)]
    assert findings == [(TENANT, sequence)]


@pytest.mark.parametrize(
    ("done", "sequence"), [(d, s) for _, d, s in FOUND_BY_HEADS], ids=[n for n, _, _ in FOUND_BY_HEADS]
)
def test_signed_heads_tell_what_the_database_cannot(
    database: Database, heads: Path, done: Change, sequence: int
) -> None:
    tamper(database, done)
    assert (TENANT, sequence) not in [(one.tenant, one.sequence) for one in verify(database)]
    (finding,) = verify(database, heads, KEY.public_key())
    assert (finding.tenant, finding.sequence) == (TENANT, sequence)


def test_a_chain_written_anew_is_found_though_its_new_head_was_signed(
    database: Database, heads: Path
) -> None:
    tamper(database, write_anew)
    fill(database, 6)
    HeadSigner(KEY, heads).sign(Chains(database).heads(), NOW)
    (finding,) = verify(database, heads, KEY.public_key())
    assert (finding.tenant, finding.sequence) == (TENANT, 3)


def test_one_broken_chain_hides_no_other(database: Database, heads: Path) -> None:
    tamper(database, flip)
    tamper(
        database,
        lambda c: c.execute(update(audit_records).where(audit_records.c.tenant == "zebra").values(kind="x")),
    )
    assert [(one.tenant, one.sequence) for one in verify(database, heads, KEY.public_key())] == [
        (TENANT, 3),
        ("zebra", 1),
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b'"sequence":2', b'"sequence":4', "the signature is wrong"),
        (b'"tenant":"default"', b'"tenant":"defaulu"', "the signature is wrong"),
        (b"{", b"[", "the line cannot be read"),
        (b'"key":"', b'"key":"0', "the signature is of another key"),
    ],
    ids=["sequence", "tenant", "torn", "key"],
)
def test_a_line_of_the_heads_that_does_not_hold_is_named(
    database: Database, heads: Path, old: bytes, new: bytes, fault: str
) -> None:
    lines = heads.read_bytes().splitlines(keepends=True)
    assert old in lines[1]
    heads.write_bytes(b"".join([lines[0], lines[1].replace(old, new), *lines[2:]]))
    (finding,) = verify(database, heads, KEY.public_key())
    assert finding.sequence is None
    assert finding.fault == f"line 2 of the heads: {fault}"


def test_heads_of_another_key_hold_nothing(database: Database, heads: Path) -> None:
    findings = verify(database, heads, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    assert {one.fault.partition(": ")[2] for one in findings} == {"the signature is of another key"}
    assert len(findings) == 5


@pytest.mark.usefixtures("database")
def test_heads_are_not_read_without_a_key(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="public key"):
        verify(database, tmp_path / "heads.ndjson")


def test_only_heads_that_moved_are_signed_again(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "heads.ndjson"
    signer = HeadSigner(KEY, path)
    fill(database, 1)
    fill(database, 1, tenant="zebra")
    signer.sign(Chains(database).heads(), NOW)
    fill(database, 2)
    signer.sign(Chains(database).heads(), NOW)
    signer.sign(Chains(database).heads(), NOW)
    assert path.read_bytes().count(b"\n") == 3
    assert verify(database, path, KEY.public_key()) == []


def test_a_torn_line_does_not_take_the_next_one_with_it(database: Database, heads: Path) -> None:
    heads.write_bytes(heads.read_bytes()[:-9])
    fill(database, 6)
    HeadSigner(KEY, heads).sign(Chains(database).heads(), NOW)
    assert verify(database, heads, KEY.public_key()) == [
        Finding("", None, "line 5 of the heads: the line cannot be read")
    ]


def test_a_finding_holds_nothing_of_a_record(database: Database, heads: Path) -> None:
    assert kept(database)
    tamper(database, flip)
    told = repr(verify(database, heads, KEY.public_key()))
    assert "SINS" not in told
    assert "0123456789abcdef" not in told
