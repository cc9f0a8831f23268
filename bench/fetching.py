"""Hooks whose whole record is fetched: a read and six searches of a server that takes 20 ms for each."""

import json
from dataclasses import dataclass, replace

from bench.calls import ORDINARY, patient_view
from bench.load import Call, run
from bench.ratios import percentile
from bench.servers import CLIENT_CORE, Server, product, serving, uvicorn

IN_FLIGHT = (1, 8, 32)
_WARMING = 0.5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of hooks in flight.

    Args:
        in_flight: how many at once.
        cpu_milliseconds: processor time of a hook; of the service alone.
        fhir_server_utilisation: the share of its core, which is the client's too, that the FHIR server used:
            where both leave nothing of it, they set the pace.
    """

    in_flight: int
    per_second: float
    cpu_milliseconds: float
    utilisation: float
    fhir_server_utilisation: float
    p50_milliseconds: float
    p99_milliseconds: float
    answers: int

    @property
    def tail(self) -> float:
        """The 99th percentile as a multiple of the median."""
        return self.p99_milliseconds / self.p50_milliseconds


def fetched(rounds: int, seconds: float) -> tuple[list[Fetched], float]:
    """What hooks come to that fetch everything, and beside them one that brings everything.

    Args:
        rounds: how many; those in flight take turns.
        seconds: of each.

    Returns:
        A row for each number in flight; and the median of one hook at a time that brings its record, in
        milliseconds.
    """
    whole = patient_view(ORDINARY)
    request = json.loads(whole.body)
    observed = request["prefetch"]["observations"]["entry"][0]["resource"]["effectiveDateTime"]
    settings = {"BENCH_OBSERVED": json.dumps(observed)}
    with serving(uvicorn("bench.fhir_server:app", settings, core=CLIENT_CORE)) as fhir:
        base = f"http://127.0.0.1:{fhir.port}/fhir"
        bare = json.dumps({**request, "prefetch": {}, "fhirServer": base}).encode()
        call = replace(whole, body=bare)
        with serving(product({"SPINE_METS_DEMO_FHIR_SERVERS": base})) as ours:
            run(ours.port, call, max(IN_FLIGHT), _WARMING)
            seen: dict[int, list[_Taken]] = {number: [] for number in IN_FLIGHT}
            sent: list[float] = []
            for _ in range(rounds):
                sent += run(ours.port, whole, 1, seconds / 2).latencies
                for number, taken in seen.items():
                    taken.append(_take(ours, fhir, call, number, seconds))
    rows = [_row(number, taken) for number, taken in seen.items()]
    return rows, 1000 * percentile(sorted(sent), 0.5)


@dataclass(frozen=True, slots=True)
class _Taken:
    seconds: float
    cpu_seconds: float
    fhir_seconds: float
    latencies: list[float]


def _take(ours: Server, fhir: Server, call: Call, number: int, seconds: float) -> _Taken:
    before = ours.cpu_seconds(), fhir.cpu_seconds()
    load = run(ours.port, call, number, seconds)
    after = ours.cpu_seconds(), fhir.cpu_seconds()
    return _Taken(load.seconds, after[0] - before[0], after[1] - before[1], load.latencies)


def _row(number: int, taken: list[_Taken]) -> Fetched:
    latencies = sorted(latency for one in taken for latency in one.latencies)
    seconds, spent = sum(one.seconds for one in taken), sum(one.cpu_seconds for one in taken)
    return Fetched(
        in_flight=number,
        per_second=len(latencies) / seconds,
        cpu_milliseconds=1000 * spent / len(latencies),
        utilisation=spent / seconds,
        fhir_server_utilisation=sum(one.fhir_seconds for one in taken) / seconds,
        p50_milliseconds=1000 * percentile(latencies, 0.50),
        p99_milliseconds=1000 * percentile(latencies, 0.99),
        answers=len(latencies),
    )
