"""How much a caller may ask: counted for each on its own, told with every answer."""

import re

import pytest

from app.api.caller_limits import CallerLimits, TooManyRequestsError, read_limit
from app.trust.rest_caller import Kind, RestCaller
from tests.api_callers.gated import API_KEY, KEY, Gated, fields, settings
from tests.trust.issuing_access_tokens import LOGIN, access_token

SCORES = "/api/v1/scores"
DAY = 86_400


def caller(
    client: str = "a", *, tenant: str = "t", issuer: str | None = LOGIN, kind: Kind = "access-token"
) -> RestCaller:
    return RestCaller(tenant, issuer, client, frozenset(), kind)


async def test_r02_a_burst_over_the_limit_is_answered_with_when_to_come_again() -> None:
    here = Gated(rate_limit="3/day")
    answers = [await here.get(SCORES, access_token()) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    remaining = []
    for one in answers:
        said = fields(one)
        assert said["ratelimit-policy"] == f'"default";q=3;w={DAY}'
        found = re.fullmatch(r'"default";r=([0-9]+);t=([0-9]+)', said["ratelimit"])
        assert found is not None
        assert 1 <= int(found[2]) <= DAY
        remaining.append(int(found[1]))
        # Only who has to wait is told for how long.
        assert said.get("retry-after") == (found[2] if one.status_code == 429 else None)
    assert remaining == [2, 1, 0, 0, 0]
    problem = answers[-1].json()
    assert (problem["title"], problem["status"]) == ("Too many requests", 429)
    assert problem["errors"][0]["code"] == "throttled"
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert here.refused == ["throttled", "throttled"]


async def test_r02_one_caller_uses_up_nothing_of_another() -> None:
    here = Gated(rate_limit="1/day", api_keys=({**API_KEY, "scopes": ["cds/evaluate"]},))
    other = access_token({}, {"client_id": "another"})
    for _ in range(2):
        await here.get(SCORES, access_token())
    assert (await here.get(SCORES, access_token())).status_code == 429
    assert (await here.get(SCORES, other)).status_code == 200
    assert (await here.get(SCORES, x_api_key=KEY)).status_code == 200


async def test_r02_a_new_token_is_the_same_caller() -> None:
    here = Gated(rate_limit="1/day")
    assert (await here.get(SCORES, access_token({}, {"jti": "1"}))).status_code == 200
    assert (await here.get(SCORES, access_token({}, {"jti": "2", "sub": "another"}))).status_code == 429


async def test_what_a_caller_may_not_do_counts_too() -> None:
    here = Gated(rate_limit="2/day")
    narrow = access_token({}, {"scope": "openid"})
    refused = await here.get(SCORES, narrow)
    assert (refused.status_code, fields(refused)["ratelimit"].partition(";t")[0]) == (403, '"default";r=1')
    assert [(await here.get(SCORES, narrow)).status_code for _ in range(2)] == [403, 429]


async def test_who_proves_nothing_is_not_counted() -> None:
    here = Gated(rate_limit="1/day")
    for _ in range(3):
        response = await here.get(SCORES)
        assert (response.status_code, fields(response)) == (401, {})
    assert (await here.get(SCORES, access_token())).status_code == 200


async def test_without_a_limit_nothing_is_told() -> None:
    here = Gated()
    for _ in range(3):
        response = await here.get(SCORES, access_token())
        assert (response.status_code, fields(response)) == (200, {})


def test_callers_are_told_apart_by_all_that_names_them() -> None:
    limits = CallerLimits({"t": "1/day", "u": "1/day", "t/x": "1/day"})
    others = [
        caller(),
        caller("b"),
        caller(tenant="u"),
        caller(issuer="https://other.example.org"),
        caller(issuer=None, kind="api-key"),
        caller("x/a", issuer="y"),
        caller("a", issuer="y/x"),
    ]
    for one in others:
        limits.take(one)
    for one in others:
        with pytest.raises(TooManyRequestsError):
            limits.take(one)


def test_organisations_have_limits_of_their_own() -> None:
    limits = CallerLimits({"t": "1/day", "u": "2/hour"})
    standing = limits.take(caller(tenant="u"))
    assert standing is not None
    assert (standing.quota, standing.window, standing.remaining) == (2, 3_600, 1)
    assert limits.take(caller(tenant="none")) is None


@pytest.mark.parametrize(
    ("text", "quota", "window"),
    [("600/minute", 600, 60), ("5/second", 5, 1), ("10/2 hours", 10, 7_200), ("1 per day", 1, DAY)],
)
def test_a_limit_is_a_number_and_a_time(text: str, quota: int, window: int) -> None:
    limit = read_limit(text)
    assert (limit.amount, limit.get_expiry()) == (quota, window)


@pytest.mark.parametrize(
    "text",
    ["", "600", "minute", "0/minute", "-1/minute", "1.5/minute", "5/fortnight", "1/minute;5/hour"],
)
def test_another_text_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="for instance 600/minute") as caught:
        CallerLimits({"t": text})
    assert "fortnight" not in str(caught.value)


def test_the_settings_have_one_where_things_are_not_tried_out() -> None:
    assert settings().limit is None
    assert settings(rate_limit="5/minute").limit == "5/minute"
