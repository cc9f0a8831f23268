from collections import Counter
from collections.abc import Callable, Mapping
from itertools import product
from random import Random

import pytest

from app.engine.question import given
from app.engine.score import Score, ScoreResult
from app.knowledge import load
from app.knowledge.policy import Policy

Points = Mapping[str, Mapping[str, int]]
SCORES = {code: one.score for code, one in load(Policy()).patient_scores.items()}

TOKUHASHI = {
    "karnofsky": {"kps-10-40": 0, "kps-50-70": 1, "kps-80-100": 2},
    "extraspinal": {"three-or-more": 0, "one-or-two": 1, "none": 2},
    "vertebral": {"three-or-more": 0, "two": 1, "one": 2},
    "organs": {"unremovable": 0, "removable": 1, "none": 2},
    "primary": {f"primary-{n}": n for n in range(6)},
    "palsy": {"frankel-a-b": 0, "frankel-c-d": 1, "frankel-e": 2},
}
BAUER = {
    "visceral": {"yes": 0, "no": 1},
    "lung": {"yes": 0, "no": 1},
    "favourable_primary": {"yes": 1, "no": 0},
    "solitary": {"yes": 1, "no": 0},
}
NESMS = {
    "modified_bauer": {"low": 0, "high": 2},
    "ambulation": {"intact": 1, "impaired": 0},
    "albumin": {"normal": 1, "low": 0},
}
VAN_DER_LINDEN = {
    "karnofsky": {"kps-20-40": 0, "kps-50-70": 1, "kps-80-100": 2},
    "primary": {"other": 0, "lung": 1, "prostate": 2, "breast": 3},
    "visceral": {"yes": 0, "no": 1},
}
RADES = {
    "ecog": {"ecog-2": 0, "ecog-3-4": 4},
    "primary": {"breast-myeloma-lymphoma": 1, "prostate": 2, "lung-or-other": 3},
    "other_bone": {"no": 1, "yes": 3},
    "visceral": {"no": 1, "yes": 4},
    "interval": {"over-15-months": 1, "up-to-15-months": 3},
    "ambulatory": {"yes": 1, "no": 4},
    "motor_onset": {"over-7-days": 1, "up-to-7-days": 4},
}


def tokuhashi_band(total: int) -> str:
    if total <= 8:
        return "under-6-months"
    return "6-months-or-more" if total <= 11 else "12-months-or-more"


def bauer_band(total: int) -> str:
    return "supportive" if total <= 1 else "short-term" if total == 2 else "middle-term"


def van_der_linden_band(total: int) -> str:
    return "group-a" if total <= 3 else "group-b" if total <= 5 else "group-c"


# score -> points, total from the sum, band from the total, number of complete answers, lowest and highest
ORACLE: dict[str, tuple[Points, Callable[[int], int], Callable[[int], str], int, tuple[int, int]]] = {
    "tokuhashi": (TOKUHASHI, int, tokuhashi_band, 1458, (0, 15)),
    "modified-bauer": (BAUER, int, bauer_band, 16, (0, 4)),
    "nesms": (NESMS, lambda total: min(total, 3), lambda total: f"nesms-{total}", 8, (0, 3)),
    "van-der-linden": (VAN_DER_LINDEN, int, van_der_linden_band, 24, (0, 6)),
    "rades-two-month": (
        RADES, int, lambda total: "19-or-more" if total >= 19 else "below-19", 192, (6, 25),
    ),
}  # fmt: skip
# both sides of every edge between two bands
EDGES = [
    ("tokuhashi", 8, "under-6-months"),
    ("tokuhashi", 9, "6-months-or-more"),
    ("tokuhashi", 11, "6-months-or-more"),
    ("tokuhashi", 12, "12-months-or-more"),
    ("modified-bauer", 1, "supportive"),
    ("modified-bauer", 2, "short-term"),
    ("modified-bauer", 3, "middle-term"),
    ("nesms", 0, "nesms-0"),
    ("nesms", 1, "nesms-1"),
    ("nesms", 2, "nesms-2"),
    ("nesms", 3, "nesms-3"),
    ("van-der-linden", 3, "group-a"),
    ("van-der-linden", 4, "group-b"),
    ("van-der-linden", 5, "group-b"),
    ("van-der-linden", 6, "group-c"),
    ("rades-two-month", 18, "below-19"),
    ("rades-two-month", 19, "19-or-more"),
]
# worked case, score, answers -> total and band
WORKED = [
    ("TC-03 kidney, T11 and a rib", "tokuhashi",
     "kps-80-100 one-or-two one none primary-3 frankel-e", 12, "12-months-or-more"),
    ("the worst of every item", "tokuhashi",
     "kps-10-40 three-or-more three-or-more unremovable primary-0 frankel-a-b", 0, "under-6-months"),
    ("the best of every item", "tokuhashi", "kps-80-100 none one none primary-5 frankel-e", 15,
     "12-months-or-more"),
    ("all four points", "modified-bauer", "no no yes yes", 4, "middle-term"),
    ("lung with organs, several lesions", "modified-bauer", "yes yes no no", 0, "supportive"),
    ("TC-12 modified Bauer 4, walking, normal albumin: 4 counts as 3", "nesms",
     "high intact normal", 3, "nesms-3"),
    ("TC-13 modified Bauer 3, neither", "nesms", "high impaired low", 2, "nesms-2"),
    ("TC-14 modified Bauer 2, both", "nesms", "low intact normal", 2, "nesms-2"),
    ("TC-50 every worst answer", "rades-two-month",
     "ecog-3-4 lung-or-other yes yes up-to-15-months no up-to-7-days", 25, "19-or-more"),
    ("every best answer", "rades-two-month",
     "ecog-2 breast-myeloma-lymphoma no no over-15-months yes over-7-days", 6, "below-19"),
    ("TC-51 Karnofsky 80, breast, no organs", "van-der-linden", "kps-80-100 breast no", 6, "group-c"),
]  # fmt: skip


