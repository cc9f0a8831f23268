from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.question import Answer, Item, Option
from app.engine.score import Band, Score

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
Answers = Mapping[str, Answer]


def build(points: list[list[int]], starts: list[int], ceiling: int | None) -> Score:
    highest = sum(map(max, points))
    if ceiling is not None:
        highest = min(highest, ceiling)
    ends = [*(start - 1 for start in starts[1:]), highest]
    items = tuple(
        Item(
            f"item-{n}",
            f"Item {n}",
            "?",
            tuple(Option(f"o{m}", f"Option {m}", p, CITE) for m, p in enumerate(values)),
            CITE,
        )
        for n, values in enumerate(points)
    )
    bands = tuple(
        Band(f"band-{n}", f"band {n}", low, high, "", CITE)
        for n, (low, high) in enumerate(zip(starts, ends, strict=True))
    )
    return Score("generated", "Generated", "1", items, bands, "low", (), (), (), (), ceiling)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Score, dict[str, Answer]]:
    options = st.lists(st.integers(0, 6), min_size=2, max_size=4)
    points = draw(st.lists(options, min_size=1, max_size=4))
    lowest, highest = sum(map(min, points)), sum(map(max, points))
    ceiling = draw(st.none() | st.integers(lowest, highest + 3))
    end = highest if ceiling is None else min(highest, ceiling)
    cuts = draw(st.sets(st.integers(lowest + 1, end), max_size=4)) if end > lowest else set()
    score = build(points, [lowest, *sorted(cuts)], ceiling)
    answers = {}
    for item in score.items:
        left = draw(st.none() | st.sets(st.sampled_from(item.codes), min_size=1))
        if left is not None:
            answers[item.code] = Answer(item.ordered(left), recorded=True)
    return score, answers


def naive_totals(score: Score, answers: Answers) -> list[int]:
    allowed = [
        [o.points for o in item.options if item.code not in answers or o.code in answers[item.code].possible]
        for item in score.items
    ]
    sums = {sum(points) for points in product(*allowed)}
    return sorted(sums if score.ceiling is None else {min(total, score.ceiling) for total in sums})


def naive_bands(score: Score, answers: Answers) -> list[str]:
    totals = naive_totals(score, answers)
    return [b.code for b in score.bands if any(b.low <= total <= b.high for total in totals)]


def naive_would_settle(score: Score, answers: Answers) -> list[str]:
    found = []
    for item in score.items:
        left = answers[item.code].possible if item.code in answers else item.codes
        tried = [{**answers, item.code: Answer((code,))} for code in left]
        if len(left) > 1 and any(len(naive_bands(score, trial)) == 1 for trial in tried):
            found.append(item.code)
    return found


@given(cases())
def test_everything_is_that_of_brute_force_with_the_sum_capped(case: tuple[Score, Answers]) -> None:
    score, answers = case
    result = score.evaluate(answers)
    assert list(result.totals) == naive_totals(score, answers)
    assert list(result.bands) == naive_bands(score, answers)
    assert list(result.would_settle) == naive_would_settle(score, answers)
    assert result.settled == (len(naive_bands(score, answers)) == 1)
    assert score.lowest <= result.minimum <= result.maximum <= score.highest


@given(cases(), st.data())
def test_knowing_more_never_widens_under_a_ceiling(case: tuple[Score, Answers], data: st.DataObject) -> None:
    score, answers = case
    before = score.evaluate(answers)
    item = data.draw(st.sampled_from(score.items))
    left = data.draw(st.sets(st.sampled_from(before.answers[item.code].possible), min_size=1))
    after = score.evaluate({**answers, item.code: Answer(item.ordered(left), recorded=True)})
    assert set(after.totals) <= set(before.totals)
    assert set(after.bands) <= set(before.bands)


# ceiling -> highest total, and the total of 2 + 1 + 1
@pytest.mark.parametrize(
    ("ceiling", "highest", "total"),
    [(None, 4, 4), (5, 4, 4), (4, 4, 4), (3, 3, 3), (1, 1, 1), (0, 0, 0)],
)
def test_a_sum_above_the_ceiling_counts_as_it(ceiling: int | None, highest: int, total: int) -> None:
    score = build([[0, 2], [0, 1], [0, 1]], [0], ceiling)
    assert score.highest == highest
    assert score.evaluate({item.code: Answer(("o1",)) for item in score.items}).total == total


def test_an_item_that_only_moves_the_sum_above_the_ceiling_changes_nothing() -> None:
    score = build([[0, 2], [0, 1], [0, 1]], [0, 3], 3)
    result = score.evaluate({"item-0": Answer(("o1",)), "item-1": Answer(("o1",))})
    assert (result.totals, result.settled) == ((3,), True)
    assert result.points("item-2") == (0, 1)


def test_bands_above_the_ceiling_are_refused() -> None:
    item = Item("a", "A", "?", (Option("no", "no", 0, CITE), Option("yes", "yes", 2, CITE)), CITE)
    bands = (Band("one", "one", 0, 2, "", CITE),)
    with pytest.raises(DefinitionError, match="the bands do not cover 0 to 1"):
        Score("s", "S", "1", (item,), bands, "low", (), (), (), (), ceiling=1)


def test_a_ceiling_below_the_lowest_total_is_refused() -> None:
    item = Item("a", "A", "?", (Option("no", "no", 2, CITE), Option("yes", "yes", 3, CITE)), CITE)
    bands = (Band("one", "one", 1, 1, "", CITE),)
    with pytest.raises(DefinitionError, match="the ceiling lies below the lowest total 2"):
        Score("s", "S", "1", (item,), bands, "low", (), (), (), (), ceiling=1)
