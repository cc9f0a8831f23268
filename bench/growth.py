"""How cost grows with a record, and how long the largest body holds up everybody else.

    python -m bench.growth          prints tables
    python -m bench.growth --json   prints what the tables are made from

Growth is measured in this process, with the limits on bodies raised: CPU time, the least of several runs, and
the most memory at once. What 900 more Observations cost each is compared with what 9,000 more do, so that
what every call costs by itself counts for neither. The longest wait is measured from outside: a server of its
own is asked for its health every 5 ms while it judges the largest bodies that it accepts.
"""

import gc
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import msgspec

from app.api.wire import assessment_json
from app.desk import Desk
from app.fhir import strict
from app.settings import Profile, Settings
from bench.record import SNOMED, dated, hook_request
from bench.tables import as_text, blocking, growth
from cds_hooks.services import PATIENT_VIEW

OBSERVATIONS = (100, 1_000, 10_000)
LESIONS = (1, 10, 20, 50)
RUNS = 5
_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_BETWEEN = 0.005
Json = dict[str, Any]
HOOK = "/cds-services/spinal-metastasis-patient-view"
ASSESSMENTS = "/api/v1/assessments"
_COMMAND = str(Path(sys.executable).with_name("spine-mets"))
_STARTING = 60.0
_SECONDS = 15.0
_ITEMS, _FINDINGS = 100, 5
_LEFT, _RIGHT = "7771000", "24028007"
# fmt: off
_VERTEBRAE = (
    "12989004", "36470004", "14806007", "39976000", "113205007", "5329002", "36978003", "36054005",
    "87391001", "64864005", "53733008", "1626008", "73071006", "56401006", "45296009", "62487009",
    "11068009", "82687006", "7610001", "23215003", "66794005", "14293000", "11994002", "49668003", "65985001",
)
_LIMBS = (
    "71341001", "85050009", "12611008", "62413002", "23416004", "87342007", "79601000", "22356005",
    "85710004", "82561000", "37783008", "113197003", "306783000",
)
# fmt: on
# By turns, so that however many are taken, half are of each kind.
_SITES = [
    site
    for vertebra, limb in zip(
        [(code, None) for code in _VERTEBRAE],
        [(code, side) for side in (_LEFT, _RIGHT) for code in _LIMBS][: len(_VERTEBRAE)],
        strict=True,
    )
    for site in (vertebra, limb)
]


def measure() -> dict[str, Any]:
    """Everything that ``main`` prints."""
    return {"observations": _observations(), "lesions": _lesions(), "blocking": _blocking()}


