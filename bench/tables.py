"""The tables of a report, as text for a terminal and as Markdown for the pages."""

from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]
Cells = Sequence[Sequence[str]]
ORDINARY = ("patient-view", "98 KB")
# The heads of what ``_cells`` gives of a row.
_MEASURED = (
    "answers/s, of the yardstick's (lowest to highest)",
    "answers/CPU s, of the yardstick's",
    "CPU ms",
    "p50 ms",
    "p99 ms",
    "busy",
)


def ordinary(report: Json) -> Cells:
    """Every server with the ordinary patient-view, head first."""
    head = ("server", "connections", *_MEASURED)
    rows = [row for row in report["rows"] if (row["operation"], row["size"]) == ORDINARY]
    listed: list[Sequence[str]] = [head]
    for connections in (8, 1):
        own = [row for row in rows if row["connections"] == connections]
        listed.append(_yardstick_cells(own))
        listed += [(row["server"], str(connections), *_cells(row)) for row in own]
    return listed


def others(report: Json) -> Cells:
    """Every other operation and size, head first."""
    head = ("operation", "sent", "connections", "server", *_MEASURED)
    rows = [row for row in report["rows"] if (row["operation"], row["size"]) != ORDINARY]
    return [
        head,
        *(
            (row["operation"], row["size"], str(row["connections"]), row["server"], *_cells(row))
            for row in rows
        ),
    ]


def starts(report: Json) -> Cells:
    """Start-up and memory of each server, head first."""
    moments = ("after start", "after 98 KB", "after 1.5 MB")
    head = ("server", "start to ready, s (lowest to highest)", *(f"MiB {moment}" for moment in moments))
    return [
        head,
        *(
            (
                name,
                spread(start["seconds"]),
                *(f"{start['memory'].get(moment, float('nan')):.0f}" for moment in moments),
            )
            for name, start in report["starts"].items()
        ),
    ]


def healthchain(report: Json) -> str:
    """How it compares with HealthChain, in a line."""
    told = report["healthchain"]
    if told["missing"] is not None:
        return f"HEALTHCHAIN WAS NOT MEASURED: it cannot be installed here: {told['missing']}"
    parts = []
    for connections, each in told["multiples"].items():
        parts.append(
            f"connections {connections}: answers a second, times {_maybe(each['throughput'])}; answers for a "
            f"second of processor time, times {spread(each['cpu'])}"
        )
    return "; ".join(parts)


def fetching(report: Json) -> Cells:
    """Hooks that fetch everything, head first."""
    head = (
        "in flight",
        "hooks/s",
        "CPU ms a hook",
        "p50 ms",
        "p99 ms",
        "p99/p50",
        "busy",
        "FHIR server busy",
    )
    return [
        head,
        *(
            (
                str(row["in_flight"]),
                number(row["per_second"]),
                number(row["cpu_milliseconds"]),
                number(row["p50_milliseconds"]),
                number(row["p99_milliseconds"]),
                number(row["tail"]),
                f"{row['utilisation']:.0%}",
                f"{row['fhir_server_utilisation']:.0%}",
            )
            for row in report["fetching"]["rows"]
        ),
    ]


def growth(report: Json) -> Cells:
    """What each further Observation and lesion costs, head first."""
    head = ("of", "number", "CPU ms", "us for each more", "MiB at most", "KiB for each more")
    rows = [
        (
            name,
            f"{row['number']:,}",
            number(row["cpu_milliseconds"]),
            number(row["microseconds_each"]),
            number(row["mebibytes"]),
            number(row["kibibytes_each"]),
        )
        for name in ("observations", "lesions")
        for row in report["growth"][name]["rows"]
    ]
    return [head, *rows]


def blocking(report: Json) -> Cells:
    """How long the largest bodies hold up a probe, head first."""
    head = ("largest", "MB", "answered in s", "longest wait of a probe, ms", "median wait, ms", "without, ms")
    rows = [
        (
            row["body"],
            number(row["megabytes"]),
            number(row["seconds"]),
            _longest(row),
            number(row["median_milliseconds"]),
            number(row["alone_milliseconds"]),
        )
        for row in report["growth"]["blocking"]
    ]
    return [head, *rows]


