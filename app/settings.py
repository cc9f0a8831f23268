"""Settings from the environment, read once at start; a bad value stops the start with its name."""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Profile(StrEnum):
    """How the service runs."""

    DEMO = "demo"
    SERVICE = "service"


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
    max_hook_bytes: Annotated[int, Field(ge=1024, le=20_000_000)] = 5_000_000
    max_bundle_bytes: Annotated[int, Field(ge=1024, le=100_000_000)] = 20_000_000

    @model_validator(mode="before")
    @classmethod
    def _split_origins(cls, values: dict[str, object]) -> dict[str, object]:
        origins = values.get("demo_cors_origins")
        if isinstance(origins, str):
            split = tuple(origin.strip() for origin in origins.split(",") if origin.strip())
            return {**values, "demo_cors_origins": split}
        return values

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> "Settings":
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
            for name in ("as_of", "demo_cors_origins"):
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
