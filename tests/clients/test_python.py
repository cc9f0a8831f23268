"""The Python client: as it is generated it calls a running service, and has every operation."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.calling import CALLERS, PRINTED, example, generated, operations, run, shown


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("python")
    generated(python=folder)
    return folder


def test_it_has_every_operation(client: Path) -> None:
    written = {path.stem.replace("_", "") for path in client.glob("spine_mets_client/api/*/*.py")}
    assert {name.lower() for name in operations()} - written == set()


def test_it_calls_the_service_and_reads_typed_answers(client: Path, surroundings: Mapping[str, str]) -> None:
    seen = {**surroundings, "PYTHONPATH": str(client)}
    assert run([sys.executable, str(CALLERS / "caller.py")], client, seen) == PRINTED


def test_a_stranger_gets_from_an_open_question_to_a_settled_answer(
    client: Path, surroundings: Mapping[str, str]
) -> None:
    script = client / "stranger.py"
    script.write_text(example("python", surroundings))
    found = run([sys.executable, str(script)], client, {**surroundings, "PYTHONPATH": str(client)})
    assert found == shown("python")[1]
    assert re.search(r"settled: True", found)
