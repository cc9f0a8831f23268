"""An alert as an R4 DetectedIssue: what a person should look at, and by when. Pure.

Without it an Observation of a stable spine could stand alone beside a deficit that cannot wait.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.assess.result import Alert, Assessment
from app.fhir.proposals import Json
from app.fhir.score_observation import SOFTWARE, software
from app.knowledge.instrument import Urgency

# As the cards grade them: what cannot wait, what is urgent, and the rest.
_SEVERITIES: Mapping[Urgency, str] = MappingProxyType(
    {
        Urgency.EMERGENCY: "high",
        Urgency.SAME_DAY: "high",
        Urgency.URGENT: "moderate",
        Urgency.ROUTINE: "low",
    }
)


def detected_issue(assessment: Assessment, alert: Alert, identity: str, implicated: Sequence[str]) -> Json:
    """One alert as a resource.

    Args:
        assessment: where it comes from.
        alert: what is to be looked at.
        identity: the id of the DetectedIssue, a uuid.
        implicated: references of the Observations of the same lesion.
    """
    issue: Json = {
        "resourceType": "DetectedIssue",
        "id": identity,
        "contained": [software(assessment.knowledge)],
        "status": "final",
        "code": {"text": f"{alert.key} ({alert.urgency.value})"},
        "severity": _SEVERITIES[alert.urgency],
    }
    if assessment.patient is not None:
        issue["patient"] = {"reference": f"Patient/{assessment.patient}"}
    issue |= {"identifiedDateTime": assessment.as_of.isoformat(), "author": {"reference": SOFTWARE}}
    if implicated:
        issue["implicated"] = [{"reference": reference} for reference in implicated]
    return issue | {"detail": alert.text}
