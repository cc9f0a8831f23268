"""What a service that starts leaves unloaded: it costs memory and time of everybody who never asks for it."""

import json
import subprocess
import sys

from tests.cli.running_service import environment

# By what needs them: the other commands.
LEFT_OUT = {
    "app.commands",
    "app.call",
    "markdown_it",
    "rich.markdown",
}
STARTED = """
import json, sys
import uvicorn
from app import cli

def told(server):
    server.config.load_app()()
    server.started = True
    print(json.dumps(sorted(sys.modules)))

uvicorn.Server.run = told
cli.app(["serve"], standalone_mode=False)
"""


def loaded(**settings: str) -> set[str]:
    """The modules of a process in which ``spine-mets serve`` has built the application."""
    done = subprocess.run(  # noqa: S603  the program is written out above
        [sys.executable, "-c", STARTED],
        env=environment({f"SPINE_METS_{name.upper()}": value for name, value in settings.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_start_of_the_demo_loads_nothing_that_only_others_need() -> None:
    modules = loaded(profile="demo")
    assert {"app.main", "app.composing", "cds_hooks.router", "fastapi"} <= modules
    assert LEFT_OUT & modules == set()
