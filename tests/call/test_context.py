"""The context of each hook, as the hooks library defines it [R159 to R169]."""

from typing import Any

import pytest

from app.call.context import Circumstances, context_of
from app.call.faults import UsageError
from tests.call.foreign_service import Json, resource

BOTH = {"userId": "Practitioner/example", "patientId": "p-1"}
DRAFTS: Json = {
    "resourceType": "Bundle",
    "entry": [
        {"resource": resource("ServiceRequest", "s-1")},
        {"resource": resource("MedicationRequest", "m-1")},
    ],
}
PROBLEMS: Json = {"resourceType": "Bundle", "entry": [{"resource": resource("Condition", "c-1")}]}


@pytest.mark.parametrize(
    ("hook", "given", "context"),
    [
        ("patient-view", {}, BOTH),
        ("patient-view", {"encounter": "e-1", "user": "Patient/1"}, {
            "userId": "Patient/1", "patientId": "p-1", "encounterId": "e-1"
        }),
        ("order-select", {"draft_orders": DRAFTS}, BOTH | {
            "draftOrders": DRAFTS, "selections": ["ServiceRequest/s-1", "MedicationRequest/m-1"]
        }),
        ("order-select", {"draft_orders": DRAFTS, "selections": ("MedicationRequest/m-1",)}, BOTH | {
            "draftOrders": DRAFTS, "selections": ["MedicationRequest/m-1"]
        }),
        ("order-select", {"members": {"draftOrders": DRAFTS}}, BOTH | {
            "draftOrders": DRAFTS, "selections": ["ServiceRequest/s-1", "MedicationRequest/m-1"]
        }),
        ("order-sign", {"draft_orders": DRAFTS, "encounter": "e-1"}, BOTH | {
            "draftOrders": DRAFTS, "encounterId": "e-1"
        }),
        ("encounter-start", {}, BOTH | {"encounterId": "example-encounter"}),
        ("encounter-discharge", {"encounter": "e-1"}, BOTH | {"encounterId": "e-1"}),
        ("problem-list-item-create", {"conditions": PROBLEMS}, BOTH | {"conditions": PROBLEMS}),
        ("appointment-book", {"members": {"appointments": {}}}, BOTH | {"appointments": {}}),
        ("order-dispatch", {"selections": ("Task/1",), "members": {"performer": "Organization/1"}}, {
            "patientId": "p-1", "dispatchedOrders": ["Task/1"], "performer": "Organization/1"
        }),
        ("com.example.ward-round", {"members": {"ward": "3"}}, BOTH | {"ward": "3"}),
        ("com.example.ward-round", {"members": {"patientId": "x"}, "encounter": "e-1"}, {
            "userId": "Practitioner/example", "patientId": "x", "encounterId": "e-1"
        }),
        ("patient-view", {"members": {"patientId": None}}, BOTH | {"patientId": None}),
    ],
)  # fmt: skip
def test_the_context_is_that_of_the_hook(hook: str, given: dict[str, Any], context: Json) -> None:
    assert context_of(hook, "p-1", Circumstances(**given)) == (context, [])


@pytest.mark.parametrize(
    ("hook", "given", "named"),
    [
        ("order-select", {}, "needs draftOrders: give --draft-orders"),
        ("order-sign", {}, "needs draftOrders: give --draft-orders"),
        ("problem-list-item-create", {}, "needs conditions: give --conditions"),
        ("appointment-book", {}, "needs appointments: give --context"),
        ("order-dispatch", {}, "needs dispatchedOrders: give --select"),
        ("order-dispatch", {"selections": ("ServiceRequest/1",)}, "needs performer: give --context"),
        (
            "order-select",
            {"draft_orders": {"entry": [{"resource": {"resourceType": "Task"}}]}},
            "no draft has an id",
        ),
        ("com.example.ward-round", {}, "--context FILE"),
        ("patient-view", {"draft_orders": DRAFTS}, "no place for --draft-orders"),
        ("patient-view", {"conditions": PROBLEMS}, "no place for --conditions"),
        ("order-sign", {"draft_orders": DRAFTS, "selections": ("Task/1",)}, "no place for --select"),
        ("order-dispatch", {"encounter": "e-1"}, "no place for --encounter"),
        ("com.example.ward-round", {"members": {}, "draft_orders": DRAFTS}, "no place for --draft-orders"),
    ],
)
def test_what_is_missing_or_out_of_place_is_named_by_its_option(
    hook: str, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        context_of(hook, "p-1", Circumstances(**given))


def test_a_selection_outside_the_drafts_is_sent_with_a_note() -> None:
    around = Circumstances(draft_orders=DRAFTS, selections=("ServiceRequest/s-1", "ServiceRequest/other"))
    context, notes = context_of("order-select", "p-1", around)
    assert context["selections"] == ["ServiceRequest/s-1", "ServiceRequest/other"]
    assert notes == ["ServiceRequest/other is selected and not among the draft orders"]


def test_a_draft_without_an_id_is_sent_unselected_with_a_note() -> None:
    drafts = {"entry": [*DRAFTS["entry"], {"resource": {"resourceType": "Task"}}]}
    context, notes = context_of("order-select", "p-1", Circumstances(draft_orders=drafts))
    assert context["draftOrders"] == drafts
    assert context["selections"] == ["ServiceRequest/s-1", "MedicationRequest/m-1"]
    assert notes == ["1 draft orders have no id and are not selected"]


def test_an_empty_bundle_of_drafts_has_nothing_to_select() -> None:
    with pytest.raises(UsageError, match="needs selections: give --select"):
        context_of("order-select", "p-1", Circumstances(draft_orders={"resourceType": "Bundle"}))
