"""Run the benchmark, print its tables, and write its report: see docs/performance.md.

python -m bench              about ten minutes
python -m bench --long       twenty minutes and more: more and longer rounds
python -m bench --publish    also writes docs/performance.json, the figure and the tables of the pages
python -m bench --quick      a few minutes, for whoever changes the benchmark; its figures mean little
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from bench import tables
from bench.fetching import fetched
from bench.instructions import Compared, Counted, NotCountedError, compared, count, described, read_committed
from bench.measuring import Pace, measure
from bench.publishing import publish
from bench.report import Json, report, rounded
from bench.servers import CLIENT_CORE, pin

RESULTS = Path(__file__).parent / "results"
_QUICK = Pace(rounds=3, seconds=0.2, more_rounds=1, more_seconds=0.1)
_LONG = Pace(rounds=11, seconds=1.0, more_rounds=5, more_seconds=0.3)
_FETCHING_SECONDS = 1.0


def main() -> int:
    """Measure, print and write; 1 where a count of instructions is worse than it may be."""
    options = argparse.ArgumentParser()
    options.add_argument("--publish", action="store_true", help="write docs/performance.json and the pages")
    options.add_argument("--long", action="store_true", help="more and longer rounds")
    options.add_argument("--quick", action="store_true", help="few and short rounds")
    asked = options.parse_args()
    pace = _LONG if asked.long else _QUICK if asked.quick else Pace()
    started = time.perf_counter()
    _tell("counting instructions")
    counted = _counted()
    pin(CLIENT_CORE)
    measured = measure(pace, _tell)
    _tell("hooks that fetch")
    hooks = fetched(max(3, pace.rounds // 2), _FETCHING_SECONDS)
    _tell("growth, and where the time goes")
    apart = {name: _apart(f"bench.{name}") for name in ("growth", "stages")}
    document = rounded(report(measured, hooks, counted, apart, pace))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(document, indent=2) + "\n")
    if asked.publish:
        publish(document)
    _print(document)
    print(f"\nbench/results/latest.json, after {time.perf_counter() - started:.0f} s")
    worse = [one for one in counted[1] if one.is_worse]
    for one in worse:
        print(described(one))
    return int(bool(worse))


def _counted() -> tuple[Counted | None, tuple[Compared, ...], str | None]:
    """Instructions, how they compare with the committed, and why there are none."""
    try:
        now = count()
    except NotCountedError as error:
        return None, (), str(error)
    committed = read_committed()
    return now, () if committed is None else compared(now, committed), None


def _apart(module: str) -> Json:
    """What is measured inside the service, by a process of its own: this one need not hold it."""
    command = (sys.executable, "-m", module, "--json")
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: Json = json.loads(done.stdout)
    return found


def _print(document: Json) -> None:
    rounds = document["pace"]["rounds"]
    for heading, table in (
        (f"The ordinary patient-view, 98 KB, {rounds} rounds", tables.ordinary),
        ("Every other operation and size", tables.others),
        ("Start and memory", tables.starts),
        ("Hooks that fetch everything: a read and six searches of 20 ms each", tables.fetching),
        ("How cost grows: a hook and its assessment as JSON, in process", tables.growth),
        ("The largest bodies, and probes meanwhile", tables.blocking),
        ("Where the time of the ordinary patient-view goes, in process", tables.stages),
        ("Instructions of a call inside the process", tables.instructions),
        ("Targets", tables.targets),
    ):
        print(f"\n{heading}\n{tables.as_text(table(document))}")
    print(f"\nOurs, of HealthChain's: {tables.healthchain(document)}")


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
