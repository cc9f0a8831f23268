"""The file that describes several organisations: every fault of it with its line and how to mend it."""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.settings.choices import Choices
from app.settings.environment import TENANT_NAME, Settings
from app.settings.parties import AccessTokenIssuer, CdsClient, FhirServer

LARGEST = 1_000_000
_SETTING = re.compile(r"SPINE_METS_([A-Z_]+): ?")
Place = tuple[str | int, ...]


class TenantsFileError(ValueError):
    """The file cannot be used.

    Args:
        line: where.
        mend: what is wrong there and how to mend it; nothing of what stands there.
    """

    def __init__(self, line: int, mend: str) -> None:
        super().__init__(f"line {line}: {mend}")
        self.line = line
        self.mend = mend


class TenantEntry(Choices):
    """One organisation.

    Args:
        name: this service's own name of it; it stands beside everything that is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=TENANT_NAME)]

    @field_validator("clients", "access_tokens", "fhir_servers")
    @classmethod
    def _check_paths(
        cls, value: tuple[CdsClient | AccessTokenIssuer | FhirServer, ...]
    ) -> tuple[CdsClient | AccessTokenIssuer | FhirServer, ...]:
        for one in value:
            named = (one.keys,) if isinstance(one.keys, Path) else one.keys or ()
            if not all(path.is_absolute() for path in named):
                raise ValueError(
                    "keys must name files from the root on, for instance /etc/spine-mets/keys.json"
                )
        return value


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tenants: Annotated[tuple[TenantEntry, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Tenants:
    """The organisations of a file, and where each stands in it."""

    entries: tuple[TenantEntry, ...]
    lines: Mapping[Place, int]

    def fault(self, number: int, message: str) -> TenantsFileError:
        """What was found wrong of an entry when it was put to work, with the line it is about.

        Args:
            number: which entry, from 0.
            message: it may begin with the name of a setting, which the file writes otherwise.
        """
        found = _SETTING.match(message)
        key = found[1].lower() if found is not None else ""
        within = key.removeprefix("clients").strip("_") if key not in Choices.model_fields else key
        place: Place = ("tenants", number, within) if within else ("tenants", number)
        said = f"{key}: {message[found.end() :]}" if found is not None else message
        return TenantsFileError(_line(self.lines, place), f"{self.entries[number].name}: {said}")


def read_tenants(path: Path) -> Tenants:
    """The organisations that a file describes.

    Raises:
        TenantsFileError: it cannot be read, or describes none that could be used.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise TenantsFileError(1, "the file cannot be read: check its name and who may read it") from None
    if len(content) > LARGEST:
        raise TenantsFileError(1, f"the file is larger than {LARGEST:,} bytes")
    from app.settings.tenants_yaml import read_yaml  # noqa: PLC0415  where there is such a file

    value, lines = read_yaml(content)
    try:
        entries = _File.model_validate(value).tenants
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _located(fault["loc"], fault["msg"], lines) from None
    for number, mend in _shared(entries):
        raise TenantsFileError(_line(lines, ("tenants", number)), mend)
    return Tenants(entries, lines)


def settings_of(settings: Settings, entry: TenantEntry) -> Settings:
    """The settings of one organisation: those of the deployment, but for what its entry says otherwise."""
    said = {name: getattr(entry, name) for name in entry.model_fields_set if name != "name"}
    # Whoever switches off what is shown everywhere must not be overruled by an entry that was forgotten.
    shadow = settings.shadow or entry.shadow
    return settings.model_copy(update={**said, "shadow": shadow, "tenant": entry.name, "tenants": None})


def _located(place: Place, message: str, lines: Mapping[Place, int]) -> TenantsFileError:
    named = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    mend = message.removeprefix("Value error, ")
    return TenantsFileError(_line(lines, place), f"{named}: {mend}" if named else mend)


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest one around it that stands in the file."""
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def _shared(entries: tuple[TenantEntry, ...]) -> Iterator[tuple[int, str]]:
    """What two organisations may not have in common: nobody could tell whose a call is."""
    seen: dict[Hashable, int] = {}
    for number, entry in enumerate(entries):
        for what, key in _marks(entry):
            before = seen.setdefault((what, key), number)
            if before != number:
                yield number, f"{entry.name}: {what} is also that of {entries[before].name}: {_MEND[what]}"
    yield from _swallowed(entries)


def _swallowed(entries: tuple[TenantEntry, ...]) -> Iterator[tuple[int, str]]:
    """An organisation that takes every caller of an issuer would take those of another one."""
    takers = {
        (what, key[0]): number
        for number, entry in enumerate(entries)
        for what, key in _marks(entry)
        if isinstance(key, tuple) and key[1] is None
    }
    for number, entry in enumerate(entries):
        for what, key in _marks(entry):
            taker = takers.get((what, key[0])) if isinstance(key, tuple) else None
            if taker is not None and taker != number:
                within = f"{entries[taker].name} takes every caller of an issuer that {entry.name} names too"
                yield max(number, taker), f"{within}: {_MEND[what]}"


_MEND = {
    "name": "give each organisation a name of its own",
    "a client's iss and tenant_claim": "give each a tenant_claim of its own",
    "an access token's iss and client_ids": "give each its own client_ids",
    "the id of an API key": "give each key an id of its own",
}


def _marks(entry: TenantEntry) -> Iterator[tuple[str, Hashable]]:
    yield "name", entry.name
    for client in entry.clients:
        yield "a client's iss and tenant_claim", (client.iss, client.tenant_claim)
    for issuer in entry.access_tokens:
        for client_id in issuer.client_ids or (None,):
            yield "an access token's iss and client_ids", (issuer.iss, client_id)
    for key in entry.api_keys:
        yield "the id of an API key", key.id
