"""What a record answers of ablation: only what it states, on both sides of every edge."""

from collections.abc import Callable, Iterable, Mapping

import pytest

from app.engine.criteria import Given
from app.engine.provenance import Age, Source
from app.engine.quantity import Measured
from app.engine.question import Answer
from app.engine.reading import Fact
from app.knowledge import load
from app.knowledge.finding import INDETERMINATE
from app.knowledge.histology import Primary, primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy

PATHWAY = load(Policy()).pathways["ablation"]
Record = Mapping[str, str | Iterable[str | Fact]]
Make = Callable[..., Lesion]
OPEN = {"yes", "no"}
# What belongs to the patient and to no single lesion.
OF_PATIENT = {
    "pacemaker",
    "active-bleeding",
    "uncontrolled-hypertension",
    "systemic-infection",
    "platelets",
    "inr",
    "ecog",
    "life-expectancy-over-3-months",
    "myelopathy",
    "new-neurologic-deficit",
    "sphincter-dysfunction",
    "spinal-cord-compression",
}


@pytest.fixture
def case(lesion: Make) -> Callable[..., Case]:
    def built(place: str | None, record: Record, **rest: object) -> Case:
        of_patient = {code: entries for code, entries in record.items() if code in OF_PATIENT}
        of_lesion = {code: entries for code, entries in record.items() if code not in OF_PATIENT}
        totals = rest.pop("totals", {})
        primary = rest.pop("primary", Primary())
        assert isinstance(totals, dict)
        assert isinstance(primary, Primary)
        patient = Patient(facts=lesion(None, of_patient).facts, primary=primary)
        return Case(lesion(place, of_lesion, **rest), patient, totals)

    return built


Build = Callable[..., Case]


def named(*histologies: str, confirmed: bool = True) -> Primary:
    return primary_of((code, Source(f"Condition/{code}"), confirmed) for code in histologies)


def answers(case: Case) -> Mapping[str, Given]:
    return PATHWAY.judge(PATHWAY.read(case)).given


def possible(case: Case, code: str) -> set[str]:
    answer = answers(case)[code]
    assert isinstance(answer, Answer)
    return set(answer.possible)


def status(case: Case, rule: str, technique: str | None = None) -> str:
    (one,) = [
        one
        for one in PATHWAY.judge(PATHWAY.read(case)).judged
        if one.criterion.id == rule and one.criterion.technique == technique
    ]
    return one.status.value


