"""Instructions of a call inside the process, counted by callgrind, which catch what no stopwatch here would.

Requests a second vary sixfold on a shared machine; these counts repeat. They are compared with the committed
ones where interpreter, lock file and processor are the same, and else as multiples of the yardstick's own
count of the same run. More than 2 % worse is a failure.

    python -m bench.instructions            counts and compares
    python -m bench.instructions --write    commits new figures: bench/instructions.json
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bench.instruction_path import FEW, MANY, sections

COMMITTED = Path(__file__).parent / "instructions.json"
ALLOWED = Fraction(2, 100)
_ROOT = Path(__file__).parents[1]
_LONGEST = 900
Counts = Mapping[str, Mapping[str, int]]


class NotCountedError(Exception):
    """Nothing can be counted here; the message says why."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Instructions of a call, by server and record, and what they were counted on.

    Args:
        counts: of ``product`` and ``yardstick``.
        place: what decides the numbers beside the code: interpreter, lock file, processor, callgrind.
    """

    counts: Counts
    place: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """A count held against the committed one.

    Args:
        record: what was counted with.
        change: what it is worse by, as a share; below 0 where it is better.
        by: ``count``, or ``ratio`` where the place is another one.
    """

    record: str
    change: Fraction
    by: str

    @property
    def is_worse(self) -> bool:
        """Whether it is worse by more than is allowed."""
        return self.change > ALLOWED


def compared(now: Counted, committed: Counted) -> tuple[Compared, ...]:
    """Every count of the product held against the committed one.

    Args:
        now: what was counted.
        committed: what it is held against.
    """
    same = now.place == committed.place
    found = []
    for record, count in now.counts["product"].items():
        before = committed.counts["product"].get(record)
        if before is None:
            continue
        if same:
            found.append(Compared(record, Fraction(count, before) - 1, "count"))
        else:
            own = Fraction(count, now.counts["yardstick"][record])
            its = Fraction(before, committed.counts["yardstick"][record])
            found.append(Compared(record, own / its - 1, "ratio"))
    return tuple(found)


def read_committed() -> Counted | None:
    """The committed counts; None where none are."""
    if not COMMITTED.exists():
        return None
    document = json.loads(COMMITTED.read_text())
    return Counted(document["counts"], document["place"])


def write(counted: Counted) -> None:
    """Commit counts."""
    document = {"place": counted.place, "counts": counted.counts}
    COMMITTED.write_text(json.dumps(document, indent=2) + "\n")


def count() -> Counted:
    """The instructions of a call of every server with every record.

    Raises:
        NotCountedError: callgrind is not here, or does not work.
    """
    if shutil.which("valgrind") is None or shutil.which("vgdb") is None:
        raise NotCountedError("valgrind is not installed; on Debian: apt-get install valgrind")
    with tempfile.TemporaryDirectory() as folder:
        totals = _run(Path(folder))
    expected = list(sections())
    # Before the first section there is the start, and after the last one the end.
    if len(totals) < len(expected) + 1:
        raise NotCountedError(f"callgrind wrote {len(totals)} sections in place of {len(expected) + 1}")
    by_section = dict(zip(expected, totals[1:], strict=False))
    counts: dict[str, dict[str, int]] = {}
    for server, record, number in expected:
        if number == MANY:
            more = by_section[server, record, MANY] - by_section[server, record, FEW]
            counts.setdefault(server, {})[record] = round(more / (MANY - FEW))
    return Counted(counts, _place())


def _run(folder: Path) -> list[int]:
    """The instructions of each section, in order."""
    out = folder / "out"
    command = [
        # Where things lie in memory decides how often hashes collide.
        *(["setarch", "-R"] if shutil.which("setarch") else []),
        *("valgrind", "--tool=callgrind", "--instr-atstart=no", "--dump-before=getppid"),
        f"--callgrind-out-file={out}",
        *(sys.executable, "-m", "bench.instruction_path", f"sqlite:///{folder}/kept.db"),
    ]
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "HOME": str(folder)}
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotCountedError(f"callgrind took longer than {_LONGEST} s") from None
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise NotCountedError(f"the path ended with {done.returncode}: {' '.join(last)[:300]}")
    dumps = sorted(folder.glob("out.*"), key=lambda path: int(path.suffix[1:]))
    return [_total(path.read_text()) for path in dumps]


def _total(dump: str) -> int:
    found = re.search(r"^totals: (\d+)", dump, re.MULTILINE)
    if found is None:
        raise NotCountedError("a section of callgrind has no total")
    return int(found[1])


def _place() -> dict[str, str]:
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=False)  # noqa: S607  wherever it is installed
    return {
        "interpreter": f"{platform.python_implementation()} {sys.version}",
        "lock": hashlib.sha256((_ROOT / "uv.lock").read_bytes()).hexdigest(),
        "processor": processor(),
        "callgrind": valgrind.stdout.strip(),
    }


def processor() -> str:
    """The model of the processor, as the system names it."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        found = re.search(r"^model name\s*: (.*)$", listed.read_text(), re.MULTILINE)
        if found is not None:
            return found[1]
    return platform.processor() or platform.machine()


def main() -> int:
    """Count, and compare or commit; 1 where a count is worse than it may be, or there is none to write."""
    options = argparse.ArgumentParser()
    options.add_argument("--write", action="store_true", help="commit what is counted")
    asked = options.parse_args()
    try:
        counted = count()
    except NotCountedError as error:
        print(f"NO INSTRUCTIONS WERE COUNTED: {error}")
        return int(asked.write)
    for server, counts in counted.counts.items():
        print(server, ", ".join(f"{record}: {number:,}" for record, number in counts.items()))
    if asked.write:
        write(counted)
        return 0
    committed = read_committed()
    found = () if committed is None else compared(counted, committed)
    for one in found:
        print(described(one))
    return int(any(one.is_worse for one in found))


def described(one: Compared) -> str:
    """A comparison in words."""
    word = "WORSE THAN IS ALLOWED" if one.is_worse else "within what is allowed"
    return f"instructions, {one.record}: {float(one.change):+.2%} by {one.by} against the committed, {word}"


if __name__ == "__main__":
    sys.exit(main())
