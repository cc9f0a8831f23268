"""The file that stands in for an EHR's database."""

import json
from decimal import Decimal
from typing import Any

import pytest

from app.call.exact_json import encode
from app.call.faults import UsageError
from app.call.record import read_bundle, read_object, read_record
from tests.call.foreign_service import resource
from tests.cds_hooks.record import operation_outcome, patient


def bundle(*resources: Any, kind: str = "collection", **addresses: str) -> bytes:
    entries = [
        {"resource": one} | ({"fullUrl": addresses[one["id"]]} if one.get("id") in addresses else {})
        for one in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def lines(*resources: Any) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in resources)


@pytest.mark.parametrize(
    "kind", ["collection", "transaction", "searchset", "document", "history", "of-no-type"]
)
def test_a_bundle_of_any_type_is_a_record(kind: str) -> None:
    record = read_record(bundle(patient(), resource("Condition", "c-1"), kind=kind))
    assert record.patient_id == "p-1"
    assert [entry.place for entry in record.entries] == ["Patient/p-1", "Condition/c-1"]


def test_one_patient_alone_is_a_record() -> None:
    assert [entry.place for entry in read_record(json.dumps(patient()).encode()).entries] == ["Patient/p-1"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\n  \n"])
def test_ndjson_is_a_record(end: bytes) -> None:
    content = lines(patient(), resource("Condition", "c-1"), resource("Observation", "o-1")) + end
    assert len(read_record(content).entries) == 3


def test_bundles_within_bundles_and_lines_are_opened() -> None:
    inner = json.loads(bundle(resource("Condition", "c-1"), operation_outcome()))
    assert [e.place for e in read_record(bundle(patient(), inner)).entries] == [
        "Patient/p-1",
        "Condition/c-1",
    ]
    assert [e.place for e in read_record(lines(patient(), inner)).entries] == ["Patient/p-1", "Condition/c-1"]


def test_an_entry_without_a_resource_is_passed_over() -> None:
    content = {
        "resourceType": "Bundle",
        "entry": [{"request": {}}, 5, {"resource": patient()}, {"resource": {}}],
    }
    assert len(read_record(json.dumps(content).encode()).entries) == 1


def test_numbers_leave_as_they_came() -> None:
    content = b'{"resourceType": "Patient", "id": "p-1", "extension": [{"valueDecimal": 1.50}]}'
    (entry,) = read_record(content).entries
    assert entry.resource["extension"][0]["valueDecimal"] == Decimal("1.50")
    assert b"1.50" in encode(entry.resource)


def test_what_repeats_a_type_and_id_is_left_out_with_a_note() -> None:
    twice = resource("Condition", "c-1", note="second")
    record = read_record(lines(patient(), resource("Condition", "c-1"), twice, patient()))
    assert [entry.place for entry in record.entries] == ["Patient/p-1", "Condition/c-1"]
    assert "note" not in record.entries[1].resource
    assert "2 resources" in record.notes[0]


def test_references_by_urn_become_those_of_a_server() -> None:
    urn = "urn:uuid:6f1e4ad8-9b46-4a4e-8a4c-2f3d8f9f2a11"
    stranger = "urn:uuid:00000000-0000-4000-8000-000000000000"
    condition = resource("Condition", "c-1", subject={"reference": urn}, asserter={"reference": stranger})
    record = read_record(bundle(condition, patient(), kind="transaction", **{"p-1": urn}))
    assert record.entries[0].resource["subject"] == {"reference": "Patient/p-1"}
    assert record.entries[0].resource["asserter"] == {"reference": stranger}


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("Patient/p-1", "Patient/p-1"),
        ("Patient/p-1/_history/3", "Patient/p-1"),
        ("https://fhir.example.org/r4/Patient/p-1", "Patient/p-1"),
        ("urn:uuid:1", "Patient/p-1"),
        ("urn:uuid:2", "urn:uuid:2"),
        ("Patient/p-2", "Patient/p-2"),
    ],
)
def test_a_reference_is_known_in_every_form(reference: str, place: str) -> None:
    assert read_record(bundle(patient(), **{"p-1": "urn:uuid:1"})).place_of(reference) == place


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bundle(resource("Condition", "c-1")), "no Patient"),
        (bundle(patient(), patient("p-2")), "2 Patients"),
        (bundle(), "no Patient"),
        (b'{"resourceType": "Patient"}', "no id"),
        (b'{"resourceType": "Patient", "id": 5}', "no id"),
        (b'{"id": "p-1"}', "no resourceType"),
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff{}", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"resourceType": "Patient", "id": "p-1", "x": NaN}', "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"resourceType": "Patient", "id": "p-1"}\n{', "line 2"),
        (b'{"resourceType": "Patient", "id": "p-1"}\n\n[]', "line 3"),
    ],
)
def test_what_is_no_record_of_one_patient_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read_record(content)
    assert refused.value.message.startswith("--patient: ")
    assert refused.value.exit_status == 2


def test_drafts_are_a_bundle_and_a_bundle_is_kept_as_it_is() -> None:
    order = resource("ServiceRequest", "s-1")
    odd = {"resourceType": "Bundle", "entry": [{"resource": order, "more": 1}]}
    assert read_bundle(json.dumps(odd).encode(), "--draft-orders") == odd
    collection = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}
    assert read_bundle(json.dumps(order).encode(), "--draft-orders") == collection
    assert len(read_bundle(lines(order, order), "--draft-orders")["entry"]) == 2
    with pytest.raises(UsageError, match="--conditions: "):
        read_bundle(b"x", "--conditions")


@pytest.mark.parametrize("content", [b"", b"[]", b"5", b"{"])
def test_a_context_is_one_object(content: bytes) -> None:
    with pytest.raises(UsageError, match="--context: "):
        read_object(content, "--context")


def test_a_text_that_is_no_unicode_is_refused_and_not_sent() -> None:
    (entry,) = read_record(b'{"resourceType": "Patient", "id": "p-1", "x": "\\ud800"}').entries
    with pytest.raises(UsageError, match="no valid Unicode"):
        encode(entry.resource)
