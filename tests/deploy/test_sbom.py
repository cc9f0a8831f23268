"""What the service runs with: every locked package of it, with version and address, and nothing else."""

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command of the Makefile writes, in a copy of what it reads."""
    copy = tmp_path_factory.mktemp("sbom")
    for name in ("Makefile", "pyproject.toml", "uv.lock", "README.md"):
        shutil.copy2(ROOT / name, copy)
    (copy / "tools").mkdir()
    shutil.copy2(ROOT / "tools/uv", copy / "tools/uv")
    (copy / ".tools").symlink_to(ROOT / ".tools")
    subprocess.run(["/usr/bin/env", "make", "sbom"], cwd=copy, check=True, timeout=120)
    found: dict[str, Any] = json.loads((copy / "dist/sbom.cdx.json").read_text())
    return found


@pytest.fixture(scope="module")
def locked() -> dict[str, dict[str, Any]]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    return {package["name"]: package for package in lock["package"]}


def needed(locked: dict[str, dict[str, Any]]) -> set[str]:
    """The packages that the service needs to run, on any platform, read from the lock file itself."""
    reached: set[tuple[str, str]] = set()
    ahead = [("spine-mets", "")]
    while ahead:
        name, extra = ahead.pop()
        if (name, extra) in reached:
            continue
        reached.add((name, extra))
        package = locked[name]
        listed = (
            package.get("optional-dependencies", {}).get(extra, [])
            if extra
            else package.get("dependencies", [])
        )
        for one in listed:
            ahead.extend((one["name"], wanted) for wanted in ("", *one.get("extra", [])))
    return {name for name, _ in reached} - {"spine-mets"}


def test_it_is_a_document_of_the_service(document: dict[str, Any]) -> None:
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    subject = document["metadata"]["component"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (subject["name"], subject["version"]) == ("spine-mets", version)


def test_every_package_is_there_with_version_and_address(
    document: dict[str, Any], locked: dict[str, dict[str, Any]]
) -> None:
    listed = {
        part["name"]: (part["version"], part["purl"].partition("?")[0]) for part in document["components"]
    }
    assert listed == {
        name: (locked[name]["version"], f"pkg:pypi/{name}@{locked[name]['version']}")
        for name in needed(locked)
    }
    assert len(listed) > 30


def test_no_development_package_is_in_it(document: dict[str, Any]) -> None:
    names = {part["name"] for part in document["components"]}
    developing = {"pytest", "ruff", "mypy", "hypothesis", "schemathesis", "playwright"}
    assert not names & (developing | {"openapi-python-client", "openapi-generator-cli"})


def test_every_file_of_a_package_has_its_digest(document: dict[str, Any]) -> None:
    for part in document["components"]:
        files = part["externalReferences"]
        assert files
        assert all(file["hashes"] for file in files if file["type"] == "distribution")
