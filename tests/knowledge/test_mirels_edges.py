from collections.abc import Callable

import pytest

from app.engine.provenance import Age
from app.engine.reading import Fact, Side
from app.knowledge.anatomy import SITES, Kind, place_of
from app.knowledge.finding import INDETERMINATE
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion

SMALL, MIDDLE, LARGE = "under-third", "third-to-two-thirds", "over-two-thirds"
SIZES = [
    ("0", {SMALL}),
    ("32", {SMALL}),
    ("33", {SMALL, MIDDLE}),
    ("33.0", {SMALL}),
    ("33.3", {SMALL, MIDDLE}),
    ("33.33", {SMALL, MIDDLE}),
    ("33.4", {MIDDLE}),
    ("34", {MIDDLE}),
    ("50", {MIDDLE}),
    ("66", {MIDDLE}),
    ("66.6", {MIDDLE}),
    ("66.67", {MIDDLE, LARGE}),
    ("66.7", {MIDDLE, LARGE}),
    ("67", {MIDDLE, LARGE}),
    ("67.1", {LARGE}),
    ("68", {LARGE}),
    ("100", {LARGE}),
    (">67", {LARGE}),
    (">66", {MIDDLE, LARGE}),
    ("<33", {SMALL}),
    ("<34", {SMALL, MIDDLE}),
    (">=50", {MIDDLE, LARGE}),
    ("<=50", {SMALL, MIDDLE}),
    (">33", {SMALL, MIDDLE, LARGE}),
]
PERITROCHANTERIC = {"peritrochanteric-femur"}
MAYBE = {
    "femur",
    "proximal-femur",
    "femoral-head",
    "femoral-neck",
    "lower-limb-long-bone",
    "lower-limb-bone",
}
NOT_PERITROCHANTERIC = {
    "femoral-shaft",
    "distal-femur",
    "tibia",
    "tibial-shaft",
    "tibial-plateau",
    "fibula",
}
UPPER = {
    "upper-limb-long-bone",
    "humerus",
    "proximal-humerus",
    "humeral-shaft",
    "distal-humerus",
    "radius",
    "ulna",
    "upper-limb-bone",
}
NOT_LONG = [
    "pelvis",
    "ilium",
    "ischium",
    "pubis",
    "acetabulum",
    "rib",
    "scapula",
    "clavicle",
    "hand",
    "foot",
    "spine",
    "thoracic-spine",
    "sacrum",
    "coccyx",
    "T10",
]


