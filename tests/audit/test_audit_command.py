"""``spine-mets audit``: what it prints, and how it ends."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy import delete, update
from typer.testing import CliRunner, Result

from app.audit.record import Stands, record_of
from app.audit.seal import Seal
from app.audit_command import audit
from app.decision import Decision, Shown
from app.store.audit_chain import Chains, Entry
from app.store.audit_heads import HeadSigner, new_key, read_private_key
from app.store.audit_line import entry_of, line_of
from app.store.database import Database
from app.store.tables import audit_heads, audit_records
from tests.audit.kept import NOW, TENANT, decision, entry, fill, kept, moment, record


class Desk:
    """A database with three records and their signed heads, and the command beside it."""

    def __init__(self, folder: Path, address: str) -> None:
        self.database = Database(address)
        fill(self.database, 1, 2, 3)
        fill(self.database, 4, tenant="zebra")
        self.key, self.public, self.heads = folder / "key", folder / "public", folder / "heads"
        self.public.write_bytes(new_key(self.key))
        HeadSigner(read_private_key(self.key), self.heads).sign(Chains(self.database).heads(), NOW)
        self.environment = {"SPINE_METS_DATABASE": address}
        self.signed = {"SPINE_METS_AUDIT_KEY": str(self.key), "SPINE_METS_AUDIT_HEADS": str(self.heads)}

    def __call__(self, *arguments: str, more: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(audit, arguments, env={**self.environment, **(more or {})})


@pytest.fixture
def desk(tmp_path: Path, address: str) -> Iterator[Desk]:
    opened = Desk(tmp_path, address)
    yield opened
    opened.database.close()


def test_what_is_whole_is_said_to_be(desk: Desk) -> None:
    done = desk("verify", more=desk.signed)
    assert (done.exit_code, done.stdout) == (0, "All is whole: 2 chains.\n")


def test_without_signed_heads_it_says_what_it_cannot_see(desk: Desk) -> None:
    done = desk("verify")
    assert done.exit_code == 0
    assert "without signed heads" in done.stdout


def test_the_first_broken_record_is_printed(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        connection.execute(update(audit_records).where(audit_records.c.sequence == 2).values(kind="score"))
    done = desk("verify")
    assert done.exit_code == 1
    assert done.stdout == 'tenant "default": record 2: the record is not what it was, or not in its place\n'


def test_heads_and_key_may_be_given(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        for table in (audit_records, audit_heads):
            connection.execute(delete(table).where(table.c.tenant == TENANT))
    assert desk("verify").exit_code == 0
    done = desk("verify", "--heads", str(desk.heads), "--public-key", str(desk.public))
    assert done.exit_code == 1
    assert 'tenant "default": record 1:' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--heads", "no/such"], "AUDIT_PUBLIC_KEY"),
        (["--heads", "no/such", "--public-key", "no/such"], "AUDIT_PUBLIC_KEY"),
        (["--heads", "no/such", "--public-key", "PUBLIC"], "AUDIT_HEADS"),
        (["--heads", "HEADS", "--public-key", "HEADS"], "AUDIT_PUBLIC_KEY"),
    ],
    ids=["no-key", "missing-key", "missing-heads", "wrong-key"],
)
def test_heads_that_cannot_be_read_are_a_usage_fault(desk: Desk, arguments: list[str], said: str) -> None:
    files = {"PUBLIC": str(desk.public), "HEADS": str(desk.heads)}
    done = desk("verify", *(files.get(one, one) for one in arguments))
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("wrong", "status"),
    [("sqlite://", 2), ("mysql://u:hunter2@db/x", 2), ("postgresql://u:hunter2@127.0.0.1:9/x", 1)],
    ids=["memory", "mysql", "closed-port"],
)
@pytest.mark.parametrize("command", ["verify", "export", "records", "prune"])
def test_a_database_that_cannot_be_used_is_named_by_its_setting(
    desk: Desk, command: str, wrong: str, status: int
) -> None:
    done = desk(command, more={"SPINE_METS_DATABASE": wrong})
    assert done.exit_code == status
    assert done.stderr.startswith("SPINE_METS_DATABASE: ")
    assert "hunter2" not in done.output


def test_bad_settings_are_named(desk: Desk) -> None:
    done = desk("verify", more={"SPINE_METS_RETENTION_DAYS": "soon"})
    assert done.exit_code == 2
    assert "SPINE_METS_RETENTION_DAYS" in done.stderr
    assert "soon" not in done.output


def test_the_export_is_one_audit_event_a_line(desk: Desk) -> None:
    done = desk("export")
    assert done.exit_code == 0
    events = [AuditEvent.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [event.id for event in events] == [decision(n) for n in (1, 2, 3, 4)]
    chain = [json.loads(line)["entity"][-1]["detail"][-1]["valueString"] for line in done.stdout.splitlines()]
    assert chain[1] == f"2 {kept(desk.database)[1].hash}"


def test_the_export_can_be_of_one_tenant_and_time(desk: Desk) -> None:
    done = desk("export", "--since", moment(2).isoformat(), "--tenant", TENANT)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [decision(2), decision(3)]


def test_a_record_that_cannot_be_read_ends_the_export(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        connection.execute(update(audit_records).where(audit_records.c.sequence == 2).values(record="{"))
    done = desk("export")
    assert done.exit_code == 1
    assert "record 2 cannot be read" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_records_come_out_as_they_were_kept(desk: Desk) -> None:
    assert desk("records", "--tenant", TENANT).stdout.encode() == b"".join(
        record(n) + b"\n" for n in (1, 2, 3)
    )
    assert desk("records", "--decision", decision(2)).stdout.encode() == record(2) + b"\n"


# Where each patient's record was made: the number of the decision, its tenant and server, and the patient.
PATIENTS = [
    (11, TENANT, None, "p-1"),
    (12, TENANT, "https://ehr.example/fhir", "p-1"),
    (13, TENANT, "https://elsewhere.example/r4", "p-1"),
    (14, TENANT, None, "p-2"),
    (15, "zebra", "https://zebra.example/fhir", "p-1"),
]
KEYED = {"SPINE_METS_PSEUDONYM_KEY": "k" * 32}
SERVERS = {
    "SPINE_METS_FHIR_SERVERS": json.dumps(
        [{"base": "https://EHR.example:443/fhir/", "aliases": ["https://old.example/fhir"]}]
    )
}


def of_patient(number: int, tenant: str, base: str | None, patient: str) -> Entry:
    """A record as the service makes it."""
    made = Decision(
        id=decision(number),
        kind="hook",
        tenant=tenant,
        service="spinal-metastasis-patient-view",
        received=moment(number),
        milliseconds=1,
        status=200,
        request="ab" * 16,
        base=base,
        patient=patient,
        cards=(Shown(decision(1_000 + number), "sins", "SINS-B3", "critical", "ef" * 16),),
    )
    line = record_of(made, Seal(b"k" * 32), Stands("2026.11", "cd" * 32))
    return entry_of(line_of(tenant, line, moment(number)))


@pytest.fixture
def ward(desk: Desk) -> Desk:
    """The same desk with records of patients."""
    Chains(desk.database).append([of_patient(*one) for one in PATIENTS])
    return desk


def decisions(done: Result) -> list[str]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(line)["decision_id"] for line in done.stdout.splitlines()]


def of(*given: int) -> list[str]:
    return [decision(number) for number in given]


@pytest.mark.parametrize("written", [str, str.upper, "urn:uuid:{}".format], ids=["plain", "upper", "urn"])
def test_a_card_leads_to_its_record(ward: Desk, written: Callable[[str], str]) -> None:
    assert decisions(ward("records", "--card", written(decision(1_002)))) == of(2)
    assert decisions(ward("records", "--card", written(decision(1_015)))) == of(15)


def test_a_uuid_elsewhere_in_a_record_is_no_card(desk: Desk) -> None:
    Chains(desk.database).append(
        [entry(5, instance=decision(1_002)), entry(6, cards=None, x=decision(1_002))]
    )
    assert decisions(desk("records", "--card", decision(1_002))) == of(2)


def test_a_card_that_is_none_is_not_looked_for(desk: Desk) -> None:
    done = desk("records", "--card", "%")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("--card needs the UUID of a card")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], (11, 12)),
        (["--tenant", TENANT], (11, 12)),
        (["--server", "https://elsewhere.EXAMPLE/r4/"], (13,)),
        (["--server", "https://ehr.example/fhir"], (12,)),
        (["--server", "https://old.example/fhir/"], (12,)),
        (["--tenant", "zebra", "--server", "https://zebra.example/fhir"], (15,)),
        (["--since", moment(12).isoformat()], (12,)),
        (["--card", decision(1_012)], (12,)),
        (["--decision", decision(11)], (11,)),
    ],
    ids=["all", "tenant", "server", "configured", "alias", "gone-tenant", "since", "card", "decision"],
)
@pytest.mark.parametrize("patient", ["p-1", "Patient/p-1"])
def test_a_patient_leads_to_the_records(
    ward: Desk, patient: str, arguments: list[str], found: tuple[int, ...]
) -> None:
    done = ward("records", "--patient", patient, *arguments, more=KEYED | SERVERS)
    assert decisions(done) == of(*found)
    assert "p-1" not in done.output


def test_the_key_may_stand_in_a_file(ward: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("k" * 32 + "\n")
    more = {"SPINE_METS_PSEUDONYM_KEY_FILE": str(tmp_path / "secret")}
    assert decisions(ward("records", "--patient", "p-2", more=more)) == of(14)


def test_every_tenant_of_the_file_is_looked_at(ward: Desk, tmp_path: Path) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_text(
        "tenants:\n  - name: default\n  - name: zebra\n    fhir_servers: [{base: https://zebra.example/fhir}]\n"
    )
    more = KEYED | {
        "SPINE_METS_TENANTS": str(file),
        "SPINE_METS_AUTHENTICATION": "service",
    }
    assert decisions(ward("records", "--patient", "p-1", more=more)) == of(11, 15)
    assert decisions(ward("records", "--patient", "p-1", "--tenant", "zebra", more=more)) == of(15)
    file.write_text("tenants: []\n")
    done = ward("records", "--patient", "p-1", more=more)
    assert done.exit_code == 2
    assert done.stderr.startswith("SPINE_METS_TENANTS: line 1: ")


def test_a_pseudonym_elsewhere_in_a_record_is_not_its_patient(ward: Desk) -> None:
    name = Seal(b"k" * 32).names(TENANT, None)("Patient", "p-2")
    Chains(ward.database).append([entry(20, user=name), entry(21, patient=[name])])
    assert decisions(ward("records", "--patient", "p-2", more=KEYED)) == of(14)


def test_a_record_that_may_be_the_patients_and_cannot_be_read_is_told(ward: Desk) -> None:
    name = Seal(b"k" * 32).names(TENANT, None)("Patient", "p-2")
    with ward.database.transaction() as connection:
        broken = update(audit_records).where(audit_records.c.decision_id == decision(14))
        connection.execute(broken.values(record=f'{{"patient":"{name}"'))
    done = ward("records", "--patient", "p-2", more=KEYED)
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "SPINE_METS_PSEUDONYM_KEY: "),
        ({"SPINE_METS_PSEUDONYM_KEY_FILE": "/no/such"}, "SPINE_METS_PSEUDONYM_KEY_FILE: "),
        (KEYED | {"SPINE_METS_FHIR_SERVERS": '[{"base": "ftp://x"}]'}, "SPINE_METS_FHIR_SERVERS: "),
    ],
    ids=["no-key", "no-file", "bad-server"],
)
def test_without_key_or_servers_no_patient_is_looked_for(ward: Desk, more: dict[str, str], said: str) -> None:
    done = ward("records", "--patient", "p-1", more=more)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert "p-1" not in done.stderr


def test_a_server_without_a_patient_is_a_usage_fault(desk: Desk) -> None:
    done = desk("records", "--server", "https://ehr.example/fhir")
    assert done.exit_code == 2
    assert "--patient" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["records", "--decision", decision(9)],
        ["records", "--card", decision(9)],
        ["records", "--patient", "p-9"],
        ["records", "--tenant", "nobody"],
        ["records", "--tenant", "zebra", "--decision", decision(2)],
        ["records", "--tenant", TENANT, "--since", moment(99).isoformat()],
        ["export", "--tenant", "nobody"],
    ],
    ids=["decision", "card", "patient", "tenant", "both", "since", "export"],
)
def test_nothing_found_is_said(ward: Desk, arguments: list[str]) -> None:
    done = ward(*arguments, more=KEYED)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("No record")
    assert "p-9" not in done.stderr


@pytest.mark.parametrize("command", ["records", "export"])
def test_where_nothing_is_asked_for_there_may_be_nothing(tmp_path: Path, command: str) -> None:
    def asked(*arguments: str) -> Result:
        address = f"sqlite:///{tmp_path / 'new.db'}"
        return CliRunner().invoke(audit, [command, *arguments], env={"SPINE_METS_DATABASE": address})

    done = asked()
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "There is no record yet.\n")
    done = asked("--since", NOW.isoformat())
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No record since then.\n")


@pytest.mark.parametrize("given", ["yesterday", "2026-11-20", "2026-11-20T12:00:00"])
@pytest.mark.parametrize(
    ("command", "option"), [("export", "--since"), ("records", "--since"), ("prune", "--before")]
)
def test_a_moment_needs_an_offset(desk: Desk, command: str, option: str, given: str) -> None:
    done = desk(command, option, given)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{option} needs a date and time with offset")
    assert len(kept(desk.database)) == 3


def test_what_is_old_is_deleted(desk: Desk) -> None:
    # The clock of the command is the world's: all records of the tests lie before this moment.
    done = desk("prune", "--before", "2026-11-20T12:02:00+00:00", more=desk.signed)
    assert (done.exit_code, done.stdout) == (0, "1 records, 0 cards and 0 reports deleted\n")
    verified = desk("verify", more=desk.signed)
    assert (verified.exit_code, verified.stdout) == (0, "All is whole: 2 chains.\n")


def test_without_signed_heads_it_says_what_is_gone(desk: Desk) -> None:
    assert desk("prune", "--before", "2026-11-20T12:03:00+00:00").exit_code == 0
    done = desk("verify")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == (
        'tenant "default": the records up to 2 are not there any more; without signed heads nobody can '
        "tell who deleted them"
    )
    assert len(done.stdout.splitlines()) == 2


def test_an_unsigned_deletion_is_found_and_can_be_accepted(desk: Desk) -> None:
    assert desk("prune", "--before", "2026-11-20T12:03:00+00:00").exit_code == 0
    done = desk("verify", more=desk.signed)
    assert done.exit_code == 1
    assert done.stdout == (
        'tenant "default": record 2: the records up to 2 were removed without a signed deletion\n'
    )
    refused = desk("prune", "--before", "2026-11-20T12:04:00+00:00", more=desk.signed)
    assert refused.exit_code == 1
    assert "without a signed deletion" in refused.stderr
    accepted = desk("accept", more=desk.signed)
    assert accepted.stdout == 'tenant "default": the records up to 2 may be gone\n1 signed\n'
    assert desk("verify", more=desk.signed).exit_code == 0


def test_beginnings_are_accepted_only_where_heads_are_signed(desk: Desk) -> None:
    done = desk("accept")
    assert done.exit_code == 2
    assert done.stderr.startswith("SPINE_METS_AUDIT_HEADS: ")


@pytest.mark.parametrize("command", ["prune", "accept"])
@pytest.mark.parametrize("key", ["left-out", "missing"])
def test_no_deletion_goes_unsigned_where_heads_are_signed(desk: Desk, command: str, key: str) -> None:
    more = {name: value for name, value in desk.signed.items() if name.endswith("HEADS")}
    if key == "missing":
        more["SPINE_METS_AUDIT_KEY"] = str(desk.key.with_name("elsewhere"))
    done = desk(command, more=more)
    assert done.exit_code == 2
    assert done.stderr.startswith("SPINE_METS_AUDIT_KEY: ")
    assert len(kept(desk.database)) == 3


def test_a_file_of_heads_that_is_not_there_stops_a_deletion(desk: Desk) -> None:
    desk.heads.unlink()
    done = desk("prune", "--before", "2026-11-20T12:02:00+00:00", more=desk.signed)
    assert done.exit_code == 2
    assert done.stderr.startswith("SPINE_METS_AUDIT_HEADS: ")
    assert len(kept(desk.database)) == 3


def test_without_a_moment_the_retention_decides(desk: Desk) -> None:
    assert desk("prune").stdout.startswith("0 records")


def test_a_legal_hold_refuses(desk: Desk) -> None:
    done = desk("prune", "--before", moment(2).isoformat(), more={"SPINE_METS_LEGAL_HOLD": "true"})
    assert done.exit_code == 1
    assert "SPINE_METS_LEGAL_HOLD" in done.stderr
    assert len(kept(desk.database)) == 3


def test_a_moment_ahead_is_refused(desk: Desk) -> None:
    done = desk("prune", "--before", "2999-01-01T00:00:00+00:00")
    assert done.exit_code == 2
    assert done.stderr.startswith("--before: ")


def test_a_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "new"
    first = CliRunner().invoke(audit, ["key", str(file)])
    assert first.exit_code == 0
    assert first.stdout.startswith("-----BEGIN PUBLIC KEY-----\n")
    made = file.read_bytes()
    again = CliRunner().invoke(audit, ["key", str(file)])
    assert again.exit_code == 1
    assert file.read_bytes() == made
