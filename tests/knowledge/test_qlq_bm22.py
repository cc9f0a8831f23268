"""EORTC QLQ-BM22 (rules BM-1 to BM-6)."""

from typing import Any

import pytest

from tests.knowledge.measure_case import MEASURES, ask, keys

ITEMS = {
    "painful_sites": 5,
    "pain_characteristics": 3,
    "functional_interference": 8,
    "psychosocial_aspects": 6,
}
TRANSFORMED = {"scaling": "transformed-0-100"}


def scales(**given: Any) -> dict[str, Any]:
    found = ask("qlq-bm22", **given).details["scales"]
    return {str(row["scale"]): row for row in found}


def test_bm_1_twenty_two_items_in_four_scales() -> None:
    assert {name: row["items"] for name, row in scales().items()} == ITEMS
    assert sum(ITEMS.values()) == 22


@pytest.mark.parametrize("given", [{}, dict.fromkeys(ITEMS, 50) | TRANSFORMED, dict.fromkeys(ITEMS, 0)])
def test_bm_3_there_is_never_a_total(given: dict[str, Any]) -> None:
    found = ask("qlq-bm22", **given)
    assert (found.value, found.minimum, found.maximum, found.bands) == (None, None, None, ())
    assert "no published total" in str(found.details["no_total"])
    assert "BM-3" in keys(found.cautions)


def test_bm_3_a_total_is_not_asked_for_and_the_reason_is_given() -> None:
    assert "total" in MEASURES["qlq-bm22"].not_asked
    assert "total" not in [entry.code for entry in MEASURES["qlq-bm22"].inputs]


@pytest.mark.parametrize(
    ("scaling", "flagged"), [({}, True), ({"scaling": "unknown"}, True), (TRANSFORMED, False)]
)
def test_bm_4_scores_of_unknown_unit_are_marked(scaling: dict[str, Any], flagged: bool) -> None:
    found = ask("qlq-bm22", **dict.fromkeys(ITEMS, 40), **scaling)
    assert ("BM-4" in keys(found.flags)) is flagged
    assert found.settled is not flagged
    assert found.details["scaling"] == ("unknown" if flagged else "transformed-0-100")
    assert found.would_settle == (("scaling",) if flagged else ())


def test_bm_5_and_bm_6_are_said_with_every_answer() -> None:
    assert keys(ask("qlq-bm22").cautions) >= {"BM-5", "BM-6"}


def test_a_scale_not_recorded_is_unknown_never_0() -> None:
    found = ask("qlq-bm22", **dict.fromkeys(list(ITEMS)[:3], 40), **TRANSFORMED)
    assert found.missing == found.would_settle == ("psychosocial_aspects",)
    assert not found.settled
    last = scales(**dict.fromkeys(list(ITEMS)[:3], 40))["psychosocial_aspects"]
    assert (last["recorded"], last["value"], last["minimum"]) == (False, None, None)


def test_a_scale_may_be_a_range() -> None:
    row = scales(painful_sites=(20, 40))["painful_sites"]
    assert (row["minimum"], row["maximum"], row["value"]) == (20, 40, None)


def test_no_scale_is_called_better_or_worse() -> None:
    """The direction of the scales was not read in a source (BM-3)."""
    measure = MEASURES["qlq-bm22"]
    texts = [measure.use, measure.misuse, [c.text for c in ask("qlq-bm22").cautions]]
    words = " ".join(text for group in texts for text in group).lower()
    assert "worse" not in words
    assert "better" not in words
