"""A hospital over days: its clock moves, every call is another one, and clinicians answer cards."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, collection, draft, request_of
from tests.cds_hooks.record import NOW, Json
from tests.contract.served import application

SUMMARY = "/api/v1/feedback/summary"
VIEW, START, SIGN = "patient-view", "encounter-start", "order-sign"


class Hospital:
    """An EHR with a clock, whose every call is another one, and which tells what clinicians did."""

    def __init__(self, **settings: Any) -> None:
        self.now: datetime = NOW
        self.calls = 0
        app = application(clock=lambda: self.now, **{"smallest_cell": 1, **settings})
        self.ehr = Ehr(app)

    async def shown(
        self,
        record: Iterable[Json] = (),
        hook: str = VIEW,
        *,
        context: Json | None = None,
        patient: str | None = None,
        **members: Any,
    ) -> list[Json]:
        self.calls += 1
        asked = request_of(hook, record, hookInstance=f"d1577c69-dfbe-44ad-ba6d-{self.calls:012d}", **members)
        asked["context"] |= context or {}
        if patient is not None:
            asked = renamed(asked, patient)
        response = await self.ehr.send(asked, path=SERVICES[hook])
        assert response.status_code == 200, response.text[:300]
        cards: list[Json] = response.json()["cards"]
        return cards

    async def tell(self, cards: Iterable[Json], outcome: str = "overridden", hook: str = VIEW) -> None:
        """Report what was done with cards, now."""
        # Cards are kept a moment after they were shown; asking for the summary has them written first.
        await self.summary()
        moment = self.now.astimezone(UTC).isoformat().replace("+00:00", "Z")
        items = [{"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": moment} for card in cards]
        if outcome == "accepted":
            items = [item | {"acceptedSuggestions": [{"id": item["card"]}]} for item in items]
        response = await self.ehr.client.post(f"{SERVICES[hook]}/feedback", json={"feedback": items})
        assert response.status_code == 200, response.text[:300]

    async def overridden(self, record: Iterable[Json] = (), hook: str = VIEW, **options: Any) -> list[Json]:
        """Cards that were shown and overridden."""
        cards = await self.shown(record, hook, **options)
        assert cards
        await self.tell(cards, hook=hook)
        return cards

    async def summary(self) -> Json:
        response = await self.ehr.client.get(SUMMARY)
        assert response.status_code == 200
        found: Json = response.json()
        return found


def renamed(asked: Json, patient: str) -> Json:
    """A request of another patient with the same record."""
    prefetch = dict(asked["prefetch"])
    prefetch["patient"] = prefetch["patient"] | {"id": patient}
    for key, found in prefetch.items():
        if key != "patient" and "entry" in found:
            entries = [{"resource": one["resource"] | {"subject": {"reference": f"Patient/{patient}"}}}
                       for one in found["entry"]]  # fmt: skip
            prefetch[key] = found | {"entry": entries}
    return asked | {"context": asked["context"] | {"patientId": patient}, "prefetch": prefetch}


def told(cards: Iterable[Json]) -> list[str]:
    """The lesion that each card names."""
    return [card["summary"].partition(":")[0].partition(",")[0] for card in cards]


def orders(*codes: str, level: str = "T11") -> Json:
    return {"draftOrders": collection([draft(f"order-{code}", code, level) for code in codes])}
