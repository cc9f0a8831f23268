"""Acetabulum and embolisation: walls and columns, cement with caution, and what is embolised first."""

from collections.abc import Callable

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from app.engine.provenance import Source, Tag
from app.engine.question import Item
from app.knowledge import load
from app.knowledge.acetabulum.left_out import LEFT_OUT
from app.knowledge.histology import Primary, primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from tests.knowledge.pathway_case import Stated, refute, stated, status, statuses

PATHWAYS = load(Policy()).pathways
ACETABULUM, EMBOLISATION = PATHWAYS["acetabulum"], PATHWAYS["embolisation"]
Make = Callable[..., Lesion]
WALLS = ("acetabular_dome", "medial_wall", "posterior_column")
INTACT: Stated = dict.fromkeys(WALLS, "intact")


def named(*histologies: str) -> Primary:
    return primary_of((code, Source(f"Condition/{code}"), True) for code in histologies)


@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize(
    ("answer", "expected"),
    [("intact", "met"), ("intact|disrupted", "unknown"), ("disrupted", "unmet")],
)
def test_acer_1_needs_all_three_intact(wall: str, answer: str, expected: str) -> None:
    assert status(ACETABULUM, "ACER-1", **{**INTACT, wall: answer}) == expected


@pytest.mark.parametrize("wall", WALLS)
def test_acer_4_a_wall_that_is_not_recorded_is_undetermined_and_said(wall: str) -> None:
    known = {code: answer for code, answer in INTACT.items() if code != wall}
    result = ACETABULUM.judge(stated(ACETABULUM, known))
    assert statuses(result)["ACER-1"] == "unknown"
    (remark,) = result.cautions
    assert remark.key == "ACER-4"
    assert wall.rsplit("_", maxsplit=1)[-1] in remark.text


def test_acer_4_is_silent_once_all_three_are_known() -> None:
    assert ACETABULUM.judge(stated(ACETABULUM, INTACT)).cautions == ()


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("ACER-2", {"large_destabilising": "yes"}, "met"),
        ("ACER-2", {"fracture": "complete"}, "met"),
        ("ACER-2", {"fracture": "impending"}, "unknown"),
        ("ACER-2", {"radioresistant": "yes"}, "met"),
        ("ACER-2", {"debilitating_pain_despite_treatment": "yes"}, "met"),
        (
            "ACER-2",
            {
                "large_destabilising": "no",
                "fracture": "none",
                "radioresistant": "no",
                "debilitating_pain_despite_treatment": "no",
            },
            "unmet",
        ),
        ("ACER-3 cementoplasty", {"fracture": "impending"}, "met"),
        ("ACER-3 cementoplasty", {"fracture": "complete"}, "met"),
        ("ACER-3 cementoplasty", {"medial_wall": "disrupted"}, "met"),
        ("ACER-3 cementoplasty", {"fracture": "none"}, "unknown"),
        ("ACER-3 cementoplasty", {"fracture": "none", "medial_wall": "intact"}, "unmet"),
        ("INC-36 cementoplasty", {"cortical_dehiscence": "yes"}, "met"),
        ("INC-36 cementoplasty", {"cortical_dehiscence": "no"}, "unmet"),
        ("EMB-1 embolisation", {"primary": "renal"}, "met"),
        ("EMB-1 embolisation", {"primary": "thyroid|hepatocellular"}, "met"),
        ("EMB-1 embolisation", {"primary": "other"}, "unknown"),
        ("EMB-1 embolisation", {"primary": "other", "large_soft_tissue_mass": "no"}, "unmet"),
        ("EMB-1 embolisation", {"primary": "other", "large_soft_tissue_mass": "yes"}, "met"),
    ],
)
def test_edges(rule: str, values: Stated, expected: str) -> None:
    assert status(ACETABULUM, rule, **values) == expected


def test_cement_is_never_contraindicated_there_only_weighed() -> None:
    assert ACETABULUM.criteria is not None
    effects = {rule.effect.value for rule in ACETABULUM.criteria.rules}
    assert effects == {"option", "relative", "context"}
    (policy,) = [
        cite
        for rule in ACETABULUM.criteria.rules
        for cite in rule.cites
        if rule.id == "INC-36" and cite.key == "INC-36"
    ]
    assert policy.tag is Tag.LOCAL_POLICY


@pytest.mark.parametrize("rule", ["ACE-H", "MAC", "Levin"])
def test_classifications_that_were_not_read_are_left_out(rule: str) -> None:
    assert dict(LEFT_OUT)[rule].endswith(".")


partial = st.fixed_dictionaries(
    {},
    optional={one.code: st.sampled_from(one.codes) for one in ACETABULUM.inputs[:8] if isinstance(one, Item)},
)


@settings(max_examples=15, deadline=None)
@drawn(partial)
def test_partial_inputs_against_brute_force(values: Stated) -> None:
    # Blood supply stands in a rule of its own, which the table above tests.
    fixed = {**values, "primary": "other", "large_soft_tissue_mass": "no"}
    assert refute(ACETABULUM, fixed, {}) == []


