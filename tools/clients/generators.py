"""Each generator: the document it reads, the command it is, and what has to be there for it.

Their versions are locked where they come from: uv.lock has the one for Python and the jar of
openapi-generator, typescript/package-lock.json the one for TypeScript.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.node_packages import NodeUnavailableError, node_with_packages

FOLDER = Path(__file__).parent
DOCUMENTS = FOLDER.parents[1] / "openapi"
DOCUMENT = DOCUMENTS / "openapi.json"
# For openapi-generator, which calls its support of 3.1 a beta.
DOCUMENT_3_0 = DOCUMENTS / "openapi-3.0.json"
TYPESCRIPT = FOLDER / "typescript"
OF_OPENAPI_GENERATOR = ("java", "go", "csharp")
LANGUAGES = ("python", "typescript", *OF_OPENAPI_GENERATOR)
# For runs of seconds: to compile for speed would take longer than it saves.
JVM_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
GENERATION_SECONDS = 300
# No pages and no tests: the comments in the code say the same, and the tests would be empty.
_CODE_ALONE = {
    "apis": "",
    "models": "",
    "supportingFiles": "",
    **dict.fromkeys(("apiDocs", "apiTests", "modelDocs", "modelTests"), "false"),
}


class ToolMissingError(Exception):
    """What a generator needs is not there: says what, and how to get it."""


class GenerationError(Exception):
    """A generator failed: says what it said last."""


def by_run(languages: Iterable[str]) -> list[list[str]]:
    """The languages by run: together those that one generator writes, because its start takes long."""
    wanted = list(dict.fromkeys(languages))
    alone = [[language] for language in wanted if language not in OF_OPENAPI_GENERATOR]
    together = [language for language in wanted if language in OF_OPENAPI_GENERATOR]
    return [*alone, together] if together else alone


def write_clients(folders: Mapping[str, Path]) -> None:
    """Writes clients; those of openapi-generator in one run.

    Args:
        folders: where the client of each language goes; what is there is replaced.

    Raises:
        ToolMissingError: the generator cannot be run here.
        GenerationError: it failed, for one of the languages at least.
    """
    if "python" in folders:
        _write_python(folders["python"])
    if "typescript" in folders:
        _write_typescript(folders["typescript"])
    together = {language: folder for language, folder in folders.items() if language in OF_OPENAPI_GENERATOR}
    if together:
        _write_with_openapi_generator(together)


def java() -> str:
    """The path of Java.

    Raises:
        ToolMissingError: it is not there.
    """
    return _on_the_path("java", "default-jre-headless")


def openapi_generator_jar() -> Path:
    """The jar of openapi-generator, which also holds what the Java client needs to run.

    Raises:
        ToolMissingError: its package is not installed.
    """
    found = importlib.util.find_spec("openapi_generator_cli")
    if found is None or found.origin is None:
        raise ToolMissingError("openapi-generator-cli is not there: make installs it into .venv")
    return Path(found.origin).with_name("openapi-generator.jar")


def _write_python(folder: Path) -> None:
    command = Path(sys.executable).with_name("openapi-python-client")
    if not command.is_file():
        raise ToolMissingError("openapi-python-client is not there: make installs it into .venv")
    settings = ["--config", str(FOLDER / "python.yaml"), "--meta", "uv", "--overwrite"]
    with tempfile.TemporaryDirectory() as name:
        document = Path(name) / DOCUMENT.name
        document.write_text(_with_one_media_type_for_each_body(), encoding="utf-8")
        places = ["--path", str(document), "--output-path", str(_emptied(folder))]
        _run([str(command), "generate", *places, *settings])


def _with_one_media_type_for_each_body() -> str:
    """The document without the second way to send the same body.

    Where there are two, openapi-python-client 0.29.1 writes a module that does not run (its issue 1451).
    """
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    for path in document["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                operation["requestBody"]["content"] = {"application/json": content["application/json"]}
    return json.dumps(document)


def _write_typescript(folder: Path) -> None:
    try:
        node = node_with_packages(TYPESCRIPT)
    except NodeUnavailableError as error:
        raise ToolMissingError(str(error)) from error
    _run([node, str(TYPESCRIPT / "generate.mjs"), str(DOCUMENT), str(folder)])


def _write_with_openapi_generator(folders: Mapping[str, Path]) -> None:
    arguments = [java(), *JVM_OPTIONS, "-jar", str(openapi_generator_jar()), "batch", "--fail-fast"]
    with tempfile.TemporaryDirectory() as name:
        settings = [_settings(language, folder, Path(name)) for language, folder in folders.items()]
        _run([*arguments, "--threads", "1", *map(str, settings)])


def _settings(language: str, folder: Path, beside: Path) -> Path:
    """The settings of one language with this run's folder, as a file for openapi-generator."""
    written = beside / f"{language}.json"
    chosen: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    places = {"inputSpec": str(DOCUMENT_3_0), "outputDir": str(folder.absolute())}
    written.write_text(json.dumps({**chosen, **places, "globalProperties": _CODE_ALONE}), encoding="utf-8")
    # It reads what not to write from the folder that it writes to.
    shutil.copy(FOLDER / "openapi-generator-ignore", _emptied(folder) / ".openapi-generator-ignore")
    return written


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _on_the_path(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ToolMissingError(f"{program} is not there: on Debian, apt-get install {package}")
    return found


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  the commands of this file
            command,
            # Where a terminal is narrow, words of a message are broken; here nobody looks at one.
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=GENERATION_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise GenerationError(f"it did not end within {GENERATION_SECONDS} seconds") from error
    if done.returncode != 0:
        raise GenerationError(f"it ended with {done.returncode}:\n{done.stdout[-2_000:]}")
