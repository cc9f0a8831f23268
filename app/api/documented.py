"""What every route of REST has in common: how answers, faults and bodies stand in the document."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Response

from app.api.models import Problem
from app.conditional import Kept
from app.errors import NotFoundError
from app.fhir.published.fhir_schemas import fhir_schema

_FAULTS = {
    400: "The body cannot be read",
    413: "The body is too large",
    415: "The media type or encoding is not taken",
    422: "An item, an option or the content contradicts itself",
    500: "The service failed",
}
_ELSEWHERE = {
    404: "There is nothing of that name",
    412: "The deployment has no FHIR server to ask",
    502: "The FHIR server, or its authorization server, did not give what is needed: layer says which",
    504: "One of them did not answer in time: layer says which",
}


def answered() -> Iterable[int]:
    """The statuses of a call that sends a body and fails."""
    return _FAULTS


def known(kind: str, code: str, documents: Mapping[str, Kept]) -> Kept:
    """The document of that code.

    Raises:
        NotFoundError: there is none; the message names those that are.
    """
    if code not in documents:
        raise NotFoundError(f"There is no such {kind}; the {kind}s are {', '.join(documents)}.")
    return documents[code]


def json_answer(content: bytes) -> Response:
    """An answer of JSON that is encoded already."""
    return Response(content, media_type="application/json")


def faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Those faults as the document describes them."""
    texts = {**_FAULTS, **_ELSEWHERE}
    return {
        status: {
            "model": Problem,
            "description": texts[status],
            "content": {"application/problem+json": {}},
        }
        for status in statuses
    }


def kept(
    answer: Mapping[int | str, dict[str, Any]] | None = None, *, varies: bool = True
) -> dict[int | str, dict[str, Any]]:
    """An answer that the caller may keep, and what whoever has it already is answered.

    Args:
        answer: the answer as it is described otherwise; empty where its model says everything.
        varies: whether another caller may get another one.
    """
    names = ("Cache-Control", "ETag", *(("Vary",) if varies else ()))
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    described = dict(answer or {200: {}})
    return {
        **described,
        200: {**described[200], "headers": headers},
        304: {
            "description": "The caller has it already: see If-None-Match",
            "content": {},
            "headers": headers,
        },
    }


def either_form() -> dict[int | str, dict[str, Any]]:
    """An assessment in both of its forms."""
    return {
        200: {
            "description": "The assessment: as JSON, or where Accept names it as a FHIR R4 Bundle",
            "content": {"application/fhir+json": {"schema": fhir_schema("Bundle")}},
        }
    }


def body_of(reference: str) -> dict[str, Any]:
    """A body that is described by a schema of the document."""
    content = {"application/json": {"schema": {"$ref": reference}}}
    return {"requestBody": {"required": True, "content": content}}
