"""Each organisation is answered under its own choices, with its own servers, and never for another."""

import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.cds_hooks.hook_request import DISCOVERY, SERVICE, hook_request
from tests.cds_hooks.record import PATIENT_ID
from tests.contract.served import talk_to
from tests.store.calls import accepted
from tests.tenancy.organisations import NORTH, PUBLIC, SOUTH, Organisations

BOTH = (NORTH, SOUTH)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Organisations:
    found = Organisations(tmp_path_factory.mktemp("tenants"))
    found.write(
        found.entry("north", NORTH, shadow=True, cors_origins=["https://north.example"]),
        found.entry("south", SOUTH, cors_origins=["https://south.example"], client_profile="epic"),
    )
    return found


@pytest.fixture(scope="module")
def app(both: Organisations) -> FastAPI:
    return both.app()


async def test_each_is_answered_under_its_own_choices(both: Organisations, app: FastAPI) -> None:
    north, south = [await both.call(app, iss) for iss in BOTH]
    assert (north.status_code, north.json()) == (200, {"cards": []})
    assert south.status_code == 200
    assert south.json()["cards"]


@pytest.mark.parametrize(
    ("iss", "signer"),
    [(None, None), ("https://stranger.example", NORTH), (NORTH, SOUTH), (SOUTH, NORTH)],
    ids=["nobody", "a stranger", "south as north", "north as south"],
)
@pytest.mark.conforms("R79", "R179")
async def test_who_proves_nothing_is_refused_whoever_they_name(
    both: Organisations, app: FastAPI, iss: str | None, signer: str | None
) -> None:
    refused = await both.call(app, iss, signer=signer)
    assert refused.status_code == 401
    stranger = await both.call(app, None)
    assert refused.content == stranger.content
    assert refused.headers["www-authenticate"] == "Bearer"


async def test_discovery_and_definitions_are_open(app: FastAPI) -> None:
    async with talk_to(app) as client:
        for path in (DISCOVERY, "/health/ready", "/health/startup", "/openapi.json", "/knowledge/sins"):
            assert (await client.get(path)).status_code == 200, path


@pytest.mark.parametrize(
    "address", [f"{SOUTH}/fhir", f"{SOUTH.upper()}:443/fhir/"], ids=["plain", "spelt otherwise"]
)
async def test_a34_a_call_that_names_another_organisations_server_is_forbidden(
    both: Organisations, app: FastAPI, address: str
) -> None:
    token = {
        "access_token": "canary-8d",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "",
        "subject": "x",
    }
    answer = await both.call(
        app, NORTH, {**hook_request(()), "fhirServer": address, "fhirAuthorization": token}
    )
    assert answer.status_code == 403
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert both.network.asked == []
    assert SOUTH not in answer.text


async def test_its_own_server_it_may_name(both: Organisations, app: FastAPI) -> None:
    body = {**hook_request(()), "fhirServer": f"{SOUTH}/fhir"}
    assert (await both.call(app, SOUTH, body)).status_code in (200, 412)


async def test_a_browser_is_answered_for_its_own_organisation_alone(
    both: Organisations, app: FastAPI
) -> None:
    async with talk_to(app) as client:
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, content-type",
        }
        for origin, allowed in (
            ("https://north.example", True),
            ("https://south.example", True),
            ("https://east.example", False),
            ("null", False),
        ):
            before = await client.options(SERVICE, headers={"origin": origin, **asked})
            assert (before.headers.get("access-control-allow-origin") == origin) is allowed
    own = await both.call(app, SOUTH, origin="https://south.example")
    assert own.headers["access-control-allow-origin"] == "https://south.example"
    other = await both.call(app, SOUTH, origin="https://north.example")
    assert "access-control-allow-origin" not in other.headers
    refused = await both.call(app, None, origin="https://north.example")
    assert refused.headers["access-control-allow-origin"] == "https://north.example"


async def test_t27_feedback_is_the_feedback_of_its_sender(both: Organisations, app: FastAPI) -> None:
    path = f"{SERVICE}/feedback"
    body = json.dumps({"feedback": [accepted()]}).encode()
    async with talk_to(app) as client:
        for iss, signer, status in ((SOUTH, SOUTH, 200), (SOUTH, NORTH, 401)):
            proof = both.bearer(iss, signer=signer, path=path)
            headers = {"content-type": "application/json", "authorization": proof}
            assert (await client.post(path, content=body, headers=headers)).status_code == status


