"""The report: one document of everything that was measured, which tables, figure and pages are made from."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from bench.fetching import Fetched
from bench.instructions import Compared, Counted, processor
from bench.measuring import ES384, OPEN, RS384, Measured, Pace, Row
from bench.targets import judged

Json = dict[str, Any]
_LIBRARIES = ("fastapi", "starlette", "uvicorn", "httptools", "uvloop", "orjson", "msgspec", "pydantic")
# HealthChain's is its own environment's.
_DIGITS = 4


def report(
    measured: Measured,
    fetching: tuple[Sequence[Fetched], float],
    counted: tuple[Counted | None, Sequence[Compared], str | None],
    apart: Mapping[str, Json],
    pace: Pace,
) -> Json:
    """Everything as one document of plain JSON.

    Args:
        measured: what was measured with sockets.
        fetching: hooks that fetch, and the median of one that does not, in milliseconds.
        counted: instructions, how they compare with the committed, and why there are none.
        apart: what was measured inside the service: ``growth`` and ``stages``.
        pace: how long it was measured.
    """
    rows, sent = fetching
    counts, comparisons, why_none = counted
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "pace": asdict(pace),
        "starts": {name: asdict(start) for name, start in measured.starts.items()},
        "rows": [_row(row) for row in measured.rows],
        "healthchain": {
            "missing": measured.missing,
            "multiples": {
                str(connections): {
                    "throughput": None if throughput is None else asdict(throughput),
                    "cpu": asdict(cpu),
                }
                for connections, (throughput, cpu) in measured.multiples.items()
            },
        },
        "fetching": {
            "sent_p50_milliseconds": sent,
            "rows": [{**asdict(row), "tail": row.tail} for row in rows],
        },
        "instructions": {
            "missing": why_none,
            "place": dict(counts.place) if counts is not None else {},
            "counts": {name: dict(each) for name, each in counts.counts.items()}
            if counts is not None
            else {},
            "compared": [
                {"record": one.record, "change": float(one.change), "by": one.by, "is_worse": one.is_worse}
                for one in comparisons
            ],
        },
        **apart,
        "targets": _targets(measured, rows, apart["growth"]),
    }


def rounded(document: object) -> Any:  # noqa: ANN401  JSON in, JSON out
    """A document with every fraction to four significant digits: more mean nothing here."""
    match document:
        case dict():
            return {name: rounded(value) for name, value in document.items()}
        case list():
            return [rounded(value) for value in document]
        case float():
            return float(f"{document:.{_DIGITS}g}")
        case _:
            return document


def machine() -> Json:
    """What it was measured on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "build": sys.version,
        "system": f"{platform.system()} {platform.release()}",
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _row(row: Row) -> Json:
    return {
        "operation": row.operation,
        "size": row.size,
        "sent_bytes": row.sent_bytes,
        "server": row.server,
        "connections": row.connections,
        "ratio": row.figures.ratio,
        **asdict(row.figures),
    }


def _targets(measured: Measured, fetching: Sequence[Fetched], growth: Json) -> list[Json]:
    values = {**measured_values(measured, fetching), **grown_values(growth)}
    return [
        {
            "code": one.target.code,
            "title": one.target.title,
            "wanted": one.target.wanted,
            "measured": one.measured,
            "unit": one.target.unit,
            "result": one.word,
        }
        for one in judged(values)
    ]


def grown_values(growth: Json) -> Mapping[str, float | None]:
    """What the targets of growth are about, by their codes."""
    return {
        "observations": growth["observations"]["spread"],
        "lesions": growth["lesions"]["spread"],
        "blocking": max(row["longest_milliseconds"] for row in growth["blocking"]),
    }


def measured_values(measured: Measured, fetching: Sequence[Fetched]) -> Mapping[str, float | None]:
    """What the targets are about, by their codes.

    A throughput is the lower of both ratios: where the client set the pace, answers a second flatter.
    """
    ordinary = {
        (row.server, row.connections): row.figures
        for row in measured.rows
        if (row.operation, row.size) == ("patient-view", "98 KB")
    }
    eight, one = ordinary[OPEN, 8], ordinary[OPEN, 1]
    times = measured.multiples.get(8)
    start = measured.starts[OPEN]
    tails = {row.in_flight: row.tail for row in fetching}
    return {
        "open": eight.ratio,
        "rs384": ordinary[RS384, 8].ratio,
        "es384": ordinary[ES384, 8].ratio,
        "healthchain": None if times is None else min(each.median for each in times if each is not None),
        "p99-eight": eight.p99_milliseconds / eight.p50_milliseconds,
        "p99-one": one.p99_milliseconds,
        "memory": start.memory["after 98 KB"],
        "start": start.seconds.median,
        "fetching": tails.get(32),
    }
