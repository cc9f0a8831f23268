"""``spine-mets api-key``: a key that the service takes, and an entry that tells nobody the key."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner, Result

from app.api_key_command import api_key
from app.settings import Settings
from tests.api_callers.gated import Gated


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(api_key)
    return CliRunner().invoke(app, arguments)


async def test_what_it_prints_is_what_the_service_takes() -> None:
    done = run("registry-1", "--scope", "cds/evaluate", "--scope", "cds/feedback", "--days", "30")
    assert done.exit_code == 0
    text, entry = done.stdout.splitlines()
    assert text not in entry
    assert json.loads(entry)["digest"] == hashlib.sha256(text.encode()).hexdigest()
    here = Gated(api_keys=(json.loads(entry),))
    here.clock.now = datetime.now(UTC)
    for path in ("/api/v1/scores", "/api/v1/feedback/summary"):
        assert (await here.get(path, x_api_key=text)).text == "default api-key registry-1"
    here.clock.on(days=30)
    assert (await here.get("/api/v1/scores", x_api_key=text)).status_code == 401


def test_a_key_is_for_a_year_and_to_evaluate_unless_said_otherwise() -> None:
    entry = json.loads(run("registry-1").stdout.splitlines()[1])
    (key,) = Settings(authentication="service", api_keys=(entry,)).api_keys
    assert key.scopes == ("cds/evaluate",)
    assert key.expires is not None
    assert timedelta(days=364) < key.expires - datetime.now(UTC) <= timedelta(days=365)


def test_no_two_keys_are_the_same() -> None:
    assert run("registry-1").stdout != run("registry-1").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("short",), "8 to 32 small letters"),
        (("Registry-1",), "8 to 32 small letters"),
        (("registry-1", "--scope", "cds/everything"), "--scope needs"),
        (("registry-1", "--days", "0"), "--days"),
        ((), "ID"),
    ],
)
def test_a_wrong_option_ends_with_2_and_makes_no_key(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