async def test_t8_the_same_id_at_two_organisations_is_two_patients(tmp_path: Path) -> None:
    both = Organisations(tmp_path)
    database = tmp_path / "kept.db"
    app = both.app(database=f"sqlite:///{database}")
    for iss in BOTH:
        assert (await both.call(app, iss)).json()["cards"]
    shared = app.state.shared
    assert shared.recorder.flush(60)
    import sqlite3  # noqa: PLC0415  this test alone looks into the file

    with sqlite3.connect(database) as connection:
        kept = connection.execute("SELECT DISTINCT tenant, patient FROM cards ORDER BY tenant").fetchall()
    assert [tenant for tenant, _ in kept] == ["north", "south"]
    assert len({patient for _, patient in kept}) == 2
    assert PATIENT_ID not in str(kept)


async def test_t7_no_organisation_can_use_up_the_tokens_of_another(tmp_path: Path) -> None:
    """Customers of one vendor share its ``iss``; the ids of their tokens are their own."""
    both = Organisations(tmp_path)
    vendor = "https://vendor.example"
    both.write(
        *(
            {"name": name, "clients": [{**client, "iss": vendor, "tenant_claim": name}]}
            for name, iss in (("north", NORTH), ("south", SOUTH))
            for client in both.entry(name, iss)["clients"]
        )
    )
    app = both.app()
    async with talk_to(app) as client:
        for name, signer in (("south", SOUTH), ("north", NORTH)):
            both.number = 0
            proof = both.bearer(vendor, signer=signer, tenant=name)
            headers = {"content-type": "application/json", "authorization": proof}
            body = json.dumps(
                {
                    **hook_request(()),
                    "hookInstance": f"d1577c69-dfbe-44ad-ba6d-3e05e953b2e{len(name)}",
                    "x": name,
                }
            ).encode()
            answer = await client.post(SERVICE, content=body, headers=headers)
            assert answer.status_code in (200, 412), name


async def test_nobodys_body_is_not_read(both: Organisations, app: FastAPI) -> None:
    """A body costs memory: it is asked for when it is known who sends it."""
    asked = 0

    async def receive() -> dict[str, object]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"{}", "more_body": False}

    sent: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            sent.append(int(str(message["status"])))

    for path in (SERVICE, f"{SERVICE}/feedback", "/api/v1/assessments"):
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"2")],
            "server": ("x", 80),
            "client": ("127.0.0.1", 1),
        }
        await app(scope, receive, send)  # type: ignore[arg-type]  # the messages of ASGI, written by hand
    assert sent == [401, 401, 401]
    assert asked == 0
    assert both.network.asked == []


def test_a_token_is_made_for_this_service(both: Organisations) -> None:
    assert both.bearer(NORTH).startswith("Bearer ")
    assert PUBLIC.startswith("https://")


async def test_who_switches_off_what_is_shown_everywhere_is_not_overruled(tmp_path: Path) -> None:
    both = Organisations(tmp_path)
    both.write(both.entry("south", SOUTH, shadow=False))
    assert (await both.call(both.app(shadow=True), SOUTH)).json() == {"cards": []}
    assert (await both.call(both.app(), SOUTH)).json()["cards"]


def test_t23_each_organisations_rules_are_those_that_were_signed_off(tmp_path: Path) -> None:
    both = Organisations(tmp_path)
    digest = both.app().state.tenancy.named("north").composed.knowledge.digest
    other = {"policy": {"SINS-E1": "upper"}}
    both.write(both.entry("north", NORTH), both.entry("south", SOUTH, **other))
    own = both.app().state.tenancy.named("south").composed.knowledge.digest
    assert own != digest
    with pytest.raises(ValueError, match=r"line \d+: south: knowledge_digest: .* signed off"):
        both.app(knowledge_digest=digest)
    both.write(both.entry("north", NORTH), both.entry("south", SOUTH, **other, knowledge_digest=own))
    both.app(knowledge_digest=digest)


async def test_the_first_wrong_patient_is_a_rise_of_a_count_that_is_there(
    both: Organisations, app: FastAPI
) -> None:
    metrics = app.state.shared.metrics.told(open_metrics=False)[0].decode()
    service = SERVICE.rpartition("/")[2]
    assert f'cds_wrong_patient_total{{service="{service}",tenant="south"}} 0.0' in metrics
    assert both.network.asked == []
