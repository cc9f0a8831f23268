"""The demo's routes: its pages with their own assets, and the invented patients they show."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from types import MappingProxyType

from fastapi import APIRouter, Response

from app.errors import NotFoundError
from app.web.demo import CANONICAL_BASE, DemoPatients, Json

_MEDIA_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# Scripts and styles come from files of this service only, and no text can become markup.
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
)
# Swagger UI gives the browser the HTML that it has cleaned itself, and draws its signs from data: addresses.
_OPERATIONS_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        **HEADERS,
        "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    }
)


def router(as_of: Callable[[], datetime], canonical_base: str = CANONICAL_BASE) -> APIRouter:
    """The routes of the demo.

    Args:
        as_of: the moment that the service takes as now.
        canonical_base: the base of the service's own code systems.
    """
    patients = DemoPatients(canonical_base)
    assets = _assets(files("app.web").joinpath("static"))
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def page() -> Response:
        return _asset(assets, "index.html")

    @routes.get("/docs")
    async def operations() -> Response:
        return _asset(assets, "docs.html", _OPERATIONS_HEADERS)

    @routes.get("/static/{path:path}")
    async def asset(path: str) -> Response:
        return _asset(assets, path)

    @routes.get("/demo/patients")
    async def index() -> Response:
        return _json(patients.index(as_of()))

    @routes.get("/demo/patients/{patient_id}")
    async def bundle(patient_id: str) -> Response:
        return _json(patients.find(patient_id).bundle(as_of()), "application/fhir+json")

    @routes.get("/demo/patients/{patient_id}/hook-request")
    async def hook_request(patient_id: str) -> Response:
        return _json(patients.find(patient_id).hook_request(as_of()))

    return routes


def _assets(folder: Traversable, prefix: str = "") -> Mapping[str, bytes]:
    """Every file of the page by its path, read once: nothing else can be asked for."""
    found: dict[str, bytes] = {}
    for child in folder.iterdir():
        path = f"{prefix}{child.name}"
        if child.is_dir():
            found |= _assets(child, f"{path}/")
        elif PurePosixPath(path).suffix in _MEDIA_TYPES:
            found[path] = child.read_bytes()
    return found


def _asset(assets: Mapping[str, bytes], path: str, headers: Mapping[str, str] = HEADERS) -> Response:
    if path not in assets:
        raise NotFoundError("There is no such file in the demo.")
    media_type = _MEDIA_TYPES[PurePosixPath(path).suffix]
    return Response(assets[path], media_type=media_type, headers=dict(headers))


def _json(content: Json, media_type: str = "application/json") -> Response:
    text = json.dumps(content, ensure_ascii=False)
    return Response(text, media_type=media_type, headers={"Cache-Control": "no-store"})
