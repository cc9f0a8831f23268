"""Heads of the chains are signed as the trail goes, with a key that is its owner's alone."""

import json
import stat
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog.testing import capture_logs

from app.store.audit_chain import Chains
from app.store.audit_heads import new_key, read_private_key
from app.store.audit_journal import Memory
from app.store.audit_trail import AuditTrail, Pace, open_audit
from app.store.audit_verify import verify
from app.store.database import Database
from tests.audit.kept import NOW, TENANT, decision
from tests.audit.trails import Taking, keep, trail_of


def test_heads_are_signed_when_it_closes(database: Database, tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    heads = tmp_path / "heads.ndjson"
    trail = open_audit(database, clock=lambda: NOW, key=tmp_path / "key", heads=heads, head_seconds=3_600)
    keep(trail, 1, 2)
    trail.close()
    line = json.loads(heads.read_bytes().splitlines()[-1])
    assert (line["tenant"], line["sequence"]) == (TENANT, 2)
    assert verify(database, heads, read_private_key(tmp_path / "key").public_key()) == []


def test_heads_are_signed_while_it_runs(database: Database) -> None:
    signed = Event()
    trail = AuditTrail(
        Memory(100_000),
        Chains(database).append,
        clock=lambda: NOW,
        sign=signed.set,
        pace=Pace(linger=0, sign_every=0.01),
    )
    keep(trail, 1)
    assert signed.wait(10)
    trail.close()


def test_heads_that_cannot_be_written_keep_nobody_waiting() -> None:
    failed = Event()
    broken = True

    def sign() -> None:
        failed.set()
        if broken:
            raise OSError

    taking = Taking()
    trail = trail_of(Memory(100_000), taking, sign=sign, pace=Pace(linger=0, sign_every=0.001))
    with capture_logs() as logs:
        keep(trail, 1)
        assert failed.wait(10)
        failed.clear()
        assert failed.wait(10)
        keep(trail, 2)
        assert trail.flush(10)
        assert trail.heads_failing
    assert taking.taken == [decision(1), decision(2)]
    assert [log["event"] for log in logs] == ["audit_heads_not_signed"]
    broken = False
    trail.close()
    assert not trail.heads_failing


@pytest.mark.parametrize(
    "given", [b"", b"hunter2", b"-----BEGIN PRIVATE KEY-----\nhunter2"], ids=["empty", "text", "pem"]
)
def test_a_key_that_is_none_is_refused(tmp_path: Path, database: Database, given: bytes) -> None:
    (tmp_path / "key").write_bytes(given)
    with pytest.raises(ValueError, match="Ed25519") as caught:
        open_audit(database, clock=lambda: NOW, key=tmp_path / "key", heads=tmp_path / "heads")
    assert "hunter2" not in str(caught.value)


def test_a_key_needs_a_file_for_heads_and_a_folder_has_to_be_one(tmp_path: Path, database: Database) -> None:
    with pytest.raises(ValueError, match="both or none"):
        open_audit(database, clock=lambda: NOW, key=tmp_path / "key")
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="folder"):
        open_audit(database, clock=lambda: NOW, spool=tmp_path / "file")


def test_a_new_key_is_its_owners_alone_and_overwrites_nothing(tmp_path: Path) -> None:
    public = new_key(tmp_path / "key")
    assert public.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert isinstance(read_private_key(tmp_path / "key"), Ed25519PrivateKey)
    with pytest.raises(FileExistsError):
        new_key(tmp_path / "key")
