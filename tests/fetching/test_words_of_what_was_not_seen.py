"""How a card speaks where part of the record was not seen: neither as if nothing were there, nor calmly."""

import re

from tests.cds_hooks.record import Json
from tests.faults.behaviours import status
from tests.fetching.calls import CALM, call, cards_in, open_server


async def cards_without(kind: str) -> list[Json]:
    async with open_server() as (server, ehr):
        server.on(kind, status(403))
        return cards_in(await ehr.send(call(server.base)))


def of_a_lesion(cards: list[Json], label: str) -> Json:
    return next(card for card in cards if card["summary"].startswith(f"{label}:"))


async def test_a_finding_that_was_not_seen_is_not_said_to_be_missing() -> None:
    card = of_a_lesion(await cards_without("Observation"), "L3")
    assert "part of the record was not looked at" in card["summary"]
    detail = card["detail"]
    assert "to be looked up or recorded" in detail
    assert "| not recorded |" not in detail
    assert "| not recorded, or not looked at |" in detail
    assert "**Not recorded or too old:**" not in detail


async def test_what_was_not_seen_and_why_comes_right_after_the_score() -> None:
    detail = of_a_lesion(await cards_without("Observation"), "L3")["detail"]
    second = detail.split("\n\n")[1]
    assert second.startswith("**Not everything could be checked:** Observations.")
    assert "`The FHIR server did not release these data.`" in second


async def test_a_calm_total_is_called_calm_nowhere_on_the_card() -> None:
    card = of_a_lesion(await cards_without("BodyStructure"), "L3")
    assert CALM not in card["summary"]
    assert "Not settled" in card["summary"]
    (total,) = re.findall(r"\| \*\*Total\*\* \| \*\*(.*?)\*\*", card["detail"])
    assert total == "not settled: part of the record was not looked at"


async def test_where_everything_was_seen_it_speaks_as_ever() -> None:
    async with open_server() as (server, ehr):
        card = of_a_lesion(cards_in(await ehr.send(call(server.base))), "L3")
    assert CALM in card["summary"]
    assert "not looked at" not in card["detail"]
    assert "Not everything could be checked" not in card["detail"]
