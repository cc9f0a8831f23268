"""The command line: serve, assess files, look at the scores, print the OpenAPI document."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import uuid4

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.api.wire import assessment_json
from app.api_key_command import api_key
from app.assess.laps import unheard
from app.assess.result import Assessment
from app.audit_command import audit
from app.call_command import call
from app.desk import Desk, alone
from app.document.three_zero import as_three_zero
from app.engine.provenance import DefinitionError
from app.engine.sheet import markdown, sheet
from app.errors import ServiceError, UnreadableError
from app.fhir.codes import CodeMapError, code_book
from app.fhir.published.documents import documents as published
from app.fhir.published.writing import write_documents
from app.fhir.strict import check_body, check_text
from app.knowledge import VERSION, load
from app.knowledge.policy import Policy
from app.map_command import code_map
from app.metrics import Spent, stopwatch
from app.moment import moment
from app.replay_command import replay
from app.settings import Settings
from app.settings.faults import faults_of
from app.timing import CARDS, READING, print_timing, timing_json
from app.web.knowledge_documents import knowledge_documents
from cds_hooks.card import Card
from cds_hooks.cards import Call
from cds_hooks.gather import Gathered, take
from cds_hooks.protocol import HookRequestError, read_request
from cds_hooks.services import PATIENT_VIEW, SERVICES, HookService

app = typer.Typer(
    help="Clinical decision support for spinal and bone metastases.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_COLOURS = {"critical": "bold red", "warning": "bold yellow", "info": "bold blue"}
_Built = TypeVar("_Built")
_FAILED = 1
_USAGE = 2


class OpenApiVersion(StrEnum):
    """The forms in which the OpenAPI document is printed."""

    THREE_ONE = "3.1"
    THREE_ZERO = "3.0"


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Start the service with the settings of the environment (SPINE_METS_...)."""
    from app.metrics import shared_between  # noqa: PLC0415  only this command needs a server
    from app.serving import Limits  # noqa: PLC0415  as above
    from app.serving import serve as run  # noqa: PLC0415  as above

    _name_unknown_variables()
    settings = _settings(host, port)
    # What would stop a worker stops here, with the name of the setting.
    _prepare_database(settings)
    _check_start(settings)
    if settings.profile.value == "demo":
        # Cards link to the pages of this very service, which only this machine reaches.
        os.environ.setdefault("SPINE_METS_PUBLIC_BASE_URL", _address(settings))
        _greet(settings)
    with shared_between(workers):
        run(
            "app.main:create_app",
            settings.host,
            settings.port,
            workers=workers,
            limits=Limits(
                head=settings.head_deadline,
                body=settings.body_deadline,
                connections=settings.max_connections,
                drain=settings.drain,
            ),
        )


app.command()(call)
app.command()(replay)
app.command("api-key")(api_key)
app.add_typer(audit, name="audit")
app.add_typer(code_map, name="map")


def _name_unknown_variables() -> None:
    """Say which variables nobody reads: a setting that is misspelt protects nothing."""
    known = {f"SPINE_METS_{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith("SPINE_METS_") and name.upper() not in known:
            typer.echo(
                f"{name} is no setting and is not read: see the table of settings in README.md", err=True
            )


def _check_start(settings: Settings) -> None:
    """Stop before any worker starts where the settings cannot be put to work."""
    from app.checking import check_start  # noqa: PLC0415  only a server needs everything

    try:
        check_start(settings)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_USAGE) from None


def _prepare_database(settings: Settings) -> None:
    """Bring the database to the structure of this version once, before any worker opens it."""
    from app.store import Store, StoreError  # noqa: PLC0415  only a server keeps anything

    try:
        Store.open(settings.database_url).close()
    except ValueError as error:
        typer.echo(f"SPINE_METS_DATABASE: {error}", err=True)
        raise typer.Exit(_USAGE) from None
    except StoreError as error:
        typer.echo(
            f"SPINE_METS_DATABASE: the database does not answer ({error.cause}): check that it runs, and "
            "that the address names it and a user who may make tables",
            err=True,
        )
        raise typer.Exit(_FAILED) from None


def _settings(host: str | None, port: int | None) -> Settings:
    # Workers read the environment anew, so an option has to be in it.
    if host is not None:
        os.environ["SPINE_METS_HOST"] = host
    if port is not None:
        os.environ["SPINE_METS_PORT"] = str(port)
    return _stop_on_bad_settings(Settings)


