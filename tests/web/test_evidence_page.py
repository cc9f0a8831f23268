"""The page of the figures: every one with what it was counted in, to read and to print, in every profile."""

import re
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import httpx
import pytest

from app.engine.sheet import Grid
from app.evidence import load as load_evidence
from app.evidence.codes import Outcome, Site, Statistic, Technique
from app.evidence.item import Item, Point, Series, Statement
from app.evidence.studies import Estimates, Share, Table
from app.knowledge import load
from app.knowledge.policy import Policy
from app.web import evidence_page as module
from app.web.evidence_page import PARTS
from tests.contract.served import application, talk_to
from tests.production import PRODUCTION

KNOWLEDGE = load(Policy())
EVIDENCE = load_evidence()
FIGURES = list(EVIDENCE.figures)
SERVICE = PRODUCTION


class Reader(HTMLParser):
    """What a reader sees of each part of a page that has an anchor, and what the page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.anchors: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.feed(page)
        self.parts = {
            anchor: seen(page.partition(f'id="{anchor}"')[2].partition(f"</{tag}>")[0])
            for tag, anchor in re.findall(r'<(section|article) id="([^"]+)"', page)
        }
        self.text = seen(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        members = dict(attrs)
        if members.get("id") is not None:
            self.anchors.append(members["id"] or "")
        if tag == "img":
            self.images.append(members)

    @property
    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name == "href"]


def seen(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    return talk_to(application())


@pytest.fixture
async def page(client: httpx.AsyncClient) -> Reader:
    response = await client.get("/evidence")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(response.text)


@pytest.mark.parametrize("code", FIGURES)
def test_a_figure_stands_with_its_source_its_denominator_and_its_cautions(page: Reader, code: str) -> None:
    item, told = EVIDENCE.items[code], page.parts[code]
    texts = [item.title, item.population, item.cite.place, item.cite.tag.label, "Denominator: "]
    texts += [*item.notes, *item.interests]
    texts += [text for one in item.conflicts for text in (one.id, one.conflict, one.handling)]
    assert [text for text in texts if " ".join(text.split()) not in told] == []
    for text in (item.publication.citation.title, *item.publication.cautions):
        assert " ".join(text.split()) in page.text


@pytest.mark.parametrize("code", FIGURES)
def test_the_values_stand_beside_the_drawing(page: Reader, code: str) -> None:
    item, told = EVIDENCE.items[code], page.parts[code]
    rows: list[tuple[Any, ...]] = []
    if isinstance(item, Series):
        rows = [(point.label, f"{point.value:g}") for point in item.points]
    elif isinstance(item, Estimates):
        rows = [(e.factor, f"{e.value:g}", f"{e.low:g} to {e.high:g}") for e in item.estimates]
    elif isinstance(item, Table):
        rows = [(row.study,) for row in item.rows]
    assert rows
    assert [row for row in rows if " ".join(row) not in told] == []


async def test_every_figure_is_there_once_and_is_served(client: httpx.AsyncClient, page: Reader) -> None:
    assert [image["src"] for image in page.images] == [
        f"/api/v1/evidence/figures/{code}.svg" for code in FIGURES
    ]
    for image in page.images:
        drawing = await client.get(image["src"] or "")
        assert drawing.headers["content-type"] == "image/svg+xml"
        assert f'width="{image["width"]}" height="{image["height"]}"' in drawing.text[:300]
        assert (image["alt"] or "").endswith("The values stand in the table below.")


def test_anchors_are_unique_and_every_figure_has_one(page: Reader) -> None:
    assert len(set(page.anchors)) == len(page.anchors)
    assert {*FIGURES, *(part.code for part in PARTS), "not", "conflicts"} == set(page.anchors)


async def test_every_link_of_ours_leads_somewhere(client: httpx.AsyncClient, page: Reader) -> None:
    for address in set(page.links):
        if address.startswith("#"):
            assert address[1:] in page.anchors
        elif address.startswith("/"):
            assert (await client.get(address)).status_code == 200, address
        else:
            assert re.match(r"https://|data:,$", address)
    assert {"/api/v1/evidence/inconsistencies", "/knowledge/evidence"} <= set(page.links)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.code)
def test_a_part_lists_its_figures_and_leads_to_its_definition(page: Reader, part: module.Part) -> None:
    told = page.parts[part.code]
    listed = [code for code in FIGURES if EVIDENCE.items[code].title in told]
    assert listed
    assert part.code in KNOWLEDGE.pathways
    assert f"/knowledge/{part.code}" in page.links


def test_every_figure_is_listed_in_a_part(page: Reader) -> None:
    listed = {address.removeprefix("#") for address in page.links if address.startswith("#")}
    assert listed == set(FIGURES)


@pytest.mark.parametrize(
    ("part", "listed", "not_listed"),
    [
        ("augmentation", "xu-vas", "msts-tanigawa-response"),
        ("ablation", "chen-vas", "xu-vas"),
        ("embolisation", "msts-pellerin-vas", "xu-vas"),
        ("fracture-after-stereotactic-radiotherapy", "sahgal-hazard-ratios", "chen-vas"),
        ("acetabulum", "msts-english-function", "msts-lee-vas"),
        ("pelvis", "msts-lee-vas", "xu-vas"),
    ],
)
def test_a_part_holds_what_concerns_it(page: Reader, part: str, listed: str, not_listed: str) -> None:
    assert EVIDENCE.items[listed].title in page.parts[part]
    assert EVIDENCE.items[not_listed].title not in page.parts[part]


def test_it_says_what_it_is_not(page: Reader) -> None:
    told = page.parts["not"]
    for text in ("No personal prognosis", "No comparison of treatments", "no figure changes a card"):
        assert text in told
    assert page.text.index("What this is not") < page.text.index("Denominator")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("chen-vas", "Denominator: 91 at the start; the table has that of each value."),
        ("chen-pain-reduced", "Denominator: 91 patients at the start; the table has that of each value."),
        ("chen-pain-reduced", "6 months 78 88 88.6"),
        ("chen-morphine", "before 77.8 31.5 15 to 143 91"),
        ("msts-levy-worst-pain", "6 months 3.5 3.2 22"),
        ("hao-bm22", "Denominator: 20 at the start."),
        ("chen-pusceddu-vas", "Denominator: none that holds for every value; see in whom."),
        ("tad-pain-outcomes", "Denominator: another one in each study; the table names it."),
        ("tad-pain-outcomes", "8 to 2.9 of 10 5.1 45 of an unknown number, 78% as printed"),
        ("tad-local-control", "67% as printed, after 1 year"),
        ("tad-local-control", "17 of 18 tumours, 94% as printed"),
        ("sahgal-hazard-ratios", "collapse 50% or more 6.92 1.38 to 34.77"),
    ],
)
def test_numbers_are_told_as_printed(page: Reader, code: str, told: str) -> None:
    assert told in page.parts[code]


async def test_it_names_the_knowledge_of_the_site(page: Reader) -> None:
    assert f"Knowledge {KNOWLEDGE.version}, digest {KNOWLEDGE.digest}" in page.text
    choice = {"SINS-E1": "upper"}
    other = load(Policy.of(choice, {}))
    told = Reader((await talk_to(application(policy=choice)).get("/evidence")).text).text
    assert f"digest {other.digest}" in told
    assert KNOWLEDGE.digest not in told


async def test_every_profile_has_the_page() -> None:
    client = talk_to(application(**SERVICE))
    for path in ("/evidence", "/evidence/figures.css"):
        assert (await client.get(path)).status_code == 200


async def test_it_may_load_our_drawings_and_styles_and_nothing_else(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/evidence")).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "'self' data:"
    assert policy["style-src"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_it_has_no_script_no_style_of_its_own_and_no_form(page: Reader) -> None:
    assert {"script", "style", "form", "iframe", "object", "svg"}.isdisjoint(page.elements)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("path", ["/evidence", "/evidence/figures.css"])
async def test_what_did_not_change_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_stylesheet_loads_nothing_and_prints() -> None:
    text = files("app.web").joinpath("evidence.css").read_text(encoding="utf-8")
    assert re.findall(r"@import|url\(", text) == []
    assert "@media print" in text


def test_no_text_becomes_markup() -> None:
    nasty = '<b title="x">&\'"</b>'
    source = EVIDENCE.items[FIGURES[0]].publication
    item = Series(
        code="nasty",
        facts=(),
        title=nasty,
        techniques=(Technique.MICROWAVE,),
        outcome=Outcome.PAIN,
        sites=(Site.SPINE,),
        population=nasty,
        publication=source,
        place=nasty,
        notes=(nasty,),
        n=2,
        unit=nasty,
        axis=nasty,
        statistic=Statistic.VALUE,
        points=(Point(nasty, 1), Point(nasty, 2)),
        test=nasty,
    )
    found = Reader(module._figure(item, b'<svg width="1" height="2">'))
    assert "b" not in found.elements
    assert "title" not in {name for name, _ in found.attributes}
    assert found.text.count(nasty) == 8


def test_what_has_no_figure_has_no_table_of_values() -> None:
    (item, *_) = [one for one in EVIDENCE.items.values() if isinstance(one, Statement)]
    with pytest.raises(TypeError, match="of no kind that has one"):
        values(item)


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (None, ""),
        (Share(count=3, denominator=4, unit="patients"), "3 of 4 patients"),
        (Share(reported="40", years=2), "40% as printed, after 2 years"),
    ],
)
def test_a_share_is_told_as_far_as_it_is_known(share: Share | None, told: str) -> None:
    assert module._share(share) == told


def values(item: Item) -> Grid:
    return module._values(item)
