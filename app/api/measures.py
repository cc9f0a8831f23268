"""The routes of the instruments that are no additive score: a definition and a calculation each."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.api.documented import answered, body_of, faults, kept
from app.api.measure_inputs import body_model, read_measure, refused
from app.api.measure_models import RESULTS, MeasureDefinition
from app.api.source_wire import citation_json
from app.api.wire import flag_json, knowledge_json, policy_json
from app.api.witnessed import Calculate, Calculated, calculated
from app.assess.laps import BeginLaps, begin_unheard
from app.audit.results import JOINED
from app.audit.witness import UNWITNESSED, Decisions
from app.conditional import Kept
from app.engine.provenance import Citation
from app.knowledge import Knowledge
from app.knowledge.measure import Detail, Input, Measure, MeasureBand, MeasureResult, RefusedError
from app.knowledge.measure_left_out import LEFT_OUT

Json = dict[str, Any]
_encode = msgspec.json.Encoder().encode
# Generated clients make a method of each name, in letters only.
_NAMES = {"eq-5d-3l-japan": "EuroqolJapan", "qlq-bm22": "BoneMetastasesModule", "odi": "Oswestry"}


def measure_routes(
    measures: Mapping[str, Measure],
    bodies: Mapping[str, type[BaseModel]],
    knowledge: Knowledge,
    decisions: Decisions = UNWITNESSED,
    begin_laps: BeginLaps = begin_unheard,
) -> APIRouter:
    """The routes of every measure, under ``/api/v1/scores/{its code}``.

    They are to be included before a route that takes any score.

    Args:
        measures: by code.
        bodies: what each takes, by the code of the measure.
        knowledge: what the definitions name as the knowledge that they stand on.
        decisions: has every calculation witnessed.
        begin_laps: begins what is told when a measure has been calculated.
    """
    routes = APIRouter(prefix="/api/v1/scores")
    for measure in measures.values():
        calculate = _calculation(measure, bodies[measure.code], knowledge, begin_laps)
        _add(routes, measure, bodies[measure.code], knowledge, calculate, decisions)
    return routes


def measure_bodies(measures: Mapping[str, Measure]) -> Mapping[str, type[BaseModel]]:
    """The body of each measure, by its code.

    Args:
        measures: by code.
    """
    return {code: body_model(measure, _name(measure)) for code, measure in measures.items()}


def measure_calculations(measures: Mapping[str, Measure], knowledge: Knowledge) -> Mapping[str, Calculate]:
    """What makes an answer of a body, by the code of the measure.

    Args:
        measures: by code.
        knowledge: what the answers stand on.
    """
    return {
        code: _calculation(measures[code], model, knowledge, begin_unheard)
        for code, model in measure_bodies(measures).items()
    }


def _name(measure: Measure) -> str:
    return _NAMES.get(measure.code) or "".join(part.capitalize() for part in measure.code.split("-"))


def _calculation(
    measure: Measure, model: type[BaseModel], knowledge: Knowledge, begin_laps: BeginLaps
) -> Calculate:
    stands_on = knowledge_json(knowledge)

    def calculate(body: bytes) -> Calculated:
        answers = read_measure(body, model, measure)
        lap = begin_laps()
        try:
            result = measure.evaluate(answers)
        except RefusedError as error:
            raise refused(error) from None
        lap(measure.code)
        content = _encode({**measure_result_json(measure, result), "knowledge": stands_on})
        return Calculated(content, JOINED.join(result.bands))

    return calculate


def _add(
    routes: APIRouter,
    measure: Measure,
    model: type[BaseModel],
    knowledge: Knowledge,
    calculate: Calculate,
    decisions: Decisions,
) -> None:
    name = _name(measure)
    definition = Kept(_encode(measure_definition_json(measure, knowledge)))

    @routes.get(
        f"/{measure.code}",
        operation_id=f"get{name}Definition",
        summary=f"The definition of {measure.name}",
        tags=["Measures"],
        response_model=MeasureDefinition,
        responses=kept(),
    )
    async def get_definition(request: Request) -> Response:
        return definition.answer(request)

    @routes.post(
        f"/{measure.code}",
        operation_id=f"calculate{name}",
        summary=f"Calculate {measure.name}",
        tags=["Measures"],
        response_model=RESULTS[measure.code],
        responses=faults(*answered()),
        openapi_extra=body_of(f"#/components/schemas/{model.__name__}"),
    )
    async def calculate_measure(request: Request) -> Response:
        return await calculated(request, "measure", measure.code, calculate, decisions)


def measure_result_json(measure: Measure, result: MeasureResult) -> Json:
    """One result, with what the measure says beside its numbers."""
    cites = [cite for remark in (*result.flags, *result.cautions) for cite in remark.cites]
    return {
        "score": measure.code,
        "version": measure.version,
        "unit": measure.unit or None,
        "settled": result.settled,
        "minimum": _plain(result.minimum),
        "maximum": _plain(result.maximum),
        "value": _plain(result.value),
        "bands": list(result.bands),
        "missing": list(result.missing),
        "would_settle": list(result.would_settle),
        "cautions": [f"{caution.text} [{caution.key}]" for caution in result.cautions],
        "flags": [flag_json(flag) for flag in result.flags],
        "references": _references((*measure.references, *cites)),
        **{name: _plain(detail) for name, detail in result.details.items()},
    }


def measure_definition_json(measure: Measure, knowledge: Knowledge) -> Json:
    """Everything a clinician needs to judge a measure, and a program to use it."""
    return {
        "score": measure.code,
        "name": measure.name,
        "version": measure.version,
        "unit": measure.unit or None,
        "inputs": [_input(entry) for entry in measure.inputs],
        "bands": [_band(band) for band in measure.bands],
        "use": list(measure.use),
        "misuse": list(measure.misuse),
        "left_out": [
            {"rule": rule.rule, "what": rule.what, "reason": rule.reason}
            for rule in LEFT_OUT
            if rule.measure == measure.code
        ],
        "policies": [policy_json(policy, policy.default) for policy in measure.policies],
        "references": _references(measure.citations),
        "knowledge": knowledge_json(knowledge),
    }


def _input(entry: Input) -> Json:
    bounded = entry.low < entry.high
    return {
        "input": entry.code,
        "label": entry.label,
        "question": entry.question,
        "kind": entry.kind.value,
        "required": entry.required,
        "unit": entry.unit or None,
        "minimum": _plain(entry.low) if bounded else None,
        "maximum": _plain(entry.high) if bounded else None,
        "pattern": entry.pattern or None,
        "options": [
            {"option": int(option.code) if entry.numeric else option.code, "label": option.label}
            for option in entry.options
        ],
        "fields": [_input(inner) for inner in entry.fields],
        "reference": citation_json(entry.cite),
    }


def _band(band: MeasureBand) -> Json:
    return {
        "band": band.code,
        "label": band.label,
        "band_set": band.band_set or None,
        "minimum": _plain(band.span.low),
        "maximum": _plain(band.span.high),
        "minimum_included": band.span.low_closed,
        "maximum_included": band.span.high_closed,
        "reference": citation_json(band.cite),
    }


def _references(cites: Iterable[Citation]) -> list[Json]:
    return [citation_json(cite) for cite in {(cite.key, cite.title): cite for cite in cites}.values()]


def _plain(detail: Detail) -> Any:  # noqa: ANN401  JSON is any value
    """A detail as JSON: whole numbers as such, other exact numbers as the nearest float."""
    if isinstance(detail, Fraction):
        return int(detail) if detail.denominator == 1 else float(detail)
    if isinstance(detail, Mapping):
        return {name: _plain(inner) for name, inner in detail.items()}
    if isinstance(detail, tuple):
        return [_plain(inner) for inner in detail]
    return detail
