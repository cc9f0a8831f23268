"""The errors a caller can see: what went wrong, how to mend it, and the status it has.

One model, two renderers: OperationOutcome on the CDS Hooks routes, problem+json on REST. No error
carries anything of the request but names of fields that this service defines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Layer = Literal["fhir-server", "authorization-server"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with a request.

    Args:
        pointer: a JSON Pointer to the member, made of names this service knows.
        code: a FHIR issue type.
        message: what is wrong and how to mend it; nothing of the request's content.
    """

    pointer: str
    code: str
    message: str


class ServiceError(Exception):
    """A request that cannot be answered.

    Args:
        message: what is wrong and how to mend it.
        issues: each fault with its place, where there is more to say than the message.
    """

    status = 500
    code = "exception"
    title = "The service failed"
    # Which server it was, where it was another than this service.
    layer: Layer | None = None
    # Seconds after which the same request may be sent again, where that is known.
    retry_after: int | None = None
    # What the answer says beside its body.
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, issues: Sequence[Issue] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.issues = tuple(issues) or (Issue("", self.code, message),)


class UnreadableError(ServiceError):
    """The body is no JSON, or not the JSON that this route takes."""

    status = 400
    code = "structure"
    title = "The request cannot be read"


class EnvelopeError(ServiceError):
    """A member of the request is missing or has the wrong type."""

    status = 400
    code = "required"
    title = "The request is not complete"


class ForbiddenError(ServiceError):
    """The caller is known, and may not ask this."""

    status = 403
    code = "forbidden"
    title = "The caller may not ask this"


class NotFoundError(ServiceError):
    """There is nothing at this address."""

    status = 404
    code = "not-found"
    title = "Not found"


class MissingDataError(ServiceError):
    """FHIR data that the decision needs could not be had."""

    status = 412
    code = "incomplete"
    title = "Required data could not be had"


class NotConfiguredError(ServiceError):
    """The deployment has not been given what the route needs."""

    status = 412
    code = "not-supported"
    title = "The service is not set up for this"


class TooLargeError(ServiceError):
    """The body is larger than the route takes."""

    status = 413
    code = "too-long"
    title = "The request is too large"


class MediaTypeError(ServiceError):
    """The body has a media type or an encoding that the route does not take."""

    status = 415
    code = "not-supported"
    title = "The media type is not supported"


class ContradictionError(ServiceError):
    """The content contradicts itself: another patient, a wrong resource, an unknown option."""

    status = 422
    code = "business-rule"
    title = "The request contradicts itself"


class AnotherPatientError(ContradictionError):
    """A resource names a patient other than the one asked about."""

    code = "security"
    title = "The request holds data of another patient"


class NoSuchPatientError(ContradictionError):
    """The FHIR server does not have the patient that was asked about."""

    code = "not-found"
    title = "The FHIR server has no such patient"


class MethodError(ServiceError):
    """The address does not take this method."""

    status = 405
    code = "not-supported"
    title = "Method not allowed"


class UnavailableError(ServiceError):
    """A part that the service needs, such as its database, does not answer now."""

    status = 503
    code = "transient"
    title = "The service is not available now"
    retry_after = 5


class FhirServerError(ServiceError):
    """The FHIR server did not give data that the answer needs.

    Args:
        message: what is wrong and how to mend it.
        issues: each data need with why it was not had.
        retry_after: seconds for which the server is not asked again.
    """

    status = 502
    code = "transient"
    title = "The FHIR server did not give what is needed"
    layer = "fhir-server"

    def __init__(self, message: str, issues: Sequence[Issue] = (), retry_after: int | None = None) -> None:
        super().__init__(message, issues)
        self.retry_after = retry_after


class FhirServerTimeoutError(FhirServerError):
    """The FHIR server did not give them in time."""

    status = 504
    code = "timeout"
    title = "The FHIR server did not answer in time"


class AuthorizationServerError(ServiceError):
    """The authorization server gave no access to data that the answer needs."""

    status = 502
    code = "login"
    title = "The authorization server gave no access"
    layer = "authorization-server"


class AuthorizationServerTimeoutError(AuthorizationServerError):
    """The authorization server did not answer in time."""

    status = 504
    code = "timeout"
    title = "The authorization server did not answer in time"
