"""Nothing of a person in the log, the cards' words or the store, whatever an order or a report holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cds_hooks.hook_request import HOOK_INSTANCE, prefetch_of
from tests.cds_hooks.record import BASE, VERTEBRAE, Json, concept, site_of, subject
from tests.privacy.canary import AUTHORIZATION, FREE_TEXT, HEADERS, MRN, NAME, marked_record, traces
from tests.privacy.service_log import ServiceLog

ORDER_SIGN = "/cds-services/spinal-metastasis-order-sign"


def marked_order() -> Json:
    code = concept("vertebroplasty", f"{BASE}/CodeSystem/order")
    return {
        "resourceType": "ServiceRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "subject": subject() | {"display": NAME, "identifier": {"value": MRN}},
        "code": code | {"text": f"{FREE_TEXT} {NAME}"},
        "bodySite": [site_of(VERTEBRAE["T11"]) | {"text": FREE_TEXT}],
        "note": [{"text": FREE_TEXT}],
        "patientInstruction": NAME,
        "identifier": [{"system": "urn:x", "value": MRN}],
    }


def marked_call() -> Json:
    return {
        "hook": "order-sign",
        "hookInstance": HOOK_INSTANCE,
        "fhirServer": "https://ehr.example.org/fhir",
        "fhirAuthorization": AUTHORIZATION,
        "context": {
            "userId": "Practitioner/dr-1",
            "patientId": "p-1",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": marked_order()}]},
        },
        "prefetch": prefetch_of(marked_record()),
    }


def words(cards: list[Json]) -> str:
    """Everything of cards but the draft orders that are given back whole to whoever sent them."""
    kept: list[Json] = []
    for card in cards:
        rest = {name: value for name, value in card.items() if name != "suggestions"}
        steps: list[Any] = [
            [step["label"], *(action["description"] for action in step["actions"])]
            for step in card.get("suggestions", ())
        ]
        created = [
            action["resource"]
            for step in card.get("suggestions", ())
            for action in step["actions"]
            if action["type"] == "create"
        ]
        kept.append({**rest, "steps": steps, "created": created})
    return json.dumps(kept)


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.conforms("R67", "R135")
async def test_an_order_and_a_report_full_of_a_person(log: ServiceLog, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    client = log.client(database=f"sqlite:///{kept}")
    response = await client.post(ORDER_SIGN, json=marked_call(), headers=HEADERS)
    assert response.status_code == 200
    cards = response.json()["cards"]
    assert cards
    assert traces(words(cards)) == []
    report = {
        "card": cards[0]["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-20T11:59:00Z",
        "overrideReason": {
            "userComment": f"{FREE_TEXT} {NAME}",
            "reason": {"code": FREE_TEXT, "display": NAME},
        },
    }
    told = await client.post(f"{ORDER_SIGN}/feedback", json={"feedback": [report]}, headers=HEADERS)
    assert told.status_code == 200
    summary = await client.get("/api/v1/feedback/summary")
    assert traces(told.text, summary.text, log.text) == []
    stored = contents(tmp_path)
    assert traces(stored.decode("latin-1")) == []
    assert b"p-1" not in stored
    assert {line["event"] for line in log.lines} == {"hook", "feedback"}


async def test_an_order_that_is_refused_echoes_nothing(log: ServiceLog) -> None:
    client = log.client()
    call = marked_call()
    call["context"]["draftOrders"]["entry"][0]["resource"]["subject"] = {"reference": f"Patient/{MRN}"}
    response = await client.post(ORDER_SIGN, json=call, headers=HEADERS)
    assert response.status_code == 422
    assert traces(response.text, log.text) == []
