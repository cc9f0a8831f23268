"""One byte changed in what is known, or in how it is applied, is another digest."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.knowledge import load
from app.knowledge.policy import Policy

ROOT = Path(__file__).parents[2]
PRINT = (
    "from app.knowledge import load; from app.knowledge.policy import Policy; print(load(Policy()).digest)"
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def digest_in(folder: Path) -> str:
    done = subprocess.run(  # noqa: S603  this interpreter, fixed arguments
        [sys.executable, "-B", "-c", PRINT], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_copy_has_the_digest_of_the_original(copied: Path) -> None:
    assert digest_in(copied) == load(Policy()).digest


@pytest.mark.parametrize(
    "changed",
    [
        "app/knowledge/__init__.py",
        "app/knowledge/policy.py",
        "app/knowledge/sources.py",
        "app/knowledge/sins/table.py",
        "app/knowledge/urgent/patient.py",
        "app/engine/score.py",
        "app/engine/criteria.py",
    ],
)
def test_one_byte_changes_it(copied: Path, changed: str) -> None:
    path = copied / changed
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    try:
        assert digest_in(copied) != load(Policy()).digest
    finally:
        path.write_bytes(before)


def test_a_new_file_changes_it(copied: Path) -> None:
    path = copied / "app" / "knowledge" / "sins" / "new.py"
    path.write_bytes(b"")
    try:
        assert digest_in(copied) != load(Policy()).digest
    finally:
        path.unlink()


def test_what_only_shows_the_knowledge_does_not(copied: Path) -> None:
    path = copied / "app" / "web" / "knowledge.css"
    path.write_bytes(path.read_bytes() + b"\n")
    assert digest_in(copied) == load(Policy()).digest
