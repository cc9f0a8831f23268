"""The shapes of what stands under a prefetch key (checklist R33, R36, R61, R63; hardening F10, F11)."""

from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import KEYS, ONE_OF, hook_request, prefetch_of, with_key
from tests.cds_hooks.record import (
    UNSTABLE,
    Json,
    condition,
    operation_outcome,
    patient,
    searchset,
    spinal_lesion,
    subject,
)

RECORD = spinal_lesion("T11")
NOT_ALL = "Not everything could be checked"
STATEMENT = {**ONE_OF["medications"], "resourceType": "MedicationStatement"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.conforms("R33")
async def test_r33_a_resource_by_itself_is_taken(ehr: Ehr, key: str) -> None:
    resources = RECORD if key != "observations" else [RECORD[0]]
    cards = await ehr.cards_of(with_key(key, ONE_OF[key], resources))
    assert all(NOT_ALL not in card["detail"] for card in cards)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.conforms("R33", "R61")
async def test_r33_r61_a_bundle_is_taken_for_every_key(ehr: Ehr, key: str) -> None:
    bundle = prefetch_of(RECORD)[key] if key != "patient" else searchset([patient()])
    bundle = bundle | {"entry": [*bundle.get("entry", []), {"resource": ONE_OF[key]}]}
    bundle["total"] = len(bundle["entry"])
    (card,) = await ehr.cards_of(with_key(key, bundle))
    assert card == (await ehr.cards(RECORD))[0]


async def test_medication_statements_are_taken(ehr: Ehr) -> None:
    assert await ehr.cards_of(with_key("medications", STATEMENT)) == await ehr.cards(RECORD)
    assert await ehr.cards_of(with_key("medications", searchset([STATEMENT]))) == await ehr.cards(RECORD)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.conforms("R61")
async def test_r61_f10_another_type_by_itself_contradicts_the_key(ehr: Ehr, key: str) -> None:
    for wrong in (other for other in KEYS if other != key):
        issues = await ehr.issues(with_key(key, ONE_OF[wrong]), 422)
        assert issues[0]["expression"] == [f"prefetch.{key}"]
    assert await ehr.cards(RECORD)


@pytest.mark.parametrize("kind", [None, "", "condition", "PATIENT", "Gadget", "AllergyIntolerance", 5, []])
@pytest.mark.parametrize("key", KEYS)
async def test_f11_a_type_that_is_none_contradicts_the_key(ehr: Ehr, key: str, kind: Any) -> None:
    resource = ONE_OF[key] | {"resourceType": kind}
    issues = await ehr.issues(with_key(key, resource), 422)
    assert issues[0]["expression"] == [f"prefetch.{key}"]
    await ehr.issues(with_key(key, {n: v for n, v in resource.items() if n != "resourceType"}), 422)


@pytest.mark.parametrize("value", ["text", 5, 1.5, True, False, [], [patient()], "null"])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.conforms("R61")
async def test_r61_what_is_no_resource_is_refused(ehr: Ehr, key: str, value: Any) -> None:
    assert (await ehr.send(with_key(key, value))).status_code in (400, 422)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.conforms("R61")
async def test_r61_what_is_no_resource_is_named(ehr: Ehr, key: str) -> None:
    response = await ehr.send(with_key(key, "text"))
    assert response.json()["issue"][0].get("expression") == [f"prefetch.{key}"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "text",
        [],
        {},
        searchset([condition("c-9", subject=subject("p-2"))]),
        searchset([condition("c-9")], total=90),
        {"resourceType": "Patient", "id": "p-2"},
        {"resourceType": "Gadget"},
        operation_outcome("fatal"),
    ],
)
@pytest.mark.parametrize("name", ["extra", "Conditions", "condition", "", "patient "])
@pytest.mark.conforms("R33", "R63")
async def test_r33_r63_a_key_that_was_not_asked_for_changes_nothing(ehr: Ehr, name: str, value: Any) -> None:
    assert await ehr.cards_of(with_key(name, value)) == await ehr.cards(RECORD)


@pytest.mark.parametrize("key", ["observations", "procedures", "bodyStructures", "questionnaireResponses"])
async def test_f10_in_a_bundle_of_another_type_a_condition_is_set_aside(ehr: Ehr, key: str) -> None:
    cards = await ehr.cards_of(with_key(key, searchset(RECORD[:1]), []))
    assert not any(card["summary"].startswith("T11") for card in cards)
    (card,) = cards
    assert "conditions" in card["detail"].lower()


@pytest.mark.conforms("R36")
async def test_r36_entries_may_lack_what_a_strict_reader_wants(ehr: Ehr) -> None:
    prefetch = prefetch_of(RECORD)
    for key in ("conditions", "observations"):
        prefetch[key] = {
            "resourceType": "Bundle",
            "entry": [{"resource": entry["resource"]} for entry in prefetch[key]["entry"]],
        }
    loose = {"resourceType": "Condition", "id": "c-x", "code": {"coding": [{}]}, "subject": subject()}
    prefetch["conditions"]["entry"].append({"resource": loose | {"bodySite": [], "note": [{}]}})
    prefetch["medications"] = {"resourceType": "Bundle", "entry": [{"resource": ONE_OF["medications"]}]}
    (card,) = await ehr.cards_of(hook_request(prefetch=prefetch))
    assert card["summary"] == (await ehr.cards(RECORD))[0]["summary"]
    assert NOT_ALL not in card["detail"]


@pytest.mark.parametrize(
    "members",
    [
        {"entry": {}},
        {"entry": "x"},
        {"entry": 5},
        {"entry": True},
        {"entry": None},
        {"entry": [[]]},
        {"total": "5"},
        {"total": 1.5},
        {"total": -1},
        {"total": None},
        {"total": 10**30},
        {"link": {}},
        {"link": "x"},
        {"link": [5]},
        {"link": [{}]},
        {"type": 5},
        {"id": 5},
        {"meta": []},
    ],
)
@pytest.mark.parametrize("key", ["conditions", "observations"])
async def test_a_bundle_that_is_none_is_no_failure(ehr: Ehr, key: str, members: Json) -> None:
    for resources in (RECORD, []):
        prefetch = prefetch_of(resources)
        prefetch[key] |= members
        response = await ehr.send(hook_request(prefetch=prefetch))
        assert response.status_code in (200, 400, 422)


@pytest.mark.parametrize("members", [{"entry": "x"}, {"entry": [5]}, {"link": [{"relation": "next"}]}])
async def test_r56_conditions_that_cannot_be_read_are_never_no_conditions(ehr: Ehr, members: Json) -> None:
    response = await ehr.send(with_key("conditions", searchset() | members, []))
    assert response.status_code in (400, 422) or response.json()["cards"]


async def test_the_keys_may_come_in_any_order(ehr: Ehr) -> None:
    prefetch = prefetch_of(RECORD)
    turned = {key: prefetch[key] for key in reversed(prefetch)}
    assert await ehr.cards_of(hook_request(prefetch=turned)) == await ehr.cards(RECORD)


async def test_the_entries_may_come_in_any_order(ehr: Ehr) -> None:
    record = [*RECORD, *spinal_lesion("L3", UNSTABLE)]
    assert await ehr.cards(reversed(record)) == await ehr.cards(record)
