"""What the gate before the REST routes has written into a request, and where the request goes."""

from fastapi import Request
from starlette.types import Scope

from app.trust.rest_caller import RestCaller


def caller_of(request: Request) -> RestCaller | None:
    """Who sent a request; None where nobody was asked to prove it."""
    found = request.scope.get("state", {}).get("caller")
    return found if isinstance(found, RestCaller) else None


def path_of(scope: Scope) -> str:
    """The address as the routes are told it: without the part at which the application is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if path == root or path.startswith(f"{root}/") else path