@settings(max_examples=60, deadline=None)
@drawn(partial, partial)
def test_knowing_more_never_turns_one_answer_into_the_other(known: Stated, more: Stated) -> None:
    before = statuses(ACETABULUM.judge(stated(ACETABULUM, known)))
    after = statuses(ACETABULUM.judge(stated(ACETABULUM, {**more, **known})))
    for rule, was in before.items():
        assert was in ("unknown", after[rule]), rule


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("acetabulum", True),
        ("pelvis", None),
        ("bony-pelvis", None),
        (None, None),
        ("ilium", False),
        ("femoral-head", False),
        ("S1", False),
    ],
)
def test_where_it_applies(place: str | None, expected: bool | None, lesion: Make) -> None:
    assert ACETABULUM.applies(Case(lesion(place, {}), Patient())).applies is expected


def test_a_record_with_a_broken_wall_and_a_renal_tumour(lesion: Make) -> None:
    record = {
        "acetabular-dome": "intact",
        "medial-wall": "disrupted",
        "posterior-column": "intact",
        "pathological-fracture": "absent",
    }
    case = Case(lesion("acetabulum", record), Patient(primary=named("kidney")))
    judged = statuses(ACETABULUM.judge(ACETABULUM.read(case)))
    met = {rule for rule, one in judged.items() if one == "met"}
    assert met == {
        "ACER-2",
        "ACER-3 cementoplasty",
        "INC-36 cementoplasty",
        "EMB-1 embolisation",
        "TAD-ACE-2 cementoplasty",
    }
    assert judged["ACER-1"] == "unmet"


def test_a_record_of_intact_walls_leaves_an_impending_fracture_and_dehiscence_open(lesion: Make) -> None:
    record = {
        "acetabular-dome": "intact",
        "medial-wall": "intact",
        "posterior-column": "intact",
        "pathological-fracture": "absent",
    }
    judged = statuses(
        ACETABULUM.judge(
            ACETABULUM.read(Case(lesion("acetabulum", record), Patient(primary=named("breast"))))
        )
    )
    assert judged["ACER-1"] == "met"
    assert judged["ACER-3 cementoplasty"] == judged["INC-36 cementoplasty"] == judged["ACER-2"] == "unknown"


# -- embolisation ----------------------------------------------------------------------------------------

PRIMARIES = {
    "kidney": ("met", "met"),
    "thyroid": ("met", "unmet"),
    "liver": ("unknown", "unmet"),
    "breast": ("unknown", "unmet"),
    "unknown-primary": ("unknown", "unknown"),
    "other": ("unknown", "unknown"),
}


@pytest.mark.parametrize("histology", PRIMARIES)
def test_emb_1_by_the_primary(histology: str, lesion: Make) -> None:
    case = Case(lesion("acetabulum", {}), Patient(primary=named(histology)))
    judged = statuses(EMBOLISATION.judge(EMBOLISATION.read(case)))
    surgery, timing = PRIMARIES[histology]
    assert judged["EMB-1 embolisation"] == judged["EMB-1-ablation embolisation"] == surgery
    assert judged["EMB-1-timing embolisation"] == timing


@pytest.mark.parametrize(
    ("place", "expected"),
    [("acetabulum", "met"), ("pelvis", "unknown"), ("bony-pelvis", "unknown"), ("T10", "unmet")],
)
def test_emb_1_before_surgery_is_about_the_acetabulum(place: str, expected: str, lesion: Make) -> None:
    case = Case(lesion(place, {}), Patient(primary=named("kidney")))
    judged = statuses(EMBOLISATION.judge(EMBOLISATION.read(case)))
    assert judged["EMB-1 embolisation"] == expected
    assert judged["EMB-1-ablation embolisation"] == "met"


def test_a_mass_that_is_absent_is_not_large_and_one_that_is_present_may_be(lesion: Make) -> None:
    for recorded, expected in (("absent", "unmet"), ("present", "unknown")):
        case = Case(
            lesion("acetabulum", {"soft-tissue-component": recorded}), Patient(primary=named("breast"))
        )
        judged = statuses(EMBOLISATION.judge(EMBOLISATION.read(case)))
        assert judged["EMB-1 embolisation"] == expected


@settings(max_examples=25, deadline=None)
@drawn(
    st.fixed_dictionaries(
        {},
        optional={
            one.code: st.sampled_from(one.codes) for one in EMBOLISATION.inputs if isinstance(one, Item)
        },
    )
)
def test_embolisation_against_brute_force(values: Stated) -> None:
    assert refute(EMBOLISATION, values, {}) == []


@pytest.mark.parametrize(("place", "expected"), [("T10", True), ("rib", True), (None, None)])
def test_embolisation_is_told_for_any_bone(place: str | None, expected: bool | None, lesion: Make) -> None:
    assert EMBOLISATION.applies(Case(lesion(place, {}), Patient())).applies is expected
    broken = Case(lesion(place, {}, osteoporotic=True), Patient())
    assert EMBOLISATION.applies(broken).applies is False
