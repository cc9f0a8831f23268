"""Metastasis of the pelvis: what speaks for high risk, and that no zone ever speaks against it."""

from collections.abc import Callable

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from app.engine.criteria import Effect
from app.engine.question import Item
from app.knowledge import load
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from tests.knowledge.pathway_case import Stated, refute, stated, status, statuses

PATHWAY = load(Policy()).pathways["pelvis"]
Make = Callable[..., Lesion]
ITEMS = [one for one in PATHWAY.inputs if isinstance(one, Item)]


def judged(case: Case, **more: str) -> dict[str, str]:
    return statuses(PATHWAY.judge({**PATHWAY.read(case), **stated(PATHWAY, more)}))


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("PEL-1", {"acetabular": "yes"}, "met"),
        ("PEL-1", {"sacroiliac": "yes"}, "met"),
        ("PEL-1", {"acetabular": "no"}, "unknown"),
        ("PEL-1", {"acetabular": "no", "sacroiliac": "no"}, "unmet"),
        ("PEL-2", {"acetabular": "yes"}, "met"),
        ("PEL-2", {"sacroiliac": "yes"}, "unknown"),
        ("PEL-1-lytic", {"lytic": "yes"}, "met"),
        ("PEL-1-large", {"large": "no"}, "unmet"),
        ("PEL-1-stress", {"pain_with_stress": "yes"}, "met"),
        ("TAD-PEL-1 cementoplasty", {"minimally_displaced_fracture": "yes"}, "met"),
        ("TAD-PEL-1 cementoplasty", {"minimally_displaced_fracture": "no"}, "unmet"),
    ],
)
def test_edges(rule: str, values: Stated, expected: str) -> None:
    assert status(PATHWAY, rule, **values) == expected


@pytest.mark.parametrize(
    ("place", "site", "zone"),
    [
        ("acetabulum", "met", "met"),
        ("ilium", "unknown", "unknown"),
        ("pelvis", "unknown", "unknown"),
        ("bony-pelvis", "unknown", "unknown"),
        ("S1", "unknown", "unmet"),
        ("pubis", "unknown", "unknown"),
    ],
)
def test_what_a_place_says(place: str, site: str, zone: str, lesion: Make) -> None:
    found = judged(Case(lesion(place, {}), Patient()))
    assert (found["PEL-1"], found["PEL-2"]) == (site, zone)


def test_a_sacroiliac_lesion_coded_to_the_ilium_is_high_risk(lesion: Make) -> None:
    found = judged(Case(lesion("ilium", {}), Patient()), sacroiliac="yes", acetabular="no")
    assert (found["PEL-1"], found["PEL-2"]) == ("met", "unmet")


def test_no_rule_reassures() -> None:
    assert PATHWAY.criteria is not None
    assert {rule.effect for rule in PATHWAY.criteria.rules} == {
        Effect.RISK_FACTOR,
        Effect.OPTION,
        Effect.CONTEXT,
    }
    none = dict.fromkeys((one.code for one in ITEMS), "no")
    met = [rule for rule, one in statuses(PATHWAY.judge(stated(PATHWAY, none))).items() if one == "met"]
    assert met == ["INC-41"]


@pytest.mark.parametrize(
    ("finding", "answer", "rule", "expected"),
    [
        ("bone-lesion-quality", "lesion-lytic", "PEL-1-lytic", "met"),
        ("bone-lesion-quality", "lesion-mixed", "PEL-1-lytic", "unknown"),
        ("bone-lesion-quality", "lesion-blastic", "PEL-1-lytic", "unmet"),
        ("spinal-pain", "pain-mechanical", "PEL-1-stress", "met"),
        ("spinal-pain", "pain-present", "PEL-1-stress", "unknown"),
        ("spinal-pain", "pain-occasional", "PEL-1-stress", "unmet"),
        ("limb-pain", "limb-pain-none", "PEL-1-stress", "unmet"),
        ("limb-pain", "limb-pain-moderate", "PEL-1-stress", "unknown"),
        ("pathological-fracture", "absent", "TAD-PEL-1 cementoplasty", "unmet"),
        ("pathological-fracture", "present", "TAD-PEL-1 cementoplasty", "unknown"),
        ("lesion-diameter", "90", "PEL-1-large", "unknown"),
    ],
)
def test_what_a_record_answers(finding: str, answer: str, rule: str, expected: str, lesion: Make) -> None:
    assert judged(Case(lesion("S1", {finding: answer}), Patient()))[rule] == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("ilium", True),
        ("acetabulum", True),
        ("pubis", True),
        ("pelvis", True),
        ("bony-pelvis", True),
        ("sacrum", True),
        ("S3", True),
        ("spine", None),
        ("lumbosacral-spine", None),
        ("sacrococcygeal-region", None),
        (None, None),
        ("L5", False),
        ("coccyx", False),
        ("femur", False),
    ],
)
def test_where_it_applies(place: str | None, expected: bool | None, lesion: Make) -> None:
    assert PATHWAY.applies(Case(lesion(place, {}), Patient())).applies is expected


partial = st.fixed_dictionaries({}, optional={one.code: st.sampled_from(one.codes) for one in ITEMS})


@settings(max_examples=20, deadline=None)
@drawn(partial)
def test_partial_inputs_against_brute_force(values: Stated) -> None:
    assert refute(PATHWAY, values, {}) == []


@settings(max_examples=60, deadline=None)
@drawn(partial, partial)
def test_knowing_more_never_turns_one_answer_into_the_other(known: Stated, more: Stated) -> None:
    before = statuses(PATHWAY.judge(stated(PATHWAY, known)))
    after = statuses(PATHWAY.judge(stated(PATHWAY, {**more, **known})))
    for rule, was in before.items():
        assert was in ("unknown", after[rule]), rule
