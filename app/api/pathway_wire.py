"""Pathways as the JSON that callers rely on: definitions, and what the inputs leave possible."""

from collections.abc import Iterable
from typing import Any

from app.api.source_wire import citation_json, source_json
from app.assess.result import Judgement
from app.engine.criteria import Given, Input, Judged
from app.engine.question import Answer, Item
from app.engine.reading import Interval
from app.engine.table import Table, TableResult
from app.knowledge.instrument import Remark
from app.knowledge.pathway import Pathway, PathwayResult

Json = dict[str, Any]


def judgement_json(judgement: Judgement) -> Json:
    """One pathway on one lesion."""
    body = _result(judgement.pathway, judgement.result, (*judgement.notes, *judgement.cautions))
    body["settled"] = judgement.settled
    if judgement.applicability.reason is not None:
        body["reason"] = judgement.applicability.reason
    body["references"] = [citation_json(cite) for cite in judgement.references]
    return body


def result_json(result: PathwayResult) -> Json:
    """A pathway from inputs that a caller states."""
    return _result(result.pathway, result, ())


def _result(pathway: Pathway, result: PathwayResult | None, cautions: Iterable[Remark]) -> Json:
    rows = result.rows if result is not None else None
    told = [*(result.cautions if result is not None else ()), *cautions]
    return {
        "pathway": pathway.code,
        "applicable": result is not None,
        "rows": [row.id for row in rows.outcome.rows] if rows else [],
        "treatments": [treatment.code for treatment in rows.outcome.treatments] if rows else [],
        "decisions": _decisions(rows) if rows else [],
        "criteria": [_criterion(one) for one in result.judged] if result is not None else [],
        "suitability": result.suitability.value if result is not None and result.suitability else None,
        "settled": result.settled if result is not None else False,
        "inputs": [_given(code, value) for code, value in result.given.items()] if result is not None else [],
        "missing": list(result.missing) if result is not None else [],
        "would_settle": list(result.would_settle) if result is not None else [],
        "cautions": [f"{remark.text} [{remark.key}]" for remark in told],
        "references": [citation_json(cite) for cite in (result.references if result is not None else ())],
    }


def _decisions(rows: TableResult) -> list[Json]:
    return [
        {
            "treatment": treatment.code,
            "label": treatment.label,
            "rows": [row.id for row in rows.outcome.rows if row.treatment == treatment],
        }
        for treatment in rows.outcome.treatments
    ]


def _criterion(one: Judged) -> Json:
    return {
        "id": one.criterion.id,
        "status": one.status.value,
        "effect": one.criterion.effect.value,
        "technique": one.criterion.technique,
        "text": one.criterion.text,
        "sources": [source_json(source) for source in one.sources],
    }


def _given(code: str, value: Given) -> Json:
    return {
        "input": code,
        "possible": list(value.possible) if isinstance(value, Answer) else [],
        "ranges": [] if isinstance(value, Answer) else [_range(span) for span in value.spans],
        "recorded": value.recorded,
        "conflicting": value.conflicting,
        "sources": [source_json(source) for source in (*value.sources, *value.unused)],
    }


def _range(span: Interval) -> Json:
    return {
        "low": None if span.low is None else float(span.low),
        "low_included": span.low is not None and span.low_closed,
        "high": None if span.high is None else float(span.high),
        "high_included": span.high is not None and span.high_closed,
    }


def pathways_json(pathways: Iterable[Pathway], knowledge: Json) -> Json:
    """Every pathway in short."""
    return {
        "knowledge": knowledge,
        "pathways": [
            {
                "pathway": pathway.code,
                "name": pathway.name,
                "version": pathway.version,
                "definition": f"/api/v1/pathways/{pathway.code}",
            }
            for pathway in pathways
        ],
    }


def pathway_json(pathway: Pathway, policies: list[Json], knowledge: Json) -> Json:
    """Everything a clinician needs to judge a pathway, and a program to use it."""
    return {
        "pathway": pathway.code,
        "name": pathway.name,
        "version": pathway.version,
        "decides": pathway.decides,
        "inputs": [_input(one) for one in pathway.inputs],
        "rows": _rows(pathway.table) if pathway.table else [],
        "criteria": [
            {
                "id": rule.id,
                "effect": rule.effect.value,
                "technique": rule.technique,
                "text": rule.text,
                "inputs": list(rule.asks),
                "references": [citation_json(cite) for cite in rule.cites],
            }
            for rule in (pathway.criteria.rules if pathway.criteria else ())
        ],
        "states_suitability": pathway.suits,
        "use": list(pathway.use),
        "misuse": list(pathway.misuse),
        "policies": policies,
        "references": [citation_json(cite) for cite in pathway.references],
        "knowledge": knowledge,
    }


def _input(one: Input) -> Json:
    return {
        "input": one.code,
        "label": one.label,
        "question": one.question,
        "options": [{"option": o.code, "label": o.label} for o in one.options]
        if isinstance(one, Item)
        else [],
        "unit": None if isinstance(one, Item) else one.unit,
        "minimum": None if isinstance(one, Item) else float(one.low),
        "maximum": None if isinstance(one, Item) else float(one.high),
        "reference": citation_json(one.cite),
    }


def _rows(table: Table) -> list[Json]:
    return [
        {
            "row": row.id,
            "when": [{"input": item, "values": sorted(values)} for item, values in row.when.items()],
            "treatment": row.treatment.code,
            "label": row.treatment.label,
            "reference": citation_json(row.cite),
        }
        for row in table.rows
    ]