def evaluate(score: Score, left: Mapping[str, list[str]]) -> ScoreResult:
    return score.evaluate({item: given(score.item(item), codes) for item, codes in left.items()})


def test_the_oracle_knows_every_prognostic_score() -> None:
    assert set(SCORES) == set(ORACLE)


@pytest.mark.parametrize("code", ORACLE)
def test_the_table_has_the_published_points(code: str) -> None:
    table = {item.code: {o.code: o.points for o in item.options} for item in SCORES[code].items}
    assert table == ORACLE[code][0]
    assert list(table) == list(ORACLE[code][0])


@pytest.mark.parametrize("code", ORACLE)
def test_every_complete_answer(code: str) -> None:
    points, capped, band, number, ends = ORACLE[code]
    seen: Counter[int] = Counter()
    for codes in product(*points.values()):
        chosen = dict(zip(points, codes, strict=True))
        total = capped(sum(points[item][option] for item, option in chosen.items()))
        result = evaluate(SCORES[code], {item: [option] for item, option in chosen.items()})
        assert (result.total, result.bands) == (total, (band(total),)), chosen
        assert result.settled
        assert result.missing == result.would_settle == ()
        seen[total] += 1
    assert sum(seen.values()) == number
    assert (min(seen), max(seen)) == ends == (SCORES[code].lowest, SCORES[code].highest)


def test_the_eight_answers_of_nesms_give_1_2_2_3() -> None:
    totals = Counter(
        evaluate(SCORES["nesms"], {item: [o] for item, o in zip(NESMS, codes, strict=True)}).total
        for codes in product(*NESMS.values())
    )
    assert totals == {0: 1, 1: 2, 2: 2, 3: 3}


@pytest.mark.parametrize("code", ORACLE)
def test_random_partial_answers(code: str) -> None:
    points, capped, band, _, _ = ORACLE[code]
    random = Random(code)  # noqa: S311  a repeatable sample, no secret
    for _ in range(400):
        left = {i: random.sample(list(o), random.randint(1, len(o))) for i, o in points.items()}
        totals = {
            capped(sum(points[item][option] for item, option in zip(points, codes, strict=True)))
            for codes in product(*left.values())
        }
        result = evaluate(SCORES[code], left)
        assert set(result.totals) == totals, left
        assert set(result.bands) == {band(total) for total in totals}, left


@pytest.mark.parametrize("code", ORACLE)
def test_nothing_recorded_leaves_every_band(code: str) -> None:
    result = SCORES[code].evaluate({})
    assert result.bands == tuple(band.code for band in SCORES[code].bands)
    assert (result.settled, result.missing) == (False, tuple(ORACLE[code][0]))


@pytest.mark.parametrize(("code", "total", "band"), EDGES)
def test_band_edge(code: str, total: int, band: str) -> None:
    (found,) = [one.code for one in SCORES[code].bands if one.low <= total <= one.high]
    assert found == band


@pytest.mark.parametrize(
    ("code", "answers", "total", "band"), [pytest.param(*case[1:], id=case[0]) for case in WORKED]
)
def test_worked_case(code: str, answers: str, total: int, band: str) -> None:
    left = {item: [o] for item, o in zip(ORACLE[code][0], answers.split(), strict=True)}
    result = evaluate(SCORES[code], left)
    assert (result.total, result.bands) == (total, (band,))


def test_tc_52_ecog_1_leaves_1_or_2_points_of_karnofsky() -> None:
    result = evaluate(SCORES["tokuhashi"], {"karnofsky": ["kps-50-70", "kps-80-100"]})
    assert result.points("karnofsky") == (1, 2)


@pytest.mark.parametrize(
    ("code", "worse"), [(c, "high" if c == "rades-two-month" else "low") for c in ORACLE]
)
def test_gen_7_the_direction_is_that_of_the_score(code: str, worse: str) -> None:
    assert SCORES[code].worse == worse


def test_the_vertebral_item_is_never_the_misprint_of_three_one_or_two_none() -> None:
    item = SCORES["tokuhashi"].item("vertebral")
    assert [(o.code, o.points) for o in item.options] == [("three-or-more", 0), ("two", 1), ("one", 2)]


def test_versions_are_never_mixed() -> None:
    tokuhashi, bauer = SCORES["tokuhashi"], SCORES["modified-bauer"]
    assert (tokuhashi.version, tokuhashi.highest) == ("2005", 15)
    assert all("1990" not in text for text in (tokuhashi.version, tokuhashi.name))
    assert (len(bauer.items), bauer.highest) == (4, 4)
    assert all("fracture" not in item.label.lower() for item in bauer.items)
