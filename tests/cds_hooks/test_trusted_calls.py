"""Calls of registered clients are answered, and no others: each invocation and each feedback has its JWT."""

import gc
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.call.feedback import Feedback, Outcome
from app.call.fire import Call, fire
from app.call.record import read_record
from app.call.signing import Signer, read_key
from app.fhir.server.outside import Outside
from app.logs import configure
from app.settings import Settings
from cds_hooks.services import SERVICES
from tests.api.patient_server import service
from tests.call.test_over_a_socket import UNSTABLE_T11
from tests.call.test_signing import pem
from tests.cds_hooks.hook_contexts import SERVICES as PATHS
from tests.cds_hooks.hook_contexts import request_of
from tests.cds_hooks.hook_request import AN_UNSTABLE_T11, DISCOVERY, SERVICE, hook_request
from tests.contract.served import talk_to
from tests.production import PRODUCTION
from tests.store.calls import FEEDBACK, accepted
from tests.trust.issuing import (
    ABSENT,
    CANARY,
    ISS,
    JKU,
    Clock,
    Json,
    bearer,
    claims,
    header,
    jwk,
    jwks,
    key,
    signed,
)
from tests.trust.key_network import KeyNetwork

PUBLIC = "https://cds.example.com"
CALL = json.dumps(hook_request(AN_UNSTABLE_T11)).encode()
REPORT = json.dumps({"feedback": [accepted()]}).encode()
JSON = ("content-type", "application/json")
NO_JKU: Json = {"jku": ABSENT}


class Deployment:
    """A service with clients, and whoever calls it."""

    def __init__(self, *clients: Json, **settings: Any) -> None:
        self.clock = Clock()
        self.network = KeyNetwork()
        self.app = service(
            Outside(self.clock, self.network),
            **{"public_base_url": PUBLIC, "clients": clients or ({"iss": ISS, "jku": [JKU]},), **settings},
        )
        self.client = talk_to(self.app)

    async def send(self, *tokens: str, body: bytes = CALL, path: str = SERVICE) -> httpx.Response:
        headers = [JSON, *(("authorization", token) for token in tokens)]
        return await self.client.post(path, content=body, headers=headers)


@pytest.fixture
def keys(tmp_path: Path) -> str:
    path = tmp_path / f"{CANARY}.json"
    path.write_bytes(jwks())
    return str(path)


@pytest.fixture
def stream() -> Iterator[io.TextIOWrapper]:
    """What a test may put in the place of standard error before it makes a service."""
    yield io.TextIOWrapper(io.BytesIO(), write_through=True)
    # The logger is one for the process: give it back the standard error of the other tests.
    configure()


def written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


async def answer_of_all(body: bytes = CALL, path: str = SERVICE) -> bytes:
    """What a service without clients answers."""
    client = talk_to(service(None, public_base_url=PUBLIC))
    response = await client.post(path, content=body, headers=[JSON])
    assert response.status_code == 200
    return response.content


# -- who is answered -----------------------------------------------------------------------------------------


@pytest.mark.conforms("R137", "R143")
@pytest.mark.parametrize(("algorithm", "kind"), [("ES384", "P384"), ("RS384", "2048")])
@pytest.mark.parametrize("exchanged", [False, True])
async def test_a_client_gets_the_cards_that_everybody_gets_where_there_are_none(
    algorithm: str, kind: str, exchanged: bool, keys: str
) -> None:
    here = Deployment({"iss": ISS, "keys": keys} if exchanged else {"iss": ISS, "jku": [JKU]})
    head = {"alg": algorithm, "kid": kind, **(NO_JKU if exchanged else {})}
    response = await here.send(bearer(head, {}, kind, algorithm))
    assert response.status_code == 200, response.text[:300]
    assert response.content == await answer_of_all()
    assert b"T11" in response.content
    assert here.network.asked == ([] if exchanged else [(False, JKU)])


@pytest.mark.conforms("R140")
@pytest.mark.parametrize("hook", PATHS)
async def test_r140_every_service_takes_tokens_for_its_own_address_only(hook: str) -> None:
    here = Deployment()
    body = json.dumps(request_of(hook)).encode()
    for number, path in enumerate(PATHS.values()):
        token = bearer({}, {"aud": f"{PUBLIC}{path}", "jti": f"jti-{number}"})
        expected = 200 if path == PATHS[hook] else 401
        assert (await here.send(token, body=body, path=PATHS[hook])).status_code == expected


