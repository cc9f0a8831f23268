"""A large body is judged while others are answered; a small one where it is."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI

from app.aside import LARGE_BYTES, MANY_SITES, Aside, is_large
from app.fhir.server.outside import Outside
from app.main import create_app
from app.settings import Profile, Settings
from tests.api.bundle import bundle
from tests.cds_hooks.hook_request import ONE_OF, SERVICE, hook_request
from tests.cds_hooks.record import NOW, Json, condition, site_of, spinal_lesion
from tests.contract.served import talk_to
from tests.metrics.counted import value

PATIENCE = 30.0
RECORD = spinal_lesion("T11")
PADDING = [{**ONE_OF["observations"], "id": f"o-{n}", "note": [{"text": "x" * 1_000}]} for n in range(300)]


def batch(*resources: Json) -> Json:
    return {"items": [{"id": "one", "bundle": bundle(resources)}, {"id": "two", "bundle": bundle(resources)}]}


SMALL: dict[str, Json] = {
    SERVICE: hook_request(RECORD),
    "/api/v1/assessments": bundle(RECORD),
    "/api/v1/assessments/batch": batch(*RECORD),
}
LARGE: dict[str, Json] = {
    SERVICE: hook_request([*RECORD, *PADDING]),
    "/api/v1/assessments": bundle([*RECORD, *PADDING]),
    "/api/v1/assessments/batch": batch(*RECORD, *PADDING),
}


class Gate:
    """A clock that, once it is shut, waits for somebody to let it tell the time."""

    def __init__(self) -> None:
        self.shut = False
        self.reached = asyncio.Event()
        self.threads: set[threading.Thread] = set()
        self.let_through: list[bool] = []
        self._open = threading.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self) -> datetime:
        self.threads.add(threading.current_thread())
        if self.shut:
            self._loop.call_soon_threadsafe(self.reached.set)
            self.let_through.append(self._open.wait(PATIENCE))
        return NOW

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def gate() -> Gate:
    return Gate()


@pytest.fixture
async def service(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FastAPI]:
    for name in [name for name in os.environ if name.startswith("SPINE_METS_")]:
        monkeypatch.delenv(name)
    # By this clock decisions are dated, at the beginning of the work of each call.
    app = create_app(Settings(profile=Profile.DEMO, database="sqlite://"), lambda: NOW, Outside(gate))
    yield app
    app.state.shared.close()


def judged_here(app: FastAPI) -> bool:
    """Whether a rule was judged in the thread that serves."""
    return hasattr(app.state.shared.metrics.rule_costs._of_thread, "spent")


@pytest.mark.parametrize("path", sorted(LARGE))
async def test_another_request_is_answered_while_a_large_body_is_judged(
    service: FastAPI, gate: Gate, path: str
) -> None:
    gate.shut = True
    async with talk_to(service) as client:
        judging = asyncio.create_task(client.post(path, json=LARGE[path]))
        await gate.reached.wait()
        # What is being judged goes on only when this has been answered.
        assert (await client.get("/health/live")).status_code == 200
        assert not judging.done()
        gate.open()
        answer = await judging
    assert answer.status_code == 200
    assert set(gate.let_through) == {True}
    assert threading.current_thread() not in gate.threads
    assert not judged_here(service)


@pytest.mark.parametrize("path", sorted(SMALL))
async def test_a_small_body_is_judged_where_it_is(service: FastAPI, gate: Gate, path: str) -> None:
    async with talk_to(service) as client:
        assert (await client.post(path, json=SMALL[path])).status_code == 200
    assert gate.threads == {threading.current_thread()}
    assert judged_here(service)


@pytest.mark.parametrize("path", sorted(LARGE))
async def test_it_is_answered_as_a_small_one_is(service: FastAPI, path: str) -> None:
    async with talk_to(service) as client:
        small, large = [(await client.post(path, json=body[path])) for body in (SMALL, LARGE)]
    assert large.headers.keys() == small.headers.keys()
    assert without_ids(large.json()) == without_ids(small.json())


def without_ids(document: Any) -> Any:
    """An answer without the ids of its decisions."""
    if isinstance(document, dict):
        return {k: without_ids(v) for k, v in document.items() if k not in ("decision_id", "uuid")}
    return [without_ids(one) for one in document] if isinstance(document, list) else document


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        (SERVICE, b"{" + b" " * LARGE_BYTES, 400),
        (SERVICE, json.dumps(hook_request([*RECORD, *PADDING], patient_id="p-2")).encode(), 422),
        ("/api/v1/assessments", b"[" + b" " * LARGE_BYTES, 400),
        ("/api/v1/assessments/batch", b'{"items": []}' + b" " * LARGE_BYTES, 422),
    ],
)
async def test_what_is_wrong_with_it_is_said_and_names_the_decision(
    service: FastAPI, gate: Gate, path: str, content: bytes, status: int
) -> None:
    async with talk_to(service) as client:
        answer = await client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert "x-decision-id" in answer.headers
    assert threading.current_thread() not in gate.threads


async def test_a_call_that_is_cancelled_leaves_room_for_others(service: FastAPI, gate: Gate) -> None:
    gate.shut = True
    async with talk_to(service) as client:
        given_up = asyncio.create_task(client.post(SERVICE, json=LARGE[SERVICE]))
        await gate.reached.wait()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        gate.open()
        answers = await asyncio.gather(*(client.post(SERVICE, json=LARGE[SERVICE]) for _ in range(6)))
        page = (await client.get("/metrics")).text
    assert [answer.status_code for answer in answers] == [200] * 6
    # What was given up was answered by nobody, so it is no decision.
    assert value(page, "cds_requests_total") == 6


async def test_no_more_than_four_are_in_progress_at_once() -> None:
    aside, inside, most = Aside(), 0, 0
    large = b" " * (LARGE_BYTES + 1)

    async def call() -> None:
        nonlocal inside, most
        async with aside.turn(large) as run:
            inside += 1
            most = max(most, inside)
            await run(lambda: None)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(12)))
    aside.close()
    assert most == 4


def test_a_body_is_large_by_its_bytes_or_by_the_sites_it_names() -> None:
    sites = [condition(f"c-{n}", site=site_of("12989004")) for n in range(MANY_SITES + 1)]
    assert not is_large(json.dumps(bundle(sites[:-1])).encode())
    assert is_large(json.dumps(bundle(sites)).encode())
    structures = [{"resourceType": "BodyStructure", "id": f"b-{n}"} for n in range(MANY_SITES + 1)]
    assert not is_large(json.dumps(bundle(structures[:-1])).encode())
    assert is_large(json.dumps(bundle(structures)).encode())
    assert is_large(json.dumps(bundle([*sites[:-1], structures[0]])).encode())
    assert not is_large(b" " * LARGE_BYTES)
    assert is_large(b" " * (LARGE_BYTES + 1))
