"""Two organisations in one deployment, and whoever calls as one of them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import httpx2
import yaml
from fastapi import FastAPI

from app.fhir.server.outside import Outside
from tests.api.patient_server import service
from tests.cds_hooks.hook_request import AN_UNSTABLE_T11, SERVICE, hook_request
from tests.contract.served import talk_to
from tests.production import PRODUCTION
from tests.trust.issuing import Clock, Json, claims, header, jwk, jwks, signed

PUBLIC = PRODUCTION["public_base_url"]
CALL = hook_request(AN_UNSTABLE_T11)
NORTH, SOUTH = "https://ehr.north.example", "https://ehr.south.example"
KEY_OF = {NORTH: "P384", SOUTH: "2048"}
ALGORITHM_OF = {NORTH: "ES384", SOUTH: "RS384"}


@dataclass
class Nobody:
    """A network in which nothing answers; it keeps what was asked for."""

    asked: list[str] = field(default_factory=list)

    def __call__(self, *, allow_private: bool, connections: int) -> httpx2.AsyncBaseTransport:
        assert (connections > 0, allow_private in (True, False)) == (True, True)
        network = self

        class Way(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                network.asked.append(str(request.url))
                raise httpx2.ConnectError("nobody is there")

        return Way()


@dataclass
class Organisations:
    """The file and the keys of two organisations, in a folder of their own."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    network: Nobody = field(default_factory=Nobody)
    number: int = 0

    def __post_init__(self) -> None:
        for iss, kind in KEY_OF.items():
            self.keys(iss).write_bytes(jwks(jwk(kind)))
        self.write(self.entry("north", NORTH), self.entry("south", SOUTH))

    def keys(self, iss: str) -> Path:
        return self.folder / f"{KEY_OF[iss]}.json"

    @property
    def file(self) -> Path:
        return self.folder / "tenants.yaml"

    def entry(self, name: str, iss: str, **choices: Any) -> Json:
        return {
            "name": name,
            "clients": [{"iss": iss, "keys": str(self.keys(iss)), "algorithms": [ALGORITHM_OF[iss]]}],
            "fhir_servers": [{"base": f"{iss}/fhir"}],
            **choices,
        }

    def write(self, *entries: Json) -> None:
        # A new file in the place of the old, as a platform swaps it: its stamp differs.
        fresh = self.folder / "fresh.yaml"
        fresh.write_text(yaml.safe_dump({"tenants": list(entries)}), encoding="utf-8")
        fresh.replace(self.file)

    def app(self, **settings: Any) -> FastAPI:
        # A machine that is busy for a moment must not make a store count as down.
        own = {
            **PRODUCTION,
            "authentication": "service",
            "tenants": self.file,
            "replay": "lenient",
            **settings,
        }
        return service(Outside(self.clock, self.network), **own)

    def bearer(self, iss: str, *, signer: str | None = None, path: str = SERVICE, **changes: Any) -> str:
        signer = signer or iss
        self.number += 1
        parts = (
            header(alg=ALGORITHM_OF[signer], kid=KEY_OF[signer], jku=object()),
            claims(iss=iss, aud=f"{PUBLIC}{path}", jti=f"{self.number}", **changes),
        )
        head = {name: value for name, value in parts[0].items() if name != "jku"}
        return f"Bearer {signed(head, parts[1], KEY_OF[signer], ALGORITHM_OF[signer])}"

    async def call(
        self, app: FastAPI, iss: str | None, body: Json = CALL, *, signer: str | None = None, **headers: str
    ) -> httpx.Response:
        proof = {} if iss is None else {"authorization": self.bearer(iss, signer=signer)}
        async with talk_to(app) as client:
            return await client.post(
                SERVICE,
                content=json.dumps(body).encode(),
                headers={"content-type": "application/json", **proof, **headers},
            )
