"""The kept figures: those that the data draw, readable, and harmless in a browser."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.engine.provenance import DefinitionError
from app.evidence import ITEMS, drawn, figures_in, load
from app.evidence.item import Series
from app.evidence.sources import MSTS, PAST_REVIEW
from app.evidence.studies import Table
from tools import draw_figures

SVG = "{http://www.w3.org/2000/svg}"
CODES = [item.code for item in drawn()]
HARMFUL = {"script", "foreignObject", "image", "iframe", "a", "animate", "set"}


@pytest.fixture(scope="module")
def redrawn() -> Mapping[str, bytes]:
    return draw_figures.draw_all()


def root(code: str) -> ET.Element:
    return ET.fromstring(load().figures[code])  # noqa: S314  a file of the project


def shown(code: str) -> str:
    """The text that stands in the figure, its lines joined."""
    return " ".join("".join(text.itertext()).strip() for text in root(code).iter(f"{SVG}text"))


def test_every_series_has_a_figure() -> None:
    assert set(CODES) >= {item.code for item in ITEMS.values() if isinstance(item, Series)}
    assert tuple(load().figures) == tuple(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_kept_figure_is_what_the_data_draw(code: str, redrawn: Mapping[str, bytes]) -> None:
    assert load().figures[code] == redrawn[code], "a figure is stale: make figures"


@pytest.mark.parametrize("code", CODES)
def test_a_figure_has_a_title_a_description_and_its_source(code: str) -> None:
    item, drawing = ITEMS[code], root(code)
    title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert title.text == item.title
    assert item.population in (description.text or "")
    assert drawing.get("role") == "img"
    assert drawing.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    text = shown(code)
    assert item.title in text
    assert draw_figures.source_line(item) in text


@pytest.mark.parametrize("code", CODES)
def test_a_figure_names_its_conflicts_and_the_age_of_its_source(code: str) -> None:
    item, text = ITEMS[code], shown(code)
    assert re.findall(r"INC-\d+", text) == [conflict.id for conflict in item.conflicts]
    assert (PAST_REVIEW in text) == (item.publication is MSTS)
    assert all(interest in text for interest in item.interests)


@pytest.mark.parametrize("code", [code for code in CODES if isinstance(ITEMS[code], Series)])
def test_a_figure_shows_every_value_and_how_many_it_is_of(code: str) -> None:
    series, text = ITEMS[code], shown(code)
    assert isinstance(series, Series)
    for point in series.points:
        assert re.search(rf"(?<![\d.]){re.escape(f'{point.value:g}')}", text), point.label
        if point.n is not None:
            assert re.search(rf"\bn {point.n}\b", text), point.label
        if point.spread is not None:
            assert f"± {point.spread:g}" in text
        elif point.low is not None:
            assert f"({point.low:g}-{point.high:g})" in text


def test_a_table_shows_every_study() -> None:
    for code in CODES:
        item = ITEMS[code]
        if isinstance(item, Table):
            assert all(row.study in shown(code) for row in item.rows)


@pytest.mark.parametrize("code", CODES)
def test_a_figure_runs_nothing_and_loads_nothing(code: str) -> None:
    for element in root(code).iter():
        assert element.tag.removeprefix(SVG) not in HARMFUL
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            if name.endswith("href"):
                assert value.startswith("#")
            assert "url(" not in value.replace("url(#", "")


@pytest.mark.parametrize("code", CODES)
def test_a_figure_fits_a_small_card(code: str) -> None:
    drawing = root(code)
    assert drawing.get("width") == "640"
    assert 340 <= int(drawing.get("height", "0")) <= 460
    assert len(load().figures[code]) < 40_000


def test_what_has_no_figure_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="has no figure"):
        draw_figures.draw(ITEMS["chen-leaks"])


def test_a_figure_too_few_or_too_many_stops_the_start(tmp_path: Path) -> None:
    for code, drawing in load().figures.items():
        (tmp_path / f"{code}.svg").write_bytes(drawing)
    assert figures_in(tmp_path) == load().figures
    (tmp_path / "chen-vas.svg").rename(tmp_path / "hao-qaly.svg")
    with pytest.raises(DefinitionError, match="make figures"):
        figures_in(tmp_path)
    (tmp_path / "hao-qaly.svg").unlink()
    with pytest.raises(DefinitionError, match="make figures"):
        figures_in(tmp_path)
