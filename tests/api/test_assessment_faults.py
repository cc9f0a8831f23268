"""Bodies that an assessment refuses (contract 2; hardening J, P)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, Caller
from tests.cds_hooks.record import condition, operation_outcome, patient, spinal_lesion
from tests.contract.served import application

LIMIT = 20_000_000
GOOD = json.dumps(bundle(spinal_lesion("T11"))).encode()


def padded(size: int) -> bytes:
    body = GOOD[:-1] + b', "x": "' + b"y" * (size - len(GOOD) - 9) + b'"}'
    assert len(body) == size
    return body


@pytest.mark.parametrize(
    "body",
    [
        patient(),
        condition(),
        operation_outcome(),
        {"resourceType": "bundle"},
        {"resourceType": "Parameters"},
        {"resourceType": None},
        {"resourceType": ["Bundle"]},
        {"entry": []},
        {},
        [],
        [bundle()],
        None,
        "Bundle",
        5,
    ],
)
async def test_what_is_no_bundle_is_a_400(caller: Caller, body: Any) -> None:
    problem = await caller.problem(ASSESSMENTS, json.dumps(body).encode(), 400)
    assert "p-1" not in str(problem)


@pytest.mark.parametrize("entry", [{}, "x", 5, True, {"resource": {}}])
async def test_a_bundle_whose_entries_are_no_list_is_a_400(caller: Caller, entry: Any) -> None:
    await caller.problem(ASSESSMENTS, {"resourceType": "Bundle", "entry": entry}, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"{",
        GOOD[:-1],
        GOOD + GOOD,
        GOOD + b"x",
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b'"final"', b'"\xff"', 1),
        GOOD.replace(b'"final"', b'"\\ud800"', 1),
        GOOD[:-1] + b', "x": NaN}',
        GOOD[:-1] + b', "x": ' + b"[" * 101 + b"]" * 101 + b"}",
        GOOD[:-1] + b', "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b"PK\x03\x04",
        b"<Bundle xmlns='http://hl7.org/fhir'/>",
    ],
)
async def test_what_cannot_be_read_is_a_400_that_repeats_nothing(caller: Caller, body: bytes) -> None:
    problem = await caller.problem(ASSESSMENTS, body, 400)
    assert "p-1" not in str(problem)
    assert "line 1" not in str(problem)
    assert (await caller.post(ASSESSMENTS, GOOD)).status_code == 200


@pytest.mark.parametrize("times", [1, 2, 6])
async def test_j10_a_subject_that_stands_twice_is_a_400(caller: Caller, times: int) -> None:
    another = b'"subject": {"reference": "Patient/p-2"}, "subject": {'
    await caller.problem(ASSESSMENTS, GOOD.replace(b'"subject": {', another, times), 400)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/fhir+xml", "application/ndjson", "application/x-json", ""]
)
async def test_another_media_type_is_a_415(caller: Caller, media_type: str) -> None:
    problem = await caller.problem(ASSESSMENTS, GOOD, 415, **{"content-type": media_type})
    assert "p-1" not in str(problem)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
async def test_a_compressed_body_is_a_415(caller: Caller, encoding: str) -> None:
    await caller.problem(ASSESSMENTS, b"\x1f\x8b\x08", 415, **{"content-encoding": encoding})


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
async def test_the_limit_is_20_mb(caller: Caller, size: int, status: int) -> None:
    assert (await caller.post(ASSESSMENTS, padded(size))).status_code == status


async def test_and_for_a_body_in_pieces_too(caller: Caller) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 3 * LIMIT:
            sent += 1_000_000
            yield b" " * 1_000_000

    headers = {"content-type": "application/json"}
    response = await caller.client.post(ASSESSMENTS, content=pieces(), headers=headers)
    caller.check("POST", ASSESSMENTS, response)
    assert response.status_code == 413
    assert sent < 2 * LIMIT


async def test_a_limit_can_be_set() -> None:
    caller = Caller(application(max_bundle_bytes=2_000))
    problem = await caller.problem(ASSESSMENTS, b" " * 2_001, 413)
    assert "2,000 bytes" in problem["detail"]


async def test_an_accept_header_changes_no_error(caller: Caller) -> None:
    problem = await caller.problem(ASSESSMENTS, b"{", 400, accept="text/html")
    assert problem["status"] == 400
