from collections.abc import Callable, Mapping

import pytest
from typer.testing import CliRunner, Result

from app import cli

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run a command in this process, with these settings of the environment and no others."""

    def run(*arguments: object, settings: Mapping[str, str] | None = None) -> Result:
        environment = {f"SPINE_METS_{name}": value for name, value in (settings or {}).items()}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])

    return run
