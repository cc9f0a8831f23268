"""Errors on REST: problem+json (RFC 9457) that names the member at fault and echoes nothing."""

import msgspec

from app.errors import ServiceError

MEDIA_TYPE = "application/problem+json"
_TYPES = "https://fhir.spine-mets-cds.org/problems/"


def problem(error: ServiceError, correlation: str | None = None) -> bytes:
    """The error as a problem document, in JSON.

    Args:
        error: what went wrong.
        correlation: an id under which the log has the same failure.
    """
    document: dict[str, object] = {
        "type": _TYPES + type(error).__name__.removesuffix("Error").lower(),
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "errors": [
            {"pointer": issue.pointer, "code": issue.code, "message": issue.message} for issue in error.issues
        ],
    }
    if error.layer is not None:
        document["layer"] = error.layer
    if correlation is not None:
        document["instance"] = f"urn:uuid:{correlation}"
    return msgspec.json.encode(document)
