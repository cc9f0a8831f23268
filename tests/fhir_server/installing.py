"""The packages of the FHIR server, installed once for all who test beside each other."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
LOCKED = FOLDER / "package-lock.json"
STAMP = FOLDER / "node_modules" / ".installed"
OLDEST_NODE = 20
INSTALLATION_SECONDS = 300
NODE_SECONDS = 30


class ServerUnavailableError(Exception):
    """The FHIR server cannot be started here: says why."""


def node_command() -> str:
    """The path of a Node.js for which the packages are installed.

    Raises:
        ServerUnavailableError: Node.js or npm is not there or too old, or the installation failed.
    """
    reason = _reason_for_none()
    if reason:
        raise ServerUnavailableError(reason)
    return str(shutil.which("node"))


# Once for each process: an installation that failed for want of a network is not tried for every test.
@cache
def _reason_for_none() -> str:
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
    with LOCKED.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        wanted = hashlib.sha256(locked.read()).hexdigest()
        if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted:
            return ""
        failure = _installation(npm)
        if not failure:
            STAMP.write_text(wanted, encoding="utf-8")
        return failure


def _installation(npm: str) -> str:
    arguments = "ci --ignore-scripts --no-audit --no-fund --engine-strict=false --prefer-offline"
    retries = "--fetch-retries=1 --fetch-timeout=60000"
    try:
        subprocess.run(  # noqa: S603  the program found on the path, fixed arguments
            [npm, *arguments.split(), *retries.split()],
            cwd=FOLDER,
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
