"""The page of every operation: in the demo only, its assets as published, and in a real browser."""

import hashlib
import re
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.contract.served import application, talk_to
from tests.production import PRODUCTION
from tests.web.conftest import CHROMIUM

VENDOR = files("app.web").joinpath("static", "vendor")
VERSION = "5.35.0"
# Of the npm package swagger-ui-dist, unchanged.
DIGESTS = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}
SINS = "#operations-Scores-calculateSins"
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"
)


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_swagger_ui_is_what_was_published_and_names_its_licence(name: str) -> None:
    content = VENDOR.joinpath(name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == DIGESTS[name]
    licences = VENDOR.joinpath("LICENCES.txt").read_text(encoding="utf-8")
    assert f"swagger-ui {VERSION} (Apache-2.0)" in licences
    assert DIGESTS[name] in licences
    assert "Apache License" in licences
    assert VENDOR.joinpath("swagger-ui-bundle.js.LICENSE.txt").read_text(encoding="utf-8").strip()


async def test_the_demo_serves_the_page_and_everything_that_it_loads() -> None:
    async with talk_to(application()) as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert (await client.get(f"/{path.removeprefix('./')}")).status_code == 200, path
        assert 'href="docs"' in (await client.get("/")).text


async def test_the_page_may_load_and_run_nothing_but_its_own_files() -> None:
    async with talk_to(application()) as client:
        page = await client.get("/docs")
    policy = page.headers["content-security-policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert directives["default-src"] == ["'self'"]
    assert directives["frame-ancestors"] == directives["object-src"] == ["'none'"]
    assert not {"script-src", "style-src", "connect-src"} & set(directives)
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=", page.text) == []


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/redoc", "/static/vendor/swagger-ui-bundle.js"])
async def test_outside_the_demo_there_is_no_such_page(path: str) -> None:
    async with talk_to(application(**PRODUCTION)) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@in_a_browser
def test_an_operation_is_read_and_tried(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Every operation").click()
    operation = page.locator(SINS)
    expect(operation).to_be_visible(timeout=60_000)
    operation.locator(".opblock-summary-control").click()
    body = operation.locator("textarea.body-param__text")
    body.fill('{"level": "T11", "pain": "mechanical", "lesion": "lytic", "alignment": "deformity"}')
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table tr.response")
    expect(answer.locator(".response-col_status")).to_contain_text("200", timeout=60_000)
    expect(answer.locator(".response-col_description")).to_contain_text('"minimum": 10')


@in_a_browser
def test_every_operation_of_the_document_is_on_the_page(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator(SINS)).to_be_visible(timeout=60_000)
    documented = application().openapi()["paths"].values()
    expect(page.locator(".opblock")).to_have_count(sum(len(operations) for operations in documented))
