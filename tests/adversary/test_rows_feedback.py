"""What clients report of cards, at every service (hardening B)."""

import json

import pytest

from tests.adversary.conftest import House
from tests.adversary.doors import FEEDBACK
from tests.cds_hooks.record import Json
from tests.privacy.canary import FREE_TEXT, MRN, NAME

(REPORT,) = FEEDBACK["feedback"]
WORDS: Json = {"reason": {"code": "x", "display": NAME}, "userComment": f"{FREE_TEXT} {MRN}"}
ROWS: dict[str, tuple[list[Json], int]] = {
    "B03 the plural": ([{"overrideReasons": WORDS}, {"overrideReasons": [{"extension": WORDS}]}], 200),
    "B04 nothing accepted": (
        [{"outcome": "accepted"}, {"outcome": "accepted", "acceptedSuggestions": []}],
        400,
    ),
    "B05 a card that is not known": ([{"card": "123456"}, {"card": REPORT["card"].upper()}], 200),
    "B06 ignored": ([{"outcome": one} for one in ("ignored", "", None, 5, NAME)], 400),
    "B09 a comment of 100 KB": ([{"overrideReason": {"userComment": f"{FREE_TEXT} {NAME} " * 2_000}}], 200),
    "B11 no clock shows it": (
        [
            {"outcomeTimestamp": one}
            for one in ("1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2026-11-20T11:00:00", NAME)
        ],
        400,
    ),
    "B11 another offset": ([{"outcomeTimestamp": "2026-11-20T11:00:00-11:00"}], 200),
}


@pytest.mark.parametrize("row", ROWS)
async def test_every_service(house: House, row: str) -> None:
    changes, status = ROWS[row]
    faults = [
        fault
        for door in house.doors
        if door.path.endswith("/feedback")
        for change in changes
        for fault in await house.faults(
            door, json.dumps({"feedback": [{**REPORT, **change}]}).encode(), (status,)
        )
    ]
    assert faults == []
    assert await house.next_good() == []
