"""What the definition of each hook asks of its context (checklist N; hardening C)."""

from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import ORDER_HOOKS, SERVICES, collection, draft, request_of
from tests.cds_hooks.hook_request import KEYS, without
from tests.cds_hooks.record import SNOMED, Json, condition, patient, searchset, spinal_lesion, subject

RECORD = spinal_lesion("T11")
NOT_A_TEXT: tuple[Any, ...] = (None, 5, True, [], ["e-1"], {}, "", " ")
NOT_A_BUNDLE: tuple[Any, ...] = (None, 5, True, "Bundle", [], [draft()])
TEXTS = [
    (hook, member)
    for hook in SERVICES
    for member in ("userId", "patientId", *(["encounterId"] if hook == "encounter-start" else []))
]
BUNDLES = [
    ("order-select", "draftOrders"),
    ("order-sign", "draftOrders"),
    ("problem-list-item-create", "conditions"),
]


async def refused(ehr: Ehr, hook: str, request: Json, member: str) -> None:
    response = await ehr.send(request, path=SERVICES[hook])
    assert response.status_code == 400
    places = {place for issue in response.json()["issue"] for place in issue.get("expression", ())}
    assert places == {f"context.{member}"}


def with_context(hook: str, **members: Any) -> Json:
    request = request_of(hook, RECORD)
    request["context"] |= members
    return request


@pytest.mark.conforms("R25", "R32")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r32_what_the_definition_requires_is_enough(ehr: Ehr, hook: str) -> None:
    response = await ehr.send(request_of(hook, RECORD), path=SERVICES[hook])
    assert response.status_code == 200


@pytest.mark.conforms("R26")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r26_every_service_answers_its_own_hook_alone(ehr: Ehr, hook: str) -> None:
    for other in SERVICES:
        response = await ehr.send(request_of(other, RECORD), path=SERVICES[hook])
        assert response.status_code == (200 if other == hook else 400)


@pytest.mark.conforms("R32", "R80", "R159", "R163")
@pytest.mark.parametrize(("hook", "member"), TEXTS)
async def test_r159_r163_a_text_that_is_missing_is_named(ehr: Ehr, hook: str, member: str) -> None:
    await refused(ehr, hook, without(request_of(hook, RECORD), "context", member), member)


@pytest.mark.conforms("R159", "R163")
@pytest.mark.parametrize("value", NOT_A_TEXT)
@pytest.mark.parametrize(("hook", "member"), TEXTS)
async def test_r159_r163_a_text_that_is_none_is_named(ehr: Ehr, hook: str, member: str, value: Any) -> None:
    await refused(ehr, hook, with_context(hook, **{member: value}), member)


@pytest.mark.conforms("R159", "R160", "R161", "R165")
@pytest.mark.parametrize("hook", [hook for hook in SERVICES if hook != "encounter-start"])
async def test_r159_to_r165_an_encounter_may_be_named(ehr: Ehr, hook: str) -> None:
    plain = await ehr.send(request_of(hook, RECORD), path=SERVICES[hook])
    during = await ehr.send(with_context(hook, encounterId="e-1"), path=SERVICES[hook])
    assert plain.status_code == during.status_code == 200
    assert [card["summary"] for card in plain.json()["cards"]] == [
        card["summary"] for card in during.json()["cards"]
    ]
    await refused(ehr, hook, with_context(hook, encounterId=5), "encounterId")


@pytest.mark.conforms("R159", "R160", "R161", "R163", "R165")
@pytest.mark.parametrize("user", ["Patient/p-1", "RelatedPerson/r-1"])
@pytest.mark.parametrize("hook", SERVICES)
async def test_r159_no_card_for_patients_and_relatives(ehr: Ehr, hook: str, user: str) -> None:
    response = await ehr.send(with_context(hook, userId=user), path=SERVICES[hook])
    assert response.content == b'{"cards":[]}'


