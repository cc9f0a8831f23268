"""The TypeScript client: it passes the strict compiler, and calls a running service from Node.js."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.calling import CALLERS, PRINTED, example, generated, operations, run, shown
from tools.clients.generators import TYPESCRIPT
from tools.node_packages import node_with_packages


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, surroundings: Mapping[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("typescript")
    generated(typescript=folder / "client")
    for name in ("caller.ts", "tsconfig.json"):
        shutil.copy(CALLERS / name, folder)
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    (folder / "example.ts").write_text(example("typescript", surroundings))
    compiler = TYPESCRIPT / "node_modules" / "typescript" / "bin" / "tsc"
    run([node_with_packages(TYPESCRIPT), str(compiler), "--project", "."], folder, surroundings)
    return folder / "compiled"


def test_it_has_every_operation(compiled: Path) -> None:
    written = (compiled / "client" / "sdk.gen.js").read_text()
    assert [name for name in operations() if f"export const {name} = " not in written] == []


def test_it_calls_the_service_and_reads_typed_answers(
    compiled: Path, surroundings: Mapping[str, str]
) -> None:
    assert run([node_with_packages(TYPESCRIPT), "caller.js"], compiled, surroundings) == PRINTED


def test_the_program_of_the_guide_prints_what_the_guide_says(
    compiled: Path, surroundings: Mapping[str, str]
) -> None:
    found = run([node_with_packages(TYPESCRIPT), "example.js"], compiled, surroundings)
    assert found == shown("typescript")[1]
