"""Who passes the gate before the REST routes, and what the others are answered."""

import json

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.trust.api_keys import new_api_key
from tests.api_callers.gated import API_KEY, DIGEST, ISSUER, KEY, Gated, behind
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import CANARY, bearer
from tests.trust.issuing_access_tokens import JWKS_URI, access_token

SCORES = "/api/v1/scores"
SUMMARY = "/api/v1/feedback/summary"
OTHER_KEY = new_api_key("registry-1", lambda size: b"\x07" * size)[0]


async def test_a_caller_that_proves_who_it_is_reaches_the_route() -> None:
    here = Gated()
    response = await here.get(SCORES, access_token())
    assert (response.status_code, response.text) == (200, "default access-token registry")
    response = await here.get(SUMMARY, x_api_key=KEY)
    assert (response.status_code, response.text) == (200, "default api-key registry-1")
    assert here.refused == []
    assert here.network.asked == [(False, JWKS_URI)]


BAD = [
    pytest.param([], {}, "missing", id="R01 nothing"),
    pytest.param(["Bearer x"], {}, "malformed", id="R01 no token"),
    pytest.param(["Basic dXNlcjpwYXNz"], {}, "no_bearer", id="R01 a password"),
    pytest.param([access_token(), access_token()], {}, "several", id="R01 two"),
    pytest.param([access_token({}, {"exp": 1, "iat": 0})], {}, "expired", id="R01 expired"),
    pytest.param([access_token({}, {"aud": "x"})], {}, "audience", id="R01 for another"),
    pytest.param([access_token({}, {"iss": CANARY})], {}, "issuer", id="R01 unknown issuer"),
    pytest.param([access_token({}, {}, "P384-2")], {}, "signature", id="R01 another key"),
    pytest.param([bearer()], {}, "type", id="R01 a JWT of CDS Hooks"),
    pytest.param([], {"x_api_key": OTHER_KEY}, "api_key", id="R01 another API key"),
    pytest.param([access_token()], {"x_api_key": KEY}, "several", id="R01 both kinds"),
    pytest.param([f"ApiKey {KEY}x"], {}, "malformed", id="R01 a longer API key"),
]


@pytest.mark.parametrize(("authorization", "headers", "reason"), BAD)
async def test_r01_whoever_proves_nothing_gets_the_one_answer(
    authorization: list[str], headers: dict[str, str], reason: str, log: ServiceLog
) -> None:
    log.client()
    here = Gated()
    response = await here.get(SCORES, *authorization, **headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer, ApiKey"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.content == (await here.get(SCORES)).content
    assert response.json()["title"] == "The call is not authenticated"
    assert here.refused == [reason, "missing"]
    lines = [line for line in log.lines if line["event"] == "caller_refused"]
    assert [(line["reason"], line["status"]) for line in lines] == [(reason, 401), ("missing", 401)]
    told = f"{log.text}{response.text}{dict(response.headers)}"
    assert not any(text in told for text in (CANARY, KEY, OTHER_KEY, DIGEST))
    assert not any(part in told for one in authorization for part in one.split(".") if len(part) > 20)


@pytest.mark.parametrize(
    ("chosen", "challenge"),
    [
        ({"api_keys": ()}, "Bearer"),
        ({"access_tokens": ()}, "ApiKey"),
        ({"access_tokens": (), "api_keys": ()}, "Bearer"),
    ],
    ids=["tokens", "keys", "neither"],
)
async def test_r01_an_answer_names_the_ways_that_there_are(chosen: dict[str, object], challenge: str) -> None:
    here = Gated(**chosen)
    assert (await here.get(SCORES)).headers["www-authenticate"] == challenge
    if "access_tokens" in chosen:
        assert (await here.get(SCORES, access_token())).status_code == 401
    if "api_keys" in chosen:
        assert (await here.get(SUMMARY, x_api_key=KEY)).status_code == 401


@pytest.mark.parametrize(
    ("path", "scope", "wanted"),
    [
        (SCORES, "cds/feedback", "cds/evaluate"),
        ("/api/v1", "cds/feedback", "cds/evaluate"),
        ("/api/v1/feedbacks", "cds/feedback", "cds/evaluate"),
        ("/api/v1/assessments", "openid cds/evaluat CDS/EVALUATE", "cds/evaluate"),
        (SUMMARY, "cds/evaluate", "cds/feedback"),
        ("/api/v1/feedback", "cds/evaluate", "cds/feedback"),
    ],
)
async def test_r01_a_caller_without_the_scope_is_told_which(path: str, scope: str, wanted: str) -> None:
    here = Gated()
    response = await here.get(path, access_token({}, {"scope": scope}))
    assert response.status_code == 403
    assert response.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{wanted}"'
    assert response.headers["content-type"] == "application/problem+json"
    assert (wanted in response.json()["detail"], scope in response.text) == (True, False)
    assert here.refused == ["insufficient_scope"]
    assert (await here.get(path, access_token({}, {"scope": f"{scope} {wanted}"}))).status_code == 200


async def test_an_api_key_has_its_own_scopes() -> None:
    here = Gated()
    assert (await here.get(SCORES, x_api_key=KEY)).status_code == 403
    wide = Gated(api_keys=({**API_KEY, "scopes": ["cds/evaluate", "cds/feedback"]},))
    assert (await wide.get(SCORES, x_api_key=KEY)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v1/", SCORES, "/api/v1/nothing", "/api/v1//", "/api/v1/%0A"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "ANY"])
async def test_every_method_of_every_address_below_is_guarded(path: str, method: str) -> None:
    assert (await Gated().get(path, method=method)).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cds-services",
        "/cds-services/spinal-metastasis-patient-view",
        "/health/live",
        "/metrics",
        "/fhir/metadata",
        "/openapi.json",
        "/knowledge",
        "/.well-known/jwks.json",
        "/api",
        "/api/v11",
        "/api/v2/scores",
    ],
)
async def test_no_other_address_is_its_business(path: str) -> None:
    here = Gated()
    response = await here.get(path, "Bearer x")
    assert (response.status_code, response.text) == (200, "nobody")
    assert "ratelimit" not in response.headers