@pytest.mark.parametrize(("written", "possible"), SIZES, ids=[size[0] for size in SIZES])
def test_mir_e1_size(
    written: str, possible: set[str], mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    answer = mirels.answers(lesion("tibia", {"cortical-destruction": written}))["size"]
    assert set(answer.possible) == possible
    assert answer.recorded


@pytest.mark.parametrize("site", NOT_LONG)
def test_mir_e2_not_applicable_outside_the_long_bones(
    site: str, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    verdict = mirels.applies(lesion(site, {"cortical-destruction": "10"}))
    assert verdict.applies is False
    assert verdict.reason
    assert [cite.key for cite in verdict.cites] == ["MIR-E2"]


def test_mir_e2_applies_to_every_long_bone(mirels: Instrument, lesion: Callable[..., Lesion]) -> None:
    long = [site.code for site in SITES.values() if site.kind is Kind.LONG_BONE]
    assert {site for site in long if mirels.applies(lesion(site, {})).applies} == set(long)


@pytest.mark.parametrize("site", ["upper-limb-bone", "lower-limb-bone", None])
def test_mir_e2_a_bone_not_named_leaves_open_whether_it_applies(
    site: str | None, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    verdict = mirels.applies(lesion(site, {}))
    assert verdict.applies is None
    assert verdict.reason
    assert verdict.cites


def test_mir_e3_and_e9_only_a_femur_can_be_peritrochanteric(
    mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    found: dict[frozenset[str], set[str]] = {}
    for site in SITES:
        if SITES[site].kind in (Kind.LONG_BONE, Kind.LIMB_BONE):
            possible = frozenset(mirels.answers(lesion(site, {}))["site"].possible)
            found.setdefault(possible, set()).add(site)
    assert found == {
        frozenset({"peritrochanteric"}): PERITROCHANTERIC,
        frozenset({"lower-limb", "peritrochanteric"}): MAYBE,
        frozenset({"lower-limb"}): NOT_PERITROCHANTERIC,
        frozenset({"upper-limb"}): UPPER,
    }


@pytest.mark.parametrize("site", ["femoral-head", "femoral-neck", "femur", "proximal-femur"])
def test_mir_e3_two_and_three_points_stay_possible_with_a_caution(
    site: str, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    case = lesion(place_of(site, Side.LEFT), {})
    result = mirels.score.evaluate(mirels.answers(case))
    assert result.points("site") == (2, 3)
    assert "MIR-E3" in {caution.key for caution in mirels.remark(result, case).cautions}


def test_mir_e4_no_pain_counts_one_point_and_is_flagged(
    mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    for answer, flagged in (("limb-pain-none", True), ("limb-pain-mild", False)):
        case = lesion("tibia", {"limb-pain": answer})
        result = mirels.score.evaluate(mirels.answers(case))
        assert result.points("pain") == (1,)
        assert ("MIR-E4" in {c.key for c in mirels.remark(result, case).cautions}) == flagged


@pytest.mark.parametrize("score", ["0", "5", "10"])
def test_mir_e5_a_pain_score_never_answers_the_pain_item(
    score: str, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    scales = {"pain-score": score, "pain-visual-analogue-scale": score}
    answer = mirels.answers(lesion("tibia", scales))["pain"]
    assert len(answer.possible) == 3
    assert not answer.recorded


@pytest.mark.parametrize(
    ("answer", "possible"),
    [
        ("limb-pain-mild", ("mild",)),
        ("limb-pain-moderate", ("moderate",)),
        ("limb-pain-functional", ("functional",)),
        (INDETERMINATE, ("mild", "moderate", "functional")),
    ],
)
def test_mir_2_pain(
    answer: str, possible: tuple[str, ...], mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    assert mirels.answers(lesion("tibia", {"limb-pain": answer}))["pain"].possible == possible


def test_mir_e6_a_recorded_size_carries_the_caution_of_its_modality(
    mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    for record, warned in (({"cortical-destruction": "50"}, True), ({}, False)):
        case = lesion("tibia", record)
        remarks = mirels.remark(mirels.score.evaluate(mirels.answers(case)), case)
        assert ("MIR-E6" in {caution.key for caution in remarks.cautions}) == warned


@pytest.mark.parametrize(
    ("entries", "applies"),
    [
        pytest.param(["present"], False, id="broken"),
        pytest.param(["present", "absent"], None, id="entries disagree"),
        pytest.param(["present|absent"], None, id="one entry leaves it open"),
        pytest.param(
            [INDETERMINATE],
            None,
            id="looked at and not told",
        ),
        pytest.param(["absent"], True, id="not broken"),
    ],
)
def test_mir_e7_not_applicable_once_the_bone_is_broken(
    entries: list[str], applies: bool | None, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    verdict = mirels.applies(lesion("humerus", {"pathological-fracture": entries}))
    assert verdict.applies is applies
    assert ("MIR-E7" in {cite.key for cite in verdict.cites}) == (applies is not True)


@pytest.mark.parametrize(("side", "warned"), [(None, True), (Side.LEFT, False), (Side.RIGHT, False)])
def test_mir_e8_a_missing_side_is_said(
    side: Side | None, warned: bool, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    case = lesion(place_of("humerus", side), {})
    remarks = mirels.remark(mirels.score.evaluate(mirels.answers(case)), case)
    assert ("MIR-E8" in {caution.key for caution in remarks.cautions}) == warned


def test_mir_e8_left_right_and_side_unknown_are_three_places() -> None:
    left, right = place_of("femur", Side.LEFT), place_of("femur", Side.RIGHT)
    assert len({left, right, place_of("femur")}) == 3
    assert not left.holds(right)
    assert not right.holds(left)
    assert not left.holds(place_of("femur"))


def test_con_1_two_sizes_keep_both(mirels: Instrument, lesion: Callable[..., Lesion]) -> None:
    answer = mirels.answers(lesion("tibia", {"cortical-destruction": ["20", "80"]}))["size"]
    assert (set(answer.possible), answer.conflicting) == ({SMALL, LARGE}, True)


def test_time_5_a_stale_size_is_unknown_and_shown(
    mirels: Instrument, lesion: Callable[..., Lesion], fact: Callable[..., Fact]
) -> None:
    stale = fact("cortical-destruction", "80", age=Age.STALE)
    answer = mirels.answers(lesion("tibia", {"cortical-destruction": [stale]}))["size"]
    assert (len(answer.possible), answer.recorded, answer.unused) == (3, False, (stale.source,))
    case = lesion("tibia", {"cortical-destruction": [stale]})
    assert mirels.answers(case, stale_too=True)["size"].possible == (LARGE,)