@pytest.mark.conforms("R169")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r169_a_reference_for_the_patient_is_taken_as_its_id(ehr: Ehr, hook: str) -> None:
    bare = await ehr.send(request_of(hook, RECORD), path=SERVICES[hook])
    typed = await ehr.send(with_context(hook, patientId="Patient/p-1"), path=SERVICES[hook])
    assert typed.content == bare.content


@pytest.mark.conforms("R53", "R59", "R60")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r59_every_service_names_the_keys_that_it_needs(ehr: Ehr, hook: str) -> None:
    response = await ehr.send(request_of(hook, prefetch={}), path=SERVICES[hook])
    assert response.status_code == 412
    places = {place for issue in response.json()["issue"] for place in issue["expression"]}
    assert places == {"prefetch.patient", "prefetch.conditions"}


@pytest.mark.conforms("R62")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r62_every_service_refuses_the_record_of_another(ehr: Ehr, hook: str) -> None:
    request = with_context(hook, patientId="p-2")
    assert (await ehr.send(request, path=SERVICES[hook])).status_code == 422


@pytest.mark.conforms("R35")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r35_every_service_answers_the_same_whatever_came_before(ehr: Ehr, hook: str) -> None:
    first = await ehr.send(request_of(hook, RECORD), path=SERVICES[hook])
    for other in SERVICES:
        await ehr.send(request_of(other, spinal_lesion("L3")), path=SERVICES[other])
    again = await ehr.send(request_of(hook, RECORD), path=SERVICES[hook])
    assert again.content == first.content


@pytest.mark.conforms("R160", "R161", "R165")
@pytest.mark.parametrize(("hook", "member"), BUNDLES)
async def test_r160_r161_r165_a_bundle_that_is_missing_is_named(ehr: Ehr, hook: str, member: str) -> None:
    await refused(ehr, hook, without(request_of(hook, RECORD), "context", member), member)


@pytest.mark.conforms("R160", "R161", "R165")
@pytest.mark.parametrize("value", NOT_A_BUNDLE)
@pytest.mark.parametrize(("hook", "member"), BUNDLES)
async def test_r160_r161_r165_a_bundle_that_is_none_is_named(
    ehr: Ehr, hook: str, member: str, value: Any
) -> None:
    await refused(ehr, hook, with_context(hook, **{member: value}), member)


@pytest.mark.parametrize("value", NOT_A_BUNDLE)
@pytest.mark.parametrize(("hook", "member"), BUNDLES)
async def test_a_bundle_that_is_none_is_named_before_data_that_are_missing(
    ehr: Ehr, hook: str, member: str, value: Any
) -> None:
    request = with_context(hook, **{member: value}) | {"prefetch": {}}
    await refused(ehr, hook, request, member)
    good = await ehr.send(request_of(hook, prefetch={}), path=SERVICES[hook])
    assert good.status_code == 412


@pytest.mark.conforms("R160", "R161", "R165")
@pytest.mark.parametrize(("hook", "member"), BUNDLES)
async def test_r160_r161_r165_another_resource_in_place_of_the_bundle(
    ehr: Ehr, hook: str, member: str
) -> None:
    response = await ehr.send(with_context(hook, **{member: patient()}), path=SERVICES[hook])
    assert response.status_code in (400, 422)


@pytest.mark.conforms("R160")
async def test_r160_c25_selections_that_are_missing_are_named(ehr: Ehr) -> None:
    request = without(request_of("order-select", RECORD), "context", "selections")
    await refused(ehr, "order-select", request, "selections")


@pytest.mark.conforms("R160")
@pytest.mark.parametrize("value", [None, 5, "ServiceRequest/order-1", {}, [5], [None]])
async def test_r160_selections_that_are_none_are_named(ehr: Ehr, value: Any) -> None:
    await refused(ehr, "order-select", with_context("order-select", selections=value), "selections")


TWO_LESIONS = [*spinal_lesion("T11"), *spinal_lesion("L3")]
TWO_DRAFTS = collection([draft(), draft("order-2", "stereotactic-radiotherapy", "L3")])
ONE = ("T11", "vertebroplasty", "ServiceRequest/order-1")
OTHER = ("L3", "stereotactic radiotherapy", "ServiceRequest/order-2")