async def test_a_preflight_of_a_browser_passes() -> None:
    here = Gated()
    asked = {"origin": "https://ehr.example.org", "access_control_request_method": "POST"}
    response = await here.get(SCORES, method="OPTIONS", **asked)
    assert (response.status_code, response.text) == (200, "nobody")
    assert (await here.get(SCORES, method="POST", **asked)).status_code == 401


@pytest.mark.parametrize(
    ("root", "path", "status"),
    [("/cds", "/cds/api/v1/scores", 401), ("/cds", "/cds/health", 200), ("/cds", "/cdsx/api/v1/scores", 200)],
)
async def test_where_it_is_mounted_elsewhere_the_same_is_guarded(root: str, path: str, status: int) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": path, "root_path": root, "headers": []}
    await Gated().gate(scope, receive, send)
    assert sent[0]["status"] == status


async def test_what_is_no_request_passes() -> None:
    passed: list[str] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append(scope["type"])

    async def receive() -> Message:
        return {}

    async def send(_message: Message) -> None:
        raise AssertionError

    await Gated().access.over(inner)({"type": "lifespan"}, receive, send)
    assert passed == ["lifespan"]


async def test_nobody_can_say_for_itself_who_it_is() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    state = {"caller": "registry"}
    await behind({"type": "http", "headers": [], "state": state}, receive, send)
    assert sent[1]["body"] == b"nobody"


async def test_a_refused_caller_costs_the_others_nothing_and_connections_are_given_back() -> None:
    here = Gated()
    await here.get(SCORES)
    await here.access.close()
    assert sorted(here.network.closed) == [False, True]


async def test_the_answers_are_the_same_for_every_issuer() -> None:
    other = {
        **ISSUER,
        "iss": "https://other.example.org",
        "allow_private": True,
        "jwks_uri": "https://b.example/k",
    }
    here = Gated(access_tokens=(ISSUER, other), api_keys=())
    response = await here.get(SCORES, access_token({}, {"iss": "https://other.example.org"}))
    assert response.text == "default access-token registry"
    assert here.network.asked == [(True, "https://b.example/k")]
    refused = [
        await here.get(SCORES, access_token({}, {"iss": iss}, "P384-2"))
        for iss in (ISSUER["iss"], other["iss"], "https://evil.example")
    ]
    assert len({json.dumps([one.text, sorted(one.headers.items())]) for one in refused}) == 1
