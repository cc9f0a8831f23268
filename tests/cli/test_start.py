"""What a service that starts leaves unloaded: it costs memory and time of everybody who never asks for it."""

import json
import subprocess
import sys
from typing import NamedTuple

from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import PERITROCHANTERIC, limb_lesion, spinal_lesion
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
    # The file of organisations, which is not there.
    "yaml",
    "app.openapi_document",
}
STARTED = """
import asyncio, json, sys
import uvicorn
from app import cli

ADDRESS = "/cds-services/spinal-metastasis-patient-view"
SCOPE = {
    "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "root_path": "", "state": {},
    "path": ADDRESS, "raw_path": ADDRESS.encode(), "query_string": b"", "asgi": {"version": "3.0"},
    "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
    "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9),
}
BODY = sys.stdin.buffer.read()

async def receive():
    return {"type": "http.request", "body": BODY, "more_body": False}

async def send(message):
    if "status" in message:
        statuses.append(message["status"])

statuses = []

def told(server):
    application = server.config.load_app()()
    server.started = True
    started = set(sys.modules)
    if BODY:
        asyncio.run(application(SCOPE, receive, send))
    print(json.dumps([sorted(started), statuses, sorted(set(sys.modules) - started)]))

uvicorn.Server.run = told
cli.app(["serve"], standalone_mode=False)
"""


class Start(NamedTuple):
    """What a process has loaded in which ``spine-mets serve`` has built the application."""

    modules: set[str]
    statuses: list[int]
    loaded_by_call: set[str]


def started(body: bytes = b"", **settings: str) -> Start:
    done = subprocess.run(  # noqa: S603  the program is written out above
        [sys.executable, "-c", STARTED],
        env=environment({f"SPINE_METS_{name.upper()}": value for name, value in settings.items()}),
        input=body,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    modules, statuses, more = json.loads(done.stdout.splitlines()[-1])
    return Start(set(modules), statuses, set(more))


def test_a_start_of_the_demo_loads_nothing_that_only_others_need() -> None:
    modules = started(profile="demo").modules
    assert {"app.main", "app.composing", "cds_hooks.router", "fastapi"} <= modules
    assert LEFT_OUT & modules == set()


def test_what_the_settings_show_to_be_needed_is_loaded_at_the_start() -> None:
    modules = started(profile="demo", demo_fhir_servers="http://127.0.0.1:9/fhir").modules
    assert {"aiohttp", "httpx2", "app.fhir.record_of_patient"} <= modules
    modules = started(profile="demo", authentication="service").modules
    assert {"cryptography", "jwt", "limits"} <= modules


def test_the_first_call_for_a_chart_loads_nothing() -> None:
    lesions = [*spinal_lesion("T11"), *limb_lesion(PERITROCHANTERIC, "left")]
    start = started(json.dumps(hook_request(lesions)).encode(), profile="demo")
    assert start.statuses == [200]
    # A codec comes with the first text that is encoded in it.
    assert {name for name in start.loaded_by_call if not name.startswith("encodings.")} == set()
