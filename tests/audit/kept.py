"""Records as the tests keep them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.store.audit_chain import Chains, Entry
from app.store.audit_line import entry_of, line_of
from app.store.audit_reading import AuditRow, read_records
from app.store.database import Database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TENANT = "default"
PATIENT = "0123456789abcdef0123456789abcdef"
USER = "fedcba9876543210fedcba9876543210"


def decision(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://decisions.test/{number}"))


def moment(minutes: float = 0) -> datetime:
    return NOW + timedelta(minutes=minutes)


def record(number: int, **members: Any) -> bytes:
    return json.dumps(
        {
            "decision_id": decision(number),
            "kind": "hook",
            "tenant": TENANT,
            "service": "spinal-metastasis-patient-view",
            "hook": "patient-view",
            "status": 200,
            "received_at": moment(number).isoformat(),
            "answered_at": moment(number + 0.001).isoformat(),
            "issuer": "https://ehr.example",
            "client": None,
            "patient": PATIENT,
            "user": USER,
            "encounter": None,
            "request_digest": "ab" * 32,
            "knowledge": {"version": "2026.11", "digest": "cd" * 32},
            "needs": {"conditions": "complete", "observations": "partial"},
            "cards": [
                {
                    "uuid": decision(1_000 + number),
                    "topic": "sins",
                    "rule": "SINS-B3",
                    "indicator": "critical",
                    "digest": "ef" * 32,
                }
            ],
            "upstream": 3,
            **members,
        }
    ).encode()


def entry(number: int, tenant: str = TENANT, **members: Any) -> Entry:
    return entry_of(line_of(tenant, record(number, tenant=tenant, **members), moment(number)))


def entries(*numbers: int, tenant: str = TENANT) -> Iterator[Entry]:
    return (entry(number, tenant) for number in numbers)


def fill(database: Database, *numbers: int, tenant: str = TENANT) -> None:
    Chains(database).append(list(entries(*numbers, tenant=tenant)))


def kept(database: Database, tenant: str = TENANT) -> list[AuditRow]:
    return list(read_records(database, tenant=tenant))


def numbers(database: Database, tenant: str = TENANT) -> list[tuple[int, str]]:
    return [(row.sequence, row.decision_id) for row in kept(database, tenant)]