@pytest.mark.conforms("R96", "R160", "R161")
@pytest.mark.parametrize(
    ("hook", "selections", "named"),
    [
        ("order-select", ["ServiceRequest/order-1"], [ONE]),
        ("order-select", ["ServiceRequest/order-2"], [OTHER]),
        ("order-select", ["ServiceRequest/order-1", "ServiceRequest/order-2"], [ONE, OTHER]),
        ("order-sign", None, [ONE, OTHER]),
    ],
)
async def test_r96_r160_r161_a_card_names_its_order_and_only_the_selected_have_cards(
    ehr: Ehr, hook: str, selections: list[str] | None, named: list[tuple[str, str, str]]
) -> None:
    request = request_of(hook, TWO_LESIONS)
    request["context"] |= {"draftOrders": TWO_DRAFTS} | ({"selections": selections} if selections else {})
    cards = (await ehr.send(request, path=SERVICES[hook])).json()["cards"]
    assert len(cards) == len(named)
    for card, (level, technique, reference) in zip(cards, named, strict=True):
        assert card["summary"].startswith(f"{level}, {technique}: ")
        assert reference in card["detail"]
        others = {ONE[2], OTHER[2]} - {reference}
        assert not any(other in card["detail"] for other in others)


@pytest.mark.conforms("R115")
@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_r115_an_update_is_the_draft_with_its_change_and_nothing_else(ehr: Ehr, hook: str) -> None:
    order = draft(
        extension=[{"url": "https://ehr.example.org/cost-centre", "valueString": "7"}],
        note=[{"text": "as discussed"}],
        _status={"extension": [{"url": "https://ehr.example.org/reason", "valueCode": "x"}]},
    )
    request = with_context(hook, draftOrders=collection([order]))
    cards = (await ehr.send(request, path=SERVICES[hook])).json()["cards"]
    updates = [
        action["resource"]
        for card in cards
        for suggestion in card["suggestions"]
        for action in suggestion["actions"]
        if action["type"] == "update"
    ]
    assert updates
    for resource in updates:
        changed = {name for name in resource if resource[name] != order.get(name)}
        assert set(order) <= set(resource)
        assert changed == {"note"}
        assert resource["note"][:1] == order["note"]


@pytest.mark.conforms("R160")
@pytest.mark.parametrize("selections", [[], ["ServiceRequest/elsewhere"], ["order-1"], ["Task/order-1"]])
async def test_r160_c24_a_selection_that_names_no_draft_is_no_failure(
    ehr: Ehr, selections: list[str]
) -> None:
    request = with_context("order-select", selections=selections)
    assert (await ehr.send(request, path=SERVICES["order-select"])).status_code in (200, 422)


@pytest.mark.conforms("R62", "R160", "R161")
@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_r62_f03_a_draft_order_for_another_patient_is_refused(ehr: Ehr, hook: str) -> None:
    request = with_context(hook, draftOrders=collection([draft(subject=subject("p-2"))]))
    assert (await ehr.send(request, path=SERVICES[hook])).status_code == 422


@pytest.mark.conforms("R62", "R165")
async def test_r62_a_problem_of_another_patient_is_refused(ehr: Ehr) -> None:
    problems = collection([condition("c-new", subject=subject("p-2"))])
    request = with_context("problem-list-item-create", conditions=problems)
    assert (await ehr.send(request, path=SERVICES["problem-list-item-create"])).status_code == 422


@pytest.mark.conforms("R160", "R161")
@pytest.mark.parametrize("drafts", [{"resourceType": "Bundle", "type": "collection"}, collection([])])
@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_r160_r161_c26_no_draft_orders_are_nothing_to_say(ehr: Ehr, hook: str, drafts: Json) -> None:
    response = await ehr.send(with_context(hook, draftOrders=drafts), path=SERVICES[hook])
    assert response.content == b'{"cards":[]}'


