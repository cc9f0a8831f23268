"""The Dockerfile without a container: its steps carried out below a temporary root directory.

Every absolute path in a step is put below that root, which starts as a bare Python at
``/usr/local``, as in the base image. The last stage begins with an empty root, so what it does not
copy from the first is missing here too.
"""

import http.client
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# Any other step might change the machine the tests run on: teach this test about it first.
HARMLESS = re.compile(
    r"(?:pip install|uv sync)(?: [\w.=-]+)+|install -d -m 1777(?: /var/lib/spine-mets[a-z/]*)+"
)
ABSOLUTE = re.compile(r"(?<![\w./-])/(?=\w)")
FROM_OUTSIDE = re.compile(r"HOME|TMPDIR|SSL_CERT_\w+|PIP_\w+|UV_CACHE_DIR|\w+_proxy", re.IGNORECASE)
PATIENCE = 30.0
PROBES = ("/health/live", "/health/ready", "/health/startup")


class CommandError(Exception):
    """A command ended with anything but success; its output is the message."""


@dataclass
class Stage:
    """One stage of a Dockerfile: its base and its instructions in order."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        return [text for name, text in self.steps if name == instruction][-1]


def parse(dockerfile: str) -> list[Stage]:
    text = re.sub(r"(?m)^\s*#.*\n", "", dockerfile).replace("\\\n", " ")
    stages: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(name, base))
        else:
            stages[-1].steps.append((instruction, rest.strip()))
    return stages


class Image:
    """What a stage has built so far: files below a root, environment, working directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.directory = root
        self.env = {k: v for k, v in os.environ.items() if FROM_OUTSIDE.fullmatch(k)}
        if certificates():
            self.env["SSL_CERT_FILE"] = certificates()
        self.env["PATH"] = f"{root}/usr/local/bin:/usr/bin:/bin"

    def inside(self, text: str) -> str:
        return ABSOLUTE.sub(f"{self.root}/", text)

    def apply(self, instruction: str, rest: str, context: Path, stages: Mapping[str, Path]) -> None:
        match instruction:
            case "ENV":
                for pair in shlex.split(rest):
                    name, _, value = pair.partition("=")
                    self.env[name] = self.inside(value).replace("$PATH", self.env["PATH"])
            case "WORKDIR":
                self.directory = Path(self.inside(rest))
                self.directory.mkdir(parents=True, exist_ok=True)
            case "COPY":
                self.copy(rest.split(), context, stages)
            case "RUN":
                assert HARMLESS.fullmatch(rest), f"not tried outside a container: RUN {rest}"
                execute(["/bin/sh", "-c", self.inside(rest)], self.env, self.directory)
            case "USER" | "EXPOSE" | "VOLUME" | "HEALTHCHECK" | "ENTRYPOINT" | "CMD":
                pass
            case _:
                pytest.fail(f"an instruction this test does not know: {instruction}")

    def copy(self, words: list[str], context: Path, stages: Mapping[str, Path]) -> None:
        origin = context
        if words[0].startswith("--from="):
            origin = stages[words.pop(0).removeprefix("--from=")]
        *sources, destination = words
        target = self.directory / self.inside(destination)
        for source in sources:
            path = origin / source.lstrip("/")
            if path.is_dir():
                leave = shutil.ignore_patterns("__pycache__") if origin == context else None
                shutil.copytree(path, target, symlinks=True, ignore=leave, dirs_exist_ok=True)
            elif destination.endswith("/"):
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
            else:
                shutil.copy2(path, target)


def certificates() -> str:
    """The file of a site's own certificates, if it has one; pip may be the only one told of it."""
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT") or ""


