"""Targets are met or not at their edges, and what was not measured is not met by silence."""

import pytest

from bench.targets import TARGETS, Target, Verdict, judged

REACHED = Target("a", "", 0.7, at_least=True)
HELD = Target("b", "", 2.0, at_least=False, unit="ms")


@pytest.mark.parametrize(
    ("target", "measured", "word"),
    [
        (REACHED, 0.7, "met"),
        (REACHED, 0.699, "not met"),
        (HELD, 1.999, "met"),
        (HELD, 2.0, "not met"),
        (REACHED, None, "not measured"),
    ],
)
def test_a_target_is_judged_at_its_edge(target: Target, measured: float | None, word: str) -> None:
    assert Verdict(target, measured).word == word


def test_a_limit_is_told_with_its_direction_and_unit() -> None:
    assert (REACHED.wanted, HELD.wanted) == ("at least 0.7", "under 2 ms")


def test_every_target_is_judged_and_one_without_a_value_is_not_measured() -> None:
    verdicts = judged({"open": 1.0})
    assert [one.target for one in verdicts] == list(TARGETS)
    assert {one.target.code for one in verdicts if one.met is not None} == {"open"}
