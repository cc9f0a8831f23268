"""What a REST caller may do: which scope each part of the REST routes takes."""

from app.errors import ServiceError
from app.trust.rest_caller import RestCaller

GUARDED = "/api/v1"
EVALUATE = "cds/evaluate"
FEEDBACK = "cds/feedback"
# The address, with everything below it, and the scope; the first that fits counts.
_SCOPES: tuple[tuple[str, str], ...] = (
    (f"{GUARDED}/feedback", FEEDBACK),
    (GUARDED, EVALUATE),
)


class InsufficientScopeError(ServiceError):
    """The caller is known, and may not do this.

    Args:
        scope: what would allow it.
    """

    status = 403
    code = "forbidden"
    title = "The caller may not do this"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The caller may not do this: ask for the scope {scope}.")
        self.headers = {"www-authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}


def is_guarded(path: str) -> bool:
    """Whether the address is one of the REST routes, or might be."""
    return _is_below(GUARDED, path)


def check_scope(caller: RestCaller, path: str) -> None:
    """Refuse a caller whose credential does not open the address.

    Raises:
        InsufficientScopeError: it does not.
    """
    scope = next(scope for prefix, scope in _SCOPES if _is_below(prefix, path))
    if scope not in caller.scopes:
        raise InsufficientScopeError(scope)


def _is_below(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
