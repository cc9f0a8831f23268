"""A FHIR server and its authorization server as functions, and the service set up to ask them."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import httpx2
import jsonschema
import jwt
import pytest
from fastapi import FastAPI

from app.fhir.server.outside import Outside
from app.main import create_app
from app.settings import Settings
from tests.api.caller import PROBLEM
from tests.cds_hooks.record import NOW, PATIENT_ID, Json, patient, searchset
from tests.contract.served import talk_to
from tests.fhir.backend_parts import ELLIPTIC, Clock, Private, pem

PATIENT_ASSESSMENTS = "/api/v1/patient-assessments"
HOST = "https://ehr.example.org"
BASE_URL = f"{HOST}/fhir"
TOKEN_URL = "https://login.example.org/token"  # noqa: S105  an address, no password
OPEN_BASE = "http://127.0.0.1:8090/fhir"
CLIENT = "spine-mets-client"
TOKEN = "Canary-token"  # noqa: S105  a token of no server
ASKED: Json = {"patient": PATIENT_ID}
LAYERED: Json = {
    **PROBLEM,
    "required": [*PROBLEM["required"], "layer"],
    "properties": {
        **PROBLEM["properties"],
        "layer": {"enum": ["fhir-server", "authorization-server"]},
    },
}
Reply = httpx2.Response | Exception | Callable[[httpx2.Request], Awaitable[httpx2.Response]]


class Hospital:
    """Answers what the service asks of either server, and keeps every request.

    Args:
        resources: the record.
        lifetime: how many seconds a token is said to last.
    """

    def __init__(self, resources: Iterable[Json] = (), *, lifetime: int = 3600) -> None:
        self.resources = [patient(), *resources]
        self.lifetime = lifetime
        self.requests: list[httpx2.Request] = []
        self.token_forms: list[dict[str, str]] = []
        # What is answered in place of the record, by resource type, and in place of a token.
        self.instead: dict[str, Reply] = {}
        self.instead_of_token: Reply | None = None
        self.scope: str | None = None
        self.accepted: set[str] | None = None

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        given = await self._answer(request)

        async def body() -> AsyncIterator[bytes]:
            yield given.content

        # A body that was never read, as one from the network is.
        return httpx2.Response(given.status_code, headers=given.headers, content=body())

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if str(request.url) == TOKEN_URL:
            return await self._token(request)
        self.requests.append(request)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.accepted is not None and given not in self.accepted:
            return httpx2.Response(401)
        kind, _, name = request.url.path.removeprefix("/fhir/").partition("/")
        if kind in self.instead:
            return await _given(self.instead[kind], request)
        held = [one for one in self.resources if one["resourceType"] == kind]
        if not name:
            return fhir(searchset(held))
        return next((fhir(one) for one in held if one["id"] == name), httpx2.Response(404))

    async def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        self.token_forms.append(form)
        if self.instead_of_token is not None:
            return await _given(self.instead_of_token, request)
        given = {
            "access_token": f"{TOKEN}-{len(self.token_forms)}",
            "token_type": "bearer",
            "expires_in": self.lifetime,
        }
        return httpx2.Response(200, json=given | ({"scope": self.scope} if self.scope else {}))

    def assertion(self, place: int = -1) -> tuple[Json, Json]:
        """The header and the claims of an assertion, unverified."""
        sent = self.token_forms[place]["client_assertion"]
        claims: Json = jwt.decode(sent, options={"verify_signature": False})
        return jwt.get_unverified_header(sent), claims

    @property
    def bearers(self) -> set[str]:
        return {one.headers.get("authorization", "") for one in self.requests}


async def _given(reply: Reply, request: httpx2.Request) -> httpx2.Response:
    if isinstance(reply, Exception):
        raise reply
    return reply if isinstance(reply, httpx2.Response) else await reply(request)


async def never(_request: httpx2.Request) -> httpx2.Response:
    await asyncio.Event().wait()
    raise AssertionError("nobody opens it")


def fhir(resource: Json, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, json=resource, headers={"content-type": "application/fhir+json"})


def key_file(folder: Path, key: Private = ELLIPTIC, name: str = "signing.pem") -> Path:
    path = folder / name
    path.write_bytes(pem(key))
    return path


def outside(hospital: Hospital, clock: Callable[[], datetime]) -> Outside:
    drawn = iter(range(1_000_000))
    return Outside(
        clock,
        lambda **_pool: httpx2.MockTransport(hospital.answer),
        lambda length: hashlib.sha256(str(next(drawn)).encode()).digest()[:length],
    )


def entry(key: Path, **members: Any) -> Json:
    return {"base": BASE_URL, "client_id": CLIENT, "token_url": TOKEN_URL, "keys": [str(key)], **members}


def service(beyond: Outside | None, **settings: Any) -> FastAPI:
    """The service under these settings and no others, whatever the environment holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SPINE_METS_")]:
            patch.delenv(name)
        app = create_app(Settings(**{"database": "sqlite://", **settings}), lambda: NOW, beyond)
    app.state.ballot = ()
    return app


class Doctor:
    """Asks the service for patients of a hospital.

    Args:
        hospital: what lies beyond the service.
        key: the file of its key; None for a hospital that is open to all.
        settings: of the service.
    """

    def __init__(self, hospital: Hospital, key: Path | None, **settings: Any) -> None:
        self.hospital = hospital
        self.clock = Clock()
        members = settings.pop("members", {})
        servers: Json = {"demo_fhir_servers": (OPEN_BASE,)} if key is None else {}
        if key is not None:
            servers = {"fhir_servers": (entry(key, **members),)}
        self.app = service(outside(hospital, self.clock), **servers, **settings)
        self.client = talk_to(self.app)

    async def ask(self, body: Any = ASKED, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json", **headers}
        return await self.client.post(PATIENT_ASSESSMENTS, content=content, headers=sent)

    async def assessed(self) -> Json:
        response = await self.ask()
        assert response.status_code == 200, response.text[:300]
        found: Json = response.json()
        return found

    async def failed(self, status: int, layer: str) -> Json:
        """The problem document that lays a failure at one of the servers."""
        response = await self.ask()
        assert response.status_code == status, response.text[:300]
        found: Json = response.json()
        jsonschema.validate(found, LAYERED)
        assert response.headers["content-type"] == "application/problem+json"
        promised = self.app.openapi()["paths"][PATIENT_ASSESSMENTS]["post"]["responses"]
        assert str(status) in promised
        assert found["layer"] == layer
        for secret in (PATIENT_ID, "example.org", TOKEN, CLIENT, "127.0.0.1"):
            assert secret not in response.text
        return found
