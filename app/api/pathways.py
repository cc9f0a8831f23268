"""The routes of REST for what is no sum: decision tables and criteria."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app.api.documented import answered, body_of, faults, json_answer, known
from app.api.models import JudgedPathway, PathwayCatalogue, PathwayDefinition
from app.api.pathway_inputs import read_inputs
from app.api.pathway_wire import pathway_json, pathways_json, result_json
from app.api.wire import Json, knowledge_json, policies_json
from app.body import read_body
from app.knowledge import Knowledge
from app.knowledge.pathway import Pathway

MAX_INPUT_BYTES = 64_000
_encode = msgspec.json.Encoder().encode


def pathway_routes(knowledge: Knowledge, inputs: Mapping[str, type[BaseModel]]) -> APIRouter:
    """The routes under ``/api/v1/pathways``.

    Args:
        knowledge: what the pathways are.
        inputs: the body of each, by pathway code.
    """
    routes = APIRouter(prefix="/api/v1/pathways", tags=["Pathways"])
    code = Path(description="A pathway", json_schema_extra={"enum": list(knowledge.pathways)})
    catalogue = _encode(pathways_json(knowledge.pathways.values(), knowledge_json(knowledge)))
    definitions = {
        one.code: _encode(
            pathway_json(one, policies_json(knowledge.policy, one.policies), knowledge_json(knowledge))
        )
        for one in knowledge.pathways.values()
    }

    @routes.get("", operation_id="listPathways", summary="Every pathway", response_model=PathwayCatalogue)
    async def list_pathways() -> Response:
        return json_answer(catalogue)

    @routes.get(
        "/{pathway}",
        operation_id="getPathwayDefinition",
        summary="The definition of a pathway",
        response_model=PathwayDefinition,
        responses=faults(404),
    )
    async def get_definition(pathway: Annotated[str, code]) -> Response:
        return json_answer(known("pathway", pathway, definitions))

    for one in knowledge.pathways.values():
        _add(routes, one, inputs[one.code], knowledge_json(knowledge))
    return routes


def _add(routes: APIRouter, pathway: Pathway, model: type[BaseModel], knowledge: Json) -> None:
    name = model.__name__.removesuffix("Inputs")

    @routes.post(
        f"/{pathway.code}",
        operation_id=f"judge{name}",
        summary=f"{pathway.name}: what the inputs leave possible",
        response_model=JudgedPathway,
        responses=faults(*answered()),
        openapi_extra=body_of(f"#/components/schemas/{model.__name__}"),
    )
    async def judge(request: Request) -> Response:
        body = await read_body(request, MAX_INPUT_BYTES)
        found = result_json(pathway.judge(read_inputs(body, model, pathway)))
        return json_answer(_encode({**found, "knowledge": knowledge}))
