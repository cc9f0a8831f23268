from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.question import Answer, Item, Option, unknown
from app.engine.question import given as stated
from app.engine.score import Band, Score

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
Answers = Mapping[str, Answer]


def build(points: list[list[int]], starts: list[int]) -> Score:
    highest = sum(map(max, points))
    ends = [*(start - 1 for start in starts[1:]), highest]
    return Score(
        code="generated",
        name="Generated",
        version="1",
        items=tuple(
            Item(
                f"item-{n}",
                f"Item {n}",
                "?",
                tuple(Option(f"o{m}", f"Option {m}", p, CITE) for m, p in enumerate(values)),
                CITE,
            )
            for n, values in enumerate(points)
        ),
        bands=tuple(
            Band(f"band-{n}", f"band {n}", low, high, "", CITE)
            for n, (low, high) in enumerate(zip(starts, ends, strict=True))
        ),
        worse="high",
        use=(),
        misuse=(),
        performance=(),
        references=(),
    )


@st.composite
def scores(draw: st.DrawFn) -> Score:
    options = st.lists(st.integers(0, 6), min_size=2, max_size=4)
    points = draw(st.lists(options, min_size=1, max_size=4))
    lowest, highest = sum(map(min, points)), sum(map(max, points))
    cuts = st.sets(st.integers(lowest + 1, highest), max_size=4) if highest > lowest else st.just(set())
    return build(points, [lowest, *sorted(draw(cuts))])


@st.composite
def cases(draw: st.DrawFn) -> tuple[Score, dict[str, Answer]]:
    score = draw(scores())
    answers = {}
    for item in score.items:
        left = draw(st.none() | st.sets(st.sampled_from(item.codes), min_size=1))
        if left is not None:
            answers[item.code] = Answer(item.ordered(left), recorded=draw(st.booleans()))
    return score, answers


def naive_totals(score: Score, answers: Answers) -> list[int]:
    allowed = (
        [
            option.points
            for option in item.options
            if item.code not in answers or option.code in answers[item.code].possible
        ]
        for item in score.items
    )
    return sorted({sum(points) for points in product(*allowed)})


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
def test_reachable_totals_are_those_of_brute_force(case: tuple[Score, Answers]) -> None:
    score, answers = case
    result = score.evaluate(answers)
    expected = naive_totals(score, answers)
    assert list(result.totals) == expected
    assert (result.minimum, result.maximum) == (expected[0], expected[-1])
    assert result.total == (expected[0] if len(expected) == 1 else None)


@given(cases())
def test_reachable_bands_are_those_of_brute_force(case: tuple[Score, Answers]) -> None:
    score, answers = case
    result = score.evaluate(answers)
    assert list(result.bands) == naive_bands(score, answers)


@given(cases())
def test_settled_means_one_band_left(case: tuple[Score, Answers]) -> None:
    score, answers = case
    assert score.evaluate(answers).settled == (len(naive_bands(score, answers)) == 1)


@given(cases())
def test_missing_are_the_items_not_recorded(case: tuple[Score, Answers]) -> None:
    score, answers = case
    recorded = {code for code, answer in answers.items() if answer.recorded}
    missing = score.evaluate(answers).missing
    assert missing == tuple(item.code for item in score.items if item.code not in recorded)


@given(cases())
def test_would_settle_is_that_of_brute_force(case: tuple[Score, Answers]) -> None:
    score, answers = case
    assert list(score.evaluate(answers).would_settle) == naive_would_settle(score, answers)


@given(cases(), st.data())
def test_knowing_more_never_widens(case: tuple[Score, Answers], data: st.DataObject) -> None:
    score, answers = case
    before = score.evaluate(answers)
    item = data.draw(st.sampled_from(score.items))
    left = data.draw(st.sets(st.sampled_from(before.answers[item.code].possible), min_size=1))
    after = score.evaluate({**answers, item.code: stated(item, left)})
    assert set(after.totals) <= set(before.totals)
    assert set(after.bands) <= set(before.bands)
    assert after.settled or not before.settled
    assert before.minimum <= after.minimum <= after.maximum <= before.maximum


@given(cases(), st.data())
def test_the_order_of_the_answers_never_matters(case: tuple[Score, Answers], data: st.DataObject) -> None:
    score, answers = case
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert score.evaluate(shuffled) == score.evaluate(answers)


@given(cases(), st.data())
def test_the_order_of_the_options_of_an_answer_never_matters(
    case: tuple[Score, Answers], data: st.DataObject
) -> None:
    score, answers = case
    shuffled = {
        code: Answer(tuple(data.draw(st.permutations(answer.possible))), recorded=answer.recorded)
        for code, answer in answers.items()
    }
    one, other = score.evaluate(shuffled), score.evaluate(answers)
    assert (one.totals, one.bands, one.would_settle) == (
        other.totals,
        other.bands,
        other.would_settle,
    )


@given(cases())
def test_points_of_an_item_are_those_of_its_possible_options(case: tuple[Score, Answers]) -> None:
    score, answers = case
    result = score.evaluate(answers)
    for item in score.items:
        possible = result.answers[item.code].possible
        expected = sorted({o.points for o in item.options if o.code in possible})
        assert list(result.points(item.code)) == expected


@given(scores())
def test_an_item_left_out_is_an_unknown_item(score: Score) -> None:
    every = {item.code: unknown(item) for item in score.items}
    assert score.evaluate({}) == score.evaluate(every)
    assert (score.evaluate({}).minimum, score.evaluate({}).maximum) == (score.lowest, score.highest)


def test_would_settle_is_literal_also_when_already_settled() -> None:
    score = build([[0, 1], [0, 1], [0, 1]], [0])
    result = score.evaluate({"item-0": Answer(("o0",), recorded=True)})
    assert result.settled
    assert result.would_settle == ("item-1", "item-2")


def test_would_settle_names_a_recorded_item_that_is_not_single() -> None:
    score = build([[0, 2], [0, 1]], [0, 2])
    result = score.evaluate({"item-0": Answer(("o0", "o1"), recorded=True)})
    assert result.missing == ("item-1",)
    assert result.would_settle == ("item-0",)


def test_totals_between_the_ends_may_be_out_of_reach() -> None:
    score = build([[0, 5], [0, 1]], [0, 3])
    assert score.evaluate({}).totals == (0, 1, 5, 6)


def test_an_answer_to_an_item_that_the_score_does_not_have_is_refused() -> None:
    score = build([[0, 1]], [0])
    with pytest.raises(DefinitionError, match="no item"):
        score.evaluate({"nowhere": Answer(("o0",))})


def test_an_option_that_the_item_does_not_have_is_refused() -> None:
    score = build([[0, 1]], [0])
    with pytest.raises(DefinitionError, match="nothing"):
        score.evaluate({"item-0": Answer(("nothing",))})
