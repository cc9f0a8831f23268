"""A REST caller that holds every answer against the OpenAPI document of the service."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import jsonschema
from fastapi import FastAPI

from tests.cds_hooks.ehr import strict_json
from tests.cds_hooks.record import Json
from tests.contract.document import closed, resolved
from tests.contract.served import talk_to

SCORES = "/api/v1/scores"
ASSESSMENTS = "/api/v1/assessments"
FHIR_JSON = {"content-type": "application/fhir+json"}
PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "pattern": r"^https://\S+$"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "minLength": 1},
        "layer": {"enum": ["fhir-server", "authorization-server"]},
        "instance": {"type": "string", "pattern": "^urn:uuid:[0-9a-f-]{36}$"},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    # RFC 6901: empty for the whole document, else names behind slashes.
                    "pointer": {"type": "string", "pattern": "^(?:/(?:[^~/]|~[01])*)*$"},
                    "code": {"type": "string", "pattern": "^[a-z-]+$"},
                    "message": {"type": "string", "minLength": 1},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


class Caller:
    """Calls the service; what the document does not promise is a failure of the test."""

    def __init__(self, app: FastAPI) -> None:
        self.client = talk_to(app)
        self.document: Mapping[str, Any] = app.openapi()
        self._closed = closed(self.document)
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.call("GET", path, None, headers)

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send JSON, or bytes as they are."""
        return await self.call("POST", path, body, {"content-type": "application/json"} | headers)

    async def call(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        response = await self.client.request(method, path, content=content, headers=dict(headers))
        assert response.status_code < 500, response.text[:300]
        self.check(method, path, response)
        return response

    async def problem(self, path: str, body: Any, status: int, **headers: str) -> Json:
        """The problem document with which a call is refused."""
        response = await self.post(path, body, **headers)
        assert response.status_code == status, response.text[:300]
        found: Json = response.json()
        return found

    def check(self, method: str, path: str, response: httpx.Response) -> None:
        media_type = response.headers["content-type"]
        body = strict_json(response.content)
        if response.status_code >= 400:
            assert media_type == "application/problem+json"
            jsonschema.validate(body, PROBLEM)
            assert body["status"] == response.status_code
        operation = self.operation(method, path)
        if operation is None or response.status_code == 405:
            return
        promised = resolved(self.document, operation["responses"].get(str(response.status_code)))
        assert promised is not None, f"{method} {path} does not document {response.status_code}"
        schema = promised["content"][media_type]["schema"]
        for error in self._validator(schema).iter_errors(body):
            raise AssertionError(f"{method} {path}: {error.json_path}: {error.message[:200]}")

    def operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        """The operation that a path is of, the most literal first."""
        for template in sorted(self.document["paths"], key=lambda name: name.count("{")):
            if re.fullmatch(re.sub(r"\\\{.+?\\\}", "[^/]+", re.escape(template)), path):
                found: Mapping[str, Any] | None = self.document["paths"][template].get(method.lower())
                if found is not None:
                    return found
        return None

    def _validator(self, schema: Mapping[str, Any]) -> jsonschema.Draft202012Validator:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self._closed["components"]}
            self._validators[key] = jsonschema.Draft202012Validator(whole)
        return self._validators[key]


def pointers(problem: Json) -> set[str]:
    return {error["pointer"] for error in problem["errors"]}
