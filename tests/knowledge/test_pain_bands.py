"""Pain bands (rules INS-1 to INS-4 and INS-6; worked cases TC-15 to TC-17)."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.measure import RefusedError
from tests.knowledge.measure_case import MEASURES, ask, keys

# set, then every edge from both sides: pain -> bands still possible
EDGES = [
    ("cut-points-4-8", {
        "0": "none", "0.1": "mild", "1": "mild", "4": "mild", "4.1": "moderate", "4.3": "moderate",
        "5": "moderate", "8": "moderate", "8.01": "severe", "9": "severe", "10": "severe"}),
    ("mcdonald-2016", {
        "0": "none", "0.5": "mild", "1": "mild", "5": "mild", "5.5": "mild moderate", "6": "moderate",
        "6.5": "moderate severe", "7": "severe", "10": "severe"}),
    ("patients-2006", {
        "0": "none", "0.5": "mild", "4": "mild", "4.5": "mild moderate", "5": "moderate", "7": "moderate",
        "7.5": "moderate severe", "8": "severe", "10": "severe"}),
    ("cut-points-4-6", {
        "0": "none", "1": "mild", "4": "mild", "4.5": "moderate", "5": "moderate", "6": "moderate",
        "6.5": "severe", "7": "severe", "10": "severe"}),
]  # fmt: skip
CASES = [(used, pain, bands) for used, table in EDGES for pain, bands in table.items()]
ORDER = ("none", "mild", "moderate", "severe")


@pytest.mark.parametrize(("used", "pain", "bands"), CASES)
def test_every_edge_of_every_set(used: str, pain: str, bands: str) -> None:
    found = ask("pain-bands", pain_score=pain, band_set=used)
    assert found.bands == tuple(bands.split())
    assert found.settled is (len(found.bands) == 1)
    assert found.value == Fraction(pain)
    assert found.would_settle == ()
    assert ("INS-2-gaps" in keys(found.cautions)) is (len(found.bands) > 1)


@pytest.mark.parametrize(("pain", "band"), [(4, "mild"), (5, "moderate"), (8, "moderate"), (9, "severe")])
def test_tc_15(pain: int, band: str) -> None:
    assert ask("pain-bands", pain_score=pain).bands == (band,)


@pytest.mark.parametrize(("before", "after", "fall"), [(5, 2, 3), (6, 1, 5), (6, 2, 4)])
def test_tc_16(before: int, after: int, fall: int) -> None:
    found = ask("pain-bands", pain_score=before, pain_score_after=after)
    assert found.bands == ("moderate",)
    assert found.details["after"] == {"minimum": after, "maximum": after, "value": after, "bands": ("mild",)}
    response = found.details["response"]
    assert response == {
        "minimum": fall,
        "maximum": fall,
        "value": fall,
        "classes": ("good",),
        "settled": True,
    }


def test_tc_17() -> None:
    assert ask("pain-bands", pain_score="4.3").bands == ("moderate",)


@pytest.mark.parametrize(
    ("before", "after", "response"),
    [
        (8, "2.9", "excellent"),
        (8, 3, "good"),
        (8, "5.9", "good"),
        (8, 6, "no-improvement"),
        (8, 8, "no-improvement"),
        (3, 9, "no-improvement"),
        (10, 0, "excellent"),
        ((6, 8), 3, "good"),
        ((6, 9), 3, "excellent good"),
        (9, (2, 8), "excellent good no-improvement"),
    ],
)
def test_ins_6_a_fall_is_classed_by_more_than_5_and_more_than_2(
    before: Any, after: Any, response: str
) -> None:
    found = ask("pain-bands", pain_score=before, pain_score_after=after)
    details = found.details["response"]
    assert details["classes"] == tuple(response.split())
    assert "INS-6" in keys(found.cautions)


@pytest.mark.parametrize("given_only", ["pain_score", "pain_score_after"])
def test_ins_6_half_of_a_pair_has_no_response(given_only: str) -> None:
    found = ask("pain-bands", **{given_only: 5})
    assert found.details["response"] is None
    assert "INS-6" not in keys(found.cautions)


@pytest.mark.parametrize(
    ("pain", "status"),
    [(4, "unmet"), ("4.01", "met"), ((3, 5), "unknown"), ((3, 4), "unmet"), ((5, 9), "met"), (0, "unmet")],
)
def test_ins_3_the_criterion_is_above_4_never_4(pain: Any, status: str) -> None:
    (criterion,) = ask("pain-bands", pain_score=pain).details["criteria"]
    assert (criterion["id"], criterion["status"], criterion["above"]) == ("INS-3", status, 4)


@pytest.mark.parametrize("used", [used for used, _ in EDGES])
def test_ins_3_every_answer_names_its_band_set(used: str) -> None:
    found = ask("pain-bands", pain_score=5, band_set=used)
    assert found.details["band_set"] == used
    text = next(caution.text for caution in found.cautions if caution.key == "INS-3")
    assert found.details["band_set_name"] in text


def test_ins_3_the_set_of_4_and_8_is_the_default() -> None:
    assert ask("pain-bands", pain_score=5).details["band_set"] == "cut-points-4-8"


@pytest.mark.parametrize(
    ("millimetres", "bands"), [(0, "none"), (40, "mild"), (41, "moderate"), (80, "moderate"), (81, "severe")]
)
def test_ins_4_millimetres_are_divided_by_ten(millimetres: int, bands: str) -> None:
    found = ask("pain-bands", visual_analogue_scale=millimetres)
    assert found.value == Fraction(millimetres, 10)
    assert found.bands == (bands,)
    assert "INS-4" in keys(found.cautions)


def test_ins_4_a_number_and_millimetres_of_one_pain_are_refused() -> None:
    with pytest.raises(RefusedError, match="not both"):
        ask("pain-bands", pain_score=4, visual_analogue_scale=40)


def test_ins_4_one_pain_may_be_a_number_and_the_other_millimetres() -> None:
    found = ask("pain-bands", pain_score=8, visual_analogue_scale_after=20)
    response = found.details["response"]
    assert response["value"] == 6


def test_pain_that_is_not_recorded_leaves_every_band() -> None:
    found = ask("pain-bands")
    assert (found.minimum, found.maximum, found.value) == (0, 10, None)
    assert found.bands == ORDER
    assert (found.settled, found.missing, found.would_settle) == (False, ("pain_score",), ("pain_score",))


def test_a_range_reaches_every_band_it_touches() -> None:
    found = ask("pain-bands", pain_score=(4, 9))
    assert found.bands == ("mild", "moderate", "severe")
    assert (found.minimum, found.maximum, found.value, found.settled) == (4, 9, None, False)
    assert found.would_settle == ("pain_score",)
    assert ask("pain-bands", visual_analogue_scale=(40, 90)).would_settle == ("visual_analogue_scale",)
    assert ask("pain-bands", pain_score=("4.1", 8)).settled


tenths = st.integers(0, 100).map(lambda number: Fraction(number, 10))


@given(ends=st.tuples(tenths, tenths).map(sorted), used=st.sampled_from([used for used, _ in EDGES]))
def test_a_range_says_what_its_numbers_say_together(ends: list[Fraction], used: str) -> None:
    low, high = ends
    whole = set(ask("pain-bands", pain_score=(low, high), band_set=used).bands)
    steps = [low + n * (high - low) / 400 for n in range(401)]
    single = {band for step in steps for band in ask("pain-bands", pain_score=step, band_set=used).bands}
    assert single <= whole
    assert {
        band for end in (low, high) for band in ask("pain-bands", pain_score=end, band_set=used).bands
    } <= whole


def test_the_bands_of_every_set_stand_in_the_definition() -> None:
    bands = MEASURES["pain-bands"].bands
    assert {band.band_set for band in bands} == {used for used, _ in EDGES}
    for used, _ in EDGES:
        assert tuple(band.code for band in bands if band.band_set == used) == ORDER
