"""Feedback as an EHR sends it, and what the store makes of it."""

from typing import Any

import httpx

from app.store import Reason, Store, Tally
from cds_hooks.services import PATIENT_VIEW
from tests.cds_hooks.ehr import check_answer
from tests.cds_hooks.hook_request import SERVICE
from tests.cds_hooks.record import Json
from tests.store.kept import TENANT, uuid_of

FEEDBACK = f"{SERVICE}/feedback"
HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
CANARY = "Zwykowska"
EPIC = "com.epic.cdshooks.feedback.overrideReason."
KEY = (PATIENT_VIEW.id, "SINS-B3")
WHEN = "2026-11-20T11:59:00Z"
VENDOR = {
    "reason": {"code": "1", "system": "urn:oid:1.2.840.114350", "display": "Known"},
    "userComment": CANARY,
}
VENDOR_WORDS = {
    "extension": {
        f"{EPIC}reasonCategory": {"code": "2", "display": CANARY},
        f"{EPIC}reasonDisplay": CANARY,
        f"{EPIC}reasonTitle": CANARY,
    }
}


def overridden(number: int = 1, /, **members: Any) -> Json:
    return {"card": uuid_of(number), "outcome": "overridden", "outcomeTimestamp": WHEN, **members}


def accepted(number: int = 1, /, **members: Any) -> Json:
    suggestions = [{"id": uuid_of(1_000 + number)}]
    return overridden(number, **{"outcome": "accepted", "acceptedSuggestions": suggestions, **members})


async def send(
    client: httpx.AsyncClient, *items: Any, path: str = FEEDBACK, **headers: str
) -> httpx.Response:
    response = await client.post(path, json={"feedback": list(items)}, headers=headers)
    check_answer(response) if response.status_code >= 400 else None
    return response


async def taken(client: httpx.AsyncClient, *items: Any, **options: str) -> None:
    response = await send(client, *items, **options)
    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["content-type"] == "application/json"


async def places(client: httpx.AsyncClient, *items: Any) -> list[str]:
    """Where the faults are for which a call is refused."""
    response = await send(client, *items)
    assert response.status_code == 400, response.text[:300]
    return [".".join(issue.get("expression", [""])) for issue in response.json()["issue"]]


def tally(store: Store, tenant: str = TENANT) -> Tally:
    return store.counts(tenant).rules[KEY]


def reasons(store: Store) -> dict[Reason, int]:
    return {key[2]: number for key, number in store.counts(TENANT).reasons.items()}
