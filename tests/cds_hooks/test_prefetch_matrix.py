"""What may stand under each prefetch key, and what is made of it (checklist R51 to R63; hardening C, F).

A need that was looked at in full, one that was looked at in part, and one that was not looked at are
three things, and only the first two are ever "no data".
"""

import json

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import KEYS, REQUIRED, hook_request, prefetch_of, with_key, without
from tests.cds_hooks.record import (
    Json,
    condition,
    operation_outcome,
    searchset,
    spinal_lesion,
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


async def names_key(ehr: Ehr, request: Json, key: str) -> bool:
    """Whether the request is refused with a 412 that names the key and nothing of the record."""
    (issue,) = await ehr.issues(request, 412)
    assert issue["expression"] == [f"prefetch.{key}"]
    assert key in issue["diagnostics"]
    assert "send it as discovery asks" in issue["diagnostics"]
    return "p-1" not in json.dumps(issue)


@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.conforms("R51", "R53", "R59", "R60", "R76")
async def test_r53_r59_r60_a_required_key_that_is_absent_is_a_412(ehr: Ehr, key: str) -> None:
    assert await names_key(ehr, without(hook_request(RECORD), "prefetch", key), key)
    assert await ehr.cards(RECORD)


@pytest.mark.parametrize("severity", ["fatal", "error", "warning", "information"])
@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.conforms("R56", "R59")
async def test_r56_an_outcome_for_a_required_key_is_a_412(ehr: Ehr, key: str, severity: str) -> None:
    assert await names_key(ehr, with_key(key, operation_outcome(severity)), key)


@pytest.mark.parametrize("members", [{"prefetch": {}}, {}])
@pytest.mark.conforms("R51", "R59", "R60")
async def test_c18_without_any_prefetch_every_required_key_is_named(ehr: Ehr, members: Json) -> None:
    request = hook_request(prefetch={})
    issues = await ehr.issues(request | members if members else without(request, "prefetch"), 412)
    assert {place for issue in issues for place in issue["expression"]} == {
        f"prefetch.{key}" for key in REQUIRED
    }


@pytest.mark.parametrize("key", NEEDED)
@pytest.mark.conforms("R51", "R53", "R56")
async def test_r53_r56_an_optional_key_not_looked_at_is_said(ehr: Ehr, key: str) -> None:
    for request in (
        without(hook_request(RECORD), "prefetch", key),
        with_key(key, operation_outcome()),
    ):
        (card,) = await ehr.cards_of(request)
        assert f"{NOT_ALL}:** {IN_WORDS[key]}." in card["detail"]


async def test_medications_hide_nothing_where_they_are_missing(ehr: Ehr) -> None:
    for request in (
        without(hook_request(RECORD), "prefetch", "medications"),
        with_key("medications", operation_outcome()),
    ):
        (card,) = await ehr.cards_of(request)
        assert NOT_ALL not in card["detail"]


@pytest.mark.parametrize("name", sorted(COMPLETE))
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.conforms("R33", "R54", "R55")
async def test_r54_r55_nothing_found_is_no_gap(ehr: Ehr, key: str, name: str) -> None:
    for card in await ehr.cards_of(with_key(key, COMPLETE[name])):
        assert NOT_ALL not in card["detail"]


@pytest.mark.parametrize("name", sorted(COMPLETE))
@pytest.mark.conforms("R54", "R74")
async def test_r54_r74_no_condition_at_all_is_no_card(ehr: Ehr, name: str) -> None:
    response = await ehr.send(with_key("conditions", COMPLETE[name], []))
    assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize("name", sorted(PARTIAL))
@pytest.mark.parametrize("key", ["conditions", *NEEDED])
@pytest.mark.conforms("R57", "R58")
async def test_r57_r58_a_search_answered_in_part_is_said(ehr: Ehr, key: str, name: str) -> None:
    partial = dict(PARTIAL[name])
    mine = prefetch_of(RECORD)[key].get("entry", [])
    partial["entry"] = [*mine, *partial.get("entry", [])]
    (card,) = await ehr.cards_of(with_key(key, partial))
    assert f"{NOT_ALL}:** {IN_WORDS[key]}." in card["detail"]
    assert card["summary"].startswith("T11: ")


@pytest.mark.parametrize("name", sorted(PARTIAL))
@pytest.mark.conforms("R56")
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
@pytest.mark.conforms("R74")
async def test_r74_no_bone_disease_is_nothing_to_say(ehr: Ehr, key: str) -> None:
    assert await ehr.cards_of(without(hook_request(), "prefetch", key)) == []
    assert await ehr.cards_of(with_key(key, operation_outcome(), [])) == []