@pytest.mark.conforms("R161")
@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "completed", "revoked", "unknown"])
async def test_r161_an_order_may_be_signed_again(ehr: Ehr, status: str) -> None:
    request = with_context("order-sign", draftOrders=collection([draft(status=status)]))
    assert (await ehr.send(request, path=SERVICES["order-sign"])).status_code == 200


# Bodies as the public sandbox sends them: FHIR that is less than R4.
OF_THE_SANDBOX: dict[str, Json] = {
    "before a study is chosen": {
        "resourceType": "ServiceRequest",
        "id": "request-1",
        "status": "draft",
        "intent": "plan",
        "code": {"coding": [{}]},
        "subject": subject(),
        "reasonCode": [],
    },
    "a medication without a name": {
        "resourceType": "MedicationRequest",
        "id": "request-1",
        "status": "draft",
        "subject": subject(),
    },
    "a reason and a study": draft(
        "request-1", intent="plan", reasonCode=[{"coding": [{"system": SNOMED, "code": "161891005"}]}]
    ),
}


@pytest.mark.conforms("R36")
@pytest.mark.parametrize("name", OF_THE_SANDBOX)
@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_r36_drafts_may_be_less_than_r4(ehr: Ehr, hook: str, name: str) -> None:
    order = OF_THE_SANDBOX[name]
    bundle: Json = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    context: Json = {"draftOrders": bundle}
    if hook == "order-select":
        context["selections"] = [f"{order['resourceType']}/{order['id']}"]
    request = with_context(hook, **context)
    assert (await ehr.send(request, path=SERVICES[hook])).status_code == 200


@pytest.mark.conforms("R36")
@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_c28_drafts_may_stand_among_what_they_refer_to(ehr: Ehr, hook: str) -> None:
    medication = {"resourceType": "Medication", "id": "m-1", "code": {"text": "denosumab"}}
    asked = {
        "resourceType": "MedicationRequest",
        "id": "mr-1",
        "status": "draft",
        "intent": "order",
        "subject": subject(),
        "medicationReference": {"reference": "Medication/m-1"},
    }
    inside = asked | {
        "id": "mr-2",
        "contained": [medication | {"id": "inside"}],
        "medicationReference": {"reference": "#inside"},
    }
    request = with_context(hook, draftOrders=collection([draft(), medication, asked, inside]))
    assert (await ehr.send(request, path=SERVICES[hook])).status_code == 200


@pytest.mark.parametrize("hook", ORDER_HOOKS)
async def test_c27_500_drafts_are_answered(ehr: Ehr, hook: str) -> None:
    orders = [draft(f"order-{number}", level=level) for level in ("T11", "L3") for number in range(250)]
    request = with_context(hook, draftOrders=collection(orders))
    response = await ehr.send(request, path=SERVICES[hook])
    assert response.status_code == 200
    assert len(response.json()["cards"]) <= 5


@pytest.mark.conforms("R34")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r34_c30_a_request_of_every_version_is_answered_alike(ehr: Ehr, hook: str) -> None:
    plain = await ehr.send(request_of(hook, RECORD), path=SERVICES[hook])
    first = request_of(hook, RECORD, fhirServer="https://ehr.example.org/fhir")
    ballot = request_of(hook, RECORD, version="3.0.0-ballot", hookVersion="1.0", extension={"a.b": {"c": 1}})
    for request in (first, ballot):
        assert (await ehr.send(request, path=SERVICES[hook])).content == plain.content


@pytest.mark.conforms("R33", "R63")
@pytest.mark.parametrize("hook", SERVICES)
async def test_r33_every_service_takes_null_for_every_key_but_the_patient(ehr: Ehr, hook: str) -> None:
    nothing = dict.fromkeys(KEYS, None) | {"patient": patient(), "conditions": searchset()}
    response = await ehr.send(request_of(hook, prefetch=nothing), path=SERVICES[hook])
    assert response.status_code == 200
