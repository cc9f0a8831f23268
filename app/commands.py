"""The commands beside ``serve``: assess files, look at the scores, print the OpenAPI document, and more."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
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
from app.engine.sheet import markdown, sheet
from app.errors import ServiceError, UnreadableError
from app.fhir.codes import code_book
from app.fhir.published.documents import documents as published
from app.fhir.published.writing import write_documents
from app.fhir.strict import check_body, check_text
from app.knowledge import load
from app.knowledge.policy import Policy
from app.map_command import code_map
from app.metrics import Spent, stopwatch
from app.moment import moment
from app.replay_command import replay
from app.settings import Settings
from app.stopping import stop_on_bad_settings
from app.timing import CARDS, READING, print_timing, timing_json
from app.web.knowledge_documents import knowledge_documents
from cds_hooks.card import Card
from cds_hooks.cards import Call
from cds_hooks.gather import Gathered, take
from cds_hooks.protocol import HookRequestError, read_request
from cds_hooks.services import PATIENT_VIEW, SERVICES, HookService

commands = typer.Typer()
_COLOURS = {"critical": "bold red", "warning": "bold yellow", "info": "bold blue"}
_FAILED = 1
_USAGE = 2


class OpenApiVersion(StrEnum):
    """The forms in which the OpenAPI document is printed."""

    THREE_ONE = "3.1"
    THREE_ZERO = "3.0"


commands.command()(call)
commands.command()(replay)
commands.command("api-key")(api_key)
commands.add_typer(audit, name="audit")
commands.add_typer(code_map, name="map")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one file gave: an assessment with its cards, or what was wrong."""

    name: str
    assessment: Assessment | None
    cards: list[Card]
    error: str | None = None


@commands.command()
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
    settings = stop_on_bad_settings(Settings)
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
        stop_on_bad_settings(lambda: load(Policy.of(settings.policy, settings.windows)), "SPINE_METS_POLICY")
        stop_on_bad_settings(
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


@commands.command()
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


@commands.command()
def sheets(
    directory: Annotated[Path, typer.Argument(help="Where the files go; made where it is missing.")],
) -> None:
    """Write one sheet in Markdown for every definition, to print and to sign."""
    directory.mkdir(parents=True, exist_ok=True)
    documents = knowledge_documents(load(Policy()))
    for code, document in documents.items():
        (directory / f"{code}.md").write_text(f"{markdown(document)}\n", encoding="utf-8")
    typer.echo(f"{len(documents)} sheets in {directory}")


@commands.command()
def fhir(
    directory: Annotated[Path, typer.Argument(help="Where the files go; made where it is missing.")],
) -> None:
    """Write the code systems, value sets, Questionnaires and profiles as FHIR R4, one file each."""
    settings = stop_on_bad_settings(Settings)
    knowledge = stop_on_bad_settings(
        lambda: load(Policy.of(settings.policy, settings.windows)), "SPINE_METS_POLICY"
    )
    book = stop_on_bad_settings(
        lambda: code_book(settings.canonical_base, settings.code_map), "SPINE_METS_CODE_MAP"
    )
    try:
        written = write_documents(published(book, knowledge, settings.public_base_url), directory)
    except OSError as error:
        typer.echo(f"The directory cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(_FAILED) from None
    typer.echo(f"{written} definitions in {directory}")


@commands.command()
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
