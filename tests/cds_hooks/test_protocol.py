"""Methods, media types, sizes, addresses and browsers (hardening P, C04, J23 to J26; checklist M)."""

import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from fastapi import FastAPI

from tests.cds_hooks.ehr import Ehr, check_answer
from tests.cds_hooks.hook_contexts import SERVICES
from tests.cds_hooks.hook_request import DISCOVERY, SERVICE, hook_request
from tests.cds_hooks.record import spinal_lesion
from tests.contract.served import application

RECORD = spinal_lesion("T11")
GOOD = json.dumps(hook_request(RECORD)).encode()
ANOTHER_PATIENT = json.dumps(hook_request(RECORD, context={"patientId": "p-2"})).encode()
LIMIT = 5_000_000
PAGE = "https://sandbox.example.org"


def padded(size: int) -> bytes:
    body = GOOD[:-1] + b', "extension": {"a": "' + b"x" * (size - len(GOOD) - 24) + b'"}}'
    assert len(body) == size
    return body


@pytest.mark.conforms("R77", "R78")
@pytest.mark.parametrize("path", SERVICES.values())
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
async def test_p01_p02_another_method_is_told_which_one_is_taken(ehr: Ehr, method: str, path: str) -> None:
    response = await ehr.client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    if method != "HEAD":
        check_answer(response)


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "SPINAL-METASTASIS-PATIENT-VIEW",
        "spinal-metastasis-patient-view%00",
        "..%2fspinal-metastasis-patient-view",
        "%2e%2e/health/live",
        "x" * 5_000,
        "%e2%98%a2",
        "spinal-metastasis-patient-view/feedback/x",
        "{score}",
    ],
)
@pytest.mark.conforms("R77")
async def test_p08_an_unknown_service_is_a_404_that_repeats_nothing(ehr: Ehr, name: str) -> None:
    response = await ehr.client.post(f"{DISCOVERY}/{name}", content=GOOD)
    assert response.status_code == 404
    assert "xxx" not in response.text
    assert "p-1" not in response.text


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "APPLICATION/JSON",
        "application/fhir+json",
        "application/fhir+json; fhirVersion=4.0",
    ],
)
@pytest.mark.conforms("R1")
async def test_r1_p26_takes_json(ehr: Ehr, media_type: str) -> None:
    response = await ehr.send(GOOD, {"content-type": media_type})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json, text/plain",
    ],
)
@pytest.mark.conforms("R1", "R77")
async def test_p25_takes_nothing_else_and_repeats_nothing(ehr: Ehr, media_type: str | None) -> None:
    headers = {} if media_type is None else {"content-type": media_type}
    response = await ehr.send(GOOD, headers)
    assert response.status_code == 415
    assert "p-1" not in response.text
    assert len(await ehr.cards(RECORD)) == 1


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "us-ascii", '"windows-1252"'])
async def test_p27_takes_utf_8_alone(ehr: Ehr, charset: str) -> None:
    response = await ehr.send(GOOD, {"content-type": f"application/json; charset={charset}"})
    assert response.status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "GZIP", "gzip, identity", "x"])
async def test_j26_a_compressed_body_is_never_inflated(ehr: Ehr, encoding: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": encoding}
    assert (await ehr.send(b"\x1f\x8b\x08\x00", headers)).status_code == 415


async def test_j26_identity_is_no_compression(ehr: Ehr) -> None:
    headers = {"content-type": "application/json", "content-encoding": "identity"}
    assert (await ehr.send(GOOD, headers)).status_code == 200


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
@pytest.mark.conforms("R178")
async def test_r178_the_limit_is_5_mb(ehr: Ehr, size: int, status: int) -> None:
    assert (await ehr.send(padded(size))).status_code == status


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (3 * LIMIT, 413)])
@pytest.mark.conforms("R178")
async def test_r178_and_for_a_body_in_pieces_too(ehr: Ehr, size: int, status: int) -> None:
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        body = padded(size)
        for start in range(0, size, 65_536):
            piece = body[start : start + 65_536]
            taken += len(piece)
            yield piece

    headers = {"content-type": "application/json"}
    response = await ehr.client.post(SERVICE, content=pieces(), headers=headers)
    check_answer(response)
    assert response.status_code == status


@pytest.mark.conforms("R178")
async def test_r178_a_limit_can_be_set() -> None:
    ehr = Ehr(application(max_hook_bytes=2_000))
    assert (await ehr.send(GOOD + b" " * 2_000)).status_code == 413


