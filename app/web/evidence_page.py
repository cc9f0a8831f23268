"""The figures of the publications on one page to read and to print, each with what it was counted in.

A card links to a part of it. Nothing on it speaks of a patient, and no card speaks from it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from fastapi import APIRouter, Request, Response

from app.conditional import Kept
from app.engine.sheet import Cell, Grid, Link
from app.evidence import Evidence, load
from app.evidence.codes import Site, Statistic, Technique
from app.evidence.item import Item, Point, Publication, Series
from app.evidence.studies import Estimates, Row, Share, Table
from app.knowledge import Knowledge
from app.knowledge.sheets import standing
from app.web.knowledge_pages import (
    HEADERS,
    STYLESHEET,
    cell_html,
    grid_html,
    made_page,
    text_page,
)

ADDRESS = "/evidence"
FIGURE_STYLESHEET = "/evidence/figures.css"
CONFLICTS = "/api/v1/evidence/inconsistencies"
POLICY = HEADERS["Content-Security-Policy"].replace("img-src data:", "img-src 'self' data:")
TITLE = "Evidence in figures"
LEAD = "What the publications behind the rules measured, drawn from the numbers they print."
NOT = (
    (
        "No personal prognosis. A figure tells what was measured in a group of patients; one patient may "
        "do better or worse, and no number here may be quoted as that patient's chance."
    ),
    (
        "No comparison of treatments, unless the study made one: other studies chose other patients, and "
        "two figures beside each other say nothing of which treatment is better."
    ),
    "No more certain than its numbers: read the denominator and the cautions before the curve.",
    "Not what a card says: cards follow the rules, and no figure changes a card.",
)
_CEMENT = frozenset({Technique.VERTEBROPLASTY, Technique.KYPHOPLASTY, Technique.CEMENTOPLASTY})
_ABLATION = frozenset(
    {
        Technique.RADIOFREQUENCY,
        Technique.MICROWAVE,
        Technique.CRYOABLATION,
        Technique.LASER,
        Technique.FOCUSED_ULTRASOUND,
        Technique.ALCOHOL,
    }
)
_STATISTICS: Mapping[Statistic, str] = MappingProxyType(
    {
        Statistic.MEDIAN: "median",
        Statistic.MEDIAN_RANGE: "median, with range",
        Statistic.MEAN: "mean",
        Statistic.MEAN_SD: "mean, with standard deviation",
        Statistic.MEDIAN_SD: "median, with standard deviation",
        Statistic.VALUE: "value as printed",
        Statistic.COUNT: "count",
        Statistic.RANGE: "range",
    }
)
_Row = TypeVar("_Row")
_SIZE = re.compile(rb'<svg [^>]*?\bwidth="(\d+)" height="(\d+)"')


class Part(NamedTuple):
    """What a reader comes for, by the code of the definition that asks it."""

    code: str
    title: str
    concerns: Callable[[Item], bool]


PARTS = (
    Part("augmentation", "Cement, alone or with another technique", lambda i: _did(i, _CEMENT)),
    Part("ablation", "Ablation, alone or with another technique", lambda i: _did(i, _ABLATION)),
    Part("embolisation", "Embolisation", lambda i: Technique.EMBOLISATION in i.techniques),
    Part(
        "fracture-after-stereotactic-radiotherapy",
        "Fracture after stereotactic radiotherapy",
        lambda i: Technique.STEREOTACTIC_RADIOTHERAPY in i.techniques,
    ),
    Part("acetabulum", "The acetabulum", lambda i: Site.ACETABULUM in i.sites),
    Part("pelvis", "The pelvis and the sacrum", lambda i: not {Site.PELVIS, Site.SACRUM}.isdisjoint(i.sites)),
)


def evidence_page(knowledge: Knowledge) -> APIRouter:
    """The routes of the page, written once in a thread when it is first asked for, and of its stylesheet.

    Args:
        knowledge: under this site's policy, named on the page.
    """

    @cache
    def page() -> Kept:
        return text_page(_html(load(), standing(knowledge)))

    style = made_page(files("app.web").joinpath("evidence.css").read_bytes(), "text/css; charset=utf-8")
    routes = APIRouter(include_in_schema=False)

    @routes.get(ADDRESS)
    def figures(request: Request) -> Response:
        response = page().answer(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @routes.get(FIGURE_STYLESHEET)
    async def stylesheet(request: Request) -> Response:
        return style.answer(request)

    return routes


def _did(item: Item, techniques: frozenset[Technique]) -> bool:
    return not techniques.isdisjoint(item.techniques)


# -- HTML -----------------------------------------------------------------------------------------------


def _html(evidence: Evidence, stands_on: str) -> str:
    shown = [evidence.items[code] for code in evidence.figures]
    by_publication = groupby(shown, key=lambda item: item.publication)
    body = "".join(
        (
            f"<header><h1>{TITLE}</h1><p>{escape(LEAD)}</p><p>{escape(stands_on)}</p></header>\n",
            f'<section id="not">\n<h2>What this is not</h2>\n{_listing(NOT)}</section>\n',
            *(_part(part, shown) for part in PARTS),
            *(_publication(one, items, evidence) for one, items in by_publication),
            _conflicts(),
        )
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{TITLE}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<link rel="stylesheet" href="{STYLESHEET}">\n'
        f'<link rel="stylesheet" href="{FIGURE_STYLESHEET}">\n</head>\n'
        '<body>\n<nav><a href="/knowledge">All definitions</a></nav>\n'
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _part(part: Part, shown: Iterable[Item]) -> str:
    links: list[Cell] = [Link(item.title, f"#{item.code}") for item in shown if part.concerns(item)]
    links.append(Link("The definition and its sources", f"/knowledge/{part.code}"))
    return f'<section id="{part.code}">\n<h2>{escape(part.title)}</h2>\n{_listing(links)}</section>\n'


def _publication(publication: Publication, items: Iterable[Item], evidence: Evidence) -> str:
    cite = publication.citation
    told: list[Cell] = [f"Reference: {cite.printed}." if cite.url is None else Link(cite.printed, cite.url)]
    told += [f"Caution: {caution}." for caution in publication.cautions]
    figures = "".join(_figure(item, evidence.figures[item.code]) for item in items)
    name = escape(f"Figures: {publication.key}")
    return f"<section>\n<h2>{name}</h2>\n{_listing(told)}{figures}</section>\n"


def _figure(item: Item, drawing: bytes) -> str:
    told: list[Cell] = [
        f"In whom: {item.population}.",
        f"Denominator: {_denominator(item)}.",
        f"Source: {item.publication.key}, {item.cite.place} ({item.cite.tag.label}).",
    ]
    if isinstance(item, Series) and item.test is not None:
        told.append(f"Test of the source: {item.test}.")
    told += [f"Caution: {caution}." for caution in (*item.interests, *item.notes)]
    told += [
        f"In conflict ({one.id}): {one.conflict}. What is done: {one.handling}." for one in item.conflicts
    ]
    size = _SIZE.match(drawing)
    sized = f' width="{size[1].decode()}" height="{size[2].decode()}"' if size is not None else ""
    alternative = escape(f"{item.title}. The values stand in the table below.")
    return (
        f'<article id="{item.code}">\n<h3>{escape(item.title)}</h3>\n{_listing(told)}'
        f'<img src="/api/v1/evidence/figures/{item.code}.svg" alt="{alternative}"{sized}>\n'
        f"{grid_html(_values(item))}</article>\n"
    )


def _listing(cells: Iterable[Cell]) -> str:
    return f"<ul>\n{''.join(f'<li>{cell_html(cell)}</li>' for cell in cells)}\n</ul>\n"


def _conflicts() -> str:
    links: tuple[Cell, ...] = (
        Link("Every conflict, for programs (JSON)", CONFLICTS),
        Link("Every conflict and every finding, to read and to sign", "/knowledge/evidence"),
    )
    return (
        f'<section id="conflicts">\n<h2>Figures that exclude each other</h2>\n{_listing(links)}</section>\n'
    )


# -- numbers --------------------------------------------------------------------------------------------


def _denominator(item: Item) -> str:
    if isinstance(item, Table):
        return "another one in each study; the table names it"
    if not isinstance(item, Series) or item.n is None:
        return "none that holds for every value; see in whom"
    counted = f" {item.unit}" if item.statistic is Statistic.COUNT else ""
    varies = {point.n for point in item.points if point.n is not None} - {item.n}
    return f"{item.n}{counted} at the start" + ("; the table has that of each value" if varies else "")


def _values(item: Item) -> Grid:
    if isinstance(item, Series):
        return _series(item)
    if isinstance(item, Table):
        return _studies(item)
    if isinstance(item, Estimates):
        rows = tuple((e.factor, f"{e.value:g}", f"{e.low:g} to {e.high:g}") for e in item.estimates)
        return Grid(("Factor", item.unit.partition(" (")[0], "95% interval"), rows)
    raise TypeError(f"{item.code} has a figure and is of no kind that has one")


def _series(series: Series) -> Grid:
    columns: tuple[tuple[str, Callable[[Point], str]], ...] = (
        ("When" if series.timed else "Which", lambda point: point.label),
        (f"{series.axis}: {_STATISTICS[series.statistic]}", lambda point: f"{point.value:g}"),
        ("Standard deviation", lambda point: _number(point.spread)),
        ("Range", lambda point: "" if point.low is None else f"{point.low:g} to {_number(point.high)}"),
        ("Of how many", lambda point: _number(point.n)),
        ("Per cent", lambda point: "" if (share := series.percent_of(point)) is None else f"{share}"),
        ("Where", lambda point: point.place or ""),
    )
    return _filled(columns, series.points)


def _studies(table: Table) -> Grid:
    columns: tuple[tuple[str, Callable[[Row], str]], ...] = (
        ("Study", lambda row: row.study),
        ("Patients", lambda row: _number(row.patients)),
        ("Tumours", lambda row: _number(row.tumours)),
        ("Pain before and after", _pain),
        ("Fall of pain", lambda row: _number(row.pain_fall)),
        ("Pain fell in", lambda row: _share(row.reduced)),
        ("Local control in", lambda row: _share(row.local_control)),
        ("Cautions", lambda row: "; ".join((*row.interests, *row.notes))),
        ("Conflicts", lambda row: ", ".join(dispute.id for dispute in row.disputes)),
    )
    return _filled(columns, table.rows)


def _filled(columns: Iterable[tuple[str, Callable[[_Row], str]]], values: Iterable[_Row]) -> Grid:
    """A table of the columns in which any row says something."""
    rows = tuple(values)
    told = [(name, [cell(row) for row in rows]) for name, cell in columns]
    kept = [(name, cells) for name, cells in told if any(cells)]
    by_row: Iterator[tuple[Cell, ...]] = zip(*(cells for _, cells in kept), strict=True)
    return Grid(tuple(name for name, _ in kept), tuple(tuple(cell or "-" for cell in row) for row in by_row))


def _pain(row: Row) -> str:
    if row.pain_before is None or row.pain_after is None:
        return ""
    return f"{row.pain_before:g} to {row.pain_after:g} of {row.pain_scale}"


def _share(share: Share | None) -> str:
    if share is None:
        return ""
    counted = "" if share.count is None else f"{share.count}"
    if counted:
        counted += (
            " of an unknown number" if share.denominator is None else f" of {share.denominator} {share.unit}"
        )
    printed = "" if share.reported is None else f"{share.reported}% as printed"
    years = "" if share.years is None else f"after {share.years:g} year{'s' * (share.years != 1)}"
    return ", ".join(filter(None, (counted, printed, years)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