def execute(command: list[str], env: dict[str, str], directory: Path) -> str:
    done = subprocess.run(  # noqa: S603  the commands of our own Dockerfile, checked against a list
        command,
        env=env,
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise CommandError(f"{shlex.join(command)}\n{done.stdout}")
    return done.stdout


def index_answers(root: Path) -> bool:
    lock = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    package = next(package for package in lock["package"] if "registry" in package["source"])
    address = f"{package['source']['registry']}/{package['name']}/"
    try:
        trust = ssl.create_default_context(cafile=certificates() or None)
        with urllib.request.urlopen(address, timeout=20, context=trust):  # noqa: S310  https, from our own lock file
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def stages(root: Path) -> list[Stage]:
    return parse((root / "Dockerfile").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def image(root: Path, stages: list[Stage], tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The last stage, built."""
    folder = tmp_path_factory.mktemp("image")
    try:
        return build(stages, root, folder)
    except CommandError:
        if not index_answers(root):
            pytest.skip("THE IMAGE WAS NOT TRIED: the package index cannot be reached")
        raise


def build(stages: list[Stage], context: Path, folder: Path) -> Image:
    *earlier, last = stages
    # One place for every stage in turn: programs remember the path they were installed under.
    place = folder / "root"
    built: dict[str, Path] = {}
    for stage in earlier:
        carry_out(stage, place, context, built)
        built[stage.name] = place.rename(folder / stage.name)
    return carry_out(last, place, context, built)


def carry_out(stage: Stage, place: Path, context: Path, built: Mapping[str, Path]) -> Image:
    base = [str(context / "tools/uv"), "venv", "--seed", "--python", sys.executable]
    execute([*base, f"{place}/usr/local"], dict(os.environ), context)
    image = Image(place)
    for instruction, rest in stage.steps:
        image.apply(instruction, rest, context, built)
    return image


@pytest.fixture
def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def command(stage: Stage) -> list[str]:
    return [*json.loads(stage.last("ENTRYPOINT")), *json.loads(stage.last("CMD"))]


def test_image_runs_as_a_numbered_user_without_rights(stages: list[Stage]) -> None:
    user, _, group = stages[-1].last("USER").partition(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000


def test_every_base_is_one_version_and_no_moving_tag(stages: list[Stage]) -> None:
    pinned = re.compile(r"python:3\.11\.\d+-slim-[a-z]+(?:@sha256:[0-9a-f]{64})?")
    assert all(pinned.fullmatch(stage.base) for stage in stages)
    assert len({stage.base for stage in stages}) == 1


def test_image_does_not_claim_that_a_gateway_authenticates(stages: list[Stage]) -> None:
    named = [rest for stage in stages for name, rest in stage.steps if name in ("ENV", "ARG")]
    assert "SPINE_METS_PROFILE=service" in named[-1]
    assert not any("SPINE_METS_AUTHENTICATION" in rest for rest in named)


def test_only_what_is_copied_reaches_the_build(root: Path, stages: list[Stage]) -> None:
    rules = (root / ".dockerignore").read_text(encoding="utf-8").split("\n")
    listed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copies = [rest.split() for stage in stages for name, rest in stage.steps if name == "COPY"]
    copied = {word for words in copies if "--from" not in words[0] for word in words[:-1]}
    assert "*" in rules
    assert listed == copied


def test_image_holds_the_installed_package(image: Image) -> None:
    places = execute(
        ["python", "-c", "import app, cds_hooks; print(app.__file__, cds_hooks.__file__)"],
        image.env,
        image.root,
    )
    assert all(place.startswith(f"{image.root}/opt/spine-mets/lib/") for place in places.split())


def test_image_holds_no_development_package(image: Image) -> None:
    assert not list(image.root.glob("opt/spine-mets/lib/python*/site-packages/pytest"))


def test_image_has_its_byte_code_compiled(image: Image) -> None:
    assert list(image.root.glob("opt/spine-mets/lib/python*/site-packages/app/__pycache__/*.pyc"))


def test_image_prints_the_scores(image: Image, stages: list[Stage]) -> None:
    program = command(stages[-1])[0]
    assert "sins" in execute([program, "scores"], image.env, image.root)


def test_image_refuses_to_serve_without_a_gateway(image: Image, stages: list[Stage], free_port: str) -> None:
    env = image.env | {"SPINE_METS_HOST": "127.0.0.1", "SPINE_METS_PORT": free_port}
    with pytest.raises(CommandError, match="SPINE_METS_AUTHENTICATION"):
        execute(command(stages[-1]), env, image.root)


def test_image_serves_behind_a_gateway_and_its_health_check_says_so(
    image: Image, stages: list[Stage], free_port: str
) -> None:
    check = json.loads(stages[-1].last("HEALTHCHECK").partition(" CMD ")[2])
    folder = image.root / "var/lib/spine-mets"
    assert image.env["SPINE_METS_DATABASE"] == "sqlite:////var/lib/spine-mets/spine-mets.db"
    assert image.env["SPINE_METS_AUDIT_SPOOL"] == f"{folder}/spool"
    key = image.root.parent / "pseudonym-key"
    key.write_text("an invented key of more than thirty-two characters")
    key.chmod(0o400)
    env = image.env | {
        "SPINE_METS_DATABASE": f"sqlite:///{folder}/spine-mets.db",
        "SPINE_METS_AUTHENTICATION": "gateway",
        "SPINE_METS_PUBLIC_BASE_URL": "https://cds.example.org",
        "SPINE_METS_PSEUDONYM_KEY_FILE": str(key),
        "SPINE_METS_DRAIN_SECONDS": "0",
        "SPINE_METS_HOST": "127.0.0.1",
        "SPINE_METS_PORT": free_port,
    }
    with pytest.raises(CommandError, match="ConnectionRefusedError"):
        execute(check, env, image.root)
    before = files(image.root, leave=folder)
    with subprocess.Popen(command(stages[-1]), env=env, cwd=image.root) as service:  # noqa: S603  the image's own command
        try:
            assert becomes_healthy(service, check, env)
            assert {path: status(free_port, path) for path in PROBES} == dict.fromkeys(PROBES, 200)
            assert status(free_port, "/api/v1/scores/sins", b'{"level": "T11"}') == 200
            assert (folder / "spine-mets.db").is_file()
        finally:
            service.terminate()
        assert service.wait(PATIENCE) == 0
    # So the root of the container can be read-only.
    assert files(image.root, leave=folder) == before


def files(root: Path, leave: Path) -> dict[str, tuple[int, int]]:
    """Every file below a root, but for one folder, and what tells that it was written."""
    found = (path for path in root.rglob("*") if not path.is_relative_to(leave) and not path.is_dir())
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in found}


def status(port: str, path: str, body: bytes | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)
    headers = {"content-type": "application/json"} if body else {}
    connection.request("POST" if body else "GET", path, body, headers)
    answered = connection.getresponse().status
    connection.close()
    return answered


def becomes_healthy(service: subprocess.Popen[bytes], check: list[str], env: dict[str, str]) -> bool:
    end = time.monotonic() + PATIENCE
    while service.poll() is None and time.monotonic() < end:
        try:
            execute(check, env, Path.cwd())
        except CommandError:
            continue
        return True
    return False
