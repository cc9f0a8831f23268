"""Write what the service answers to the examples of the OpenAPI document: ``make openapi``."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import httpx
from fastapi import FastAPI

from app.document.examples import ANSWERS
from app.settings import Settings

Json = dict[str, Any]
_MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
# What differs from call to call.
_DECISION = "01a1fe00-0000-7000-8000-000000000000"
_JSON = re.compile(r"application/(?:[a-z]+\+)?json")
# No FHIR server is set up here; the answer is that of a Bundle with the same resources.
_SAME = {"assessPatient": "assessBundle"}
# A longer answer is shown with its lists cut short.
_LONGEST = 1_500
_MOST = (3, 2, 1)
# Four scales that are shown side by side.
_WHOLE = "calculateBoneMetastasesModule"


def service() -> FastAPI:
    """The service as the examples are asked of it: no environment, no network, a fixed moment."""
    settings = Settings(database="sqlite://", as_of=_MOMENT)
    found: FastAPI = import_module("app.main").create_app(settings)
    return found


async def answers(app: FastAPI) -> Json:
    """What is answered, by operation and media type.

    Args:
        app: the service.
    """
    document = app.openapi()
    transport = httpx.ASGITransport(app)
    found: Json = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        for path, item in document["paths"].items():
            for method, operation in item.items():
                told = await _answer(client, path, method, operation)
                if told:
                    found[operation["operationId"]] = told
    for name, other in _SAME.items():
        found[name] = found[other]
    return {name: found[name] for name in sorted(found)}


async def _answer(client: httpx.AsyncClient, path: str, method: str, operation: Json) -> Json:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", _value(parameter))
    taken: Json = operation.get("requestBody", {}).get("content", {})
    body = taken["application/json"]["example"] if taken else None
    found: Json = {}
    for media_type in operation["responses"]["200"].get("content", {}):
        if not _JSON.fullmatch(media_type):
            continue
        headers = {"accept": media_type, "content-type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        response = await client.request(method, path, content=content, headers=headers)
        if response.status_code == httpx.codes.OK:
            told = _one_decision(response.json())
            found[media_type] = told if operation["operationId"] == _WHOLE else shortened(told)
    return found


def _one_decision(node: Any) -> Any:  # noqa: ANN401  JSON is any value
    """An answer whose every decision has the same id each time it is written."""
    if isinstance(node, list):
        return [_one_decision(inner) for inner in node]
    if isinstance(node, dict):
        return {
            name: _DECISION if name == "decision_id" else _one_decision(inner) for name, inner in node.items()
        }
    return node


def _value(parameter: Mapping[str, Any]) -> str:
    values = parameter["schema"].get("enum")
    # The one definition of FHIR whose id does not depend on the type.
    return str(values[0]) if values else "observable"


def shortened(node: Any) -> Any:  # noqa: ANN401  JSON is any value
    """An answer with its lists as long as they can be without making it long."""
    for most in _MOST:
        if len(json.dumps(node)) > _LONGEST:
            node = _cut(node, most)
    return node


def _cut(node: Any, most: int) -> Any:  # noqa: ANN401  as above
    if isinstance(node, list):
        return [_cut(inner, most) for inner in node[:most]]
    if isinstance(node, dict):
        return {name: _cut(inner, most) for name, inner in node.items()}
    return node


def written(found: Json) -> str:
    """The answers as they are kept."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    ANSWERS.write_text(written(asyncio.run(answers(service()))), encoding="utf-8")
