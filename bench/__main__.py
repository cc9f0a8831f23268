"""Run the benchmark and print one table.

The service and the yardstick take turns on one core while the client has the other, and each sample is
compared with the yardstick's before and after it: on a shared machine only such ratios mean anything.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Load, run
from bench.record import hook_request

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))
HOOK = "/cds-services/spinal-metastasis-patient-view"
RESULTS = Path(__file__).parent / "results"
_SERVER_CORE, _CLIENT_CORE = 0, 1


class Server:
    """One uvicorn process on its own core."""

    def __init__(self, application: str, *, factory: bool, settings: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", application, "--port", str(self.port)]
        command += ["--log-level", "error", "--no-access-log", *(["--factory"] if factory else [])]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "SPINE_METS_PROFILE": "demo", "PYTHONHASHSEED": "0", **settings},
        )
        self._wait()
        self.start_seconds = time.perf_counter() - started
        _pin(self.process.pid, _SERVER_CORE)

    def _wait(self) -> None:
        for _ in range(1_000):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    probe.sendall(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    if b" 200 " in probe.recv(64):
                        return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("the server did not start")

    def cpu_seconds(self) -> float:
        """User and system time so far; nan where the system does not tell."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            return float("nan")
        fields = stat.read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mebibytes(self) -> float:
        """Resident memory; nan where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return float("nan")
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


@contextmanager
def serving(application: str, *, factory: bool = False, **settings: str) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(application, factory=factory, settings=settings)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(10)


def main() -> None:
    """Measure and print."""
    body = _dated(hook_request())
    _pin(os.getpid(), _CLIENT_CORE)
    with serving("bench.yardstick:app") as bare, serving("app.main:create_app", factory=True) as ours:
        for server in (bare, ours):
            run(server.port, HOOK, body, 8, 1.0)
        rows = [_compare(bare, ours, body, connections) for connections in (8, 1)]
        report: dict[str, object] = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "body_bytes": len(body),
            "rounds": ROUNDS,
            "memory_mebibytes": round(ours.memory_mebibytes(), 1),
            "start_seconds": round(ours.start_seconds, 2),
            "patient_view": rows,
            "fetching": _fetching(body),
        }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(report, indent=2) + "\n")
    _print(report, rows)


def _fetching(body: bytes) -> dict[str, float]:
    """What a call takes that brings nothing, beside one that brings everything, and beside one search.

    The record is fetched by one read and six searches of a server that takes 20 ms for each.
    """
    request = json.loads(body)
    observed = request["prefetch"]["observations"]["entry"][0]["resource"]["effectiveDateTime"]
    with serving("bench.fhir_server:app", BENCH_OBSERVED=json.dumps(observed)) as fhir:
        _pin(fhir.process.pid, _CLIENT_CORE)
        base = f"http://127.0.0.1:{fhir.port}/fhir"
        bare = json.dumps({**request, "prefetch": {}, "fhirServer": base}).encode()
        with serving("app.main:create_app", factory=True, SPINE_METS_DEMO_FHIR_SERVERS=base) as ours:
            run(ours.port, HOOK, bare, 1, 1.0)
            whole, fetched, search = [], [], []
            for _ in range(ROUNDS):
                whole += run(ours.port, HOOK, body, 1, SECONDS / 2).latencies
                fetched += run(ours.port, HOOK, bare, 1, SECONDS / 2).latencies
                search += run(fhir.port, "/fhir/Observation", b"{}", 1, SECONDS / 2).latencies
    medians = [1000 * statistics.median(sample) for sample in (whole, fetched, search)]
    return {
        "prefetch_milliseconds": round(medians[0], 1),
        "fetched_milliseconds": round(medians[1], 1),
        "one_search_milliseconds": round(medians[2], 1),
        "added_as_searches": round((medians[1] - medians[0]) / medians[2], 2),
    }


def _compare(bare: Server, ours: Server, body: bytes, connections: int) -> dict[str, float]:
    ratios: list[float] = []
    samples: list[Load] = []
    spent = answered = 0.0
    before = run(bare.port, HOOK, body, connections, SECONDS)
    yardsticks = [before]
    for _ in range(ROUNDS):
        cpu = ours.cpu_seconds()
        sample = run(ours.port, HOOK, body, connections, SECONDS)
        spent += ours.cpu_seconds() - cpu
        answered += len(sample.latencies)
        after = run(bare.port, HOOK, body, connections, SECONDS)
        ratios.append(2 * sample.per_second / (before.per_second + after.per_second))
        samples.append(sample)
        yardsticks.append(after)
        before = after
    every = Load(0, sorted(latency for sample in samples for latency in sample.latencies))
    bare_every = Load(0, sorted(latency for sample in yardsticks for latency in sample.latencies))
    return {
        "connections": connections,
        "ratio": round(statistics.median(ratios), 3),
        "ratio_lowest": round(min(ratios), 3),
        "ratio_highest": round(max(ratios), 3),
        "per_second": round(statistics.median(s.per_second for s in samples)),
        "yardstick_per_second": round(statistics.median(s.per_second for s in yardsticks)),
        "cpu_milliseconds": round(1000 * spent / answered, 3),
        "p50_milliseconds": round(every.percentile(0.50), 2),
        "p99_milliseconds": round(every.percentile(0.99), 2),
        "yardstick_p99_milliseconds": round(bare_every.percentile(0.99), 2),
    }


def _dated(body: bytes) -> bytes:
    """The request with its findings observed three days ago, so that they are fresh."""
    day = datetime.now(UTC).toordinal() - 3
    return body.replace(b'"@"', f'"{datetime.fromordinal(day):%Y-%m-%d}T09:30:00+00:00"'.encode())


def _pin(process: int, core: int) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(process, {core})


def _print(report: dict[str, object], rows: list[dict[str, float]]) -> None:
    print(
        f"patient-view, {report['body_bytes']} bytes of request, {ROUNDS} rounds of {SECONDS:g} s, "
        "against bare ASGI with orjson"
    )
    print("connections  ratio (lowest to highest)   ours/s  yardstick/s  CPU ms   p50 ms   p99 ms")
    for row in rows:
        print(
            f"{row['connections']:11}  {row['ratio']:5.2f} ({row['ratio_lowest']:.2f} to "
            f"{row['ratio_highest']:.2f})        {row['per_second']:7} {row['yardstick_per_second']:12}"
            f"  {row['cpu_milliseconds']:6.2f}   {row['p50_milliseconds']:6.2f}"
            f"   {row['p99_milliseconds']:6.2f}"
        )
    fetching = report["fetching"]
    if isinstance(fetching, dict):
        print(
            f"a read and six searches of 20 ms each: {fetching['fetched_milliseconds']} ms where everything "
            f"is fetched, {fetching['prefetch_milliseconds']} ms where everything is sent; the difference is "
            f"{fetching['added_as_searches']} times one search ({fetching['one_search_milliseconds']} ms)"
        )
    print(f"memory {report['memory_mebibytes']} MiB, start to ready {report['start_seconds']} s")


if __name__ == "__main__":
    main()
