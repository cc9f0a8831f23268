"""What may stand under each prefetch key, and what is made of it (checklist R51 to R63; hardening C, F).

A need that was looked at in full, one that was looked at in part, and one that was not looked at are
three things, and only the first two are ever "no data".
"""

import json
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import KEYS, REQUIRED, hook_request, prefetch_of, without
from tests.cds_hooks.record import (
    UNSTABLE,
    Json,
    concept,
    condition,
    operation_outcome,
    patient,
    searchset,
    spinal_lesion,
    subject,
)

OPTIONAL = tuple(key for key in KEYS if key not in REQUIRED)
# No rule reads medications yet, so that nothing is hidden where they are missing.
NEEDED = tuple(key for key in OPTIONAL if key != "medications")
RECORD = spinal_lesion("T11")
MYELOMA = condition("c-myeloma", "109989006")
NOT_ALL = "Not everything could be checked"
IN_WORDS = {
    "patient": "Patient",
    "conditions": "Conditions",
    "observations": "Observations",
    "procedures": "Procedures",
    "bodyStructures": "BodyStructures",
    "questionnaireResponses": "QuestionnaireResponses",
}
ONE_OF: dict[str, Json] = {
    "patient": patient(),
    "conditions": condition("c-more", "38341003"),
    "observations": {
        "resourceType": "Observation",
        "id": "o-more",
        "status": "final",
        "code": concept("8867-4", "http://loinc.org"),
        "subject": subject(),
    },
    "procedures": {
        "resourceType": "Procedure",
        "id": "p-more",
        "status": "completed",
        "code": concept("80146002"),
        "subject": subject(),
    },
    "medications": {
        "resourceType": "MedicationRequest",
        "id": "m-more",
        "status": "active",
        "intent": "order",
        "subject": subject(),
    },
    "bodyStructures": {
        "resourceType": "BodyStructure",
        "id": "b-more",
        "patient": subject(),
        "location": concept("76752008"),
    },
    "questionnaireResponses": {
        "resourceType": "QuestionnaireResponse",
        "id": "q-more",
        "status": "completed",
        "questionnaire": "https://example.org/Questionnaire/other",
        "subject": subject(),
    },
}
STATEMENT = {**ONE_OF["medications"], "resourceType": "MedicationStatement"}
# What says that the search was answered in part only (R57, R58, F15, F17, F18).
PARTIAL: dict[str, Json] = {
    "an error among the entries": searchset([], entry=[{"resource": operation_outcome("error")}]),
    "a fatal error among the entries": searchset([], entry=[{"resource": operation_outcome("fatal")}]),
    "an error marked as outcome": searchset(
        [], entry=[{"resource": operation_outcome("error"), "search": {"mode": "outcome"}}]
    ),
    "a next page": searchset(
        [], link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://ehr.example/2"}]
    ),
    "a total that is higher": searchset([], total=50),
}
# What a server may say beside a complete answer (F14: Epic's 4101).
COMPLETE: dict[str, Json | None] = {
    "null": None,
    "an empty searchset": searchset(),
    "a searchset with no entry": searchset([], entry=[]),
    "a Bundle without a type": {"resourceType": "Bundle"},
    "a warning among the entries": searchset([], entry=[{"resource": operation_outcome("warning")}]),
    "information among the entries": searchset(
        [], entry=[{"resource": operation_outcome("information"), "search": {"mode": "outcome"}}]
    ),
    "a link to itself": searchset([], link=[{"relation": "self", "url": "https://ehr.example/1"}]),
    "an entry with nothing in it": searchset([], entry=[{"fullUrl": "urn:uuid:1"}], total=0),
}


def with_key(key: str, value: Any, resources: list[Json] = RECORD) -> Json:
    return hook_request(prefetch=prefetch_of(resources) | {key: value})


async def names_key(ehr: Ehr, request: Json, key: str) -> bool:
    """Whether the request is refused with a 412 that names the key and nothing of the record."""
    (issue,) = await ehr.issues(request, 412)
    assert issue["expression"] == [f"prefetch.{key}"]
    assert key in issue["diagnostics"]
    return "p-1" not in json.dumps(issue)


@pytest.mark.parametrize("key", REQUIRED)
async def test_r53_r59_r60_a_required_key_that_is_absent_is_a_412(ehr: Ehr, key: str) -> None:
    assert await names_key(ehr, without(hook_request(RECORD), "prefetch", key), key)
    assert await ehr.cards(RECORD)


@pytest.mark.parametrize("severity", ["fatal", "error", "warning", "information"])
@pytest.mark.parametrize("key", REQUIRED)
async def test_r56_an_outcome_for_a_required_key_is_a_412(ehr: Ehr, key: str, severity: str) -> None:
    assert await names_key(ehr, with_key(key, operation_outcome(severity)), key)


@pytest.mark.parametrize("members", [{"prefetch": {}}, {}])
async def test_c18_without_any_prefetch_every_required_key_is_named(ehr: Ehr, members: Json) -> None:
    request = hook_request(prefetch={})
    issues = await ehr.issues(request | members if members else without(request, "prefetch"), 412)
    assert {place for issue in issues for place in issue["expression"]} == {
        f"prefetch.{key}" for key in REQUIRED
    }


