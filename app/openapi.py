"""The OpenAPI document as an application serves it: written when it is first asked for, and then kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from app.api.deprecations import DEPRECATIONS, Deprecation


def install(
    app: FastAPI,
    inputs: Iterable[type[BaseModel]],
    deprecations: Mapping[str, Deprecation] = DEPRECATIONS,
) -> None:
    """Make the application serve and export its own document.

    Args:
        app: the application, with all of its routes.
        inputs: the bodies that are read by hand.
        deprecations: the operations that will end, by operationId.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            # What writes and what it quotes examples from answers no other call.
            from app.openapi_document import document_of  # noqa: PLC0415  as said above

            app.openapi_schema = document_of(app, inputs, deprecations)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own documented way
