"""Writing a report where people read it: one document, one figure, and the tables of two pages.

The tables stand between marks; everything around them is written by people. ``python -m bench.publishing``
writes them again from the committed document, after a change of how they look.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import tables
from bench.figure import NAMES, draw

Json = dict[str, Any]
ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "performance.json"
FIGURE = ROOT / "docs" / "performance.svg"
PAGES = ("docs/performance.md", "README.md")


def publish(report: Json) -> None:
    """Write the report, its figure, and what the pages show of it."""
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    FIGURE.write_bytes(draw(report))
    shown = sections(report)
    for page in PAGES:
        path = ROOT / page
        path.write_text(filled(path.read_text(), shown))


def sections(report: Json) -> Mapping[str, str]:
    """What stands between the marks of the pages, by their names."""
    return {
        "run": _run(report),
        "summary": _summary(report),
        "targets": tables.as_markdown(tables.targets(report)),
        "ordinary": tables.as_markdown(tables.ordinary(report)),
        "healthchain": f"Ours, of HealthChain's: {tables.healthchain(report)}.",
        "others": tables.as_markdown(tables.others(report)),
        "starts": tables.as_markdown(tables.starts(report)),
        "fetching": _fetching(report),
        "stages": tables.as_markdown(tables.stages(report)),
        "growth": tables.as_markdown(tables.growth(report)),
        "blocking": tables.as_markdown(tables.blocking(report)),
        "instructions": tables.as_markdown(tables.instructions(report)),
    }


def filled(page: str, shown: Mapping[str, str]) -> str:
    """A page with what stands between its marks written anew.

    Args:
        page: Markdown.
        shown: what is to stand there, by the name of the mark.

    Raises:
        KeyError: it has a mark of another name.
    """
    return re.sub(
        r"(<!-- measured: (\w+) -->\n).*?(\n<!-- end -->)",
        lambda found: f"{found[1]}\n{shown[found[2]]}\n{found[3]}",
        page,
        flags=re.DOTALL,
    )


def _run(report: Json) -> str:
    machine, pace = report["machine"], report["pace"]
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    return (
        f"Measured {report['measured']} on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}, {machine['python']}; {libraries}. The ordinary patient-view: {pace['rounds']} "
        f"rounds of {pace['seconds']:g} s for each server; every other operation: {pace['more_rounds']} of "
        f"{pace['more_seconds']:g} s."
    )


def _summary(report: Json) -> str:
    """A few lines for the README."""
    rows = {
        row["server"]: row
        for row in report["rows"]
        if (row["operation"], row["size"], row["connections"]) == ("patient-view", "98 KB", 8)
    }
    one = next(
        row
        for row in report["rows"]
        if (row["operation"], row["size"], row["connections"], row["server"])
        == ("patient-view", "98 KB", 1, "open")
    )
    start = report["starts"]["open"]
    listed: list[tuple[str, str]] = [
        (NAMES[name], f"{tables.number(row['ratio'])} of the bare application's answers")
        for name, row in rows.items()
    ]
    listed += [
        ("processor time of a call", f"{tables.number(rows['open']['cpu_milliseconds'])} ms"),
        (
            "one call at a time",
            " and ".join(f"p{n} {tables.number(one[f'p{n}_milliseconds'])} ms" for n in (50, 99)),
        ),
        (
            "start to ready, memory",
            f"{tables.number(start['seconds']['median'])} s, {start['memory']['after 98 KB']:.0f} MiB",
        ),
    ]
    return f"Measured {report['measured'][:10]}:\n\n" + tables.as_markdown(
        [("98 KB patient-view", ""), *listed]
    )


def _fetching(report: Json) -> str:
    sent = tables.number(report["fetching"]["sent_p50_milliseconds"])
    told = f"One at a time, a hook that brings everything takes {sent} ms of the same server at the median."
    return f"{tables.as_markdown(tables.fetching(report))}\n\n{told}"


if __name__ == "__main__":
    publish(json.loads(REPORT.read_text()))
