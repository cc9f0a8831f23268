"""The linter of the OpenAPI documents, at the version that is locked, with the rules that they keep."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tools.node_packages import node_with_packages

FOLDER = Path(__file__).parent / "openapi"
RULES, RULES_OF_THREE_ZERO = FOLDER / "spectral.yaml", FOLDER / "spectral-3.0.yaml"
_PROGRAM = FOLDER / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"
_SECONDS = 300


def findings(*documents: Path, rules: Path = RULES) -> list[str]:
    """Everything that the linter has to say, hints too.

    Args:
        documents: the files that are linted.
        rules: the ruleset.

    Raises:
        NodeUnavailableError: Node.js or the packages cannot be had here.
        subprocess.CalledProcessError: the linter failed.
    """
    node = node_with_packages(FOLDER)
    command = [node, str(_PROGRAM), "lint", "--ruleset", str(rules), "--format", "json", "--quiet"]
    ran = subprocess.run(  # noqa: S603  the program that is locked, paths of our own
        [*command, *map(str, documents)], capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    # 1 says that there are findings; more than that, that it could not look.
    if ran.returncode > 1:
        raise subprocess.CalledProcessError(ran.returncode, command, ran.stdout, ran.stderr)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return [f"{Path(one['source']).name}: {one['code']}: {_place(one)}: {one['message']}" for one in found]


def _place(finding: dict[str, Any]) -> str:
    return "/".join(map(str, finding["path"]))
