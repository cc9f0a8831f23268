"""HealthChain's own environment: made once below ``.tools`` from the locked, hashed requirements."""

import hashlib
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_FOLDER = _ROOT / ".tools" / "healthchain"
_REQUIREMENTS = Path(__file__).parent / "healthchain_service" / "requirements.txt"


class NotInstalledError(Exception):
    """It cannot be had here; the message says why."""


def healthchain_python() -> Path:
    """The interpreter of the environment, which is made where it is not there yet.

    Raises:
        NotInstalledError: it cannot be installed.
    """
    locked = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    installed, python = _FOLDER / "installed", _FOLDER / "bin" / "python"
    if installed.exists() and installed.read_text() == locked:
        return python
    uv = str(_ROOT / "tools" / "uv")
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(_FOLDER)])
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes"]
    _run([*install, "--python", str(python), "--requirement", str(_REQUIREMENTS)])
    installed.write_text(locked)
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise NotInstalledError(f"{' '.join(command[1:3])} failed: {last[:200]}")
