"""Interleaved rounds: every server takes its turn between two samples of the yardstick, on one core."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.load import Call, run
from bench.ratios import Pair, Sample
from bench.servers import Server

_QUIET = 0.05
_LONGEST_AFTER = 10.0
Prove = Callable[[int], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Lane:
    """What is asked of one server.

    Args:
        prove: makes the header lines that prove who sends, for so many requests; None where nobody asks.
    """

    server: Server
    call: Call
    prove: Prove | None = None


def interleaved(
    yardstick: Lane, lanes: Mapping[str, Lane], connections: int, rounds: int, seconds: float
) -> dict[str, list[Pair]]:
    """The pairs of each lane, one a round.

    Args:
        yardstick: what all others are compared with.
        lanes: the others, by name.
        connections: how many requests are under way at once.
        rounds: how many.
        seconds: for which requests are sent each time.
    """
    pairs: dict[str, list[Pair]] = {name: [] for name in lanes}
    rates = _warmed([yardstick, *lanes.values()], connections, seconds)
    before = _sample(yardstick, connections, seconds, rates[0])
    for _ in range(rounds):
        for (name, lane), rate in zip(lanes.items(), rates[1:], strict=True):
            sample = _sample(lane, connections, seconds, rate)
            after = _sample(yardstick, connections, seconds, rates[0])
            pairs[name].append(Pair(before, sample, after))
            before = after
    return pairs


def _warmed(lanes: Sequence[Lane], connections: int, seconds: float) -> list[float]:
    """How many answers a second each lane gives, about: so many proofs are made before each sample."""
    return [_sample(lane, connections, seconds / 2, 200.0).per_second for lane in lanes]


def _sample(lane: Lane, connections: int, seconds: float, rate: float) -> Sample:
    proofs = None
    if lane.prove is not None:
        proofs = lane.prove(int(1.5 * rate * seconds) + 4 * connections)
    before = lane.server.cpu_seconds()
    load = run(lane.server.port, lane.call, connections, seconds, proofs)
    ended = lane.server.cpu_seconds()
    return Sample(load.seconds, ended - before, _settled(lane.server) - ended, load.latencies)


def _settled(server: Server) -> float:
    """The processor time of a server when it has done what it put off."""
    spent, end = server.cpu_seconds(), time.perf_counter() + _LONGEST_AFTER
    while time.perf_counter() < end:
        time.sleep(_QUIET)
        now = server.cpu_seconds()
        if not now - spent > _QUIET / 20:
            return now
        spent = now
    return spent