def main() -> None:
    """Measure and print, on every core, whoever calls."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    found = measure()
    if "--json" in sys.argv[1:]:
        print(json.dumps(found))
        return
    print(as_text(growth({"growth": found})))
    print()
    print(as_text(blocking({"growth": found})))


# -- growth ---------------------------------------------------------------------------------------


def _observations() -> dict[str, Any]:
    return _growth([(number, _dated(hook_request(observations=number))) for number in OBSERVATIONS])


def _lesions() -> dict[str, Any]:
    return _growth([(number, _with_lesions(number)) for number in LESIONS])


def _growth(bodies: list[tuple[int, bytes]]) -> dict[str, Any]:
    """CPU time and memory of each, and each step from one to the next by what is added."""
    strict.MAX_NODES *= 20
    desk = Desk(Settings(profile=Profile.DEMO, database="sqlite://"))
    work = {number: partial(_judged, desk, body) for number, body in bodies}
    for one in work.values():
        one()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    seconds = _least(work)
    memory = {number: _most_memory(one) for number, one in work.items()}
    strict.MAX_NODES //= 20
    rows = []
    for before, number in pairwise((0, *work)):
        added = number - before
        rows.append(
            {
                "number": number,
                "cpu_milliseconds": 1e3 * seconds[number],
                "microseconds_each": 1e6 * (seconds[number] - seconds.get(before, 0)) / added,
                "mebibytes": memory[number] / 2**20,
                "kibibytes_each": (memory[number] - memory.get(before, 0)) / added / 2**10,
            }
        )
    # The first step holds what every call costs by itself.
    each = [row["microseconds_each"] for row in rows[1:]]
    return {"rows": rows, "spread": max(each) / min(each)}


def _judged(desk: Desk, body: bytes) -> None:
    """A hook from its body to its cards, and its assessment as JSON."""
    request = desk.judging.request(PATIENT_VIEW, body)
    taken = desk.judging.taken(PATIENT_VIEW, request, body)
    judged = desk.judging.judged(taken, taken.gathered(), _NOW, lambda _about: False)
    msgspec.json.encode(assessment_json(judged.assessment, "d-1"))


def _least(work: Mapping[int, Callable[[], None]]) -> dict[int, float]:
    """The least processor time of each, by turns: a shared machine is faster now and slower then."""
    least = dict.fromkeys(work, float("inf"))
    began, rounds = time.process_time(), 0
    while rounds < RUNS or time.process_time() - began < _SECONDS:
        rounds += 1
        for number, one in work.items():
            gc.collect()
            started = time.process_time()
            one()
            least[number] = min(least[number], time.process_time() - started)
    return least


def _most_memory(work: Callable[[], None]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# -- bodies ---------------------------------------------------------------------------------------


def _dated(body: bytes) -> bytes:
    return dated(body, _NOW)


def _with_lesions(number: int) -> bytes:
    """The request with so many lesions, each with a Condition and findings, by turns in spine and limbs."""
    request: Json = json.loads(_dated(hook_request(observations=60)))
    prefetch = request["prefetch"]
    conditions, observations = prefetch["conditions"]["entry"], prefetch["observations"]["entry"]
    lesions, findings = [], []
    for place, (site, side) in enumerate(_SITES[:number]):
        lesion = f"lesion-{place}"
        codes = [{"system": SNOMED, "code": code} for code in (site, side) if code]
        lesions.append(_renamed(conditions[0], lesion, bodySite=[{"coding": codes}]))
        findings += [
            _renamed(one, f"{lesion}-{n}", focus=[{"reference": f"Condition/{lesion}"}])
            for n, one in enumerate(observations[:_FINDINGS])
        ]
    prefetch["conditions"] = _searchset([*lesions, *conditions[1:]])
    prefetch["observations"] = _searchset([*findings, *observations[10:]])
    return json.dumps(request).encode()


def _renamed(entry: Json, identifier: str, **members: Any) -> Json:  # noqa: ANN401  JSON is any value
    resource = {name: value for name, value in entry["resource"].items() if name != "bodySite"}
    url = entry["fullUrl"].rpartition("/")[0]
    return {**entry, "fullUrl": f"{url}/{identifier}", "resource": {**resource, "id": identifier, **members}}


def _searchset(entries: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _largest(size: int) -> list[Json]:
    """Observations that fill so many bytes, with as many values as are taken and a long text for the rest."""
    request: Json = json.loads(dated(hook_request(observations=60)))
    prefetch = request["prefetch"]
    found = [prefetch["patient"]]
    for name in ("conditions", "observations"):
        found += [entry["resource"] for entry in prefetch[name]["entry"]]
    laboratory = found[-40:]
    each = json.dumps(laboratory[0]).encode()
    values, room = each.count(b",") + 4, size - 500_000
    number = min(int(0.9 * strict.MAX_NODES / values), room // (len(each) + 200)) - len(found)
    text = "\u00e9" * max(0, (room // number - len(each) - 200) // 6)
    found += [
        {**laboratory[n % len(laboratory)], "id": f"more-{n}", "note": [{"text": text}]}
        for n in range(number)
    ]
    return found


def _bundle(resources: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def _largest_bodies() -> dict[str, tuple[str, bytes]]:
    """The largest bodies that are taken, by what they are: where they go, and their bytes."""
    limits = Settings(profile=Profile.DEMO, database="sqlite://")
    hook: Json = json.loads(dated(hook_request(observations=60)))
    of_hook = _largest(limits.max_hook_bytes)
    observed = [one for one in of_hook if one["resourceType"] == "Observation"]
    hook["prefetch"]["observations"] = _searchset([{"resource": one} for one in observed])
    item = _bundle(_largest(limits.max_bundle_bytes // _ITEMS))
    values = json.dumps(item).encode().count(b",")
    items = min(_ITEMS, int(0.95 * strict.MAX_NODES / values))
    return {
        "hook": (HOOK, json.dumps(hook).encode()),
        "Bundle": (ASSESSMENTS, json.dumps(_bundle(_largest(limits.max_bundle_bytes))).encode()),
        "batch": (
            f"{ASSESSMENTS}/batch",
            json.dumps({"items": [{"id": f"{n}", "bundle": item} for n in range(items)]}).encode(),
        ),
    }


# -- blocking -------------------------------------------------------------------------------------


def _blocking() -> list[Json]:
    """What a probe waits while a server judges each of the largest bodies."""
    with _serving() as port:
        rows = []
        for name, (path, body) in _largest_bodies().items():
            alone = _waits(port, _sleeping)
            started = time.perf_counter()
            rounds = [_waits(port, partial(_post, port, path, body)) for _ in range(RUNS)]
            seconds = (time.perf_counter() - started) / RUNS
            longest = [max(waits) for waits in rounds]
            rows.append(
                {
                    "body": name,
                    "megabytes": len(body) / 1e6,
                    "seconds": seconds,
                    "longest_milliseconds": 1e3 * statistics.median(longest),
                    "longest_milliseconds_least": 1e3 * min(longest),
                    "longest_milliseconds_most": 1e3 * max(longest),
                    "median_milliseconds": 1e3 * statistics.median(chain.from_iterable(rounds)),
                    "alone_milliseconds": 1e3 * max(alone),
                }
            )
        return rows


@contextmanager
def _serving() -> Iterator[int]:
    """The port of a service of the demo, with its own limits, for the length of a block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith("SPINE_METS_")}
    process = subprocess.Popen(
        [_COMMAND, "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**own, "SPINE_METS_PROFILE": "demo"},
    )
    try:
        until = time.monotonic() + _STARTING
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _waits(port: int, work: Callable[[], None]) -> list[float]:
    """Seconds that each probe waited while some work was done."""
    failed: list[BaseException] = []

    def doing() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  it is raised again where somebody waits for it
            failed.append(error)

    thread = threading.Thread(target=doing)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    waits = []
    thread.start()
    while thread.is_alive():
        started = time.perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        waits.append(time.perf_counter() - started)
        time.sleep(_BETWEEN)
    thread.join()
    connection.close()
    if failed:
        raise failed[0]
    return waits


def _post(port: int, path: str, body: bytes) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {told[:300]!r}")


def _sleeping() -> None:
    time.sleep(1.0)


if __name__ == "__main__":
    main()
