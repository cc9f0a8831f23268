"""``spine-mets map``: what a site's code map says, and what it would change."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.call.printing import plain as printable
from app.call.printing import safe_json
from app.engine.provenance import DefinitionError
from app.errors import ServiceError
from app.fhir.codes import Code, CodeMapError, code_book
from app.fhir.map_check import MapCheck, Refused, Search, check_map
from app.fhir.map_trial import Trial, try_map
from app.fhir.queries import MAX_TEMPLATE
from app.knowledge import load
from app.knowledge.policy import Policy
from app.moment import moment
from app.settings import Settings

code_map = typer.Typer(help="A site's code map, before it is switched on.", no_args_is_help=True)
_WARNED = 1
_UNUSABLE = 2
_MOST_CODES = 20


@code_map.callback()
def _only_check() -> None:
    """Keep the name of the command: with one command alone typer would drop it."""


@code_map.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The map: a FHIR R4 ConceptMap in JSON.")],
    against: Annotated[
        Path | None, typer.Option(metavar="BUNDLE", help="A Bundle of one patient, read without and with it.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The moment to judge the Bundle at, ISO 8601 with offset; else now.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,
    show: Annotated[bool, typer.Option(help="Also name what could not be read; it names resources.")] = False,
) -> None:
    """Say which codes of a map are understood, what is searched for with it, and what it would change.

    Ends with 0 where it can be used, 1 where it can be used and something needs a look, 2 where it cannot be
    used or a file cannot be read.
    """
    try:
        settings = Settings()
        knowledge = load(Policy.of(settings.policy, settings.windows))
        now = moment(as_of, settings)
        plain = code_book(settings.canonical_base)
        checked = check_map(file, plain, knowledge)
        tried = None
        if against is not None and checked.book is not None:
            tried = try_map(against.read_bytes(), plain, checked.book, knowledge, now)
    except (ValidationError, SettingsError, DefinitionError):
        _stop("The settings cannot be used: spine-mets serve says which and why.")
    except CodeMapError as error:
        _stop(str(error))
    except ServiceError as error:
        _stop(f"The Bundle cannot be read: {error.message}")
    except OSError as error:
        _stop(f"The Bundle cannot be opened: {error.strerror}.")
    except ValueError as error:
        _stop(str(error))
    if as_json:
        document = _document(checked, tried, show=show)
        typer.echo(safe_json(json.dumps(document, indent=2, ensure_ascii=False)))
    else:
        for line in _lines(checked, tried, show=show):
            typer.echo(printable(line))
    raise typer.Exit(_outcome(checked, tried))


def _outcome(checked: MapCheck, tried: Trial | None) -> int:
    if checked.book is None:
        return _UNUSABLE
    return _WARNED if checked.warnings or (tried is not None and tried.left_out) else 0


_VERDICTS = {
    0: "The map can be used.",
    _WARNED: "The map can be used; look at what is said above.",
    _UNUSABLE: "The map cannot be used: the service would not start with it, and no record was read.",
}


def _lines(checked: MapCheck, tried: Trial | None, *, show: bool) -> Iterator[str]:
    yield from _said(checked)
    if tried is not None:
        yield from _changes(tried)
        if show and tried.unread:
            yield "What could not be read with the map:"
            yield from (f"  {reason}" for reason in tried.unread)
    yield _VERDICTS[_outcome(checked, tried)]


def _said(checked: MapCheck) -> Iterator[str]:
    if checked.understood:
        yield f"Understood: {len(checked.understood)}"
        for one in checked.understood:
            yield f"  {_written(one.own)} -> {one.target[1]}: {one.meaning}"
    if checked.refused:
        yield f"Not understood: {len(checked.refused)}"
        for wrong in checked.refused:
            yield f"  {_refused(wrong)}"
    if checked.book is not None:
        yield "Searches that change, in characters:"
        for search in checked.searches:
            how = "" if "&code=" in search.template else ", not by code"
            yield f"  {search.key}: {search.without} -> {search.length} of {MAX_TEMPLATE}{how}"
        if not checked.searches:
            yield "  none"
    if checked.warnings:
        yield "Look at:"
        yield from (f"  {warning}" for warning in checked.warnings)


def _changes(tried: Trial) -> Iterator[str]:
    yield "The record, without the map -> with it:"
    for what, (before, after) in tried.read.items():
        yield f"  {what}: {before} -> {after}"
    yield f"  could not be read or looked at: {tried.gaps[0]} -> {tried.gaps[1]}"
    yield "Scores, without the map -> with it:"
    for score in tried.scores:
        yield f"  {score.lesion}, {score.score}: {score.before} -> {score.after}"
    if not tried.scores:
        yield "  none: no bone lesion that is scored is read"
    if tried.left_out:
        yield "Answers in the record that are not read with the map:"
        for one in tried.left_out:
            own = _written(one.own) if one.own is not None else f"an answer to {one.finding}"
            yield f"  {own} {one.reason}: {one.count}"
    if tried.unknown:
        yield "Codes of your systems in the record that are not in the map, and how often:"
        for code, count in list(tried.unknown.items())[:_MOST_CODES]:
            yield f"  {_written(code)}: {count}"
        if len(tried.unknown) > _MOST_CODES:
            yield f"  and {len(tried.unknown) - _MOST_CODES} more; --json has them all"


def _written(code: Code | None) -> str:
    return "" if code is None else f"{code[0]}|{code[1]}"


def _refused(one: Refused) -> str:
    names = " -> ".join(filter(None, (_written(one.own), _written(one.target))))
    where = " ".join(filter(None, (one.place, names)))
    return f"{where}: {one.fault}{f' ({one.hint})' if one.hint else ''}" if where else one.fault


def _document(checked: MapCheck, tried: Trial | None, *, show: bool) -> Mapping[str, Any]:
    outcome = _outcome(checked, tried)
    return {
        "usable": checked.book is not None,
        "verdict": _VERDICTS[outcome],
        "understood": [
            {"source": _coding(one.own), "target": _coding(one.target), "meaning": one.meaning}
            for one in checked.understood
        ],
        "refused": [
            {
                "place": one.place or None,
                "source": _coding(one.own),
                "target": _coding(one.target),
                "fault": one.fault,
                "hint": one.hint or None,
            }
            for one in checked.refused
        ],
        "searches": [_search(search) for search in checked.searches],
        "warnings": list(checked.warnings),
        "record": None if tried is None else _tried(tried, show=show),
    }


def _search(search: Search) -> Mapping[str, Any]:
    return {
        "key": search.key,
        "without": search.without,
        "with": search.length,
        "limit": MAX_TEMPLATE,
        "template": search.template,
    }


def _tried(tried: Trial, *, show: bool) -> Mapping[str, Any]:
    return {
        "read": {what: _change(pair) for what, pair in tried.read.items()},
        "gaps": _change(tried.gaps),
        "scores": [
            {"lesion": one.lesion, "score": one.score, "without": one.before, "with": one.after}
            for one in tried.scores
        ],
        "left_out": [
            {"finding": one.finding, "code": _coding(one.own), "reason": one.reason, "count": one.count}
            for one in tried.left_out
        ],
        "unknown": [{"code": _coding(code), "count": count} for code, count in tried.unknown.items()],
        **({"unread": list(tried.unread)} if show else {}),
    }


def _change(pair: tuple[int, int]) -> Mapping[str, int]:
    return {"without": pair[0], "with": pair[1]}


def _coding(code: Code | None) -> Mapping[str, str] | None:
    return None if code is None else {"system": code[0], "code": code[1]}


def _stop(message: str) -> NoReturn:
    typer.echo(printable(message), err=True)
    raise typer.Exit(_UNUSABLE)
