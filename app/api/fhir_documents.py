"""The published FHIR definitions over REST: read by id, searched by url or id, and what is served."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from app.api.documented import kept
from app.conditional import EACH_TIME, Kept
from app.errors import EnvelopeError, Issue, NotFoundError
from app.fhir.proposals import Json
from app.fhir.published.capabilities import FHIR_PATH, SEARCHED_BY
from app.fhir.published.documents import PUBLISHED_TYPES
from app.fhir.published.fhir_schemas import fhir_schema

MEDIA_TYPE = "application/fhir+json"
_METADATA = "CapabilityStatement"
_encode = msgspec.json.Encoder().encode


class _Document:
    """One definition as it is sent: encoded once, with the mark by which a caller knows it again."""

    __slots__ = ("entry", "identity", "kept", "url")

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.identity: str = document["id"]
        self.url: str = document["url"]
        content = _encode(document)
        self.kept = Kept(content, MEDIA_TYPE, {"Cache-Control": EACH_TIME}, weak=True)
        self.entry = msgspec.Raw(
            _encode(
                {
                    "fullUrl": self.url,
                    "resource": msgspec.Raw(content),
                    "search": {"mode": "match"},
                }
            )
        )


def fhir_document_routes(documents: Callable[[], Mapping[str, Json]]) -> APIRouter:
    """The routes under ``/fhir``; all answer in threads, since the first of them builds every definition.

    Args:
        documents: the definitions by type and id; one of them is the CapabilityStatement.
    """
    routes = APIRouter(prefix=FHIR_PATH, tags=["FHIR"])

    @cache
    def by_type() -> Mapping[str, Mapping[str, _Document]]:
        found: dict[str, dict[str, _Document]] = defaultdict(dict)
        for document in documents().values():
            found[document["resourceType"]][document["id"]] = _Document(document)
        return found

    kind = Path(description="A resource type", json_schema_extra={"enum": list(PUBLISHED_TYPES)})
    name = Path(description="The id of a definition")

    @routes.get(
        "/metadata",
        operation_id="getCapabilityStatement",
        summary="What these FHIR addresses do",
        response_class=Response,
        responses=kept(_answer("The CapabilityStatement", _METADATA), varies=False),
    )
    def get_metadata(request: Request) -> Response:
        (metadata,) = by_type()[_METADATA].values()
        return metadata.kept.answer(request)

    @routes.get(
        "/{resource_type}",
        operation_id="searchFhirDefinitions",
        summary="The definitions of one type",
        response_class=Response,
        responses={**_answer("A searchset of what matches, possibly nothing", "Bundle"), **_faults(400, 404)},
    )
    def search(
        request: Request,
        resource_type: Annotated[str, kind],
        _url: Annotated[str | None, Query(alias="url", description="The canonical address")] = None,
        _id: Annotated[str | None, Query(alias="_id", description="The id of a definition")] = None,
    ) -> Response:
        asked = request.query_params.multi_items()
        return _found(resource_type, _of_type(by_type(), resource_type).values(), asked)

    @routes.get(
        "/{resource_type}/{identity}",
        operation_id="getFhirDefinition",
        summary="One definition",
        response_class=Response,
        responses={**kept(_answer("The definition", "Resource"), varies=False), **_faults(404)},
    )
    def read(
        request: Request, resource_type: Annotated[str, kind], identity: Annotated[str, name]
    ) -> Response:
        found = _of_type(by_type(), resource_type).get(identity)
        if found is None:
            raise NotFoundError("There is no definition of this id: search its type without parameters.")
        return found.kept.answer(request)

    return routes


def _of_type(by_type: Mapping[str, Mapping[str, _Document]], of_type: str) -> Mapping[str, _Document]:
    if of_type not in by_type:
        raise NotFoundError(f"Definitions of this type are not served; the types are {', '.join(by_type)}.")
    return by_type[of_type]


def _found(of_type: str, listed: Iterable[_Document], asked: Iterable[tuple[str, str]]) -> Response:
    """The searchset of those that every parameter matches; commas part alternatives, as in every search."""
    matching = list(listed)
    applied = []
    for name, value in asked:
        if name not in SEARCHED_BY:
            message = f"A parameter is not taken here: the parameters are {' and '.join(SEARCHED_BY)}."
            raise EnvelopeError(message, [Issue("", "not-supported", message)])
        wanted = value.split(",")
        matching = [one for one in matching if (one.url if name == "url" else one.identity) in wanted]
        applied.append((name, value))
    query = f"?{urlencode(applied)}" if applied else ""
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(matching),
        "link": [{"relation": "self", "url": f"{of_type}{query}"}],
    }
    if matching:
        bundle["entry"] = [one.entry for one in matching]
    return Response(_encode(bundle), media_type=MEDIA_TYPE)


# -- as the document describes it -----------------------------------------------------------------------

_FAULTS = {
    400: "A parameter is not taken",
    404: "There is nothing of that name",
}


def _answer(description: str, kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": _content(kind)}}


def _faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"description": _FAULTS[status], "content": _content("OperationOutcome")}
        for status in statuses
    }


def _content(kind: str) -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": fhir_schema(kind)}}
