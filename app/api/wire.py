"""Results as the JSON that callers rely on."""

from collections.abc import Iterable
from typing import Any

from app.api.pathway_wire import judgement_json
from app.api.source_wire import citation_json, source_json
from app.assess.result import Alert, Assessment, FindingView, LesionAssessment, Prognosis, Scored
from app.engine.score import Score, ScoreResult
from app.knowledge import Knowledge
from app.knowledge.instrument import Remark, Urgency
from app.knowledge.measure import Measure
from app.knowledge.policy import LOCAL_POLICIES, LocalPolicy, Policy

Json = dict[str, Any]


def score_json(scored: Scored) -> Json:
    """One result, whether or not the instrument applies."""
    result = scored.result
    applies = result is not None
    body: Json = {
        "score": scored.instrument.score.code,
        "applicable": applies,
        "totals": list(result.totals) if result else [],
        "minimum": result.minimum if result else None,
        "maximum": result.maximum if result else None,
        "total": result.total if result else None,
        "bands": list(result.bands) if result else [],
        "settled": scored.settled,
        "items": _items(result),
        "missing": list(result.missing) if result else [],
        "would_settle": list(result.would_settle) if result else [],
        "advice": scored.advice.text if scored.advice else None,
        "urgency": scored.urgency.value,
        "cautions": [f"{caution.text} [{caution.key}]" for caution in scored.cautions],
        "flags": [flag_json(flag) for flag in scored.flags],
        "references": [citation_json(cite) for cite in scored.references],
    }
    if scored.applicability.reason is not None:
        body["reason"] = scored.applicability.reason
    return body


def prognosis_json(prognosis: Prognosis) -> Json:
    """A prognostic score in the shape of any score; it advises nothing."""
    result = prognosis.result
    cites = [*prognosis.score.references, *(cite for one in prognosis.cautions for cite in one.cites)]
    return {
        "score": result.score.code,
        "applicable": True,
        "totals": list(result.totals),
        "minimum": result.minimum,
        "maximum": result.maximum,
        "total": result.total,
        "bands": list(result.bands),
        "settled": prognosis.settled,
        "items": _items(result),
        "missing": list(result.missing),
        "would_settle": list(result.would_settle),
        "advice": None,
        "urgency": Urgency.ROUTINE.value,
        "cautions": [f"{caution.text} [{caution.key}]" for caution in prognosis.cautions],
        "flags": [],
        "references": [citation_json(cite) for cite in {(c.key, c.title): c for c in cites}.values()],
    }


def _items(result: ScoreResult | None) -> list[Json]:
    if result is None:
        return []
    return [
        {
            "item": code,
            "possible": list(answer.possible),
            "points": list(result.points(code)),
            "recorded": answer.recorded,
            "conflicting": answer.conflicting,
            "sources": [source_json(source) for source in (*answer.sources, *answer.unused)],
        }
        for code, answer in result.answers.items()
    ]


def flag_json(flag: Remark) -> Json:
    """A flag, with the rule it follows."""
    return {
        "id": flag.key,
        "text": flag.text,
        "references": [citation_json(cite) for cite in flag.cites],
    }


def assessment_json(assessment: Assessment, decision: str) -> Json:
    """The whole assessment of one patient.

    Args:
        assessment: what was found.
        decision: the id of this decision.
    """
    return {
        "as_of": assessment.as_of.isoformat(),
        "patient": assessment.patient,
        "knowledge": knowledge_json(assessment.knowledge),
        "complete": assessment.complete,
        "completeness": {need: how.value for need, how in assessment.looked_at.items()},
        "gaps": [{"need": gap.need, "reason": gap.reason} for gap in assessment.gaps],
        "lesions": [_lesion(lesion) for lesion in assessment.lesions],
        "scores": [prognosis_json(prognosis) for prognosis in assessment.prognoses],
        "pathways": [],
        "findings": [_finding(view) for view in assessment.patient_findings],
        "alerts": [_alert(alert) for alert in assessment.alerts],
        "decision_id": decision,
    }


