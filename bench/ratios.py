"""From samples to figures: pairs with the yardstick, medians with their spread, percentiles.

On a shared machine a request a second means nothing; what one server did between two samples of another one
on the same core does.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

# Below this share of its core a server with several requests waiting was held up by the client or by others.
BUSY = 0.9
# Fewer pairs tell nothing of their spread.
FEWEST_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """What one server did for a while.

    Args:
        seconds: from the first request to the last answer.
        cpu_seconds: of its processor time in them.
        cpu_seconds_after: of what it went on with after the last answer, such as writing records.
        latencies: of each answer, in seconds.
    """

    seconds: float
    cpu_seconds: float
    cpu_seconds_after: float
    latencies: Sequence[float]

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return len(self.latencies) / self.seconds

    @property
    def utilisation(self) -> float:
        """The share of its core that it used."""
        return self.cpu_seconds / self.seconds

    @property
    def cpu_milliseconds(self) -> float:
        """Processor time of an answer, with all that it entails."""
        return 1000 * (self.cpu_seconds + self.cpu_seconds_after) / len(self.latencies)


@dataclass(frozen=True, slots=True)
class Pair:
    """A sample between two of the yardstick."""

    before: Sample
    sample: Sample
    after: Sample

    @property
    def throughput(self) -> float:
        """Answers a second as a multiple of the yardstick's."""
        return 2 * self.sample.per_second / (self.before.per_second + self.after.per_second)

    @property
    def cpu(self) -> float:
        """Answers for a second of processor time as a multiple of the yardstick's."""
        yardstick = (self.before.cpu_milliseconds + self.after.cpu_milliseconds) / 2
        return yardstick / self.sample.cpu_milliseconds

    @property
    def was_busy(self) -> bool:
        """Whether the servers, and not the client, set the pace."""
        return all(one.utilisation >= BUSY for one in (self.before, self.sample, self.after))


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with what lies around it."""

    median: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the pairs of one server say.

    Args:
        throughput: answers a second as a multiple of the yardstick's, of the pairs in which the servers were
            busy; None where those are too few.
        cpu: answers for a second of processor time as a multiple of the yardstick's, of all pairs.
        pairs: how many there are; ``rejected`` of them say nothing of throughput.
        utilisation: the share of its core that the server used, and ``yardstick_utilisation`` the yardstick.
    """

    throughput: Spread | None
    cpu: Spread
    pairs: int
    rejected: int
    per_second: float
    cpu_milliseconds: float
    utilisation: float
    p50_milliseconds: float
    p99_milliseconds: float
    answers: int
    yardstick_per_second: float
    yardstick_cpu_milliseconds: float
    yardstick_utilisation: float
    yardstick_p50_milliseconds: float
    yardstick_p99_milliseconds: float

    @property
    def ratio(self) -> float:
        """The lower of both medians: the one that flatters less."""
        return self.cpu.median if self.throughput is None else min(self.throughput.median, self.cpu.median)


def figures(pairs: Sequence[Pair], connections: int) -> Figures:
    """What the pairs of one server say.

    Args:
        pairs: at least one.
        connections: how many requests were under way at once; one alone keeps no server busy.
    """
    counted = [pair for pair in pairs if connections == 1 or pair.was_busy]
    samples = [pair.sample for pair in pairs]
    yardsticks = [pairs[0].before, *(pair.after for pair in pairs)]
    own, bare = _latencies(samples), _latencies(yardsticks)
    return Figures(
        throughput=spread(pair.throughput for pair in counted) if len(counted) >= FEWEST_PAIRS else None,
        cpu=spread(pair.cpu for pair in pairs),
        pairs=len(pairs),
        rejected=len(pairs) - len(counted),
        per_second=_median(samples, lambda one: one.per_second),
        cpu_milliseconds=_median(samples, lambda one: one.cpu_milliseconds),
        utilisation=_median(samples, lambda one: one.utilisation),
        p50_milliseconds=1000 * percentile(own, 0.50),
        p99_milliseconds=1000 * percentile(own, 0.99),
        answers=len(own),
        yardstick_per_second=_median(yardsticks, lambda one: one.per_second),
        yardstick_cpu_milliseconds=_median(yardsticks, lambda one: one.cpu_milliseconds),
        yardstick_utilisation=_median(yardsticks, lambda one: one.utilisation),
        yardstick_p50_milliseconds=1000 * percentile(bare, 0.50),
        yardstick_p99_milliseconds=1000 * percentile(bare, 0.99),
    )


def multiple(ours: Sequence[Pair], others: Sequence[Pair], connections: int) -> tuple[Spread | None, Spread]:
    """How many times as many answers one server gave as another one, round by round.

    Args:
        ours: the pairs of the one, a round each.
        others: those of the other one, of the same rounds.
        connections: how many requests were under way at once.

    Returns:
        In a second, of the rounds in which the servers were busy, None where those are too few; and for a
        second of processor time, of all rounds.
    """
    rounds = list(zip(ours, others, strict=True))
    counted = [
        one.throughput / other.throughput
        for one, other in rounds
        if connections == 1 or (one.was_busy and other.was_busy)
    ]
    by_cpu = spread(one.cpu / other.cpu for one, other in rounds)
    return (spread(counted) if len(counted) >= FEWEST_PAIRS else None), by_cpu


def spread(values: Iterable[float]) -> Spread:
    """The median of values with the lowest and the highest."""
    listed = sorted(values)
    return Spread(median(listed), listed[0], listed[-1])


def percentile(ascending: Sequence[float], share: float) -> float:
    """The smallest value that this share of all does not exceed (the nearest rank).

    Args:
        ascending: the values, sorted; at least one.
        share: above 0, at most 1.
    """
    # Ten thousandths: a share such as 0.99 of 100 values is 99.0 and a bit in binary.
    rank = -(-round(10_000 * share) * len(ascending) // 10_000)
    return ascending[max(0, rank - 1)]


def _latencies(samples: Iterable[Sample]) -> list[float]:
    return sorted(latency for sample in samples for latency in sample.latencies)


def _median(samples: Iterable[Sample], of: Callable[[Sample], float]) -> float:
    return median(of(sample) for sample in samples)
