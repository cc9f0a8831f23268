"""Errors on the CDS Hooks routes: an OperationOutcome that names the fault and echoes nothing."""

import msgspec

from app.errors import ServiceError

MEDIA_TYPE = "application/fhir+json"


def operation_outcome(error: ServiceError, correlation: str | None = None) -> bytes:
    """The error as an R4 OperationOutcome, in JSON.

    Args:
        error: what went wrong.
        correlation: an id under which the log has the same failure.
    """
    issues = []
    for issue in error.issues:
        found: dict[str, object] = {
            "severity": "error",
            "code": issue.code,
            "diagnostics": issue.message,
        }
        if issue.pointer:
            found["expression"] = [issue.pointer.strip("/").replace("/", ".")]
        issues.append(found)
    outcome: dict[str, object] = {"resourceType": "OperationOutcome", "issue": issues}
    if correlation is not None:
        outcome["id"] = correlation
    return msgspec.json.encode(outcome)
