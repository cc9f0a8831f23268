"""A service behind the gate, as small as can be, and whoever calls it."""

from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from app.api import problems
from app.api.caller_gate import RestAccess
from app.api.calling import caller_of
from app.errors import ServiceError
from app.fhir.server.outside import Outside
from app.parties import gate_of
from app.settings import Settings
from app.trust.api_keys import new_api_key
from tests.trust.issuing import Clock
from tests.trust.issuing_access_tokens import HERE, JWKS_URI, LOGIN
from tests.trust.key_network import KeyNetwork

KEY, DIGEST = new_api_key("registry-1", lambda size: b"\xfb" * size)
ISSUER: dict[str, Any] = {"iss": LOGIN, "audiences": [HERE], "jwks_uri": JWKS_URI}
API_KEY: dict[str, Any] = {"id": "registry-1", "digest": DIGEST, "scopes": ["cds/feedback"]}


def render(_request: Request, error: ServiceError) -> Response:
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Response(problems.problem(error), error.status, headers, problems.MEDIA_TYPE)


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with who the gate says it is."""
    caller = caller_of(Request(scope))
    text = "nobody" if caller is None else f"{caller.tenant} {caller.kind} {caller.client}"
    await Response(text, media_type="text/plain")(scope, receive, send)


def settings(**chosen: Any) -> Settings:
    own = {"authentication": "service", "access_tokens": (ISSUER,), "api_keys": (API_KEY,)}
    return Settings(**{**own, **chosen})


class Gated:
    """A service whose callers prove who they are."""

    def __init__(self, *organisations: Settings, **chosen: Any) -> None:
        self.clock = Clock()
        self.network = KeyNetwork()
        access = gate_of(organisations or (settings(**chosen),), Outside(self.clock, self.network), render)
        assert access is not None
        self.access: RestAccess = access
        self.gate = access.over(behind)
        self.refused: list[str] = []
        access.on_refused = self.refused.append
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.gate), base_url="https://cds.example.com"
        )

    async def get(
        self, path: str, *authorization: str, method: str = "GET", **headers: str
    ) -> httpx.Response:
        sent = [("authorization", one) for one in authorization]
        sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
        return await self.client.request(method, path, headers=sent)


def fields(response: httpx.Response) -> Mapping[str, str]:
    """What an answer says of the limit."""
    names = ("ratelimit-policy", "ratelimit", "retry-after")
    return {name: response.headers[name] for name in names if name in response.headers}
