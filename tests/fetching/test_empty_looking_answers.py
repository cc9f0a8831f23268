"""An answer that shows nothing usable is never one that nothing was found (F15, F17, S49, S52)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cds_hooks.record import PATIENT_ID, Json, patient, spinal_lesion
from tests.faults.behaviours import altered, delay, instead, silent
from tests.faults.server import Reply, Seen
from tests.fetching.calls import call, cards_in, guarded_server, open_server, with_token

INCOMPLETE = "not everything could be checked"


def bundle(*entries: Any, **members: Any) -> Json:
    held: Json = {"resourceType": "Bundle", "type": "searchset", **members}
    return {**held, "entry": list(entries)} if entries else held


CONDITION = spinal_lesion("T11")[0]
SUPPRESSED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "suppressed", "diagnostics": "kept back"}],
}
ENCOUNTER = {"resourceType": "Encounter", "id": "e", "subject": {"reference": f"Patient/{PATIENT_ID}"}}
EMPTY_LOOKING: Mapping[str, Json] = {
    "a match without its resource": bundle({"fullUrl": "urn:uuid:1", "search": {"mode": "match"}}, total=1),
    "an entry without anything": bundle({}, total=1),
    "a total and an outcome alone": bundle({"resource": SUPPRESSED}, total=1),
    "a match of another type": bundle({"resource": ENCOUNTER, "search": {"mode": "match"}}, total=1),
    "the patient in place of a match": bundle(
        {"resource": {"resourceType": "Patient", "id": PATIENT_ID}, "search": {"mode": "match"}}, total=1
    ),
    "a Bundle of nothing at all": {"resourceType": "Bundle"},
    "the answer to a batch": bundle(type="batch-response", total=0),
    "a history": bundle(type="history", total=0),
    "another patient's search": bundle(
        total=0, link=[{"relation": "self", "url": "Condition?patient=someone-else&_count=200"}]
    ),
    "one of two, twice": bundle(
        {"resource": ENCOUNTER, "search": {"mode": "include"}},
        {"resource": CONDITION | {"code": {"text": "no bone"}}, "search": {"mode": "match"}},
        {"resource": CONDITION | {"code": {"text": "no bone"}}, "search": {"mode": "match"}},
        total=2,
    ),
}


@pytest.mark.conforms("R57", "R58")
@pytest.mark.parametrize("shape", EMPTY_LOOKING)
async def test_an_answer_that_shows_nothing_is_told_to_be_lacking(shape: str) -> None:
    async with open_server() as (server, ehr):
        server.on("Condition", instead(EMPTY_LOOKING[shape]))
        response = await ehr.send(call(server.base))
        if response.status_code == 412:
            return
        assert any(INCOMPLETE in card["summary"] for card in cards_in(response))


@pytest.mark.parametrize(
    "nothing",
    [bundle(), bundle(total=0), {"resourceType": "Bundle", "total": 0}, bundle({"resource": {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "warning", "code": "not-found"}]}, "search": {"mode": "outcome"}}, total=0)],
    ids=["no total", "total 0", "no type", "an outcome that says so"],
)  # fmt: skip
async def test_an_answer_that_says_so_is_none_found(nothing: Json) -> None:
    async with open_server() as (server, ehr):
        server.on("Condition", instead(nothing))
        assert cards_in(await ehr.send(call(server.base))) == []


async def test_reading_on_counts_what_the_client_sent() -> None:
    async with open_server() as (server, ehr):
        link = [{"relation": "next", "url": f"{server.base}/Condition?patient={PATIENT_ID}&page=2"}]
        server.on("Condition", instead(bundle(total=40)))
        prefetch = {"conditions": bundle(total=40, link=link)}
        (card,) = cards_in(await ehr.send(call(server.base, prefetch)))
        assert INCOMPLETE in card["summary"]


async def honest(_seen: Seen, reply: Reply) -> None:
    await reply.default()


NO_DATE = "Mon, 1 Jan 99999999999999 00:00:00 GMT"
BYTES: Mapping[str, tuple[int, bytes, tuple[tuple[str, str], ...]]] = {
    "a date beyond time": (
        503,
        b"{}",
        (("Retry-After", NO_DATE), ("Date", NO_DATE)),
    ),
    "an outcome in Latin-1": (
        500,
        b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"\xe9"}]}',
        (),
    ),
    "a Bundle in Latin-1": (200, b'{"resourceType":"Bundle","type":"\xe9"}', ()),
}  # fmt: skip


@pytest.mark.parametrize("named", BYTES)
@pytest.mark.parametrize("kind", ["Condition", "Observation"])
async def test_odd_bytes_cost_one_answer_and_not_the_call(named: str, kind: str) -> None:
    code, body, headers = BYTES[named]

    async def behave(_seen: Seen, reply: Reply) -> None:
        await reply.send(code, body, [("Content-Type", "application/fhir+json"), *headers])

    async with open_server() as (server, ehr):
        server.on(kind, behave)
        response = await ehr.send(call(server.base))
        assert response.status_code == (412 if kind == "Condition" else 200), response.text[:300]


async def test_odd_bytes_in_a_statement_cost_no_call() -> None:
    async with guarded_server(search="as-stated") as (server, ehr):
        server.on("metadata", instead(b'{"resourceType":"CapabilityStatement","rest":[{"mode":"\xe9"}]}'))
        assert len(cards_in(await ehr.send(with_token(server.base)))) > 1


async def test_an_outcome_beside_an_answer_of_a_batch_is_read() -> None:
    refused = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}

    def change(_seen: Seen, answer: Json, _reply: Reply) -> Json:
        for entry in answer["entry"]:
            if entry["resource"]["resourceType"] == "Bundle":
                entry["response"]["outcome"] = refused
                entry["resource"] = bundle(total=0)
        return answer

    async with guarded_server(search="batch") as (server, ehr):
        server.on_all(altered(change))
        response = await ehr.send(with_token(server.base))
        assert response.status_code == 412, response.text[:300]


async def test_an_open_server_is_sent_no_token() -> None:
    async with open_server() as (server, ehr):
        assert cards_in(await ehr.send(with_token(server.base)))
        assert server.requests
        assert not any("authorization" in seen.headers for seen in server.requests)


async def test_a_type_that_hangs_does_not_take_the_turns_of_the_others() -> None:
    async with open_server({"fetch_deadline": 1.5}) as (server, ehr):
        server.on("QuestionnaireResponse", silent)
        answers = await asyncio.gather(*(ehr.send(call(server.base)) for _ in range(30)))
        assert {answer.status_code for answer in answers} == {200}
        server.on("QuestionnaireResponse", honest)
        assert not any(INCOMPLETE in card["summary"] for card in cards_in(await ehr.send(call(server.base))))


async def test_what_is_too_large_leaves_its_room_to_what_is_required() -> None:
    async with open_server() as (server, ehr):
        server.on("QuestionnaireResponse", instead(" " * 21_000_000))
        server.on("Condition", delay(0.6))
        assert cards_in(await ehr.send(call(server.base)))


async def test_data_of_another_server_are_refused_whoever_sends_the_patient_along() -> None:
    elsewhere = "https://elsewhere.example.org/fhir"
    both = bundle(
        {"fullUrl": f"{elsewhere}/Patient/{PATIENT_ID}", "resource": patient()},
        {"fullUrl": f"{elsewhere}/Condition/c", "resource": CONDITION},
        total=1,
    )  # fmt: skip
    async with open_server() as (server, ehr):
        server.on("Condition", instead(both))
        response = await ehr.send(call(server.base))
        assert response.status_code == 422


async def test_two_versions_of_one_resource_are_no_repetition() -> None:
    def version(moment: str) -> Json:
        changed = CONDITION | {
            "code": {"text": "no bone"},
            "meta": {"versionId": moment, "lastUpdated": moment},
        }
        return {"resource": changed, "search": {"mode": "match"}}

    once, later = version("2026-11-01T10:00:00Z"), version("2026-11-02T10:00:00Z")
    async with open_server() as (server, ehr):
        server.on("Condition", instead(bundle(once, later, total=2)))
        assert cards_in(await ehr.send(call(server.base))) == []
        server.on("Condition", instead(bundle(once, once, total=2)))
        assert len(cards_in(await ehr.send(call(server.base)))) == 1
