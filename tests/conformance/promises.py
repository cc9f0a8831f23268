"""Holds the answers that tests receive against the OpenAPI document: status, media type and schema."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from fastapi import FastAPI
from starlette.routing import BaseRoute

from tests.conformance.exchange import Exchange

KEPT = Path(__file__).parents[2] / "openapi" / "openapi.json"
_DOCUMENT = "urn:document"
# Below these, whatever is not documented is an error in the form that its callers read.
_FRONT_DOORS = (("/api/", "application/problem+json"), ("/cds-services", "application/fhir+json"))
_NO_BODY = frozenset({204, 304})
_WRONG_METHOD = 405
# What stands in the log where a caller went away: nobody reads that answer.
_CALLER_GONE = 499
_SHOWN = 300

Json = Mapping[str, Any]


class Promises:
    """What a document says of answers, each schema compiled when an answer first needs it.

    Args:
        document: an OpenAPI document of version 3.1.
    """

    def __init__(self, document: Json) -> None:
        self._paths: Json = document["paths"]
        self._shared: Json = document.get("components", {}).get("responses", {})
        self._patterns = [(_pattern(path), path) for path in self._paths if "{" in path]
        self._registry = jsonschema_rs.Registry([(_DOCUMENT, dict(document))])
        self._compiled: dict[tuple[str, ...], jsonschema_rs.Draft202012Validator] = {}

    def faults(self, exchange: Exchange) -> Iterator[str]:
        """How an answer breaks what is documented of its operation.

        Args:
            exchange: the call and its answer.
        """
        if exchange.preflight or exchange.status == _CALLER_GONE:
            return
        paths = self._paths_of(exchange.path)
        method = exchange.method.lower()
        path = next((one for one in paths if method in self._paths[one]), None)
        if path is not None:
            yield from self._broken(exchange, path, method)
            return
        media = next((form for door, form in _FRONT_DOORS if exchange.path.startswith(door)), None)
        if not paths and media is None:
            # Pages and the demo are no part of the document.
            return
        if exchange.status < 400:
            yield f"{exchange.status} of what is not documented"
        if paths and exchange.status == _WRONG_METHOD:
            yield from self._wrongly_allowed(exchange, paths)
        if media is not None and _media_type(exchange) != media:
            yield f"an error in {_media_type(exchange)}, not {media}"

    def _wrongly_allowed(self, exchange: Exchange, paths: list[str]) -> Iterator[str]:
        """Allow names what any path of the address takes, and no more."""
        told = exchange.headers.get("allow", "")
        taken = sorted({method.upper() for path in paths for method in self._paths[path]})
        if not told:
            yield "405 comes without Allow"
        elif sorted(one.strip() for one in told.split(",")) != taken:
            yield f"Allow is not {', '.join(taken)}"

    def _paths_of(self, address: str) -> list[str]:
        """Every path of the document that an address belongs to, those without parameters first."""
        plain = [address] if address in self._paths and "{" not in address else []
        return plain + [path for pattern, path in self._patterns if pattern.fullmatch(address)]

    def _broken(self, exchange: Exchange, path: str, method: str) -> Iterator[str]:
        responses = self._paths[path][method]["responses"]
        status = next((one for one in _keys(exchange.status) if one in responses), None)
        if status is None:
            yield f"the status is not documented; the document has {', '.join(responses)}"
            return
        place: tuple[str, ...] = ("paths", path, method, "responses", status)
        if "$ref" in responses[status]:
            place = ("components", "responses", responses[status]["$ref"].rpartition("/")[2])
            answer = self._shared[place[-1]]
        else:
            answer = responses[status]
        content = answer.get("content", {})
        media = _media_type(exchange)
        if exchange.status in _NO_BODY or not content:
            if exchange.answer:
                yield "there is a body where none is documented"
        elif media not in content:
            yield f"the media type {media} is not documented; the document has {', '.join(content)}"
        elif media.endswith("json"):
            yield from self._unlike(exchange.answer, (*place, "content", media))

    def _unlike(self, answer: bytes, place: tuple[str, ...]) -> Iterator[str]:
        try:
            found = orjson.loads(answer)
        except ValueError as unreadable:
            yield f"is no strict JSON: {unreadable}"
            return
        if place not in self._compiled:
            steps = "/".join(_pointer(step) for step in (*place, "schema"))
            schema = {"$ref": f"{_DOCUMENT}#/{steps}"}
            self._compiled[place] = jsonschema_rs.Draft202012Validator(
                schema, registry=self._registry, validate_formats=True
            )
        for error in self._compiled[place].iter_errors(found):
            where = "/".join(str(step) for step in error.instance_path)
            yield f"/{where}: {error.message[:_SHOWN]}"


def promises_of(app: FastAPI) -> Promises:
    """What the document of an application says; made once for all applications of the same routes.

    Args:
        app: the application. One that is put together of some routes of the service has no document of its
            own, and is held to the one that is kept in the repository.
    """
    return _made(_Described(app)) if "openapi" in vars(app) else _kept()


@cache
def _kept() -> Promises:
    return Promises(orjson.loads(KEPT.read_bytes()))


class _Described:
    """An application that equals every other with the same routes and answers.

    Writing the document takes most of a second; comparing the routes, a thousandth of that.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.routes = tuple(_described(app.routes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Described) and other.routes == self.routes

    def __hash__(self) -> int:
        return hash(self.routes)


@lru_cache(maxsize=32)
def _made(described: _Described) -> Promises:
    return Promises(described.app.openapi())


def _described(routes: list[BaseRoute]) -> Iterator[tuple[str, ...]]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _described(inner.routes)
        elif getattr(route, "include_in_schema", False):
            responses = getattr(route, "responses", {})
            yield str(getattr(route, "path", "")), *sorted(str(status) for status in responses)


def _keys(status: int) -> tuple[str, str, str]:
    return str(status), f"{status // 100}XX", "default"


def _media_type(exchange: Exchange) -> str:
    return exchange.headers.get("content-type", "").partition(";")[0].strip().lower()


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", path)))


def _pointer(step: str) -> str:
    """A step of a JSON Pointer as it stands in the fragment of an address."""
    written = step.replace("~", "~0").replace("/", "~1")
    return written.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
