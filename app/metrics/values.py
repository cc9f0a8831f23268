"""Where the values of metrics are held: in the process, or in files that several processes share."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, Literal, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.openmetrics import exposition as openmetrics

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
OPEN_METRICS = openmetrics.CONTENT_TYPE_LATEST
PLAIN = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# What this service calls things: codes, ids of services and rules.
_LABEL = re.compile(r"[A-Za-z0-9{/][A-Za-z0-9._:{}/-]{0,95}")
_OF_A_WORKER = re.compile(r"gauge_live[a-z]*_([0-9]+)\.db")
_Metric = TypeVar("_Metric", Counter, Gauge, Histogram)
# Of the gauges of several processes: that of the worst, all together, or that of any.
Across = Literal["livemax", "livesum", "max"]

# The moment that each counter began doubles the answer and is asked for by nobody.
disable_created_metrics()  # type: ignore[no-untyped-call]  # its types end here


class Family(Generic[_Metric]):
    """One metric by its labels, each child found once; their number has a bound.

    Args:
        metric: the metric.
        most: children at most; whatever comes after them counts as ``other``.
    """

    def __init__(self, metric: _Metric, most: int = 1_000) -> None:
        self._metric: _Metric = metric
        self._most = most
        self._children: dict[tuple[str, ...], _Metric] = {}

    def of(self, *labels: str) -> _Metric:
        """The child with these labels; a text that is no code counts as ``other``."""
        child = self._children.get(labels)
        return self._found(labels) if child is None else child

    def _found(self, labels: tuple[str, ...]) -> _Metric:
        safe = tuple(label if _LABEL.fullmatch(label) else OTHER for label in labels)
        if safe not in self._children:
            if len(self._children) >= self._most:
                safe = (OTHER,) * len(labels)
            self._children[safe] = self._metric.labels(*safe)
        return self._children[safe]


class Values:
    """The metrics of one application.

    In one process they have a registry of their own. Where several workers share a folder, each writes its
    files there, and whichever is asked reads them all.
    """

    def __init__(self) -> None:
        folder = os.environ.get(FOLDER)
        self._folder = Path(folder) if folder else None
        self._registry = CollectorRegistry() if self._folder is None else None

    def counter(self, name: str, text: str, labels: Collection[str] = ()) -> Counter:
        """A count; its name ends in ``_total`` when it is told."""
        return Counter(name, text, tuple(labels), registry=self._registry)

    def gauge(self, name: str, text: str, labels: Collection[str] = (), across: Across = "livemax") -> Gauge:
        """A value that goes up and down."""
        return Gauge(name, text, tuple(labels), registry=self._registry, multiprocess_mode=across)

    def histogram(
        self, name: str, text: str, labels: Collection[str], buckets: Collection[float]
    ) -> Histogram:
        """How often a value lay below each of the bounds."""
        return Histogram(name, text, tuple(labels), registry=self._registry, buckets=tuple(buckets))

    def told(self, *, open_metrics: bool) -> bytes:
        """Every value, as Prometheus reads it.

        Args:
            open_metrics: in the format of OpenMetrics, and not in the plain one.
        """
        registry = self._registry or self._of_every_worker()
        if open_metrics:
            return bytes(openmetrics.generate_latest(registry))  # type: ignore[no-untyped-call]  # as above
        return generate_latest(registry)

    def _of_every_worker(self) -> CollectorRegistry:
        registry = CollectorRegistry()
        if self._folder is not None:
            forget_the_dead(self._folder)
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]  # its types end here
        return registry


def forget_the_dead(folder: Path) -> None:
    """Drop the gauges of workers that have ended; what they counted stays, since a count never falls.

    Their supervisor cannot be relied on for it: a worker can be killed with it.
    """
    for file in folder.glob("gauge_live*.db"):
        worker = _OF_A_WORKER.fullmatch(file.name)
        if worker is not None and not _lives(int(worker[1])):
            # Two scrapes at once may both find it.
            with suppress(FileNotFoundError):
                mark_process_dead(int(worker[1]), str(folder))  # type: ignore[no-untyped-call]  # as above


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def shared_between(workers: int) -> Iterator[None]:
    """Let so many worker processes, started inside, count together; nothing where there is one.

    The folder is new for each start: what an earlier one counted there would count again.
    """
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="spine-mets-metrics-", ignore_cleanup_errors=True) as folder:
        before = os.environ.get(FOLDER)
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[FOLDER]
            else:
                os.environ[FOLDER] = before
