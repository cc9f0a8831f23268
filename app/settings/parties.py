"""Others that the service deals with, as the operator names them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator


class FhirServer(BaseModel):
    """One FHIR server that the service may ask; no other is ever contacted.

    Args:
        base: its address, as the EHR names it in ``fhirServer``.
        aliases: other addresses by which its resources name it; they are never asked.
        allow_private: whether its name may stand for an address of a private network.
        without: data needs of which it holds nothing at all; they count as not there, and are not asked.
        search: how searches are put to it: ``get``, ``post``, ``batch``, or ``as-stated`` by its
            CapabilityStatement.
        client_id: this service's name at the authorization server, for ``/patient-assessments``.
        token_url: that server's token endpoint.
        keys: files of the private keys that this service signs with, the first one in use first.
        scope: what is asked for there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Annotated[str, Field(min_length=1, max_length=2048)]
    aliases: tuple[str, ...] = ()
    allow_private: bool = False
    without: tuple[Literal["procedures", "medications", "bodyStructures", "questionnaireResponses"], ...] = ()
    search: Literal["get", "post", "batch", "as-stated"] = "get"
    client_id: Annotated[str | None, Field(min_length=1)] = None
    token_url: Annotated[str | None, Field(min_length=1)] = None
    keys: tuple[Path, ...] = ()
    scope: Annotated[str, Field(min_length=1)] = "system/*.rs"

    @model_validator(mode="after")
    def _check_backend(self) -> "FhirServer":
        given = [self.client_id is not None, self.token_url is not None, bool(self.keys)]
        if any(given) and not all(given):
            raise ValueError("client_id, token_url and keys belong together: set all three or none")
        return self


class CdsClient(BaseModel):
    """One CDS client that may call; where any is named, no other may.

    Args:
        iss: the ``iss`` of its tokens.
        keys: a file with its JWK Set, where the keys were exchanged; nothing is fetched then.
        jku: the addresses that its JWK Set may be fetched from.
        audiences: what ``aud`` may be beside the address that is called.
        subject: what ``sub`` must be; anything where left out.
        tenant_claim: what ``tenant`` must be, where customers of one vendor share an ``iss``.
        algorithms: what its tokens may be signed with.
        max_lifetime_seconds: from ``iat`` to ``exp``.
        replay: what follows where a token comes a second time: ``enforce``, the call is refused, or
            ``observe``, it is taken, logged and counted, for a client that sends a token more than once.
        allow_private: whether the names of its key addresses may stand for addresses of a private network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    iss: Annotated[str, Field(min_length=1, max_length=2048)]
    keys: Path | None = None
    jku: tuple[Annotated[str, Field(min_length=1, max_length=2048)], ...] = ()
    audiences: tuple[Annotated[str, Field(min_length=1, max_length=2048)], ...] = ()
    subject: Annotated[str | None, Field(min_length=1)] = None
    tenant_claim: Annotated[str | None, Field(min_length=1)] = None
    algorithms: tuple[str, ...] = ("RS384", "ES384")
    max_lifetime_seconds: int = 3600
    replay: Literal["enforce", "observe"] = "enforce"
    allow_private: bool = False


class AccessTokenIssuer(BaseModel):
    """One authorization server whose access tokens are taken on the REST routes (RFC 9068).

    Args:
        iss: the ``iss`` of its tokens.
        audiences: what ``aud`` has to name one of.
        keys: a file with its JWK Set, where the keys were exchanged; nothing is fetched then.
        jwks_uri: the address that its JWK Set is fetched from.
        client_ids: the clients that may call; every client of the server where left out.
        algorithms: what its tokens may be signed with.
        max_lifetime_seconds: from ``iat`` to ``exp``.
        allow_private: whether the name of its key address may stand for an address of a private network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    iss: Annotated[str, Field(min_length=1, max_length=2048)]
    audiences: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=2048)], ...], Field(min_length=1)
    ]
    keys: Path | None = None
    jwks_uri: Annotated[str | None, Field(min_length=1, max_length=2048)] = None
    client_ids: tuple[Annotated[str, Field(min_length=1, max_length=256)], ...] = ()
    algorithms: tuple[str, ...] = ("RS256", "RS384", "ES256", "ES384")
    max_lifetime_seconds: int = 3600
    allow_private: bool = False


class ApiKey(BaseModel):
    """One key of a REST caller in a closed network; ``spine-mets api-key`` makes it.

    Args:
        id: what the key is called, in logs too.
        digest: SHA-256 of the whole key, in hexadecimal digits; the key itself is kept nowhere here.
        scopes: what it opens.
        expires: when it ends; never where left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{8,32}$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: tuple[Literal["cds/evaluate", "cds/feedback"], ...] = ("cds/evaluate",)
    expires: AwareDatetime | None = None
