"""The gate before the REST routes: who calls, how much it may ask, and what it may do."""

from collections.abc import Callable, Mapping

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.caller_limits import CallerLimits, TooManyRequestsError
from app.api.caller_scopes import InsufficientScopeError, check_scope, is_guarded
from app.api.calling import path_of
from app.errors import ServiceError
from app.logs import logger
from app.trust.credentials import Credentials
from app.trust.refusal import UnknownCallerError
from app.trust.rest_caller import RestCaller

Render = Callable[[Request, ServiceError], Response]


class RestGate:
    """Lets through to the REST routes whom it knows; every other address is none of its business.

    Requests that prove nothing are not counted here: who sends them is not known, and only what stands in
    front of the service can tell one such sender from another.

    Args:
        app: what is behind it.
        credentials: tells who calls.
        limits: counts.
        render: writes an error as every route does.
        on_refused: is told why each request was refused.
    """

    def __init__(
        self,
        app: ASGIApp,
        credentials: Credentials,
        limits: CallerLimits,
        render: Render,
        on_refused: Callable[[str], None],
    ) -> None:
        self._app = app
        self._credentials = credentials
        self._limits = limits
        self._render = render
        self._on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http" or not is_guarded(path_of(scope)):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if _is_preflight(request):
            await self._app(scope, receive, send)
            return
        fields: dict[str, str] = {}
        try:
            caller = await self._known(request, fields)
        except ServiceError as error:
            answer: ASGIApp = self._render(request, error)
        else:
            scope.setdefault("state", {})["caller"] = caller
            answer = self._app
        await answer(scope, receive, _adding(fields, send) if fields else send)

    async def _known(self, request: Request, fields: dict[str, str]) -> RestCaller:
        """Who sent a request that it may send.

        Args:
            request: the request, of whose body nothing was read.
            fields: the header fields for the answer are put here.

        Raises:
            UnknownCallerError: nobody knows.
            TooManyRequestsError: it has sent too many.
            InsufficientScopeError: it may not do this.
        """
        caller: RestCaller | None = None
        try:
            caller = await self._credentials.caller(
                request.headers.getlist("authorization"), request.headers.getlist("x-api-key")
            )
            standing = self._limits.take(caller)
            if standing is not None:
                fields.update(standing.fields)
            check_scope(caller, path_of(request.scope))
        except UnknownCallerError as error:
            self._refused(error, error.reason.value)
            raise
        except TooManyRequestsError as error:
            self._refused(error, "throttled", caller)
            raise
        except InsufficientScopeError as error:
            self._refused(error, "insufficient_scope", caller)
            raise
        return caller

    def _refused(self, error: ServiceError, reason: str, caller: RestCaller | None = None) -> None:
        # The id of an API key is the operator's own word; what a token calls its client is another's.
        key = caller.client if caller is not None and caller.kind == "api-key" else None
        tenant = caller.tenant if caller is not None else None
        logger().warning("caller_refused", status=error.status, reason=reason, tenant=tenant, caller=key)
        self._on_refused(reason)


def _is_preflight(request: Request) -> bool:
    # A browser sends no credential with it, and it does nothing.
    return request.method == "OPTIONS" and {"origin", "access-control-request-method"} <= {*request.headers}


def _adding(fields: Mapping[str, str], send: Send) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(fields)
        await send(message)

    return adding