# -- who is not ----------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no header": ((), "missing"),
    "another scheme": (("Basic dTpw",), "no_bearer"),
    "two tokens": ((bearer(), bearer()), "several"),
    "no token": ((f"Bearer {CANARY}",), "malformed"),
    "no signature": ((bearer({"alg": "none"}),), "algorithm"),
    "a symmetric signature": ((bearer({"alg": "HS384"}),), "algorithm"),
    "another algorithm": ((bearer({"alg": "ES256", "kid": "P256"}, {}, "P256", "ES256"),), "algorithm"),
    "no kid": ((bearer({"kid": ABSENT}),), "key_id"),
    "a key address of its own": ((bearer({"jku": "https://attacker.example.org/jwks"}),), "key_address"),
    "a stranger": ((bearer({}, {"iss": "https://attacker.example.org"}),), "issuer"),
    "the key of another": ((f"Bearer {signed(header(), claims(), 'P384-2')}",), "signature"),
    "a key that is not published": ((bearer({"kid": "P384-2"}, {}, "P384-2"),), "unknown_key"),
    "an old token": ((bearer({}, {"iat": 1, "exp": 300}),), "expired"),
    "no jti": ((bearer({}, {"jti": ABSENT}),), "token_id"),
    "no exp": ((bearer({}, {"exp": ABSENT}),), "times"),
    "a long life": ((bearer({}, {"exp": int(Clock().now.timestamp()) + 86_400}),), "lifetime"),
    "discovery's address": ((bearer({}, {"aud": f"{PUBLIC}{DISCOVERY}"}),), "audience"),
    "another service's address": ((bearer({}, {"aud": f"{PUBLIC}{PATHS['order-sign']}"}),), "audience"),
    "the address of feedback": ((bearer({}, {"aud": f"{PUBLIC}{FEEDBACK}"}),), "audience"),
    "the Host of the call": ((bearer({}, {"aud": f"http://service.test{SERVICE}"}),), "audience"),
}  # fmt: skip


