"""``spine-mets api-key``: make an API key for a REST caller in a closed network."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from app.settings import ApiKey
from app.trust.api_keys import new_api_key

_USAGE = 2


def api_key(
    name: Annotated[str, typer.Argument(metavar="ID", help="What the key is called, in logs too.")],
    scope: Annotated[list[str] | None, typer.Option(help="What it opens; cds/evaluate if left out.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="For how long.")] = 365,
) -> None:
    """Print a new API key, and then its entry for SPINE_METS_API_KEYS, which holds only its digest.

    The key is kept nowhere: hand it to the caller in a way that nobody else can read.
    """
    try:
        text, digest = new_api_key(name)
    except ValueError as error:
        _stop(str(error))
    expires = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
    wanted = {"id": name, "digest": digest, "scopes": scope or ["cds/evaluate"], "expires": expires}
    try:
        entry = ApiKey.model_validate(wanted)
    except ValidationError:
        _stop("--scope needs cds/evaluate or cds/feedback.")
    typer.echo(text)
    typer.echo(entry.model_dump_json())


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(_USAGE)
