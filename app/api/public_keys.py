"""The public keys of this service, where an authorization server fetches them (RFC 7517, RFC 8615)."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

PATH = "/.well-known/jwks.json"


class PublicKey(BaseModel):
    """The public half of one key (RFC 7517), with the members of its kind."""

    model_config = ConfigDict(extra="forbid")

    kty: Literal["EC", "RSA"]
    kid: str
    alg: Literal["ES384", "RS384"]
    use: Literal["sig"]
    crv: str | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None


class PublicKeys(BaseModel):
    """A JWK Set."""

    model_config = ConfigDict(extra="forbid")

    keys: list[PublicKey]


def public_key_routes(keys: Callable[[], bytes]) -> APIRouter:
    """The route of the public keys.

    Args:
        keys: the JWK Set as it is now, in JSON.
    """
    routes = APIRouter(tags=["Keys"])

    @routes.get(
        PATH,
        operation_id="getPublicKeys",
        summary="The public keys that this service proves itself with at authorization servers",
        response_model=PublicKeys,
    )
    async def get_public_keys() -> Response:
        headers = {"cache-control": "max-age=300"}
        return Response(keys(), media_type="application/json", headers=headers)

    return routes
