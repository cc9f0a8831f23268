"""Feedback on cards, as it is taken (checklist K; hardening B, 3.1)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.store import Reason, Store, Tally
from cds_hooks.services import ORDER_SIGN, PATIENT_VIEW, SERVICES
from tests.api.caller import Caller
from tests.cds_hooks.hook_request import DISCOVERY, SERVICE, hook_request
from tests.cds_hooks.record import Json, spinal_lesion
from tests.contract.document import body_schema, resolved
from tests.contract.served import application, talk_to
from tests.privacy.conftest import log as log  # noqa: PLC0414  a fixture of another folder
from tests.store.calls import (
    CANARY,
    FEEDBACK,
    HL7,
    VENDOR,
    VENDOR_WORDS,
    accepted,
    overridden,
    reasons,
    send,
    taken,
    tally,
)
from tests.store.kept import TENANT, card, client_of, uuid_of


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open("sqlite://")
    opened.note_cards([card(number) for number in range(1, 6)])
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store) -> httpx.AsyncClient:
    return client_of(store)


# -- what is taken -------------------------------------------------------------------------------------------


@pytest.mark.conforms("R124", "R125", "R132")
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.id)
async def test_r125_every_service_takes_feedback(
    store: Store, client: httpx.AsyncClient, service: Any
) -> None:
    store.note_cards([card(9, service=service.id)])
    await taken(client, overridden(9), path=f"{DISCOVERY}/{service.id}/feedback")
    assert store.counts(TENANT).rules[service.id, "SINS-B3"].overridden == 1


@pytest.mark.conforms("R125")
async def test_r125_no_other_address_does(client: httpx.AsyncClient) -> None:
    for path in (f"{DISCOVERY}/unknown/feedback", f"{FEEDBACK}/x"):
        assert (await send(client, overridden(), path=path)).status_code == 404
    response = await client.get(FEEDBACK)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.conforms("R126")
async def test_r126_an_empty_array_is_fine(client: httpx.AsyncClient, store: Store) -> None:
    await taken(client)
    assert tally(store) == Tally(unanswered=5)


@pytest.mark.conforms("R127", "R130")
async def test_r130_one_call_may_hold_several_cards_and_a_card_several_times(
    client: httpx.AsyncClient, store: Store
) -> None:
    await taken(
        client,
        accepted(1),
        overridden(2),
        accepted(3),
        overridden(3, outcomeTimestamp="2026-11-20T11:59:30Z"),
    )
    assert tally(store) == Tally(accepted=1, overridden=2, unanswered=2)


@pytest.mark.conforms("R130")
async def test_r130_the_same_call_again_changes_nothing(client: httpx.AsyncClient, store: Store) -> None:
    for _ in range(3):
        await taken(
            client, accepted(1), overridden(2, overrideReason={"reason": {"code": "x", "system": HL7}})
        )
    assert tally(store) == Tally(accepted=1, overridden=1, unanswered=3)
    assert reasons(store) == {Reason(HL7, "x"): 1}


@pytest.mark.conforms("R130")
async def test_r130_a_card_may_be_accepted_and_overridden_later(
    client: httpx.AsyncClient, store: Store
) -> None:
    await taken(client, accepted(1))
    await taken(client, overridden(1, outcomeTimestamp="2026-11-20T11:59:01+00:00"))
    # Told late, done early: what was done last counts.
    await taken(client, accepted(1, outcomeTimestamp="2026-11-20T11:58:00Z"))
    assert tally(store) == Tally(overridden=1, unanswered=4)


@pytest.mark.conforms("R127")
@pytest.mark.parametrize("write", [str.upper, str.capitalize, str.lower])
async def test_r127_a_uuid_is_the_same_in_any_case(
    client: httpx.AsyncClient, store: Store, write: Callable[[str], str]
) -> None:
    await taken(client, overridden(card=write(uuid_of(1))))
    assert tally(store).overridden == 1


@pytest.mark.conforms("R127")
@pytest.mark.parametrize(
    "when",
    [
        "2026-11-20T11:59:00Z",
        "2026-11-20T11:59:00.1Z",
        "2026-11-20T11:59:00.123456789Z",
        "2026-11-20T11:59:00+00:00",
        "2026-11-20T11:59:00-00:00",
        "2026-11-20t11:59:00z",
        "2026-11-20T20:59:00+09:00",
        "2026-11-20T06:59:00.5-05:00",
        "2026-06-30T23:59:60Z",
        "2000-01-01T00:00:00Z",
        "2026-11-21T12:00:00Z",
    ],
)
async def test_r127_any_way_to_write_a_moment(client: httpx.AsyncClient, store: Store, when: str) -> None:
    await taken(client, overridden(outcomeTimestamp=when))
    assert tally(store).overridden == 1


@pytest.mark.conforms("R129")
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, None),
        ({"overrideReason": {}}, None),
        ({"overrideReason": None}, None),
        ({"overrideReason": {"reason": None, "userComment": None}}, None),
        ({"overrideReason": {"userComment": CANARY}}, None),
        (
            {"overrideReason": {"reason": {"code": "patient-refuses", "system": HL7}}},
            Reason(HL7, "patient-refuses"),
        ),
        (
            {
                "overrideReason": {
                    "reason": {"code": "patient-refuses", "system": HL7, "display": CANARY},
                    "userComment": CANARY,
                }
            },
            Reason(HL7, "patient-refuses"),
        ),
        ({"overrideReason": {"reason": {"code": "patient-refuses"}}}, Reason(None, "other")),
        (
            {"overrideReason": {"reason": {"code": f"{CANARY} was seen", "system": HL7}}},
            Reason(None, "other"),
        ),
        ({"overrideReason": {"reason": {"code": "x", "system": f"no {CANARY}"}}}, Reason(None, "other")),
        ({"overrideReason": {"reason": {"code": "x" * 65, "system": HL7}}}, Reason(None, "other")),
    ],
)
async def test_r129_a_reason_is_kept_as_a_code_or_not_at_all(
    client: httpx.AsyncClient, store: Store, given: Json, reason: Reason | None
) -> None:
    await taken(client, overridden(**given))
    assert tally(store).overridden == 1
    assert reasons(store) == ({} if reason is None else {reason: 1})


@pytest.mark.conforms("R129")
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (VENDOR, Reason("urn:oid:1.2.840.114350", "1")),
        (VENDOR_WORDS, Reason(None, "other")),
        ([VENDOR_WORDS, VENDOR], Reason("urn:oid:1.2.840.114350", "1")),
        ([], None),
        ({}, None),
    ],
)
async def test_b03_one_vendor_spells_it_in_the_plural(
    client: httpx.AsyncClient, store: Store, given: Any, reason: Reason | None
) -> None:
    await taken(client, overridden(overrideReasons=given))
    assert reasons(store) == ({} if reason is None else {reason: 1})


async def test_what_the_public_sandbox_sends(client: httpx.AsyncClient, store: Store) -> None:
    stamp = "2026-11-20T11:59:00.123Z"
    await taken(
        client,
        {
            "card": uuid_of(1),
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": uuid_of(7)}],
            "outcomeTimestamp": stamp,
        },
        {
            "card": uuid_of(2),
            "outcome": "overridden",
            "overrideReason": {"reason": {"code": "patient-refuses", "system": HL7}},
            "outcomeTimestamp": stamp,
        },
    )
    assert tally(store) == Tally(accepted=1, overridden=1, unanswered=3)


@pytest.mark.conforms("R1")
async def test_unknown_members_are_ignored(client: httpx.AsyncClient, store: Store) -> None:
    body = {"feedback": [overridden(extension={"a": CANARY}, more=1)], "extension": {}, "hookInstance": 5}
    assert (await client.post(FEEDBACK, json=body)).status_code == 200
    assert tally(store).overridden == 1


@pytest.mark.conforms("R131")
@pytest.mark.parametrize("named", ["123456", uuid_of(77), "x" * 255, "карта № 5", "' OR 1=1 --"])
async def test_r131_b05_a_card_that_is_not_known_is_counted_apart(
    client: httpx.AsyncClient, store: Store, named: str
) -> None:
    await taken(client, overridden(card=named))
    assert tally(store) == Tally(unanswered=5)
    assert store.counts(TENANT).unmatched == 1


@pytest.mark.conforms("R131")
async def test_b12_a_card_of_another_tenant_or_service_is_not_touched(
    client: httpx.AsyncClient, store: Store
) -> None:
    await taken(client, overridden(1), **{"x-tenant": "b"})
    await taken(client, overridden(1), path=f"{DISCOVERY}/{ORDER_SIGN.id}/feedback")
    assert tally(store) == Tally(unanswered=5)
    assert store.counts(TENANT).unmatched == 1
    assert store.counts("b").unmatched == 1
    assert store.counts("b").rules == {}


@pytest.mark.conforms("R133")
async def test_r133_silence_is_no_override(client: httpx.AsyncClient, store: Store) -> None:
    await taken(client, accepted(1))
    assert tally(store) == Tally(accepted=1, unanswered=4)
    summary = (await client.get("/api/v1/feedback/summary")).json()
    assert summary["by_rule"][0]["override_rate"] == 0


# -- in the whole service ------------------------------------------------------------------------------------


@pytest.mark.conforms("R130", "R133")
@pytest.mark.parametrize("kind", ["sqlite://", "file"])
async def test_from_a_card_to_the_summary(tmp_path: Path, kind: str) -> None:
    address = kind if kind == "sqlite://" else f"sqlite:///{tmp_path / 'all.db'}"
    client = talk_to(application(database=address, smallest_cell=1))
    answer = await client.post(SERVICE, json=hook_request([*spinal_lesion("T11"), *spinal_lesion("L2")]))
    first, second = (one["uuid"] for one in answer.json()["cards"])
    await taken(client, overridden(card=first), accepted(card=second))
    await taken(client, overridden(card=first))
    summary = (await client.get("/api/v1/feedback/summary")).json()
    (row,) = summary["by_service"]
    assert row == {
        "service": PATIENT_VIEW.id,
        "shown": 2,
        "accepted": 1,
        "overridden": 1,
        "unanswered": 0,
        "acceptance_rate": 0.5,
        "override_rate": 0.5,
        "suppressed": False,
    }
    assert summary["unmatched"] == 0


async def test_the_document_describes_every_route(app: FastAPI) -> None:
    caller = Caller(app)
    for service in SERVICES:
        operation = caller.operation("POST", f"{DISCOVERY}/{service.id}/feedback")
        assert operation is not None
        assert operation["operationId"].startswith("sendFeedback")
        assert {"200", "400", "413", "415", "503"} <= set(operation["responses"])
        schema = body_schema(caller.document, f"{DISCOVERY}/{service.id}/feedback")
        items = resolved(caller.document, schema["properties"]["feedback"]["items"])
        assert set(items["required"]) == {"card", "outcome", "outcomeTimestamp"}
        assert set(items["properties"]) >= {"acceptedSuggestions", "overrideReason", "overrideReasons"}
