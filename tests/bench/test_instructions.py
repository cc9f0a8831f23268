"""A count of instructions is held against the committed one, by itself or by the yardstick's."""

import pytest

from bench.instructions import Counted, Counts, compared

PLACE = {"interpreter": "3.11.7", "lock": "a", "processor": "x", "callgrind": "3.19"}
COMMITTED = Counted({"product": {"small": 10_000}, "yardstick": {"small": 1_000}}, PLACE)


def counts(product: int, yardstick: int = 1_000) -> Counts:
    return {"product": {"small": product}, "yardstick": {"small": yardstick}}


@pytest.mark.parametrize(
    ("count", "is_worse"), [(9_000, False), (10_000, False), (10_200, False), (10_201, True)]
)
def test_two_per_cent_are_allowed_and_no_more(count: int, is_worse: bool) -> None:
    [found] = compared(Counted(counts(count), PLACE), COMMITTED)
    assert (found.by, found.is_worse) == ("count", is_worse)


def test_at_the_same_place_the_yardstick_is_not_asked() -> None:
    [found] = compared(Counted(counts(10_000, 500), PLACE), COMMITTED)
    assert found.by == "count"
    assert found.change == 0


@pytest.mark.parametrize("part", sorted(PLACE))
@pytest.mark.parametrize(("count", "is_worse"), [(20_400, False), (20_402, True)])
def test_elsewhere_the_multiple_of_the_yardstick_counts(part: str, count: int, is_worse: bool) -> None:
    elsewhere = PLACE | {part: "another"}
    [found] = compared(Counted(counts(count, 2_000), elsewhere), COMMITTED)
    assert (found.by, found.is_worse) == ("ratio", is_worse)


def test_a_record_that_was_never_committed_is_compared_with_nothing() -> None:
    now = Counted({"product": {"small": 10_000, "new": 5}, "yardstick": {"small": 1_000, "new": 1}}, PLACE)
    assert [one.record for one in compared(now, COMMITTED)] == ["small"]
