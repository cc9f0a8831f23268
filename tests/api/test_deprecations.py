"""An operation that will end says so in every answer and in the document; the others say nothing."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.api.deprecations import DEPRECATIONS, Deprecation
from app.main import create_app
from app.settings import Settings
from tests.cds_hooks.record import NOW
from tests.contract.document import response_of
from tests.contract.served import application, talk_to

SINCE = datetime(2027, 1, 1, tzinfo=UTC)
SUNSET = datetime(2027, 12, 31, 12, tzinfo=timezone(timedelta(hours=12)))
SCORES = "/api/v1/scores"
ENDING = {
    "getScoreDefinition": Deprecation(SINCE, SUNSET, "/api/v2/scores/{score}"),
    "calculateMirels": Deprecation(SINCE),
}
EXPLAINED = '</openapi.json>; rel="deprecation"; type="application/json"'
NAMES = ("deprecation", "sunset", "link")


def service(**settings: Any) -> FastAPI:
    app = create_app(Settings(database="sqlite://", **settings), lambda: NOW, deprecations=ENDING)
    app.state.ballot = ()
    return app


def said(response: httpx.Response) -> dict[str, str]:
    return {name: response.headers[name] for name in NAMES if name in response.headers}


OF_DEFINITIONS = {
    "deprecation": "@1798761600",
    "sunset": "Fri, 31 Dec 2027 00:00:00 GMT",
    "link": f'{EXPLAINED}, </api/v2/scores/{{score}}>; rel="successor-version"',
}
OF_MIRELS = {"deprecation": "@1798761600", "link": EXPLAINED}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "wanted"),
    [
        ("GET", f"{SCORES}/sins", None, 200, OF_DEFINITIONS),
        ("GET", f"{SCORES}/mirels", None, 200, OF_DEFINITIONS),
        ("GET", f"{SCORES}/none", None, 404, OF_DEFINITIONS),
        ("POST", f"{SCORES}/mirels", b"{}", 200, OF_MIRELS),
        ("POST", f"{SCORES}/mirels", b"{", 400, OF_MIRELS),
        ("POST", f"{SCORES}/mirels", b'{"pain": "much"}', 422, OF_MIRELS),
        ("POST", f"{SCORES}/sins", b"{}", 200, {}),
        ("GET", SCORES, None, 200, {}),
        ("GET", f"{SCORES}/sins/questionnaire", None, 200, {}),
        ("GET", f"{SCORES}/odi", None, 200, {}),
        ("DELETE", f"{SCORES}/mirels", None, 405, {}),
    ],
)
async def test_every_answer_says_it_and_no_other(
    method: str, path: str, body: bytes | None, status: int, wanted: dict[str, str]
) -> None:
    headers = {"content-type": "application/json"}
    response = await talk_to(service()).request(method, path, content=body, headers=headers)
    assert response.status_code == status
    assert said(response) == wanted


async def test_whoever_is_turned_away_before_the_route_is_told_too() -> None:
    app = service(
        profile="service",
        authentication="service",
        audit_failure="open",
        public_base_url="https://cds.example.org",
        pseudonym_key="an invented key of more than thirty-two characters",
    )
    response = await talk_to(app).get(f"{SCORES}/sins")
    assert response.status_code == 401
    assert said(response) == OF_DEFINITIONS


def test_the_document_says_it() -> None:
    document = service().openapi()
    ending = {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if operation.get("deprecated")
    }
    assert ending == set(ENDING)
    operation = document["paths"][f"{SCORES}/{{score}}"]["get"]
    wanted = "Deprecated since 2027-01-01; ends on 2027-12-31; use /api/v2/scores/{score}."
    assert operation["description"] == wanted
    for status in operation["responses"]:
        told = response_of(document, f"{SCORES}/{{score}}", "get", status)["headers"]
        assert {"Deprecation", "Sunset", "Link"} <= set(told)
    assert "Sunset" not in response_of(document, f"{SCORES}/sins", "post", 422)["headers"]


async def test_nothing_is_deprecated_where_nothing_is_named() -> None:
    app = application()
    assert dict(DEPRECATIONS) == {}
    assert "Deprecation" not in app.openapi()["components"]["headers"]
    assert not any("SayDeprecated" in str(one.cls) for one in app.user_middleware)
    assert said(await talk_to(app).get(f"{SCORES}/sins")) == {}


def test_a_sunset_is_not_before_the_deprecation() -> None:
    assert Deprecation(SINCE, SINCE).fields["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    with pytest.raises(ValueError, match="not before"):
        Deprecation(SINCE, SINCE - timedelta(seconds=1))


WITHOUT_ZONE = SINCE.replace(tzinfo=None)


@pytest.mark.parametrize(("since", "sunset"), [(WITHOUT_ZONE, None), (SINCE, WITHOUT_ZONE)])
def test_moments_have_a_time_zone(since: datetime, sunset: datetime | None) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Deprecation(since, sunset)


def test_a_name_that_no_operation_has_stops_the_start() -> None:
    with pytest.raises(ValueError, match="misspelt"):
        create_app(Settings(database="sqlite://"), deprecations={"misspelt": Deprecation(SINCE)})
