"""The access that the service has of its own: tokens asked for, shared, renewed and told to nobody."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.fhir.server.outside import Outside
from tests.api.caller import Caller
from tests.api.patient_server import (
    ASKED,
    BASE_URL,
    CLIENT,
    PATIENT_ASSESSMENTS,
    TOKEN,
    TOKEN_URL,
    Doctor,
    Hospital,
    entry,
    key_file,
    never,
    outside,
    service,
)
from tests.cds_hooks.record import PATIENT_ID, patient, spinal_lesion
from tests.contract.served import talk_to
from tests.fhir.backend_parts import ELLIPTIC, RSA, Clock
from tests.fhir_server.running import real_fhir_server
from tests.privacy.canary import PERSON, marked_record, traces
from tests.privacy.service_log import ServiceLog
from tests.production import PRODUCTION

RECORD = spinal_lesion("T11")
JWKS = "/.well-known/jwks.json"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_file(tmp_path_factory.mktemp("keys"))


def doctor(key: Path, **settings: Any) -> Doctor:
    return Doctor(Hospital(RECORD), key, **settings)


# -- asking for a token --------------------------------------------------------------------------------------


async def test_every_request_carries_the_token_and_the_token_is_asked_for_once(key: Path) -> None:
    asking = doctor(key)
    for _ in range(3):
        await asking.assessed()
        asking.clock.move(60)
    assert asking.hospital.bearers == {f"Bearer {TOKEN}-1"}
    assert len(asking.hospital.token_forms) == 1


async def test_the_client_proves_itself_at_the_address_of_the_settings(key: Path) -> None:
    asking = doctor(key, members={"scope": "system/*.rs system/Patient.r"})
    await asking.assessed()
    (form,) = asking.hospital.token_forms
    _, claims = asking.hospital.assertion()
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, TOKEN_URL)
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "system/*.rs system/Patient.r")


async def test_a_token_that_nears_its_end_is_replaced(key: Path) -> None:
    asking = doctor(key)
    await asking.assessed()
    asking.clock.move(3_590)
    await asking.assessed()
    assert asking.hospital.bearers == {f"Bearer {TOKEN}-1", f"Bearer {TOKEN}-2"}


async def test_a_token_of_few_seconds_serves_the_call_it_was_asked_for(key: Path) -> None:
    asking = Doctor(Hospital(RECORD, lifetime=4), key)
    assert (await asking.assessed())["complete"] is True


async def test_two_calls_at_once_share_the_request_for_a_token(key: Path) -> None:
    asking = doctor(key)
    answers = await asyncio.gather(asking.ask(), asking.ask())
    assert [one.status_code for one in answers] == [200, 200]
    assert len(asking.hospital.token_forms) == 1


async def test_a_token_that_is_refused_is_replaced_once_and_nothing_is_missing(key: Path) -> None:
    asking = doctor(key)
    await asking.assessed()
    asking.clock.move(10)
    asking.hospital.accepted = {f"{TOKEN}-2"}
    assert (await asking.assessed())["complete"] is True
    await asking.assessed()
    assert len(asking.hospital.token_forms) == 2


async def test_a_token_that_opens_the_rest_is_kept(key: Path) -> None:
    asking = doctor(key)
    await asking.assessed()
    asking.clock.move(10)
    asking.hospital.requests.clear()
    asking.hospital.instead["Observation"] = httpx2.Response(401)
    found = await asking.assessed()
    assert {gap["need"] for gap in found["gaps"]} == {"observations"}
    asked = [one.url.path for one in asking.hospital.requests]
    assert asked.count("/fhir/Observation") == 1
    await asking.assessed()
    assert len(asking.hospital.token_forms) == 1


async def test_a_server_that_refuses_every_token_is_asked_twice_and_no_more(key: Path) -> None:
    asking = doctor(key)
    await asking.assessed()
    asking.clock.move(10)
    asking.hospital.accepted = set()
    asking.hospital.requests.clear()
    found = await asking.failed(502, "fhir-server")
    assert {one["code"] for one in found["errors"]} == {"login"}
    assert len(asking.hospital.requests) == 14


async def test_a_token_refused_as_soon_as_it_is_granted_is_not_asked_for_again_at_once(key: Path) -> None:
    asking = doctor(key)
    asking.hospital.accepted = set()
    found = await asking.failed(502, "authorization-server")
    assert {one["code"] for one in found["errors"]} == {"login"}
    assert len(asking.hospital.token_forms) == 1


# -- no token ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (httpx2.Response(400, json={"error": "invalid_client"}), "login"),
        (httpx2.Response(401), "login"),
        (httpx2.Response(503), "transient"),
        (httpx2.ConnectError("no"), "transient"),
        (httpx2.Response(302, headers={"location": "https://evil.example.org/"}), "structure"),
        (httpx2.Response(200, text="<html/>"), "structure"),
        (httpx2.Response(200, json={"access_token": "x y", "token_type": "bearer"}), "structure"),
        (httpx2.Response(200, content=b" " * 200_000), "structure"),
    ],
    ids=["400", "401", "503", "unreachable", "elsewhere", "no JSON", "no token", "too large"],
)
async def test_no_token_is_a_502_of_the_authorization_server(key: Path, reply: Any, code: str) -> None:
    asking = doctor(key)
    asking.hospital.instead_of_token = reply
    found = await asking.failed(502, "authorization-server")
    assert [one["code"] for one in found["errors"]] == [code]
    assert asking.hospital.requests == []


async def test_an_authorization_server_that_does_not_answer_is_a_504_now_and_a_moment_later(
    key: Path,
) -> None:
    asking = doctor(key, fetch_deadline=0.1, fetch_target=0.05)
    asking.hospital.instead_of_token = never
    await asking.failed(504, "authorization-server")
    await asking.failed(504, "authorization-server")
    assert asking.hospital.requests == []


async def test_after_a_failure_the_next_token_is_used(key: Path) -> None:
    asking = doctor(key)
    asking.hospital.instead_of_token = httpx2.Response(503)
    await asking.failed(502, "authorization-server")
    asking.clock.move(2)
    asking.hospital.instead_of_token = None
    assert (await asking.assessed())["complete"] is True


async def test_a_scope_without_what_is_required_is_laid_at_the_authorization_server(key: Path) -> None:
    asking = doctor(key)
    asking.hospital.scope = "system/Observation.rs"
    found = await asking.failed(502, "authorization-server")
    assert [one["code"] for one in found["errors"]] == ["forbidden", "forbidden"]
    assert "the call" not in json.dumps(found)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("", "The access token of this service does not cover these data."),
        ("system/Observation.rs?category=laboratory", "covers only part of these data."),
    ],
)
async def test_a_scope_without_what_can_be_done_without_leaves_a_gap(
    key: Path, left_out: str, words: str
) -> None:
    asking = doctor(key)
    kinds = (
        "Patient",
        "Condition",
        "Procedure",
        "MedicationRequest",
        "BodyStructure",
        "QuestionnaireResponse",
    )
    asking.hospital.scope = " ".join([*(f"system/{kind}.rs" for kind in kinds), left_out]).strip()
    found = await asking.assessed()
    (gap,) = found["gaps"]
    assert gap["need"] == "observations"
    assert words in gap["reason"]


# -- keys ----------------------------------------------------------------------------------------------------


async def test_a_rotated_key_is_published_and_signs_without_a_restart(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    asking = doctor(path)
    before = (await asking.client.get(JWKS)).json()["keys"]
    await asking.assessed()
    path.unlink()
    key_file(tmp_path, RSA)
    asking.clock.move(3_600)
    await asking.assessed()
    after = (await asking.client.get(JWKS)).json()["keys"]
    assert [one["alg"] for one in (*before, *after)] == ["ES384", "RS384"]
    signed = [asking.hospital.assertion(place)[0]["kid"] for place in (0, 1)]
    assert signed == [before[0]["kid"], after[0]["kid"]]


async def test_the_public_keys_of_every_client_are_published_once_each(tmp_path: Path) -> None:
    first, second = key_file(tmp_path, ELLIPTIC, "1.pem"), key_file(tmp_path, RSA, "2.pem")
    entries = (entry(first), entry(second, base=f"{BASE_URL}/2", keys=[str(second), str(first)]))
    app = service(outside(Hospital(), Clock()), fhir_servers=entries)
    caller = Caller(app)
    response = await caller.get(JWKS)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "max-age=300"
    keys = response.json()["keys"]
    assert [one["kty"] for one in keys] == ["EC", "RSA"]
    for one in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi"} & one.keys()
    assert caller.document["paths"][JWKS]["get"]["operationId"] == "getPublicKeys"


async def test_without_keys_there_is_no_such_address(app: FastAPI) -> None:
    async with talk_to(app) as client:
        assert (await client.get(JWKS)).status_code == 404
    assert JWKS not in app.openapi()["paths"]


@pytest.mark.parametrize(
    ("changed", "settings", "told"),
    [
        ({"keys": ["absent.pem"]}, {}, "keys"),
        ({"token_url": "ftp://login.example.org/token"}, {}, "token_url"),
        ({"token_url": "https://169.254.169.254/token"}, {}, "token_url"),
        ({"token_url": "https://10.0.0.1/token"}, {}, "token_url"),
        ({"token_url": "http://login.example.org/token"}, PRODUCTION, "token_url must be an https address"),
    ],
)
def test_a_client_that_cannot_be_used_stops_the_start(
    key: Path, changed: Any, settings: Any, told: str
) -> None:
    key.chmod(0o400)
    with pytest.raises(ValueError, match=f"SPINE_METS_FHIR_SERVERS: {told}"):
        service(outside(Hospital(), Clock()), fhir_servers=(entry(key, **changed),), **settings)


# -- what nobody is told -------------------------------------------------------------------------------------


async def test_no_token_assertion_patient_or_person_is_in_a_log(
    key: Path, log: ServiceLog, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", log._stream)
        asking = Doctor(Hospital(marked_record()), key)
    asking.hospital.resources[0] = patient(**PERSON)
    told = [(await asking.ask()).text]
    for instead in ({"Patient": httpx2.Response(500)}, {"Condition": httpx2.ConnectError(TOKEN)}):
        asking.hospital.instead = dict(instead)
        told.append((await asking.ask()).text)
    asking.clock.move(10)
    asking.hospital.accepted = set()
    told.append((await asking.ask()).text)
    sent = [form["client_assertion"] for form in asking.hospital.token_forms]
    assert len(sent) == 2
    assert "record_not_had" in log.text
    for secret in (TOKEN, *sent, PATIENT_ID, CLIENT, "example.org"):
        assert secret not in log.text + caplog.text
    assert traces(log.text, *told) == []


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Any:
    from app.logs import configure  # noqa: PLC0415  as tests/privacy does, which this folder cannot inherit

    yield ServiceLog(caplog)
    configure()


# -- over real sockets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("private", [RSA, ELLIPTIC], ids=["RS384", "ES384"])
async def test_a_real_server_grants_a_token_and_gives_the_record(tmp_path: Path, private: Any) -> None:
    path = key_file(tmp_path, private)
    local = {"base": BASE_URL, "token_url": TOKEN_URL, "allow_private": True}
    keys = (await talk_to(service(None, fhir_servers=(entry(path, **local),))).get(JWKS)).json()
    with real_fhir_server(require_token=True, client_id=CLIENT, jwks=keys, page_size=2) as server:
        entries = [{"resource": one} for one in (patient(), *RECORD)]
        # A collection without requests: the server keeps the ids.
        server.load({"resourceType": "Bundle", "type": "collection", "entry": entries})
        there = {"base": server.base, "token_url": server.token_endpoint}
        beyond = Outside(lambda: datetime.now(UTC))
        app = service(beyond, fhir_servers=(entry(path, **(local | there)),))
        async with app.router.lifespan_context(app), talk_to(app) as client:
            found = await client.post(PATIENT_ASSESSMENTS, json=ASKED)
            again = await client.post(PATIENT_ASSESSMENTS, json=ASKED)
            absent = await client.post(PATIENT_ASSESSMENTS, json={"patient": "p-9"})
        assert (found.status_code, again.status_code, absent.status_code) == (200, 200, 422)
        assert (len(found.json()["lesions"]), found.json()["complete"]) == (1, True)
        asked = server.log()
    assert [one.path for one in asked].count("/auth/token") == 1
    assert {one.authorization for one in asked if one.path.startswith("/fhir")} == {True}