CODED: list[tuple[str, str, Record, set[str]]] = [
    ("lesion_quality", "T10", {"bone-lesion-quality": "lesion-lytic"}, {"lytic"}),
    ("lesion_quality", "T10", {"bone-lesion-quality": "lesion-mixed"}, {"mixed"}),
    ("lesion_quality", "T10", {"bone-lesion-quality": "lesion-blastic"}, {"blastic"}),
    ("lesion_quality", "T10", {"bone-lesion-quality": INDETERMINATE}, {"lytic", "mixed", "blastic"}),
    ("lesion_quality", "T10", {}, {"lytic", "mixed", "blastic"}),
    # Present says nothing of the size.
    ("soft_tissue_component", "T10", {"soft-tissue-component": "present"}, {"small", "large"}),
    ("soft_tissue_component", "T10", {"soft-tissue-component": "absent"}, {"none"}),
    ("soft_tissue_component", "T10", {}, {"none", "small", "large"}),
    ("neural_contact", "T10", {"root-contact": "present"}, {"yes"}),
    ("neural_contact", "T10", {"root-contact": "absent"}, OPEN),
    ("neural_contact", "T10", {"escc-grade": "escc-1b"}, OPEN),
    ("neural_contact", "T10", {"escc-grade": "escc-1c"}, {"yes"}),
    ("neural_contact", "T10", {"escc-grade": "escc-2"}, {"yes"}),
    ("neural_contact", "T10", {"escc-grade": "escc-3"}, {"yes"}),
    ("neural_contact", "T10", {"escc-grade": "escc-1b|escc-1c"}, OPEN),
    ("neural_contact", "T10", {"escc-grade": "escc-1b", "root-contact": "absent"}, {"no"}),
    ("neural_contact", "T10", {"distance-to-neural-structure": "0"}, {"yes"}),
    ("neural_contact", "T10", {"distance-to-neural-structure": "0.1"}, {"no"}),
    ("neural_contact", "T10", {"distance-to-neural-structure": "<5"}, OPEN),
    ("neural_contact", "T10", {"distance-to-neural-structure": "12", "root-contact": "absent"}, {"no"}),
    # Sources that exclude one another are both kept.
    ("neural_contact", "T10", {"distance-to-neural-structure": "12", "root-contact": "present"}, OPEN),
    ("neural_contact", "T10", {"root-contact": ["present", "absent"],
                               "distance-to-neural-structure": "12"}, OPEN),
    ("close_to_nerve_root", "T10", {"root-contact": "present"}, {"yes"}),
    ("close_to_nerve_root", "T10", {"root-contact": "absent"}, OPEN),
    ("close_to_nerve_root", "T10", {"distance-to-neural-structure": "50"}, OPEN),
    ("cord_compression", "T10", {"myelopathy": "present"}, {"yes"}),
    ("cord_compression", "T10", {"spinal-cord-compression": "present"}, {"yes"}),
    ("cord_compression", "T10", {"myelopathy": "absent"}, OPEN),
    ("cord_compression", "T10", {"myelopathy": "absent", "new-neurologic-deficit": "absent",
                                 "sphincter-dysfunction": "absent"}, {"no"}),
    ("infection", "T10", {"local-infection": "present"}, {"yes"}),
    ("infection", "T10", {"systemic-infection": "present"}, {"yes"}),
    ("infection", "T10", {"local-infection": "absent"}, OPEN),
    ("infection", "T10", {"local-infection": "absent", "systemic-infection": "absent"}, {"no"}),
    ("pacemaker", "T10", {"pacemaker": "present"}, {"yes"}),
    ("pacemaker", "T10", {"pacemaker": "absent"}, {"no"}),
    ("pacemaker", "T10", {}, OPEN),
    ("active_bleeding", "femur", {"active-bleeding": "present"}, {"yes"}),
    ("uncontrolled_hypertension", "femur", {"uncontrolled-hypertension": "absent"}, {"no"}),
    ("life_expectancy_over_3_months", "femur", {"life-expectancy-over-3-months": "present"}, {"yes"}),
    ("life_expectancy_over_3_months", "femur", {"life-expectancy-over-3-months": "absent"}, {"no"}),
    ("earlier_radiotherapy", "femur", {"prior-radiation": "present"}, {"yes"}),
    # Without radiotherapy there is no pain after it; with it the record does not tell.
    ("pain_after_radiotherapy", "femur", {"prior-radiation": "absent"}, {"no"}),
    ("pain_after_radiotherapy", "femur", {"prior-radiation": "present"}, OPEN),
    ("existing_fracture", "femur", {"pathological-fracture": "present"}, {"yes"}),
    ("existing_fracture", "femur", {"pathological-fracture": "absent"}, {"no"}),
    ("existing_fracture", "T10", {"vertebral-collapse": "collapse-under-50"}, {"yes"}),
    ("existing_fracture", "T10", {"vertebral-collapse": "collapse-present"}, {"yes"}),
    ("existing_fracture", "T10", {"vertebral-collapse": "collapse-none"}, OPEN),
    ("existing_fracture", "T10", {"vertebral-collapse": "collapse-none-involved-over-50"}, OPEN),
    ("existing_fracture", "T10", {"vertebral-collapse": "collapse-over-50",
                                  "pathological-fracture": "absent"}, OPEN),
    ("cortical_dehiscence", "acetabulum", {"medial-wall": "disrupted"}, {"yes"}),
    ("cortical_dehiscence", "acetabulum", {"acetabular-dome": "intact", "posterior-column": "disrupted"},
     {"yes"}),
    ("cortical_dehiscence", "acetabulum", {"acetabular-dome": "intact", "medial-wall": "intact",
                                           "posterior-column": "intact"}, OPEN),
    ("in_spine", "T10", {}, {"yes"}),
    ("in_spine", "sacrum", {}, {"yes"}),
    ("in_spine", "femur", {}, {"no"}),
    ("in_spine", "bony-pelvis", {}, OPEN),
    ("in_spine", None, {}, OPEN),  # type: ignore[list-item]  # a place that is not told
]  # fmt: skip


@pytest.mark.parametrize(("code", "place", "record", "expected"), CODED)
def test_each_finding_answers_its_input(
    code: str, place: str | None, record: Record, expected: set[str], case: Build
) -> None:
    assert possible(case(place, record), code) == expected


