"""ECOG and Karnofsky (rule PS-1; worked case TC-52)."""

from fractions import Fraction

import pytest

from app.engine.provenance import DefinitionError, Tag
from app.knowledge.performance_status import karnofsky_of_ecog
from tests.knowledge.measure_case import MEASURES, ask, keys

# grade: common table, Ma 2010, Prasad 2018, union, points of Tokuhashi still possible
MAPS = {
    0: ((90, 100), (100, 100), (100, 100), (90, 100), (2,)),
    1: ((70, 80), (80, 90), (80, 90), (70, 90), (1, 2)),
    2: ((50, 60), (60, 70), (70, 70), (50, 70), (1,)),
    3: ((30, 40), (40, 50), (50, 60), (30, 60), (0, 1)),
    4: ((10, 20), (10, 30), (10, 40), (10, 40), (0,)),
}
POINTS = {"kps-10-40": 0, "kps-50-70": 1, "kps-80-100": 2}


@pytest.mark.parametrize("grade", MAPS)
def test_the_three_tables_stand_side_by_side(grade: int) -> None:
    *tables, union, points = MAPS[grade]
    found = ask("performance-status", ecog=grade)
    maps = found.details["maps"]
    assert [(row["minimum"], row["maximum"]) for row in maps] == tables
    assert (found.minimum, found.maximum) == union
    assert found.details["tokuhashi_points"] == points
    assert tuple(POINTS[code] for code in found.bands) == points
    assert found.settled is (len(points) == 1)


@pytest.mark.parametrize("grade", MAPS)
def test_ps_1_a_grade_is_never_turned_into_a_score(grade: int) -> None:
    found = ask("performance-status", ecog=grade)
    assert found.value is None
    assert found.details["karnofsky"] == ()
    union = found.details["union"]
    assert (union["rule"], union["basis"]) == ("PS-1", "local policy")
    assert "PS-1" in keys(found.cautions)
    assert {cite.tag for caution in found.cautions for cite in caution.cites} >= {Tag.LOCAL_POLICY, Tag.READ}


def test_tc_52() -> None:
    found = ask("performance-status", ecog=1)
    assert found.details["tokuhashi_points"] == (1, 2)
    assert found.bands == ("kps-50-70", "kps-80-100")
    assert found.would_settle == ("karnofsky",)


@pytest.mark.parametrize("grade", MAPS)
def test_the_union_for_other_rules(grade: int) -> None:
    span = karnofsky_of_ecog(grade)
    assert (span.low, span.high) == tuple(map(Fraction, MAPS[grade][3]))
    assert span.low_closed
    assert span.high_closed


@pytest.mark.parametrize("grade", [-1, 5, 6])
def test_a_grade_outside_the_tables_is_refused(grade: int) -> None:
    with pytest.raises(DefinitionError, match="grades 0 to 4"):
        karnofsky_of_ecog(grade)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (10, "kps-10-40"), (40, "kps-10-40"), (50, "kps-50-70"), (70, "kps-50-70"), (80, "kps-80-100"),
        (100, "kps-80-100"),
    ],
)  # fmt: skip
def test_a_recorded_score_stands_for_itself(score: int, band: str) -> None:
    found = ask("performance-status", karnofsky=score)
    assert (found.value, found.bands, found.settled) == (score, (band,), True)
    assert found.details["maps"] == ()
    assert found.details["union"] is None


def test_a_recorded_score_outweighs_the_grade_and_a_contradiction_is_flagged() -> None:
    agreeing = ask("performance-status", ecog=1, karnofsky=70)
    assert (agreeing.value, agreeing.flags) == (70, ())
    odd = ask("performance-status", ecog=0, karnofsky=40)
    assert odd.value == 40
    assert keys(odd.flags) == {"PS-1"}


def test_several_grades_leave_the_union_of_their_unions() -> None:
    found = ask("performance-status", ecog=[1, 2])
    assert (found.minimum, found.maximum) == (50, 90)
    assert found.details["tokuhashi_points"] == (1, 2)
    assert found.would_settle == ("ecog", "karnofsky")


def test_nothing_recorded_leaves_everything() -> None:
    found = ask("performance-status")
    assert (found.minimum, found.maximum, found.value) == (10, 100, None)
    assert found.details["tokuhashi_points"] == (0, 1, 2)
    assert found.missing == ("ecog", "karnofsky")


def test_the_tables_hold_grades_0_to_4_only() -> None:
    assert MEASURES["performance-status"].input("ecog").codes == ("0", "1", "2", "3", "4")


def test_two_scores_recorded_are_settled_by_one() -> None:
    found = ask("performance-status", ecog=3, karnofsky=[40, 50])
    assert (found.minimum, found.maximum, found.value) == (40, 50, None)
    assert found.would_settle == ("karnofsky",)
    assert found.flags == ()
