from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.knowledge.external_prognosis import EXTERNAL_MODELS, ExternalPrognosis

GIVEN: dict[str, Any] = {
    "model": "pathfx",
    "horizon_months": 3,
    "probability": Decimal("0.4"),
    "source": "tumour board",
    "date": date(2026, 1, 5),
}
# what is entered -> the field that is named
REFUSED = [
    ("a model that is not accepted", {"model": "tomita"}, "model"),
    ("no model", {"model": ""}, "model"),
    ("no time", {"horizon_months": 0}, "horizon_months"),
    ("a time before", {"horizon_months": -3}, "horizon_months"),
    ("more than ten years", {"horizon_months": 121}, "horizon_months"),
    ("half a month", {"horizon_months": Decimal("0.5")}, "horizon_months"),
    ("a truth value for a time", {"horizon_months": True}, "horizon_months"),
    ("a percentage", {"probability": Decimal(40)}, "probability"),
    ("just over 1", {"probability": Decimal("1.001")}, "probability"),
    ("below 0", {"probability": Decimal("-0.001")}, "probability"),
    ("no number", {"probability": Decimal("NaN")}, "probability"),
    ("no end", {"probability": Decimal("Infinity")}, "probability"),
    ("a binary float", {"probability": 0.4}, "probability"),
    ("no source", {"source": " "}, "source"),
    ("a moment for a day", {"date": datetime(2026, 1, 5, tzinfo=UTC)}, "date"),
    ("a text for a day", {"date": "2026-01-05"}, "date"),
]


@pytest.mark.parametrize(
    ("entered", "field"), [pytest.param(entered, field, id=name) for name, entered, field in REFUSED]
)
def test_what_is_not_a_value_is_refused_by_its_name(entered: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        ExternalPrognosis(**(GIVEN | entered))


@pytest.mark.parametrize(
    "entered",
    [
        {"probability": Decimal(0)},
        {"probability": Decimal(1)},
        {"horizon_months": 1},
        {"horizon_months": 120},
        *({"model": model} for model in EXTERNAL_MODELS),
    ],
)
def test_the_ends_of_every_range_are_accepted(entered: dict[str, Any]) -> None:
    value = ExternalPrognosis(**(GIVEN | entered))
    assert "entered from elsewhere" in value.shown


@pytest.mark.parametrize(
    ("probability", "percent"),
    [
        (Decimal("0.4"), "40"),
        (Decimal("0.425"), "42.5"),
        (Decimal("0.333"), "33.3"),
        (Decimal(1), "100"),
        (Decimal(0), "0"),
    ],
)
def test_it_is_shown_with_its_model_its_time_and_where_it_comes_from(
    probability: Decimal, percent: str
) -> None:
    shown = ExternalPrognosis(**(GIVEN | {"probability": probability})).shown
    assert shown == (
        f"PATHFx: {percent} % at 3 months, by that model's own outcome; entered from elsewhere "
        "(tumour board, 2026-01-05)"
    )


@pytest.mark.parametrize(
    ("as_of", "counts"), [(date(2026, 1, 4), False), (date(2026, 1, 5), True), (date(2026, 1, 6), True)]
)
def test_time_2_a_day_in_the_future_does_not_count(as_of: date, counts: bool) -> None:
    assert ExternalPrognosis(**GIVEN).counts(as_of) == counts
