"""The links of the document lead where they say: each is followed from a real answer."""

import copy
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI

from app.api.links import add_links
from tests.cds_hooks.hook_contexts import request_of
from tests.cds_hooks.hook_request import AN_UNSTABLE_T11
from tests.contract.served import application, talk_to

DOCUMENT = application().openapi()
# What the operations are called with from which links start.
PARAMETERS = {"getScoreDefinition": {"score": "sins"}, "searchFhirDefinitions": {"resource_type": "ValueSet"}}


class Operation(NamedTuple):
    method: str
    path: str
    described: Mapping[str, Any]

    def address(self, parameters: Mapping[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: parameters[found[1]], self.path)


OPERATIONS = {
    described["operationId"]: Operation(method, path, described)
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
}
LINKS = [
    (source, name)
    for source, operation in OPERATIONS.items()
    for name in operation.described["responses"].get("200", {}).get("links", {})
]


def evaluated(value: Any, parameters: Mapping[str, str], body: Any) -> Any:
    """A value with the runtime expressions of OpenAPI in it put in."""
    if isinstance(value, dict):
        return {name: evaluated(one, parameters, body) for name, one in value.items()}
    if isinstance(value, list):
        return [evaluated(one, parameters, body) for one in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$request.path."):
        return parameters[value.removeprefix("$request.path.")]
    found = body
    for step in value.removeprefix("$response.body#/").split("/"):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


async def ask(
    client: httpx.AsyncClient, operation: Operation, parameters: Mapping[str, str], body: Any
) -> httpx.Response:
    return await client.request(operation.method.upper(), operation.address(parameters), json=body)


def asked_of(source: str) -> Any:
    """A good body for an operation; None where it takes none."""
    path = OPERATIONS[source].path
    hooks = {
        "patient-view": "patient-view",
        "order-select": "order-select",
        "order-sign": "order-sign",
        "problem": "problem-list-item-create",
        "encounter-start": "encounter-start",
    }
    name = path.removeprefix("/cds-services/spinal-metastasis-")
    return request_of(hooks[name], AN_UNSTABLE_T11) if name in hooks else None


@pytest.mark.parametrize(("source", "name"), LINKS)
async def test_a_link_leads_to_an_answer(app: FastAPI, source: str, name: str) -> None:
    start = OPERATIONS[source]
    link = start.described["responses"]["200"]["links"][name]
    parameters = PARAMETERS.get(source, {})
    async with talk_to(app) as client:
        first = await ask(client, start, parameters, asked_of(source))
        assert first.status_code == 200
        followed = evaluated(link.get("parameters", {}), parameters, first.json())
        target = OPERATIONS[link["operationId"]]
        assert set(followed) <= {one["name"] for one in target.described.get("parameters", ())}
        body = evaluated(link.get("requestBody"), parameters, first.json())
        second = await ask(client, target, followed, body)
    assert second.status_code == 200, (source, name, followed)


def test_links_start_where_a_caller_looks_first() -> None:
    starts = {source for source, _ in LINKS}
    assert starts >= {"listScores", "getScoreDefinition", "listPathways", "listEvidence"}
    assert starts >= {"discoverCdsServices", "searchFhirDefinitions", "invokeSpinalMetastasisPatientView"}
    assert len([source for source in starts if source.startswith("invoke")]) == 5
    for source, name in LINKS:
        assert OPERATIONS[source].described["responses"]["200"]["links"][name]["description"].strip()


def test_nothing_links_to_what_a_document_does_not_have() -> None:
    found = copy.deepcopy(DOCUMENT)
    for response in (found["paths"]["/api/v1/scores"]["get"]["responses"]["200"],):
        del response["links"]
    del found["paths"]["/api/v1/scores/{score}"]
    add_links(found)
    assert "links" not in found["paths"]["/api/v1/scores"]["get"]["responses"]["200"]
    assert "links" in found["paths"]["/api/v1/pathways"]["get"]["responses"]["200"]
