"""The packages of a folder that has a package-lock.json, installed once for all who need them."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

OLDEST_NODE = 20
INSTALLATION_SECONDS = 300
NODE_SECONDS = 30


class NodeUnavailableError(Exception):
    """Node.js or the packages cannot be had here: says why."""


def node_with_packages(folder: Path) -> str:
    """The path of a Node.js for which the packages that a folder locks are installed.

    Args:
        folder: where package.json and package-lock.json are; node_modules is made beside them.

    Raises:
        NodeUnavailableError: Node.js or npm is not there or too old, or the installation failed.
    """
    reason = _reason_for_none(folder)
    if reason:
        raise NodeUnavailableError(reason)
    return str(shutil.which("node"))


# Once for each process: an installation that failed for want of a network is not tried for every test.
@cache
def _reason_for_none(folder: Path) -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return f"node or npm is not there: install Node.js {OLDEST_NODE} or newer"
    version = subprocess.run(  # noqa: S603  the program found on the path, fixed arguments
        [node, "--version"], capture_output=True, text=True, check=False, timeout=NODE_SECONDS
    ).stdout
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < OLDEST_NODE:
        return f"Node.js is too old: install version {OLDEST_NODE} or newer"
    # The lock file is held, so that of several processes one installs and the others wait.
    with (folder / "package-lock.json").open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        wanted = hashlib.sha256(locked.read()).hexdigest()
        stamp = folder / "node_modules" / ".installed"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return ""
        failure = _installation(npm, folder)
        if not failure:
            stamp.write_text(wanted, encoding="utf-8")
        return failure


def _installation(npm: str, folder: Path) -> str:
    arguments = "ci --ignore-scripts --no-audit --no-fund --engine-strict=false --prefer-offline"
    retries = "--fetch-retries=1 --fetch-timeout=60000"
    try:
        subprocess.run(  # noqa: S603  the program found on the path, fixed arguments
            [npm, *arguments.split(), *retries.split()],
            cwd=folder,
            env={**os.environ, "NODE_ENV": "production"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=INSTALLATION_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        return f"npm ci failed with exit status {error.returncode}: is the package registry within reach?"
    except subprocess.TimeoutExpired:
        return f"npm ci did not end within {INSTALLATION_SECONDS} seconds: is the registry within reach?"
    return ""
