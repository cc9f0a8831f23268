"""Which route an address belongs to, by its template: what stands in an address is nobody's to count."""

import re
from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute
from starlette.types import Scope

OTHER = "other"
_PARAMETER = re.compile(r"\{[^}:]*(?P<path>:path)?[^}]*\}")


def templates_in(routes: Iterable[BaseRoute]) -> Iterator[str]:
    """The templates of routes, and of the routers among them.

    Args:
        routes: those of an application.
    """
    for route in routes:
        # The framework keeps a router that was included as it is, as one route of those around it.
        router = getattr(route, "original_router", None)
        if router is not None:
            yield from templates_in(router.routes)
        elif path := getattr(route, "path", ""):
            yield path


class RouteTemplates:
    """The templates of an application.

    Args:
        templates: such as ``/api/v1/scores/{score}``.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        every = sorted(set(templates))
        self._plain = frozenset(one for one in every if "{" not in one)
        # The longest first: what a parameter of one takes, a word of another may say.
        varying = sorted((one for one in every if "{" in one), key=_words, reverse=True)
        self._varying = tuple((_pattern(one), one) for one in varying)

    def of(self, scope: Scope) -> str:
        """The template of the route that a request is for; ``other`` where there is none."""
        path: str = scope["path"]
        if path in self._plain:
            return path
        return next((template for pattern, template in self._varying if pattern.fullmatch(path)), OTHER)


def _words(template: str) -> int:
    return len(_PARAMETER.sub("", template))


def _pattern(template: str) -> re.Pattern[str]:
    shape, end = "", 0
    for parameter in _PARAMETER.finditer(template):
        shape += re.escape(template[end : parameter.start()])
        shape += ".*" if parameter["path"] else "[^/]+"
        end = parameter.end()
    return re.compile(shape + re.escape(template[end:]), re.DOTALL)
