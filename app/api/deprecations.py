"""Operations that will end: since when they are deprecated, when they end, and what replaces them.

Every answer of such an operation says so, errors too (RFC 9745, RFC 8594). How long they stay is in
docs/rest-callers.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.route_templates import RouteTemplates
from app.document.headers import add_headers
from app.document.parts import Json, operations_of

# It says of each operation what will become of it.
_EXPLAINED = '</openapi.json>; rel="deprecation"; type="application/json"'


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One operation that will end.

    Args:
        since: from when on it is deprecated.
        sunset: when it ends; None where that is not fixed yet.
        successor: the path that replaces it; None where nothing does.

    Raises:
        ValueError: it would end before it is deprecated, or a moment has no time zone.
    """

    since: datetime
    sunset: datetime | None = None
    successor: str | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.since.tzinfo is None or (self.sunset is not None and self.sunset.tzinfo is None):
            raise ValueError("the moments of a deprecation have a time zone")
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("a sunset is not before the deprecation")

    @property
    def fields(self) -> Mapping[str, str]:
        """The same as header fields."""
        found = {"Deprecation": f"@{int(self.since.timestamp())}", "Link": _EXPLAINED}
        if self.successor is not None:
            found["Link"] = f'{_EXPLAINED}, <{self.successor}>; rel="successor-version"'
        if self.sunset is not None:
            found["Sunset"] = format_datetime(self.sunset.astimezone(UTC), usegmt=True)
        return found

    @property
    def text(self) -> str:
        """The same for people."""
        parts = [f"Deprecated since {self.since.date().isoformat()}"]
        if self.sunset is not None:
            parts.append(f"ends on {self.sunset.date().isoformat()}")
        if self.successor is not None:
            parts.append(f"use {self.successor}")
        return f"{'; '.join(parts)}."


# By operationId. Nothing that was released has to end.
DEPRECATIONS: Mapping[str, Deprecation] = {}


class DeprecatedRoutes:
    """Which requests are for an operation that will end.

    Args:
        routes: those of the application.
        deprecations: by operationId.

    Raises:
        ValueError: there is no operation of such a name.
    """

    def __init__(self, routes: Iterable[BaseRoute], deprecations: Mapping[str, Deprecation]) -> None:
        every = list(_operations(routes))
        by_name = {name: (method, template) for name, method, template in every}
        unknown = sorted(deprecations.keys() - by_name.keys())
        if unknown:
            raise ValueError(f"there is no operation {', '.join(unknown)} to be deprecated")
        self._fields = {by_name[name]: one.fields for name, one in deprecations.items()}
        # For each method apart: what one address is for may differ by it.
        self._templates = {
            method: RouteTemplates(template for _, other, template in every if other == method)
            for method, _ in self._fields
        }

    def fields_of(self, scope: Scope) -> Mapping[str, str]:
        """What the answer to a request says of it; nothing where the operation stays."""
        method = scope.get("method", "")
        if scope["type"] != "http" or method not in self._templates:
            return {}
        return self._fields.get((method, self._templates[method].of(scope)), {})


class SayDeprecated:
    """Has every answer of an operation that will end say so.

    Args:
        app: answers.
        routes: tells which operations those are.
    """

    def __init__(self, app: ASGIApp, routes: DeprecatedRoutes) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and add to what leaves."""
        fields = self._routes.fields_of(scope)

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(fields)
            await send(message)

        await self._app(scope, receive, adding if fields else send)


def document_deprecations(document: Json, deprecations: Mapping[str, Deprecation]) -> None:
    """Say it in the document.

    Args:
        document: with the operations and what they share.
        deprecations: by operationId.
    """
    for _, _, operation in operations_of(document):
        found = deprecations.get(operation["operationId"])
        if found is None:
            continue
        operation["deprecated"] = True
        operation["description"] = f"{operation.get('description', '')} {found.text}".strip()
        for status, answer in operation["responses"].items():
            # An answer that operations share cannot say it of one of them.
            shared = answer.get("$ref", "").rpartition("/")[2]
            own = deepcopy(document["components"]["responses"][shared]) if shared else answer
            add_headers(own, found.fields)
            operation["responses"][status] = own


def _operations(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str, str]]:
    """The name, method and template of every operation."""
    for route in routes:
        # The framework keeps a router that was included as it is, as one route of those around it.
        router = getattr(route, "original_router", None)
        if router is not None:
            yield from _operations(router.routes)
        elif name := getattr(route, "operation_id", None):
            for method in getattr(route, "methods", None) or ():
                yield name, method, getattr(route, "path", "")
