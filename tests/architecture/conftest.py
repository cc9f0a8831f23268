"""What the rules are checked against: every file that is, or is about to be, in version control."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def texts() -> Mapping[str, str]:
    """Every text file by its path: tracked ones, and new ones that are not ignored."""
    # safe.directory: a build machine may check the project out under another account.
    listing = subprocess.run(  # noqa: S603  the command is written out here
        [
            *("/usr/bin/env", "git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"),
            *("--cached", "--others", "--exclude-standard"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:  # an image or an archive
                continue
    return found


@pytest.fixture(scope="session")
def modules(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Every Python module by its path."""
    return {name: text for name, text in texts.items() if name.endswith(".py")}
