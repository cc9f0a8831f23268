"""Radiotherapy: each rule where it is met and where it is not, and what a record answers."""

from collections.abc import Callable, Mapping
from random import Random

import pytest

from app.engine.provenance import Age
from app.engine.question import Answer
from app.engine.reading import Fact
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from app.knowledge.radiotherapy import pathway
from tests.knowledge.pathway_statuses import Values, by_brute_force, judged, met, read

PATHWAY = pathway(Policy())
ALWAYS = {"TAD-RT-1", "TAD-RT-2", "ABL-5", "INC-38"}
COMPRESSED: Values = {"region": "spine", "cord_compression": "yes"}
FIT: Values = {"good_performance_status": "yes", "surgery": "none", "neurologic_signs": "no"}
Make = Callable[..., Lesion]


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({}, set()),
        ({"painful": "yes"}, {"RT-1"}),
        ({"painful": "no"}, set()),
        # Compression asks for surgery first; schedules without it only where surgery is none.
        (COMPRESSED, {"RT-3-before", "RT-4", "RT-4-dexamethasone"}),
        ({**COMPRESSED, "surgery": "planned"}, {"RT-3-before", "RT-4", "RT-4-dexamethasone"}),
        ({**COMPRESSED, "surgery": "done"}, {"RT-3-before", "RT-4", "RT-4-dexamethasone"}),
        ({**COMPRESSED, "surgery": "none"}, {"RT-3-before", "RT-3", "RT-4", "RT-4-dexamethasone"}),
        ({"region": "spine", "cord_compression": "no"}, set()),
        ({"region": "elsewhere", "cord_compression": "yes"}, set()),
        ({"region": "elsewhere", "painful": "yes", "earlier_radiotherapy": "no"}, {"RT-1", "RT-2"}),
        ({"region": "spine", "painful": "yes", "earlier_radiotherapy": "no"}, {"RT-1"}),
        ({"region": "spine", "painful": "yes", "earlier_radiotherapy": "no", "cord_compression": "no"},
         {"RT-1", "RT-2"}),
        ({"region": "spine", "earlier_radiotherapy": "yes"}, {"RT-7-spine"}),
        ({"region": "elsewhere", "earlier_radiotherapy": "yes"}, {"RT-7-elsewhere"}),
        ({"earlier_radiotherapy": "yes"}, set()),
        ({"region": "elsewhere", "surgery": "done"}, {"RT-5"}),
        ({"region": "spine", "surgery": "done"}, set()),
        ({"region": "spine", "surgery": "done", "cord_compression": "no"}, {"RT-5"}),
        (FIT, {"RT-6"}),
        ({**FIT, "good_performance_status": "no"}, set()),
        ({**FIT, "surgery": "planned"}, set()),
        ({**FIT, "neurologic_signs": "yes"}, set()),
        ({"life_expectancy_4_weeks_or_more": "yes"}, {"RT-8"}),
        ({"life_expectancy_4_weeks_or_more": "no"}, set()),
        ({"region": "spine", "painful": "yes", "cord_compression": "no", "neurologic_signs": "no"},
         {"RT-1", "RED-8"}),
        ({"region": "spine", "painful": "yes", "cord_compression": "no", "neurologic_signs": "yes"},
         {"RT-1"}),
        ({"region": "elsewhere", "painful": "yes", "cord_compression": "no", "neurologic_signs": "no"},
         {"RT-1"}),
    ],
)  # fmt: skip
def test_each_rule_where_it_holds(values: Values, rules: set[str]) -> None:
    assert met(PATHWAY, values) == rules | ALWAYS


def test_schedules_are_those_of_the_guideline() -> None:
    assert PATHWAY.criteria is not None
    texts = {rule.id: rule.text for rule in PATHWAY.criteria.rules}
    for rule, schedules in {
        "RT-2": "8 Gy in 1 fraction, 20 Gy in 5, 24 Gy in 6, 30 Gy in 10",
        "RT-3": "8 Gy in 1 fraction, 16 Gy in 2, 20 Gy in 5, 30 Gy in 10",
        "RT-7-spine": "8 Gy in 1 fraction, 20 Gy in 5, 24 Gy in 6, 20 Gy in 8",
        "RT-7-elsewhere": "8 Gy in 1 fraction, 20 Gy in 5, 24 Gy in 6;",
    }.items():
        assert schedules in texts[rule]
        assert "published schedules" in texts[rule]


