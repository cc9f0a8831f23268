"""Every percentage again from its counts, and what the sources print where that differs."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evidence import ITEMS
from app.evidence.disputed_across import disputed
from app.evidence.item import Rate, Series, agrees, percent
from app.evidence.studies import Share, Table
from tests.evidence.test_completeness import rows

# Code, numerator, denominator, computed percentage, printed percentage where it differs.
RATES = (
    ("hao-minor-complications-per-patient", 7, 20, "35.0", None),
    ("hao-minor-complications-per-site", 7, 30, "23.3", None),
    ("hao-minor-complications-per-procedure", 7, 37, "18.9", None),
    ("chen-patients-with-1", 53, 91, "58.2", "59.6"),
    ("chen-patients-with-2", 30, 91, "33.0", "33.7"),
    ("chen-patients-with-3", 5, 91, "5.5", "5.6"),
    ("chen-patients-with-4", 3, 91, "3.3", "3.4"),
    ("chen-leaks", 42, 140, "30.0", None),
    ("chen-leak-disc", 12, 140, "8.6", "21.7"),
    ("chen-leak-epidural", 6, 140, "4.3", None),
    ("chen-leak-paravertebral", 20, 140, "14.3", None),
    ("chen-leak-foramen", 3, 140, "2.1", None),
    ("chen-leak-track", 4, 140, "2.9", None),
    ("chen-compressed", 52, 140, "37.1", "36.6"),
    ("chen-neural-injury-per-patient", 1, 91, "1.1", None),
    ("chen-neural-injury-per-subset", 1, 49, "2.0", None),
    ("chen-local-control", 128, 135, "94.8", None),
    ("chen-prior-radiotherapy", 12, 91, "13.2", None),
    ("chen-thoracic", 71, 140, "50.7", None),
    ("chen-lumbar", 69, 140, "49.3", None),
    ("chen-lytic", 114, 140, "81.4", None),
    ("chen-mixed", 26, 140, "18.6", None),
    ("chen-posterior-wall", 49, 140, "35.0", None),
    ("chen-fill-50-75", 35, 140, "25.0", None),
    ("chen-fill-75-90", 53, 140, "37.9", None),
    ("chen-fill-100", 52, 140, "37.1", None),
    ("msts-prezzano-failure-ablation", 8, 17, "47.1", None),
    ("msts-prezzano-failure-both", 1, 11, "9.1", None),
    ("msts-tomasian-2020-control-3-months", 44, 44, "100.0", None),
    ("msts-tomasian-2020-control-12-months", 28, 33, "84.8", None),
    ("msts-tomasian-2021-complications", 8, 266, "3.0", None),
    ("msts-review-prospective", 8, 57, "14.0", None),
    ("msts-review-spine", 34, 57, "59.6", None),
    ("msts-review-outside-spine", 12, 57, "21.1", None),
    ("msts-review-radiotherapy", 4, 57, "7.0", None),
    ("xu-leaks-per-vertebra", 21, 82, "25.6", "25.7"),
    ("xu-leaks-per-patient", 13, 39, "33.3", None),
    ("xu-canal-leaks-low", 1, 39, "2.6", None),
    ("xu-canal-leaks-high", 2, 39, "5.1", None),
    ("tad-scaramuzzo-complete-relief", 15, 20, "75.0", None),
    ("sahgal-fractures", 57, 410, "13.9", None),
)


def rate(code: str) -> Rate:
    found = ITEMS[code]
    assert isinstance(found, Rate)
    return found


@pytest.mark.parametrize(("code", "numerator", "denominator", "computed", "printed"), RATES)
def test_a_rate_is_computed_from_its_counts(
    code: str, numerator: int, denominator: int, computed: str, printed: str | None
) -> None:
    found = rate(code)
    assert (found.numerator, found.denominator) == (numerator, denominator)
    assert str(found.percent) == computed
    assert found.reported == printed
    assert abs(100 * numerator / denominator - float(found.percent)) <= 0.05 + 1e-9


def test_every_rate_comes_out_as_its_counts_say() -> None:
    for item in ITEMS.values():
        if isinstance(item, Rate):
            assert abs(100 * item.numerator / item.denominator - float(item.percent)) <= 0.05 + 1e-9
            assert (item.reported is None) or not agrees(item.numerator, item.denominator, item.reported)


def test_a_printed_percentage_that_differs_is_disputed() -> None:
    differing = [item for item in ITEMS.values() if isinstance(item, Rate) and item.reported]
    assert len(differing) == 7
    assert all(item.disputes for item in differing)


@pytest.mark.parametrize(
    ("time", "count", "n", "computed", "printed"),
    [
        ("3 days", 78, 91, "85.7", "86"),
        ("1 week", 80, 91, "87.9", "88"),
        ("1 month", 84, 91, "92.3", "92"),
        ("3 months", 84, 91, "92.3", "92"),
        ("6 months", 78, 88, "88.6", "89"),
    ],
)
def test_less_pain_is_computed_at_each_time(
    time: str, count: int, n: int, computed: str, printed: str
) -> None:
    found = ITEMS["chen-pain-reduced"]
    assert isinstance(found, Series)
    point = next(point for point in found.points if point.label == time)
    assert (point.value, point.n) == (count, n)
    assert str(found.percent_of(point)) == computed
    assert agrees(count, n, printed)


def shares() -> list[Share]:
    found: list[Share | None] = []
    for item in ITEMS.values():
        if isinstance(item, Table):
            for row in item.rows:
                found += [row.reduced, row.local_control, row.major_complications, *row.survival]
    return [share for share in found if share is not None]


def test_every_share_with_a_denominator_fits_what_is_printed() -> None:
    checked = 0
    for share in shares():
        if share.denominator is None:
            continue
        checked += 1
        assert share.unit
        assert share.count is not None
        if share.reported is not None:
            assert abs(100 * share.count / share.denominator - float(share.reported)) <= 0.5 + 1e-9
    assert checked > 20


# INC-35: what the stated numbers would give, and what is printed.
@pytest.mark.parametrize(
    ("table", "study", "count", "stated", "printed"),
    [
        ("tad-pain-outcomes", "Wallace", 45, 72, "78"),
        ("tad-local-control", "Aubry", 4, 16, "36"),
        ("tad-local-control", "Bang, kidney", 47, 48, "97"),
    ],
)
def test_a_share_that_fits_no_number_has_no_denominator(
    table: str, study: str, count: int, stated: int, printed: str
) -> None:
    row = rows(table)[study]
    share = row.reduced if table == "tad-pain-outcomes" else row.local_control
    assert share == Share(count, printed)
    assert share is not None
    assert share.percent is None
    assert not agrees(count, stated, printed)
    assert disputed(35)[0] in row.disputes


def test_tc_20_more_years_than_time_is_rejected() -> None:
    assert 0.455 > 1 / 12
    assert "1/12" in disputed(4)[0].check
    medians = (0.38, 0.56, 0.53)
    weeks = (0, 7 / 365.25, 30.4375 / 365.25)
    area = sum((medians[i] + medians[i + 1]) / 2 * (weeks[i + 1] - weeks[i]) for i in range(len(medians) - 1))
    assert round(area, 3) == 0.044
    assert "0.044" in disputed(4)[0].check


def test_tc_21_patients_and_vertebrae_add_up() -> None:
    counts = [rate(f"chen-patients-with-{number}").numerator for number in (1, 2, 3, 4)]
    assert sum(counts) == 91
    assert sum(number * count for number, count in enumerate(counts, start=1)) == 140
    assert rate("chen-thoracic").numerator + rate("chen-lumbar").numerator == 140
    assert rate("chen-lytic").numerator + rate("chen-mixed").numerator == 140
    assert sum(rate(f"chen-fill-{part}").numerator for part in ("50-75", "75-90", "100")) == 140
    places = ("disc", "epidural", "paravertebral", "foramen", "track")
    assert sum(rate(f"chen-leak-{place}").numerator for place in places) == 45


def test_tc_22_the_search_leaves_58() -> None:
    assert 124 - 19 - 9 - 38 == 58
    assert disputed(20)[0].values[0].value.startswith("57")
    assert all(
        disputed(20)[0] in item.disputes
        for item in ITEMS.values()
        if isinstance(item, Rate) and item.denominator == 57
    )


def test_tc_23_the_complications_add_up_by_the_abstract() -> None:
    found = rate("msts-tomasian-2021-complications")
    assert found.numerator == 8 == 1 + 7 == 1 + (4 + 1 + 2)
    assert disputed(23)[0] in found.disputes


def test_inc_1_three_units_of_one_series() -> None:
    assert 3 * 1 + 17 * 2 == 37
    assert 12 + 10 + 5 + 3 == 30
    assert disputed(1)[0] in rate("hao-minor-complications-per-procedure").disputes


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_percentage_agrees_with_itself_and_with_no_neighbour(counts: tuple[int, int]) -> None:
    numerator, denominator = counts
    computed = percent(numerator, denominator)
    assert 0 <= computed <= 100
    assert agrees(numerator, denominator, str(computed))
    assert not agrees(numerator, denominator, str(computed + Decimal("0.1")))


@pytest.mark.parametrize(
    ("numerator", "denominator", "computed"), [(1, 8, "12.5"), (1, 16, "6.3"), (1, 3, "33.3")]
)
def test_halves_round_up(numerator: int, denominator: int, computed: str) -> None:
    assert str(percent(numerator, denominator)) == computed
