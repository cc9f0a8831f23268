"""What the rules cost: seconds and evaluations of each score, pathway and measure."""

from collections.abc import Callable, Collection
from threading import Lock, local
from time import perf_counter

from app.metrics.values import Family, Values


class Spent:
    """What one part of some work took.

    Args:
        seconds: altogether.
        times: how often it was done.
    """

    __slots__ = ("seconds", "times")

    def __init__(self, seconds: float = 0.0, times: int = 0) -> None:
        self.seconds = seconds
        self.times = times


def stopwatch(spent: dict[str, Spent], clock: Callable[[], float] = perf_counter) -> Callable[[str], None]:
    """What is called with the name of a part of some work as that part ends, and adds up what it took.

    Args:
        spent: takes it, by the name of the part.
        clock: tells seconds.
    """
    last = clock()

    def lap(part: str) -> None:
        nonlocal last
        now = clock()
        try:
            one = spent[part]
        except KeyError:
            one = spent[part] = Spent()
        one.seconds += now - last
        one.times += 1
        last = now

    return lap


class RuleCosts:
    """Counts what rules cost.

    Calls add to plain sums, each thread to its own; only whoever reads the metrics has them put into the
    values that Prometheus is told, which would cost a call more than some of the rules do.

    Args:
        values: where they are held.
    """

    def __init__(self, values: Values) -> None:
        self._seconds = Family(
            values.counter("cds_instrument_seconds", "Seconds spent on a score or pathway.", ("instrument",))
        )
        self._times = Family(
            values.counter("cds_instrument_evaluations", "Times that it was evaluated.", ("instrument",))
        )
        self._of_thread = local()
        self._every: list[dict[str, Spent]] = []
        self._told: dict[str, Spent] = {}
        self._lock = Lock()

    def counts(self, codes: Collection[str]) -> None:
        """Begin the counts of scores, pathways and measures; other parts of the work are not counted."""
        with self._lock:
            for code in codes:
                self._told.setdefault(code, Spent())
                self._seconds.of(code)
                self._times.of(code)

    def begin(self) -> Callable[[str], None]:
        """The stopwatch of one judging, which is called with the code of each rule as it has been judged."""
        spent: dict[str, Spent] | None = getattr(self._of_thread, "spent", None)
        if spent is None:
            spent = self._of_thread.spent = {}
            with self._lock:
                self._every.append(spent)
        return stopwatch(spent)

    def refresh(self) -> None:
        """Tell what was spent since the last time."""
        with self._lock:
            for code, told in self._told.items():
                parts = [spent[code] for spent in self._every if code in spent]
                seconds, times = sum(one.seconds for one in parts), sum(one.times for one in parts)
                self._seconds.of(code).inc(seconds - told.seconds)
                self._times.of(code).inc(times - told.times)
                told.seconds, told.times = seconds, times
