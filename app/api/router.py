"""The routes of REST: scores and assessments."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app.api.assessing import Assessing
from app.api.batch import add_batch
from app.api.calculation import read_answers
from app.api.documented import answered, body_of, either_form, faults, kept, known
from app.api.models import Assessment, CalculatedScore, Catalogue, Policies, ScoreDefinition
from app.api.negotiation import wants_fhir
from app.api.wire import (
    catalogue_json,
    definition_json,
    knowledge_json,
    policies_json,
    policy_json,
    prognosis_json,
    score_json,
)
from app.api.witnessed import Calculate, Calculated, calculated, caller_of
from app.aside import Aside
from app.assess import calculate, estimate
from app.assess.laps import BeginLaps, begin_unheard
from app.audit.results import JOINED
from app.audit.witness import HEADER, UNWITNESSED, Decisions
from app.body import read_body
from app.conditional import Kept
from app.engine.score import Score
from app.fhir.published.fhir_schemas import fhir_schema
from app.knowledge import Knowledge
from app.knowledge.instrument import Instrument
from app.knowledge.patient_score import PatientScore

_encode = msgspec.json.Encoder().encode


def router(
    *,
    assessing: Assessing,
    knowledge: Knowledge,
    questionnaires: Callable[[], Mapping[str, bytes]],
    answers: Mapping[str, type[BaseModel]],
    max_bytes: int,
    decisions: Decisions = UNWITNESSED,
    begin_laps: BeginLaps = begin_unheard,
    aside: Aside | None = None,
) -> APIRouter:
    """The routes under ``/api/v1``."""
    aside = aside or Aside()
    routes = APIRouter(prefix="/api/v1")
    every = [*knowledge.instruments, *knowledge.patient_scores]
    score_code = Path(description="A score", json_schema_extra={"enum": every})
    asked = Path(description="A score of a lesion", json_schema_extra={"enum": list(knowledge.instruments)})
    catalogue = Kept(_encode(catalogue_json(knowledge)))
    of_measures = {p.key: p for measure in knowledge.measures.values() for p in measure.policies}
    fixed = [policy_json(policy, policy.default) for policy in of_measures.values()]
    policies = Kept(
        _encode(
            {"policies": [*policies_json(knowledge.policy), *fixed], "knowledge": knowledge_json(knowledge)}
        )
    )
    scores: list[Instrument | PatientScore] = [
        *knowledge.instruments.values(),
        *knowledge.patient_scores.values(),
    ]
    definitions = {
        one.code: Kept(_encode(definition_json(one.score, one.policies, knowledge))) for one in scores
    }

    @cache
    def forms() -> Mapping[str, Kept]:
        return {code: Kept(content, "application/fhir+json") for code, content in questionnaires().items()}

    @routes.get(
        "/scores",
        operation_id="listScores",
        summary="Every score",
        tags=["Scores"],
        response_model=Catalogue,
        responses=kept(),
    )
    async def list_scores(request: Request) -> Response:
        return catalogue.answer(request)

    @routes.get(
        "/policies",
        operation_id="listPolicies",
        summary="Local policy: what no publication settles, and what this site chose",
        tags=["Scores"],
        response_model=Policies,
        responses=kept(),
    )
    async def list_policies(request: Request) -> Response:
        return policies.answer(request)

    @routes.get(
        "/scores/{score}",
        operation_id="getScoreDefinition",
        summary="The definition of a score",
        tags=["Scores"],
        response_model=ScoreDefinition,
        responses={**kept(), **faults(404)},
    )
    async def get_definition(request: Request, score: Annotated[str, score_code]) -> Response:
        return known("score", score, definitions).answer(request)

    @routes.get(
        "/scores/{score}/questionnaire",
        operation_id="getScoreQuestionnaire",
        summary="The score as a FHIR Questionnaire",
        tags=["Scores"],
        response_class=Response,
        responses={
            **kept(
                {
                    200: {
                        "description": "A FHIR R4 Questionnaire",
                        "content": {"application/fhir+json": {"schema": fhir_schema("Questionnaire")}},
                    }
                }
            ),
            **faults(404),
        },
    )
    def get_questionnaire(request: Request, score: Annotated[str, asked]) -> Response:
        # In a thread: they are built when somebody first asks for one.
        return known("score", score, forms()).answer(request)

    calculations = score_calculations(knowledge, answers, begin_laps)
    for one in scores:
        _add(routes, one.score, answers[one.code], calculations[one.code], decisions)

    @routes.post(
        "/assessments",
        operation_id="assessBundle",
        summary="Assess the Bundle of one patient",
        tags=["Assessments"],
        response_model=Assessment,
        responses={**either_form(), **faults(*answered())},
        openapi_extra=_bundle_body(),
    )
    async def assess_bundle(request: Request) -> Response:
        body = await read_body(request, max_bytes)
        as_fhir = wants_fhir(",".join(request.headers.getlist("accept")))
        async with aside.turn(body) as run:
            found = await run(partial(assessing.bundle, body, caller_of(request), as_fhir=as_fhir))
        media = "application/fhir+json" if as_fhir else "application/json"
        return Response(found.content, media_type=media, headers={HEADER: found.decision})

    add_batch(routes, assessing, max_bytes, aside)
    return routes


def score_calculations(
    knowledge: Knowledge, models: Mapping[str, type[BaseModel]], begin_laps: BeginLaps = begin_unheard
) -> Mapping[str, Calculate]:
    """What makes an answer of a body, by the code of the score.

    Args:
        knowledge: what the scores are.
        models: the body of each, by the code of the score.
        begin_laps: begins what is told when a score has been calculated.
    """
    return {
        **{
            code: _calculation(one, models, knowledge, begin_laps)
            for code, one in knowledge.instruments.items()
        },
        **{
            code: _estimate(one, models, knowledge, begin_laps)
            for code, one in knowledge.patient_scores.items()
        },
    }


def _calculation(
    instrument: Instrument,
    models: Mapping[str, type[BaseModel]],
    knowledge: Knowledge,
    begin_laps: BeginLaps,
) -> Calculate:
    by_level = (instrument.place_item, instrument.by_place) if "level" in instrument.lead else None

    stands_on = knowledge_json(knowledge)

    def answer(body: bytes) -> Calculated:
        stated = read_answers(body, models[instrument.code], instrument.score, by_level)
        lap = begin_laps()
        found = calculate(instrument, stated)
        lap(instrument.code)
        content = _encode({**score_json(found), "knowledge": stands_on})
        return Calculated(content, JOINED.join(found.result.bands if found.result is not None else ()))

    return answer


def _estimate(
    one: PatientScore, models: Mapping[str, type[BaseModel]], knowledge: Knowledge, begin_laps: BeginLaps
) -> Calculate:
    stands_on = knowledge_json(knowledge)

    def answer(body: bytes) -> Calculated:
        stated = read_answers(body, models[one.code], one.score)
        lap = begin_laps()
        found = estimate(one, stated)
        lap(one.code)
        content = _encode({**prognosis_json(found), "knowledge": stands_on})
        return Calculated(content, JOINED.join(found.result.bands))

    return answer


def _add(
    routes: APIRouter, score: Score, model: type[BaseModel], answer: Calculate, decisions: Decisions
) -> None:
    @routes.post(
        f"/scores/{score.code}",
        operation_id=f"calculate{model.__name__.removesuffix('Answers')}",
        summary=f"Calculate the {score.name}",
        tags=["Scores"],
        response_model=CalculatedScore,
        responses=faults(*answered()),
        openapi_extra=body_of(f"#/components/schemas/{model.__name__}"),
    )
    async def calculate_score(request: Request) -> Response:
        return await calculated(request, "score", score.code, answer, decisions)


def _bundle_body() -> dict[str, Any]:
    media = {"schema": fhir_schema("Bundle")}
    content = {"application/json": media, "application/fhir+json": media}
    return {"requestBody": {"required": True, "content": content}}
