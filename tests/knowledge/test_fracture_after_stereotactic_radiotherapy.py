"""Fracture after stereotactic radiotherapy: worked cases 38 and 39, every edge, and what a record answers."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from random import Random

import pytest

from app.engine.provenance import Age
from app.engine.question import Answer
from app.engine.reading import Fact
from app.knowledge.fracture_after_stereotactic_radiotherapy import pathway
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from tests.knowledge.pathway_statuses import Values, by_brute_force, judged, met, read, stated

PATHWAY = pathway(Policy())
FACTORS = {f"VCF-{n}" for n in range(1, 8)}
# hazard ratio and interval, as printed
RATIOS = {
    "VCF-1": "6.92 (95 % CI 1.38 to 34.77)",
    "VCF-2": "8.98 (95 % CI 4.48 to 18.00)",
    "VCF-3": "4.46 (95 % CI 2.08 to 9.57)",
    "VCF-4": "5.25 (95 % CI 2.29 to 12.01)",
    "VCF-5": "4.91 (95 % CI 1.96 to 12.28)",
    "VCF-6": "2.99 (95 % CI 1.57 to 5.70)",
    "VCF-7": "3.53 (95 % CI 1.58 to 7.93)",
}
SAMPLES = {"dose_per_fraction": [Fraction(n, 2) for n in (16, 38, 40, 43, 46, 48, 52)]}
Make = Callable[..., Lesion]


def factors(values: Values) -> set[str]:
    return met(PATHWAY, values) & FACTORS


def texts() -> dict[str, str]:
    assert PATHWAY.criteria is not None
    return {rule.id: rule.text for rule in PATHWAY.criteria.rules}


CASE_38: Values = {"lesion": "lytic", "alignment": "abnormal", "collapse": "under-50",
                   "stereotactic_planned": "yes"}  # fmt: skip


def test_case_38_four_factors_and_the_question_of_cement() -> None:
    values = {**CASE_38, "dose_per_fraction": 24}
    assert factors(values) == {"VCF-2", "VCF-4", "VCF-6", "VCF-7"}
    assert judged(PATHWAY, values)["VCF-R4"] == "met"


def test_case_39_eight_gray_a_fraction_adds_no_factor() -> None:
    values = {**CASE_38, "dose_per_fraction": 8}
    assert factors(values) == {"VCF-2", "VCF-6", "VCF-7"}
    assert judged(PATHWAY, values)["VCF-R4"] == "unmet"


@pytest.mark.parametrize(
    ("gray", "vcf_5", "vcf_4", "trigger"),
    [
        ("8", "unmet", "unmet", "unmet"),
        ("19", "unmet", "unmet", "unmet"),
        ("19.1", "unknown", "unmet", "unknown"),
        ("19.9", "unknown", "unmet", "unknown"),
        ("20", "met", "unmet", "met"),
        ("23", "met", "unmet", "met"),
        ("23.1", "unknown", "unknown", "met"),
        ("23.9", "unknown", "unknown", "met"),
        ("24", "unmet", "met", "met"),
        ("30", "unmet", "met", "met"),
    ],
)
def test_vcf_r3_both_sides_of_every_edge_of_the_dose(gray: str, vcf_5: str, vcf_4: str, trigger: str) -> None:
    values = {**CASE_38, "dose_per_fraction": Fraction(gray)}
    found = judged(PATHWAY, values)
    assert (found["VCF-5"], found["VCF-4"], found["VCF-R4"]) == (vcf_5, vcf_4, trigger)
    said = {remark.key for remark in PATHWAY.judge(stated(PATHWAY, values)).cautions}
    assert ("VCF-R3" in said) is ("unknown" in (vcf_5, vcf_4))


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"lesion": "lytic"}, "met"),
        ({"alignment": "abnormal"}, "met"),
        ({"collapse": "under-50"}, "met"),
        ({"collapse": "over-50"}, "met"),
        # Involvement is no fracture.
        ({"collapse": "involved-over-50"}, "unmet"),
        ({"collapse": "none"}, "unmet"),
    ],
)
def test_vcf_r4_any_one_of_three_beside_the_dose(values: Values, status: str) -> None:
    quiet = {"lesion": "mixed-or-blastic", "alignment": "normal", "collapse": "none"}
    full = {**quiet, **values, "dose_per_fraction": 20, "stereotactic_planned": "yes"}
    assert judged(PATHWAY, full)["VCF-R4"] == status
    assert judged(PATHWAY, {**full, "stereotactic_planned": "no"})["VCF-R4"] == "unmet"


def test_the_ratios_are_those_printed_and_no_personal_risk_is_said() -> None:
    found = texts()
    for rule, ratio in RATIOS.items():
        assert f"hazard ratio {ratio}" in found[rule]
        assert not re.search(r"your|this patient|probability|chance", found[rule])
    assert "no level-1 evidence" in found["VCF-R4"]
    assert "VCF-R1" in {remark.key for remark in PATHWAY.judge({}).cautions}


def test_vcf_r2_the_larger_collapse_comes_first_and_is_said_not_to_be_safer() -> None:
    assert list(texts()).index("VCF-1") < list(texts()).index("VCF-2")
    for collapse, said in (("over-50", True), ("under-50", False), ("none", False)):
        remarks = PATHWAY.judge(stated(PATHWAY, {"collapse": collapse})).cautions
        assert ("VCF-R2" in {remark.key for remark in remarks}) is said


def test_partial_inputs_are_judged_as_every_completion_is() -> None:
    random = Random(11)  # noqa: S311  a fixed sample
    for _ in range(40):
        values: dict[str, str | list[str] | Fraction] = {}
        for one in PATHWAY.inputs:
            if random.random() < 0.5:
                continue
            codes = list(getattr(one, "codes", ()))
            values[one.code] = (
                random.sample(codes, random.choice((1, len(codes) - 1)))
                if codes
                else random.choice(SAMPLES["dose_per_fraction"])
            )
        assert judged(PATHWAY, values) == by_brute_force(PATHWAY, values, SAMPLES)


@pytest.mark.parametrize(
    ("record", "code", "possible"),
    [
        ({"vertebral-collapse": "collapse-over-50"}, "collapse", {"over-50"}),
        ({"vertebral-collapse": "collapse-present"}, "collapse", {"over-50", "under-50"}),
        ({"vertebral-collapse": "collapse-none"}, "collapse", {"none"}),
        ({"vertebral-height-loss": "0"}, "collapse", {"involved-over-50", "none"}),
        ({"vertebral-height-loss": "30"}, "collapse", {"under-50"}),
        ({"vertebral-height-loss": "49.9"}, "collapse", {"under-50"}),
        ({"vertebral-height-loss": "50"}, "collapse", {"over-50"}),
        ({"vertebral-height-loss": "50.1"}, "collapse", {"over-50"}),
        ({"vertebral-height-loss": "0", "vertebral-body-involvement": "49"}, "collapse", {"none"}),
        ({"vertebral-height-loss": "0", "vertebral-body-involvement": "50"}, "collapse",
         {"involved-over-50", "none"}),
        ({"vertebral-height-loss": "0", "vertebral-body-involvement": "51"}, "collapse",
         {"involved-over-50"}),
        ({"vertebral-body-involvement": "80"}, "collapse", {"over-50", "under-50", "involved-over-50"}),
        ({"spinal-alignment": "alignment-normal"}, "alignment", {"normal"}),
        ({"spinal-alignment": "alignment-deformity"}, "alignment", {"abnormal"}),
        ({"spinal-alignment": "alignment-subluxation"}, "alignment", {"abnormal"}),
        ({"spinal-alignment": "alignment-deformity-not-de-novo"}, "alignment", {"normal", "abnormal"}),
        ({"bone-lesion-quality": "lesion-lytic"}, "lesion", {"lytic"}),
        ({"bone-lesion-quality": "lesion-mixed"}, "lesion", {"mixed-or-blastic"}),
        ({"bone-lesion-quality": "lesion-blastic"}, "lesion", {"mixed-or-blastic"}),
        ({"bone-lesion-quality": "lesion-lytic|lesion-mixed"}, "lesion", {"lytic", "mixed-or-blastic"}),
        ({"prior-radiation": "present"}, "stereotactic_planned", {"yes", "no"}),
    ],
)  # fmt: skip
def test_what_the_record_answers(
    record: Mapping[str, str], code: str, possible: set[str], lesion: Make
) -> None:
    answer = PATHWAY.judge(PATHWAY.read(Case(lesion("T10", record), Patient()))).given[code]
    assert isinstance(answer, Answer)
    assert set(answer.possible) == possible


def test_the_record_of_case_38_names_its_factors_and_never_a_dose(lesion: Make) -> None:
    record = {
        "bone-lesion-quality": "lesion-lytic",
        "spinal-alignment": "alignment-deformity",
        "vertebral-height-loss": "30",
    }
    found = read(PATHWAY, Case(lesion("T10", record), Patient()))
    assert {rule for rule in FACTORS if found[rule] == "met"} == {"VCF-2", "VCF-6", "VCF-7"}
    assert {found[rule] for rule in ("VCF-4", "VCF-5", "VCF-R4")} == {"unknown"}


def test_a_stale_finding_does_not_count(lesion: Make, fact: Callable[..., Fact]) -> None:
    record = {"vertebral-height-loss": [fact("vertebral-height-loss", "30", age=Age.STALE)]}
    result = PATHWAY.judge(PATHWAY.read(Case(lesion("T10", record), Patient())))
    assert result.given["collapse"].unused
    assert "collapse" in result.missing


@pytest.mark.parametrize(
    ("place", "applies"),
    [("T10", True), ("sacrum", True), ("femur", False), ("bony-pelvis", None), (None, None)],
)
def test_where_it_applies(place: str | None, applies: bool | None, lesion: Make) -> None:
    assert PATHWAY.applies(Case(lesion(place, {}), Patient())).applies is applies
