"""Quantities of Observations: units, numbers, comparators and ranges."""

from fractions import Fraction

import pytest

from app.engine.reading import Interval
from tests.fhir.records import (
    UCUM,
    Json,
    answer,
    assessed,
    condition,
    gaps,
    observation,
    quantity,
)
from tests.fhir.values import bounds, interval, recorded, set_aside, written

# -- quantities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "value", "ends"),
    [
        ("lesion-diameter", quantity(32, "mm"), (32, 32)),
        ("lesion-diameter", quantity(3.2, "cm"), (32, 32)),
        ("distance-to-neural-structure", quantity(1, "cm"), (10, 10)),
        ("axial-cortical-involvement", quantity(30, "mm"), (30, 30)),
        ("axial-cortical-involvement", quantity(3, "cm"), (30, 30)),
        ("vertebral-height-loss", quantity(0), (0, 0)),
        ("vertebral-height-loss", quantity(100), (100, 100)),
        ("circumferential-cortical-involvement", quantity(50), (50, 50)),
        ("lesion-attenuation", quantity(-50, "[hnsf'U]"), (-50, -50)),
        ("pain-score", quantity(7, "{score}"), (7, 7)),
        ("pain-score", quantity(7, "1"), (7, 7)),
        ("pain-score", quantity(7, None), (7, 7)),
        ("pain-score", {"valueInteger": 7}, (7, 7)),
        ("pain-visual-analogue-scale", quantity(70, "mm"), (7, 7)),
        ("pain-visual-analogue-scale", quantity(7, "cm"), (7, 7)),
        ("pain-visual-analogue-scale", quantity(7, "{score}"), (7, 7)),
        ("pain-visual-analogue-scale", {"valueInteger": 7}, (7, 7)),
    ],
)
def test_con_4_a_unit_is_converted(finding: str, value: Json, ends: tuple[int, int]) -> None:
    found = interval(finding, value)
    assert bounds(found) == ends


@pytest.mark.parametrize(
    ("finding", "value"),
    [
        ("vertebral-height-loss", quantity(70, None)),
        ("vertebral-height-loss", quantity(70, "mm")),
        ("vertebral-height-loss", quantity(0.7, "1")),
        ("vertebral-height-loss", {"valueInteger": 70}),
        ("lesion-diameter", quantity(3, None)),
        ("lesion-diameter", quantity(3, "[in_i]")),
        ("lesion-diameter", quantity(3, "%")),
        ("lesion-diameter", quantity(3, "MM")),
        ("pain-score", quantity(70, "mm")),
        ("pain-score", quantity(7, "%")),
        ("lesion-attenuation", quantity(50, None)),
    ],
)
def test_con_4_a_missing_or_unknown_unit_is_unknown_and_named(finding: str, value: Json) -> None:
    assert "unit" in set_aside(finding, value)


def test_con_4_a_unit_of_another_system_is_read_by_its_text() -> None:
    local = {"value": 3, "unit": "cm", "system": "https://a.example/units", "code": "17"}
    assert interval("lesion-diameter", {"valueQuantity": local}).low == 30


def test_con_4_the_ucum_code_wins_over_the_text() -> None:
    both = {"value": 3, "unit": "centimetres", "system": UCUM, "code": "cm"}
    assert interval("lesion-diameter", {"valueQuantity": both}).low == 30


def test_con_4_a_text_of_the_unit_alone_is_enough() -> None:
    assert interval("lesion-diameter", {"valueQuantity": {"value": 3, "unit": "cm"}}).low == 30


@pytest.mark.parametrize(
    ("finding", "value"),
    [
        ("vertebral-height-loss", quantity(-1)),
        ("vertebral-height-loss", quantity(100.1)),
        ("vertebral-height-loss", quantity(-5, comparator="<")),
        ("vertebral-height-loss", quantity(0, comparator="<")),
        ("vertebral-height-loss", quantity(100, comparator=">")),
        ("vertebral-height-loss", quantity(101, comparator=">=")),
        ("lesion-diameter", quantity(501, "mm")),
        ("lesion-diameter", quantity(51, "cm")),
        ("pain-score", quantity(11, "{score}")),
        ("pain-score", quantity(70, None)),
        ("pain-score", {"valueInteger": -1}),
        ("pain-score", {"valueInteger": 100}),
        ("pain-visual-analogue-scale", quantity(101, "mm")),
        ("pain-visual-analogue-scale", quantity(70, "{score}")),
    ],
)
def test_f24_an_implausible_number_is_set_aside_and_named(finding: str, value: Json) -> None:
    assert "is outside" in set_aside(finding, value)


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e-300", "123456789012345678901234567890"])
def test_f24_a_number_of_no_measurement_never_counts(number: str) -> None:
    record = written("vertebral-height-loss", number)
    assert record.entries == []
    assert gaps(record, "observations")


