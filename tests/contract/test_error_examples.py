"""Every error that the document shows is provoked, and shown as it is sent."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from tests.api.patient_server import Doctor, Hospital, fhir, key_file, never
from tests.api.test_idempotency import Waiting
from tests.api_callers.gated import KEY, Gated
from tests.audit_records.serving import House
from tests.cds_hooks.hook_request import SERVICE, hook_request
from tests.cds_hooks.record import condition, patient
from tests.cds_hooks.test_trusted_calls import Deployment
from tests.contract.served import application, talk_to
from tests.trust.issuing_access_tokens import access_token

Json = dict[str, Any]
Provoked = Callable[[Path], Awaitable[httpx.Response]]
SINS = "/api/v1/scores/sins"
PROBLEM, FHIR = "application/problem+json", "application/fhir+json"
SHARED: Mapping[str, Any] = application().openapi()["components"]["responses"]
JSON = {"content-type": "application/json"}


def broken() -> datetime:
    raise OSError("no clock")


def sent(path: str, body: bytes, media_type: str = "application/json") -> Provoked:
    async def provoked(_folder: Path) -> httpx.Response:
        return await talk_to(application()).post(path, content=body, headers={"content-type": media_type})

    return provoked


def asked(path: str) -> Provoked:
    async def provoked(_folder: Path) -> httpx.Response:
        return await talk_to(application()).get(path)

    return provoked


def failing(path: str, body: Json) -> Provoked:
    async def provoked(_folder: Path) -> httpx.Response:
        return await talk_to(application(broken)).post(path, json=body)

    return provoked


def unrecorded(path: str, body: Json) -> Provoked:
    async def provoked(_folder: Path) -> httpx.Response:
        return await House(full=True).post(path, body)

    return provoked


async def unknown_caller(_folder: Path) -> httpx.Response:
    return await Gated().get("/api/v1/scores")


async def another_scope(_folder: Path) -> httpx.Response:
    return await Gated().get("/api/v1/scores", x_api_key=KEY)


async def too_many(_folder: Path) -> httpx.Response:
    here = Gated(rate_limit="1/minute")
    await here.get("/api/v1/scores", access_token())
    return await here.get("/api/v1/scores", access_token({}, {"jti": "2"}))


async def in_flight(_folder: Path) -> httpx.Response:
    doctor = Waiting()
    first = asyncio.ensure_future(doctor.keyed())
    await doctor.asked.wait()
    second = await doctor.keyed()
    doctor.let_go.set()
    await first
    return second


async def unknown_client(_folder: Path) -> httpx.Response:
    return await Deployment().send()


async def server_refuses(folder: Path) -> httpx.Response:
    asking = Doctor(Hospital([patient(), condition()]), key_file(folder))
    asking.hospital.instead["Condition"] = httpx2.Response(500)
    return await asking.ask()


async def server_is_late(folder: Path) -> httpx.Response:
    asking = Doctor(Hospital([patient(), condition()]), key_file(folder), fetch_deadline=1, fetch_target=0.5)
    asking.hospital.instead |= {"Patient": fhir(patient()), "Condition": never}
    return await asking.ask()


CALL = hook_request([condition()])
ANOTHER = hook_request([condition(subject={"reference": "Patient/another"})])
WITHOUT = {name: value for name, value in CALL.items() if name != "hookInstance"}
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": []}
PROVOKED: Mapping[str, Provoked] = {
    "BadRequestProblem": sent(SINS, b"{"),
    "UnauthorizedProblem": unknown_caller,
    "ForbiddenProblem": another_scope,
    "NotFoundProblem": asked("/api/v1/scores/none"),
    "ConflictProblem": in_flight,
    "PreconditionFailedProblem": sent("/api/v1/patient-assessments", b'{"patient": "p-1"}'),
    "ContentTooLargeProblem": sent(SINS, b" " * 64_001),
    "UnsupportedMediaTypeProblem": sent(SINS, b"{}", "text/plain"),
    "UnprocessableContentProblem": sent(SINS, b'{"pain": "much"}'),
    "TooManyRequestsProblem": too_many,
    "InternalServerErrorProblem": failing("/api/v1/assessments", BUNDLE),
    "BadGatewayProblem": server_refuses,
    "ServiceUnavailableProblem": unrecorded(SINS, {}),
    "GatewayTimeoutProblem": server_is_late,
    "BadRequestOutcome": sent(SERVICE, json.dumps(WITHOUT).encode()),
    "NotFoundOutcome": asked("/cds-services/none/source-attributes"),
    "PreconditionFailedOutcome": sent(
        SERVICE, json.dumps({**CALL, "prefetch": {"patient": patient()}}).encode()
    ),
    "ContentTooLargeOutcome": sent(SERVICE, b" " * 5_000_001),
    "UnsupportedMediaTypeOutcome": sent(SERVICE, b"{}", "text/plain"),
    "UnprocessableContentOutcome": sent(SERVICE, json.dumps(ANOTHER).encode()),
    "InternalServerErrorOutcome": failing(SERVICE, CALL),
    "ServiceUnavailableOutcome": unrecorded(SERVICE, CALL),
}


def test_every_error_of_the_document_is_provoked() -> None:
    assert set(PROVOKED) == set(SHARED)


@pytest.mark.parametrize("name", PROVOKED)
async def test_an_error_is_sent_as_the_document_shows_it(name: str, tmp_path: Path) -> None:
    response = await PROVOKED[name](tmp_path)
    ((media_type, media),) = SHARED[name]["content"].items()
    assert response.headers["content-type"] == media_type
    check(media["example"], response.json(), response.status_code)
    told = {header.lower() for header in SHARED[name]["headers"]}
    for header in ("www-authenticate", "retry-after"):
        assert header not in response.headers or header in told, header


async def test_a_client_that_is_not_known_is_answered_as_the_document_shows_it() -> None:
    # Only where clients are registered does the document have it.
    deployment = Deployment()
    shared = deployment.app.openapi()["components"]["responses"]
    response = await deployment.send()
    check(shared["UnauthorizedOutcome"]["content"][FHIR]["example"], response.json(), response.status_code)
    assert "www-authenticate" in response.headers


def check(example: Json, answer: Json, status: int) -> None:
    """The example says what the answer says, in the same members; words may name other things."""
    assert shape(example) == shape(answer)
    if "issue" in example:
        assert [issue["code"] for issue in example["issue"]] == [issue["code"] for issue in answer["issue"]]
        return
    assert example["status"] == status
    for name in ("type", "title", "status", "layer"):
        assert example.get(name) == answer.get(name), name
    assert [one["code"] for one in example["errors"]] == [one["code"] for one in answer["errors"]]


def shape(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: shape(value) for name, value in sorted(node.items())}
    if isinstance(node, list):
        return [shape(value) for value in node]
    return type(node).__name__
