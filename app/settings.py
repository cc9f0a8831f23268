"""Settings from the environment, read once at start; a bad value stops the start with its name."""

import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_PRINTABLE = re.compile(r"[!-~]{1,2048}")


class Profile(StrEnum):
    """How the service runs."""

    DEMO = "demo"
    SERVICE = "service"


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
    allow_private: bool = False


class Settings(BaseSettings):
    """Everything that can be set, each by ``SPINE_METS_`` and its name in capitals.

    Args:
        canonical_base: the base of this service's own code systems and Questionnaires.
        code_map: a FHIR ConceptMap in JSON that maps a site's codes onto this service's.
        authentication: ``gateway`` says that something in front authenticates every caller.
        as_of: a fixed clock for the demo.
        policy: local policy choices by key, for instance ``{"SINS-E1": "worst"}``.
        windows: time windows in days by name, as ``fresh/ageing``, for instance ``{"pain": "7/14"}``.
        developer: who answers for the rules, as the source attributes of a service name it.
        funding: who paid for putting them to work, as the same attributes name it.
        public_base_url: where browsers reach this service; cards carry links only where it is set.
        client_profile: what kind of client the EHR is.
        client_suggestions: whether cards offer suggestions; as the client profile says where left out.
        shadow: evaluates and records, and shows nothing.
        quiet_days: days for which a card that was overridden is not shown again, unless it got worse.
        database: an SQLAlchemy address of SQLite or PostgreSQL; see ``database_url``.
        pseudonym_key: the secret that patients' pseudonyms are made with.
        smallest_cell: counts of feedback below it are not told.
        ballot: parts of the CDS Hooks 3.0 ballot that are switched on.
        fhir_servers: the FHIR servers that may be asked for what a call does not bring.
        demo_fhir_servers: open ones on this machine, for the demo.
        clients: the CDS clients that may call; where there are any, every call must carry a JWT of one.
        replay: what follows where nobody can tell whether a JWT was used before: ``strict``, the call is
            refused as one to be sent again, or ``lenient``, it is taken.
        fetch_deadline: seconds after which fetching ends, whatever is missing.
        fetch_target: seconds after which nothing is tried a second time.
        head_deadline: seconds in which a request line and its headers have to come.
        body_deadline: seconds in which the body has to come after them.
        max_connections: connections held open at once by one process.
        drain_seconds: seconds between the signal to stop and the end of accepting; see ``drain``.
    """

    model_config = SettingsConfigDict(env_prefix="SPINE_METS_", frozen=True, extra="ignore")

    profile: Profile = Profile.DEMO
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    authentication: Literal["none", "gateway"] = "none"
    canonical_base: str = "https://fhir.spine-mets-cds.org"
    code_map: Path | None = None
    as_of: AwareDatetime | None = None
    demo_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    policy: dict[str, str] = Field(default_factory=dict)
    windows: dict[str, str] = Field(default_factory=dict)
    developer: Annotated[str, Field(min_length=1)] = "the organisation that operates this service"
    funding: Annotated[str, Field(min_length=1)] = "none declared"
    public_base_url: str | None = None
    client_profile: Literal["generic", "epic", "cerner", "sandbox"] = "generic"
    client_suggestions: bool | None = None
    shadow: bool = False
    quiet_days: Annotated[int, Field(ge=0, le=365)] = 0
    database: Annotated[str | None, Field(min_length=1)] = None
    pseudonym_key: SecretStr | None = None
    smallest_cell: Annotated[int, Field(ge=1, le=1000)] = 11
    ballot: Annotated[tuple[Literal["discovery-version", "action-selection"], ...], NoDecode] = ()
    fhir_servers: tuple[FhirServer, ...] = ()
    demo_fhir_servers: Annotated[tuple[str, ...], NoDecode] = ()
    clients: tuple[CdsClient, ...] = ()
    replay: Literal["strict", "lenient"] = "strict"
    fetch_deadline: Annotated[float, Field(ge=0.1, le=10)] = 3.0
    fetch_target: Annotated[float, Field(ge=0.05, le=10)] = 0.45
    max_hook_bytes: Annotated[int, Field(ge=1024, le=20_000_000)] = 5_000_000
    max_bundle_bytes: Annotated[int, Field(ge=1024, le=100_000_000)] = 20_000_000

    head_deadline: Annotated[float, Field(ge=0.1, le=120)] = 10.0
    body_deadline: Annotated[float, Field(ge=0.1, le=600)] = 15.0
    max_connections: Annotated[int, Field(ge=16, le=100_000)] = 1_000
    drain_seconds: Annotated[float | None, Field(ge=0, le=60)] = None

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in ("demo_cors_origins", "demo_fhir_servers", "ballot"):
            listed = values.get(name)
            if isinstance(listed, str):
                split = tuple(part.strip() for part in listed.split(",") if part.strip())
                values = {**values, name: split}
        return values

    @property
    def database_url(self) -> str:
        """Where feedback is kept: as set, else in memory for the demo, else in a file beside the process."""
        if self.database is not None:
            return self.database
        return "sqlite://" if self.profile is Profile.DEMO else "sqlite:///spine-mets.db"

    @property
    def drain(self) -> float:
        """Seconds for which it goes on after the signal to stop: as set, else 5, and none in the demo."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return 0.0 if self.profile is Profile.DEMO else 5.0

    @field_validator("public_base_url")
    @classmethod
    def _check_public_base(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not (parts.hostname and (parts.scheme == "https" or plain)) or (
            parts.query or parts.fragment or parts.username is not None or not _PRINTABLE.fullmatch(value)
        ):
            raise ValueError(
                "must be an https address without user, query or fragment, for instance "
                "https://cds.example.org; http is for this machine only"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> "Settings":
        if self.clients and self.public_base_url is None:
            raise ValueError(
                "SPINE_METS_CLIENTS needs SPINE_METS_PUBLIC_BASE_URL, the address that clients call: their "
                "tokens name it"
            )
        if self.profile is Profile.DEMO:
            if not is_loopback(self.host):
                raise ValueError(
                    "the demo profile has no authentication and listens on loopback only: set "
                    "SPINE_METS_HOST to 127.0.0.1, or SPINE_METS_PROFILE to service"
                )
        else:
            if self.authentication != "gateway":
                raise ValueError(
                    "outside the demo profile every caller must be authenticated: put the service "
                    "behind a gateway that does so and set SPINE_METS_AUTHENTICATION=gateway"
                )
            if self.quiet_days and self.pseudonym_key is None:
                raise ValueError(
                    "SPINE_METS_QUIET_DAYS needs SPINE_METS_PSEUDONYM_KEY, the same for every replica: "
                    "without it no patient is recognised after a restart"
                )
            for name in ("as_of", "demo_cors_origins", "demo_fhir_servers"):
                if getattr(self, name):
                    raise ValueError(f"SPINE_METS_{name.upper()} is for the demo profile only")
        return self


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
