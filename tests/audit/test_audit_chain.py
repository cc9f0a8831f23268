"""The chain: every record once, in one line, whoever adds to it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from app.store.audit_chain import GENESIS, Chains, Head, link_hash
from app.store.audit_reading import read_records
from app.store.audit_verify import verify
from app.store.database import Database
from tests.audit.kept import TENANT, decision, entry, fill, kept, moment, numbers, record

ROOT = Path(__file__).parents[2]
APPENDING = """
import sys
from app.store.audit_chain import Chains
from app.store.database import Database
from tests.audit.kept import entry
database = Database(sys.argv[1])
first = int(sys.argv[2])
for number in range(first, first + 40, 2):
    Chains(database).append([entry(number), entry(number + 1), entry(number, "other")])
database.close()
"""


def test_records_stand_in_the_order_in_which_they_came(database: Database) -> None:
    fill(database, 1, 2)
    fill(database, 3)
    assert numbers(database) == [(1, decision(1)), (2, decision(2)), (3, decision(3))]
    assert Chains(database).heads() == [Head(TENANT, 3, kept(database)[-1].hash)]


def test_each_hash_covers_the_one_before_it(database: Database) -> None:
    fill(database, 1, 2)
    first, second = kept(database)
    assert first.previous_hash == GENESIS
    assert first.hash == link_hash(GENESIS, 1, entry(1))
    assert second.previous_hash == first.hash
    assert second.hash == link_hash(first.hash, 2, entry(2))


def test_a_record_comes_out_as_it_went_in(database: Database) -> None:
    fill(database, 1)
    (row,) = kept(database)
    assert row.record.encode() == record(1)
    assert (row.kind, row.at) == ("hook", moment(1))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("tenant", "another"),
        ("decision_id", decision(2)),
        ("kind", "score"),
        ("at", moment(1) + timedelta(microseconds=1)),
        ("record", "{}"),
    ],
)
def test_the_hash_covers_every_member(member: str, value: Any) -> None:
    changed = replace(entry(1), **{member: value})
    assert link_hash(GENESIS, 1, changed) != link_hash(GENESIS, 1, entry(1))


def test_the_hash_covers_the_place_and_what_stands_before() -> None:
    found = {
        link_hash(previous, sequence, entry(1)) for previous in (GENESIS, "1" * 64) for sequence in (1, 2)
    }
    assert len(found) == 4


def test_no_member_can_be_taken_for_a_piece_of_its_neighbour() -> None:
    one = replace(entry(1), decision_id="a", kind="bc")
    other = replace(entry(1), decision_id="ab", kind="c")
    assert link_hash(GENESIS, 1, one) != link_hash(GENESIS, 1, other)


def test_the_hash_is_of_the_moment_whatever_its_offset() -> None:
    elsewhere = entry(1).at.astimezone(timezone(timedelta(hours=5)))
    assert link_hash(GENESIS, 1, replace(entry(1), at=elsewhere)) == link_hash(GENESIS, 1, entry(1))


def test_what_is_delivered_twice_stands_there_once(database: Database) -> None:
    fill(database, 1, 2)
    fill(database, 2, 3, 3, 1)
    assert numbers(database) == [(1, decision(1)), (2, decision(2)), (3, decision(3))]
    assert verify(database) == []


def test_tenants_have_chains_of_their_own(database: Database) -> None:
    Chains(database).append([entry(1, "b"), entry(1, "a"), entry(2, "b")])
    assert [(row.tenant, row.sequence) for row in read_records(database)] == [("a", 1), ("b", 1), ("b", 2)]
    assert verify(database) == []


def test_threads_add_to_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda number: fill(database, number, number + 100), range(20)))
    assert [sequence for sequence, _ in numbers(database)] == list(range(1, 41))
    assert verify(database) == []


def test_processes_add_to_one_chain(address: str) -> None:
    database = Database(address)
    started = [
        subprocess.Popen(  # noqa: S603  written here
            [sys.executable, "-c", APPENDING, address, str(first)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in (0, 1_000)
    ]
    failures = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], failures
    assert [sequence for sequence, _ in numbers(database)] == list(range(1, 81))
    assert [sequence for sequence, _ in numbers(database, "other")] == list(range(1, 41))
    assert verify(database) == []
    database.close()


def test_records_are_found_by_moment_tenant_and_decision(database: Database) -> None:
    fill(database, 1, 2, 3)
    fill(database, 4, tenant="other")
    asked = [
        read_records(database, since=moment(3)),
        read_records(database, tenant="other"),
        read_records(database, decision=decision(2)),
        read_records(database, tenant="other", decision=decision(2)),
    ]
    assert [[row.decision_id for row in rows] for rows in asked] == [
        [decision(3), decision(4)],
        [decision(4)],
        [decision(2)],
        [],
    ]


def test_records_are_found_by_what_stands_in_them(database: Database) -> None:
    Chains(database).append([entry(1), entry(2, patient="12" * 16), entry(3, patient="34" * 16)])
    asked = [
        read_records(database, card=decision(1_002)),
        read_records(database, patients=["12" * 16, "34" * 16, "56" * 16]),
        read_records(database, card=decision(1_002), patients=["34" * 16]),
        read_records(database, patients=[]),
        read_records(database, card="%"),
    ]
    assert [[row.decision_id for row in rows] for rows in asked] == [
        [decision(2)],
        [decision(2), decision(3)],
        [],
        [],
        [],
    ]
