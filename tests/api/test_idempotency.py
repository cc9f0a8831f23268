"""Idempotency-Key: the same request again has the same answer again (hardening R03, R04, R05)."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import httpx2
import pytest
from fastapi import FastAPI

from app.audit.witness import HEADER
from app.fhir.server.outside import Outside
from app.trust.api_keys import new_api_key
from tests.adversary.doors import Door, doors
from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, SCORES, Caller
from tests.api.patient_server import ASKED, Doctor, Hospital, fhir, service
from tests.cds_hooks.record import searchset, spinal_lesion
from tests.contract.served import application, talk_to
from tests.trust.issuing import Clock

KEY = '"8e03978e-40d5-43e8-bc93-6894a57f9324"'
SINS = f"{SCORES}/sins"
BATCH = f"{ASSESSMENTS}/batch"
T11, L3 = bundle(spinal_lesion("T11")), bundle(spinal_lesion("L3"))
REPLAYED = "idempotency-replayed"
SECRET = "a secret of these tests that is long enough"  # noqa: S105  made up for the tests


async def send(
    client: httpx.AsyncClient, path: str, body: Any, key: str | None = None, **more: str
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    keyed = client.headers.get("idempotency-key", KEY) if key is None else key
    headers = {"content-type": "application/json", "idempotency-key": keyed, **more}
    return await client.post(path, content=content, headers=headers)


def rest_doors(app: FastAPI) -> list[Door]:
    return [one for one in doors(app) if one.path.startswith("/api/v1/") and one.answer == 200]


def kept_in(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT key, request, owner, until, answer FROM idempotency_keys"
        ).fetchall()


def files_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    """A caller who sends one key with everything, new for each test."""
    made = talk_to(app)
    made.headers["idempotency-key"] = f'"{uuid4()}"'
    return made


# -- R03: the same again -------------------------------------------------------------------------------------


async def test_r03_every_address_gives_the_same_answer_again(app: FastAPI) -> None:
    client = talk_to(app)
    for door in rest_doors(app):
        first = await send(client, door.path, door.body, f'"{door.path}"')
        again = await send(client, door.path, door.body, f'"{door.path}"')
        other = await send(client, door.path, door.body, f'"{door.path} other"'.replace(" ", "-"))
        assert first.status_code == again.status_code == 200, door.path
        assert again.content == first.content
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers.get(HEADER) == first.headers.get(HEADER)
        assert again.headers["content-length"] == str(len(again.content))
        assert REPLAYED not in first.headers
        assert again.headers[REPLAYED] == "true"
        assert REPLAYED not in other.headers
        if HEADER in first.headers:
            assert other.headers[HEADER] != first.headers[HEADER]
        else:
            assert other.content != first.content


async def test_r03_without_a_key_every_call_is_a_decision_of_its_own(app: FastAPI) -> None:
    client = talk_to(app)
    first, again = [await client.post(SINS, json={}) for _ in range(2)]
    assert first.headers[HEADER] != again.headers[HEADER]
    assert REPLAYED not in again.headers


async def test_r03_the_fhir_form_is_given_again_as_such(client: httpx.AsyncClient) -> None:
    first, again = [await send(client, ASSESSMENTS, T11, accept="application/fhir+json") for _ in range(2)]
    assert again.content == first.content
    assert again.headers["content-type"] == "application/fhir+json"
    assert again.headers[HEADER] == first.headers[HEADER]


@pytest.mark.parametrize(("hours", "same"), [(23.999, True), (24, False)])
async def test_r03_for_24_hours(hours: float, same: bool) -> None:
    clock = Clock()
    client = talk_to(service(Outside(clock)))
    first = await send(client, SINS, {})
    clock.on(hours=hours)
    again = await send(client, SINS, {})
    assert (again.headers[HEADER] == first.headers[HEADER]) is same
    assert (REPLAYED in again.headers) is same


async def test_r03_after_24_hours_the_key_is_free_for_another_request() -> None:
    clock = Clock()
    client = talk_to(service(Outside(clock)))
    await send(client, SINS, {})
    clock.on(hours=24)
    assert (await send(client, SINS, {"pain": "none"})).status_code == 200


async def test_r03_on_another_replica_and_after_a_restart(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'kept.db'}"
    first, second = (talk_to(application(database=address, pseudonym_key=SECRET)) for _ in range(2))
    one = await send(first, SINS, {})
    assert (await send(second, SINS, {})).content == one.content
    third = talk_to(application(database=address, pseudonym_key=SECRET))
    assert (await send(third, SINS, {})).headers[HEADER] == one.headers[HEADER]


# -- R04: another request ------------------------------------------------------------------------------------

OTHER: dict[str, tuple[str, Any, dict[str, str]]] = {
    "another body": (ASSESSMENTS, L3, {}),
    "the same in other bytes": (ASSESSMENTS, json.dumps(T11, indent=1).encode(), {}),
    "another address": (SINS, T11, {}),
    "the other form": (ASSESSMENTS, T11, {"accept": "application/fhir+json"}),
}


@pytest.mark.parametrize("row", OTHER)
async def test_r04_another_request_under_the_key_is_a_422(client: httpx.AsyncClient, row: str) -> None:
    first = await send(client, ASSESSMENTS, T11)
    path, body, headers = OTHER[row]
    refused = await send(client, path, body, **headers)
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"].endswith("/keyreused")
    assert [one["code"] for one in problem["errors"]] == ["conflict"]
    assert HEADER not in refused.headers
    assert (await send(client, ASSESSMENTS, T11)).content == first.content


async def test_r04_quotes_are_no_part_of_the_key(client: httpx.AsyncClient) -> None:
    first = await send(client, SINS, {}, '"a-key"')
    assert (await send(client, SINS, {}, "a-key")).headers[HEADER] == first.headers[HEADER]
    assert (await send(client, SINS, {}, "A-key")).headers[HEADER] != first.headers[HEADER]


# -- R05: in flight ------------------------------------------------------------------------------------------


class Waiting(Doctor):
    """Asks a hospital whose conditions come when they are let go."""

    def __init__(self, **settings: Any) -> None:
        hospital = Hospital(spinal_lesion("T11"))
        super().__init__(hospital, None, **settings)
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()
        record = [one for one in hospital.resources if one["resourceType"] == "Condition"]

        async def later(_request: httpx2.Request) -> httpx2.Response:
            self.asked.set()
            await self.let_go.wait()
            return fhir(searchset(record))

        hospital.instead = {"Condition": later}

    async def keyed(self, body: Any = ASKED) -> httpx.Response:
        return await self.ask(body, **{"idempotency-key": KEY})


async def test_r05_the_same_request_in_flight_is_a_409() -> None:
    doctor = Waiting()
    first = asyncio.ensure_future(doctor.keyed())
    await doctor.asked.wait()
    second = await doctor.keyed()
    assert second.status_code == 409
    assert int(second.headers["retry-after"]) >= 1
    assert second.json()["type"].endswith("/keyinuse")
    assert (await doctor.keyed({"patient": "p-2"})).status_code == 422
    doctor.let_go.set()
    answered = await first
    assert answered.status_code == 200
    again = await doctor.keyed()
    assert (again.content, again.headers[REPLAYED]) == (answered.content, "true")


async def test_r05_a_call_that_broke_off_frees_the_key() -> None:
    doctor = Waiting()
    first = asyncio.ensure_future(doctor.keyed())
    await doctor.asked.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    doctor.let_go.set()
    again = await doctor.keyed()
    assert again.status_code == 200
    assert REPLAYED not in again.headers


@pytest.mark.parametrize(("seconds", "status"), [(59.9, 409), (60, 200)])
async def test_r05_a_call_that_died_holds_the_key_for_a_minute(seconds: float, status: int) -> None:
    # As after the end of its process: it neither answers nor frees.
    doctor = Waiting()
    first = asyncio.ensure_future(doctor.keyed())
    await doctor.asked.wait()
    doctor.clock.move(seconds)
    doctor.hospital.instead = {}
    again = await doctor.keyed()
    assert again.status_code == status
    doctor.let_go.set()
    # Its own late answer takes nothing from the one that is kept.
    assert (await first).status_code == 200
    last = await doctor.keyed()
    assert (last.status_code, last.headers[REPLAYED]) == (200, "true")
    assert last.content == (again if status == 200 else await first).content


# -- what is not kept ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "bad", "good"),
    [(SINS, {"pain": "x"}, {}), (SINS, b"{", {}), (ASSESSMENTS, {}, T11), (BATCH, {}, {"items": []})],
)
async def test_a_refusal_frees_the_key(client: httpx.AsyncClient, path: str, bad: Any, good: Any) -> None:
    refused = [await send(client, path, bad) for _ in range(2)]
    assert {one.status_code for one in refused} <= {400, 422}
    assert refused[0].headers[HEADER] != refused[1].headers[HEADER]
    then = await send(client, path, good)
    assert then.json().get("type", "").rpartition("/")[2] != "keyreused"
    assert REPLAYED not in then.headers


async def test_a_batch_with_a_failure_of_the_service_is_answered_anew() -> None:
    clock = Clock()
    fails = iter([True])

    def judged_at() -> Any:
        if next(fails, False):
            raise RuntimeError("once")
        return clock()

    client = talk_to(application(judged_at))
    body = {"items": [{"id": "a", "bundle": T11}, {"id": "b", "bundle": {}}]}
    first, second, third = [await send(client, BATCH, body) for _ in range(3)]
    assert [one["status"] for one in first.json()["items"]] == [500, 400]
    assert [one["status"] for one in second.json()["items"]] == [200, 400]
    assert (REPLAYED in second.headers, third.headers[REPLAYED]) == (False, "true")
    assert third.content == second.content


async def test_other_methods_and_other_rooms_know_no_key(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        response = await client.get(SINS, headers={"idempotency-key": "not a key at all"})
        assert response.status_code == 200
        assert REPLAYED not in response.headers
    assert (await send(client, "/cds-services/none", {}, "no key")).status_code == 404
    assert (await send(client, f"{SCORES}/none", {}, "no key")).status_code in (404, 405)


async def test_a_body_that_is_not_taken_claims_nothing(client: httpx.AsyncClient) -> None:
    refused = await client.post(SINS, content=b"{}")
    assert refused.status_code == 415
    assert (await send(client, SINS, b" " * 64_001)).status_code == 413
    assert (await send(client, SINS, {})).status_code == 200


# -- the header ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ['"a"', "a", '"' + "x" * 128 + '"', "x" * 128, r'"a\"b\\c"', "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "1"]
)
async def test_keys_that_are_taken(client: httpx.AsyncClient, key: str) -> None:
    first, again = [await send(client, SINS, {}, key) for _ in range(2)]
    assert first.status_code == again.status_code == 200
    assert again.headers[REPLAYED] == "true"


@pytest.mark.parametrize(
    "key",
    [
        *("", '""', '"', '"a', 'a"', '"a"b', '"a" "b"', '"a", "b"', "a b", '"a b"', "x" * 129, r'"a\b"'),
        *('"' + "x" * 129 + '"', "a\tb", '"a\\"', '"a";p=1', "\\"),
    ],
)
async def test_keys_that_are_refused_and_not_repeated(client: httpx.AsyncClient, key: str) -> None:
    refused = await send(client, SINS, {}, key)
    assert refused.status_code == 400
    assert refused.json()["type"].endswith("/keyunreadable")
    assert "xxx" not in refused.text
    assert HEADER not in refused.headers


async def test_two_keys_and_letters_of_other_scripts_are_refused(client: httpx.AsyncClient) -> None:
    for headers in ([("idempotency-key", "a"), ("idempotency-key", "a")], [("idempotency-key", b"\xc3\xa4")]):
        sent: Any = [("content-type", "application/json"), *headers]
        assert (await client.post(SINS, content=b"{}", headers=sent)).status_code == 400


async def test_the_document_describes_it(caller: Caller) -> None:
    for path, operations in caller.document["paths"].items():
        for method, operation in operations.items():
            keyed = [one for one in operation.get("parameters", ()) if one["name"] == "Idempotency-Key"]
            wanted = method == "post" and path.startswith("/api/v1/")
            assert bool(keyed) is wanted, (method, path)
            assert ("409" in operation["responses"]) is wanted
            if wanted:
                assert "Idempotency-Replayed" in operation["responses"]["200"]["headers"]
                assert "503" in operation["responses"]
                pattern = keyed[0]["schema"]["pattern"]
                assert re.search(pattern, keyed[0]["example"])
                assert not re.search(pattern, "a b")


async def test_a_browser_may_send_it_and_see_what_comes_of_it() -> None:
    origin = "https://registry.example.org"
    client = talk_to(application(cors_origins=(origin,)))
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,idempotency-key",
    }
    assert (await client.options(SINS, headers=asked)).status_code == 200
    response = await send(client, SINS, {}, origin=origin)
    assert REPLAYED in response.headers["access-control-expose-headers"].lower()


# -- whose key it is -----------------------------------------------------------------------------------------


async def test_a_key_of_one_caller_is_nothing_to_another() -> None:
    made = [new_api_key(name) for name in ("registry-1", "registry-2")]
    entries = [
        {"id": name, "digest": digest, "scopes": ["cds/evaluate"]}
        for name, (_key, digest) in zip(("registry-1", "registry-2"), made, strict=True)
    ]
    client = talk_to(application(authentication="service", api_keys=tuple(entries)))
    first, second = [await send(client, SINS, {}, **{"x-api-key": key}) for key, _digest in made]
    assert first.status_code == second.status_code == 200
    assert first.headers[HEADER] != second.headers[HEADER]
    # Not even whether another used it.
    assert (await send(client, SINS, {"pain": "none"}, **{"x-api-key": made[1][0]})).status_code == 422
    again = await send(client, SINS, {}, **{"x-api-key": made[0][0]})
    assert again.headers[HEADER] == first.headers[HEADER]
    assert (await send(client, SINS, {})).status_code == 401


# -- at rest, and where the database fails -------------------------------------------------------------------


async def test_the_database_tells_nothing_of_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    client = talk_to(application(database=f"sqlite:///{path}", pseudonym_key=SECRET))
    answered = await send(client, ASSESSMENTS, T11)
    ((key, request, owner, _until, answer),) = kept_in(path)
    assert (len(key), len(request), len(owner)) == (64, 64, 32)
    assert len(answer) < len(answered.content) / 2
    assert KEY.strip('"').encode() not in files_of(tmp_path)
    for word in (b"unstable", b"lesions", b"decision_id", b"p-1"):
        assert word in answered.content
        assert word not in answer
    await send(client, ASSESSMENTS, T11, '"another"')
    first, second = (row[4] for row in kept_in(path))
    assert first[:16] != second[:16]


async def test_r05_where_the_database_fails_nothing_is_computed(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    client = talk_to(application(database=f"sqlite:///{path}", audit_failure="open"))
    spoil(path, "ALTER TABLE idempotency_keys RENAME TO away")
    refused = await send(client, SINS, {})
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert HEADER not in refused.headers
    assert refused.json()["type"].endswith("/answernotkept")
    assert (await client.post(SINS, json={})).status_code == 200
    spoil(path, "ALTER TABLE away RENAME TO idempotency_keys")
    assert (await send(client, SINS, {})).status_code == 200


async def test_an_answer_that_cannot_be_kept_leaves_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    doctor = Waiting(database=f"sqlite:///{path}")
    first = asyncio.ensure_future(doctor.keyed())
    await doctor.asked.wait()
    spoil(path, "ALTER TABLE idempotency_keys RENAME TO away")
    doctor.let_go.set()
    assert (await first).status_code == 200
    spoil(path, "ALTER TABLE away RENAME TO idempotency_keys")
    assert (await doctor.keyed()).status_code == 409
    doctor.clock.move(60)
    assert (await doctor.keyed()).status_code == 200


async def test_an_answer_that_was_changed_is_not_given_out(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    client = talk_to(application(database=f"sqlite:///{path}"))
    await send(client, SINS, {}, '"one"')
    await send(client, SINS, {}, '"two"')
    (one, _), (two, _) = ((row[0], row[4]) for row in kept_in(path))
    spoil(
        path,
        "UPDATE idempotency_keys SET answer = (SELECT answer FROM idempotency_keys other "  # noqa: S608  two digests
        f"WHERE other.key = '{two}') WHERE key = '{one}'",
    )
    statuses = [(await send(client, SINS, {}, key)).status_code for key in ('"one"', '"two"')]
    assert sorted(statuses) == [200, 503]


async def test_nothing_is_opened_where_nobody_sends_a_key(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    client = talk_to(application(database=f"sqlite:///{path}"))
    await client.post(SINS, json={})
    assert kept_in(path) == []
