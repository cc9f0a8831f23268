"""The figures of the evidence, drawn from its data; the same bytes each time."""

import io
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app import evidence
from app.evidence.codes import Statistic
from app.evidence.item import Item, Point, Series
from app.evidence.studies import Estimates, Row, Share, Table

FOLDER = Path(evidence.__file__).parent / "figures"
_SVG = "http://www.w3.org/2000/svg"
# 6.4 x 3.6 inches of 100 dots: shown at 640 x 360. Tables of studies need more rows, so more height.
_WIDTH, _HEIGHT, _ROW_HEIGHT, _DOTS = 6.4, 3.6, 0.26, 100
_POINTS = 72  # of an inch, the unit that drawings are written in
INK, QUIET, LINE, BAND, ALARM = "#1a2733", "#51606e", "#0b5c8e", "#7fb2d3", "#9a2c00"
# The library types a style by the names of its 300 settings, which no dictionary here has to repeat.
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "spine-mets",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Beside a bar, below a share that may be near 100%, else above the point, in points of an inch.
_PLACED = {(False, True): (7, 2), (False, False): (0, 6), (True, False): (0, -24)}
_SHOWN_AS = {
    Statistic.MEDIAN: "points: median",
    Statistic.MEDIAN_RANGE: "points: median, bars: range",
    Statistic.MEAN: "points: mean",
    Statistic.MEAN_SD: "points: mean, bars: ± 1 SD",
    Statistic.MEDIAN_SD: "points: median, bars: ± SD as printed",
    Statistic.VALUE: "values as printed",
    Statistic.COUNT: "percentages computed from the counts shown",
    Statistic.RANGE: "bars: range",
}


def draw_all() -> Mapping[str, bytes]:
    """Every figure as SVG under the code of its item."""
    return {item.code: draw(item) for item in evidence.drawn()}


def draw(item: Item) -> bytes:
    """The figure of one item as SVG.

    Raises:
        ValueError: this kind of item has no figure.
    """
    with mpl.rc_context(STYLE):
        match item:
            case Series():
                figure = _draw_series(item)
                shown = _SHOWN_AS[item.statistic] + ("; times not to scale" if item.timed else "")
            case Estimates():
                figure, shown = (
                    _draw_estimates(item),
                    "points: estimate, bars: 95% interval; logarithmic axis",
                )
            case Table():
                figure, shown = _draw_table(item)
            case _:
                raise ValueError(f"{item.code} has no figure")
        _frame(figure, item, shown)
        drawing = io.BytesIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    return accessible(drawing.getvalue(), item.code, item.title, f"{described(item)} {shown}.")


def _figure(height: float, left: float = 0.10) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, height), dpi=_DOTS)
    bottom, top = 1.16 / height, 0.56 / height
    axes = figure.add_axes((left, bottom, 0.97 - left, 1 - bottom - top))
    axes.tick_params(length=3)
    return figure, axes


def _frame(figure: Figure, item: Item, shown: str) -> None:
    """Title above, and below it how to read the figure, where it is from, and what is wrong with it."""
    height = figure.get_figheight()
    figure.text(0.02, 1 - 0.2 / height, item.title, fontsize=9, weight="bold", va="center")
    figure.text(0.02, 1 - 0.38 / height, item.population, fontsize=7, color=QUIET, va="center")
    lines = [(line, QUIET) for line in _wrapped(shown + _test(item)) + _wrapped(source_line(item))]
    lines += [(line, ALARM) for line in _wrapped(_warnings(item))]
    for place, (line, colour) in enumerate(lines, start=1):
        figure.text(
            0.02,
            (0.09 + 0.125 * (len(lines) - place)) / height,
            line,
            fontsize=6.5,
            color=colour,
            va="center",
        )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 118)


def _test(item: Item) -> str:
    return f"; {item.test}" if isinstance(item, Series) and item.test else ""


def source_line(item: Item) -> str:
    """Where the figure is from, as it stands at its foot."""
    return f"Source: {item.cite.title}; {item.cite.place} ({item.cite.tag.label})"


def _warnings(item: Item) -> str:
    stated = [caution for caution in item.publication.cautions if "review date" in caution]
    stated += [f"interests: {interest}" for interest in item.interests]
    if item.conflicts:
        stated.append("disputed: " + ", ".join(conflict.id for conflict in item.conflicts))
    return "; ".join(stated)


