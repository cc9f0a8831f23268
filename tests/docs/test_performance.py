"""README, docs/performance.md and the figure show the run that docs/performance.json holds, and no other."""

import json
import re
from pathlib import Path

import pytest

from bench.figure import draw
from bench.publishing import PAGES, filled, sections
from bench.targets import TARGETS

ROOT = Path(__file__).parents[2]
REPORT = json.loads((ROOT / "docs/performance.json").read_text())
MARK = re.compile(r"<!-- measured: (\w+) -->")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_committed_run(page: str) -> None:
    text = (ROOT / page).read_text()
    assert MARK.findall(text)
    assert filled(text, sections(REPORT)) == text


def test_everything_that_is_shown_has_its_place() -> None:
    places = [name for page in PAGES for name in MARK.findall((ROOT / page).read_text())]
    assert sorted(places) == sorted(sections(REPORT))


def test_the_figure_is_drawn_from_the_committed_run() -> None:
    assert draw(REPORT) == (ROOT / "docs/performance.svg").read_bytes()


def test_every_target_is_in_the_committed_run() -> None:
    assert [one["code"] for one in REPORT["targets"]] == [target.code for target in TARGETS]


def test_a_change_of_the_run_changes_both_pages() -> None:
    changed = json.loads(json.dumps(REPORT))
    for row in changed["rows"]:
        row["ratio"] += 1
        row["cpu"]["median"] += 1
    for page in PAGES:
        text = (ROOT / page).read_text()
        assert filled(text, sections(changed)) != text


def test_a_mark_that_nothing_is_measured_for_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("<!-- measured: nothing -->\n\n<!-- end -->", sections(REPORT))