def test_partial_inputs_are_judged_as_every_completion_is_and_more_never_turns_a_rule() -> None:
    random = Random(7)  # noqa: S311  a fixed sample
    for _ in range(40):
        values: dict[str, str | list[str]] = {}
        for one in PATHWAY.inputs:
            codes = list(getattr(one, "codes", ()))
            if random.random() < 0.7:
                values[one.code] = random.sample(codes, random.choice((1, len(codes) - 1)))
        found = judged(PATHWAY, values)
        assert found == by_brute_force(PATHWAY, values, {})
        more = judged(PATHWAY, {code: v[0] for code, v in values.items()})
        assert all(more[rule] == status for rule, status in found.items() if status != "unknown")


def answer(case: Case, code: str) -> set[str]:
    found = PATHWAY.judge(PATHWAY.read(case)).given[code]
    assert isinstance(found, Answer)
    return set(found.possible)


@pytest.mark.parametrize(
    ("place", "record", "of_patient", "code", "possible"),
    [
        ("T10", {}, {}, "region", {"spine"}),
        ("femur", {}, {}, "region", {"elsewhere"}),
        ("bony-pelvis", {}, {}, "region", {"spine", "elsewhere"}),
        ("T10", {"spinal-pain": "pain-occasional"}, {}, "painful", {"yes"}),
        ("T10", {"spinal-pain": "pain-free"}, {}, "painful", {"no"}),
        ("T10", {"pain-score": "0"}, {}, "painful", {"no"}),
        ("T10", {"pain-score": "1"}, {}, "painful", {"yes"}),
        ("T10", {}, {"pain-score": "7"}, "painful", {"yes", "no"}),
        ("T10", {"escc-grade": "escc-1c"}, {}, "cord_compression", {"yes", "no"}),
        ("T10", {"escc-grade": "escc-2"}, {}, "cord_compression", {"yes"}),
        ("T10", {"escc-grade": "escc-3"}, {}, "cord_compression", {"yes"}),
        ("T10", {}, {"spinal-cord-compression": "present"}, "cord_compression", {"yes"}),
        ("T10", {}, {"spinal-cord-compression": "absent"}, "cord_compression", {"no"}),
        # A grade and a diagnosis that exclude each other are both kept.
        ("T10", {"escc-grade": "escc-3"}, {"spinal-cord-compression": "absent"}, "cord_compression",
         {"yes", "no"}),
        ("T10", {}, {"myelopathy": "present"}, "neurologic_signs", {"yes"}),
        ("T10", {}, {"myelopathy": "absent"}, "neurologic_signs", {"yes", "no"}),
        ("T10", {"prior-radiation": "present"}, {}, "earlier_radiotherapy", {"yes"}),
        ("T10", {"prior-radiation": "absent"}, {}, "earlier_radiotherapy", {"no"}),
        ("T10", {}, {"life-expectancy-over-3-months": "present"}, "life_expectancy_4_weeks_or_more", {"yes"}),
        ("T10", {}, {"life-expectancy-over-3-months": "absent"}, "life_expectancy_4_weeks_or_more",
         {"yes", "no"}),
        ("T10", {}, {"ecog": "0"}, "good_performance_status", {"yes", "no"}),
        ("T10", {}, {"surgical-tolerance": "surgery-unable"}, "surgery", {"none", "planned", "done"}),
    ],
)  # fmt: skip
def test_what_the_record_answers(
    place: str, record: Mapping[str, str], of_patient: Mapping[str, str], code: str, possible: set[str],
    lesion: Make,
) -> None:  # fmt: skip
    case = Case(lesion(place, record), Patient(lesion(None, of_patient).facts))
    assert answer(case, code) == possible


def test_a_diagnosis_of_compression_belongs_to_no_one_of_two_lesions(lesion: Make) -> None:
    lesions = (lesion("T10", {}), lesion("L3", {}))
    diagnosed = lesion(None, {"spinal-cord-compression": "present"}).facts
    assert answer(Case(lesions[0], Patient(diagnosed, lesions=lesions)), "cord_compression") == {"yes", "no"}
    beside = (lesions[0], lesion("femur", {}))
    assert answer(Case(lesions[0], Patient(diagnosed, lesions=beside)), "cord_compression") == {"yes"}


def test_a_stale_entry_does_not_count(lesion: Make, fact: Callable[..., Fact]) -> None:
    stale = lesion("T10", {"escc-grade": [fact("escc-grade", "escc-3", age=Age.STALE)]})
    assert read(PATHWAY, Case(stale, Patient()))["RT-3-before"] == "unknown"
    assert PATHWAY.judge(PATHWAY.read(Case(stale, Patient()))).given["cord_compression"].unused


def test_where_it_applies(lesion: Make) -> None:
    def applies(place: str | None, **rest: object) -> bool | None:
        return PATHWAY.applies(Case(lesion(place, {}, **rest), Patient())).applies

    assert applies("T10") is True
    assert applies("rib") is True
    assert applies(None) is None
    assert applies("T10", osteoporotic=True) is False
