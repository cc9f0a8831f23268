"""The figure of a report: each server's answers to the ordinary patient-view, against the yardstick's."""

import io
import textwrap
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.tables import number
from tools.draw_figures import ALARM, BAND, INK, LINE, QUIET, STYLE, accessible

_TITLE = "Answers of each server, as multiples of the bare application's"
NAMES = {
    "open": "spine-mets, as make run has it",
    "audit": "with records of decisions",
    "RS384": "with an RS384 JWT",
    "RS384 and audit": "with RS384 JWT and records",
    "ES384 and audit": "with ES384 JWT and records",
    "bare FastAPI": "FastAPI and orjson, which only walk",
    "HealthChain": "HealthChain, which sums SINS only",
}
_OURS = 5  # the first ones of those names


def draw(report: dict[str, Any]) -> bytes:
    """The figure as SVG; of the same report always the same bytes."""
    every = [row for row in report["rows"] if (row["operation"], row["size"]) == ("patient-view", "98 KB")]
    rows = {row["server"]: row for row in every if row["connections"] == 8}
    shown = [name for name in NAMES if name in rows]
    machine = report["machine"]
    lines = _wrapped(
        f"98 KB of prefetch, 8 connections, {report['pace']['rounds']} interleaved rounds; points: answers "
        "for a second of processor time, median; bars: lowest to highest; pale: answers a second. Measured "
        f"{report['measured'][:10]} on {machine['processor']}, {machine['python']}; the line at 1 is the "
        "bare ASGI application with orjson."
    )
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 1.6 + 0.3 * len(shown)), dpi=100)
        height = figure.get_figheight()
        axes = figure.add_axes((0.34, 0.95 / height, 0.60, 1 - 1.35 / height))
        axes.tick_params(length=3)
        axes.axvline(1, color=ALARM, linewidth=0.9)
        axes.grid(visible=True, axis="x", color="#e3e8ec", linewidth=0.6)
        axes.set_axisbelow(True)
        for place, name in enumerate(reversed(shown)):
            row, cpu = rows[name], rows[name]["cpu"]
            colour = LINE if list(NAMES).index(name) < _OURS else QUIET
            axes.plot([cpu["lowest"], cpu["highest"]], [place, place], color=colour, linewidth=1.2)
            axes.plot([cpu["median"]], [place], marker="o", markersize=5, color=colour)
            if row["throughput"] is not None:
                axes.plot([row["throughput"]["median"]], [place], marker="D", markersize=4, color=BAND)
            axes.annotate(
                number(cpu["median"]),
                (cpu["highest"], place),
                xytext=(5, -2.5),
                textcoords="offset points",
                fontsize=7,
            )
        axes.set_yticks(range(len(shown)), [NAMES[name] for name in reversed(shown)])
        axes.set_ylim(-0.6, len(shown) - 0.4)
        axes.set_xlim(left=0)
        axes.set_xlabel("multiple of the bare application's answers", fontsize=7.5)
        figure.text(0.02, 1 - 0.2 / height, _TITLE, fontsize=9, weight="bold", va="center", color=INK)
        for place, line in enumerate(lines):
            figure.text(0.02, (0.36 - 0.13 * place) / height, line, fontsize=6.5, color=QUIET, va="center")
        drawing = io.BytesIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    told = "; ".join(f"{NAMES[name]} {number(rows[name]['cpu']['median'])}" for name in shown)
    return accessible(drawing.getvalue(), "performance", _TITLE, f"{told}. {' '.join(lines)}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 118)
