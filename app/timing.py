"""What the parts of an assessment took, to be read: the dearest first."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from app.metrics import Spent

# What is done beside the judging, whose parts are told by the judging itself.
READING = "reading"
CARDS = "cards"


class _Row(NamedTuple):
    part: str
    milliseconds: float
    times: int
    share: float


def print_timing(console: Console, spent: Mapping[str, Spent]) -> None:
    """Print a table of what each part took.

    Args:
        console: prints it.
        spent: what was spent, by the part.
    """
    table = Table(title="Time by part", title_justify="left")
    table.add_column("Part")
    for heading in ("Milliseconds", "Times", "Share"):
        table.add_column(heading, justify="right")
    for row in _rows(spent):
        table.add_row(row.part, f"{row.milliseconds:.3f}", str(row.times), f"{100 * row.share:.1f} %")
    console.print(table)


def timing_json(spent: Mapping[str, Spent]) -> str:
    """The same as one line of JSON.

    Args:
        spent: what was spent, by the part.
    """
    return json.dumps({"timing": [row._asdict() for row in _rows(spent)]})


def _rows(spent: Mapping[str, Spent]) -> list[_Row]:
    whole = sum(one.seconds for one in spent.values()) or 1.0
    dearest_first = sorted(spent.items(), key=lambda named: -named[1].seconds)
    return [
        _Row(part, round(1000 * one.seconds, 4), one.times, round(one.seconds / whole, 4))
        for part, one in dearest_first
    ]
