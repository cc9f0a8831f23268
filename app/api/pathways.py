"""The routes of REST for what is no sum: decision tables and criteria."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app.api.documented import answered, body_of, faults, kept, known
from app.api.models import JudgedPathway, PathwayCatalogue, PathwayDefinition
from app.api.pathway_inputs import read_inputs
from app.api.pathway_wire import pathway_json, pathways_json, result_json
from app.api.wire import knowledge_json, policies_json
from app.api.witnessed import Calculate, Calculated, calculated
from app.assess.laps import BeginLaps, begin_unheard
from app.audit.results import pathway_result
from app.audit.witness import UNWITNESSED, Decisions
from app.conditional import Kept
from app.knowledge import Knowledge
from app.knowledge.pathway import Pathway

_encode = msgspec.json.Encoder().encode


def pathway_routes(
    knowledge: Knowledge,
    inputs: Mapping[str, type[BaseModel]],
    decisions: Decisions = UNWITNESSED,
    begin_laps: BeginLaps = begin_unheard,
) -> APIRouter:
    """The routes under ``/api/v1/pathways``.

    Args:
        knowledge: what the pathways are.
        inputs: the body of each, by pathway code.
        decisions: has every judgement witnessed.
        begin_laps: begins what is told when a pathway has been judged.
    """
    judging = pathway_calculations(knowledge, inputs, begin_laps)
    routes = APIRouter(prefix="/api/v1/pathways", tags=["Pathways"])
    code = Path(description="A pathway", json_schema_extra={"enum": list(knowledge.pathways)})
    catalogue = Kept(_encode(pathways_json(knowledge.pathways.values(), knowledge_json(knowledge))))
    definitions = {
        one.code: Kept(
            _encode(
                pathway_json(one, policies_json(knowledge.policy, one.policies), knowledge_json(knowledge))
            )
        )
        for one in knowledge.pathways.values()
    }

    @routes.get(
        "",
        operation_id="listPathways",
        summary="Every pathway",
        response_model=PathwayCatalogue,
        responses=kept(),
    )
    async def list_pathways(request: Request) -> Response:
        return catalogue.answer(request)

    @routes.get(
        "/{pathway}",
        operation_id="getPathwayDefinition",
        summary="The definition of a pathway",
        response_model=PathwayDefinition,
        responses={**kept(), **faults(404)},
    )
    async def get_definition(request: Request, pathway: Annotated[str, code]) -> Response:
        return known("pathway", pathway, definitions).answer(request)

    for one in knowledge.pathways.values():
        _add(routes, one, inputs[one.code], judging[one.code], decisions)
    return routes


def pathway_calculations(
    knowledge: Knowledge, inputs: Mapping[str, type[BaseModel]], begin_laps: BeginLaps = begin_unheard
) -> Mapping[str, Calculate]:
    """What makes an answer of a body, by pathway code.

    Args:
        knowledge: what the pathways are.
        inputs: the body of each, by pathway code.
        begin_laps: begins what is told when a pathway has been judged.
    """
    stands_on = knowledge_json(knowledge)

    def judging(pathway: Pathway) -> Calculate:
        def judge(body: bytes) -> Calculated:
            given = read_inputs(body, inputs[pathway.code], pathway)
            lap = begin_laps()
            found = pathway.judge(given)
            lap(pathway.code)
            content = _encode({**result_json(found), "knowledge": stands_on})
            return Calculated(content, pathway_result(found))

        return judge

    return {one.code: judging(one) for one in knowledge.pathways.values()}


def _add(
    routes: APIRouter, pathway: Pathway, model: type[BaseModel], judge: Calculate, decisions: Decisions
) -> None:
    name = model.__name__.removesuffix("Inputs")

    @routes.post(
        f"/{pathway.code}",
        operation_id=f"judge{name}",
        summary=f"{pathway.name}: what the inputs leave possible",
        response_model=JudgedPathway,
        responses=faults(*answered()),
        openapi_extra=body_of(f"#/components/schemas/{model.__name__}"),
    )
    async def judge_pathway(request: Request) -> Response:
        return await calculated(request, "pathway", pathway.code, judge, decisions)
