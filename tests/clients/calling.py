"""Generating, building and running what calls the service, and what it has to print."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.missing_tools import skip_or_fail
from tools.clients.generators import DOCUMENT, ToolMissingError, write_clients

CALLERS = Path(__file__).parent / "callers"
GUIDE = Path(__file__).parents[2] / "docs" / "clients.md"
LOCAL = "http://127.0.0.1:8000"
SECONDS = 300
# Of every program in callers, whatever its language.
PRINTED = """\
sins 7 to 14, missing: collapse, posterolateral
T11: 18 to 18, unstable
warning: T11: SINS 18 of 18. Unstable: urgent spine surgery assessment
422 The request contradicts itself: /pain code-invalid
401 The call is not authenticated: - login
sins 3 to 18, missing: pain, lesion, alignment, collapse, posterolateral
sins 3 to 18, missing: pain, lesion, alignment, collapse, posterolateral
sins 3 to 18, missing: pain, lesion, alignment, collapse, posterolateral
"""


def generated(**folders: Path) -> None:
    """Writes the clients of one generator; where it is not there, the test is skipped or fails.

    Args:
        folders: where the client of each language goes.
    """
    try:
        write_clients(folders)
    except ToolMissingError as error:
        without(", ".join(folders), str(error))


def without(language: str, reason: str) -> None:
    """Skips the tests of a language, or fails them where everything has to be there."""
    skip_or_fail(f"TESTS OF THE {language.upper()} CLIENT", f"{language} client to test", reason)


def program(name: str, package: str) -> str:
    """The path of a program of Debian's package; where it is not there, the test is skipped or fails."""
    found = shutil.which(name)
    if found is None:
        without(package, f"{name} is not there: on Debian, apt-get install {package}")
    return str(found)


def run(command: Sequence[str], folder: Path, surroundings: Mapping[str, str]) -> str:
    """What a program prints; it has to end well and to complain of nothing."""
    done = subprocess.run(  # noqa: S603  programs of the tests
        command,
        cwd=folder,
        env=dict(surroundings),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-5_000:]
    return done.stdout


def shown(language: str) -> tuple[str, str]:
    """A program of the guide, and what the guide says that it prints."""
    ((text, printed),) = re.findall(
        rf"```{language}\n(.*?)```\n.*?```text\n(.*?)```", GUIDE.read_text(), re.DOTALL
    )
    return text, printed


def example(language: str, surroundings: Mapping[str, str]) -> str:
    """The program of the guide, with the address of the service that runs."""
    text, _ = shown(language)
    assert LOCAL in text
    return text.replace(LOCAL, surroundings["SERVICE"])


def operations() -> set[str]:
    """The operationId of everything that can be called."""
    document = json.loads(DOCUMENT.read_text())
    return {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
