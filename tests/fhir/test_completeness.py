"""What is known to be missing: pages, totals, errors of a server (T10, F14 to F18)."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from app.assess.record import Record
from app.fhir.collection import Collected, collect, decode
from app.fhir.patient_gate import PatientGate
from tests.fhir.records import (
    PATIENT,
    READER,
    Json,
    assessed,
    condition,
    entry,
    gaps,
    observation,
    outcome,
    patient,
    read,
    spinal_lesion,
)

NEEDS = {
    "patient",
    "conditions",
    "observations",
    "procedures",
    "bodyStructures",
    "questionnaireResponses",
}
NEXT = [{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
MORE_PAGES = "The search has more pages than were sent."
FAILED = "The server reports an error for part of the search."
MATCH, INCLUDE, OUTCOME = ({"mode": mode} for mode in ("match", "include", "outcome"))


def searchset(*entries: Any, **members: Any) -> Json:
    held = [entry(e) if "resourceType" in e else e for e in entries]
    return {"resourceType": "Bundle", "type": "searchset", "entry": held, **members}


def collected(bundle: Json, needs: Sequence[str]) -> Record:
    """The record when a Bundle answers a search for certain needs."""
    into = Collected()
    collect(decode(json.dumps(bundle).encode()), into, needs)
    return READER.collected(into, PatientGate(PATIENT))


def test_a_complete_record_lacks_nothing() -> None:
    found = assessed(*spinal_lesion("T11"), total=7)
    assert found.complete
    assert found.unavailable == set()


def test_f18_a_next_link_is_noted_for_every_need() -> None:
    record = read(*spinal_lesion("T11"), link=NEXT)
    assert {gap.need for gap in record.gaps} == record.unavailable == NEEDS
    assert {gap.reason for gap in record.gaps} == {MORE_PAGES}
    assert record.entries


@pytest.mark.parametrize(
    "link", [[], [{"relation": "self", "url": "x"}], [{"relation": "previous"}], [{}], [{"url": "next"}]]
)
def test_f18_other_links_are_no_gap(link: list[Json]) -> None:
    assert read(condition("c", "T11"), link=link).gaps == ()


def test_f17_a_total_beyond_the_entries_is_noted() -> None:
    record = read(condition("c", "T11"), total=50)
    assert gaps(record, "conditions") == ["The search found 50 resources and 2 were sent."]
    assert record.unavailable == NEEDS


@pytest.mark.parametrize("total", [0, 1, 2, None])
def test_f17_a_total_that_is_reached_is_no_gap(total: int | None) -> None:
    assert read(condition("c", "T11"), total=total).gaps == ()


def test_f17_only_matches_count_towards_the_total() -> None:
    bundle = searchset(
        entry(condition("c", "T11"), search=MATCH),
        entry({"resourceType": "Practitioner", "id": "x"}, search=INCLUDE),
        entry(outcome("information"), search=OUTCOME),
        total=2,
    )
    record = collected(bundle, ["conditions"])
    assert gaps(record, "conditions") == ["The search found 2 resources and 1 were sent."]


def test_f17_a_match_that_is_damaged_was_sent() -> None:
    record = read(condition("c", clinicalStatus="active"), total=2)
    assert len(gaps(record, "conditions")) == 1
    assert "wrong type" in gaps(record, "conditions")[0]


def test_f17_a_match_that_cannot_be_read_was_sent() -> None:
    record = read(condition("c", "T11"), {"resource": {"id": "x"}}, total=3)
    assert not any("were sent" in gap.reason for gap in record.gaps)


def test_both_a_next_link_and_a_total_are_one_gap_for_each_need() -> None:
    assert gaps(read(condition("c", "T11"), link=NEXT, total=50), "conditions") == [MORE_PAGES]


# -- OperationOutcome ----------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", ["error", "fatal"])
@pytest.mark.parametrize("damage", [[], [5]], ids=["in a whole Bundle", "beside a damaged entry"])
def test_f15_an_error_of_the_server_is_noted_for_every_need(severity: str, damage: list[Any]) -> None:
    record = read(condition("c", "T11"), outcome(severity), *damage)
    assert {gap.need for gap in record.gaps if gap.reason == FAILED} == NEEDS
    assert record.unavailable >= NEEDS
    assert [diagnosis.reference for diagnosis in record.diagnoses] == ["Condition/c"]


@pytest.mark.parametrize("severity", ["warning", "information", "success"])
@pytest.mark.parametrize("damage", [[], [5]], ids=["in a whole Bundle", "beside a damaged entry"])
def test_f14_a_warning_is_no_gap(severity: str, damage: list[Any]) -> None:
    record = read(condition("c", "T11"), outcome(severity), *damage)
    assert not any(gap.reason == FAILED for gap in record.gaps)


def test_f14_a_search_that_found_nothing_and_warns_is_complete() -> None:
    assert collected(searchset(outcome("warning"), total=0), ["conditions"]).gaps == ()


@pytest.mark.parametrize("issue", [[], [{}], None])
def test_an_outcome_that_says_nothing_is_no_gap(issue: list[Json] | None) -> None:
    assert read(condition("c", "T11"), {"resourceType": "OperationOutcome", "issue": issue}).gaps == ()


def test_an_error_among_warnings_is_noted() -> None:
    mixed = outcome("warning")
    mixed["issue"] += outcome("error")["issue"]
    assert read(condition("c", "T11"), mixed).unavailable == NEEDS


@pytest.mark.parametrize("issue", [{"severity": "error"}, ["error"], [{"severity": 1}]])
def test_an_outcome_that_cannot_be_read_is_noted(issue: Any) -> None:
    assert read(condition("c", "T11"), {"resourceType": "OperationOutcome", "issue": issue}).gaps


def test_a_failed_part_of_a_batch_response_is_noted() -> None:
    failed = {"response": {"status": "503 Service Unavailable", "outcome": outcome("error")}}
    assert read(condition("c", "T11"), failed, type="batch-response").unavailable


def test_an_outcome_among_single_resources_does_no_harm() -> None:
    lines = [json.dumps(r).encode() for r in (patient(), condition("c", "T11"), outcome("warning"))]
    assert READER.resources(lines).gaps == ()


def test_an_error_among_single_resources_is_noted() -> None:
    lines = [json.dumps(r).encode() for r in (patient(), condition("c", "T11"), outcome("error"))]
    assert READER.resources(lines).gaps


# -- per need ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("needs", [["conditions"], ["observations"], ["conditions", "procedures"]])
@pytest.mark.parametrize("members", [{"link": NEXT}, {"total": 9}])
def test_only_the_needs_that_were_asked_are_incomplete(needs: list[str], members: Json) -> None:
    record = collected(searchset(condition("c", "T11"), **members), needs)
    assert {gap.need for gap in record.gaps} == record.unavailable == set(needs)


def test_what_one_search_lacks_leaves_the_others_complete() -> None:
    into = Collected()
    collect(decode(json.dumps(searchset(condition("c", "T11"))).encode()), into, ["conditions"])
    pain = observation("o", "spinal-pain", "pain-free", at="T11")
    collect(decode(json.dumps(searchset(pain, link=NEXT)).encode()), into, ["observations"])
    record = READER.collected(into, PatientGate(PATIENT))
    assert record.unavailable == {"observations"}
    assert len(record.entries) == 1


def test_a_search_in_a_bundle_notes_what_it_lacks() -> None:
    assert read(searchset(condition("c", "T11"), link=NEXT)).unavailable == NEEDS
    assert read(searchset(condition("c", "T11"), total=5)).unavailable == NEEDS
    assert read(searchset(condition("c", "T11"), total=1)).gaps == ()
