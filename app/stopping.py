"""The end of a command whose settings cannot be used, with what is wrong in them."""

from collections.abc import Callable
from typing import TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.engine.provenance import DefinitionError
from app.fhir.codes import CodeMapError
from app.settings.faults import faults_of

_Built = TypeVar("_Built")
_USAGE = 2


def stop_on_bad_settings(build: Callable[[], _Built], name: str = "") -> _Built:
    """What a builder gives, or the end of the command with what is wrong in the settings."""
    try:
        return build()
    except (ValidationError, SettingsError) as error:
        for line in faults_of(error):
            typer.echo(line, err=True)
    except (CodeMapError, DefinitionError) as error:
        typer.echo(f"{name}: {error}" if name else str(error), err=True)
    raise typer.Exit(_USAGE)
