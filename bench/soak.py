"""Minutes of load on a whole deployment while a tenth of what its FHIR server answers fails.

Two workers, their database, audit spool and signed heads in a folder; hook calls that bring everything, hook
calls whose record is fetched, REST assessments and feedback, at half of what the deployment was just measured
to manage. In the middle one worker can be killed. At the end every answer is looked up in the audit chain.

    python -m bench.soak --seconds 600 --kill
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from app.store.database import Database
from app.store.tables import feedback
from bench.record import hook_request

HOOK = "/cds-services/spinal-metastasis-patient-view"
ASSESSMENTS = "/api/v1/assessments"
CONNECTIONS = 16
SHARE_FAILING = 0.1
_PATIENCE = 60.0
_COMMAND = str(Path(sys.executable).with_name("spine-mets"))


@dataclass(slots=True)
class Seen:
    """What the load saw.

    Args:
        decisions: the ids of the decisions that were answered.
        reported: how many reports of feedback were taken.
        lost: requests that were not answered, by what happened.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    reported: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    cards: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One keep-alive connection, opened again where it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> Answer:
        """The answer to a request.

        Raises:
            OSError: there is none.
            TimeoutError: there is none in time.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(_PATIENCE):
                head = f"POST {path} HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = (line.partition(":") for line in lines[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                content = await reader.readexactly(int(headers.get("content-length", "0")))
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError):
            self.close()
            raise
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(lines[0].split()[1]), headers, content)

    def close(self) -> None:
        """Forget the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass(frozen=True, slots=True)
class Calls:
    """The bodies that are sent."""

    whole: bytes
    fetched: bytes
    bundle: bytes

    @classmethod
    def of(cls, base: str) -> "Calls":
        """Those of the benchmark's record, whose findings are three days old."""
        day = datetime.fromordinal(datetime.now(UTC).toordinal() - 3)
        whole = hook_request().replace(b'"@"', f'"{day:%Y-%m-%d}T09:30:00+00:00"'.encode())
        request = json.loads(whole)
        entries = [entry for key in request["prefetch"].values() if key for entry in key.get("entry", ())]
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": request["prefetch"]["patient"]}, *entries],
        }
        bare = {**request, "prefetch": {}, "fhirServer": base}
        return cls(whole, json.dumps(bare).encode(), json.dumps(bundle).encode())


async def _one(connection: Connection, calls: Calls, seen: Seen, dice: random.Random) -> None:
    kind = dice.choices(("whole", "fetched", "bundle", "feedback"), (55, 30, 10, 5))[0]
    if kind == "feedback" and not seen.cards:
        kind = "whole"
    path, body = HOOK, calls.whole
    if kind == "fetched":
        body = calls.fetched
    elif kind == "bundle":
        path, body = ASSESSMENTS, calls.bundle
    elif kind == "feedback":
        path, body = f"{HOOK}/feedback", _report(dice.choice(seen.cards))
    started = time.perf_counter()
    try:
        answer = await connection.post(path, body)
    except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
        seen.lost[type(error).__name__] += 1
        return
    seen.latencies.append(time.perf_counter() - started)
    seen.statuses[kind, answer.status] += 1
    if "x-decision-id" in answer.headers:
        seen.decisions.append(answer.headers["x-decision-id"])
    if kind == "whole" and answer.status == 200 and len(seen.cards) < 50:
        seen.cards += [card["uuid"] for card in json.loads(answer.body)["cards"]]
    if kind == "feedback" and answer.status == 200:
        seen.reported += 1


def _report(card: str) -> bytes:
    now = datetime.now(UTC).isoformat()
    items = [{"card": card, "outcome": "overridden", "outcomeTimestamp": now}]
    return json.dumps({"feedback": items}).encode()


async def _load(port: int, calls: Calls, seconds: float, per_second: float | None, seen: Seen) -> None:
    """Send for a time: as fast as answers come, or at a rate."""
    dice = random.Random(20261121)
    end = time.perf_counter() + seconds
    due = time.perf_counter()

    async def send_one_after_another() -> None:
        nonlocal due
        connection = Connection(port)
        while time.perf_counter() < end:
            if per_second is not None:
                due += 1 / per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await _one(connection, calls, seen, dice)
        connection.close()

    await asyncio.gather(*(send_one_after_another() for _ in range(CONNECTIONS)))


@contextmanager
def _process(
    command: list[str], port: int, settings: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SPINE_METS_")}
    with log.open("ab") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env={**own, **settings})
    try:
        _wait(port, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3_000):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if b" 200 " in probe.recv(64):
                return
        time.sleep(0.02)
    raise RuntimeError("the server did not start: see its log")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _workers(supervisor: int) -> list[int]:
    """The processes below a process that hold the most memory: the workers."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if f"PPid:\t{supervisor}\n" in status.read_text():
                found.append(int(status.parent.name))
    return sorted(found, key=_mebibytes, reverse=True)[:2]


def _mebibytes(process: int) -> float:
    with contextlib.suppress(OSError, StopIteration):
        rows = Path(f"/proc/{process}/status").read_text().splitlines()
        return int(next(row for row in rows if row.startswith("VmRSS")).split()[1]) / 1024
    return 0.0


def main() -> int:
    """Run, print the figures, and say by the exit status whether anything was lost."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=600.0)
    options.add_argument("--kill", action="store_true", help="kill one worker in the middle")
    options.add_argument("--database", help="an address; a file of SQLite where left out")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _soak(asked, Path(folder))


