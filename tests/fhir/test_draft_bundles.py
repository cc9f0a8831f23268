"""Which drafts of a call are read: those selected, this patient's, and all that can be read (R160)."""

import json
from typing import Any

import msgspec
import pytest

from app.errors import AnotherPatientError, EnvelopeError
from app.fhir.orders import MAX_DRAFTS, read_drafts
from app.fhir.patient_gate import PatientGate
from tests.fhir.drafts import (
    LONG_ID,
    MEDICATION,
    URN,
    drafts,
    order,
    prescription,
    read,
)
from tests.fhir.records import (
    BOOK,
    PATIENT,
    SERVER,
    Json,
    entry,
    reference,
    site,
)

# -- which of them -------------------------------------------------------------------------------------------


@pytest.mark.conforms("R161")
@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "unknown", None])
def test_r161_an_order_may_have_another_status_than_draft(status: str | None) -> None:
    assert read(order(status=status)).selected


@pytest.mark.parametrize(
    "members",
    [{"status": s} for s in ("revoked", "completed", "entered-in-error", "cancelled", "stopped")]
    + [{"doNotPerform": True}],
)
def test_what_is_over_or_not_to_be_done_is_no_order(members: Json) -> None:
    assert drafts(order(**members), prescription(**members)).orders == drafts().orders


def test_an_order_to_do_something_is_one() -> None:
    assert read(order(doNotPerform=False)).orderable is not None


@pytest.mark.conforms("R160")
@pytest.mark.parametrize(
    "selection",
    [
        "ServiceRequest/o",
        f"{SERVER}/ServiceRequest/o",
        "ServiceRequest/o/_history/1",
        "https://other.example.org/fhir/ServiceRequest/o",
    ],
)
def test_r160_a_selection_names_its_order_however_it_is_written(selection: str) -> None:
    found = drafts(order(), order("p"), selections=[selection]).orders
    assert [one.reference for one in found.selected] == ["ServiceRequest/o"]
    assert len(found.listed) == 2


@pytest.mark.conforms("R160")
def test_r160_an_order_without_an_id_is_selected_by_its_full_url() -> None:
    found = drafts(entry(order(None), URN), order("p"), selections=[URN]).orders
    assert [one.reference for one in found.selected] == [URN]
    absolute = f"{SERVER}/ServiceRequest/x"
    for selection in (absolute, "ServiceRequest/x"):
        only = drafts(entry(order(None), absolute), selections=[selection]).orders
        assert len(only.selected) == 1


@pytest.mark.conforms("R160")
@pytest.mark.parametrize(
    "selections",
    [[], ["o"], ["MedicationRequest/o"], ["ServiceRequest/O"], ["ServiceRequest/elsewhere"], [""]],
)
def test_r160_a_selection_of_something_else_selects_nothing(selections: list[str]) -> None:
    found = drafts(order(), prescription(), selections=selections).orders
    assert found.selected == ()
    assert len(found.listed) == 2


@pytest.mark.conforms("R160", "R161")
def test_r161_without_selections_every_order_counts_in_the_order_of_the_call() -> None:
    listed = [order("b"), prescription("a"), order("c")]
    assert [one.reference for one in drafts(*listed).orders.selected] == [
        "ServiceRequest/b",
        "MedicationRequest/a",
        "ServiceRequest/c",
    ]


def test_ids_that_are_longer_than_fhir_allows_are_ids() -> None:
    found = drafts(order(LONG_ID), selections=[f"ServiceRequest/{LONG_ID}"])
    assert [one.reference for one in found.orders.selected] == [f"ServiceRequest/{LONG_ID}"]


def test_orders_without_any_name_are_told_apart() -> None:
    found = drafts(order(None), order(None)).orders
    assert len({one.reference for one in found.listed}) == 2


def test_a_repeated_id_goes_by_its_place() -> None:
    found = drafts(order("o"), order("o", "cryoablation"), prescription("o"), order("p"))
    references = [one.reference for one in found.orders.listed]
    assert references == ["ServiceRequest/o", "ServiceRequest/unnamed-2", "MedicationRequest/o",
                          "ServiceRequest/p"]  # fmt: skip
    kept = {name: json.loads(bytes(one.raw)) for name, one in found.sent.items()}
    assert list(kept) == references
    assert kept["ServiceRequest/unnamed-2"]["code"] == order("o", "cryoablation")["code"]


@pytest.mark.conforms("R160")
def test_r160_both_of_a_repeated_id_are_selected_by_it() -> None:
    found = drafts(order("o"), order("o", "cryoablation"), order("p"), selections=["ServiceRequest/o"])
    assert len(found.orders.selected) == 2


def test_every_draft_is_kept_as_it_was_sent() -> None:
    held = order(note=[{"text": "x"}], extension=[{"url": "https://a.example", "valueBoolean": True}])
    sent = drafts(held).sent["ServiceRequest/o"]
    assert json.loads(bytes(sent.raw)) == held


# -- what cannot be read -------------------------------------------------------------------------------------