def _lesion(assessed: LesionAssessment) -> Json:
    lesion = assessed.lesion
    return {
        "id": lesion.id,
        "site": lesion.place.site,
        "level": lesion.place.level,
        "possible_levels": list(lesion.place.levels),
        "laterality": lesion.place.side.value if lesion.place.side else None,
        "label": lesion.place.label,
        "conditions": list(lesion.conditions),
        "scores": [score_json(scored) for scored in assessed.scores],
        "pathways": [judgement_json(judgement) for judgement in assessed.pathways],
        "findings": [_finding(view) for view in assessed.findings],
    }


def _finding(view: FindingView) -> Json:
    return {
        "finding": view.finding,
        "possible": list(view.possible),
        "conflicting": view.conflicting,
        "stale": view.stale,
        "sources": [source_json(source) for source in view.sources],
    }


def _alert(alert: Alert) -> Json:
    return {
        "id": alert.key,
        "lesion": alert.lesion,
        "urgency": alert.urgency.value,
        "text": alert.text,
        "references": [citation_json(cite) for cite in alert.references],
    }


def knowledge_json(knowledge: Knowledge) -> Json:
    """Which knowledge an answer stands on."""
    return {"version": knowledge.version, "digest": knowledge.digest}


def catalogue_json(knowledge: Knowledge) -> Json:
    """Every score in short."""
    return {
        "knowledge": knowledge_json(knowledge),
        "scores": [
            *(_listed(one.score, "lesion-score") for one in knowledge.instruments.values()),
            *(_listed(one.score, "patient-score") for one in knowledge.patient_scores.values()),
            *(_listed(measure, "measure") for measure in knowledge.measures.values()),
        ],
    }


def _listed(one: Score | Measure, kind: str) -> Json:
    return {
        "score": one.code,
        "name": one.name,
        "version": one.version,
        "kind": kind,
        "minimum": one.lowest if isinstance(one, Score) else None,
        "maximum": one.highest if isinstance(one, Score) else None,
        "definition": f"/api/v1/scores/{one.code}",
    }


def definition_json(score: Score, policies: Iterable[str], knowledge: Knowledge) -> Json:
    """Everything a clinician needs to judge a score, and a program to use it."""
    return {
        "score": score.code,
        "name": score.name,
        "version": score.version,
        "minimum": score.lowest,
        "maximum": score.highest,
        "worse": score.worse,
        "items": _item_definitions(score),
        "bands": [
            {
                "band": band.code,
                "label": band.label,
                "minimum": band.low,
                "maximum": band.high,
                "meaning": band.meaning,
                "reference": citation_json(band.cite),
            }
            for band in score.bands
        ],
        "use": list(score.use),
        "misuse": list(score.misuse),
        "performance": [
            {
                "measure": performance.measure,
                "value": performance.value,
                "population": performance.population,
                "reference": citation_json(performance.cite),
            }
            for performance in score.performance
        ],
        "policies": policies_json(knowledge.policy, policies),
        "references": [citation_json(cite) for cite in score.references],
        "knowledge": knowledge_json(knowledge),
    }


def _item_definitions(score: Score) -> list[Json]:
    return [
        {
            "item": item.code,
            "label": item.label,
            "question": item.question,
            "options": [
                {"option": option.code, "label": option.label, "points": option.points}
                for option in item.options
            ],
            "reference": citation_json(item.cite),
        }
        for item in score.items
    ]


def policies_json(policy: Policy, keys: Iterable[str] | None = None) -> list[Json]:
    """Local policy: what no publication settles, with what this site chose."""
    wanted = None if keys is None else set(keys)
    return [
        policy_json(local, policy.choice(local.key))
        for local in LOCAL_POLICIES
        if wanted is None or local.key in wanted
    ]


def policy_json(local: LocalPolicy, choice: str) -> Json:
    """One decision of this service, with the choice in force."""
    return {
        "id": local.key,
        "text": local.text,
        "tag": "D",
        "choice": choice,
        "choices": list(local.choices),
        "adjustable": len(local.choices) > 1,
    }