def _soak(asked: argparse.Namespace, folder: Path) -> int:
    fhir, port = _free_port(), _free_port()
    base = f"http://127.0.0.1:{fhir}/fhir"
    key = folder / "key.pem"
    subprocess.run([_COMMAND, "audit", "key", str(key)], check=True, stdout=subprocess.DEVNULL)
    settings = {
        "SPINE_METS_PROFILE": "demo",
        "SPINE_METS_PORT": str(port),
        "SPINE_METS_DATABASE": asked.database or f"sqlite:///{folder}/kept.db",
        "SPINE_METS_DEMO_FHIR_SERVERS": base,
        "SPINE_METS_AUDIT_SPOOL": str(folder / "spool"),
        "SPINE_METS_AUDIT_KEY": str(key),
        "SPINE_METS_AUDIT_HEADS": str(folder / "heads.ndjson"),
        "SPINE_METS_AUDIT_HEAD_SECONDS": "5",
    }
    (folder / "spool").mkdir()
    calls = Calls.of(base)
    observed = json.loads(calls.whole)["prefetch"]["observations"]["entry"][0]["resource"][
        "effectiveDateTime"
    ]
    failing = {"BENCH_OBSERVED": json.dumps(observed), "BENCH_FAILING": str(SHARE_FAILING)}
    fhir_server = [sys.executable, "-m", "uvicorn", "bench.fhir_server:app", "--port", str(fhir)]
    fhir_server += ["--log-level", "critical", "--no-access-log"]
    serve = [_COMMAND, "serve", "--workers", "2"]
    seen, killed = Seen(), 0
    with (
        _process(fhir_server, fhir, failing, folder / "fhir.log"),
        _process(serve, port, settings, folder / "service.log") as service,
    ):
        warm = Seen()
        asyncio.run(_load(port, calls, 3, None, warm))
        full = Seen()
        asyncio.run(_load(port, calls, 10, None, full))
        capacity = len(full.latencies) / 10
        before = [_mebibytes(worker) for worker in _workers(service.pid)]
        half = asked.seconds / 2
        asyncio.run(_load(port, calls, half, capacity / 2, seen))
        middle = [_mebibytes(worker) for worker in _workers(service.pid)]
        if asked.kill:
            killed = _workers(service.pid)[0]
            os.kill(killed, signal.SIGKILL)
        asyncio.run(_load(port, calls, half, capacity / 2, seen))
        after = [_mebibytes(worker) for worker in _workers(service.pid)]
    decisions = [*warm.decisions, *full.decisions, *seen.decisions]
    kept = _kept(settings)
    verified = subprocess.run(
        [_COMMAND, "audit", "verify"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    missing = [one for one in decisions if one not in kept]
    reported = warm.reported + full.reported + seen.reported
    reports = _reports(settings["SPINE_METS_DATABASE"])
    latencies = sorted(seen.latencies)
    report = {
        "capacity_per_second": round(capacity, 1),
        "seconds": asked.seconds,
        "answers": len(latencies),
        "statuses": {f"{kind} {status}": number for (kind, status), number in sorted(seen.statuses.items())},
        "p50_milliseconds": round(1000 * latencies[len(latencies) // 2], 1),
        "p99_milliseconds": round(1000 * latencies[int(len(latencies) * 0.99)], 1),
        "lost": dict(seen.lost),
        "killed": killed,
        "memory_mebibytes": {"before": before, "middle": middle, "after": after},
        "decisions_answered": len(decisions),
        "decisions_without_record": len(missing),
        "feedback_taken": reported,
        "feedback_kept": reports,
        "audit_verify": verified.stdout.strip().splitlines()[-3:],
        "audit_exit": verified.returncode,
    }
    print(json.dumps(report, indent=2))
    failed = any(status >= 500 for _, status in seen.statuses)
    lost = sum(seen.lost.values()) > (CONNECTIONS if asked.kill else 0)
    return int(bool(missing) or reports < reported or failed or lost or verified.returncode != 0)


def _reports(address: str) -> int:
    """How many reports of feedback the database holds."""
    database = Database(address)
    with database.transaction() as connection:
        found: int = connection.execute(select(func.count()).select_from(feedback)).scalar_one()
    database.close()
    return found


def _kept(settings: dict[str, str]) -> set[str]:
    found = subprocess.run(
        [_COMMAND, "audit", "records"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return {json.loads(line)["decision_id"] for line in found.stdout.splitlines()}


if __name__ == "__main__":
    sys.exit(main())