@pytest.mark.parametrize("key", NEEDED)
async def test_r53_r56_an_optional_key_not_looked_at_is_said(ehr: Ehr, key: str) -> None:
    for request in (
        without(hook_request(RECORD), "prefetch", key),
        with_key(key, operation_outcome()),
    ):
        (card,) = await ehr.cards_of(request)
        assert f"{NOT_ALL}:** {IN_WORDS[key]}." in card["detail"]


async def test_medications_hide_nothing_where_they_are_missing(ehr: Ehr) -> None:
    (card,) = await ehr.cards_of(without(hook_request(RECORD), "prefetch", "medications"))
    assert NOT_ALL not in card["detail"]


@pytest.mark.parametrize("name", sorted(COMPLETE))
@pytest.mark.parametrize("key", KEYS)
async def test_r54_r55_nothing_found_is_no_gap(ehr: Ehr, key: str, name: str) -> None:
    for card in await ehr.cards_of(with_key(key, COMPLETE[name])):
        assert NOT_ALL not in card["detail"]


@pytest.mark.parametrize("name", sorted(COMPLETE))
async def test_r54_r74_no_condition_at_all_is_no_card(ehr: Ehr, name: str) -> None:
    response = await ehr.send(with_key("conditions", COMPLETE[name], []))
    assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize("name", sorted(PARTIAL))
@pytest.mark.parametrize("key", ["conditions", *NEEDED])
async def test_r57_r58_a_search_answered_in_part_is_said(ehr: Ehr, key: str, name: str) -> None:
    partial = dict(PARTIAL[name])
    mine = prefetch_of(RECORD)[key].get("entry", [])
    partial["entry"] = [*mine, *partial.get("entry", [])]
    (card,) = await ehr.cards_of(with_key(key, partial))
    assert f"{NOT_ALL}:** {IN_WORDS[key]}." in card["detail"]
    assert card["summary"].startswith("T11: ")


@pytest.mark.parametrize("name", sorted(PARTIAL))
async def test_r56_conditions_in_part_and_no_lesion_is_never_nothing_to_say(ehr: Ehr, name: str) -> None:
    (card,) = await ehr.cards_of(with_key("conditions", PARTIAL[name], []))
    assert card["summary"] == "Bone metastases: not everything could be checked"
    assert card["indicator"] == "info"
    assert "Conditions" in card["detail"]
    assert "does not mean that there is none" in card["detail"]


@pytest.mark.parametrize("key", NEEDED)
async def test_bone_disease_and_a_key_not_looked_at_is_never_nothing_to_say(ehr: Ehr, key: str) -> None:
    """Myeloma names no lesion by itself, but a finding in what is missing would."""
    request = without(hook_request([MYELOMA]), "prefetch", key)
    (card,) = await ehr.cards_of(request)
    assert card["summary"] == "Bone metastases: not everything could be checked"
    assert IN_WORDS[key] in card["detail"]


@pytest.mark.parametrize("key", NEEDED)
async def test_r74_no_bone_disease_is_nothing_to_say(ehr: Ehr, key: str) -> None:
    assert await ehr.cards_of(without(hook_request(), "prefetch", key)) == []
    assert await ehr.cards_of(with_key(key, operation_outcome(), [])) == []


@pytest.mark.parametrize("key", KEYS)
async def test_r33_a_resource_by_itself_is_taken(ehr: Ehr, key: str) -> None:
    resources = RECORD if key != "observations" else [RECORD[0]]
    cards = await ehr.cards_of(with_key(key, ONE_OF[key], resources))
    assert all(NOT_ALL not in card["detail"] for card in cards)


@pytest.mark.parametrize("key", KEYS)
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
async def test_r61_what_is_no_resource_is_refused(ehr: Ehr, key: str, value: Any) -> None:
    assert (await ehr.send(with_key(key, value))).status_code in (400, 422)


@pytest.mark.xfail(strict=True, reason="R61: the fault does not name the prefetch key that holds no resource")
@pytest.mark.parametrize("key", KEYS)
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
async def test_r33_r63_a_key_that_was_not_asked_for_changes_nothing(ehr: Ehr, name: str, value: Any) -> None:
    assert await ehr.cards_of(with_key(name, value)) == await ehr.cards(RECORD)


@pytest.mark.xfail(strict=True, reason="F10: the entry is not set aside, and makes a lesion")
@pytest.mark.parametrize("key", ["observations", "procedures", "bodyStructures", "questionnaireResponses"])
async def test_f10_in_a_bundle_of_another_type_a_condition_is_set_aside(ehr: Ehr, key: str) -> None:
    cards = await ehr.cards_of(with_key(key, searchset(RECORD[:1]), []))
    assert not any(card["summary"].startswith("T11") for card in cards)


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


async def test_the_keys_may_come_in_any_order(ehr: Ehr) -> None:
    prefetch = prefetch_of(RECORD)
    turned = {key: prefetch[key] for key in reversed(prefetch)}
    assert await ehr.cards_of(hook_request(prefetch=turned)) == await ehr.cards(RECORD)


async def test_the_entries_may_come_in_any_order(ehr: Ehr) -> None:
    record = [*RECORD, *spinal_lesion("L3", UNSTABLE)]
    assert await ehr.cards(reversed(record)) == await ehr.cards(record)