def _draw_series(series: Series) -> Figure:
    if not series.timed:
        return _draw_groups(series)
    figure, axes = _figure(_HEIGHT)
    places = range(len(series.points))
    values = [_value(series, point) for point in series.points]
    bars = [_bar(series, point) for point in series.points]
    axes.plot(places, values, color=BAND, linewidth=1.2, zorder=1)
    for place, point, value, bar in zip(places, series.points, values, bars, strict=True):
        if bar is not None:
            axes.plot([place, place], bar, color=LINE, linewidth=1.2, zorder=2)
            axes.plot([place, place], bar, linestyle="none", marker="_", markersize=7, color=LINE)
        axes.plot([place], [value], marker="o", markersize=5, color=LINE, zorder=3)
        axes.annotate(
            _label(series, point),
            (place, value),
            xytext=_PLACED[series.statistic is Statistic.COUNT, bar is not None],
            textcoords="offset points",
            ha="left" if bar else "center",
            fontsize=7.5,
        )
    axes.set_xlim(-0.35, len(series.points) - 0.35)
    axes.set_xticks(list(places), [_time(point) for point in series.points])
    axes.set_ylabel(textwrap.fill(series.axis, 34), fontsize=7.5)
    axes.yaxis.set_label_coords(-0.062, 0.5)
    _limit(axes, series, values, bars)
    axes.grid(visible=True, axis="y", color="#e3e8ec", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _limit(
    axes: Axes, series: Series, values: Sequence[float], bars: Sequence[tuple[float, float] | None]
) -> None:
    ends = [end for bar in bars if bar for end in bar]
    highest = max(*values, *ends)
    if series.statistic is Statistic.COUNT:
        axes.set_ylim(0, 105)
    elif series.bounds:
        low, high = series.bounds
        axes.set_ylim(min(low, 0), high * 1.05)
    else:
        axes.set_ylim(min(0, *values, *ends), highest * 1.1)


def _draw_groups(series: Series) -> Figure:
    figure, axes = _figure(_HEIGHT, left=0.27)
    places = list(range(len(series.points)))[::-1]
    axes.barh(places, [point.value for point in series.points], height=0.5, color=BAND)
    for place, point in zip(places, series.points, strict=True):
        axes.annotate(
            _label(series, point) + ("" if point.n is None else f" (n {point.n})"),
            (point.value, place),
            xytext=(4, -2.5),
            textcoords="offset points",
            fontsize=7.5,
        )
    axes.set_yticks(places, [point.label for point in series.points])
    axes.set_xlim(0, max(point.value for point in series.points) * 1.2)
    axes.set_xlabel(series.axis, fontsize=7.5)
    return figure


def _value(series: Series, point: Point) -> float:
    share = series.percent_of(point)
    return point.value if share is None else float(share)


def _bar(series: Series, point: Point) -> tuple[float, float] | None:
    if series.statistic in (Statistic.MEAN_SD, Statistic.MEDIAN_SD) and point.spread is not None:
        return point.value - point.spread, point.value + point.spread
    if point.low is not None and point.high is not None:
        return point.low, point.high
    return None


def _label(series: Series, point: Point) -> str:
    value = _as_precise(point.value, [other.value for other in series.points])
    if series.statistic is Statistic.VALUE:
        value = number(point.value)  # as printed, each by a study of its own
    if series.statistic is Statistic.COUNT:
        return f"{_value(series, point):.1f}%\n{value}/{point.n}"
    if point.spread is not None:
        spreads = [other.spread for other in series.points if other.spread is not None]
        return f"{value} ± {_as_precise(point.spread, spreads)}"
    if point.low is not None and point.high is not None:
        return f"{value} ({number(point.low)}-{number(point.high)})"
    return f"{value}%" if series.unit == "%" else value


def _as_precise(value: float, among: Sequence[float]) -> str:
    """The value with as many decimal places as the most precise of its neighbours has."""
    digits = max(len(number(other).partition(".")[2]) for other in among)
    return f"{value:.{digits}f}"


def number(value: float) -> str:
    """A number as short as it can be: 3 for 3.0."""
    return f"{value:g}"


def _time(point: Point) -> str:
    return f"{point.label}\nn {point.n if point.n is not None else 'not stated'}"


def _draw_estimates(item: Estimates) -> Figure:
    figure, axes = _figure(_HEIGHT, left=0.31)
    places = list(range(len(item.estimates)))[::-1]
    for place, estimate in zip(places, item.estimates, strict=True):
        axes.plot([estimate.low, estimate.high], [place, place], color=LINE, linewidth=1.2)
        axes.plot([estimate.value], [place], marker="s", markersize=4.5, color=LINE)
        axes.annotate(
            f"{estimate.value:.2f} ({estimate.low:.2f}-{estimate.high:.2f})",
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(-2, -2.5),
            textcoords="offset points",
            ha="right",
            fontsize=7,
        )
    axes.axvline(1, color=QUIET, linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    axes.set_xlim(0.8, 160)
    axes.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    axes.minorticks_off()
    axes.set_yticks(places, [estimate.factor for estimate in item.estimates])
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.set_xlabel(item.unit, fontsize=7.5)
    return figure


def _draw_table(item: Table) -> tuple[Figure, str]:
    if any(row.pain_before is not None for row in item.rows):
        return _draw_pain(item), "open: before, filled: after; n patients (n tumours); mean on a 0-10 scale"
    shown = "local control as printed, with counts where given; n tumours"
    return _draw_control(item), shown


def _rows(item: Table, left: float) -> tuple[Figure, Axes, list[int]]:
    figure, axes = _figure(1.75 + _ROW_HEIGHT * len(item.rows), left=left)
    places = list(range(len(item.rows)))[::-1]
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.grid(visible=True, axis="x", color="#e3e8ec", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes, places


def _draw_pain(item: Table) -> Figure:
    figure, axes, places = _rows(item, 0.36)
    for place, row in zip(places, item.rows, strict=True):
        if row.pain_before is None or row.pain_after is None:
            text = "" if row.pain_fall is None else f"fall of {number(row.pain_fall)} on 0-{row.pain_scale}"
            axes.annotate(
                text, (0, place), xytext=(4, -2.5), textcoords="offset points", fontsize=7, color=QUIET
            )
            continue
        axes.annotate(
            "",
            (row.pain_after, place),
            (row.pain_before, place),
            arrowprops={"arrowstyle": "-", "color": BAND, "linewidth": 1.4},
        )
        axes.plot([row.pain_before], [place], marker="o", markersize=5, color=LINE, markerfacecolor="white")
        axes.plot([row.pain_after], [place], marker="o", markersize=5, color=LINE)
        _beside(axes, number(row.pain_after), row.pain_after, place, -5, "right")
        _beside(axes, number(row.pain_before), row.pain_before, place, 5, "left")
    axes.set_xlim(-0.5, 10)
    axes.set_xlabel("mean pain, 0-10", fontsize=7.5)
    axes.set_yticks(
        places, [_study(row, f"{_count(row.patients)} ({_count(row.tumours)})") for row in item.rows]
    )
    return figure


def _draw_control(item: Table) -> Figure:
    figure, axes, places = _rows(item, 0.36)
    for place, row in zip(places, item.rows, strict=True):
        share = row.local_control
        if share is None:
            continue
        value = float(share.percent if share.percent is not None else share.reported or 0)
        axes.plot([value], [place], marker="o", markersize=5, color=LINE)
        beyond = value < _HALF
        _beside(axes, _share(share), value, place, 6 if beyond else -6, "left" if beyond else "right")
    axes.set_xlim(0, 104)
    axes.set_xlabel("local control, %", fontsize=7.5)
    axes.set_yticks(places, [_study(row, _count(row.tumours)) for row in item.rows])
    return figure


def _beside(axes: Axes, text: str, value: float, place: int, shift: float, side: str) -> None:
    axes.annotate(
        text,
        (value, place),
        xytext=(shift, -2.5),
        textcoords="offset points",
        ha=side,
        fontsize=7,
    )


def _share(share: Share) -> str:
    if share.denominator is not None:
        return f"{share.count}/{share.denominator} ({share.percent}%)"
    if share.count is not None:
        return f"{share.count} of an unstated number ({share.reported}%)"
    after = "" if share.years is None else f" at {number(share.years)} y"
    return f"{share.reported}%{after}"


_HALF = 50  # per cent: below it a label has more room to the right
_SHORT = {
    "radiofrequency-ablation": "RFA",
    "cryoablation": "cryo",
    "microwave-ablation": "MWA",
}


def _study(row: Row, count: str) -> str:
    techniques = "/".join(_SHORT[technique] for technique in row.techniques if technique in _SHORT)
    return f"{row.study}, {techniques}, n {count}"


def _count(value: int | None) -> str:
    return "not stated" if value is None else str(value)


def described(item: Item) -> str:
    """What the figure shows, for who cannot see it."""
    match item:
        case Series():
            values = "; ".join(f"{point.label} {_label(item, point)}" for point in item.points)
            values = values.replace("\n", " ")
            text = f"{item.axis}: {values}."
        case Estimates():
            values = "; ".join(f"{e.factor} {e.value} ({e.low} to {e.high})" for e in item.estimates)
            text = f"{item.unit}: {values}."
        case Table():
            text = f"{len(item.rows)} studies: " + ", ".join(row.study for row in item.rows) + "."
        case _:
            text = ""
    parts = [item.population + ".", text, source_line(item) + "."]
    if _warnings(item):
        parts.append(_warnings(item) + ".")
    return " ".join(parts)


def accessible(drawing: bytes, code: str, title: str, description: str) -> bytes:
    """A drawing with a title and a description that screen readers find, and without its preamble.

    Args:
        drawing: SVG as the library writes it.
        code: names both in the document.
        title: of the figure.
        description: what it shows, for who cannot see it.
    """
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(drawing)  # noqa: S314  drawn a moment ago, from nobody's input
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    titled = ET.Element(f"{{{_SVG}}}title", {"id": f"{code}-title"})
    titled.text = title
    described_as = ET.Element(f"{{{_SVG}}}desc", {"id": f"{code}-desc"})
    described_as.text = description
    root.insert(0, titled)
    root.insert(1, described_as)
    root.set("role", "img")
    root.set("aria-labelledby", f"{code}-title {code}-desc")
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    root.set("width", f"{width * _DOTS / _POINTS:.0f}")
    root.set("height", f"{height * _DOTS / _POINTS:.0f}")
    written: bytes = ET.tostring(root, encoding="utf-8")
    return written + b"\n"


def main() -> None:
    """Write every figure again, and remove those that nothing has any more."""
    figures = draw_all()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.svg"):
        if path.stem not in figures:
            path.unlink()
    for code, drawing in figures.items():
        (FOLDER / f"{code}.svg").write_bytes(drawing)


if __name__ == "__main__":
    main()
