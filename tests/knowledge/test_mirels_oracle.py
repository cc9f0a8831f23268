from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from random import Random

from app.engine.question import given
from app.engine.score import ScoreResult
from app.knowledge.instrument import Instrument

POINTS = {
    "site": {"upper-limb": 1, "lower-limb": 2, "peritrochanteric": 3},
    "pain": {"mild": 1, "moderate": 2, "functional": 3},
    "lesion": {"blastic": 1, "mixed": 2, "lytic": 3},
    "size": {"under-third": 1, "third-to-two-thirds": 2, "over-two-thirds": 3},
}
Left = Mapping[str, list[str]]


def band(total: int) -> str:
    return "low" if total <= 7 else "borderline" if total == 8 else "high"


def totals(left: Left) -> set[int]:
    return {
        sum(POINTS[item][code] for item, code in zip(POINTS, codes, strict=True))
        for codes in product(*(left[item] for item in POINTS))
    }


def bands(left: Left) -> set[str]:
    return {band(total) for total in totals(left)}


def would_settle(left: Left) -> set[str]:
    return {
        item
        for item, codes in left.items()
        if len(codes) > 1 and any(len(bands({**left, item: [code]})) == 1 for code in codes)
    }


def evaluate(mirels: Instrument, left: Left) -> ScoreResult:
    score = mirels.score
    return score.evaluate({item: given(score.item(item), codes) for item, codes in left.items()})


def check(mirels: Instrument, left: Left) -> None:
    result = evaluate(mirels, left)
    assert list(result.totals) == sorted(totals(left)), left
    assert set(result.bands) == bands(left), left
    assert result.settled == (len(bands(left)) == 1), left
    assert set(result.would_settle) == would_settle(left), left


def subsets(codes: list[str]) -> Iterator[list[str]]:
    for size in range(1, len(codes) + 1):
        yield from map(list, combinations(codes, size))


def test_the_table_has_the_published_points(mirels: Instrument) -> None:
    table = {i.code: {o.code: o.points for o in i.options} for i in mirels.score.items}
    assert table == POINTS


def test_all_81_complete_answers(mirels: Instrument) -> None:
    categories: Counter[str] = Counter()
    for codes in product(*POINTS.values()):
        left = {item: [code] for item, code in zip(POINTS, codes, strict=True)}
        (total,) = totals(left)
        result = evaluate(mirels, left)
        assert (result.total, result.bands) == (total, (band(total),)), left
        categories[band(total)] += 1
    assert categories == {"low": 31, "borderline": 19, "high": 31}


def test_all_2401_partial_answers(mirels: Instrument) -> None:
    every = [list(subsets(list(codes))) for codes in POINTS.values()]
    for chosen in product(*every):
        check(mirels, dict(zip(POINTS, chosen, strict=True)))


def test_2000_random_partial_answers_with_items_left_out(mirels: Instrument) -> None:
    random = Random(1989)  # noqa: S311  a repeatable sample, no secret
    for _ in range(2000):
        known = {
            item: random.sample(list(codes), random.randint(1, 3))
            for item, codes in POINTS.items()
            if random.random() < 0.6
        }
        full = {item: known.get(item, list(codes)) for item, codes in POINTS.items()}
        result = evaluate(mirels, known)
        assert set(result.totals) == totals(full), known
        assert set(result.bands) == bands(full), known
        assert set(result.would_settle) == would_settle(full), known
        assert set(result.missing) == set(POINTS) - set(known)


def test_nothing_recorded_leaves_4_to_12(mirels: Instrument) -> None:
    result = mirels.score.evaluate({})
    assert result.totals == tuple(range(4, 13))
    assert result.bands == ("low", "borderline", "high")