@pytest.mark.parametrize(
    ("primary", "group", "resistant"),
    [
        (named("kidney"), {"hypervascular"}, {"yes"}),
        (named("thyroid"), {"hypervascular"}, OPEN),
        (named("liver"), {"hypervascular", "other"}, OPEN),
        (named("breast"), {"breast"}, {"no"}),
        (named("lymphoma"), {"lymphoma"}, {"no"}),
        (named("myeloma"), {"myeloma"}, {"no"}),
        (named("prostate"), {"other"}, {"no"}),
        (named("melanoma"), {"other"}, {"yes"}),
        (named("colon"), {"other"}, OPEN),
        (named("breast", "kidney"), {"hypervascular", "breast"}, OPEN),
        (named("other"), {"hypervascular", "breast", "lymphoma", "myeloma", "other"}, OPEN),
        (named("unknown-primary"), {"hypervascular", "breast", "lymphoma", "myeloma", "other"}, OPEN),
        (named("kidney", confirmed=False), {"hypervascular", "breast", "lymphoma", "myeloma", "other"}, OPEN),
        (Primary(), {"hypervascular", "breast", "lymphoma", "myeloma", "other"}, OPEN),
    ],
)
def test_the_primary_is_a_set(primary: Primary, group: set[str], resistant: set[str], case: Build) -> None:
    one = case("T10", {}, primary=primary)
    assert possible(one, "primary_group") == group
    assert possible(one, "radioresistant") == resistant
    assert answers(one)["primary_group"].recorded == primary.recorded


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ((0,), {"no"}),
        ((6,), {"no"}),
        ((7,), OPEN),
        ((12,), OPEN),
        ((13,), {"yes"}),
        ((18,), {"yes"}),
        ((6, 7), OPEN),
        ((11, 13, 15), OPEN),
        ((13, 15), {"yes"}),
        ((), OPEN),
    ],
)
def test_instability_is_that_of_sins(totals: tuple[int, ...], expected: set[str], case: Build) -> None:
    assert possible(case("T10", {}, totals={"sins": totals}), "mechanical_instability") == expected


def test_instability_of_another_bone_is_not_known(case: Build) -> None:
    assert possible(case("femur", {}, totals={"mirels": (12,)}), "mechanical_instability") == OPEN


@pytest.mark.parametrize("entry", ["present", INDETERMINATE])
def test_a_segment_that_may_be_instrumented_is_not_taken_as_stable(entry: str, case: Build) -> None:
    record = {"instrumented-segment": entry}
    assert possible(case("T10", record, totals={"sins": (3,)}), "mechanical_instability") == OPEN


@pytest.mark.parametrize(
    ("code", "finding", "written", "expected"),
    [
        ("lesion_diameter", "lesion-diameter", "16.0", "16.0"),
        ("distance_to_neural_structure", "distance-to-neural-structure", "10", "10"),
        ("platelets", "platelets", "49", "49"),
        ("inr", "inr", "1.6", "1.6"),
        ("ecog", "ecog", "3", "3"),
        ("pain_score", "pain-score", "5", "5"),
        ("pain_score", "pain-visual-analogue-scale", "4.1", "4.1"),
    ],
)
def test_each_number_is_read(code: str, finding: str, written: str, expected: str, case: Build) -> None:
    value = answers(case("T10", {finding: written}))[code]
    assert isinstance(value, Measured)
    assert (value.recorded, value.text) == (True, expected)


@pytest.mark.parametrize("age", [Age.STALE, Age.UNDATED, Age.FUTURE])
@pytest.mark.parametrize(
    ("code", "finding", "written"),
    [
        ("neural_contact", "root-contact", "present"),
        ("neural_contact", "distance-to-neural-structure", "0"),
        ("close_to_nerve_root", "root-contact", "present"),
        ("existing_fracture", "vertebral-collapse", "collapse-over-50"),
        ("soft_tissue_component", "soft-tissue-component", "absent"),
        ("distance_to_neural_structure", "distance-to-neural-structure", "50"),
        ("platelets", "platelets", "200"),
        ("pain_score", "pain-score", "9"),
    ],
)
def test_what_is_too_old_never_counts_and_is_named(
    code: str, finding: str, written: str, age: Age, case: Build, fact: Callable[..., Fact]
) -> None:
    entry = fact(finding, written, age=age)
    answer = answers(case("T10", {finding: [entry]}))[code]
    assert answer.recorded is False
    assert entry.source in answer.unused
    assert answer.sources == ()


def test_conflicting_sources_of_contact_are_flagged_and_nothing_else_settles_them(case: Build) -> None:
    record = {"root-contact": "present", "distance-to-neural-structure": "12"}
    answer = answers(case("T10", record))["neural_contact"]
    assert (answer.conflicting, len(answer.sources)) == (True, 2)
    assert status(case("T10", record), "ABL-1-contact") == "unknown"


