"""The command line: ``serve``, and beside it whatever app/commands.py has."""

import gc
import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from app.knowledge import VERSION
from app.settings import Settings
from app.stopping import stop_on_bad_settings

_FAILED = 1
_USAGE = 2


class _Commands(TyperGroup):
    """Loads what the other commands need only where one of them is asked for: a service runs without it."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401  typer keeps these types to itself
        """The command of that name; None where there is none."""
        if cmd_name not in self.commands:
            self._load()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401  as above
        """The names of all commands."""
        self._load()
        return super().list_commands(ctx)

    def _load(self) -> None:
        others = get_group(import_module("app.commands").commands)
        self.commands.update(others.commands)


app = typer.Typer(
    cls=_Commands,
    help="Clinical decision support for spinal and bone metastases.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _several() -> None:
    # Without it typer takes the only command that it sees for the whole of the command line.
    ...


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

    # What a start makes stays: the collector would walk it over and over, for a tenth of the time. The
    # application sets what holds from then on.
    gc.set_threshold(50_000, 20, 100)
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
    return stop_on_bad_settings(Settings)


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


def main() -> None:
    """Run the command line."""
    app()
