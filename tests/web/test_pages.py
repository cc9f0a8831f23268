"""The demo's page and routes, on a bare application."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.resources import files

import httpx
import pytest
from fastapi import FastAPI

from app.errors import NotFoundError
from app.web.router import router

AS_OF = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
STATIC = files("app.web").joinpath("static")
SCRIPTS = sorted(child.name for child in STATIC.joinpath("js").iterdir())


def bare_app() -> FastAPI:
    app = FastAPI()
    app.include_router(router(lambda: AS_OF))
    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=bare_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as found:
        yield found


async def test_the_page_says_what_it_is(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Demonstration with invented patients" in page.text
    assert "Not for clinical use" in page.text
    assert '<html lang="en">' in page.text


async def test_the_page_may_load_and_run_nothing_but_its_own_files(
    client: httpx.AsyncClient,
) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert directives["default-src"] == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["require-trusted-types-for"] == ["'script'"]
    assert "unsafe" not in policy


async def test_the_page_has_no_inline_script_or_style(client: httpx.AsyncClient) -> None:
    text = (await client.get("/")).text
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []


async def test_everything_the_page_loads_is_there(client: httpx.AsyncClient) -> None:
    text = (await client.get("/")).text
    loaded = set(re.findall(r'(?:src|href)="(static/[^"]+)"', text))
    for script in SCRIPTS:
        source = STATIC.joinpath("js", script).read_text(encoding="utf-8")
        for path in re.findall(r'from "\./([^"]+)"', source):
            loaded.add(f"static/js/{path}")
        for path in re.findall(r'from "\.\./([^"]+)"', source):
            loaded.add(f"static/{path}")
    assert "static/vendor/markdown-it.esm.min.mjs" in loaded
    for path in sorted(loaded):
        assert (await client.get(f"/{path}")).status_code == 200, path


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("app.css", "text/css; charset=utf-8"),
        ("js/main.js", "text/javascript; charset=utf-8"),
        ("vendor/markdown-it.esm.min.mjs", "text/javascript; charset=utf-8"),
        ("vendor/LICENCES.txt", "text/plain; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_assets_have_their_media_type(client: httpx.AsyncClient, path: str, media_type: str) -> None:
    asset = await client.get(f"/static/{path}")
    assert asset.status_code == 200
    assert asset.headers["content-type"] == media_type
    assert asset.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in asset.headers


@pytest.mark.parametrize("path", ["none.js", "js", "", "%2e%2e/demo.py", "js/%2e%2e/%2e%2e/demo.py"])
async def test_nothing_but_assets_is_served(client: httpx.AsyncClient, path: str) -> None:
    with pytest.raises(NotFoundError):
        await client.get(f"/static/{path}")


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_never_turn_text_into_markup_or_ask_another_host(script: str) -> None:
    source = STATIC.joinpath("js", script).read_text(encoding="utf-8")
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source) == []
    addresses = set(re.findall(r'"(https?://[^"]+)"', source))
    # Names of code systems, never fetched.
    assert all(
        address.startswith(("http://snomed.info/", "http://terminology.hl7.org/")) for address in addresses
    )


def test_styles_load_nothing() -> None:
    assert re.findall(r"@import|url\(", STATIC.joinpath("app.css").read_text(encoding="utf-8")) == []


def test_third_parties_are_named_with_their_licence() -> None:
    library = STATIC.joinpath("vendor", "markdown-it.esm.min.mjs").read_text(encoding="utf-8")
    licences = STATIC.joinpath("vendor", "LICENCES.txt").read_text(encoding="utf-8")
    version = re.match(r"/\*! markdown-it (\S+) .*@license MIT \*/", library)
    assert version is not None
    assert f"markdown-it {version[1]} (MIT)" in licences
    assert "Permission is hereby granted, free of charge" in licences


async def test_lists_patients_with_the_moment_taken_as_now(client: httpx.AsyncClient) -> None:
    index = (await client.get("/demo/patients")).json()
    assert index["as_of"] == AS_OF.isoformat()
    assert {"id", "title", "story", "look_for"} == set(index["patients"][0])
    assert len(index["patients"]) >= 12


async def test_serves_a_record_with_today_s_dates(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/patients/stable-t10")
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["timestamp"] == "2026-03-01T18:00:00+00:00"


async def test_serves_the_hook_request_of_a_record(client: httpx.AsyncClient) -> None:
    request = (await client.get("/demo/patients/stable-t10/hook-request")).json()
    assert request["hook"] == "patient-view"
    assert request["context"] == {"userId": "Practitioner/demo-clinician", "patientId": "p-31188"}


@pytest.mark.parametrize("path", ["nobody", "index", "nobody/hook-request"])
async def test_an_unknown_patient_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    with pytest.raises(NotFoundError):
        await client.get(f"/demo/patients/{path}")


def test_the_demo_is_no_part_of_the_interface() -> None:
    assert bare_app().openapi()["paths"] == {}
