"""Settings from the environment, read once at start; a bad value stops the start with its name."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.settings.choices import Choices, is_loopback

TENANT_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
SHORTEST_KEY = 32
_PRINTABLE = re.compile(r"[!-~]{1,2048}")


class Profile(StrEnum):
    """How the service runs."""

    DEMO = "demo"
    SERVICE = "service"


class Settings(Choices, BaseSettings):
    """Everything that can be set, each by ``SPINE_METS_`` and its name in capitals.

    Args:
        tenant: this service's own name of the organisation; it stands beside everything that is kept.
        tenants: a file that describes several organisations; see ``app.settings.tenants``.
        canonical_base: the base of this service's own code systems and Questionnaires.
        code_map: a FHIR ConceptMap in JSON that maps a site's codes onto this service's.
        authentication: ``gateway`` says that something in front authenticates every caller, ``service``
            that this service does so itself.
        as_of: a fixed clock for the demo.
        developer: who answers for the rules, as the source attributes of a service name it.
        funding: who paid for putting them to work, as the same attributes name it.
        public_base_url: where browsers reach this service; cards carry links only where it is set.
        database: an SQLAlchemy address of SQLite or PostgreSQL; see ``database_url``.
        pseudonym_key: the secret that patients' pseudonyms are made with.
        pseudonym_key_file: a file that holds it, where it stands in no environment.
        smallest_cell: counts of feedback below it are not told.
        demo_fhir_servers: open ones on this machine, for the demo.
        audit_spool: the folder in which records of decisions wait for the database.
        audit_spool_bytes: how much may wait there in one process.
        audit_key: a file with the private key (Ed25519, PEM) that the heads of audit chains are signed with.
        audit_public_key: the file with the public one, for those who verify.
        audit_heads: the file that the signed heads are added to, on another volume than the database.
        audit_head_seconds: how often.
        retention_days: how long records of decisions, cards and feedback are kept.
        legal_hold: nothing is deleted.
        traces: the address that traces are sent to (OTLP over HTTP); none are made where left out.
        head_deadline: seconds in which a request line and its headers have to come.
        body_deadline: seconds in which the body has to come after them.
        max_connections: connections held open at once by one process.
        drain_seconds: seconds between the signal to stop and the end of accepting; see ``drain``.
    """

    model_config = SettingsConfigDict(
        env_prefix="SPINE_METS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    profile: Profile = Profile.DEMO
    tenant: Annotated[str, Field(pattern=TENANT_NAME)] = "default"
    tenants: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    authentication: Literal["none", "gateway", "service"] = "none"
    canonical_base: str = "https://fhir.spine-mets-cds.org"
    code_map: Path | None = None
    as_of: AwareDatetime | None = None
    demo_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    developer: Annotated[str, Field(min_length=1)] = "the organisation that operates this service"
    funding: Annotated[str, Field(min_length=1)] = "none declared"
    public_base_url: str | None = None
    database: Annotated[str | None, Field(min_length=1, repr=False)] = None
    pseudonym_key: SecretStr | None = None
    pseudonym_key_file: Path | None = None
    smallest_cell: Annotated[int, Field(ge=1, le=1000)] = 11
    demo_fhir_servers: Annotated[tuple[str, ...], NoDecode] = ()
    audit_spool: Path | None = None
    audit_spool_bytes: Annotated[int, Field(ge=65_536, le=100_000_000_000)] = 268_435_456
    audit_key: Path | None = None
    audit_public_key: Path | None = None
    audit_heads: Path | None = None
    audit_head_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = 2_192
    legal_hold: bool = False
    traces: Annotated[str | None, Field(min_length=1, max_length=2048)] = None
    max_hook_bytes: Annotated[int, Field(ge=1024, le=20_000_000)] = 5_000_000
    max_bundle_bytes: Annotated[int, Field(ge=1024, le=100_000_000)] = 20_000_000

    head_deadline: Annotated[float, Field(ge=0.1, le=120)] = 10.0
    body_deadline: Annotated[float, Field(ge=0.1, le=600)] = 15.0
    max_connections: Annotated[int, Field(ge=16, le=100_000)] = 1_000
    drain_seconds: Annotated[float | None, Field(ge=0, le=60)] = None

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in ("demo_cors_origins", "demo_fhir_servers", "cors_origins", "ballot"):
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

    @property
    def limit(self) -> str | None:
        """How much one REST caller may ask: as set, else 600 requests a minute, and no limit in the demo."""
        if self.rate_limit is not None or self.profile is Profile.DEMO:
            return self.rate_limit
        return "600/minute"

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> "Settings":
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        if self.clients and self.public_base_url is None:
            yield (
                "SPINE_METS_CLIENTS needs SPINE_METS_PUBLIC_BASE_URL, the address that clients call: their "
                "tokens name it"
            )
        if self.pseudonym_key is not None and self.pseudonym_key_file is not None:
            yield "SPINE_METS_PSEUDONYM_KEY and SPINE_METS_PSEUDONYM_KEY_FILE say the same: set one of them"
        if self.audit_key is not None and self.audit_heads is None:
            yield "SPINE_METS_AUDIT_KEY needs SPINE_METS_AUDIT_HEADS, the file that signed heads are added to"
        if self.authentication != "service":
            for name in ("access_tokens", "api_keys"):
                if getattr(self, name):
                    yield (
                        f"SPINE_METS_{name.upper()} is read only where this service authenticates its "
                        "callers: set SPINE_METS_AUTHENTICATION=service"
                    )
        if self.tenants is not None:
            yield from self._faults_beside_tenants()
        if self.profile is Profile.DEMO:
            if not is_loopback(self.host):
                yield (
                    "the demo profile has no authentication and listens on loopback only: set "
                    "SPINE_METS_HOST to 127.0.0.1, or SPINE_METS_PROFILE to service"
                )
        else:
            yield from self._faults_in_production()

    def _faults_beside_tenants(self) -> Iterator[str]:
        if self.authentication != "service":
            yield (
                "SPINE_METS_TENANTS needs SPINE_METS_AUTHENTICATION=service: whose a call is, is told by "
                "what its caller proves"
            )
        for name in ("clients", "access_tokens", "api_keys", "fhir_servers"):
            if getattr(self, name):
                yield (
                    f"SPINE_METS_{name.upper()} is for one organisation: move it into the file of the tenants"
                )

    def _faults_in_production(self) -> Iterator[str]:
        if self.authentication == "none":
            yield (
                "outside the demo profile every caller must be authenticated: set "
                "SPINE_METS_AUTHENTICATION=service, or put the service behind a gateway that does so and set "
                "SPINE_METS_AUTHENTICATION=gateway"
            )
        if self.public_base_url is None:
            yield (
                "outside the demo profile SPINE_METS_PUBLIC_BASE_URL must be set, the address that clients "
                "call: what a request says of it is its sender's own word"
            )
        if self.pseudonym_key is None and self.pseudonym_key_file is None:
            yield (
                "outside the demo profile SPINE_METS_PSEUDONYM_KEY or SPINE_METS_PSEUDONYM_KEY_FILE must be "
                "set, the same for every replica: without it no patient is recognised after a restart"
            )
        if self.pseudonym_key is not None and len(self.pseudonym_key.get_secret_value()) < SHORTEST_KEY:
            yield (
                f"SPINE_METS_PSEUDONYM_KEY must have {SHORTEST_KEY} characters or more: whoever guesses it "
                "can try out ids"
            )
        for name in ("as_of", "demo_cors_origins", "demo_fhir_servers"):
            if getattr(self, name):
                yield f"SPINE_METS_{name.upper()} is for the demo profile only"
