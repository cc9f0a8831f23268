"""The clients that openapi-generator writes: Java and Go call a running service, C# is looked through.

One file for the three, because one run of the generator writes them all.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.calling import (
    CALLERS,
    PRINTED,
    example,
    generated,
    operations,
    program,
    run,
    shown,
    without,
)
from tools.clients.generators import JVM_OPTIONS, OF_OPENAPI_GENERATOR, openapi_generator_jar

ANNOTATIONS = Path("/usr/share/java/jakarta-annotation-api.jar")
IMPORTED = re.compile(r'^\t"([\w./-]+)"$', re.MULTILINE)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    generated(**{language: folder / language for language in OF_OPENAPI_GENERATOR})
    return folder


@pytest.fixture(scope="module")
def java(
    clients: Path, tmp_path_factory: pytest.TempPathFactory, surroundings: Mapping[str, str]
) -> list[str]:
    """The command that runs a class, beside which the client and the programs are compiled."""
    compiler = program("javac", "default-jdk-headless")
    if not ANNOTATIONS.is_file():
        without(
            "java", f"{ANNOTATIONS} is not there: on Debian, apt-get install libjakarta-annotation-api-java"
        )
    folder = tmp_path_factory.mktemp("java")
    (folder / "Example.java").write_text(example("java", surroundings))
    sources = [*clients.glob("java/src/main/**/*.java"), CALLERS / "Caller.java", folder / "Example.java"]
    (folder / "sources").write_text("\n".join(map(str, sources)))
    classes = f"{openapi_generator_jar()}:{ANNOTATIONS}:{folder}"
    options = [*(f"-J{option}" for option in JVM_OPTIONS), "-proc:none", "-nowarn", "-d", str(folder)]
    run([compiler, *options, "-classpath", classes, "@sources"], folder, surroundings)
    return [program("java", "default-jre-headless"), *JVM_OPTIONS, "-classpath", classes]


@pytest.fixture(scope="module")
def go(clients: Path, tmp_path_factory: pytest.TempPathFactory, surroundings: Mapping[str, str]) -> Path:
    """The folder of the two programs, compiled with the client and nothing from outside."""
    compiler = program("go", "golang-go")
    folder = tmp_path_factory.mktemp("go")
    (folder / "go.mod").write_text("module example.org/callers\n\ngo 1.19\n")
    for name, text in (
        ("caller", (CALLERS / "caller.go").read_text()),
        ("example", example("go", surroundings)),
    ):
        (folder / name).mkdir()
        (folder / name / "main.go").write_text(text)
    shutil.copytree(clients / "go", folder / "spinemets")
    # Where there is no C compiler, Go takes its own resolver of names.
    seen = {**surroundings, "GOPROXY": "off", "CGO_ENABLED": "1" if shutil.which("gcc") else "0"}
    built = folder / "built"
    built.mkdir()
    run([compiler, "build", "-ldflags=-s -w", "-o", str(built), "./..."], folder, seen)
    return built


def test_the_java_client_has_every_operation(clients: Path) -> None:
    written = "".join(path.read_text() for path in clients.glob("java/src/main/**/api/*.java"))
    assert [name for name in operations() if f" {name}WithHttpInfo(" not in written] == []


def test_the_java_client_calls_the_service_and_reads_typed_answers(
    java: list[str], tmp_path: Path, surroundings: Mapping[str, str]
) -> None:
    assert run([*java, "Caller"], tmp_path, surroundings) == PRINTED


def test_the_java_program_of_the_guide_prints_what_the_guide_says(
    java: list[str], tmp_path: Path, surroundings: Mapping[str, str]
) -> None:
    assert run([*java, "Example"], tmp_path, surroundings) == shown("java")[1]


def test_the_go_client_has_every_operation_and_needs_the_standard_library_alone(clients: Path) -> None:
    written = "".join(path.read_text() for path in clients.glob("go/*.go"))
    methods = {name[0].upper() + name[1:] for name in operations()}
    assert [name for name in methods if f"APIService) {name}(" not in written] == []
    # What comes from elsewhere has a host in its first part.
    assert [name for name in IMPORTED.findall(written) if "." in name.split("/", 1)[0]] == []


def test_the_go_client_calls_the_service_and_reads_typed_answers(
    go: Path, surroundings: Mapping[str, str]
) -> None:
    assert run([str(go / "caller")], go, surroundings) == PRINTED


def test_the_go_program_of_the_guide_prints_what_the_guide_says(
    go: Path, surroundings: Mapping[str, str]
) -> None:
    assert run([str(go / "example")], go, surroundings) == shown("go")[1]


def test_the_csharp_client_has_every_operation_and_the_error_as_a_type(clients: Path) -> None:
    source = clients / "csharp" / "src" / "SpineMets.Client"
    written = "".join(path.read_text() for path in source.glob("Api/*.cs"))
    methods = {name[0].upper() + name[1:] for name in operations()}
    assert [name for name in methods if f" {name}Async(" not in written] == []
    problem = (source / "Model" / "Problem.cs").read_text()
    assert "public List<ProblemError> Errors { get; set; }" in problem
