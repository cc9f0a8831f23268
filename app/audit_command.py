"""``spine-mets audit``: records of decisions: whether they are whole, what they say, which go."""

import json
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.audit.seal import Seal
from app.fhir.names import normal_base
from app.fhir.published.audit_event import audit_event
from app.fhir.server.address import Base, read_base, same_base
from app.settings import Settings
from app.settings.faults import faults_of
from app.settings.pseudonym_key import pseudonym_key
from app.settings.tenants import read_tenants, settings_of
from app.store.audit_chain import Chains
from app.store.audit_heads import HeadSigner, new_key, read_private_key, read_public_key
from app.store.audit_reading import AuditRow, read_records
from app.store.audit_retention import BrokenChainError, LegalHoldError, accept, prune
from app.store.audit_verify import verify
from app.store.database import Database, StoreError

audit = typer.Typer(
    help="The records of decisions: verify, export, delete what is old.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_FAILED = 1
_USAGE = 2
_IN_MEMORY = ("sqlite://", "sqlite:///:memory:")

Since = Annotated[str | None, typer.Option(help="From this moment on, ISO 8601 with offset.")]
Tenant = Annotated[str | None, typer.Option(help="Of this tenant alone.")]


@audit.command("verify")
def verify_chains(
    heads: Annotated[Path | None, typer.Option(help="The signed heads; as set if left out.")] = None,
    public_key: Annotated[Path | None, typer.Option(help="Their public key; as set if left out.")] = None,
) -> None:
    """Say whether every chain is whole, and name the first record of each that is not.

    Ends with 0 where all are, 1 where one is not or the database does not answer, 2 for wrong settings.
    """
    settings = _settings()
    file = heads or settings.audit_heads
    signer = None if file is None else _public_key(settings, public_key)
    with _faults("SPINE_METS_AUDIT_HEADS"), _database(settings) as database:
        findings = verify(database, file, signer)
        chains = Chains(database).heads()
    for finding in findings:
        record = "" if finding.sequence is None else f" record {finding.sequence}:"
        typer.echo(f"tenant {json.dumps(finding.tenant)}:{record} {finding.fault}")
    if file is None:
        for head in chains:
            if head.base_sequence:
                typer.echo(
                    f"tenant {json.dumps(head.tenant)}: the records up to {head.base_sequence} are not there "
                    "any more; without signed heads nobody can tell who deleted them"
                )
    if findings:
        raise typer.Exit(_FAILED)
    unsigned = "" if file else "; without signed heads an end that was cut off is not seen"
    typer.echo(f"All is whole: {len(chains)} {'chain' if len(chains) == 1 else 'chains'}{unsigned}.")


@audit.command()
def export(since: Since = None, tenant: Tenant = None) -> None:
    """Print the records as FHIR R4 AuditEvents, one a line.

    Ends with 1 where none is of the tenant.
    """
    settings = _settings()
    asked = _Asked(_since(since), tenant)
    found = False
    with closing(_rows(settings, asked)) as rows:
        for row in rows:
            found = True
            place = f"{row.sequence} {row.hash}"
            event = audit_event(_members(row), row.at, address=settings.public_base_url, place=place)
            typer.echo(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
    if not found:
        _nothing(asked)


@audit.command()
def records(
    since: Since = None,
    tenant: Tenant = None,
    decision: Annotated[str | None, typer.Option(help="The one of this decision alone.")] = None,
    card: Annotated[str | None, typer.Option(help="Those in which the card of this UUID stands.")] = None,
    patient: Annotated[
        str | None, typer.Option(help="Those of the patient with this id; needs the pseudonym key.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            help="The FHIR server that the patient's id is of; each of the settings, and none, if left out."
        ),
    ] = None,
) -> None:
    """Print the records as they are kept, one a line.

    Ends with 1 where none is of what was asked for.
    """
    if server is not None and patient is None:
        _stop("--server says which server an id is of: give --patient as well", _USAGE)
    settings = _settings()
    asked = _Asked(
        _since(since),
        tenant,
        decision,
        None if card is None else _uuid(card),
        None if patient is None else _pseudonyms(settings, patient, tenant, server),
    )
    found = False
    with closing(_rows(settings, asked)) as rows:
        for row in rows:
            found = True
            typer.echo(row.record)
    if not found:
        _nothing(asked)


@audit.command("prune")
def prune_old(
    before: Annotated[
        str | None,
        typer.Option(help="Older than this, ISO 8601 with offset; as SPINE_METS_RETENTION_DAYS if left out."),
    ] = None,
) -> None:
    """Delete records, cards and feedback that are kept no longer; every chain stays whole."""
    settings = _settings()
    now = datetime.now(UTC)
    until = now - timedelta(days=settings.retention_days) if before is None else _moment(before, "--before")
    signer = None if settings.audit_heads is None else _signer(settings, settings.audit_heads)
    with _faults("--before", heads="SPINE_METS_AUDIT_HEADS"), _database(settings) as database:
        done = prune(database, until, now, signer=signer, held=settings.legal_hold)
    typer.echo(f"{done.records} records, {done.cards} cards and {done.feedback} reports deleted")


@audit.command("accept")
def accept_beginnings() -> None:
    """Sign where chains begin now: once, where they were shortened unsigned or under another key.

    Verify them before, with the heads and the key of then: what is accepted is not found any more.
    """
    settings = _settings()
    if settings.audit_heads is None:
        _stop("SPINE_METS_AUDIT_HEADS: set the file that signed heads are added to", _USAGE)
    signer = _signer(settings, settings.audit_heads)
    with _faults("SPINE_METS_AUDIT_HEADS"), _database(settings) as database:
        accepted = accept(database, datetime.now(UTC), signer)
    for head in accepted:
        typer.echo(f"tenant {json.dumps(head.tenant)}: the records up to {head.base_sequence} may be gone")
    typer.echo(f"{len(accepted)} signed")


@audit.command()
def key(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; nothing is overwritten.")],
) -> None:
    """Make a key to sign heads with, and print its public part."""
    try:
        public = new_key(file)
    except OSError as error:
        _stop(f"The key cannot be written: {error.strerror}.", _FAILED)
    typer.echo(public.decode(), nl=False)


def _members(row: AuditRow) -> dict[str, Any]:
    try:
        members = json.loads(row.record)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        place = f"tenant {json.dumps(row.tenant)}: record {row.sequence}"
        _stop(f"{place} cannot be read: see spine-mets audit verify", _FAILED)
    return members


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which records are asked for; all where nothing is said.

    Args:
        card: its UUID, as records write it.
        patients: the pseudonyms that one patient may have, by tenant.
    """

    since: datetime | None = None
    tenant: str | None = None
    decision: str | None = None
    card: str | None = None
    patients: Mapping[str, Collection[str]] | None = None


def _rows(settings: Settings, asked: _Asked) -> Generator[AuditRow, None, None]:
    # A tenant at a time: an id is another patient's elsewhere, and the list of pseudonyms stays short.
    parts: list[tuple[str | None, Collection[str] | None]] = [(asked.tenant, None)]
    if asked.patients is not None:
        parts = list(asked.patients.items())
    with _faults("SPINE_METS_DATABASE"), _database(settings) as database:
        for tenant, patients in parts:
            found = read_records(
                database,
                since=asked.since,
                tenant=tenant,
                decision=asked.decision,
                card=asked.card,
                patients=patients,
            )
            # Closed with this generator, also where its reader gives up in between.
            with closing(found):
                yield from (row for row in found if _holds(row, asked.card, patients))


def _holds(row: AuditRow, card: str | None, patients: Collection[str] | None) -> bool:
    """Whether the card and the patient stand where a record has its own, not anywhere in its text."""
    if card is None and patients is None:
        return True
    members = _members(row)
    if patients is not None and members.get("patient") not in patients:
        return False
    cards = members.get("cards")
    return card is None or (
        isinstance(cards, list) and any(isinstance(one, dict) and one.get("uuid") == card for one in cards)
    )


def _nothing(asked: _Asked) -> None:
    """Say that no record was found; the end with 1 where certain ones were asked for."""
    if asked.patients is not None:
        _stop(
            "No record of this patient matches, under this key and at these servers: name one that is not in "
            "the settings with --server; what was recorded under another key is found under that one alone.",
            _FAILED,
        )
    if (asked.tenant, asked.decision, asked.card) != (None, None, None):
        _stop("No record matches.", _FAILED)
    typer.echo("There is no record yet." if asked.since is None else "No record since then.", err=True)


def _pseudonyms(
    settings: Settings, patient: str, tenant: str | None, server: str | None
) -> Mapping[str, Collection[str]]:
    """What a patient may be called in records, by tenant."""
    seal = Seal(_key(settings))
    with _faults("SPINE_METS_TENANTS"):
        entries = () if settings.tenants is None else read_tenants(settings.tenants).entries
    every = {one.name: settings_of(settings, one) for one in entries} or {settings.tenant: settings}
    # Records outlive the tenant that they are of.
    chosen = every if tenant is None else {tenant: every.get(tenant, settings)}
    text = patient.removeprefix("Patient/")
    with _faults("SPINE_METS_FHIR_SERVERS"):
        return {
            name: [seal.names(name, base)("Patient", text) for base in _bases(its, server)]
            for name, its in chosen.items()
        }


def _bases(settings: Settings, server: str | None) -> list[str | None]:
    """The names by which records know the servers of a tenant, or the one that is given."""
    named = [(one.base, *one.aliases) for one in settings.fhir_servers]
    named += [(one,) for one in settings.demo_fhir_servers]
    known = [tuple(map(read_base, names)) for names in named]
    if server is not None:
        return [_base(known, server)]
    return [*(normal_base(names[0].text) for names in known), None]


def _base(known: Collection[tuple[Base, ...]], server: str) -> str:
    found = (names[0].text for names in known if any(same_base(one, server) for one in names))
    return normal_base(next(found, server))


def _key(settings: Settings) -> bytes:
    """The secret that the deployment makes pseudonyms with."""
    try:
        key = pseudonym_key(settings)
    except ValueError as error:
        _stop(str(error), _USAGE)
    if not key:
        _stop(
            "SPINE_METS_PSEUDONYM_KEY: a patient is found under the key of the service: set it or "
            "SPINE_METS_PSEUDONYM_KEY_FILE as there",
            _USAGE,
        )
    return key


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    if settings.database_url in _IN_MEMORY:
        _stop("SPINE_METS_DATABASE: set the database of the service; one in memory holds nothing", _USAGE)
    try:
        database = Database(settings.database_url)
    except ValueError as error:
        _stop(f"SPINE_METS_DATABASE: {error}", _USAGE)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _faults(setting: str, heads: str | None = None) -> Iterator[None]:
    """The end of the command with what is wrong, where a part of it fails.

    Args:
        setting: what a value that is wrong belongs to.
        heads: what a file belongs to, where that is another one.
    """
    try:
        yield
    except StoreError as error:
        _stop(f"SPINE_METS_DATABASE: the database does not answer ({error.cause})", _FAILED)
    except (LegalHoldError, BrokenChainError) as error:
        _stop(error.message, _FAILED)
    except OSError as error:
        _stop(f"{heads or setting}: the file cannot be read or written: {error.strerror}", _USAGE)
    except ValueError as error:
        _stop(f"{setting}: {error}", _USAGE)


def _signer(settings: Settings, heads: Path) -> HeadSigner:
    """What signs deletions."""
    if settings.audit_key is None:
        _stop(
            "SPINE_METS_AUDIT_KEY: heads are signed, and a deletion has to be as well: set the private key",
            _USAGE,
        )
    try:
        return HeadSigner(read_private_key(settings.audit_key), heads)
    except ValueError as error:
        _stop(f"SPINE_METS_AUDIT_KEY: {error}", _USAGE)


def _public_key(settings: Settings, given: Path | None) -> Ed25519PublicKey:
    """The key that signed heads are read with: as given or set, or that of the private one."""
    file, private = given or settings.audit_public_key, settings.audit_key
    try:
        if file is not None:
            found = read_public_key(file)
        elif private is not None:
            found = read_private_key(private).public_key()
        else:
            _stop("SPINE_METS_AUDIT_PUBLIC_KEY: signed heads are read with their public key", _USAGE)
    except ValueError as error:
        _stop(f"SPINE_METS_AUDIT_{'KEY' if file is None else 'PUBLIC_KEY'}: {error}", _USAGE)
    return found


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        _stop("--card needs the UUID of a card, as 3f0c5a52-7f0e-4c55-9f0a-0d1f2b3c4d5e", _USAGE)


def _since(text: str | None) -> datetime | None:
    return None if text is None else _moment(text, "--since")


def _moment(text: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        _stop(f"{option} needs a date and time with offset, as 2026-11-20T12:00:00+00:00", _USAGE)
    return moment


def _settings() -> Settings:
    try:
        return Settings()
    except (ValidationError, SettingsError) as error:
        for line in faults_of(error):
            typer.echo(line, err=True)
    raise typer.Exit(_USAGE)


def _stop(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
