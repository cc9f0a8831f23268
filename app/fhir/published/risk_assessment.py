"""A score as an R4 RiskAssessment: what may happen, how likely in words, and the score behind it. Pure.

The Observation of the score is the whole answer; this says the same for those who look for risks. It never
says less: a category that reassures is left out here wherever it is left out there.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.assess.result import Assessment, LesionAssessment, Scored
from app.fhir.codes import CodeBook
from app.fhir.proposals import Json, standing
from app.fhir.score_observation import SOFTWARE, categories, is_final, method, notes, software

_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"sins": "Spinal instability", "mirels": "Pathological fracture"}
)


def risk_assessment(
    book: CodeBook,
    assessment: Assessment,
    assessed: LesionAssessment,
    scored: Scored,
    *,
    identity: str,
    basis: str,
) -> Json | None:
    """The risk that one score tells of one lesion, or None where it tells none.

    R4 knows no risk without a subject, and a score that may not be made for the lesion tells no risk.

    Args:
        book: the codes under this deployment's base.
        assessment: where the score comes from.
        assessed: the lesion.
        scored: its score.
        identity: the id of the RiskAssessment, a uuid.
        basis: the reference of the Observation that holds the score.
    """
    result = scored.result
    outcome = _OUTCOMES.get(scored.instrument.code)
    if result is None or outcome is None or assessment.patient is None:
        return None
    if scored.applicability.applies is not True:
        return None
    moment = assessment.as_of.isoformat()
    risk: Json = {
        "resourceType": "RiskAssessment",
        "id": identity,
        "contained": [software(assessment.knowledge)],
        "status": "final" if is_final(scored) else "preliminary",
        "method": {"text": method(assessment.knowledge)},
        "code": {
            "coding": [{"system": book.observable_system, "code": result.score.code}],
            "text": result.score.name,
        },
        "subject": {"reference": f"Patient/{assessment.patient}"},
        "occurrenceDateTime": moment,
    }
    conditions = standing(assessed.lesion.conditions, ("Condition",))
    if conditions:
        risk["condition"] = {"reference": conditions[0]}
    prediction: Json = {"outcome": {"text": outcome}}
    told = categories(scored, result)
    if told:
        prediction["qualitativeRisk"] = {"text": "; or ".join(told)}
    risk |= {
        "performer": {"reference": SOFTWARE},
        "basis": [{"reference": basis}],
        "prediction": [prediction],
    }
    said = [{"text": f"{assessed.lesion.place.label}."}, *({"text": text} for text in notes(scored))]
    return risk | {"note": said}
