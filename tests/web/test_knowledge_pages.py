"""The knowledge as pages, through the front door and in a real browser."""

import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from app.engine.criteria import Criterion
from app.engine.sheet import Document, Grid, Link, Listing, Paragraph, Section
from app.evidence import load as load_evidence
from app.knowledge import load
from app.knowledge.disputes import DISPUTES
from app.knowledge.policy import LOCAL_POLICIES, Policy
from app.web import knowledge_pages
from tests.cli.running_service import COMMAND, RunningService
from tests.contract.served import application, talk_to
from tests.production import PRODUCTION

KNOWLEDGE = load(Policy())
DEFINITIONS = [
    *KNOWLEDGE.instruments,
    *KNOWLEDGE.patient_scores,
    *KNOWLEDGE.pathways,
    *KNOWLEDGE.measures,
]
CODES = [*DEFINITIONS, "urgent", "evidence"]
SERVICE = PRODUCTION
CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
NARROW = 360


class Reader(HTMLParser):
    """What a reader sees of a page, and the elements and addresses it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.seen).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    @property
    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name == "href"]


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    return talk_to(application())


async def read(client: httpx.AsyncClient, path: str) -> Reader:
    response = await client.get(path)
    assert response.status_code == 200, path
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(response.text)


async def test_the_index_leads_to_every_definition(client: httpx.AsyncClient) -> None:
    page = await read(client, "/knowledge")
    wanted = {f"/knowledge/{code}" for code in CODES}
    assert wanted <= set(page.links)
    for address in wanted:
        assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize("code", CODES)
async def test_every_page_names_the_knowledge_and_has_a_place_to_sign(
    client: httpx.AsyncClient, code: str
) -> None:
    page = await read(client, f"/knowledge/{code}")
    assert f"Knowledge {KNOWLEDGE.version}, digest {KNOWLEDGE.digest}" in page.text
    assert "Sign-off" in page.text
    assert "Name Role Date Signature" in page.text


@pytest.mark.parametrize("code", [*KNOWLEDGE.instruments, *KNOWLEDGE.patient_scores])
async def test_a_score_is_told_in_full(client: httpx.AsyncClient, code: str) -> None:
    one = KNOWLEDGE.instruments.get(code) or KNOWLEDGE.patient_scores[code]
    score, page = one.score, await read(client, f"/knowledge/{code}")
    texts = [score.name, *score.use, *score.misuse, *(cite.title for cite in score.references)]
    texts += [text for item in score.items for text in (item.label, *(o.label for o in item.options))]
    texts += [text for band in score.bands for text in (band.label, band.meaning, band.cite.key)]
    texts += [text for one in score.performance for text in (one.measure, one.value, one.population)]
    assert [text for text in texts if normal(text) not in page.text] == []


@pytest.mark.parametrize("code", list(KNOWLEDGE.pathways))
async def test_a_pathway_is_told_in_full(client: httpx.AsyncClient, code: str) -> None:
    pathway, page = KNOWLEDGE.pathways[code], await read(client, f"/knowledge/{code}")
    rules: tuple[Criterion, ...] = pathway.criteria.rules if pathway.criteria else ()
    texts = [pathway.name, *pathway.use, *pathway.misuse, pathway.decides]
    texts += [one.question for one in pathway.inputs]
    texts += [text for rule in rules for text in (rule.id, rule.text)]
    texts += [rule.effect.value for rule in rules]
    rows = pathway.table.rows if pathway.table else ()
    texts += [text for row in rows for text in (row.id, row.treatment.label)]
    texts += [cite.title for cite in pathway.references]
    assert [text for text in texts if normal(text) not in page.text] == []


@pytest.mark.parametrize("code", list(KNOWLEDGE.measures))
async def test_a_measure_is_told_in_full(client: httpx.AsyncClient, code: str) -> None:
    measure, page = KNOWLEDGE.measures[code], await read(client, f"/knowledge/{code}")
    texts = [measure.name, *measure.use, *measure.misuse, *(cite.title for cite in measure.references)]
    texts += [one.question for one in measure.inputs]
    texts += [band.label for band in measure.bands]
    texts += [text for policy in measure.policies for text in (policy.key, policy.text)]
    assert [text for text in texts if normal(text) not in page.text] == []


async def test_noms_shows_the_situation_that_has_no_row(client: httpx.AsyncClient) -> None:
    page = await read(client, "/knowledge/noms")
    assert "NOMS-X1 low present any any any no row: urgent review" in page.text


async def test_what_cannot_wait_is_told_with_what_provokes_it(client: httpx.AsyncClient) -> None:
    page = await read(client, "/knowledge/urgent")
    for rule in ("RED-1", "RED-2", "RED-3", "RED-4", "RED-6", "RED-7", "RED-9", "SURG-1"):
        assert f" {rule} " in page.text
    assert "New neurologic deficit: present RED-1 new neurologic deficit, emergency pathway now" in page.text
    assert "not to wait for" in page.text.lower()


async def test_the_evidence_leads_to_every_figure_and_names_every_conflict(client: httpx.AsyncClient) -> None:
    evidence, page = load_evidence(), await read(client, "/knowledge/evidence")
    figures = [address for address in page.links if address.startswith("/api/")]
    assert len(figures) == len(evidence.figures)
    for address in figures:
        assert (await client.get(address)).headers["content-type"] == "image/svg+xml"
    assert [one.id for one in evidence.inconsistencies if f"{one.id} " not in page.text] == []


@pytest.mark.parametrize("dispute", DISPUTES, ids=lambda dispute: dispute.key)
async def test_a_dispute_stands_on_the_pages_that_it_concerns(
    client: httpx.AsyncClient, dispute: object
) -> None:
    (found,) = [one for one in DISPUTES if one is dispute]
    for code in found.pages:
        if code in CODES:
            assert normal(found.text) in (await read(client, f"/knowledge/{code}")).text


@pytest.mark.parametrize(
    ("code", "conflict"),
    [("sins", "INC-31"), ("mirels", "INC-32"), ("noms", "INC-33"), ("augmentation", "INC-37")],
)
async def test_conflicts_between_figures_stand_on_the_pages_that_they_concern(
    client: httpx.AsyncClient, code: str, conflict: str
) -> None:
    assert f"{conflict} " in (await read(client, f"/knowledge/{code}")).text


async def test_local_policy_shows_the_choice_of_the_site() -> None:
    plain, chosen = application(), application(policy={"SINS-E1": "upper"})
    (policy,) = [one for one in LOCAL_POLICIES if one.key == "SINS-E1"]
    told = normal(f"SINS-E1 {policy.text}")
    assert f"{told} interval " in (await read(talk_to(plain), "/knowledge/sins")).text
    assert f"{told} upper " in (await read(talk_to(chosen), "/knowledge/sins")).text


async def test_every_profile_has_the_pages() -> None:
    client = talk_to(application(**SERVICE))
    assert (await client.get("/static/app.css")).status_code == 404
    for path in ("/knowledge", "/knowledge/sins", "/knowledge/sheet.css"):
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/knowledge", "/knowledge/sins", "/knowledge/sheet.css"])
async def test_a_page_may_load_its_stylesheet_and_nothing_else(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("code", CODES)
async def test_a_page_has_no_script_no_style_of_its_own_and_no_form(
    client: httpx.AsyncClient, code: str
) -> None:
    page = await read(client, f"/knowledge/{code}")
    assert {"script", "style", "form", "iframe", "img", "object"}.isdisjoint(page.elements)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert all(re.match(r"https://|/|data:,$", address) for address in page.links)


async def test_a_page_that_did_not_change_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/knowledge/sins")
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await client.get("/knowledge/sins", headers={"if-none-match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
    other = await client.get("/knowledge/sins", headers={"if-none-match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_another_policy_is_another_page() -> None:
    tags = set()
    choices: list[dict[str, Any]] = [{}, {"policy": {"SINS-E1": "upper"}}, {"windows": {"pain": "7/15"}}]
    for settings in choices:
        tags.add((await talk_to(application(**settings)).get("/knowledge/mirels")).headers["etag"])
    assert len(tags) == 3


@pytest.mark.parametrize("path", ["/knowledge/tomita", "/knowledge/SINS", "/knowledge/sins.html"])
async def test_an_unknown_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert "sins" in response.json()["detail"]


async def test_takes_no_other_method(client: httpx.AsyncClient) -> None:
    response = await client.post("/knowledge/sins", json={})
    assert (response.status_code, response.headers["allow"]) == (405, "GET")


def test_no_text_becomes_markup() -> None:
    nasty = '<b title="x">&\'"</b>'
    document = Document(
        "x",
        nasty,
        (nasty,),
        (
            Section(
                nasty,
                (
                    Paragraph(nasty),
                    Listing((nasty, Link(nasty, f"https://x/{nasty}"))),
                    Grid((nasty,), ((nasty,), (Link(nasty, nasty),))),
                ),
            ),
        ),
    )
    page = knowledge_pages._html(document, home=True)
    found = Reader(page)
    assert "b" not in found.elements
    assert "title" not in {name for name, _ in found.attributes}
    assert found.seen.count(nasty) == 10
    assert f"https://x/{nasty}" in found.links


def test_the_stylesheet_loads_nothing() -> None:
    text = files("app.web").joinpath("knowledge.css").read_text(encoding="utf-8")
    assert re.findall(r"@import|url\(", text) == []
    assert "@media print" in text


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium")
def test_pages_show_and_print_without_a_fault() -> None:
    settings = {f"SPINE_METS_{name.upper()}": value for name, value in PRODUCTION.items()}
    with RunningService([*COMMAND, "serve"], settings) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=service.address)
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda sent: faults.append(sent.url))
        for path in ("", "/sins", "/noms", "/urgent", "/evidence"):
            page.goto(f"/knowledge{path}")
            expect(page.locator("h1")).to_be_visible()
            expect(page.locator("td").first).to_have_css("border-top-width", "1px")
            assert page.pdf().startswith(b"%PDF-")
        page.emulate_media(media="print")
        expect(page.locator("nav")).to_be_hidden()
        expect(page.get_by_role("heading", name="Sign-off")).to_be_visible()
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": NARROW, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW
        browser.close()
    assert faults == []


def normal(text: str) -> str:
    return " ".join(text.split())