def _stop_on_bad_settings(build: Callable[[], _Built], name: str = "") -> _Built:
    """What a builder gives, or the end of the command with what is wrong in the settings."""
    try:
        return build()
    except (ValidationError, SettingsError) as error:
        for line in faults_of(error):
            typer.echo(line, err=True)
    except (CodeMapError, DefinitionError) as error:
        typer.echo(f"{name}: {error}" if name else str(error), err=True)
    raise typer.Exit(_USAGE)


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _greet(settings: Settings) -> None:
    address = _address(settings)
    typer.echo(f"spine-mets-cds {VERSION}, demonstration with invented patients, not for clinical use")
    typer.echo(f"Open  {address}/")
    typer.echo(
        f"Try   curl -s {address}/api/v1/scores/sins -H 'content-type: application/json' "
        '-d \'{"level": "T11", "pain": "mechanical", "lesion": "lytic"}\''
    )
    typer.echo("Stop  with Ctrl-C")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one file gave: an assessment with its cards, or what was wrong."""

    name: str
    assessment: Assessment | None
    cards: list[Card]
    error: str | None = None


@app.command()
def assess(
    path: Annotated[
        Path,
        typer.Argument(
            exists=True,
            help="A Bundle, a resource, NDJSON, a CDS Hooks request, or a directory of them.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="The moment to judge at, ISO 8601 with offset; now if left out."),
    ] = None,
    timing: Annotated[
        bool,
        typer.Option("--timing", help="Tell on standard error what reading, each score and pathway took."),
    ] = False,
) -> None:
    """Assess the record of one patient in each file and print its cards."""
    settings = _stop_on_bad_settings(Settings)
    desk = _Desk(settings, _moment(as_of, settings), timed=timing)
    outcomes = [desk.outcome(file) for file in _files(path)]
    if as_json:
        for outcome in outcomes:
            typer.echo(json.dumps(_outcome_json(outcome), ensure_ascii=False))
    else:
        console = Console(width=None if sys.stdout.isatty() else 110)
        for outcome in outcomes:
            _print(console, outcome)
    if timing and as_json:
        typer.echo(timing_json(desk.spent), err=True)
    elif timing:
        print_timing(Console(stderr=True, width=None if sys.stderr.isatty() else 110), desk.spent)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(_FAILED)


class _Desk:
    """Reads one file after another with the same knowledge."""

    def __init__(self, settings: Settings, now: datetime, *, timed: bool) -> None:
        # Each setting that can be wrong, with its name, before both are put to use.
        _stop_on_bad_settings(lambda: load(Policy.of(settings.policy, settings.windows)), "SPINE_METS_POLICY")
        _stop_on_bad_settings(
            lambda: code_book(settings.canonical_base, settings.code_map), "SPINE_METS_CODE_MAP"
        )
        desk = Desk(settings)
        self.reader, self.now = desk.reader, now
        self.spent: dict[str, Spent] = {}
        self.lap = lap = stopwatch(self.spent) if timed else unheard
        self.judging = replace(desk.judging, begin_laps=lambda: lap)

    def outcome(self, file: Path) -> _Outcome:
        try:
            gathered, call = self._gathered(file.read_bytes())
        except (ServiceError, HookRequestError) as error:
            return _Outcome(file.name, None, [], error.message)
        except OSError as error:
            return _Outcome(file.name, None, [], f"The file cannot be opened: {error.strerror}.")
        self.lap(READING)
        judged = self.judging.of_record(gathered, self.now, call, lambda _about: False)
        self.lap(CARDS)
        return _Outcome(file.name, judged.assessment, [one.card for one in judged.made])

    def _gathered(self, body: bytes) -> tuple[Gathered, Call]:
        instance = str(uuid4())
        kind = _kind(body)
        if kind == "hook":
            check_body(body)
            service = _service_of(body)
            request = read_request(body, service.hook)
            return take(body, request, service, self.reader).gathered(), Call(service, request.hook_instance)
        if kind == "Bundle":
            return alone(self.reader.bundle(body)), Call(PATIENT_VIEW, instance)
        lines = [body] if kind else [line for line in body.splitlines() if line.strip()]
        return alone(self.reader.resources(lines)), Call(PATIENT_VIEW, instance)


def _service_of(body: bytes) -> HookService:
    """The service that answers the hook of a request; patient-view where it names none of them."""
    hook = json.loads(body).get("hook")
    return next((service for service in SERVICES if service.hook == hook), PATIENT_VIEW)


def _kind(body: bytes) -> str:
    """What a file holds: ``hook``, a resource type, or nothing where it is not one JSON object."""
    check_text(body)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        raise UnreadableError("The file holds no JSON object: give it a resource or a request.")
    if "hook" in document:
        return "hook"
    return str(document.get("resourceType") or "resource")


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        files = (file for file in path.rglob("*") if file.suffix in (".json", ".ndjson"))
        yield from sorted(file for file in files if not file.is_dir())
    else:
        yield path


def _moment(text: str | None, settings: Settings) -> datetime:
    try:
        return moment(text, settings)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_USAGE) from None


def _outcome_json(outcome: _Outcome) -> Mapping[str, Any]:
    if outcome.assessment is None:
        return {"file": outcome.name, "error": outcome.error}
    return {
        "file": outcome.name,
        "assessment": assessment_json(outcome.assessment, str(uuid4())),
        "cards": [
            {"indicator": card.indicator, "summary": card.summary, "detail": card.detail}
            for card in outcome.cards
        ],
    }


def _print(console: Console, outcome: _Outcome) -> None:
    console.rule(escape(outcome.name), align="left")
    if outcome.error is not None:
        console.print(f"[bold red]Not assessed:[/] {escape(outcome.error)}")
        return
    if not outcome.cards:
        console.print("No card: no bone metastasis is recorded.")
    for card in outcome.cards:
        console.print(f"[{_COLOURS[card.indicator]}]{card.indicator.upper()}[/] {escape(card.summary)}")
    if outcome.assessment is None:
        return
    for lesion in outcome.assessment.lesions:
        for scored in lesion.scores:
            if scored.result is None:
                continue
            title = f"{lesion.lesion.place.label}: {scored.instrument.short}"
            table = Table("Item", "Still possible", "Points", "Source", title=title, title_justify="left")
            for item in scored.result.score.items:
                answer = scored.result.answers[item.code]
                sources = ", ".join(
                    f"{s.reference} {(s.effective or '')[:10]}".strip()
                    for s in (answer.sources or answer.unused)
                )
                table.add_row(
                    item.label,
                    " or ".join(answer.possible) if answer.recorded else "not recorded",
                    " or ".join(map(str, scored.result.points(item.code))),
                    escape(sources),
                )
            console.print(table)
    for gap in outcome.assessment.gaps:
        console.print(f"[dim]Gap ({gap.need}): {escape(gap.reason)}[/]")


@app.command()
def scores(
    score: Annotated[str | None, typer.Argument(help="sins or mirels; all in short if left out.")] = None,
) -> None:
    """List the scores, or print the sheet of one."""
    knowledge = load(Policy())
    if score is None:
        for code, instrument in knowledge.instruments.items():
            s = instrument.score
            typer.echo(f"{code:8} {s.lowest} to {s.highest}  {s.name}")
        return
    if score not in knowledge.instruments:
        typer.echo(f"There is no such score; the scores are {', '.join(knowledge.instruments)}.", err=True)
        raise typer.Exit(_USAGE)
    typer.echo(sheet(knowledge.instruments[score].score))


@app.command()
def sheets(
    directory: Annotated[Path, typer.Argument(help="Where the files go; made where it is missing.")],
) -> None:
    """Write one sheet in Markdown for every definition, to print and to sign."""
    directory.mkdir(parents=True, exist_ok=True)
    documents = knowledge_documents(load(Policy()))
    for code, document in documents.items():
        (directory / f"{code}.md").write_text(f"{markdown(document)}\n", encoding="utf-8")
    typer.echo(f"{len(documents)} sheets in {directory}")


@app.command()
def fhir(
    directory: Annotated[Path, typer.Argument(help="Where the files go; made where it is missing.")],
) -> None:
    """Write the code systems, value sets, Questionnaires and profiles as FHIR R4, one file each."""
    settings = _stop_on_bad_settings(Settings)
    knowledge = _stop_on_bad_settings(
        lambda: load(Policy.of(settings.policy, settings.windows)), "SPINE_METS_POLICY"
    )
    book = _stop_on_bad_settings(
        lambda: code_book(settings.canonical_base, settings.code_map), "SPINE_METS_CODE_MAP"
    )
    try:
        written = write_documents(published(book, knowledge, settings.public_base_url), directory)
    except OSError as error:
        typer.echo(f"The directory cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(_FAILED) from None
    typer.echo(f"{written} definitions in {directory}")


@app.command()
def openapi(
    openapi_version: Annotated[
        OpenApiVersion, typer.Option(help="3.0 for generators that do not read 3.1 yet.")
    ] = OpenApiVersion.THREE_ONE,
) -> None:
    """Print the OpenAPI document of the service."""
    from importlib import import_module  # noqa: PLC0415  the composition root is imported by nobody

    create_app = import_module("app.main").create_app
    document = create_app(Settings()).openapi()
    if openapi_version is OpenApiVersion.THREE_ZERO:
        document = as_three_zero(document)
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line."""
    app()
