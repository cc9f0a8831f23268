"""Sources that disagree (CON-1, CON-3, LAT-2, SINS-E9, SINS-E10): all kept, all flagged."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.question import Answer
from tests.fhir.records import (
    AS_OF,
    LEFT,
    RECENT,
    RIGHT,
    Json,
    answer,
    assessed,
    condition,
    lesion,
    observation,
    quantity,
    scored,
    site,
)

T11 = condition("t11", "T11")
OLDER, NEWER = "2026-11-15T10:00:00Z", "2026-11-19T10:00:00Z"


def says(name: str, finding: str, value: Json | str, when: str = RECENT, **where: str) -> Json:
    return observation(name, finding, value, effectiveDateTime=when, **(where or {"at": "T11"}))


def read(item: str, *resources: Json, as_of: datetime = AS_OF) -> Answer:
    return answer(assessed(T11, *resources, as_of=as_of), "T11", item)


def sources(given_answer: Answer) -> list[str]:
    return [source.reference for source in given_answer.sources]


# -- CON-1 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "item", "one", "other", "options"),
    [
        ("spinal-pain", "pain", "pain-mechanical", "pain-occasional", ("mechanical", "occasional")),
        ("bone-lesion-quality", "lesion", "lesion-lytic", "lesion-blastic", ("lytic", "blastic")),
        ("spinal-alignment", "alignment", "alignment-deformity", "alignment-normal", ("deformity", "normal")),
        ("vertebral-collapse", "collapse", "collapse-over-50", "collapse-none", ("over-50", "none")),
    ],
)
def test_con_1_two_that_disagree_are_both_kept_and_flagged(
    finding: str, item: str, one: str, other: str, options: tuple[str, ...]
) -> None:
    given_answer = read(item, says("a", finding, one, OLDER), says("b", finding, other, NEWER))
    assert given_answer.possible == options
    assert given_answer.conflicting
    assert sources(given_answer) == ["Observation/a", "Observation/b"]


def test_con_1_the_later_does_not_silently_win() -> None:
    early = says("a", "spinal-pain", "pain-mechanical", OLDER)
    late = says("b", "spinal-pain", "pain-free", NEWER)
    found = scored(assessed(T11, early, late), "T11")
    assert "CON-1" in {caution.key for caution in found.cautions}
    assert found.result is not None
    assert found.result.points("pain") == (0, 3)


def test_con_1_an_entry_outside_its_window_is_no_side_of_a_conflict() -> None:
    stale = says("a", "spinal-pain", "pain-mechanical", "2026-10-01")
    given_answer = read("pain", stale, says("b", "spinal-pain", "pain-free", NEWER))
    assert given_answer.possible == ("none",)
    assert not given_answer.conflicting
    assert [source.reference for source in given_answer.unused] == ["Observation/a"]


def test_con_1_two_that_agree_are_no_conflict() -> None:
    given_answer = read("pain", *(says(name, "spinal-pain", "pain-free") for name in "ab"))
    assert given_answer.possible == ("none",)
    assert not given_answer.conflicting
    assert sources(given_answer) == ["Observation/a", "Observation/b"]


def test_con_1_a_vague_answer_and_a_narrow_one_are_no_conflict() -> None:
    vague, narrow = says("a", "spinal-pain", "pain-present"), says("b", "spinal-pain", "pain-occasional")
    assert read("pain", vague, narrow).possible == ("occasional",)
    assert not read("pain", vague, narrow).conflicting
    unsure = says("c", "spinal-pain", "indeterminate")
    assert read("pain", unsure, narrow).possible == ("occasional",)


def test_con_1_the_finding_is_shown_with_everything_said_of_it() -> None:
    entries = [
        says("a", "bone-lesion-quality", "lesion-lytic"),
        says("b", "bone-lesion-quality", "lesion-mixed"),
    ]
    (view,) = lesion(assessed(T11, *entries), "T11").findings
    assert view.possible == ("lesion-lytic", "lesion-mixed")
    assert view.conflicting
    assert not view.stale
    assert [source.reference for source in view.sources] == ["Observation/a", "Observation/b"]


# -- SINS-E9, SINS-E10, CON-3 --------------------------------------------------------------------------


def test_sins_e9_no_pain_and_mechanical_pain_are_a_conflict() -> None:
    score = observation("a", "pain-score", quantity(0, "{score}"))
    given_answer = read("pain", score, says("b", "spinal-pain", "pain-mechanical"))
    assert given_answer.possible == ("mechanical", "none")
    assert given_answer.conflicting


def test_sins_e9_pain_of_some_strength_and_mechanical_pain_are_none() -> None:
    score = observation("a", "pain-score", quantity(6, "{score}"))
    given_answer = read("pain", score, says("b", "spinal-pain", "pain-mechanical"))
    assert given_answer.possible == ("mechanical",)
    assert not given_answer.conflicting


def test_sins_e10_bilateral_and_unilateral_are_a_conflict() -> None:
    both, one = (
        says(name, "posterolateral-involvement", f"posterolateral-{name}")
        for name in ("bilateral", "unilateral")
    )
    given_answer = read("posterolateral", both, one)
    assert given_answer.possible == ("bilateral", "unilateral")
    assert given_answer.conflicting


@pytest.mark.parametrize(
    ("finding", "percent", "options"),
    [
        ("vertebral-height-loss", 70, ("over-50", "none")),
        ("vertebral-height-loss", 30, ("under-50", "none")),
        ("vertebral-body-involvement", 70, ("over-50", "under-50", "involved-over-50", "none")),
    ],
)
def test_con_3_no_collapse_and_a_percentage_are_a_conflict(
    finding: str, percent: int, options: tuple[str, ...]
) -> None:
    entries = says("a", "vertebral-collapse", "collapse-none"), says("b", finding, quantity(percent))
    given_answer = read("collapse", *entries)
    assert given_answer.possible == options
    assert given_answer.conflicting


def test_con_3_no_collapse_and_no_height_loss_are_none() -> None:
    entries = (
        says("a", "vertebral-collapse", "collapse-none"),
        says("b", "vertebral-height-loss", quantity(0)),
    )
    given_answer = read("collapse", *entries)
    assert given_answer.possible == ("none",)
    assert not given_answer.conflicting


def test_con_3_a_total_never_replaces_its_items() -> None:
    total = says("total", "sins-total", {"valueInteger": 3})
    found = scored(assessed(T11, says("a", "spinal-pain", "pain-mechanical"), total), "T11")
    assert found.result is not None
    assert found.result.minimum == 6
    assert "SINS-total" in {caution.key for caution in found.cautions}


# -- LAT-2 ---------------------------------------------------------------------------------------------


def one_sided(side: str, **where: str) -> Json:
    body = site("T11", side) if "about" not in where else {"coding": site("T11", side)["coding"][1:]}
    return observation(
        side, "posterolateral-involvement", "posterolateral-unilateral", bodySite=body, **where
    )


def test_lat_2_left_and_right_about_one_lesion_are_both_sides() -> None:
    given_answer = read("posterolateral", *(one_sided(s, about="Condition/t11") for s in (LEFT, RIGHT)))
    assert given_answer.possible == ("bilateral",)


def test_lat_2_left_and_right_at_one_level_may_be_both_sides() -> None:
    given_answer = read("posterolateral", one_sided(LEFT), one_sided(RIGHT))
    assert given_answer.possible == ("bilateral", "unilateral")


def test_lat_2_one_identified_and_one_not_may_be_both_sides() -> None:
    given_answer = read("posterolateral", one_sided(LEFT, about="Condition/t11"), one_sided(RIGHT))
    assert given_answer.possible == ("bilateral", "unilateral")


def test_lat_2_the_same_side_twice_is_one_side() -> None:
    twice = [one_sided(LEFT), one_sided(LEFT) | {"id": "again"}]
    assert read("posterolateral", *twice).possible == ("unilateral",)


def test_lat_2_a_side_outside_the_time_window_is_no_second_side() -> None:
    old = one_sided(RIGHT, about="Condition/t11") | {"effectiveDateTime": "2026-08-01"}
    given_answer = read("posterolateral", one_sided(LEFT, about="Condition/t11"), old)
    assert given_answer.possible == ("unilateral",)


# -- the latest pain score -----------------------------------------------------------------------------


def score(name: str, value: float, when: str) -> Json:
    return observation(name, "pain-score", quantity(value, "{score}"), effectiveDateTime=when)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-11-18", "2026-11-19"),
        ("2026-11-19T08:00:00Z", "2026-11-19T09:00:00Z"),
        ("2026-11-19T10:00:00+05:00", "2026-11-19T06:00:00Z"),
        ("2026-11-18T23:59:59Z", "2026-11-19"),
        ("2026-11-18", "2026-11-19T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_con_1_of_pain_scores_the_latest_counts(earlier: str, later: str, swapped: bool) -> None:
    entries = [score("a", 8, earlier), score("b", 0, later)]
    given_answer = read("pain", *(reversed(entries) if swapped else entries))
    assert given_answer.possible == ("none",)
    assert not given_answer.conflicting
    assert sources(given_answer) == ["Observation/b"]


@pytest.mark.parametrize("when", ["2026-11-19", NEWER])
def test_con_1_pain_scores_of_one_time_that_differ_are_a_conflict(when: str) -> None:
    given_answer = read("pain", score("a", 0, when), score("b", 7, when))
    assert given_answer.possible == ("mechanical", "occasional", "none")
    assert given_answer.conflicting


def test_con_1_one_moment_in_two_zones_is_one_time() -> None:
    given_answer = read(
        "pain", score("a", 0, "2026-11-19T10:00:00Z"), score("b", 7, "2026-11-19T12:00:00+02:00")
    )
    assert given_answer.conflicting


def test_con_1_a_later_score_that_cannot_be_used_hides_nothing() -> None:
    future = score("b", 0, "2026-12-24")
    undated = observation("c", "pain-score", quantity(0, "{score}"), effectiveDateTime=None)
    given_answer = read("pain", score("a", 8, OLDER), future, undated)
    assert given_answer.possible == ("mechanical", "occasional")
    assert not given_answer.conflicting


def test_con_1_a_score_of_the_same_day_without_a_time_may_be_the_later() -> None:
    given_answer = read("pain", score("a", 0, "2026-11-19T08:00:00Z"), score("b", 7, "2026-11-19"))
    assert {"none", "occasional"} <= set(given_answer.possible)


def test_con_1_a_score_of_a_vague_time_hides_no_dated_one() -> None:
    early_november = datetime(2026, 11, 10, tzinfo=UTC)
    entries = score("a", 0, "2026-11"), score("b", 7, "2026-11-09T10:00:00Z")
    given_answer = read("pain", *entries, as_of=early_november)
    assert "occasional" in given_answer.possible


def test_con_1_the_two_pain_scales_are_each_heard() -> None:
    line = observation("b", "pain-visual-analogue-scale", quantity(0, "mm"), effectiveDateTime=OLDER)
    given_answer = read("pain", score("a", 7, NEWER), line)
    assert given_answer.conflicting
    assert sources(given_answer) == ["Observation/a", "Observation/b"]


@given(
    st.permutations(
        [score("a", 8, OLDER), score("b", 3, NEWER), score("c", 0, NEWER), score("d", 1, "2026-11-01")]
    )
)
def test_the_order_of_pain_scores_never_matters(shuffled: list[Json]) -> None:
    given_answer = read("pain", *shuffled)
    assert sources(given_answer) == ["Observation/b", "Observation/c"]
    assert given_answer.conflicting
