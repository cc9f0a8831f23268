"""What answers say beside their bodies."""

from collections.abc import Iterable

from app.document.parts import Json, operations_of

_TEXT: Json = {"type": "string"}
HEADERS: Json = {
    "Cache-Control": {
        "description": "How long the answer may be kept, and by whom.",
        "schema": _TEXT,
        "example": "private, max-age=300, must-revalidate",
    },
    "Deprecation": {
        "description": "Since when the operation is deprecated (RFC 9745), as seconds after 1970.",
        "schema": _TEXT,
        "example": "@1798761600",
    },
    "ETag": {
        "description": "Marks this very answer. Sent back in If-None-Match it is answered with 304 for as "
        "long as nothing has changed.",
        "schema": _TEXT,
        "example": '"5d2b0e9d1f7c4a86b3e0c9a1d4f8b7e2"',
    },
    "Link": {
        "description": "Where the deprecation is explained, and what replaces the operation (RFC 8288).",
        "schema": _TEXT,
        "example": '</api/v1/scores>; rel="successor-version"',
    },
    "RateLimit": {
        "description": "How many more requests the caller may send, and in how many seconds there are more.",
        "schema": _TEXT,
        "example": '"default";r=599;t=60',
    },
    "RateLimit-Policy": {
        "description": "How many requests the caller may send, and in how many seconds.",
        "schema": _TEXT,
        "example": '"default";q=600;w=60',
    },
    "Retry-After": {
        "description": "After how many seconds the same request may be sent again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 5,
    },
    "Sunset": {
        "description": "When the operation ends (RFC 8594).",
        "schema": _TEXT,
        "example": "Fri, 31 Dec 2027 00:00:00 GMT",
    },
    "Vary": {
        "description": "What of a request decides which answer it gets.",
        "schema": _TEXT,
        "example": "Authorization, X-API-Key",
    },
    "WWW-Authenticate": {
        "description": "How a caller proves who it is, or what its proof lacks.",
        "schema": _TEXT,
        "example": "Bearer",
    },
    "X-Decision-Id": {
        "description": "Names the decision in the audit trail.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "01a1fe00-0000-7000-8000-000000000000",
    },
}
_LIMITED = "/api/v1/"


def document_headers(document: Json) -> None:
    """Say of every answer that succeeds what it says beside its body."""
    document["components"]["headers"] = HEADERS
    for path, method, operation in operations_of(document):
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                add_headers(answer, _of_success(path, method))


def add_headers(answer: Json, names: Iterable[str]) -> None:
    """Say that an answer has these headers."""
    found = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if found:
        answer["headers"] = {**answer.get("headers", {}), **found}


def _of_success(path: str, method: str) -> tuple[str, ...]:
    limited = ("RateLimit-Policy", "RateLimit") if path.startswith(_LIMITED) else ()
    # The decisions of a batch are named in its items.
    decided = method == "post" and not path.endswith("/batch")
    return (*limited, *(("X-Decision-Id",) if decided else ()))
