"""``spine-mets replay``: make a recorded decision once more, and say what agrees."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.audit.record import AuditRecord, read_record
from app.audit.seal import Seal
from app.desk import Desk
from app.engine.provenance import DefinitionError
from app.errors import ServiceError
from app.fhir.codes import CodeMapError
from app.fhir.server.address import AddressError
from app.replaying import Compared, NotComparableError
from app.replaying import replay as compare
from app.settings import Settings
from app.settings.pseudonym_key import pseudonym_key
from app.settings.tenants import TenantsFileError, read_tenants, settings_of

_DIFFERS = 1
_NOT_COMPARED = 2


def replay(
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="A file with one line of spine-mets audit records, or -.")
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The request that was answered, or a Bundle of the patient's resources."
        ),
    ],
) -> None:
    """Make a recorded decision once more from the same input, and say what agrees and what differs.

    Ends with 0 where everything agrees, 1 where something differs, 2 where it cannot be compared.
    """
    try:
        kept = read_record(_record_in(record))
        body = file.read_bytes()
        settings = _of_tenant(Settings(), kept)
        compared = compare(kept, body, Desk(settings), Seal(_key(settings)))
    except NotComparableError as error:
        _stop(error.message)
    except (ValidationError, SettingsError, DefinitionError, CodeMapError, AddressError, TenantsFileError):
        _stop("The settings cannot be used: spine-mets serve says which and why.")
    except OSError as error:
        _stop(f"A file cannot be opened: {error.strerror}.")
    except (ServiceError, ValueError) as error:
        _stop(str(error))
    for one in compared:
        typer.echo(f"{_WORDS[one.same]:9}{one.said}")
    raise typer.Exit(_outcome(compared))


_WORDS = {True: "same", False: "differs", None: "unknown"}


def _outcome(compared: list[Compared]) -> int:
    if any(one.same is False for one in compared):
        typer.echo("The decision differs from its record.")
        return _DIFFERS
    if any(one.same is None for one in compared):
        typer.echo("What could be compared agrees; not everything could.")
        return _NOT_COMPARED
    typer.echo("The decision agrees with its record.")
    return 0


def _record_in(name: str) -> bytes:
    whole = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    lines = [line for line in whole.splitlines() if line.strip()]
    if len(lines) != 1:
        raise ValueError(f"RECORD holds {len(lines)} lines: give it the line of one decision.")
    return lines[0]


def _of_tenant(settings: Settings, record: AuditRecord) -> Settings:
    """The settings of the organisation whose decision it was."""
    if settings.tenants is None:
        return settings
    entries = (one for one in read_tenants(settings.tenants).entries if one.name == record.tenant)
    entry = next(entries, None)
    if entry is None:
        raise NotComparableError("The record is of an organisation that SPINE_METS_TENANTS does not name.")
    return settings_of(settings, entry)


def _key(settings: Settings) -> bytes:
    """The secret of the deployment; without one nothing that was made under one can be compared."""
    return pseudonym_key(settings) or b""


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(_NOT_COMPARED)