@pytest.mark.parametrize(
    ("number", "value", "decimals"),
    [
        ("33", 33, 0),
        ("33.0", 33, 1),
        ("33.30", Fraction(333, 10), 2),
        ("5e1", 50, 0),
        ("50.000000000000000000001", 50 + Fraction(1, 10**21), 21),
    ],
)
def test_a_number_keeps_the_digits_with_which_it_is_written(
    number: str, value: Fraction, decimals: int
) -> None:
    (entry,) = written("cortical-destruction", number).entries
    assert isinstance(entry.value, Interval)
    assert bounds(entry.value) == (value, value)
    assert entry.value.decimals == decimals


@pytest.mark.parametrize("text", ["70", " 70", "7_0", "NaN", "Infinity"])
def test_a_text_is_no_number(text: str) -> None:
    record = recorded("vertebral-height-loss", quantity(text))
    assert record.entries == []
    assert gaps(record, "observations")


@pytest.mark.parametrize(
    ("comparator", "ends", "closed"),
    [
        ("<", (0, 50), (True, False)),
        ("<=", (0, 50), (True, True)),
        (">=", (50, 100), (True, True)),
        (">", (50, 100), (False, True)),
    ],
)
def test_gen_6_a_comparator_leaves_a_stretch_of_the_scale(
    comparator: str, ends: tuple[int, int], closed: tuple[bool, bool]
) -> None:
    found = interval("vertebral-height-loss", quantity(50, comparator=comparator))
    assert bounds(found) == ends
    assert (found.low_closed, found.high_closed) == closed
    assert found.text == f"{comparator} 50 %"


@pytest.mark.parametrize(
    ("comparator", "options"),
    [
        ("<", ("under-50", "involved-over-50", "none")),
        ("<=", ("over-50", "under-50", "involved-over-50", "none")),
        (">=", ("over-50", "under-50")),
        (">", ("over-50",)),
    ],
)
def test_sins_e1_a_comparator_at_the_edge_leaves_its_side(comparator: str, options: tuple[str, ...]) -> None:
    loss = observation("o", "vertebral-height-loss", quantity(50, comparator=comparator), at="T11")
    assert answer(assessed(condition("c", "T11"), loss), "T11", "collapse").possible == options


@pytest.mark.parametrize("comparator", ["ad", "~", "=", "", "≥"])
def test_a_comparator_that_r4_does_not_know_is_named(comparator: str) -> None:
    assert "comparator" in set_aside("vertebral-height-loss", quantity(50, comparator=comparator))


@pytest.mark.parametrize(
    ("span", "ends"),
    [
        ({"low": {"value": 20, "code": "%"}, "high": {"value": 40, "code": "%"}}, (20, 40)),
        ({"low": {"value": 20, "code": "%"}}, (20, 100)),
        ({"high": {"value": 40, "code": "%"}}, (0, 40)),
        ({"low": {"value": 50, "code": "%"}, "high": {"value": 50.0, "code": "%"}}, (50, 50)),
    ],
)
def test_a_range_leaves_everything_in_it(span: Json, ends: tuple[int, int]) -> None:
    found = interval("vertebral-height-loss", {"valueRange": span})
    assert bounds(found) == ends


def test_a_range_may_change_its_unit() -> None:
    span = {"low": {"value": 8, "code": "mm"}, "high": {"value": 2, "code": "cm"}}
    found = interval("lesion-diameter", {"valueRange": span})
    assert bounds(found) == (8, 20)


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ({"low": {"value": 40, "code": "%"}, "high": {"value": 20, "code": "%"}}, "ends before it begins"),
        ({"low": {"value": 40, "code": "mm"}, "high": {"value": 60, "code": "mm"}}, "unit"),
        ({"low": {"value": 40}, "high": {"value": 60}}, "unit"),
        ({"low": {"value": 40, "code": "%"}, "high": {"value": 160, "code": "%"}}, "is outside"),
    ],
)
def test_a_range_that_cannot_be_is_named(span: Json, why: str) -> None:
    assert why in set_aside("vertebral-height-loss", {"valueRange": span})