def stages(report: Json) -> Cells:
    """What each step of the ordinary call takes, head first."""
    found = report["stages"]
    bare = found["yardstick"]
    steps = sum(found[step] for step in _STEPS)
    listed = [
        *((told, found[step]) for step, told in _STEPS.items()),
        ("framework, counts, log line: the rest of a call as make run has it", found["open"] - steps),
        (
            "the record of the decision: digests of the body and of each resource",
            found["audit"] - found["open"],
        ),
        ("the whole, with records of decisions", found["audit"]),
        ("the yardstick: parsing with orjson, and walking", bare),
    ]
    return [
        ("part", "us", "of the yardstick's work", "of the whole"),
        *((told, number(us), number(us / bare), f"{us / found['audit']:.0%}") for told, us in listed),
    ]


_STEPS = {
    "check": "the strict checks of the whole body",
    "decode": "decoding what the service reads of it",
    "read": "reading the envelope: whose it is, what was sent, what is lacking",
    "record": "from resources to a record: the patient gate, codes, times, quantities, completeness",
    "judge": "judging: lesions, and every score and pathway of each",
    "cards": "cards: words, suggestions, sources",
    "encode": "encoding the answer",
}


def instructions(report: Json) -> Cells:
    """Instructions of a call, in millions, head first."""
    counts = report["instructions"]["counts"]
    if not counts:
        return [("record",), (f"NOT COUNTED: {report['instructions']['missing']}",)]
    compared = {one["record"]: one for one in report["instructions"]["compared"]}
    head = ("record", "ours, millions", "yardstick, millions", "multiple", "against the committed")
    rows = []
    for record, ours in counts["product"].items():
        bare = counts["yardstick"][record]
        one = compared.get(record)
        change = "none committed" if one is None else f"{one['change']:+.2%} by {one['by']}"
        rows.append((record, f"{ours / 1e6:.2f}", f"{bare / 1e6:.2f}", f"{ours / bare:.1f}", change))
    return [head, *rows]


def targets(report: Json) -> Cells:
    """Every target with whether it is met, head first."""
    rows = []
    for one in report["targets"]:
        unit = f" {one['unit']}" if one["unit"] else ""
        measured = "" if one["measured"] is None else f"{number(one['measured'])}{unit}"
        rows.append((one["title"], one["wanted"], measured, one["result"]))
    return [("target", "wanted", "measured", ""), *rows]


def _longest(row: Json) -> str:
    least, most = row["longest_milliseconds_least"], row["longest_milliseconds_most"]
    return f"{number(row['longest_milliseconds'])} ({number(least)} to {number(most)})"


def as_text(cells: Cells) -> str:
    """A table for a terminal."""
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(cells: Cells) -> str:
    """A table for a page."""
    head, *rows = ("| " + " | ".join(row) + " |" for row in cells)
    return "\n".join([head, "|" + "---|" * len(cells[0]), *rows])


def number(value: float) -> str:
    """A number as a person reads it: three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(value: Json) -> str:
    """A median with its spread."""
    return f"{number(value['median'])} ({number(value['lowest'])} to {number(value['highest'])})"


def _maybe(value: Json | None) -> str:
    return "too few busy" if value is None else spread(value)


def _cells(row: Json) -> Iterable[str]:
    return (
        _maybe(row["throughput"]),
        spread(row["cpu"]),
        number(row["cpu_milliseconds"]),
        number(row["p50_milliseconds"]),
        number(row["p99_milliseconds"]),
        f"{row['utilisation']:.0%}",
    )


def _yardstick_cells(rows: Sequence[Json]) -> Sequence[str]:
    """The yardstick beside the first server, which is ours: it was between all of them."""
    row = rows[0]
    return (
        "yardstick",
        str(row["connections"]),
        "1",
        "1",
        number(row["yardstick_cpu_milliseconds"]),
        number(row["yardstick_p50_milliseconds"]),
        number(row["yardstick_p99_milliseconds"]),
        f"{row['yardstick_utilisation']:.0%}",
    )