@pytest.mark.conforms("R136", "R137", "R138", "R139", "R141", "R142", "R143", "R144", "R146", "R147", "R150")
@pytest.mark.parametrize("name", REFUSED)
async def test_r136_whoever_does_not_prove_who_it_is_gets_the_one_answer(
    name: str, stream: io.TextIOWrapper, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, reason = REFUSED[name]
    monkeypatch.setattr(sys, "stderr", stream)
    caplog.set_level(logging.DEBUG)
    for other in ("httpx", "httpcore", "asyncio"):  # the client of the tests
        caplog.set_level(logging.CRITICAL, logger=other)
    here = Deployment()
    response = await here.send(*tokens)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/fhir+json"
    assert response.content == (await here.send()).content
    lines = [json.loads(line) for line in written(stream).splitlines()]
    (line,) = [one for one in lines if one["event"] == "call_refused" and one["reason"] == reason][:1]
    assert line["service"] == SERVICE.rpartition("/")[2]
    told = written(stream) + caplog.text
    secrets = [CANARY, ISS, JKU, "attacker", *(part for token in tokens for part in token.split(".")[1:])]
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.conforms("R150")
async def test_r150_no_log_tells_of_a_token_that_was_taken(
    stream: io.TextIOWrapper, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    caplog.set_level(logging.DEBUG)
    for other in ("httpx", "httpcore", "asyncio"):  # the client of the tests
        caplog.set_level(logging.CRITICAL, logger=other)
    token = bearer()
    assert (await Deployment().send(token)).status_code == 200
    told = written(stream) + caplog.text
    assert '"event":"hook"' in told
    assert [one for one in (CANARY, ISS, JKU, *token.split(".")) if one in told] == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"hook": 1}', json.dumps(hook_request(hook="other")).encode()])
async def test_a_stranger_learns_nothing_of_its_body(body: bytes) -> None:
    here = Deployment()
    stranger, client = await here.send(body=body), await here.send(bearer(), body=body)
    assert (stranger.status_code, client.status_code) == (401, 400)
    assert stranger.content == (await here.send()).content


async def test_a_body_is_looked_at_when_it_is_known_who_sends_it() -> None:
    here = Deployment(max_hook_bytes=1024)
    for proof, large, other in (([bearer()], 413, 415), ([], 401, 401)):
        assert (await here.send(*proof, body=b" " * 1025)).status_code == large
        headers = [("content-type", "text/xml"), *(("authorization", token) for token in proof)]
        response = await here.client.post(SERVICE, content=b"<a/>", headers=headers)
        assert response.status_code == other


@pytest.mark.conforms("R149")
async def test_r149_a_customer_of_a_shared_issuer_is_told_by_its_tenant() -> None:
    here = Deployment({"iss": ISS, "jku": [JKU], "tenant_claim": "hospital"})
    for tenant, status in (("hospital", 200), ("another", 401), (ABSENT, 401)):
        assert (await here.send(bearer({}, {"tenant": tenant}))).status_code == status


@pytest.mark.parametrize(("sub", "status"), [("cds-client", 200), ("another", 401), (ABSENT, 401)])
async def test_a_subject_that_is_registered_must_be_named(sub: Any, status: int) -> None:
    here = Deployment({"iss": ISS, "jku": [JKU], "subject": "cds-client"})
    assert (await here.send(bearer({}, {"sub": sub}))).status_code == status


async def test_an_audience_that_is_registered_is_taken_at_every_service() -> None:
    here = Deployment({"iss": ISS, "jku": [JKU], "audiences": ["set by hand"]})
    assert (await here.send(bearer({}, {"aud": "set by hand"}))).status_code == 200
    report = bearer({}, {"aud": "set by hand", "jti": "2"})
    assert (await here.send(report, body=REPORT, path=FEEDBACK)).status_code == 200


# -- a token is used once ------------------------------------------------------------------------------------


@pytest.mark.conforms("R148")
async def test_r148_a_token_that_was_used_is_taken_again_only_for_the_same_body_at_once() -> None:
    here, token = Deployment(), bearer()
    first = await here.send(token)
    assert first.status_code == 200
    here.clock.on(seconds=30)
    again = await here.send(token)
    assert (again.status_code, again.content) == (200, first.content)
    assert (await here.send(token, body=CALL + b" ")).status_code == 401
    here.clock.on(seconds=1)
    assert (await here.send(token)).status_code == 401


@pytest.mark.conforms("R148")
async def test_r148_nor_by_another_replica(tmp_path: Path) -> None:
    shared = f"sqlite:///{tmp_path / 'shared.db'}"
    one, other = Deployment(database=shared), Deployment(database=shared)
    token = bearer()
    assert (await one.send(token)).status_code == 200
    assert (await other.send(token, body=CALL + b" ")).status_code == 401
    assert (await other.send(token)).status_code == 200


@pytest.mark.parametrize(("replay", "status"), [("strict", 503), ("lenient", 200)])
async def test_what_follows_where_nobody_can_tell_is_the_operators_choice(
    replay: str, status: int, tmp_path: Path
) -> None:
    here = Deployment(database=f"sqlite:///{tmp_path / 'x.db'}", replay=replay)
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("DROP TABLE used_tokens")
    connection.close()
    response = await here.send(bearer())
    assert response.status_code == status
    if status == 503:
        assert response.headers["retry-after"] == "5"
        assert "new JWT" in response.text
    # Who calls is checked all the same.
    assert (await here.send(bearer({}, {"aud": "another"}))).status_code == 401


# -- feedback, and what is open ------------------------------------------------------------------------------


@pytest.mark.conforms("R134")
@pytest.mark.parametrize("path", [SERVICE, FEEDBACK])
async def test_r134_feedback_needs_a_token_for_the_service_or_for_its_feedback(path: str) -> None:
    here = Deployment()
    refused = await here.send(body=REPORT, path=FEEDBACK)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    taken = await here.send(bearer({}, {"aud": f"{PUBLIC}{path}"}), body=REPORT, path=FEEDBACK)
    assert (taken.status_code, taken.content) == (200, b"{}")


@pytest.mark.conforms("R134")
@pytest.mark.parametrize("service_of", SERVICES, ids=lambda one: one.id)
async def test_r134_so_does_that_of_every_service(service_of: Any) -> None:
    here = Deployment()
    path = f"{DISCOVERY}/{service_of.id}/feedback"
    other = PATHS["order-sign" if service_of.hook != "order-sign" else "patient-view"]
    for token in (
        (),
        (bearer({}, {"aud": f"{PUBLIC}{other}"}),),
        (bearer({}, {"aud": f"{PUBLIC}{other}/feedback"}),),
    ):
        assert (await here.send(*token, body=REPORT, path=path)).status_code == 401  # fmt: skip
    taken = await here.send(bearer({}, {"aud": f"{PUBLIC}{path}"}), body=REPORT, path=path)
    assert taken.status_code == 200


@pytest.mark.parametrize("path", [DISCOVERY, f"{SERVICE}/source-attributes"])
async def test_what_holds_nothing_of_a_patient_is_open(path: str) -> None:
    response = await Deployment().client.get(path)
    assert response.status_code == 200
    assert response.content == (await talk_to(service(None)).get(path)).content


def answers_of(app: FastAPI) -> dict[str, set[str]]:
    """The statuses that each route of CDS Hooks is documented with."""
    return {
        path: set(operation["responses"])
        for path, methods in app.openapi()["paths"].items()
        if path.startswith(f"{DISCOVERY}/")
        for method, operation in methods.items()
        if method == "post"
    }


def test_the_document_tells_of_a_check_where_there_is_one() -> None:
    without, having = answers_of(service(None)), answers_of(Deployment().app)
    assert len(having) == 2 * len(SERVICES)
    assert all("401" not in statuses for statuses in without.values())
    for path, statuses in having.items():
        # A hook may name the FHIR server of another organisation; feedback names none.
        forbidden = set() if path.endswith("/feedback") else {"403"}
        assert statuses == without[path] | {"401", "503"} | forbidden


# -- start and stop ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["demo", "service"])
def test_without_its_own_address_it_does_not_start(profile: str) -> None:
    with pytest.raises(ValidationError, match="SPINE_METS_PUBLIC_BASE_URL"):
        Settings(profile=profile, authentication="gateway", clients=({"iss": ISS, "jku": [JKU]},))  # type: ignore[arg-type]  # as the environment has them


@pytest.mark.conforms("R136")
def test_clients_do_not_take_the_place_of_the_gateway() -> None:
    with pytest.raises(ValidationError, match="SPINE_METS_AUTHENTICATION=gateway"):
        Deployment(**PRODUCTION | {"authentication": "none"})
    assert answers_of(Deployment(**PRODUCTION).app)


@pytest.mark.parametrize(
    ("client", "fault"),
    [
        ({"iss": ISS}, "Issuer 2 of 2: give keys or jku"),
        ({"iss": ISS, "keys": f"/no/such/{CANARY}"}, "Issuer 2 of 2: keys names no file that can be read"),
        ({"iss": ISS, "jku": [f"file:///{CANARY}"]}, "Issuer 2 of 2: jku"),
        ({"iss": ISS, "jku": [JKU], "algorithms": [CANARY]}, "Issuer 2 of 2: algorithms"),
        ({"iss": ISS, "jku": ["https://first.example.org"], "allow_private": True}, "same allow_private"),
    ],
)
def test_a_client_that_cannot_be_used_stops_the_start(client: Json, fault: str) -> None:
    first = {"iss": "https://first.example.org", "jku": ["https://first.example.org"]}
    with pytest.raises(ValueError, match=fault) as caught:
        Deployment(first, client)
    assert str(caught.value).startswith("SPINE_METS_CLIENTS: ")
    assert CANARY not in str(caught.value)


def test_a_member_that_no_client_has_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Deployment({"iss": ISS, "jku": [JKU], "audience": "x"})


@pytest.mark.conforms("R144")
def test_the_public_sandbox_is_a_client_of_the_demo_only() -> None:
    sandbox = {"iss": "https://sandbox.cds-hooks.org", "jku": [JKU]}
    assert answers_of(Deployment(sandbox).app)
    with pytest.raises(ValueError, match="its private key is public"):
        Deployment(sandbox, **PRODUCTION)


@pytest.mark.conforms("R151")
async def test_r151_keys_are_asked_for_once_by_the_way_that_their_client_has() -> None:
    inside = "https://keys.hospital.internal/jwks"
    here = Deployment(
        {"iss": ISS, "jku": [JKU]}, {"iss": "https://inside", "jku": [inside], "allow_private": True}
    )
    for number in range(3):
        assert (await here.send(bearer({}, {"jti": f"a{number}"}))).status_code == 200
        own = bearer({"jku": inside}, {"iss": "https://inside", "jti": f"b{number}"})
        assert (await here.send(own)).status_code == 200
    assert here.network.asked == [(False, JKU), (True, inside)]


async def test_what_asks_for_keys_is_closed_with_the_service() -> None:
    here = Deployment()
    thresholds = gc.get_threshold()
    try:
        async with here.app.router.lifespan_context(here.app):
            assert (await here.send(bearer())).status_code == 200
            assert here.network.closed == []
    finally:
        # What starting changed of the collector concerns a process, and not the next test.
        gc.unfreeze()
        gc.set_threshold(*thresholds)
    assert sorted(here.network.closed) == [False, True]


# -- a client of ours ----------------------------------------------------------------------------------------


def through(app: FastAPI) -> httpx.MockTransport:
    """Takes requests to the service without a network."""
    inner = TestClient(app)

    def pass_on(request: httpx.Request) -> httpx.Response:
        answer = inner.request(
            request.method, request.url.path, content=request.content, headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return httpx.MockTransport(pass_on)


@pytest.mark.conforms("R134", "R137", "R145")
@pytest.mark.parametrize("has_key", [True, False])
def test_the_command_signs_what_the_service_takes(has_key: bool, tmp_path: Path) -> None:
    kept = tmp_path / "jwks.json"
    kept.write_bytes(jwks(jwk("P384", kid="k-1")))
    here = Deployment({"iss": ISS, "keys": str(kept)})
    signer = Signer(key=read_key(pem(key("P384")), "k-1"), issuer=ISS)
    answer = fire(
        Call(
            url=f"{PUBLIC}{SERVICE}",
            record=read_record(UNSTABLE_T11),
            now=here.clock.now,
            signer=signer if has_key else None,
            feedback=Feedback(outcome=Outcome.OVERRIDDEN),
        ),
        through(here.app),
    )
    assert answer.status == (200 if has_key else 401)
    assert answer.good == has_key
    assert bool(answer.cards) == has_key
