"""Rules about the project around the code."""

import os
import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

# Written so that neither pattern finds itself. What comes after < is the end of an element.
MACHINE_PATH = re.compile(r"(?<![\w./:<-])/" + r"(?:work|root|farm|Users/\w+|home/\w+)(?![\w-])")
HOW_THE_TEXT_WAS_MADE = re.compile(
    r"\b(?:[c]laude|[a]nthropic|[c]hatgpt|[o]penai|[c]opilot|[l]lms?|language [m]odels?"
    r"|a[i][- ](?:agents?|assistants?|generated|tools?|written)|sub-?[a]gents?|coding [a]gents?"
    r"|(?:agent|coding|previous) [s]essions?)\b",
    re.IGNORECASE,
)
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives"]


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dependencies(project: dict[str, Any]) -> set[str]:
    stated = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    return {distribution(requirement) for requirement in stated} | {"uv"}


def distribution(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


@pytest.mark.parametrize(
    "name", ["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "uv.lock"]
)
def test_what_a_reader_looks_for_first_is_there(name: str, texts: Mapping[str, str]) -> None:
    assert texts[name].strip()


def test_no_file_names_a_place_on_some_machine(texts: Mapping[str, str]) -> None:
    assert lines_with(MACHINE_PATH, texts) == []


def test_the_files_speak_of_the_product_alone(texts: Mapping[str, str]) -> None:
    assert lines_with(HOW_THE_TEXT_WAS_MADE, texts) == []


def test_every_library_has_a_reason(root: Path, dependencies: set[str]) -> None:
    page = (root / "docs/decisions/0002-libraries.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    reasons = {distribution(row[0].strip("`")): row[-1] for row in rows if row and row[0].startswith("`")}
    assert set(reasons) == dependencies
    assert all(reasons.values())


def test_every_decision_has_the_same_sections(texts: Mapping[str, str]) -> None:
    pages = {name: text for name, text in texts.items() if name.startswith("docs/decisions/0")}
    assert pages
    assert {n: re.findall(r"(?m)^## (.+)$", text) for n, text in pages.items()} == dict.fromkeys(
        pages, SECTIONS
    )


def test_every_tool_agrees_on_the_oldest_python(root: Path, project: dict[str, Any]) -> None:
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    bases = re.findall(r"(?m)^FROM (\S+)", (root / "Dockerfile").read_text(encoding="utf-8"))
    assert bases
    assert all(base.startswith(f"python:{oldest}.") for base in bases)


def test_every_place_installs_the_same_uv(root: Path) -> None:
    script = re.findall(r"(?m)^VERSION=(\S+)$", (root / "tools/uv").read_text(encoding="utf-8"))
    image = re.findall(r"uv==(\S+)", (root / "Dockerfile").read_text(encoding="utf-8"))
    assert len(script) == 1
    assert script == image


def test_the_lock_file_knows_every_dependency(root: Path, project: dict[str, Any]) -> None:
    lock = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"] for package in lock["package"]}
    stated = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert {distribution(requirement) for requirement in stated} - locked == set()


@pytest.mark.parametrize("name", [".ci/run", "tools/uv"])
def test_scripts_can_be_run(name: str, root: Path) -> None:
    assert os.access(root / name, os.X_OK)


def test_make_knows_every_promised_command(root: Path) -> None:
    commands = ["run", "test", "check", "bench", "openapi", "clients", "clean"]
    subprocess.run(  # noqa: S603  the command is written out here, and a dry run changes nothing
        ["/usr/bin/env", "make", "--dry-run", *commands],
        cwd=root,
        capture_output=True,
        check=True,
    )


def lines_with(pattern: re.Pattern[str], texts: Mapping[str, str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
