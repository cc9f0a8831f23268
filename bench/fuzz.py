"""Send many requests that once were good into the service, and count what went wrong.

The cases are those of tests/adversary/mutations.py, numbered: ``--seed`` is the first of them, and a number
that failed makes the same request again. Failing bodies are kept in a file, one JSON object a line.
"""

import argparse
import asyncio
import base64
import io
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.adversary.asking import ask, faults, promised
from tests.adversary.mutations import case, seeds
from tests.contract.served import application

BATCH = 2_500
RESULTS = Path(__file__).parent / "results"


@dataclass(slots=True)
class Tally:
    """What came of some cases.

    Args:
        faults: how many cases had a fault of each kind.
        failing: those cases, with their bodies.
        slowest: the most seconds of the processor that one of them took, and its number.
    """

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    failing: list[dict[str, Any]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)

    def add(self, other: "Tally") -> None:
        """Take in what came of others."""
        self.cases += other.cases
        self.statuses += other.statuses
        self.faults += other.faults
        self.failing += other.failing
        self.slowest = max(self.slowest, other.slowest)


async def _run(first: int, count: int) -> Tally:
    with _captured() as written:
        app = application()
        given, allowed, tally = seeds(app), promised(app), Tally()
        for number in range(first, first + count):
            one = case(number, given)
            written.seek(0)
            written.truncate()
            try:
                reply = await ask(app, one.path, one.body)
                found = faults(one, reply, allowed[one.path], written.getvalue().decode())
                tally.statuses[reply.status] += 1
                tally.slowest = max(tally.slowest, (reply.seconds, number))
            except Exception as error:  # noqa: BLE001  what escapes the service is what is looked for
                found = [f"escaped: {type(error).__name__}"]
            tally.cases += 1
            tally.faults.update(fault.partition(":")[0] for fault in found)
            if found:
                body = base64.b64encode(one.body).decode()
                tally.failing.append(
                    {"number": number, "path": one.path, "kind": one.kind, "faults": found, "body": body}
                )
    return tally


@contextmanager
def _captured() -> Iterator[io.BytesIO]:
    """What this process logs, the service's own lines and everybody's."""
    written = io.BytesIO()
    stream, before = io.TextIOWrapper(written, write_through=True), sys.stderr
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    sys.stderr = stream
    try:
        yield written
    finally:
        sys.stderr = before
        logging.getLogger().removeHandler(handler)


def _batch(bounds: tuple[int, int]) -> Tally:
    return asyncio.run(_run(*bounds))


def main() -> int:
    """Run, print the figures and keep what failed; 1 where anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no batch after these")
    asked = parser.parse_args()
    started, tally = time.monotonic(), Tally()
    end = asked.seed + asked.count
    batches = ((first, min(BATCH, end - first)) for first in range(asked.seed, end, BATCH))
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        running = [
            pool.submit(_batch, one) for _, one in zip(range(asked.processes * 2), batches, strict=False)
        ]
        while running:
            tally.add(running.pop(0).result())
            if time.monotonic() - started < asked.seconds:
                running += [pool.submit(_batch, one) for one in [next(batches, None)] if one is not None]
    statuses = ", ".join(f"{status}: {number:,}" for status, number in sorted(tally.statuses.items()))
    print(f"cases     {tally.cases:,}, seeds from {asked.seed:,}")
    print(f"statuses  {statuses}")
    print(f"faults    {dict(tally.faults) or 'none'} (failed is a 5xx)")
    print(f"slowest   {tally.slowest[0]:.2f} s, case {tally.slowest[1]}")
    print(f"seconds   {time.monotonic() - started:.0f} with {asked.processes} processes")
    if tally.failing:
        RESULTS.mkdir(exist_ok=True)
        kept = RESULTS / f"fuzz-{asked.seed}.ndjson"
        kept.write_text("".join(json.dumps(one) + "\n" for one in tally.failing))
        print(f"kept      {kept}")
    return 1 if tally.failing else 0


if __name__ == "__main__":
    sys.exit(main())
