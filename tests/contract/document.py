"""The OpenAPI document as its readers see it: what it refers to, looked up."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]


def resolved(document: Document, node: Any) -> Any:
    """What a part of the document is, where it may be a reference to one of its components."""
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        found: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def operations_of(document: Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every operation with its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def body_schema(document: Document, path: str, media_type: str = "application/json") -> Mapping[str, Any]:
    """The schema of the body that an address takes."""
    body = resolved(document, document["paths"][path]["post"]["requestBody"])
    found: Mapping[str, Any] = resolved(document, body["content"][media_type]["schema"])
    return found


def response_of(document: Document, path: str, method: str, status: int | str) -> Mapping[str, Any]:
    """An answer that an operation promises."""
    promised = document["paths"][path][method]["responses"][str(status)]
    found: Mapping[str, Any] = resolved(document, promised)
    return found


def closed(document: Document) -> Document:
    """The same, with no member taken in an answer that is not documented.

    Callers have to bear members that a later version adds; this version adds none without a word.
    """
    found: dict[str, Any] = copy.deepcopy(dict(document))
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return found
