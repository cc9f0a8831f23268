"""A record as a FHIR AuditEvent: valid R4, after IHE's patterns, and of nobody by name."""

import json
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from app.fhir.published.audit_event import audit_event
from tests.audit.kept import NOW, PATIENT, USER, decision, record

ENCOUNTER = "a" * 32


def event_of(**members: Any) -> dict[str, Any]:
    made = audit_event(json.loads(record(1, **members)), NOW, address="https://cds.example", place="7 abc")
    assert AuditEvent.model_validate(made).get_resource_type() == "AuditEvent"
    return made


def codes(entries: list[dict[str, Any]]) -> list[str]:
    return [one["type"]["coding"][0]["code"] for one in entries]


def test_a_decision_is_an_operation_that_was_executed() -> None:
    event = event_of()
    assert event["id"] == decision(1)
    assert event["type"] == {
        "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
        "code": "rest",
        "display": "RESTful Operation",
    }
    assert event["subtype"] == [{"system": "http://hl7.org/fhir/restful-interaction", "code": "operation"}]
    assert event["action"] == "E"
    assert event["recorded"] == event["period"]["end"]


def test_client_server_and_user_are_its_agents() -> None:
    server, client, user = event_of()["agent"]
    assert codes([client, server, user]) == ["110153", "110152", "IRCP"]
    assert client["who"] == {"identifier": {"value": "https://ehr.example"}}
    assert user["who"] == {"identifier": {"value": USER}}
    assert [one["requestor"] for one in (server, client, user)] == [False, False, True]
    assert server["network"] == {"address": "https://cds.example", "type": "5"}


def test_without_a_user_the_client_asks() -> None:
    agents = event_of(user=None, client="analytics")["agent"]
    assert codes(agents) == ["110152", "110153"]
    assert agents[1]["requestor"] is True
    assert agents[1]["who"] == {"identifier": {"value": "analytics"}}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "0"), (204, "0"), (400, "4"), (412, "4"), (499, "4"), (500, "8"), (503, "8"), (None, None)],
)
def test_the_outcome_follows_the_status(status: int | None, outcome: str | None) -> None:
    assert event_of(status=status).get("outcome") == outcome


def test_the_patient_is_there_by_a_pseudonym() -> None:
    entities = event_of(encounter=ENCOUNTER)["entity"]
    patient, encounter, request, told = entities
    assert patient["what"] == {"type": "Patient", "identifier": {"value": PATIENT}}
    assert (patient["type"]["code"], patient["role"]["code"]) == ("1", "1")
    assert encounter["what"] == {"type": "Encounter", "identifier": {"value": ENCOUNTER}}
    assert request["what"] == {"identifier": {"value": decision(1)}}
    assert request["type"]["code"] == "XrequestId"
    assert told["name"] == "spinal-metastasis-patient-view"
    # What has no pseudonym is no entity, and nothing refers to a resource.
    assert '"reference"' not in json.dumps(entities)
    assert len(event_of(patient=None)["entity"]) == 2


def test_it_tells_knowledge_needs_and_cards() -> None:
    details = {one["type"]: one["valueString"] for one in event_of()["entity"][-1]["detail"]}
    assert details == {
        "kind": "hook",
        "tenant": "default",
        "hook": "patient-view",
        "request-digest": "ab" * 32,
        "upstream": "3",
        "knowledge-version": "2026.11",
        "knowledge-digest": "cd" * 32,
        "need-conditions": "complete",
        "need-observations": "partial",
        "card": f"{decision(1_001)} sins SINS-B3 critical {'ef' * 32}",
        "chain": "7 abc",
    }


def test_any_member_may_be_missing() -> None:
    event = audit_event({}, NOW)
    assert AuditEvent.model_validate(event).get_resource_type() == "AuditEvent"
    assert event["recorded"] == NOW.isoformat()
    assert codes(event["agent"]) == ["110152", "110153"]
    assert event["agent"][1]["who"]["display"]


def test_a_deletion_is_a_use_of_the_audit_log() -> None:
    deletion = {
        "decision_id": decision(1),
        "kind": "pruned",
        "tenant": "default",
        "answered_at": NOW.isoformat(),
        "removed": 2,
        "before": NOW.isoformat(),
        "up_to": {"sequence": 2, "hash": "0" * 64},
    }
    event = audit_event(deletion, NOW)
    assert AuditEvent.model_validate(event).get_resource_type() == "AuditEvent"
    assert (event["type"]["code"], event["action"]) == ("110101", "D")
    assert "subtype" not in event
    (server,) = event["agent"]
    assert server["requestor"] is True
