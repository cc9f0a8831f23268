"""The trail: what was kept is in the chain once, whatever fails in between."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import psycopg
import pytest
from structlog.testing import capture_logs

from app.store.audit_chain import Chains, Entry
from app.store.audit_journal import Folder, Journal, Memory
from app.store.audit_line import line_of
from app.store.audit_trail import AuditTrail, AuditUnavailableError, Failure, Pace, open_audit
from app.store.audit_verify import verify
from app.store.database import Database, StoreError
from tests.audit.kept import NOW, PATIENT, TENANT, USER, decision, kept, moment, numbers, record
from tests.audit.trails import SOON, Taking, keep, trail_of
from tests.postgresql import SERVER

ROOT = Path(__file__).parents[2]
KEEPING = """
import sys
from pathlib import Path
from app.store.audit_trail import open_audit
from app.store.database import Database
from tests.audit.kept import NOW, TENANT, decision, record
trail = open_audit(Database(sys.argv[1]), clock=lambda: NOW, spool=Path(sys.argv[2]))
number = 0
while True:
    trail.keep(TENANT, record(number), NOW)
    print(decision(number), flush=True)
    number += 1
"""


def test_what_is_kept_is_in_the_chain(trail: AuditTrail, database: Database, tmp_path: Path) -> None:
    keep(trail, 1, 2, 3)
    assert trail.flush(10)
    assert numbers(database) == [(n, decision(n)) for n in (1, 2, 3)]
    assert [row.record.encode() for row in kept(database)] == [record(n) for n in (1, 2, 3)]
    assert (trail.waiting, trail.lost, trail.oldest_waiting_seconds) == (0, 0, 0)
    assert list((tmp_path / "spool").iterdir()) == []


def test_the_same_decision_is_kept_once(trail: AuditTrail, database: Database) -> None:
    keep(trail, 1, 1, 2, 1)
    assert trail.flush(10)
    assert numbers(database) == [(1, decision(1)), (2, decision(2))]


def test_a_record_stands_in_the_journal_before_keeping_ends(tmp_path: Path) -> None:
    taking = Taking()
    taking.down = True
    trail = trail_of(Folder(tmp_path / "spool", 100_000), taking)
    keep(trail, 1)
    (file,) = (tmp_path / "spool").iterdir()
    assert json.loads(file.read_bytes())["record"]["decision_id"] == decision(1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    trail.close()


def test_a_database_that_is_down_costs_no_record(journal: Journal) -> None:
    taking = Taking()
    taking.down = True
    trail = trail_of(journal, taking)
    with capture_logs() as logs:
        keep(trail, 1, 2, 3)
        assert taking.refused.wait(10)
        keep(trail, 4)
        assert not trail.flush(0.05)
    assert trail.delivery_failing
    assert trail.waiting == 4
    assert [(log["event"], log["error"]) for log in logs] == [("audit_not_delivered", "OperationalError")]
    taking.down = False
    assert trail.flush(10)
    assert sorted(taking.taken) == sorted(decision(n) for n in (1, 2, 3, 4))
    assert (trail.waiting, trail.lost, trail.delivery_failing) == (0, 0, False)
    trail.close()


def test_the_end_of_an_outage_is_logged_once(journal: Journal) -> None:
    taking = Taking()
    trail = trail_of(journal, taking)
    with capture_logs() as logs:
        keep(trail, 1)
        assert trail.flush(10)
        for number in (2, 4):
            taking.refused.clear()
            taking.down = True
            keep(trail, number)
            assert taking.refused.wait(10)
            taking.down = False
            assert trail.flush(10)
            keep(trail, number + 1)
            assert trail.flush(10)
        trail.close()
    outage = [("audit_not_delivered", "error"), ("audit_delivered", "info")]
    assert [(log["event"], log["log_level"]) for log in logs] == 2 * outage
    assert set(logs[1]) == {"event", "log_level"}


def test_a_server_that_comes_back_gets_everything(postgresql: str, tmp_path: Path) -> None:
    database = Database(postgresql)
    chains = Chains(database)
    refused = Event()

    def deliver(entries: Sequence[Entry]) -> None:
        try:
            chains.append(entries)
        except StoreError:
            refused.set()
            raise

    trail = trail_of(Folder(tmp_path / "spool", 1_000_000), deliver)
    name = postgresql.rpartition("/")[2]
    with psycopg.connect(f"postgresql://{SERVER}/postgres", autocommit=True) as server:
        keep(trail, 1)
        assert trail.flush(10)
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        keep(trail, 2, 3)
        assert refused.wait(20)
        keep(trail, 4)
        assert trail.waiting == 3
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert trail.flush(20)
    assert numbers(database) == [(n, decision(n)) for n in (1, 2, 3, 4)]
    assert verify(database) == []
    trail.close()
    database.close()


def full(journal: Journal, failure: Failure) -> tuple[AuditTrail, Taking]:
    """A trail with a database that is down and no room for more."""
    taking = Taking()
    taking.down = True
    trail = trail_of(journal, taking, failure=failure)
    keep(trail, *range(10, 20))
    return trail, taking


def test_without_room_no_decision_is_told(journal: Journal) -> None:
    trail, taking = full(journal, "closed")
    with capture_logs() as logs:
        with pytest.raises(AuditUnavailableError) as caught:
            keep(trail, 1)
        with pytest.raises(AuditUnavailableError):
            keep(trail, 2)
    assert caught.value.status == 503
    assert caught.value.retry_after is not None
    # Neither an error nor a log holds anything of a record: not even a pseudonym.
    told = repr([logs, caught.value.message, caught.value.issues])
    assert not [word for word in (PATIENT, USER, decision(1), "SINS") if word in told]
    refused = [log for log in logs if log["event"] == "audit_not_kept"]
    assert [(log["error"], log["reason"]) for log in refused] == [("FullError", "closed")]
    assert trail.lost == 0
    taking.down = False
    assert trail.flush(10)
    keep(trail, 3)
    assert trail.flush(10)
    assert sorted(taking.taken) == sorted(decision(n) for n in (3, *range(10, 20)))
    trail.close()


def test_where_the_operator_wants_it_a_decision_is_told_without_a_record(journal: Journal) -> None:
    trail, taking = full(journal, "open")
    with capture_logs() as logs:
        keep(trail, 1, 2)
    assert trail.lost == 2
    assert len([log for log in logs if log["event"] == "audit_not_kept"]) == 1
    taking.down = False
    assert trail.flush(10)
    keep(trail, 3)
    assert trail.flush(10)
    assert decision(3) in taking.taken
    assert trail.lost == 2
    trail.close()


@pytest.mark.parametrize(("usual", "own", "raises"), [("open", "closed", True), ("closed", "open", False)])
def test_a_tenant_may_choose_otherwise(journal: Journal, usual: Failure, own: Failure, raises: bool) -> None:
    trail, _ = full(journal, usual)
    if raises:
        with pytest.raises(AuditUnavailableError):
            trail.keep(TENANT, record(1), NOW, own)
    else:
        trail.keep(TENANT, record(1), NOW, own)
    assert trail.lost == (0 if raises else 1)
    trail.close()


class Failing(Memory):
    """A disk that fails as it is told."""

    cause: OSError | None = None

    def append(self, line: bytes, at: float) -> None:
        if self.cause is not None:
            raise self.cause
        super().append(line, at)


def test_a_disk_that_cannot_be_written_is_an_outage_each_time_anew() -> None:
    journal = Failing(100_000)
    trail = trail_of(journal, Taking(), failure="open")
    with capture_logs() as logs:
        for cause in (PermissionError(), OSError(errno.ENOSPC, "full"), None, PermissionError()):
            journal.cause = cause
            keep(trail, 1)
    assert trail.lost == 3
    assert [log["error"] for log in logs] == ["PermissionError", "PermissionError"]
    trail.close()


def test_what_a_process_left_behind_is_delivered_by_the_next(tmp_path: Path, database: Database) -> None:
    left = Folder(tmp_path / "spool", 100_000)
    for number in (1, 2):
        left.append(line_of(TENANT, record(number), moment(number)), 0)
    left.close()
    trail = open_audit(database, clock=lambda: moment(3), spool=tmp_path / "spool")
    assert trail.flush(10)
    assert numbers(database) == [(1, decision(1)), (2, decision(2))]
    assert list((tmp_path / "spool").iterdir()) == []
    trail.close()


def test_a_torn_line_is_set_aside(tmp_path: Path, database: Database) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    whole = line_of(TENANT, record(1), moment(1))
    torn = line_of(TENANT, record(2), moment(2))[:-40]
    (spool / "left.journal").write_bytes(whole + b"\0\0\0\n" + line_of(TENANT, record(3), NOW) + torn)
    with capture_logs() as logs:
        trail = open_audit(database, clock=lambda: NOW, spool=spool)
        assert trail.flush(10)
    assert numbers(database) == [(1, decision(1)), (2, decision(3))]
    assert trail.set_aside == 2
    assert [(log["event"], log["set_aside"]) for log in logs] == [("audit_lines_set_aside", 2)]
    keep(trail, 4)
    assert trail.flush(10)
    trail.close()
    (aside,) = spool.iterdir()
    assert aside.name == "left.aside"
    assert aside.read_bytes().endswith(torn)


def test_a_killed_process_loses_nothing_that_it_kept(address: str, tmp_path: Path) -> None:
    database = Database(address)
    promised: list[str] = []
    for enough in (300, 500):
        process = subprocess.Popen(  # noqa: S603  written here
            [sys.executable, "-c", KEEPING, address, str(tmp_path / "spool")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        promised += [process.stdout.readline().strip() for _ in range(enough)]
        os.kill(process.pid, signal.SIGKILL)
        # Not by communicate: it reads past what readline has read ahead, and begins within a line.
        promised += process.stdout.read().split()
        process.stdout.close()
        process.wait(30)
    trail = open_audit(database, clock=lambda: NOW, spool=tmp_path / "spool")
    assert trail.flush(60)
    trail.close()
    found = [decision for _, decision in numbers(database)]
    assert len(found) == len(set(found))
    assert set(promised) <= set(found)
    assert verify(database) == []
    database.close()


def test_it_tells_for_how_long_records_wait(journal: Journal) -> None:
    now = [NOW]
    taking = Taking()
    taking.down = True
    trail = AuditTrail(journal, taking, clock=lambda: now[0], pace=SOON)
    keep(trail, 0, 1)
    now[0] += timedelta(seconds=90)
    assert (trail.waiting, trail.oldest_waiting_seconds) == (2, 90)
    taking.down = False
    assert trail.flush(10)
    assert (trail.waiting, trail.oldest_waiting_seconds) == (0, 0)
    trail.close()


def test_it_works_again_after_it_was_closed(trail: AuditTrail, database: Database) -> None:
    keep(trail, 1)
    trail.close()
    keep(trail, 2)
    assert trail.flush(10)
    assert numbers(database) == [(1, decision(1)), (2, decision(2))]


def test_closing_delivers_what_waits(database: Database, tmp_path: Path) -> None:
    trail = open_audit(database, clock=lambda: NOW, spool=tmp_path)
    keep(trail, *range(50))
    trail.close()
    assert len(numbers(database)) == 50
    assert trail.waiting == 0


def test_closing_ends_though_the_database_is_down(tmp_path: Path) -> None:
    taking = Taking()
    taking.down = True
    trail = trail_of(Folder(tmp_path, 100_000), taking, pace=Pace(linger=0, pause=3_600))
    keep(trail, 1)
    assert taking.refused.wait(10)
    trail.close(30)
    next_one = Folder(tmp_path, 100_000)
    assert next_one.take_over() == 1
    next_one.close()


def test_the_thread_ends_when_there_is_nothing_to_do() -> None:
    taking = Taking()
    trail = trail_of(Memory(100_000), taking, pace=Pace(linger=0, idle=0))
    keep(trail, 1)
    assert trail.flush(10)
    thread = trail._thread
    if thread is not None:
        thread.join(10)
    assert trail._thread is None
    keep(trail, 2)
    assert trail.flush(10)
    assert taking.taken == [decision(1), decision(2)]


@pytest.mark.parametrize(
    ("tenant", "given", "at"),
    [
        (TENANT, b"[]", NOW),
        (TENANT, b"{", NOW),
        (TENANT, b'{"kind": "hook"}', NOW),
        (TENANT, b'{"decision_id": "1"}', NOW),
        (TENANT, b'{"decision_id": 1, "kind": "hook"}', NOW),
        (TENANT, b'{"decision_id": "a b", "kind": "hook"}', NOW),
        (TENANT, b'{"decision_id": "1", "kind": "HOOK"}', NOW),
        (TENANT, b'{"decision_id": "1",\n "kind": "hook"}', NOW),
        (TENANT, b'{"decision_id": "1", "kind": "hook", "x": "\xff"}', NOW),
        (TENANT, b'{"decision_id": "1", "kind": "hook"} {}', NOW),
        ("a\0b", record(1), NOW),
        ("t" * 256, record(1), NOW),
        (TENANT, record(1), datetime(2026, 11, 20)),  # noqa: DTZ001  a moment without an offset is what is refused
    ],
    ids=str,
)
def test_what_is_no_record_is_refused(tenant: str, given: bytes, at: datetime) -> None:
    taking = Taking()
    trail = trail_of(Memory(100_000), taking)
    with pytest.raises(ValueError, match=r"record|moment|tenant"):
        trail.keep(tenant, given, at)
    assert trail.waiting == 0


def test_a_tenant_may_have_no_name_and_a_record_any_text(database: Database) -> None:
    trail = open_audit(database, clock=lambda: NOW)
    given = json.dumps({"decision_id": "1", "kind": "score", "x": "\0é\U0001f9b4"}).encode()
    trail.keep("", given, datetime(2026, 11, 20, 1, 2, 3, 456_789, tzinfo=UTC))
    assert trail.flush(10)
    (row,) = kept(database, "")
    assert row.record.encode() == given
    assert verify(database) == []
    trail.close()
