"""What a server says of its own answer: nothing found, more than was sent, held back (fhir.md, section 4)."""

import json

import pytest

from app.assess.record import Completeness
from app.fhir.collection import Collected, collect, decode
from app.fhir.outcomes import opened_for_a_reason
from app.fhir.patient_gate import PatientGate
from tests.fhir.records import PATIENT, READER, Json, condition, entry

MODES = {"OperationOutcome": "outcome"}
EPIC = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369"


def outcome(severity: str, *codes: str, system: str = EPIC) -> Json:
    coding = [{"system": system, "code": code} for code in codes]
    issue = {"severity": severity, "code": "processing", "details": {"coding": coding, "text": "words"}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def looked_at(*resources: Json) -> Completeness:
    held = [entry(r, search={"mode": MODES.get(r["resourceType"], "match")})
            for r in resources]  # fmt: skip
    collected = Collected()
    body = json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": held}).encode()
    collect(decode(body), collected, ["conditions"])
    return READER.collected(collected, PatientGate(PATIENT)).looked_at["conditions"]


@pytest.mark.conforms("R57")
@pytest.mark.parametrize(
    ("severity", "code", "alone", "beside"),
    [
        ("warning", "4101", Completeness.NONE_FOUND, Completeness.COMPLETE),
        ("information", "4122", Completeness.NONE_FOUND, Completeness.COMPLETE),
        ("information", "59100", Completeness.NONE_FOUND, Completeness.COMPLETE),
        ("warning", "4119", Completeness.PARTIAL, Completeness.PARTIAL),
        ("information", "4119", Completeness.PARTIAL, Completeness.PARTIAL),
        ("warning", "4127", Completeness.PARTIAL, Completeness.PARTIAL),
        ("warning", "4130", Completeness.PARTIAL, Completeness.PARTIAL),
        ("information", "4131", Completeness.PARTIAL, Completeness.PARTIAL),
        ("warning", "4134", Completeness.PARTIAL, Completeness.PARTIAL),
        ("error", "59111", Completeness.PARTIAL, Completeness.PARTIAL),
        ("fatal", "4101", Completeness.PARTIAL, Completeness.PARTIAL),
    ],
)
def test_an_outcome_in_a_searchset_says_how_far_it_went(
    severity: str, code: str, alone: Completeness, beside: Completeness
) -> None:
    assert looked_at(outcome(severity, code)) is alone
    assert looked_at(condition("c", "T11"), outcome(severity, code)) is beside
    assert looked_at(outcome(severity, "4101", code)) is alone


@pytest.mark.parametrize("code", ["4130", "4131", "4134"])
def test_a_record_that_is_opened_for_a_reason_only_is_recognised(code: str) -> None:
    assert opened_for_a_reason(json.dumps(outcome("error", code)).encode())
    assert not opened_for_a_reason(json.dumps(outcome("error", "4118")).encode())


@pytest.mark.parametrize(
    "body", [b"", b"<html>4130</html>", b"[]", b'{"resourceType":"Bundle"}', b'{"a":' * 500]
)
def test_what_is_no_outcome_asks_for_no_reason(body: bytes) -> None:
    assert not opened_for_a_reason(body)


@pytest.mark.parametrize("details", [None, {}, {"coding": []}, {"coding": [{}]}, {"text": "4119"}])
def test_an_outcome_without_codes_says_what_its_severity_says(details: Json | None) -> None:
    issue: Json = {"severity": "warning", "code": "processing"}
    if details is not None:
        issue["details"] = details
    assert looked_at({"resourceType": "OperationOutcome", "issue": [issue]}) is Completeness.NONE_FOUND
