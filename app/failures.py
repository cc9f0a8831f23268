"""How errors become answers: OperationOutcome where callers read FHIR, problem+json everywhere else."""

import re
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.another_patient import note_another_patient
from app.errors import (
    ContradictionError,
    Issue,
    MethodError,
    NotFoundError,
    ServiceError,
    TooLargeError,
)
from app.fhir.published.capabilities import FHIR_PATH
from app.logs import logger
from cds_hooks import outcome


def answer_errors(app: FastAPI, tenant: str = "") -> None:
    """Have every error of the application answered in the shape that its callers read.

    Args:
        app: the application.
        tenant: whose it is, for the log.
    """

    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> Response:
        note_another_patient(error, tenant)
        return render(request, error)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == MethodError.status:
            headers["allow"] = ", ".join(_methods_at(app, request))
        return render(request, _known(error), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def parameter_error(request: Request, error: RequestValidationError) -> Response:
        # The names are this service's own; what was sent for them is not repeated.
        names = dict.fromkeys(str(fault["loc"][-1]) for fault in error.errors())
        issues = [
            Issue(
                f"/{name}", "invalid", f"The parameter {name} is not valid: /openapi.json says what it takes."
            )
            for name in names
        ]
        message = "A parameter of the request is not valid: see /openapi.json."
        return render(request, ContradictionError(message, issues))


def _methods_at(app: FastAPI, request: Request) -> list[str]:
    """Every method that the address takes: several routes may share it."""
    paths = app.openapi()["paths"]
    path = request.url.path
    found = {"GET"} if path not in paths else set()
    for pattern, operations in paths.items():
        shape = "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", pattern))
        if re.fullmatch(shape, path):
            found |= {method.upper() for method in operations}
    return sorted(found)


class Failures:
    """Answers what nobody caught, inside CORS, so that a browser sees that answer too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and answer what fails."""
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except ClientDisconnect:
            # The caller has gone, or its body came too late: nobody is there to be answered.
            return
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            correlation = str(uuid4())
            logger().error("failed", error=type(error).__name__, correlation=correlation, status=500)
            answer = render(Request(scope), ServiceError(_FAILED), correlation=correlation)
            await answer(scope, receive, send)


_FAILED = "The service failed; its log has more under the id of this answer."


def _known(error: HTTPException) -> ServiceError:
    if error.status_code == MethodError.status:
        return MethodError("This address does not take this method: see Allow.")
    if error.status_code == TooLargeError.status:
        return TooLargeError("The body is too large: send less.")
    return NotFoundError("There is nothing at this address: see /openapi.json.")


def render(
    request: Request,
    error: ServiceError,
    correlation: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer that tells an error.

    Args:
        request: the one that failed; its address says which form its caller reads.
        error: what went wrong.
        correlation: names the entry of the log that has more.
        headers: what the answer says beside those of the error.
    """
    headers = {**error.headers, **(headers or {})}
    # Callers of these read FHIR; every other address is plain REST.
    if request.url.path.startswith("/cds-services") or f"{request.url.path}/".startswith(f"{FHIR_PATH}/"):
        body, media = outcome.operation_outcome(error, correlation), outcome.MEDIA_TYPE
    else:
        body, media = problems.problem(error, correlation), problems.MEDIA_TYPE
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Response(body, error.status, headers=headers, media_type=media)
