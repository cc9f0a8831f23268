from collections import Counter
from collections.abc import Mapping
from itertools import product
from random import Random

from app.engine.question import given
from app.engine.score import ScoreResult
from app.knowledge.instrument import Instrument

POINTS = {
    "location": {"junctional": 3, "mobile": 2, "semirigid": 1, "rigid": 0},
    "pain": {"mechanical": 3, "occasional": 1, "none": 0},
    "lesion": {"lytic": 2, "mixed": 1, "blastic": 0},
    "alignment": {"subluxation": 4, "deformity": 2, "normal": 0},
    "collapse": {"over-50": 3, "under-50": 2, "involved-over-50": 1, "none": 0},
    "posterolateral": {"bilateral": 3, "unilateral": 1, "none": 0},
}
HISTOGRAM = [1, 5, 14, 31, 56, 87, 120, 147, 164, 165, 151, 126, 94, 64, 38, 20, 9, 3, 1]
Left = Mapping[str, list[str]]


def band(total: int) -> str:
    return "stable" if total <= 6 else "potentially-unstable" if total <= 12 else "unstable"


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


def evaluate(sins: Instrument, left: Left) -> ScoreResult:
    return sins.score.evaluate({i: given(sins.score.item(i), codes) for i, codes in left.items()})


def test_the_table_has_the_published_points(sins: Instrument) -> None:
    table = {i.code: {o.code: o.points for o in i.options} for i in sins.score.items}
    assert table == POINTS


def test_all_1296_complete_answers(sins: Instrument) -> None:
    histogram: Counter[int] = Counter()
    categories: Counter[str] = Counter()
    for codes in product(*POINTS.values()):
        left = {item: [code] for item, code in zip(POINTS, codes, strict=True)}
        (total,) = totals(left)
        result = evaluate(sins, left)
        assert (result.total, result.bands) == (total, (band(total),)), left
        assert result.settled
        assert result.missing == result.would_settle == ()
        histogram[total] += 1
        categories[band(total)] += 1
    assert [histogram[total] for total in range(19)] == HISTOGRAM
    assert categories == {"stable": 314, "potentially-unstable": 847, "unstable": 135}


def test_2500_random_partial_answers(sins: Instrument) -> None:
    random = Random(2010)  # noqa: S311  a repeatable sample, no secret
    for _ in range(2500):
        left = {i: random.sample(list(o), random.randint(1, len(o))) for i, o in POINTS.items()}
        result = evaluate(sins, left)
        assert list(result.totals) == sorted(totals(left)), left
        assert set(result.bands) == bands(left), left
        assert result.settled == (len(bands(left)) == 1), left
        assert set(result.would_settle) == would_settle(left), left
        assert result.missing == ()


def test_every_choice_of_items_left_out(sins: Instrument) -> None:
    random = Random(1296)  # noqa: S311  a repeatable sample, no secret
    for kept in product((True, False), repeat=len(POINTS)):
        for _ in range(8):
            chosen = {item: random.choice(list(codes)) for item, codes in POINTS.items()}
            known = {i: [chosen[i]] for i, keep in zip(POINTS, kept, strict=True) if keep}
            full = {item: known.get(item, list(codes)) for item, codes in POINTS.items()}
            result = evaluate(sins, known)
            assert set(result.totals) == totals(full), known
            assert set(result.bands) == bands(full), known
            assert set(result.would_settle) == would_settle(full), known
            assert set(result.missing) == set(POINTS) - set(known)


def test_nothing_recorded_leaves_0_to_18(sins: Instrument) -> None:
    result = sins.score.evaluate({})
    assert result.totals == tuple(range(19))
    assert result.bands == ("stable", "potentially-unstable", "unstable")
    assert (result.settled, result.would_settle) == (False, ())