@pytest.mark.parametrize("length", [b"abc", b"-5", b"1e3", b"\xb2", b"0x10", b"5, 5"])
async def test_a_length_that_is_no_number_is_no_failure(app: FastAPI, length: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    assert await status_of(app, headers, GOOD) < 500


async def status_of(app: FastAPI, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
    """The status that the application gives a server that passes on any header."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": SERVICE,
        "raw_path": SERVICE.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("service.test", 80),
        "client": ("127.0.0.1", 1),
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await app(scope, receive, send)
    except ValueError:
        # The outermost layer answers, then raises for the server's own log.
        assert statuses
    return statuses[0]


async def test_p10_nothing_is_made_of_the_host_that_a_caller_names(ehr: Ehr) -> None:
    for headers in ({"host": "evil.example"}, {"x-forwarded-host": "evil.example"}):
        response = await ehr.client.get(f"{DISCOVERY}/", headers=headers)
        assert "evil.example" not in response.text + str(response.headers)
        response = await ehr.client.get(DISCOVERY, headers=headers)
        assert "evil.example" not in response.text + str(response.headers)


@pytest.mark.conforms("R154", "R155", "R157")
async def test_p04_a_page_that_is_allowed_may_ask(browser: Ehr) -> None:
    posted = (*SERVICES.values(), f"{SERVICE}/feedback")
    for path, method, wanted in (
        (DISCOVERY, "GET", "authorization"),
        *((path, "POST", "authorization,content-type") for path in posted),
    ):
        headers = {
            "origin": PAGE,
            "access-control-request-method": method,
            "access-control-request-headers": wanted,
        }
        response = await browser.client.options(path, headers=headers)
        assert response.status_code in (200, 204)
        assert "location" not in response.headers
        assert response.headers["access-control-allow-origin"] == PAGE
        assert method in response.headers["access-control-allow-methods"]
        allowed = response.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in wanted.split(","))
        assert int(response.headers["access-control-max-age"]) > 0
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{PAGE}.evil.example", "http://sandbox.example.org"]
)
@pytest.mark.conforms("R158")
async def test_p05_r158_another_page_may_not(browser: Ehr, ehr: Ehr, origin: str) -> None:
    for client in (browser.client, ehr.client):
        headers = {"origin": origin, "access-control-request-method": "POST"}
        preflight = await client.options(SERVICE, headers=headers)
        answer = await client.post(SERVICE, json=hook_request(RECORD), headers={"origin": origin})
        assert "access-control-allow-origin" not in preflight.headers
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", SERVICE, GOOD, 200),
        ("POST", SERVICE, b"{", 400),
        ("POST", SERVICE, json.dumps(hook_request(prefetch={})).encode(), 412),
        ("POST", SERVICE, b" " * (LIMIT + 1), 413),
        ("POST", SERVICE, ANOTHER_PATIENT, 422),
        ("GET", SERVICE, b"", 405),
        ("OPTIONS", SERVICE, b"", 405),
        ("GET", f"{DISCOVERY}/unknown", b"", 404),
    ],
)
@pytest.mark.conforms("R156")
async def test_r156_a_page_can_read_every_answer(
    browser: Ehr, method: str, path: str, body: bytes, status: int
) -> None:
    headers = {"origin": PAGE, "content-type": "application/json"}
    response = await browser.client.request(method, path, content=body, headers=headers)
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == PAGE


@pytest.mark.conforms("R156")
async def test_r156_a_page_can_read_that_its_media_type_is_not_taken(browser: Ehr) -> None:
    headers = {"origin": PAGE, "content-type": "text/plain"}
    response = await browser.client.post(SERVICE, content=GOOD, headers=headers)
    assert response.status_code == 415
    assert response.headers["access-control-allow-origin"] == PAGE


@pytest.mark.conforms("R156")
async def test_r156_a_failure_too() -> None:
    def broken() -> Any:
        raise OSError("no clock")

    served = Ehr(application(broken, demo_cors_origins=(PAGE,)))
    response = await served.client.post(SERVICE, json=hook_request(RECORD), headers={"origin": PAGE})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == PAGE


@pytest.fixture(scope="module")
def browser() -> Ehr:
    return Ehr(application(demo_cors_origins=(PAGE,)))
