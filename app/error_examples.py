"""An error of every status as it is really sent: made by the same code, so that no example can differ."""

import json
from collections.abc import Mapping
from typing import Any

from app.api.answers_once import KeyInUseError
from app.api.caller_limits import Standing, TooManyRequestsError
from app.api.caller_scopes import InsufficientScopeError
from app.api.problems import problem
from app.errors import (
    AnotherPatientError,
    ContradictionError,
    EnvelopeError,
    FhirServerError,
    FhirServerTimeoutError,
    Issue,
    MediaTypeError,
    MissingDataError,
    NotConfiguredError,
    NotFoundError,
    ServiceError,
    TooLargeError,
    UnreadableError,
)
from app.store.audit_trail import AuditUnavailableError
from app.trust.refusal import Reason, UnknownCallerError
from cds_hooks.outcome import operation_outcome
from cds_hooks.trust.refusal import NotAuthenticatedError

_CORRELATION = "7f0e6a4e-6a39-4d0e-9a36-9f1f6f0c2b11"
_RATE = Standing(quota=600, window=60, remaining=0, seconds=12)
TEXTS: Mapping[int, str] = {
    400: "The request cannot be read, or is not complete",
    401: "The caller does not prove who it is: see WWW-Authenticate",
    403: "The caller is known, and may not do this",
    404: "There is nothing of that name",
    409: "The same request is being answered at this moment",
    412: "Data or settings that the answer needs are not there",
    413: "The request is larger than is taken",
    415: "The media type or the encoding is not taken",
    422: "The content is not what is taken here, or contradicts itself: see errors",
    429: "The caller asks too much: Retry-After says when to ask again",
    500: "The service failed; its log has more under the id of the answer",
    502: "The FHIR server, or its authorization server, did not give what is needed: layer says which",
    503: "A part that is needed does not answer now: send the same request again",
    504: "The FHIR server, or its authorization server, did not answer in time: layer says which",
}
_PAIN = "pain takes one of mechanical, occasional, none, or a list of them."
_TIMEOUT = "The FHIR server did not answer in time."
_BROKEN = "The FHIR server failed."
_NO_CONDITIONS = (
    "Prefetch key conditions is required and was not sent, or holds an error: send it as discovery asks."
)
_OTHER = (
    "A resource names a patient other than the one asked about: nothing was evaluated. Send the resources of "
    "one patient only."
)
_UNREADABLE = UnreadableError("The body is not valid JSON: check its syntax.")
_LARGE = TooLargeError("The body is larger than 64,000 bytes: send less.")
_MEDIA = MediaTypeError("Send the body as application/json or application/fhir+json.")
_LATER = AuditUnavailableError()
_FAILED = ServiceError("The service failed; its log has more under the id of this answer.")
_UNKNOWN = UnknownCallerError(
    "The request does not prove who sends it: send one Authorization header with an access token that a "
    "registered issuer made for this service (RFC 9068), or one API key where there are any.",
    Reason.MISSING,
)
_REST: Mapping[int, ServiceError] = {
    400: _UNREADABLE,
    401: _UNKNOWN,
    403: InsufficientScopeError("cds/evaluate"),
    404: NotFoundError("There is no such score; the scores are sins, mirels, tokuhashi."),
    409: KeyInUseError(),
    412: NotConfiguredError("No FHIR server is set up that this service may ask by itself."),
    413: _LARGE,
    415: _MEDIA,
    422: ContradictionError(
        "An item or an option is not known: see errors.", [Issue("/pain", "code-invalid", _PAIN)]
    ),
    429: TooManyRequestsError(_RATE),
    500: _FAILED,
    502: FhirServerError(
        f"Nothing was evaluated, for want of conditions. {_BROKEN} Try again later.",
        [Issue("/conditions", "transient", _BROKEN)],
    ),
    503: _LATER,
    504: FhirServerTimeoutError(
        f"Nothing was evaluated, for want of conditions. {_TIMEOUT} Try again later.",
        [Issue("/conditions", "timeout", _TIMEOUT)],
    ),
}
_HOOKS: Mapping[int, ServiceError] = {
    400: EnvelopeError(
        "hookInstance is missing: send it as a text.",
        [Issue("/hookInstance", "required", "hookInstance is missing: send it as a text.")],
    ),
    401: NotAuthenticatedError(Reason.MISSING),
    404: NotFoundError("There is no such service; the services are spinal-metastasis-patient-view."),
    412: MissingDataError(
        "The prefetch lacks conditions: send it as discovery asks.",
        [Issue("/prefetch/conditions", "incomplete", _NO_CONDITIONS)],
    ),
    413: TooLargeError("The body is larger than 5,000,000 bytes: send less."),
    415: _MEDIA,
    422: AnotherPatientError(_OTHER),
    500: _FAILED,
    503: _LATER,
}


def error_examples() -> Mapping[str, Mapping[int, Any]]:
    """A body of every error, by media type and status."""
    return {
        "application/problem+json": {
            status: json.loads(problem(error, _correlation(status))) for status, error in _REST.items()
        },
        "application/fhir+json": {
            status: json.loads(operation_outcome(error, _correlation(status)))
            for status, error in _HOOKS.items()
        },
    }


def _correlation(status: int) -> str | None:
    return _CORRELATION if status == ServiceError.status else None