UNREADABLE: dict[str, Json] = {
    "a status that is none": {"status": 5},
    "a code that is none": {"code": {"coding": "vertebroplasty"}},
    "a body site that is no list": {"bodySite": site("T11")},
    "no subject": {"subject": None},
    "a subject without a reference": {"subject": {"display": "Milan R."}},
    "a subject that proves nothing": {"subject": reference("urn:uuid:00000000-0000-4000-8000-000000000000")},
    "a group": {"subject": reference("Group/g")},
    "a modifier that is not understood": {"modifierExtension": [{"url": "https://a.example/not"}]},
    "rules that are not understood": {"implicitRules": "https://a.example/rules"},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_costs_itself_and_is_counted(name: str) -> None:
    held = order("bad", **UNREADABLE[name])
    everything = drafts(held, order("good")).orders
    assert [one.reference for one in everything.listed] == ["ServiceRequest/good"]
    assert everything.unreadable == 1


@pytest.mark.conforms("R160")
@pytest.mark.parametrize("name", UNREADABLE)
def test_r160_only_what_is_selected_is_counted(name: str) -> None:
    held = order("bad", **UNREADABLE[name])
    assert drafts(held, order("good"), selections=["ServiceRequest/bad"]).orders.unreadable == 1
    assert drafts(held, order("good"), selections=["ServiceRequest/good"]).orders.unreadable == 0


@pytest.mark.parametrize("unreadable", [5, "order", [order()], {"fullUrl": 5, "resource": order()}])
def test_an_entry_that_cannot_be_read_is_counted_too(unreadable: Any) -> None:
    found = drafts(unreadable, order("good")).orders
    assert "ServiceRequest/good" in [one.reference for one in found.listed]
    assert found.unreadable + len(found.listed) == 2


def test_another_patients_draft_in_an_entry_that_cannot_be_read_refuses_all_of_them() -> None:
    with pytest.raises(AnotherPatientError):
        drafts({"fullUrl": 5, "resource": order(subject=reference("Patient/p2"))}, order("good"))


@pytest.mark.conforms("R62")
@pytest.mark.parametrize(
    "members",
    [
        {},
        {"status": 5},
        {"status": "revoked"},
        {"doNotPerform": True},
        {"code": {"text": "x"}},
        {"modifierExtension": [{}]},
    ],
)
@pytest.mark.parametrize("subject", ["Patient/p2", f"{SERVER}/Patient/p2", "https://b.example/Patient/p1"])
def test_r62_another_patients_draft_refuses_all_of_them(subject: str, members: Json) -> None:
    for make in (order, prescription):
        held = make("other", subject=reference(subject), **members)
        for selections in (None, ["ServiceRequest/good"]):
            with pytest.raises(AnotherPatientError):
                drafts(order("good"), held, selections=selections)


@pytest.mark.conforms("R62")
@pytest.mark.parametrize(
    "subject", [f"Patient/{PATIENT}", f"Patient/{PATIENT}/_history/2", f"{SERVER}/Patient/{PATIENT}"]
)
def test_r62_this_patients_draft_is_read(subject: str) -> None:
    assert read(order(subject=reference(subject))).reference == "ServiceRequest/o"


# -- the Bundle ----------------------------------------------------------------------------------------------


@pytest.mark.conforms("R36")
@pytest.mark.parametrize(
    "kind", ["collection", "batch", "transaction", "searchset", "message", "no-such-type"]
)
def test_r36_a_bundle_of_any_type_is_read(kind: str) -> None:
    assert len(drafts(order(), type=kind).orders.listed) == 1


@pytest.mark.conforms("R36")
@pytest.mark.parametrize(
    "written",
    [
        {"entry": [entry(order())]},
        {"resourceType": "Bundle", "entry": [entry(order())]},
        {"resourceType": "Bundle", "total": 9, "entry": [{"resource": order(), "fullUrl": "x", "more": 1}]},
    ],
)
def test_r36_a_bundle_that_is_less_than_r4_is_read(written: Json) -> None:
    raw = msgspec.Raw(json.dumps(written).encode())
    assert len(read_drafts(BOOK, raw, PatientGate(PATIENT), None).orders.listed) == 1


@pytest.mark.parametrize("written", [{"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}])
def test_no_drafts_are_none(written: Json) -> None:
    raw = msgspec.Raw(json.dumps(written).encode())
    found = read_drafts(BOOK, raw, PatientGate(PATIENT), None)
    assert (found.orders.listed, found.orders.unreadable, dict(found.sent)) == ((), 0, {})


@pytest.mark.parametrize(
    "written", [[], "Bundle", 5, None, {"resourceType": "Patient"}, order(), {"entry": {}}, {"entry": "x"}]
)
def test_what_is_no_bundle_is_refused_by_its_place(written: Any) -> None:
    raw = msgspec.Raw(json.dumps(written).encode())
    with pytest.raises(EnvelopeError) as caught:
        read_drafts(BOOK, raw, PatientGate(PATIENT), None)
    assert caught.value.status == 400
    assert [issue.pointer for issue in caught.value.issues] == ["/context/draftOrders"]


def test_there_is_a_limit_to_what_one_call_may_hold() -> None:
    assert len(drafts(*[order(str(n)) for n in range(MAX_DRAFTS)]).orders.listed) == MAX_DRAFTS
    with pytest.raises(EnvelopeError):
        drafts(*[order(str(n)) for n in range(MAX_DRAFTS + 1)])


def test_what_is_no_order_is_passed_over() -> None:
    others: list[Any] = [
        MEDICATION,
        {"resourceType": "Task", "id": "o", "status": "draft"},
        {"resourceType": "NutritionOrder", "id": "o", "patient": reference(f"Patient/{PATIENT}")},
        {},
        {"resource": None},
        {"fullUrl": URN},
    ]
    found = drafts(*others, order("good")).orders
    assert [one.reference for one in found.listed] == ["ServiceRequest/good"]
    assert found.unreadable == 0
