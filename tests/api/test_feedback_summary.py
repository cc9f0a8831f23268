"""How cards were received, and what is held back of it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.store import IssuedCard, Outcome, Reason, Recorder, Store
from cds_hooks.services import ORDER_SIGN, PATIENT_VIEW
from tests.api.caller import Caller
from tests.cds_hooks.record import Json
from tests.contract.served import application, talk_to
from tests.store.kept import TENANT, add, card, client_of, moment, report, serving

SUMMARY = "/api/v1/feedback/summary"
SYSTEM = "http://reasons.test"
DISPLAYS = {(SYSTEM, "a"): "Reason A", (SYSTEM, "b"): "Reason B"}


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open("sqlite://")
    yield opened
    opened.close()


async def summary(store: Store, query: str = "", **options: Any) -> Json:
    """The answer, held against the OpenAPI document."""
    caller = Caller(serving(store, displays=DISPLAYS, **options))
    response = await caller.get(SUMMARY + query)
    caller.check("GET", SUMMARY, response)
    assert response.status_code == 200, response.text[:300]
    found: Json = response.json()
    return found


def fill(store: Store, first: int, told: str, **members: Any) -> None:
    """A card for each letter: a accepted, o overridden, u unanswered; its rule as the members say."""
    store.note_cards([card(first + place, **members) for place in range(len(told))])
    outcomes: dict[str, Outcome] = {"a": "accepted", "o": "overridden"}
    service = members.get("service", PATIENT_VIEW.id)
    for place, letter in enumerate(told):
        if letter in outcomes:
            add(store, report(first + place, outcomes[letter]), service=service)


async def test_nothing_yet(store: Store) -> None:
    assert await summary(store, smallest_cell=11) == {
        "since": None,
        "smallest_cell": 11,
        "by_service": [],
        "by_rule": [],
        "by_reason": [],
        "unmatched": 0,
        "shadow": 0,
        "quiet": 0,
    }


async def test_rows_by_service_and_by_rule(store: Store) -> None:
    fill(store, 1, "aaou", rule="SINS-B3")
    fill(store, 10, "ouu", rule="MIRELS-B1")
    fill(store, 20, "uu", rule="SINS-B3", service=ORDER_SIGN.id)
    found = await summary(store)
    assert found["by_service"] == [
        {
            "service": ORDER_SIGN.id,
            "shown": 2,
            "accepted": 0,
            "overridden": 0,
            "unanswered": 2,
            "suppressed": False,
        },
        {
            "service": PATIENT_VIEW.id,
            "shown": 7,
            "accepted": 2,
            "overridden": 2,
            "unanswered": 3,
            "acceptance_rate": 0.5,
            "override_rate": 0.5,
            "suppressed": False,
        },
    ]
    assert [(row["service"], row["rule"], row["shown"]) for row in found["by_rule"]] == [
        (ORDER_SIGN.id, "SINS-B3", 2),
        (PATIENT_VIEW.id, "MIRELS-B1", 3),
        (PATIENT_VIEW.id, "SINS-B3", 4),
    ]
    assert found["by_rule"][2]["acceptance_rate"] == 0.6667
    assert found["by_rule"][2]["override_rate"] == 0.3333


async def test_a_small_cell_is_left_out_and_so_is_what_would_give_it_away(store: Store) -> None:
    fill(store, 1, "aaaooouuu", rule="A")
    fill(store, 20, "aaaouuu", rule="B")
    fill(store, 40, "aaaooo", rule="A", service=ORDER_SIGN.id)
    found = await summary(store, smallest_cell=3)
    assert found["by_service"][1] == {"service": PATIENT_VIEW.id, "suppressed": True}
    assert found["by_service"][0]["shown"] == 6
    assert found["by_rule"][1]["shown"] == 9
    assert found["by_rule"][2] == {"service": PATIENT_VIEW.id, "rule": "B", "suppressed": True}


async def test_what_was_not_shown_and_what_matched_nothing_stand_apart(store: Store) -> None:
    fill(store, 1, "aaa")
    store.note_cards([card(number, shown=False) for number in range(10, 14)])
    store.note_cards([card(number, quiet=True) for number in range(20, 22)])
    add(store, *(report(number) for number in range(30, 35)))
    found = await summary(store, smallest_cell=3)
    assert found["by_service"][0]["shown"] == 3
    assert (found["shadow"], found["quiet"], found["unmatched"]) == (4, None, 5)


async def test_reasons_by_how_often_they_were_given(store: Store) -> None:
    fill(store, 1, "uuuuuuuuuu")
    for number, reason in enumerate(
        (
            *[Reason(SYSTEM, "b")] * 3,
            *[Reason(SYSTEM, "unlisted")] * 2,
            *[Reason(None, "other")] * 2,
            *[Reason(SYSTEM, "a")],
        ),
        start=1,
    ):
        add(store, report(number, reason=reason))
    found = await summary(store, smallest_cell=2)
    assert found["by_service"][0]["overridden"] == 8
    assert found["by_reason"] == [
        {"system": SYSTEM, "code": "b", "display": "Reason B", "count": 3},
        {
            "code": "other",
            "display": "Another reason, which the EHR tells in its own words",
            "count": 2,
        },
        {"system": SYSTEM, "code": "unlisted", "count": 2},
    ]


async def test_the_newest_cards_are_written_before_they_are_counted(store: Store) -> None:
    recorder = Recorder(store.note_cards, linger=60)
    recorder.record([card(1)])
    assert (await summary(store, recorder=recorder))["by_service"][0]["shown"] == 1
    recorder.close()


async def test_nothing_of_another_tenant_is_counted(store: Store) -> None:
    fill(store, 1, "ao", tenant="b")
    add(store, report(1, "accepted"), report(9), tenant="b")
    assert (await summary(store))["by_service"] == []
    client = client_of(store)
    found = (await client.get(SUMMARY, headers={"x-tenant": "b"})).json()
    assert found["by_service"][0]["accepted"] == 1
    assert found["unmatched"] == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [("", 3), ("?since=2026-11-19", 3), ("?since=2026-11-20", 2), ("?since=2000-01-01", 3), ("?other=1", 3)],
)
async def test_since_a_day_in_utc(store: Store, query: str, shown: int) -> None:
    issued = [moment(-12 * 60 - 1), moment(-12 * 60), moment()]
    store.note_cards([card(number, issued_at=when) for number, when in enumerate(issued)])
    found = await summary(store, query)
    assert found["by_service"][0]["shown"] == shown
    assert found["since"] == (query.removeprefix("?since=") if "since" in query else None)


@pytest.mark.parametrize(
    "since",
    [
        *("", "x", "2026-11-21", "2026-02-30", "2026-1-1", "20261101", "2026-W45-1", "2026-11-01T00:00:00Z"),
        *("1700000000", "-2026-11-01", "0000-01-01", "٢٠٢٦-11-01", "2026-11-01\n", "null", "' OR 1=1"),
    ],
)
async def test_since_is_a_day_that_has_been(store: Store, since: str) -> None:
    response = await client_of(store).get(SUMMARY, params={"since": since})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_day_that_is_none_is_named_and_not_repeated() -> None:
    response = await talk_to(application()).get(SUMMARY, params={"since": "soon"})
    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == "/since"
    assert "The parameter since is not valid" in fault["message"]
    assert "soon" not in response.text


async def test_no_method_but_get(store: Store) -> None:
    response: httpx.Response = await client_of(store).post(SUMMARY, json={})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


async def test_what_was_issued_carries_no_patient_into_the_answer(store: Store) -> None:
    issued: list[IssuedCard] = [card(number, patient="d" * 32, site="site-of-it") for number in range(20)]
    store.note_cards(issued)
    response = await client_of(store).get(SUMMARY)
    assert "d" * 32 not in response.text
    assert "site-of-it" not in response.text
    assert all(one.uuid not in response.text for one in issued)
    assert TENANT not in response.text
