"""EQ-5D-3L, Japanese value set (rule EQ-1, INC-9; worked case TC-11)."""

from fractions import Fraction
from itertools import product

import pytest

from app.knowledge.measure import RefusedError
from tests.knowledge.measure_case import ask, keys

DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")
# Thousandths taken off for level 2 and 3, in the order of the dimensions.
TAKEN = ((75, 418), (54, 102), (44, 133), (80, 194), (63, 112))
STATES = ["".join(levels) for levels in product("123", repeat=5)]


def thousandths(state: str) -> int:
    """The value set as printed, without any cleverness."""
    if state == "11111":
        return 1000
    return 1000 - 152 - sum((0, *TAKEN[n])[int(level) - 1] for n, level in enumerate(state))


@pytest.mark.parametrize(
    ("state", "printed"),
    [
        ("11111", "1"),
        ("11211", ".804"),
        ("21111", ".773"),
        ("11121", ".768"),
        ("11131", ".654"),
        ("22222", ".532"),
        ("21232", ".472"),
        ("22332", ".329"),
        ("33333", "-.111"),
    ],
)
def test_tc_11_published_vectors(state: str, printed: str) -> None:
    assert ask("eq-5d-3l-japan", state=state).value == Fraction(printed)


def test_every_state_against_the_oracle() -> None:
    assert len(STATES) == 243
    for state in STATES:
        one = ask("eq-5d-3l-japan", state=state)
        assert one.value == Fraction(thousandths(state), 1000), state
        levels = dict(zip(DIMENSIONS, map(int, state), strict=True))
        assert ask("eq-5d-3l-japan", **levels).value == one.value
        assert one.details["state"] == state
        assert one.settled


def test_the_values_run_from_minus_111_to_804_and_then_1() -> None:
    values = sorted(ask("eq-5d-3l-japan", state=state).value for state in STATES)
    assert (values[0], values[-2], values[-1]) == (Fraction("-.111"), Fraction(".804"), 1)


def test_inc_9_a_negative_value_is_kept_and_said() -> None:
    found = ask("eq-5d-3l-japan", state="33333")
    assert found.value == Fraction("-.111")
    assert "INC-9" in keys(found.cautions)
    assert "INC-9" not in keys(ask("eq-5d-3l-japan", state="11111").cautions)


def test_eq_1_every_answer_names_version_and_value_set() -> None:
    for given in ({}, {"state": "11111"}):
        found = ask("eq-5d-3l-japan", **given)
        assert (found.details["questionnaire_version"], found.details["value_set"]) == ("3L", "Japan TTO")


def test_eq_1_a_version_that_is_not_stated_is_asked_after() -> None:
    silent = ask("eq-5d-3l-japan", state="11111")
    stated = ask("eq-5d-3l-japan", state="11111", questionnaire_version="3L")
    assert len(silent.cautions) == len(stated.cautions) + 1
    assert silent.value == stated.value


def test_a_dimension_not_recorded_leaves_a_range_and_would_settle() -> None:
    found = ask("eq-5d-3l-japan", **dict.fromkeys(DIMENSIONS[:4], 1))
    assert (found.minimum, found.maximum, found.value) == (Fraction(".736"), 1, None)
    assert found.missing == found.would_settle == ("anxiety_depression",)
    assert found.settled is False


def test_two_dimensions_not_recorded_settle_nothing_alone() -> None:
    found = ask("eq-5d-3l-japan", **dict.fromkeys(DIMENSIONS[:3], 1))
    assert (found.would_settle, found.missing) == ((), DIMENSIONS[3:])


def test_nothing_recorded_leaves_the_whole_range() -> None:
    found = ask("eq-5d-3l-japan")
    assert (found.minimum, found.maximum, found.value) == (Fraction("-.111"), 1, None)
    assert found.details["states"] == 243


def test_levels_still_possible_give_the_values_of_their_states() -> None:
    found = ask("eq-5d-3l-japan", mobility=[1, 2], **dict.fromkeys(DIMENSIONS[1:], 2))
    values = [Fraction(thousandths(state), 1000) for state in ("22222", "12222")]
    assert (found.minimum, found.maximum) == (min(values), max(values))


def test_a_state_and_a_dimension_together_are_refused() -> None:
    with pytest.raises(RefusedError, match="not both"):
        ask("eq-5d-3l-japan", state="11111", mobility=1)
