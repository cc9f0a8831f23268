"""The answers that say what went wrong, described once for all operations."""

from collections.abc import Mapping

from app.document.parts import Json, operations_of

PROBLEM = "application/problem+json"
FHIR = "application/fhir+json"
_KINDS = {PROBLEM: "Problem", FHIR: "Outcome"}
_FIRST_ERROR = 400
_WORDS: Mapping[int, str] = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "ContentTooLarge",
    415: "UnsupportedMediaType",
    422: "UnprocessableContent",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
# What an answer says beside its body, by status, and with every status.
_HEADERS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    403: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    502: ("Retry-After",),
    503: ("Retry-After",),
}
_OF_REST = ("RateLimit-Policy", "RateLimit")
# The caller is refused before any decision begins.
_BEFORE_A_DECISION = (401, 403, 404, 409, 429)


def share_error_answers(
    document: Json, texts: Mapping[int, str], examples: Mapping[str, Mapping[int, Json]]
) -> None:
    """Put every answer that says what went wrong among the components, and refer to it.

    Args:
        document: its operations have such answers, each with one media type.
        texts: what each status means.
        examples: a body of each, by media type and status; a status without one stays where it is.
    """
    shared: Json = document["components"].setdefault("responses", {})
    for _, _, operation in operations_of(document):
        for status, answer in operation["responses"].items():
            code = int(status)
            media = next(iter(answer.get("content", {})), "")
            if code < _FIRST_ERROR or code not in examples.get(media, {}):
                continue
            name = f"{_WORDS[code]}{_KINDS[media]}"
            shared[name] = {
                "description": texts[code],
                "headers": {header: _header(header) for header in _headers(code, media)},
                "content": {
                    media: {"schema": answer["content"][media]["schema"], "example": examples[media][code]}
                },
            }
            operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _headers(status: int, media: str) -> tuple[str, ...]:
    decided = () if status in _BEFORE_A_DECISION else ("X-Decision-Id",)
    return (*_HEADERS.get(status, ()), *(_OF_REST if media == PROBLEM else ()), *decided)


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}
