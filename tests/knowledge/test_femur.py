"""Metastasis of the femur: both sides of each edge, as a table, and from a record."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from app.engine.provenance import Age
from app.engine.quantity import Measured
from app.engine.reading import Fact, Interval, exactly
from app.knowledge import load
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from tests.knowledge.pathway_case import Stated, refute, stated, status, statuses

PATHWAY = load(Policy()).pathways["femur"]
Make = Callable[..., Lesion]
CALM: Stated = {
    "mirels": 7,
    "axial_cortical_involvement": 29,
    "circumferential_cortical_involvement": 50,
    "proximal_femur": "yes",
    "functional_pain": "no",
    "pathological_fracture": "no",
}
NUMBERS = {
    "mirels": (4, 7, 8, 9, 12),
    "axial_cortical_involvement": (29, 30, 31),
    "circumferential_cortical_involvement": (50, 51),
}


@pytest.mark.parametrize(
    ("total", "met"), [(4, set()), (7, set()), (8, {"FEMR-2"}), (9, {"FEMR-1"}), (12, {"FEMR-1"})]
)
def test_femr_by_the_total(total: int, met: set[str]) -> None:
    judged = statuses(PATHWAY.judge(stated(PATHWAY, {"mirels": total})))
    assert {rule for rule in ("FEMR-1", "FEMR-2") if judged[rule] == "met"} == met
    assert judged["FEMR-3"] == ("unmet" if total >= 8 else "unknown")


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("MIR-R2", {"axial_cortical_involvement": 29}, "unmet"),
        ("MIR-R2", {"axial_cortical_involvement": 30}, "met"),
        ("MIR-R3", {"circumferential_cortical_involvement": 50}, "unmet"),
        ("MIR-R3", {"circumferential_cortical_involvement": 51}, "met"),
        ("MIR-R4 cementoplasty", {"proximal_femur": "yes", "axial_cortical_involvement": 30}, "unknown"),
        ("MIR-R4 cementoplasty", {"proximal_femur": "yes", "axial_cortical_involvement": 31}, "met"),
        (
            "MIR-R4 cementoplasty",
            {
                "proximal_femur": "yes",
                "axial_cortical_involvement": 30,
                "lesser_trochanter_fracture": "no",
            },
            "unmet",
        ),
        (
            "MIR-R4 cementoplasty",
            {"proximal_femur": "yes", "lesser_trochanter_fracture": "yes"},
            "met",
        ),
        (
            "MIR-R4 cementoplasty",
            {"proximal_femur": "no", "lesser_trochanter_fracture": "yes"},
            "unmet",
        ),
        ("MIR-R5", {"proximal_femur": "yes", "functional_pain": "yes"}, "met"),
        ("MIR-R5", {"proximal_femur": "yes|no", "functional_pain": "yes"}, "unknown"),
        ("MIR-R5", {"proximal_femur": "no", "functional_pain": "yes"}, "unmet"),
        ("MIR-E7", {"pathological_fracture": "yes"}, "met"),
    ],
)
def test_edges(rule: str, values: Stated, expected: str) -> None:
    assert status(PATHWAY, rule, **values) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "met"),
        ({"mirels": 8}, "unmet"),
        ({"axial_cortical_involvement": 30}, "unmet"),
        ({"circumferential_cortical_involvement": 51}, "unmet"),
        ({"functional_pain": "yes"}, "unmet"),
        ({"functional_pain": "yes", "proximal_femur": "no"}, "met"),
        ({"pathological_fracture": "yes"}, "unmet"),
    ],
)
def test_femr_3_calms_only_where_nothing_speaks_against_it(change: Stated, expected: str) -> None:
    assert status(PATHWAY, "FEMR-3", **{**CALM, **change}) == expected


@pytest.mark.parametrize("missing", [code for code in CALM if code != "proximal_femur"])
def test_femr_3_is_open_while_one_of_them_is_not_recorded(missing: str) -> None:
    known = {code: value for code, value in CALM.items() if code != missing}
    assert status(PATHWAY, "FEMR-3", **known) == "unknown"


partial = st.fixed_dictionaries(
    {},
    optional={
        "proximal_femur": st.sampled_from(("yes", "no")),
        "functional_pain": st.sampled_from(("yes", "no", "yes|no")),
        "lesser_trochanter_fracture": st.sampled_from(("yes", "no")),
        "pathological_fracture": st.sampled_from(("yes", "no")),
        **{code: st.sampled_from(values) for code, values in NUMBERS.items()},
    },
)


@settings(max_examples=25, deadline=None)
@drawn(partial)
def test_partial_inputs_against_brute_force(values: Stated) -> None:
    assert refute(PATHWAY, values, NUMBERS) == []


@settings(max_examples=60, deadline=None)
@drawn(partial, partial)
def test_knowing_more_never_turns_one_answer_into_the_other(known: Stated, more: Stated) -> None:
    before = statuses(PATHWAY.judge(stated(PATHWAY, known)))
    narrower = {code: value for code, value in known.items() if value != "yes|no"}
    after = statuses(PATHWAY.judge(stated(PATHWAY, {**more, **narrower})))
    for rule, was in before.items():
        assert was in ("unknown", after[rule]), rule


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("femoral-neck", True),
        ("femur", True),
        ("femoral-shaft", True),
        ("lower-limb-long-bone", None),
        ("lower-limb-bone", None),
        (None, None),
        ("tibia", False),
        ("humerus", False),
        ("T10", False),
        ("acetabulum", False),
        ("bony-pelvis", False),
    ],
)
def test_where_it_applies(place: str | None, expected: bool | None, lesion: Make) -> None:
    assert PATHWAY.applies(Case(lesion(place, {}), Patient())).applies is expected


def test_an_osteoporotic_fracture_is_no_metastasis(lesion: Make) -> None:
    assert PATHWAY.applies(Case(lesion("femur", {}, osteoporotic=True), Patient())).applies is False


@pytest.mark.parametrize(
    ("place", "expected"),
    [("femoral-neck", "met"), ("femur", "unknown"), ("femoral-shaft", "unmet")],
)
def test_mechanical_pain_counts_in_the_proximal_femur(place: str, expected: str, lesion: Make) -> None:
    case = Case(lesion(place, {"limb-pain": "limb-pain-functional"}), Patient())
    assert statuses(PATHWAY.judge(PATHWAY.read(case)))["MIR-R5"] == expected


@pytest.mark.parametrize(
    ("totals", "first", "second"),
    [
        ((9, 10), "met", "unmet"),
        ((8,), "unmet", "met"),
        ((8, 9), "unknown", "unknown"),
        ((7, 9), "unknown", "unmet"),
        ((), "unknown", "unknown"),
    ],
)
def test_every_total_still_reachable_counts(
    totals: tuple[int, ...], first: str, second: str, lesion: Make
) -> None:
    record = {"limb-pain": "limb-pain-mild"}
    case = Case(lesion("femoral-shaft", record), Patient(), {"mirels": totals} if totals else {})
    given = PATHWAY.read(case)
    judged = statuses(PATHWAY.judge(given))
    assert (judged["FEMR-1"], judged["FEMR-2"]) == (first, second)
    total = given["mirels"]
    assert isinstance(total, Measured)
    assert total.recorded is bool(totals)


def test_a_record_answers_what_it_measures_and_nothing_stale(lesion: Make, fact: Callable[..., Fact]) -> None:
    record = {
        "axial-cortical-involvement": "30",
        "circumferential-cortical-involvement": ">50",
        "lesser-trochanter-fracture": [fact("lesser-trochanter-fracture", "absent", age=Age.STALE)],
        "pathological-fracture": "absent",
    }
    given = PATHWAY.read(Case(lesion("proximal-femur", record), Patient()))
    judged = statuses(PATHWAY.judge(given))
    assert {rule for rule, one in judged.items() if one == "met"} == {"MIR-R2", "MIR-R3"}
    assert judged["MIR-R4 cementoplasty"] == "unknown"
    assert not given["lesser_trochanter_fracture"].recorded
    assert given["lesser_trochanter_fracture"].unused
    assert given["axial_cortical_involvement"] == Measured(
        (exactly(30, "30"),), recorded=True, sources=given["axial_cortical_involvement"].sources
    )


def test_an_interval_over_the_edge_leaves_it_open() -> None:
    about = Interval(Fraction(29), Fraction(31))
    assert status(PATHWAY, "MIR-R2", axial_cortical_involvement=about) == "unknown"
