"""What an operator chooses for one organisation: in the environment, or in its entry of the tenants file."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import NoDecode

from app.settings.parties import AccessTokenIssuer, ApiKey, CdsClient, FhirServer

_RATE = re.compile(r"[1-9][0-9]{0,8}/(?:[1-9][0-9]{0,4} ?)?(?:second|minute|hour|day)s?")


class Choices(BaseModel):
    """What can differ from one organisation to the next.

    Args:
        clients: the CDS clients that may call; where there are any, every call must carry a JWT of one.
        access_tokens: the authorization servers whose access tokens are taken on the REST routes.
        api_keys: the keys of REST callers in a closed network.
        rate_limit: how much one REST caller may ask, such as ``600/minute``; see ``Settings.limit``.
        replay: what follows where nobody can tell whether a JWT was used before: ``strict``, the call is
            refused as one to be sent again, or ``lenient``, it is taken.
        fhir_servers: the FHIR servers that may be asked for what a call does not bring.
        fetch_deadline: seconds after which fetching ends, whatever is missing.
        fetch_target: seconds after which nothing is tried a second time.
        cors_origins: browser origins that are answered.
        client_profile: what kind of client the EHR is.
        client_suggestions: whether cards offer suggestions; as the client profile says where left out.
        shadow: evaluates and records, and shows nothing.
        quiet_days: days for which a card that was overridden is not shown again, unless it got worse.
        ballot: parts of the CDS Hooks 3.0 ballot that are switched on.
        policy: local policy choices by key, for instance ``{"SINS-E1": "worst"}``.
        windows: time windows in days by name, as ``fresh/ageing``, for instance ``{"pain": "7/14"}``.
        knowledge_digest: the digest that the knowledge must have under them; another one stops the start.
        audit_failure: what follows where no record of a decision can be kept: ``closed``, the answer is
            withheld, or ``open``, it is given.
    """

    clients: tuple[CdsClient, ...] = ()
    access_tokens: tuple[AccessTokenIssuer, ...] = ()
    api_keys: tuple[ApiKey, ...] = ()
    rate_limit: str | None = None
    replay: Literal["strict", "lenient"] = "strict"
    fhir_servers: tuple[FhirServer, ...] = ()
    fetch_deadline: Annotated[float, Field(ge=0.1, le=10)] = 3.0
    fetch_target: Annotated[float, Field(ge=0.05, le=10)] = 0.45
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    client_profile: Literal["generic", "epic", "cerner", "sandbox"] = "generic"
    client_suggestions: bool | None = None
    shadow: bool = False
    quiet_days: Annotated[int, Field(ge=0, le=365)] = 0
    ballot: Annotated[tuple[Literal["discovery-version", "action-selection"], ...], NoDecode] = ()
    policy: dict[str, str] = Field(default_factory=dict)
    windows: dict[str, str] = Field(default_factory=dict)
    knowledge_digest: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    audit_failure: Literal["closed", "open"] = "closed"

    @field_validator("rate_limit")
    @classmethod
    def _check_rate(cls, value: str | None) -> str | None:
        if value is not None and not _RATE.fullmatch(value):
            raise ValueError("must be a number of requests and a time, for instance 600/minute")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            allowed = parts.scheme == "https" or (
                parts.scheme == "http" and is_loopback(parts.hostname or "")
            )
            if "*" in origin or not allowed or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin:
                raise ValueError(
                    "must be origins such as https://ehr.example.org, without path, wildcard or slash"
                )
        return value


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
