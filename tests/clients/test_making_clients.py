"""``make clients``: what it writes, what it leaves out, and what the guide says of it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.clients.calling import GUIDE
from tools.clients.generators import LANGUAGES, TYPESCRIPT

ROOT = Path(__file__).parents[2]


def make(path: Path, *languages: str) -> "subprocess.CompletedProcess[str]":
    """The command where the path has nothing but this folder, which is also the one it writes to."""
    command = [sys.executable, "-m", "tools.clients", *languages, "--folder", str(path / "clients")]
    seen = {**os.environ, "PATH": str(path)}
    return subprocess.run(  # noqa: S603  our own command
        command, cwd=ROOT, env=seen, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_language_whose_tools_are_missing_is_left_out_and_the_others_are_written(tmp_path: Path) -> None:
    of_before = tmp_path / "clients" / "python" / "of_before.py"
    of_before.parent.mkdir(parents=True)
    of_before.touch()
    done = make(tmp_path, "java", "python", "typescript")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path}/clients/python: written\n"
    assert done.stderr == (
        "typescript: left out: node or npm is not there: install Node.js 20 or newer.\n"
        "java: left out: java is not there: on Debian, apt-get install default-jre-headless.\n"
    )
    assert of_before.with_name("spine_mets_client").is_dir()
    assert not of_before.exists()


def test_where_no_client_can_be_written_it_fails(tmp_path: Path) -> None:
    done = make(tmp_path, "java", "go", "csharp")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("java, go, csharp: left out: ")


def test_a_generator_that_fails_makes_it_fail_and_is_heard(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'no such schema'\nexit 3\n")
    java.chmod(0o755)
    done = make(tmp_path, "java", "typescript")
    assert done.returncode == 1
    assert done.stderr.endswith("java: failed: it ended with 3:\nno such schema\n\n")


def test_an_unknown_language_is_told_the_known_ones(tmp_path: Path) -> None:
    done = make(tmp_path, "cobol")
    assert done.returncode == 2
    assert f"no generator is known for cobol; known: {', '.join(LANGUAGES)}" in done.stderr


@pytest.mark.parametrize("generator", ["openapi-python-client", "openapi-generator", "@hey-api/openapi-ts"])
def test_the_guide_names_the_versions_that_are_used(generator: str) -> None:
    locked = {
        package["name"]: package["version"]
        for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    }
    packages = json.loads((TYPESCRIPT / "package.json").read_text())["dependencies"]
    used = {**packages, **locked, "openapi-generator": locked["openapi-generator-cli"]}
    named = re.findall(rf"\| {generator} ([\d.]+)", GUIDE.read_text())
    assert named
    assert set(named) == {used[generator]}


def test_every_package_of_npm_has_a_reason() -> None:
    page = (ROOT / "docs/decisions/0002-libraries.md").read_text()
    for name, version in json.loads((TYPESCRIPT / "package.json").read_text())["dependencies"].items():
        assert re.search(rf"^\| {name} \| {re.escape(version)} \(\d{{4}}-\d\d-\d\d\) \|", page, re.MULTILINE)
