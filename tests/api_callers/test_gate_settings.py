"""What the settings make of the gate: nothing where another guards it, and no start with a mistake."""

from pathlib import Path
from typing import Any, Literal

import pytest

from app.api.caller_gate import GateError
from app.fhir.server.outside import Outside
from app.parties import gate_of
from app.settings import Settings
from tests.api_callers.gated import API_KEY, DIGEST, ISSUER, KEY, Gated, render, settings
from tests.trust.issuing import CANARY, Clock, jwks
from tests.trust.issuing_access_tokens import LOGIN, access_token
from tests.trust.key_network import KeyNetwork

SCORES = "/api/v1/scores"


def built(*organisations: Settings) -> object:
    return gate_of(organisations, Outside(Clock(), KeyNetwork()), render)


@pytest.mark.parametrize("authentication", ["none", "gateway"])
def test_where_another_authenticates_there_is_no_gate(authentication: Literal["none", "gateway"]) -> None:
    assert built(Settings(authentication=authentication)) is None
    assert built() is None


async def test_a_key_set_that_was_handed_over_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(jwks())
    here = Gated(access_tokens=({**ISSUER, "keys": str(path), "jwks_uri": None},))
    assert (await here.get(SCORES, access_token())).status_code == 200
    assert here.network.asked == []


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            {"access_tokens": (ISSUER, {**ISSUER, "iss": "https://b", "jwks_uri": None})},
            "SPINE_METS_ACCESS_TOKENS: Issuer 2 of 2: give either keys or jwks_uri",
        ),
        (
            {"access_tokens": ({**ISSUER, "keys": f"/nowhere/{CANARY}", "jwks_uri": None},)},
            "SPINE_METS_ACCESS_TOKENS: Issuer 1 of 1: keys names no file that can be read.",
        ),
        (
            {"access_tokens": (ISSUER, {**ISSUER, "iss": "https://b", "allow_private": True})},
            "SPINE_METS_ACCESS_TOKENS: those that share a key address must have the same allow_private.",
        ),
        ({"api_keys": (API_KEY, API_KEY)}, "SPINE_METS_API_KEYS: Key 2 of 2: its id is that of another key"),
        ({"rate_limit": "5/fortnight"}, "SPINE_METS_RATE_LIMIT: give a number of requests and a time"),
    ],
    ids=["no keys", "no file", "private", "twice", "limit"],
)
def test_a_mistake_stops_the_start_with_the_name_of_the_setting(chosen: dict[str, Any], message: str) -> None:
    # Past the check of the settings themselves, of which the gate is no part.
    good = settings(**{**chosen, "rate_limit": None}).model_copy(
        update={"rate_limit": chosen.get("rate_limit")}
    )
    with pytest.raises(GateError) as caught:
        built(good)
    assert str(caught.value).startswith(message)
    assert (caught.value.number, CANARY in repr(caught.value)) == (0, False)


async def test_organisations_are_told_apart_by_what_their_callers_prove() -> None:
    first = settings(tenant="hospital", access_tokens=({**ISSUER, "client_ids": ["a"]},), rate_limit="1/day")
    second = settings(tenant="clinic", access_tokens=({**ISSUER, "client_ids": ["b"]},), api_keys=())
    here = Gated(first, second)
    for client, tenant in (("a", "hospital"), ("b", "clinic")):
        response = await here.get(SCORES, access_token({}, {"client_id": client}))
        assert response.text == f"{tenant} access-token {client}"
        assert ("ratelimit" in response.headers) is (tenant == "hospital")
    assert (await here.get("/api/v1/feedback/summary", x_api_key=KEY)).status_code == 200


def test_the_organisation_with_the_mistake_is_named() -> None:
    first = settings(tenant="hospital", access_tokens=({**ISSUER, "client_ids": ["a"]},))
    for number, wrong in enumerate(
        (
            settings(tenant="clinic", api_keys=(), access_tokens=(ISSUER,)),
            settings(tenant="clinic", access_tokens=()),
        )
    ):
        with pytest.raises(GateError) as caught:
            built(first, wrong)
        expected = ("Issuer 1 of 1: another issuer has this iss", "Key 1 of 1: its id")[number]
        assert (caught.value.number, expected in str(caught.value)) == (1, True)
        assert not any(text in str(caught.value) for text in (LOGIN, DIGEST))