@pytest.mark.parametrize(
    ("record", "contact", "protection", "root"),
    [
        ({"distance-to-neural-structure": "10"}, "unmet", "met", "unknown"),
        ({"distance-to-neural-structure": "10.1"}, "unmet", "unmet", "unknown"),
        ({"root-contact": "present"}, "met", "met", "met"),
        ({"escc-grade": "escc-1c"}, "met", "met", "unknown"),
        ({"escc-grade": "escc-0", "root-contact": "absent"}, "unmet", "unknown", "unknown"),
        ({}, "unknown", "unknown", "unknown"),
    ],
)
def test_abl_1_from_a_record(record: Record, contact: str, protection: str, root: str, case: Build) -> None:
    one = case("T10", record)
    found = tuple(status(one, rule) for rule in ("ABL-1-contact", "ABL-1", "ABL-EXC-3"))
    assert found == (contact, protection, root)


def test_case_19_melanoma_at_l2_with_epidural_compression_and_no_grade(case: Build) -> None:
    one = case("L2", {"epidural-disease": "present"}, primary=named("melanoma"))
    assert status(one, "ABL-1-contact") == "unknown"
    assert status(one, "ABL-EXC-3") == "unknown"
    assert possible(one, "radioresistant") == {"yes"}


@pytest.mark.parametrize(("written", "expected"), [("49", "met"), ("50", "unknown")])
def test_platelets_defer_below_50(written: str, expected: str, case: Build) -> None:
    assert status(case("femur", {"platelets": written}), "ABL-EXC-1") == expected
    with_inr = case("femur", {"platelets": written, "inr": "1.5"})
    assert status(with_inr, "ABL-EXC-1") == ("met" if expected == "met" else "unmet")


@pytest.mark.parametrize(("written", "expected"), [("2", "unknown"), ("3", "met")])
def test_ecog_3_is_outside_the_series(written: str, expected: str, case: Build) -> None:
    assert status(case("T10", {"ecog": written}), "TRIAL-CHEN", "microwave-ablation") == expected


@pytest.mark.parametrize(("written", "expected"), [("4", "met"), ("5", "unknown")])
def test_pain_of_4_is_outside_the_series(written: str, expected: str, case: Build) -> None:
    assert status(case("T10", {"pain-score": written}), "TRIAL-CHEN", "microwave-ablation") == expected


def test_two_pain_scales_that_differ_leave_both_possible(case: Build) -> None:
    one = case("T10", {"pain-score": "6", "pain-visual-analogue-scale": "3"})
    assert status(one, "TRIAL-CHEN", "microwave-ablation") == "unknown"


def test_pain_that_belongs_to_no_lesion_is_not_taken_for_one(lesion: Make) -> None:
    patient = Patient(facts=lesion(None, {"pain-score": "9"}).facts)
    assert answers(Case(lesion("T10", {}), patient))["pain_score"].recorded is False


@pytest.mark.parametrize("place", ["T10", "femur", "acetabulum", "bony-pelvis", "rib", "upper-limb-bone"])
def test_it_applies_to_any_bone(place: str, case: Build) -> None:
    assert PATHWAY.applies(case(place, {})).applies is True


def test_it_is_open_where_the_bone_is_not_recorded(case: Build) -> None:
    verdict = PATHWAY.applies(case(None, {}))
    assert (verdict.applies, [cite.key for cite in verdict.cites]) == (None, ["LES-1"])


def test_it_does_not_apply_to_an_osteoporotic_fracture(case: Build) -> None:
    verdict = PATHWAY.applies(case("T10", {}, osteoporotic=True))
    assert verdict.applies is False
    assert verdict.reason
    assert verdict.cites


def test_stale_adverse_blood_values_keep_their_warning(case: Build, fact: Callable[..., Fact]) -> None:
    one = case("femur", {"platelets": [fact("platelets", "40", age=Age.STALE)]})
    assert [note.key for note in PATHWAY.notes(one)] == ["TIME-5"]
    assert status(one, "ABL-EXC-1") == "unknown"
    fine = case("femur", {"platelets": [fact("platelets", "50", age=Age.STALE)]})
    assert PATHWAY.notes(fine) == ()


def test_every_input_that_is_read_exists(case: Build) -> None:
    assert set(PATHWAY.read(case("T10", {}))) <= {one.code for one in PATHWAY.inputs}


def test_an_empty_record_answers_nothing_but_the_place(case: Build) -> None:
    given = answers(case("T10", {}))
    assert {code for code, answer in given.items() if answer.recorded} == {"in_spine"}
