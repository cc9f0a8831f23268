"""How the routes of CDS Hooks are described in the OpenAPI document."""

from app.fhir.published.fhir_schemas import fhir_schema
from cds_hooks.schemas import reference, request_name
from cds_hooks.services import HookService


def json_answer(schema: dict[str, object], description: str, media: str) -> dict[str, object]:
    """One answer of a route, as the document describes it."""
    return {"description": description, "content": {media: {"schema": schema}}}


OUTCOME_SCHEMA: dict[str, object] = fhir_schema("OperationOutcome")
_STATUSES = {
    400: "Unreadable, or no CDS Hooks request for this service",
    412: "FHIR data that the decision needs was not to be had",
    413: "The body is too large",
    415: "The media type or encoding is not taken",
    422: "The content contradicts itself: another patient, or a wrong resource",
    500: "The service failed; the id is in its log",
    503: "No record of the decision can be kept now: see Retry-After",
}
DISCOVERY_RESPONSES: dict[int | str, dict[str, object]] = {
    200: json_answer(reference("CdsServices"), "The discovery document", "application/json")
}
_INVOCATION_RESPONSES: dict[int | str, dict[str, object]] = {
    200: json_answer(
        reference("CdsResponse"), "Cards; an empty list means nothing to say", "application/json"
    ),
    **{
        status: json_answer(OUTCOME_SCHEMA, text, "application/fhir+json")
        for status, text in _STATUSES.items()
    },
}
# They hold where clients must prove who they are.
PROOF_RESPONSES: dict[int | str, dict[str, object]] = {
    status: json_answer(OUTCOME_SCHEMA, text, "application/fhir+json")
    for status, text in (
        (401, "The call does not prove who sends it: see WWW-Authenticate"),
        (503, "The call cannot be checked now: send it again in a moment with a new JWT"),
    )
}
_ANOTHERS_SERVER = json_answer(
    OUTCOME_SCHEMA, "The FHIR server that the call names is another organisation's", "application/fhir+json"
)


def invocation_responses(*, proof: bool) -> dict[int | str, dict[str, object]]:
    """The answers of a service.

    Args:
        proof: whether clients must prove who they are.
    """
    proved = {**PROOF_RESPONSES, 403: _ANOTHERS_SERVER} if proof else {}
    return {**_INVOCATION_RESPONSES, **proved}


def body_of(name: str) -> dict[str, object]:
    """A body that a schema of the document describes."""
    content = {"application/json": {"schema": reference(name)}}
    return {"requestBody": {"required": True, "content": content}}


def request_body(service: HookService) -> dict[str, object]:
    """The body that a service takes, its context as the hook defines it."""
    return body_of(request_name(service))
