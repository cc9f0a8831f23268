"""``spine-mets call``: fire a hook at a CDS Hooks service for the patient of a file, and show its answer."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import typer
from rich.console import Console

from app.call.access import FhirAccess, read_grant
from app.call.answer import Answer
from app.call.context import Circumstances
from app.call.exact_json import Json
from app.call.faults import CallError, UsageError
from app.call.feedback import Feedback, Outcome
from app.call.fire import Call, fire
from app.call.printing import plain, print_answer, print_decision, print_notes, safe_json
from app.call.record import read_bundle, read_object, read_record
from app.call.signing import Algorithm, Signer, read_key

_FAILED = 1
_WIDTH = 110
_REFERENCE = re.compile(r"[A-Z][A-Za-z]*/[A-Za-z0-9.-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def call(  # noqa: PLR0913, PLR0917  each command-line option is an argument
    url: Annotated[str, typer.Argument(metavar="URL", help="The base, its /cds-services, or one service.")],
    patient: Annotated[Path, typer.Option(help="The record: a Bundle, a resource or NDJSON of one patient.")],
    hook: Annotated[str | None, typer.Option(help="The hook to fire; patient-view if left out.")] = None,
    service: Annotated[str | None, typer.Option(help="The id of the service.")] = None,
    user: Annotated[str, typer.Option(help="Who is at the EHR, as Type/id.")] = "Practitioner/example",
    encounter: Annotated[str | None, typer.Option(help="The id of the encounter.")] = None,
    draft_orders: Annotated[Path | None, typer.Option(help="The orders being written.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="A selected order, as Type/id; every draft if left out.")
    ] = None,
    conditions: Annotated[Path | None, typer.Option(help="The problems just put on the list.")] = None,
    context: Annotated[Path | None, typer.Option(help="Members of the context, as a JSON object.")] = None,
    hook_instance: Annotated[str | None, typer.Option(help="The UUID of the call; new if left out.")] = None,
    no_prefetch: Annotated[  # noqa: FBT002  a flag of the command line
        bool, typer.Option("--no-prefetch", help="Send no prefetch, whatever the service asks for.")
    ] = False,
    fhir_server: Annotated[str | None, typer.Option(help="The FHIR server that the service may ask.")] = None,
    token: Annotated[Path | None, typer.Option(help="A file with the token for it.")] = None,
    key: Annotated[Path | None, typer.Option(help="Sign with this key: a JWK, a JWK Set or PEM.")] = None,
    issuer: Annotated[str | None, typer.Option(help="The iss of the JWT.")] = None,
    key_id: Annotated[str | None, typer.Option(help="The kid of the JWT; the key's own if left out.")] = None,
    algorithm: Annotated[Algorithm | None, typer.Option(help="The alg; the key's if left out.")] = None,
    audience: Annotated[str | None, typer.Option(help="The aud; each exact address if left out.")] = None,
    jku: Annotated[str | None, typer.Option(help="Where the public keys are.")] = None,
    tenant: Annotated[str | None, typer.Option(help="The tenant of the JWT.")] = None,
    feedback: Annotated[
        Outcome | None, typer.Option(help="Tell the service what was done with a card.")
    ] = None,
    card: Annotated[
        str | None, typer.Option(help="The card or suggestion, by its uuid; else the first.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it was overridden, as SYSTEM|CODE.")] = None,
    as_json: Annotated[  # noqa: FBT002  a flag of the command line
        bool, typer.Option("--json", help="The answer as it came, and nothing else on standard output.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=600, help="Seconds that each request may take.")
    ] = 10,
) -> None:
    """Fire a hook at a CDS Hooks service for the patient of a file and print its cards.

    Ends with 0 for cards, 1 for an error of the service, 2 for wrong options, 3 where nothing answers.
    """
    errors = Console(stderr=True, highlight=False, markup=False, emoji=False)
    try:
        made = Call(
            url=url,
            record=read_record(_content(patient, "--patient")),
            now=datetime.now(UTC),
            hook=hook,
            service=service,
            around=Circumstances(
                user=_matching(user, _REFERENCE, "--user needs Type/id, for instance Practitioner/1."),
                encounter=encounter
                and _matching(encounter, _ID, "--encounter needs an id without its type."),
                draft_orders=_bundle(draft_orders, "--draft-orders"),
                selections=tuple(
                    _matching(one, _REFERENCE, "--select needs Type/id, for instance ServiceRequest/1.")
                    for one in select or ()
                ),
                conditions=_bundle(conditions, "--conditions"),
                members=read_object(_content(context, "--context"), "--context") if context else None,
            ),
            with_prefetch=not no_prefetch,
            access=_access(fhir_server, token),
            signer=_signer(key, issuer, key_id, algorithm, audience, jku, tenant),
            feedback=_feedback(feedback, card, reason),
            hook_instance=_uuid(hook_instance),
            timeout=timeout,
        )
        answer = fire(made)
    except CallError as error:
        _stop(error)
    print_notes(errors, answer.notes)
    if as_json:
        _print_body(answer)
        print_decision(errors, answer)
    else:
        print_answer(_console(), answer)
    if answer.feedback is not None:
        _tell(answer)
    if not answer.good:
        raise typer.Exit(_FAILED)


def _stop(error: CallError) -> NoReturn:
    typer.echo(plain(error.message), err=True)
    raise typer.Exit(error.exit_status)


def _console() -> Console:
    width = None if sys.stdout.isatty() else _WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False)


def _content(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{option}: the file cannot be opened: {error.strerror}.") from None


def _bundle(path: Path | None, option: str) -> Json | None:
    return read_bundle(_content(path, option), option) if path else None


def _matching(written: str, form: re.Pattern[str], message: str) -> str:
    if form.fullmatch(written) is None:
        raise UsageError(message)
    return written


def _uuid(written: str | None) -> str | None:
    if written is None:
        return None
    try:
        return str(UUID(written))
    except ValueError:
        raise UsageError("--hook-instance needs a UUID.") from None


def _access(server: str | None, token: Path | None) -> FhirAccess | None:
    if server is None:
        if token is not None:
            raise UsageError("--token goes with --fhir-server: it is the token for that server.")
        return None
    return FhirAccess(
        _web_address(server, "--fhir-server"), read_grant(_content(token, "--token")) if token else None
    )


def _web_address(written: str, option: str) -> str:
    try:
        parts = urlsplit(written)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not written.isprintable():
        raise UsageError(f"{option} needs an address that begins with http:// or https://.")
    return written


def _signer(
    key: Path | None,
    issuer: str | None,
    key_id: str | None,
    algorithm: Algorithm | None,
    audience: str | None,
    jku: str | None,
    tenant: str | None,
) -> Signer | None:
    if key is None:
        given = {
            "--issuer": issuer,
            "--key-id": key_id,
            "--algorithm": algorithm,
            "--audience": audience,
            "--jku": jku,
            "--tenant": tenant,
        }
        for option, value in given.items():
            if value is not None:
                raise UsageError(f"{option} goes with --key: without a key nothing is signed.")
        return None
    if not issuer:
        raise UsageError("--key goes with --issuer: the service looks for the key of an issuer.")
    return Signer(
        key=read_key(_content(key, "--key"), key_id, algorithm),
        issuer=issuer,
        audience=audience,
        jku=_web_address(jku, "--jku") if jku is not None else None,
        tenant=tenant,
    )


def _feedback(outcome: Outcome | None, card: str | None, reason: str | None) -> Feedback | None:
    if outcome is None:
        if card is not None or reason is not None:
            raise UsageError("--card and --reason go with --feedback.")
        return None
    if reason is None:
        return Feedback(outcome=outcome, card=card)
    system, _, code = reason.rpartition("|")
    if outcome is Outcome.ACCEPTED or not system or not code:
        raise UsageError("--reason goes with --feedback overridden and needs SYSTEM|CODE.")
    return Feedback(outcome=outcome, card=card, reason=(system, code))


def _print_body(answer: Answer) -> None:
    try:
        shown = msgspec.json.format(answer.body, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        typer.echo(f"The service answered {answer.status}, and not with JSON.", err=True)
        return
    typer.echo(safe_json(shown))


def _tell(answer: Answer) -> None:
    sent = answer.feedback
    if sent is None:
        return
    if sent.status is not None:
        typer.echo(f"Feedback: the service answered {sent.status}.", err=True)
    for fault in sent.faults:
        typer.echo(plain(fault), err=True)


def main() -> None:
    """Run the command alone."""
    typer.run(call)


if __name__ == "__main__":
    main()
