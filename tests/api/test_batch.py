"""Many Bundles in one call: each answered as by itself (contract 2; hardening R11)."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from app.audit.witness import HEADER
from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, Caller, pointers
from tests.audit_records.serving import House
from tests.cds_hooks.record import NOW, Json, condition, patient, spinal_lesion, subject
from tests.contract.served import application, talk_to

BATCH = f"{ASSESSMENTS}/batch"
T11, L3 = bundle(spinal_lesion("T11")), bundle(spinal_lesion("L3"), whose=patient("p-1"))
TWO_PATIENTS = bundle([patient("p-2")])
TWO_SUBJECTS = bundle([condition("c-1"), condition("c-2", subject=subject("p-2"))], whose={})
# What may stand as a Bundle: good, contradicting itself, and none.
ANY: dict[str, Any] = {
    "good": T11,
    "two-patients": TWO_PATIENTS,
    "empty": bundle(whose={}),
    "a-patient": patient(),
    "another_good": L3,
    "nothing-in-it": {},
    "entry.of.a.text": {"resourceType": "Bundle", "entry": "x"},
    "two-subjects": TWO_SUBJECTS,
    "odd-entries": {"resourceType": "Bundle", "entry": [None, 5, {"resource": {}}]},
}
NO_OBJECTS: tuple[Any, ...] = (None, 5, True, "Bundle", [], [T11])


def item(name: str, content: Any = T11) -> Json:
    return {"id": name, "bundle": content}


def batch(items: Iterable[Any]) -> Json:
    return {"items": list(items)}


async def items_of(caller: Caller, body: Any, **headers: str) -> list[Json]:
    response = await caller.post(BATCH, body, **headers)
    assert response.status_code == 200, response.text[:300]
    assert response.headers["content-type"] == "application/json"
    found: list[Json] = response.json()["items"]
    return found


def alike(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "decision_id"}


async def test_each_is_answered_as_by_itself_in_the_order_sent(caller: Caller) -> None:
    found = await items_of(caller, batch(item(name, content) for name, content in ANY.items()))
    assert [one["id"] for one in found] == list(ANY)
    for number, (one, content) in enumerate(zip(found, ANY.values(), strict=True)):
        alone = await caller.post(ASSESSMENTS, content)
        assert one["status"] == alone.status_code
        if one["status"] == 200:
            assert set(one) == {"id", "status", "decision_id", "assessment"}
            assert alike(one["assessment"]) == alike(alone.json())
            assert one["decision_id"] == one["assessment"]["decision_id"]
            continue
        assert set(one) == {"id", "status", "decision_id", "problem"}
        wanted: Json = alone.json()
        for error in wanted["errors"]:
            error["pointer"] = f"/items/{number}/bundle{error['pointer']}"
        assert one["problem"] == wanted
    assert {one["status"] for one in found} == {200, 400, 422}
    assert len({one["decision_id"] for one in found}) == len(found)


@pytest.mark.parametrize("content", NO_OBJECTS)
async def test_what_is_no_object_is_that_items_own_400(caller: Caller, content: Any) -> None:
    first, second, third = await items_of(caller, batch([item("a"), item("b", content), item("c", L3)]))
    assert (first["status"], second["status"], third["status"]) == (200, 400, 200)
    assert pointers(second["problem"]) == {"/items/1/bundle"}


async def test_an_item_without_a_bundle_is_its_own_400(caller: Caller) -> None:
    first, second = await items_of(caller, batch([{"id": "a"}, item("b")]))
    assert (first["status"], second["status"]) == (400, 200)
    assert pointers(first["problem"]) == {"/items/0/bundle"}
    assert first["problem"]["type"].endswith("/unreadable")


@pytest.mark.parametrize("accept", ["application/fhir+json", "*/*", "text/html"])
async def test_it_answers_in_json_whatever_is_accepted(caller: Caller, accept: str) -> None:
    (found,) = await items_of(caller, batch([item("a")]), accept=accept)
    assert found["assessment"]["lesions"]


async def test_both_media_types_of_a_body_are_taken(caller: Caller) -> None:
    for media_type in ("application/json", "application/fhir+json"):
        headers = {"content-type": media_type}
        response = await caller.call("POST", BATCH, batch([item("a")]), headers)
        assert response.status_code == 200


# -- R11: how many -------------------------------------------------------------------------------------------


async def test_r11_a_hundred_are_answered_and_one_more_is_a_413(caller: Caller) -> None:
    empty = bundle()
    hundred = [item(f"p{number}", empty) for number in range(100)]
    found = await items_of(caller, batch(hundred))
    assert [one["id"] for one in found] == [one["id"] for one in hundred]
    assert {one["status"] for one in found} == {200}
    problem = await caller.problem(BATCH, batch([*hundred, item("more", empty)]), 413)
    assert pointers(problem) == {"/items"}
    assert "100" in problem["detail"]


async def test_r11_too_many_are_too_many_whatever_they_are(caller: Caller) -> None:
    await caller.problem(BATCH, batch([None] * 101), 413)
    await caller.problem(BATCH, batch([None] * 100), 422)


async def test_the_limit_of_the_body_is_that_of_one_bundle(caller: Caller) -> None:
    size = 20_000_000
    body = json.dumps(batch([item("a")])).encode()
    for length, status in ((size, 422), (size + 1, 413)):
        padded = body[:-1] + b', "x": "' + b"y" * (length - len(body) - 9) + b'"}'
        assert len(padded) == length
        await caller.problem(BATCH, padded, status)


# -- what is no batch ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [[], [item("a")], None, "items", 5, True])
async def test_what_is_no_object_is_a_400(caller: Caller, body: Any) -> None:
    await caller.problem(BATCH, json.dumps(body).encode(), 400)


REFUSED: dict[str, tuple[Any, set[str]]] = {
    "nothing": ({}, {"/items"}),
    "no list": ({"items": {}}, {"/items"}),
    "null": ({"items": None}, {"/items"}),
    "an empty list": ({"items": []}, {"/items"}),
    "a Bundle": (T11, {"/items", "", "/type", "/entry"}),
    "another member": ({**batch([item("a")]), "mode": 1}, {"/mode"}),
    "a member that looks like a person": ({**batch([item("a")]), "Doe, Jane": 1}, {""}),
    "an item that is a text": (batch(["a"]), {"/items/0"}),
    "an item that is a list": (batch([item("a"), []]), {"/items/1"}),
    "an item that is a Bundle": (
        batch([T11]),
        {"/items/0/id", "/items/0", "/items/0/type", "/items/0/entry"},
    ),
    "another member of an item": (batch([item("a"), {**item("b"), "extra": 1}]), {"/items/1/extra"}),
    "no id": (batch([{"bundle": T11}]), {"/items/0/id"}),
    "an id twice": (batch([item("a"), item("b"), item("a"), item("b")]), {"/items/2/id", "/items/3/id"}),
    "several faults": (
        batch([item(""), None, item("ok")]) | {"more": 1},
        {"/items/0/id", "/items/1", "/more"},
    ),
}


@pytest.mark.parametrize("row", REFUSED)
async def test_items_that_cannot_be_told_apart_refuse_the_whole(caller: Caller, row: str) -> None:
    body, places = REFUSED[row]
    problem = await caller.problem(BATCH, body, 422)
    assert pointers(problem) == places
    assert "Jane" not in json.dumps(problem)


@pytest.mark.parametrize("name", ["a", "0", "x" * 64, "A.b_c-9", "-", ".", ".."])
async def test_ids_that_are_taken(caller: Caller, name: str) -> None:
    (found,) = await items_of(caller, batch([item(name, {})]))
    assert found["id"] == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a/b", "ä", "a\n", "é", "a:b", None, 5, True, [], {}])
async def test_ids_that_are_refused_and_not_repeated(caller: Caller, name: Any) -> None:
    problem = await caller.problem(BATCH, batch([item(name)]), 422)
    assert pointers(problem) == {"/items/0/id"}
    assert "xxx" not in str(problem)


async def test_a_batch_of_nothing_but_faults_names_twenty(caller: Caller) -> None:
    problem = await caller.problem(BATCH, batch([{}] * 100), 422)
    assert len(problem["errors"]) == 20


async def test_a_name_twice_within_one_item_refuses_the_whole(caller: Caller) -> None:
    body = json.dumps(batch([item("a"), item("b", L3)])).encode()
    twice = body.replace(b'"resourceType": "Bundle"', b'"type": "x", "resourceType": "Bundle"', 1)
    await caller.problem(BATCH, twice, 400)


# -- one costs the others nothing ----------------------------------------------------------------------------


async def test_a_failure_within_one_item_is_its_own_500() -> None:
    told: list[None] = []

    def clock() -> datetime:
        told.append(None)
        if len(told) == 2:
            raise RuntimeError("secret text")
        return NOW

    client = talk_to(application(clock))
    response = await client.post(BATCH, json=batch(item(name) for name in ("a", "b", "c")))
    first, second, third = response.json()["items"]
    assert (response.status_code, first["status"], third["status"]) == (200, 200, 200)
    assert second["status"] == second["problem"]["status"] == 500
    assert second["problem"]["instance"].startswith("urn:uuid:")
    assert second["problem"]["errors"][0]["pointer"] == "/items/1/bundle"
    assert "secret" not in response.text


async def test_where_no_record_can_be_kept_no_assessment_leaves() -> None:
    house = House(full=True)
    response = await house.post(BATCH, batch([item("a"), item("b", {})]))
    found = response.json()["items"]
    assert [one["status"] for one in found] == [503, 503]
    assert [set(one) for one in found] == [{"id", "status", "decision_id", "problem"}] * 2


async def test_others_are_answered_between_its_items() -> None:
    app = application()
    client = talk_to(app)
    turns = 0
    ended = asyncio.Event()

    async def other() -> None:
        nonlocal turns
        while not ended.is_set():
            turns += 1
            await asyncio.sleep(0)

    watching = asyncio.ensure_future(other())
    response = await client.post(BATCH, json=batch(item(f"p{number}") for number in range(30)))
    ended.set()
    await watching
    assert response.status_code == 200
    assert turns >= 30


async def test_it_stops_when_the_caller_goes_away() -> None:
    house = House()
    body = json.dumps(batch(item(f"p{number}") for number in range(50))).encode()
    said = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in said:
            return message
        # Gone after the third; where a batch ends before that, nobody listens any longer.
        while len(house.lines) < 3:  # noqa: ASYNC110  records are kept in a thread, and tell no loop
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None: ...

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "method": "POST", "path": BATCH, "query_string": b"", "headers": headers}
    await house.app(scope, receive, send)
    assert 3 <= len(house.lines) < 10


# -- records -------------------------------------------------------------------------------------------------


async def test_every_item_leaves_the_record_that_it_would_leave_alone() -> None:
    house, alone = House(), House()
    response = await house.post(BATCH, batch(item(name, content) for name, content in ANY.items()))
    assert HEADER not in response.headers
    for content in ANY.values():
        # The digest of a request is of its very bytes, which here are those of the batch.
        await alone.post(ASSESSMENTS, json.dumps(content, separators=(",", ":")).encode())
    records, wanted = ([json.loads(line) for line in kept.lines] for kept in (house, alone))
    ids = [one["decision_id"] for one in response.json()["items"]]
    assert [one["decision_id"] for one in records] == ids
    of_each_call = ("decision_id", "answered_at", "milliseconds")
    for one in (*records, *wanted):
        for name in of_each_call:
            del one[name]
    assert records == wanted


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b"{}", 422)])
async def test_a_batch_that_is_refused_leaves_one_record(body: bytes, status: int) -> None:
    house = House()
    response = await house.post(BATCH, body)
    record = house.record
    assert response.status_code == record["status"] == status
    assert response.headers[HEADER] == record["decision_id"]
    assert (record["kind"], record["service"]) == ("assessment", "assessments-batch")
