"""Nothing of a person in a log, an error or a header (hardening T16 to T18, O06, O07, O11)."""

import itertools
import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.logs import ALLOWED_FIELDS
from tests.api.caller import ASSESSMENTS, SCORES
from tests.cds_hooks.hook_request import DISCOVERY, SERVICE
from tests.cds_hooks.record import NOW, Json
from tests.privacy.canary import (
    FREE_TEXT,
    HEADERS,
    MRN,
    NAME,
    TOKEN,
    marked_bundle,
    marked_request,
    replaced,
    texts,
    traces,
)
from tests.privacy.service_log import ServiceLog

REQUEST_PATHS = sorted(texts(marked_request()), key=str)
BUNDLE_PATHS = sorted(texts(marked_bundle()), key=str)
FAILED = "The service failed; its log has more under the id of this answer."


def headers_of(response: httpx.Response) -> str:
    return json.dumps(dict(response.headers))


async def test_a_good_call_full_of_a_person(log: ServiceLog) -> None:
    client = log.client()
    for path, body in ((SERVICE, marked_request()), (ASSESSMENTS, marked_bundle())):
        response = await client.post(path, json=body, headers=HEADERS)
        assert response.status_code == 200
        # Ids of resources and dates of findings are shown; nothing else of the record ever is.
        assert traces(response.text, headers_of(response)) == []
    assert traces(log.text) == []
    assert [line["event"] for line in log.lines] == ["hook"]


async def test_every_text_of_a_request_in_turn(log: ServiceLog) -> None:
    client = log.client()
    statuses: set[int] = set()
    for path in REQUEST_PATHS:
        for value in (f"{NAME} {MRN}", FREE_TEXT):
            response = await client.post(
                SERVICE, json=replaced(marked_request(), path, value), headers=HEADERS
            )
            statuses.add(response.status_code)
            assert response.status_code < 500, path
            shown = "" if response.status_code == 200 else response.text
            assert traces(shown, headers_of(response)) == [], path
    assert traces(log.text) == []
    assert statuses == {200, 400, 422}


async def test_every_text_of_a_bundle_in_turn(log: ServiceLog) -> None:
    client = log.client()
    statuses: set[int] = set()
    for path in BUNDLE_PATHS:
        response = await client.post(
            ASSESSMENTS, json=replaced(marked_bundle(), path, f"{NAME} {MRN}"), headers=HEADERS
        )
        statuses.add(response.status_code)
        assert response.status_code < 500, path
        shown = "" if response.status_code == 200 else response.text
        assert traces(shown, headers_of(response)) == [], path
    assert traces(log.text) == []
    assert statuses == {200, 400, 422}


BAD: list[tuple[str, str, Any]] = [
    ("POST", SERVICE, b"{" + json.dumps(marked_request()).encode()),
    ("POST", SERVICE, json.dumps(marked_request()).encode() + b"}"),
    ("POST", SERVICE, json.dumps(marked_request()).replace("Patient/p-1", f"Patient/{MRN}").encode()),
    ("POST", SERVICE, json.dumps(marked_request()).encode().replace(b"final", b"\xff")),
    ("POST", SERVICE, json.dumps([marked_request()]).encode()),
    ("POST", SERVICE, {**marked_request(), "hook": NAME}),
    ("POST", SERVICE, {**marked_request(), "hookInstance": MRN}),
    ("POST", SERVICE, {**marked_request(), "context": FREE_TEXT}),
    ("POST", SERVICE, {**marked_request(), "prefetch": {NAME: FREE_TEXT}}),
    ("POST", SERVICE, {**marked_request(), "prefetch": NAME}),
    ("POST", SERVICE, {**marked_request(), "fhirAuthorization": TOKEN}),
    ("POST", SERVICE, {NAME: MRN}),
    ("POST", f"{DISCOVERY}/{MRN}", marked_request()),
    ("GET", f"{SERVICE}?patient={MRN}&name={NAME}", None),
    ("PUT", f"{SERVICE}?patient={MRN}", marked_request()),
    ("POST", ASSESSMENTS, [marked_bundle()]),
    ("POST", ASSESSMENTS, {**marked_bundle(), "resourceType": NAME}),
    ("POST", f"{ASSESSMENTS}/{MRN}", marked_bundle()),
    ("GET", f"{ASSESSMENTS}?patient={MRN}", None),
    ("POST", f"{SCORES}/sins", {NAME: "x"}),
    ("POST", f"{SCORES}/sins", {MRN: "x", "pain": FREE_TEXT}),
    ("POST", f"{SCORES}/sins", {"pain": [NAME], "level": MRN, "lesion": {NAME: TOKEN}}),
    ("POST", f"{SCORES}/{MRN}", {}),
    ("GET", f"{SCORES}/{MRN}", None),
    ("GET", f"{SCORES}/{MRN}/questionnaire?name={NAME}", None),
    ("GET", f"/{NAME}/{MRN}?token={TOKEN}", None),
    ("GET", f"/demo/patients/{MRN}", None),
    ("GET", f"/static/{NAME}.js", None),
]


