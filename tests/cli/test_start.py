"""What a service that starts leaves unloaded: it costs memory and time of everybody who never asks for it."""

import json
import subprocess
import sys

from tests.cli.running_service import environment

LEFT_OUT = {
    # The other commands.
    "app.commands",
    "app.call",
    "markdown_it",
    "rich.markdown",
    # Servers to ask, of which none is named.
    "aiohttp",
    "httpx",
    "httpx2",
    "httpx_aiohttp",
    # Callers, clients and heads of chains, which nobody signs.
    "cryptography",
    "jwt",
    "limits",
    # The other kind of database.
    "psycopg",
    "sqlalchemy.dialects.postgresql",
    # The OpenAPI document.
    "app.error_examples",
    # Documents of FHIR, which come after readiness.
    "fhir",
    "fhir_core",
    "app.openapi_document",
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


def test_what_the_settings_show_to_be_needed_is_loaded_at_the_start() -> None:
    modules = loaded(profile="demo", demo_fhir_servers="http://127.0.0.1:9/fhir")
    assert {"aiohttp", "httpx2", "app.fhir.record_of_patient"} <= modules
    modules = loaded(profile="demo", authentication="service")
    assert {"cryptography", "jwt", "limits"} <= modules
