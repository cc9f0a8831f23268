"""Rules about the code that no linter checks for us."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

LONGEST_MODULE = 500
NAMES_THAT_SAY_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
MAY_READ_THE_CLOCK = (
    "app/api/",
    "app/call_command.py",
    "app/moment.py",
    "app/api_key_command.py",
    "app/audit_command.py",
    "app/checking.py",
    "app/main.py",
    "app/settings/",
    "app/web/",
    "cds_hooks/router.py",
)
EXEMPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma)", re.IGNORECASE)
EXEMPTION_WITH_CODE = re.compile(
    r"#\s*(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*"
    r"|type: ignore\[[\w-]+(?:, ?[\w-]+)*\]"
    r"|pragma: no (?:cover|branch))"
)


def test_imports_go_the_agreed_way(root: Path) -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(  # noqa: S603  the command is written out here
        [lint_imports, "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_too_long(modules: Mapping[str, str]) -> None:
    lengths = {name: len(text.splitlines()) for name, text in product(modules).items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_every_module_is_named_for_what_it_does(modules: Mapping[str, str]) -> None:
    vague = [
        name for name in modules if NAMES_THAT_SAY_NOTHING.intersection(PurePath(name).with_suffix("").parts)
    ]
    assert vague == []


def test_every_exemption_has_a_code_and_a_reason(modules: Mapping[str, str]) -> None:
    unexplained = []
    for name, text in modules.items():
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and EXEMPTION.search(token.string):
                rest = EXEMPTION_WITH_CODE.sub("", token.string)
                if EXEMPTION.search(rest) or len(re.findall(r"[A-Za-z]{2,}", rest)) < 2:
                    unexplained.append(f"{name}:{token.start[0]}: {token.string}")
    assert unexplained == []


def test_only_the_front_doors_read_the_clock(modules: Mapping[str, str]) -> None:
    reads = {
        f"{name}:{line}"
        for name, text in product(modules).items()
        if not name.startswith(MAY_READ_THE_CLOCK)
        for line in lines_that_read_the_clock(text)
    }
    assert reads == set()


def test_a_clock_is_found_however_it_is_reached() -> None:
    code = "dt.datetime.now()\nfield(factory=time.time)\nfrom time import time\ntime.monotonic()"
    assert sorted(lines_that_read_the_clock(code)) == [1, 2, 3]


def product(modules: Mapping[str, str]) -> dict[str, str]:
    return {n: text for n, text in modules.items() if n.startswith(("app/", "cds_hooks/"))}


def lines_that_read_the_clock(code: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Attribute():
                names = {".".join(ast.unparse(node).split(".")[-2:])}
            case ast.ImportFrom():
                names = {f"{node.module}.{alias.name}" for alias in node.names}
            case _:
                continue
        if names & CLOCKS:
            yield node.lineno