@pytest.mark.parametrize("number", range(len(BAD)))
async def test_every_kind_of_error(log: ServiceLog, number: int) -> None:
    method, path, body = BAD[number]
    client = log.client()
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    response = await client.request(method, path, content=content, headers=HEADERS)
    assert 400 <= response.status_code < 500
    assert traces(response.text, headers_of(response), log.text) == []


@pytest.mark.parametrize("media_type", ["text/plain", f"text/{NAME}", f"application/json; charset={NAME}"])
async def test_a_media_type_and_a_body_that_are_not_taken(log: ServiceLog, media_type: str) -> None:
    client = log.client(max_hook_bytes=5_000)
    for headers in (HEADERS | {"content-type": media_type}, HEADERS | {"content-encoding": NAME}):
        response = await client.post(SERVICE, content=json.dumps(marked_request()), headers=headers)
        assert response.status_code == 415
        assert traces(response.text, headers_of(response)) == []
    response = await client.post(SERVICE, json=marked_request(), headers=HEADERS)
    assert response.status_code == 413
    assert traces(response.text, log.text) == []


def broken() -> datetime:
    raise ValueError(f"{NAME} {TOKEN} {MRN} {FREE_TEXT}")


@pytest.mark.parametrize(("path", "body"), [(SERVICE, marked_request()), (ASSESSMENTS, marked_bundle())])
async def test_o11_a_failure_says_its_id_and_nothing_else(log: ServiceLog, path: str, body: Json) -> None:
    response = await log.client(broken).post(path, json=body, headers=HEADERS)
    assert response.status_code == 500
    assert traces(response.text, headers_of(response)) == []
    found = response.json()
    if path == SERVICE:
        correlation = found.pop("id")
        assert found == {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "exception", "diagnostics": FAILED}],
        }
    else:
        correlation = found.pop("instance").removeprefix("urn:uuid:")
        assert found["detail"] == FAILED
        assert found["errors"] == [{"pointer": "", "code": "exception", "message": FAILED}]
    assert UUID(correlation).version == 4
    assert [line["correlation"] for line in log.lines if line["status"] == 500] == [correlation]
    assert traces(log.text) == []


async def test_a_failure_says_nothing_of_the_code(log: ServiceLog) -> None:
    response = await log.client(broken).post(SERVICE, json=marked_request())
    for said in (response.text, log.text):
        assert "Traceback" not in said
        assert ".py" not in said


async def test_after_a_failure_the_next_call_is_answered(log: ServiceLog) -> None:
    calls = itertools.count()
    client = log.client(lambda: broken() if next(calls) == 0 else NOW)
    assert (await client.post(SERVICE, json=marked_request())).status_code == 500
    assert (await client.post(SERVICE, json=marked_request())).status_code == 200


async def test_t16_the_log_is_one_json_object_a_line_of_listed_fields(log: ServiceLog) -> None:
    client = log.client()
    for _, path, body in BAD[:12]:
        content = body if isinstance(body, bytes) else json.dumps(body)
        await client.post(path, content=content, headers=HEADERS)
    await client.post(SERVICE, json=marked_request())
    assert log.lines
    for line in log.lines:
        assert set(line) <= ALLOWED_FIELDS
        assert all(isinstance(value, str | int | float) for value in line.values())


async def test_o06_no_text_breaks_a_line_of_the_log(log: ServiceLog) -> None:
    client = log.client()
    request = marked_request()
    for path in REQUEST_PATHS:
        await client.post(SERVICE, json=replaced(request, path, "x\n2026 INFO admin login\r\n\x1b[31m"))
    assert "admin login" not in log.text
    assert "\x1b" not in log.text


async def test_the_log_names_no_patient_call_or_resource(log: ServiceLog) -> None:
    client = log.client()
    await client.post(SERVICE, json=marked_request())
    await client.post(ASSESSMENTS, json=marked_bundle())
    for identifier in ("p-1", "c-t11", "dr-1", "d1577c69", "ehr.example.org"):
        assert identifier not in log.text
    # Not that of a time of day, which follows a date.
    assert not re.search(r"(?<![0-9])T11|spinal-pain|unstable", log.text)
