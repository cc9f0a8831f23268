"""An EHR that calls the service; its client walks every answer (tests/conformance/walker.py)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from fastapi import FastAPI

from tests.cds_hooks.hook_request import DISCOVERY, SERVICE, hook_request
from tests.cds_hooks.record import Json
from tests.conformance.walker import strict_json
from tests.contract.served import talk_to

__all__ = ["Ehr", "check_answer", "strict_json", "text_of"]
JSON_HEADERS = {"content-type": "application/json"}


def check_answer(response: httpx.Response) -> Any:
    """The body of an answer to a call, which is cards or an OperationOutcome and nothing else."""
    body = strict_json(response.content)
    assert ("cards" in body) == (response.status_code == 200)
    assert ("issue" in body) == (response.status_code != 200)
    return body


class Ehr:
    """A client of the service's CDS Hooks routes."""

    def __init__(self, app: FastAPI) -> None:
        self.client = talk_to(app)

    async def discovery(self) -> httpx.Response:
        return await self.client.get(DISCOVERY)

    async def send(
        self, body: Json | bytes, headers: Mapping[str, str] = JSON_HEADERS, path: str = SERVICE
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = await self.client.post(path, content=content, headers=dict(headers))
        assert response.status_code < 500, response.text[:300]
        check_answer(response)
        return response

    async def cards(self, resources: Iterable[Json] = (), **members: Any) -> list[Json]:
        """The cards for a record in prefetch."""
        return await self.cards_of(hook_request(resources, **members))

    async def cards_of(self, request: Json) -> list[Json]:
        response = await self.send(request)
        assert response.status_code == 200, response.text[:300]
        cards: list[Json] = response.json()["cards"]
        return cards

    async def card(self, resources: Iterable[Json] = (), **members: Any) -> Json:
        """The only card for a record in prefetch."""
        (card,) = await self.cards(resources, **members)
        return card

    async def issues(self, body: Json | bytes, status: int) -> list[Json]:
        """The faults that the service names in refusing a request."""
        response = await self.send(body)
        assert response.status_code == status, response.text[:300]
        issues: list[Json] = response.json()["issue"]
        return issues


def text_of(issues: Iterable[Json]) -> str:
    return json.dumps(list(issues))
