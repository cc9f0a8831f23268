"""The routes of REST: scores and assessments."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app.api.calculation import read_answers
from app.api.models import Assessment, Catalogue, Policies, Problem, ScoreDefinition, ScoreResult
from app.api.wire import (
    assessment_json,
    catalogue_json,
    definition_json,
    policies_json,
    score_json,
)
from app.assess import assess, calculate
from app.body import read_body
from app.errors import NotFoundError
from app.fhir.reader import Reader
from app.knowledge import Knowledge
from app.knowledge.instrument import Instrument

MAX_ANSWER_BYTES = 64_000
_encode = msgspec.json.Encoder().encode
_FAULTS = {
    400: "The body cannot be read",
    413: "The body is too large",
    415: "The media type or encoding is not taken",
    422: "An item, an option or the content contradicts itself",
    500: "The service failed",
}


def router(
    *,
    knowledge: Knowledge,
    reader: Reader,
    questionnaires: Mapping[str, bytes],
    answers: Mapping[str, type[BaseModel]],
    clock: Callable[[], datetime],
    max_bytes: int,
) -> APIRouter:
    """The routes under ``/api/v1``."""
    routes = APIRouter(prefix="/api/v1")
    score_code = Path(description="A score", json_schema_extra={"enum": list(knowledge.instruments)})
    catalogue = _encode(catalogue_json(knowledge))
    policies = _encode({"policies": policies_json(knowledge.policy)})
    definitions = {
        code: _encode(definition_json(instrument, knowledge))
        for code, instrument in knowledge.instruments.items()
    }

    @routes.get(
        "/scores",
        operation_id="listScores",
        summary="Every score",
        tags=["Scores"],
        response_model=Catalogue,
    )
    async def list_scores() -> Response:
        return _json(catalogue)

    @routes.get(
        "/policies",
        operation_id="listPolicies",
        summary="Local policy: what no publication settles, and what this site chose",
        tags=["Scores"],
        response_model=Policies,
    )
    async def list_policies() -> Response:
        return _json(policies)

    @routes.get(
        "/scores/{score}",
        operation_id="getScoreDefinition",
        summary="The definition of a score",
        tags=["Scores"],
        response_model=ScoreDefinition,
        responses=_faults(404),
    )
    async def get_definition(score: Annotated[str, score_code]) -> Response:
        return _json(_known(score, definitions))

    @routes.get(
        "/scores/{score}/questionnaire",
        operation_id="getScoreQuestionnaire",
        summary="The score as a FHIR Questionnaire",
        tags=["Scores"],
        response_class=Response,
        responses={
            200: {
                "description": "A FHIR R4 Questionnaire",
                "content": {
                    "application/fhir+json": {"schema": {"type": "object", "x-fhir-type": "Questionnaire"}}
                },
            },
            **_faults(404),
        },
    )
    async def get_questionnaire(score: Annotated[str, score_code]) -> Response:
        return Response(_known(score, questionnaires), media_type="application/fhir+json")

    def add(instrument: Instrument) -> None:
        code = instrument.score.code
        model = answers[code]

        @routes.post(
            f"/scores/{code}",
            operation_id=f"calculate{model.__name__.removesuffix('Answers')}",
            summary=f"Calculate the {instrument.score.name}",
            tags=["Scores"],
            response_model=ScoreResult,
            responses=_faults(*_FAULTS),
            openapi_extra=_body(f"#/components/schemas/{model.__name__}"),
        )
        async def calculate_score(request: Request) -> Response:
            body = await read_body(request, MAX_ANSWER_BYTES)
            stated = read_answers(body, model, instrument)
            return _json(_encode(score_json(calculate(instrument, stated))))

    for instrument in knowledge.instruments.values():
        add(instrument)

    @routes.post(
        "/assessments",
        operation_id="assessBundle",
        summary="Assess the Bundle of one patient",
        tags=["Assessments"],
        response_model=Assessment,
        responses=_faults(*_FAULTS),
        openapi_extra=_bundle_body(),
    )
    async def assess_bundle(request: Request) -> Response:
        body = await read_body(request, max_bytes)
        found = assess(reader.bundle(body), clock(), knowledge)
        return _json(_encode(assessment_json(found, str(uuid4()))))

    return routes


def _known(score: str, documents: Mapping[str, bytes]) -> bytes:
    if score not in documents:
        raise NotFoundError(f"There is no such score; the scores are {', '.join(documents)}.")
    return documents[score]


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    texts = {**_FAULTS, 404: "There is no such score"}
    return {
        status: {
            "model": Problem,
            "description": texts[status],
            "content": {"application/problem+json": {}},
        }
        for status in statuses
    }


def _body(reference: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": reference}}}
    return {"requestBody": {"required": True, "content": content}}


def _bundle_body() -> dict[str, Any]:
    schema = {
        "type": "object",
        "x-fhir-type": "Bundle",
        "required": ["resourceType"],
        "properties": {
            "resourceType": {"const": "Bundle"},
            "entry": {"type": "array", "items": {"type": "object"}},
        },
    }
    media = {"schema": schema}
    content = {"application/json": media, "application/fhir+json": media}
    return {"requestBody": {"required": True, "content": content}}
