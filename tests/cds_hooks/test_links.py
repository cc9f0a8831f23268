"""Every link that a card can carry leads to a page of ours that is there, and holds nothing of a patient."""

import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import pytest

from app.knowledge import load
from app.knowledge.policy import Policy
from app.web.evidence_page import PARTS
from cds_hooks.card import Link
from cds_hooks.links import FIGURES, MAX_LINKS, Definition, card_links, smart_link
from tests.contract.served import application, talk_to

BASE = "https://cds.example.org/spine"
KNOWLEDGE = load(Policy())
DEFINITIONS: dict[str, Definition] = {
    **KNOWLEDGE.instruments,
    **KNOWLEDGE.patient_scores,
    **KNOWLEDGE.pathways,
}
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"


def links_of(codes: Sequence[str], urgent: bool = False) -> list[Link]:
    found = card_links(BASE, [DEFINITIONS[code] for code in codes], urgent=urgent)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    return talk_to(application())


@pytest.mark.conforms("R103", "R106")
@pytest.mark.parametrize("urgent", [False, True])
@pytest.mark.parametrize("code", list(DEFINITIONS))
async def test_every_link_that_a_card_can_carry_leads_somewhere(
    client: httpx.AsyncClient, code: str, urgent: bool
) -> None:
    for link in links_of([code], urgent):
        assert link.type == "absolute"
        assert link.appContext is None
        assert link.url.startswith(f"{BASE}/")
        parts = urlsplit(link.url.removeprefix(BASE))
        assert not parts.query
        page = await client.get(parts.path)
        assert page.status_code == 200, link.url
        assert page.headers["content-type"].startswith("text/html")
        if parts.fragment:
            assert f'id="{parts.fragment}"' in page.text


def test_the_parts_of_the_page_of_figures_are_those_that_cards_link_to() -> None:
    assert {part.code for part in PARTS} == set(FIGURES)


def test_a_card_links_to_what_it_speaks_of() -> None:
    assert links_of(["sins", "augmentation"], urgent=True) == [
        Link("Urgent findings: rules and sources", f"{BASE}/knowledge/urgent", "absolute"),
        Link("SINS: definition and sources", f"{BASE}/knowledge/sins", "absolute"),
        Link("Augmentation: definition and sources", f"{BASE}/knowledge/augmentation", "absolute"),
        Link("Published figures: cement", f"{BASE}/evidence#augmentation", "absolute"),
    ]
    assert [link.url for link in links_of(["mirels"])] == [f"{BASE}/knowledge/mirels"]


@pytest.mark.parametrize("urgent", [False, True])
def test_at_most_four_and_each_once(urgent: bool) -> None:
    codes = [*DEFINITIONS, *DEFINITIONS]
    found = links_of(codes, urgent)
    assert len(found) == MAX_LINKS == 4
    assert len({link.url for link in found}) == 4
    # What the card is about comes first, and the figures keep their place.
    assert found[int(urgent)].url == f"{BASE}/knowledge/sins"
    assert found[-1].url == f"{BASE}/evidence#augmentation"
    without_figures = [code for code in DEFINITIONS if code not in FIGURES]
    assert all("/knowledge/" in link.url for link in links_of(without_figures, urgent))


def test_a_label_is_short() -> None:
    for code in DEFINITIONS:
        for link in links_of([code]):
            assert len(link.label) <= 70


def test_without_an_address_of_ours_or_anything_to_link_to_there_are_none() -> None:
    assert card_links(None, [DEFINITIONS["sins"]], urgent=True) is None
    assert card_links(BASE, []) is None


# -- links that launch an app -------------------------------------------------------------------------------


@pytest.mark.conforms("R104", "R106")
def test_an_app_learns_of_the_lesion_apart_from_its_address() -> None:
    link = smart_link(
        "https://app.example.org/launch", "Fill in what is missing", INSTANCE, "t11", ["pain", "lesion"]
    )
    assert (link.type, link.url) == ("smart", "https://app.example.org/launch")
    assert json.loads(link.appContext or "") == {
        "hookInstance": INSTANCE,
        "lesion": "t11",
        "missing": ["pain", "lesion"],
    }


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/launch", "http://localhost/launch"])
def test_an_app_on_this_machine_needs_no_https(url: str) -> None:
    assert smart_link(url, "Open", INSTANCE, "t11", ()).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.org/launch",
        "javascript:alert(1)",
        "/launch",
        "https:///launch",
        "https://app.example.org/launch?patient=p-1",
        "https://app.example.org/launch#p-1",
        "myapp://launch",
    ],
)
def test_an_app_is_launched_nowhere_else(url: str) -> None:
    with pytest.raises(ValueError, match="https address") as caught:
        smart_link(url, "Open", INSTANCE, "t11", ())
    assert not re.search(r"example|javascript|myapp", str(caught.value))
