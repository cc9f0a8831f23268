"""Retention: what is old goes, the rest stays whole, and the chain says what went."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, func, select, update

from app.store import IssuedCard, Report, Store
from app.store.audit_chain import GENESIS, Chains, add, hold
from app.store.audit_heads import HeadSigner, key_id
from app.store.audit_retention import BrokenChainError, LegalHoldError, Pruned, accept, prune
from app.store.audit_verify import verify
from app.store.database import Database
from app.store.tables import audit_heads, audit_records, cards, feedback
from tests.audit.kept import NOW, PATIENT, TENANT, decision, entry, fill, kept, moment, numbers

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LATER = moment(1_000)


@pytest.fixture
def heads(database: Database, tmp_path: Path) -> Path:
    """Five records, signed after the third and the last."""
    path = tmp_path / "heads.ndjson"
    signer = HeadSigner(KEY, path)
    fill(database, 1, 2, 3)
    signer.sign(Chains(database).heads(), NOW)
    fill(database, 4, 5)
    signer.sign(Chains(database).heads(), NOW)
    return path


def test_what_is_older_goes_and_the_chain_is_whole(database: Database, heads: Path) -> None:
    assert prune(database, moment(3), LATER, signer=HeadSigner(KEY, heads)) == Pruned(records=2)
    assert numbers(database)[:3] == [(n, decision(n)) for n in (3, 4, 5)]
    assert verify(database, heads, KEY.public_key()) == []


def test_the_chain_says_what_went(database: Database, heads: Path) -> None:
    assert heads.exists()
    second = kept(database)[1]
    prune(database, moment(3), LATER)
    last = kept(database)[-1]
    (head,) = Chains(database).heads()
    assert (last.sequence, last.kind, last.at) == (6, "pruned", LATER)
    assert json.loads(last.record) == {
        "decision_id": last.decision_id,
        "kind": "pruned",
        "tenant": TENANT,
        "received_at": LATER.isoformat(),
        "answered_at": LATER.isoformat(),
        "before": moment(3).isoformat(),
        "removed": 2,
        "up_to": {"sequence": 2, "hash": second.hash},
    }
    assert (head.sequence, head.hash) == (6, last.hash)
    assert (head.base_sequence, head.base_hash) == (2, second.hash)


def test_it_may_be_done_again_and_in_small_steps(database: Database, heads: Path) -> None:
    signer = HeadSigner(KEY, heads)
    assert prune(database, moment(2), LATER, signer=signer) == Pruned(records=1)
    assert prune(database, moment(2), LATER, signer=signer) == Pruned()
    assert verify(database, heads, KEY.public_key()) == []
    assert prune(database, moment(6), LATER, signer=signer, at_once=3) == Pruned(records=4)
    assert [row.kind for row in kept(database)] == ["pruned"] * 3
    assert verify(database, heads, KEY.public_key()) == []
    fill(database, 6)
    assert verify(database, heads, KEY.public_key()) == []


def test_a_chain_that_ended_is_not_written_on_for_ever(database: Database) -> None:
    fill(database, 1)
    assert prune(database, moment(2), LATER) == Pruned(records=1)
    later = LATER + timedelta(days=1)
    assert prune(database, later, later) == Pruned()
    assert [row.sequence for row in kept(database)] == [2]


def test_nothing_goes_from_behind_a_record_that_is_not_old(database: Database) -> None:
    fill(database, 1, 9, 2, 3)
    assert prune(database, moment(5), LATER) == Pruned(records=1)
    assert [sequence for sequence, _ in numbers(database)] == [2, 3, 4, 5]
    assert verify(database) == []


def test_a_record_that_is_dated_ahead_keeps_nothing_behind_it(database: Database) -> None:
    fill(database, 1, 5_000, 2, 3, 9, 4)
    assert prune(database, moment(5), LATER) == Pruned(records=4)
    assert [sequence for sequence, _ in numbers(database)] == [5, 6, 7]
    assert verify(database) == []


def test_a_record_that_is_dated_ahead_stays_before_one_that_is_not_old(database: Database) -> None:
    fill(database, 1, 5_000, 9)
    assert prune(database, moment(5), LATER) == Pruned(records=1)
    fill(database, 2, tenant="zebra")
    fill(database, 5_000, tenant="zebra")
    assert prune(database, moment(5), LATER) == Pruned(records=1)
    assert [sequence for sequence, _ in numbers(database, "zebra")] == [2, 3]


def test_each_chain_has_an_age_of_its_own(database: Database) -> None:
    fill(database, 1, 2)
    fill(database, 8, tenant="zebra")
    assert prune(database, moment(5), LATER) == Pruned(records=2)
    assert [row.kind for row in kept(database)] == ["pruned"]
    assert [row.kind for row in kept(database, "zebra")] == ["hook"]
    assert verify(database) == []


def test_what_goes_without_a_record_of_it_is_found(database: Database, heads: Path) -> None:
    prune(database, moment(3), LATER, signer=HeadSigner(KEY, heads))
    with database.transaction() as connection:
        connection.execute(delete(audit_records).where(audit_records.c.sequence == 6))
    (finding,) = verify(database, heads, KEY.public_key())
    assert finding.sequence == 6


def test_a_record_of_a_deletion_that_was_changed_is_found(database: Database) -> None:
    fill(database, 1, 2)
    prune(database, moment(2), LATER)
    with database.transaction() as connection:
        connection.execute(
            update(audit_records).where(audit_records.c.kind == "pruned").values(record='{"up_to": 1}')
        )
    assert [finding.sequence for finding in verify(database)] == [3]


def test_a_legal_hold_keeps_everything(database: Database) -> None:
    fill(database, 1)
    with pytest.raises(LegalHoldError, match="SPINE_METS_LEGAL_HOLD"):
        prune(database, moment(5), LATER, held=True)
    (head,) = Chains(database).heads()
    assert (head.sequence, head.base_sequence, head.base_hash) == (1, 0, GENESIS)


def test_what_is_to_come_cannot_be_deleted(database: Database) -> None:
    fill(database, 1)
    with pytest.raises(ValueError, match="has passed"):
        prune(database, LATER + timedelta(seconds=1), LATER)
    assert len(kept(database)) == 1


def test_old_cards_and_feedback_go_too(database: Database) -> None:
    store = Store(database)
    for number in range(6):
        issued = IssuedCard(
            decision(number), TENANT, "s", "patient-view", "t", "r", "info", 1, PATIENT, "T1", moment(number)
        )
        store.note_cards([issued])
        store.add_feedback(
            TENANT, "s", [Report(decision(number), "accepted", moment(number))], moment(number)
        )
    assert prune(database, moment(5), LATER, at_once=2) == Pruned(cards=5, feedback=5)
    with database.transaction() as connection:
        left = [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (cards, feedback)
        ]
    assert left == [1, 1]


def shorten_unsigned(connection: Connection, last: int) -> None:
    """What anybody who can write to the database can do: delete, and add a record of it."""
    digest = connection.execute(
        select(audit_records.c.hash).where(audit_records.c.sequence == last)
    ).scalar_one()
    connection.execute(delete(audit_records).where(audit_records.c.sequence <= last))
    connection.execute(update(audit_heads).values(base_sequence=last, base_hash=digest))
    up_to = {"sequence": last, "hash": digest}
    forged = replace(entry(77, up_to=up_to), kind="pruned")
    add(connection, hold(connection, TENANT), [forged])


@pytest.mark.parametrize("last", [2, 5], ids=["beginning", "everything"])
def test_a_deletion_that_was_not_signed_is_found(database: Database, heads: Path, last: int) -> None:
    with database.transaction() as connection:
        shorten_unsigned(connection, last)
    assert verify(database) == []
    (finding,) = verify(database, heads, KEY.public_key())
    assert (finding.tenant, finding.sequence) == (TENANT, last)
    assert finding.fault == f"the records up to {last} were removed without a signed deletion"


def test_a_signed_deletion_allows_no_longer_one(database: Database, heads: Path) -> None:
    prune(database, moment(3), LATER, signer=HeadSigner(KEY, heads))
    with database.transaction() as connection:
        shorten_unsigned(connection, 4)
    (finding,) = verify(database, heads, KEY.public_key())
    assert finding.fault == "the records up to 4 were removed without a signed deletion"


def test_a_deletion_is_signed_with_its_place_and_its_date(database: Database, heads: Path) -> None:
    second = kept(database)[1]
    prune(database, moment(3), LATER, signer=HeadSigner(KEY, heads))
    line = json.loads(heads.read_bytes().splitlines()[-1])
    signed = json.dumps([line[name] for name in ("time", "tenant", "deleted_up_to", "hash", "before", "key")])
    # Raises where it is not what was signed.
    KEY.public_key().verify(b64decode(line.pop("signature")), f"spine-mets audit deletion\n{signed}".encode())
    assert line.pop("key") == key_id(KEY.public_key())
    assert line == {
        "time": LATER.isoformat(),
        "tenant": TENANT,
        "deleted_up_to": 2,
        "hash": second.hash,
        "before": moment(3).isoformat(),
    }


def test_neither_line_passes_for_the_other(database: Database, heads: Path) -> None:
    prune(database, moment(4), LATER, signer=HeadSigner(KEY, heads))
    head, *_, deletion = (json.loads(line) for line in heads.read_bytes().splitlines())
    head["deleted_up_to"], head["before"] = head.pop("sequence"), moment(4).isoformat()
    deletion["sequence"] = deletion.pop("deleted_up_to")
    del deletion["before"]
    heads.write_text("".join(json.dumps(line) + "\n" for line in (head, deletion)))
    assert [finding.fault for finding in verify(database, heads, KEY.public_key())] == [
        "line 1 of the heads: the signature is wrong",
        "line 2 of the heads: the signature is wrong",
        "the records up to 3 were removed without a signed deletion",
    ]


def test_no_deletion_is_signed_over_one_that_was_not(database: Database, heads: Path) -> None:
    with database.transaction() as connection:
        shorten_unsigned(connection, 2)
    before = heads.read_bytes()
    with pytest.raises(BrokenChainError, match="up to 2 were removed without a signed deletion"):
        prune(database, moment(5), LATER, signer=HeadSigner(KEY, heads))
    assert [row.sequence for row in kept(database)] == [3, 4, 5, 6]
    assert heads.read_bytes() == before


def rewrite(connection: Connection, first: int, *numbers: int) -> None:
    """Other records from a place on, with hashes that fit; the chain ends with them."""
    place = (audit_records.c.tenant == TENANT, audit_records.c.sequence >= first)
    last: str = connection.execute(
        select(audit_records.c.previous_hash).where(audit_records.c.sequence == first)
    ).scalar_one()
    connection.execute(delete(audit_records).where(*place))
    connection.execute(update(audit_heads).values(sequence=first - 1, hash=last))
    add(connection, hold(connection, TENANT), [entry(number) for number in numbers])


@pytest.mark.parametrize(
    ("first", "others", "broken"),
    # Heads were signed at the third and the fifth: what goes is what was signed only if the next one fits.
    [(2, (22, 3, 4, 5), 3), (4, (-1, 5), 5), (4, (-1,), 5)],
    ids=["signed-among-what-goes", "signed-after-it", "cut-off"],
)
def test_what_is_not_as_was_signed_does_not_go(
    database: Database, heads: Path, first: int, others: tuple[int, ...], broken: int
) -> None:
    with database.transaction() as connection:
        rewrite(connection, first, *others)
    there = len(kept(database))
    with pytest.raises(BrokenChainError, match=f"record {broken}:") as caught:
        prune(database, moment(4.5), LATER, signer=HeadSigner(KEY, heads))
    assert "spine-mets audit verify" in caught.value.message
    assert len(kept(database)) == there


def test_a_record_that_was_changed_does_not_go(database: Database, heads: Path) -> None:
    with database.transaction() as connection:
        connection.execute(update(audit_records).where(audit_records.c.sequence == 4).values(at=moment(1)))
    with pytest.raises(BrokenChainError, match="record 4:"):
        prune(database, moment(4.5), LATER, signer=HeadSigner(KEY, heads))
    assert len(kept(database)) == 5


def test_what_was_not_signed_yet_may_go(database: Database, heads: Path) -> None:
    fill(database, 6)
    assert prune(database, moment(7), LATER, signer=HeadSigner(KEY, heads)) == Pruned(records=6)
    assert verify(database, heads, KEY.public_key()) == []


def test_nothing_is_deleted_that_cannot_be_signed(database: Database, heads: Path) -> None:
    heads.rename(heads.with_name("elsewhere"))
    with pytest.raises(FileNotFoundError):
        prune(database, moment(3), LATER, signer=HeadSigner(KEY, heads))
    assert len(kept(database)) == 5


def test_no_file_of_heads_is_needed_before_the_first_record(database: Database, tmp_path: Path) -> None:
    assert prune(database, moment(3), LATER, signer=HeadSigner(KEY, tmp_path / "heads")) == Pruned()


def test_where_a_chain_begins_can_be_signed_afterwards(database: Database, heads: Path) -> None:
    fill(database, 1, tenant="zebra")
    prune(database, moment(2), LATER)
    new = heads.with_name("new")
    signer = HeadSigner(KEY, new)
    assert [(head.tenant, head.base_sequence) for head in accept(database, LATER, signer)] == [
        (TENANT, 1),
        ("zebra", 1),
    ]
    assert accept(database, LATER, signer) == []
    assert verify(database, new, KEY.public_key()) == []
    assert prune(database, moment(4), LATER, signer=signer) == Pruned(records=2)
    assert verify(database, new, KEY.public_key()) == []


def test_a_chain_begun_anew_after_its_deletion_was_signed_is_found(database: Database, heads: Path) -> None:
    new = heads.with_name("new")
    prune(database, moment(3), LATER)
    accept(database, LATER, HeadSigner(KEY, new))
    with database.transaction() as connection:
        connection.execute(delete(audit_records))
        connection.execute(delete(audit_heads))
    fill(database, 9)
    assert verify(database) == []
    (finding,) = verify(database, new, KEY.public_key())
    assert (finding.tenant, finding.sequence) == (TENANT, 2)
