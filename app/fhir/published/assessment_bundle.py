"""An assessment as a Bundle of R4 resources: scores, risks, alerts, and what could not be looked at. Pure."""

from collections.abc import Callable, Iterator

from app.assess.result import Assessment, LesionAssessment
from app.fhir.codes import CodeBook
from app.fhir.proposals import Json
from app.fhir.published.detected_issue import detected_issue
from app.fhir.published.risk_assessment import risk_assessment
from app.fhir.score_observation import prognosis_observation, score_observation

Identity = Callable[[str], str]


def assessment_bundle(book: CodeBook, assessment: Assessment, identity: Identity) -> Json:
    """The whole assessment of one patient as a collection.

    An assessment with gaps, or with a lesion that no score is made for, has an OperationOutcome that says so
    before anything else: no Bundle of scores looks more complete than the record was.

    Args:
        book: the codes under this deployment's base.
        assessment: what was found.
        identity: a deterministic uuid by a key, another for each assessment.
    """
    resources: list[Json] = []
    by_lesion: dict[str | None, list[str]] = {}
    for assessed in assessment.lesions:
        found = list(_of_lesion(book, assessment, assessed, identity))
        resources += found
        by_lesion[assessed.lesion.id] = [
            _address(one) for one in found if one["resourceType"] == "Observation"
        ]
    for prognosis in assessment.prognoses:
        key = identity(f"score {prognosis.score.code} of the patient")
        resources.append(prognosis_observation(book, assessment, prognosis, key))
    for number, alert in enumerate(assessment.alerts):
        key = identity(f"alert {number} {alert.key} {alert.lesion}")
        resources.append(detected_issue(assessment, alert, key, by_lesion.get(alert.lesion, [])))
    issues = [*_gaps(assessment), *_without_score(assessment)]
    if issues:
        outcome = {"resourceType": "OperationOutcome", "id": identity("outcome"), "issue": issues}
        resources.insert(0, outcome)
    bundle: Json = {
        "resourceType": "Bundle",
        "id": identity("bundle"),
        "type": "collection",
        "timestamp": assessment.as_of.isoformat(),
    }
    if resources:
        bundle["entry"] = [{"fullUrl": _address(one), "resource": one} for one in resources]
    return bundle


def _of_lesion(
    book: CodeBook, assessment: Assessment, assessed: LesionAssessment, identity: Identity
) -> Iterator[Json]:
    for scored in assessed.scores:
        if scored.result is None:
            continue
        name = f"{scored.instrument.code} of {assessed.lesion.id}"
        observation = score_observation(book, assessment, assessed, scored, identity(f"score {name}"))
        yield observation
        risk = risk_assessment(
            book,
            assessment,
            assessed,
            scored,
            identity=identity(f"risk {name}"),
            basis=_address(observation),
        )
        if risk is not None:
            yield risk


def _gaps(assessment: Assessment) -> Iterator[Json]:
    for gap in assessment.gaps:
        yield {
            "severity": "warning",
            "code": "incomplete",
            "details": {"text": gap.need},
            "diagnostics": gap.reason,
        }


def _without_score(assessment: Assessment) -> Iterator[Json]:
    """A lesion that no score is made for is a lesion nonetheless."""
    for assessed in assessment.lesions:
        if all(scored.result is None for scored in assessed.scores):
            reasons = (scored.applicability.reason for scored in assessed.scores)
            told = dict.fromkeys(reason for reason in reasons if reason is not None)
            yield {
                "severity": "information",
                "code": "informational",
                "details": {"text": f"{assessed.lesion.place.label}: a lesion without a score"},
                "diagnostics": " ".join(told) or "No score is made for this lesion.",
            }


def _address(resource: Json) -> str:
    return f"urn:uuid:{resource['id']}"
