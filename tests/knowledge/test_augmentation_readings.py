"""What a record answers of vertebral augmentation: what it states, and nothing inferred (MAP-1, TC-19)."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

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
from app.knowledge.pathway import Pathway
from app.knowledge.patient import Case, Patient, Years
from app.knowledge.policy import Policy

PATHWAY = load(Policy()).pathways["augmentation"]
AT_1_8 = load(Policy.of({"AUG-EXC-4-inr-limit": "1.8"}, {})).pathways["augmentation"]
Record = Mapping[str, str | Iterable[str | Fact]]
Make = Callable[..., Lesion]
Build = Callable[..., Case]
OPEN = {"yes", "no"}
# What belongs to the patient and to no single lesion.
OF_PATIENT = {
    "active-bleeding",
    "cement-allergy",
    "denosumab",
    "ecog",
    "inr",
    "karnofsky",
    "life-expectancy-over-3-months",
    "myelopathy",
    "new-neurologic-deficit",
    "platelets",
    "spinal-cord-compression",
    "sphincter-dysfunction",
    "systemic-infection",
    "uncontrolled-hypertension",
    "white-cells",
}


@pytest.fixture
def case(lesion: Make) -> Build:
    def built(
        record: Record,
        *,
        place: str | None = "T10",
        totals: tuple[int, ...] = (),
        primary: Primary | None = None,
        age: Years | None = None,
        **rest: object,
    ) -> Case:
        of_patient = {code: entries for code, entries in record.items() if code in OF_PATIENT}
        of_lesion = {code: entries for code, entries in record.items() if code not in OF_PATIENT}
        patient = Patient(facts=lesion(None, of_patient).facts, primary=primary or Primary(), age=age)
        return Case(lesion(place, of_lesion, **rest), patient, {"sins": totals} if totals else {})

    return built


def answers(case: Case) -> Mapping[str, Given]:
    return PATHWAY.judge(PATHWAY.read(case)).given


def possible(case: Case, code: str) -> set[str]:
    answer = answers(case)[code]
    assert isinstance(answer, Answer)
    return set(answer.possible)


def statuses(case: Case) -> dict[str, str]:
    result = PATHWAY.judge(PATHWAY.read(case))
    return {one.criterion.id: one.status.value for one in result.judged}


NO_SIGN: Record = {
    "myelopathy": "absent",
    "new-neurologic-deficit": "absent",
    "sphincter-dysfunction": "absent",
}
ONE_TO_ONE = [
    ("active_bleeding", "active-bleeding"),
    ("cement_allergy", "cement-allergy"),
    ("complete_destruction", "complete-vertebral-destruction"),
    ("posterior_arch", "posterior-arch-involvement"),
    ("uncontrolled_hypertension", "uncontrolled-hypertension"),
    ("life_expectancy_over_3_months", "life-expectancy-over-3-months"),
    ("denosumab", "denosumab"),
]
CODED: list[tuple[str, Record, set[str]]] = [
    ("cord_compression", {"myelopathy": "present"}, {"yes"}),
    ("cord_compression", {"new-neurologic-deficit": "present"}, {"yes"}),
    ("cord_compression", {"sphincter-dysfunction": "present"}, {"yes"}),
    ("cord_compression", {"spinal-cord-compression": "present"}, {"yes"}),
    ("cord_compression", {**NO_SIGN, "myelopathy": "present"}, {"yes"}),
    ("cord_compression", NO_SIGN, {"no"}),
    ("cord_compression", {**NO_SIGN, "spinal-cord-compression": "absent"}, {"no"}),
    ("cord_compression", {**NO_SIGN, "spinal-cord-compression": "present"}, {"yes"}),
    ("cord_compression", {**NO_SIGN, "myelopathy": INDETERMINATE}, OPEN),
    ("cord_compression", {**NO_SIGN, "myelopathy": ["present", "absent"]}, OPEN),
    ("cord_compression", {"myelopathy": "absent", "new-neurologic-deficit": "absent"}, OPEN),
    ("cord_compression", {"spinal-cord-compression": "absent"}, OPEN),
    ("cord_compression", {}, OPEN),
    ("cord_compression", {"escc-grade": "escc-3"}, OPEN),
    ("infection", {"local-infection": "present"}, {"yes"}),
    ("infection", {"systemic-infection": "present"}, {"yes"}),
    ("infection", {"local-infection": "absent", "systemic-infection": "present"}, {"yes"}),
    ("infection", {"local-infection": "absent", "systemic-infection": "absent"}, {"no"}),
    ("infection", {"local-infection": "absent"}, OPEN),
    ("infection", {"systemic-infection": "absent"}, OPEN),
    ("infection", {"local-infection": INDETERMINATE, "systemic-infection": "absent"}, OPEN),
    ("infection", {}, OPEN),
    ("posterior_wall_disrupted", {"posterior-wall": "wall-disrupted"}, {"yes"}),
    ("posterior_wall_disrupted", {"posterior-wall": "wall-intact"}, {"no"}),
    ("posterior_wall_disrupted", {"posterior-wall": INDETERMINATE}, OPEN),
    ("posterior_wall_disrupted", {"escc-grade": "escc-2"}, OPEN),
    ("epidural_disease", {"escc-grade": "escc-0"}, {"no"}),
    *(("epidural_disease", {"escc-grade": f"escc-{g}"}, {"yes"}) for g in ("1a", "1b", "1c", "2", "3")),
    ("epidural_disease", {"escc-grade": "escc-0|escc-1a"}, OPEN),
    ("epidural_disease", {"epidural-disease": "present"}, {"yes"}),
    ("epidural_disease", {"epidural-disease": "absent"}, {"no"}),
    ("epidural_disease", {"epidural-disease": "present", "escc-grade": "escc-0"}, OPEN),
    ("epidural_disease", {}, OPEN),
    ("cord_compressed_on_imaging", {"escc-grade": "escc-2"}, {"yes"}),
    ("cord_compressed_on_imaging", {"escc-grade": "escc-3"}, {"yes"}),
    ("cord_compressed_on_imaging", {"escc-grade": "escc-1c"}, {"no"}),
    ("cord_compressed_on_imaging", {"escc-grade": "escc-1c|escc-2"}, OPEN),
    ("cord_compressed_on_imaging", {"spinal-cord-compression": "present"}, OPEN),
    ("osteoblastic", {"bone-lesion-quality": "lesion-blastic"}, {"yes"}),
    ("osteoblastic", {"bone-lesion-quality": "lesion-mixed"}, {"no"}),
    ("osteoblastic", {"bone-lesion-quality": "lesion-lytic"}, {"no"}),
    ("osteoblastic", {}, OPEN),
    ("radiotherapy_given_or_awaited", {"prior-radiation": "present"}, {"yes"}),
    # None given leaves open whether it is awaited.
    ("radiotherapy_given_or_awaited", {"prior-radiation": "absent"}, OPEN),
    ("radiotherapy_given_or_awaited", {}, OPEN),
    *((code, {finding: "present"}, {"yes"}) for code, finding in ONE_TO_ONE),
    *((code, {finding: "absent"}, {"no"}) for code, finding in ONE_TO_ONE),
    *((code, {finding: INDETERMINATE}, OPEN) for code, finding in ONE_TO_ONE),
    *((code, {finding: ["present", "absent"]}, OPEN) for code, finding in ONE_TO_ONE),
    *((code, {}, OPEN) for code, _ in ONE_TO_ONE),
]  # fmt: skip
FRACTURE: Record = {"pathological-fracture": "present"}
COLLAPSE: Record = {"vertebral-collapse": "collapse-under-50"}
WHOLE: Record = {"vertebral-collapse": "collapse-none", "pathological-fracture": "absent"}
# A fracture, epidural tumour, and contact with the cord or a root: all three, or it is none.
CONTACT: list[tuple[str, Record, set[str]]] = [
    ("grade 1c with a fracture", {**FRACTURE, "escc-grade": "escc-1c"}, {"yes"}),
    ("grade 1c with collapse", {**COLLAPSE, "escc-grade": "escc-1c"}, {"yes"}),
    ("grade 2 with collapse, extent not told",
     {"vertebral-collapse": "collapse-present", "escc-grade": "escc-2"}, {"yes"}),
    ("grade 3 with a fracture", {**FRACTURE, "escc-grade": "escc-3"}, {"yes"}),
    ("grade 1b with a fracture: is a root in contact?", {**FRACTURE, "escc-grade": "escc-1b"}, OPEN),
    ("grade 1a with a fracture, a root in contact",
     {**FRACTURE, "escc-grade": "escc-1a", "root-contact": "present"}, {"yes"}),
    ("grade 1b with a fracture, no root in contact",
     {**FRACTURE, "escc-grade": "escc-1b", "root-contact": "absent"}, {"no"}),
    ("grade 0 with a fracture", {**FRACTURE, "escc-grade": "escc-0"}, {"no"}),
    ("no epidural disease", {**FRACTURE, "epidural-disease": "absent"}, {"no"}),
    ("grade 1c, fracture not recorded", {"escc-grade": "escc-1c"}, OPEN),
    ("grade 1c, neither fracture nor collapse", {**WHOLE, "escc-grade": "escc-1c"}, {"no"}),
    ("grade 1c, no collapse, fracture not recorded",
     {"vertebral-collapse": "collapse-none", "escc-grade": "escc-1c"}, OPEN),
    ("grade 1c, fracture perhaps",
     {"pathological-fracture": "present|absent", "escc-grade": "escc-1c"}, OPEN),
    ("epidural disease with a fracture, contact not stated",
     {**FRACTURE, "epidural-disease": "present"}, OPEN),
    ("epidural disease with a fracture, a root in contact",
     {**FRACTURE, "epidural-disease": "present", "root-contact": "present"}, {"yes"}),
    ("1b in one record and 1c in another", {**FRACTURE, "escc-grade": ["escc-1b", "escc-1c"]}, OPEN),
    ("nothing recorded", {}, OPEN),
]  # fmt: skip
NEVER_INFERRED: list[tuple[str, Record]] = [
    ("posterior_arch", {"posterolateral-involvement": "posterolateral-bilateral"}),
    ("posterior_arch", {"posterolateral-involvement": "posterolateral-none"}),
    ("complete_destruction", {"vertebral-collapse": "collapse-over-50", "vertebral-height-loss": "95"}),
    ("complete_destruction", {"vertebral-collapse": "collapse-none"}),
    ("posterior_wall_disrupted", {"vertebral-collapse": "collapse-over-50"}),
    ("active_bleeding", {"platelets": "20", "inr": "3"}),
    ("life_expectancy_over_3_months", {"ecog": "4", "karnofsky": "30"}),
    ("major_surgery_within_30_days", {"instrumented-segment": "present"}),
    ("indication_1", {"spinal-pain": "pain-mechanical", "vertebral-collapse": "collapse-over-50"}),
    ("indication_2", {"bone-lesion-quality": "lesion-lytic", "surgical-tolerance": "surgery-unable"}),
    ("indication_3", {"bone-lesion-quality": "lesion-blastic", "spinal-pain": "pain-mechanical"}),
    ("indication_4", {"vertebral-collapse": "collapse-under-50", "posterior-wall": "wall-disrupted"}),
    ("indication_5", {"bone-lesion-quality": "lesion-lytic"}),
]
INDICATIONS: list[tuple[str, Record, set[str]]] = [
    ("indication_2", {"bone-lesion-quality": "lesion-blastic"}, {"no"}),
    ("indication_2", {"bone-lesion-quality": "lesion-mixed"}, OPEN),
    ("indication_3", {"bone-lesion-quality": "lesion-lytic"}, {"no"}),
    ("indication_3", {"bone-lesion-quality": "lesion-mixed"}, {"no"}),
    ("indication_5", {"bone-lesion-quality": "lesion-blastic"}, {"no"}),
    ("indication_5", {"bone-lesion-quality": "lesion-mixed"}, {"no"}),
    ("indication_2", {"bone-lesion-quality": INDETERMINATE}, OPEN),
    ("indication_1", {"spinal-pain": "pain-free", "vertebral-collapse": "collapse-none"}, {"no"}),
    ("indication_1", {"spinal-pain": "pain-occasional", "vertebral-collapse": "collapse-none"}, {"no"}),
    ("indication_1", {"spinal-pain": "pain-free",
                      "vertebral-collapse": "collapse-none-involved-over-50"}, {"no"}),
    ("indication_1", {"spinal-pain": "pain-free"}, OPEN),
    ("indication_1", {"vertebral-collapse": "collapse-none"}, OPEN),
    ("indication_1", {"spinal-pain": "pain-free", "vertebral-collapse": "collapse-under-50"}, OPEN),
    ("indication_1", {"spinal-pain": "pain-present", "vertebral-collapse": "collapse-none"}, OPEN),
    ("indication_1", {"spinal-pain": "pain-mechanical", "vertebral-collapse": "collapse-none"}, OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("code", "record", "expected"), CODED, ids=lambda value: str(value)[:70])
def test_what_a_record_answers(code: str, record: Record, expected: set[str], case: Build) -> None:
    assert possible(case(record), code) == expected


@pytest.mark.parametrize(
    ("record", "expected"), [pytest.param(record, found, id=name) for name, record, found in CONTACT]
)
def test_aug_exc_2_asks_for_fracture_epidural_tumour_and_contact(
    record: Record, expected: set[str], case: Build
) -> None:
    assert possible(case(record), "epidural_contact") == expected
    status = {"yes": "met", "no": "unmet"}.get("".join(expected), "unknown")
    assert statuses(case(record))["AUG-EXC-2"] == status


@pytest.mark.parametrize(("code", "record"), NEVER_INFERRED)
def test_map_1_what_is_never_inferred(code: str, record: Record, case: Build) -> None:
    found = case(record)
    assert possible(found, code) == OPEN
    assert not answers(found)[code].recorded


@pytest.mark.parametrize(("code", "record", "expected"), INDICATIONS)
def test_an_indication_is_ruled_out_and_never_in(
    code: str, record: Record, expected: set[str], case: Build
) -> None:
    found = case(record)
    assert possible(found, code) == expected
    assert answers(found)[code].recorded == (expected == {"no"})


@pytest.mark.parametrize(
    ("code", "record"),
    [
        ("indication_2", {"bone-lesion-quality": ["lesion-lytic", "lesion-blastic"]}),
        ("indication_3", {"bone-lesion-quality": ["lesion-lytic", "lesion-blastic"]}),
        (
            "indication_1",
            {"spinal-pain": ["pain-mechanical", "pain-free"], "vertebral-collapse": "collapse-none"},
        ),
        ("radiotherapy_given_or_awaited", {"prior-radiation": ["present", "absent"]}),
    ],
)
def test_con_1_facts_that_exclude_one_another_are_all_kept(code: str, record: Record, case: Build) -> None:
    assert possible(case(record), code) == OPEN


NUMBERS = [
    ("platelets", "platelets", "49", "49", "49"),
    ("platelets", "platelets", "<50", None, "50"),
    ("inr", "inr", "1.6", "1.6", "1.6"),
    ("wbc", "white-cells", "2.4", "2.4", "2.4"),
    ("ecog", "ecog", "3", "3", "3"),
    ("pain_score", "pain-score", "5", "5", "5"),
    ("pain_score", "pain-visual-analogue-scale", "4.5", "4.5", "4.5"),
]


@pytest.mark.parametrize(("code", "finding", "value", "low", "high"), NUMBERS)
def test_a_number_is_taken_as_recorded(
    code: str, finding: str, value: str, low: str | None, high: str, case: Build
) -> None:
    found = answers(case({finding: value}))[code]
    assert isinstance(found, Measured)
    (span,) = found.spans
    assert span.low == (None if low is None else Fraction(low))
    assert span.high == Fraction(high)
    assert (found.recorded, len(found.sources)) == (True, 1)


def test_a_number_below_a_bound_decides_where_the_bound_is_the_edge(case: Build) -> None:
    assert statuses(case({"platelets": "<50"}))["AUG-EXC-4"] == "met"
    assert statuses(case({"platelets": "<=50", "inr": "1.0"}))["AUG-EXC-4"] == "unknown"
    assert statuses(case({"platelets": ">=50", "inr": "1.0"}))["AUG-EXC-4"] == "unmet"


def test_karnofsky_is_not_taken_for_ecog(case: Build) -> None:
    assert not answers(case({"karnofsky": "30"}))["ecog"].recorded


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        (Years(17, 17), "met"),
        (Years(18, 18), "unmet"),
        (Years(17, 18), "unknown"),
        (Years(80, 80), "unmet"),
        (Years(80, 81), "unknown"),
        (Years(81, 81), "met"),
        (None, "unknown"),
    ],
)
def test_the_age_as_the_birth_date_leaves_it(years: Years | None, expected: str, case: Build) -> None:
    found = case({"life-expectancy-over-3-months": "present", "ecog": "1"}, age=years)
    assert statuses(found)["AUG-REL-6"] == expected
    assert answers(found)["age"].recorded == (years is not None)


@pytest.mark.parametrize(
    ("totals", "unstable", "between"),
    [
        ((6,), "unmet", "unmet"),
        ((7,), "unmet", "met"),
        ((12,), "unmet", "met"),
        ((13,), "met", "unmet"),
        ((12, 13), "met", "unmet"),
        ((11, 13, 15), "met", "unmet"),
        ((), "unknown", "unknown"),
    ],
)
def test_aug_exc_8_any_reachable_total(
    totals: tuple[int, ...], unstable: str, between: str, case: Build
) -> None:
    found = case({}, totals=totals)
    assert (statuses(found)["AUG-EXC-8"], statuses(found)["INC-40"]) == (unstable, between)
    assert answers(found)["sins_maximum"].recorded == bool(totals)


# -- a worked case ------------------------------------------------------------------------------------------

MELANOMA = primary_of([("melanoma", Source("Condition/melanoma"), True)])
TC_19: Record = {
    **FRACTURE,
    "epidural-disease": "present",
    "posterior-wall": "wall-disrupted",
    "pain-visual-analogue-scale": "8",
}


@pytest.mark.parametrize(
    ("contact", "expected", "suitability"),
    [
        ({}, "unknown", "undetermined"),
        ({"root-contact": "present"}, "met", "contraindicated"),
        ({"root-contact": "absent"}, "unknown", "undetermined"),
        ({"escc-grade": "escc-1c"}, "met", "contraindicated"),
        ({"escc-grade": "escc-1b", "root-contact": "absent"}, "unmet", "undetermined"),
    ],
)
def test_tc_19_epidural_compression_at_l2(
    contact: Record, expected: str, suitability: str, case: Build
) -> None:
    found = case({**TC_19, **contact}, place="L2", primary=MELANOMA)
    judged = statuses(found)
    assert (judged["AUG-EXC-2"], judged["AUG-PW-3"], judged["CHEN-INC-3"]) == (expected, "met", "met")
    result = PATHWAY.judge(PATHWAY.read(found))
    assert result.suitability == suitability
    assert not any(judged[f"AUG-IND-{n}"] == "met" for n in range(1, 6))


# -- what is too old ----------------------------------------------------------------------------------------

STALE_VALUES = [
    ("platelets", "49", PATHWAY, True),
    ("platelets", "50", PATHWAY, False),
    ("platelets", "<=50", PATHWAY, True),
    ("inr", "1.6", PATHWAY, True),
    ("inr", "1.5", PATHWAY, False),
    ("inr", "1.6", AT_1_8, False),
    ("inr", "1.9", AT_1_8, True),
    ("white-cells", "1", PATHWAY, False),
]


@pytest.mark.parametrize(("finding", "value", "pathway", "said"), STALE_VALUES)
def test_time_5_an_adverse_value_that_is_stale_is_said_and_not_counted(
    finding: str, value: str, pathway: Pathway, said: bool, case: Build, fact: Callable[..., Fact]
) -> None:
    found = case({finding: [fact(finding, value, age=Age.STALE)]})
    notes = [note for note in pathway.notes(found) if note.key == "TIME-5"]
    assert bool(notes) == said
    assert all("2026-01-05" in note.text and value.lstrip("<=") in note.text for note in notes)
    code = {"white-cells": "wbc"}.get(finding, finding)
    answer = pathway.judge(pathway.read(found)).given[code]
    assert (answer.recorded, len(answer.unused)) == (False, 1)
    assert statuses(found)["AUG-EXC-4"] == "unknown"


@pytest.mark.parametrize("age", [Age.FRESH, Age.AGEING, Age.FUTURE, Age.UNDATED])
def test_time_5_is_for_what_is_stale(age: Age, case: Build, fact: Callable[..., Fact]) -> None:
    assert not PATHWAY.notes(case({"platelets": [fact("platelets", "49", age=age)]}))


def test_time_5_is_silent_where_a_later_value_counts(case: Build, fact: Callable[..., Fact]) -> None:
    values = [fact("platelets", "30", age=Age.STALE), fact("platelets", "200")]
    found = case({"platelets": values, "inr": "1.0"})
    assert statuses(found)["AUG-EXC-4"] == "unmet"
    assert not PATHWAY.notes(found)


@pytest.mark.parametrize("age", [Age.STALE, Age.UNDATED, Age.FUTURE])
@pytest.mark.parametrize(
    ("code", "finding", "answer"),
    [
        ("infection", "local-infection", "absent"),
        ("cord_compression", "myelopathy", "present"),
        ("posterior_wall_disrupted", "posterior-wall", "wall-intact"),
        ("epidural_disease", "escc-grade", "escc-0"),
        ("osteoblastic", "bone-lesion-quality", "lesion-blastic"),
    ],
)
def test_what_is_stale_undated_or_future_does_not_count(
    code: str, finding: str, answer: str, age: Age, case: Build, fact: Callable[..., Fact]
) -> None:
    found = case({finding: [fact(finding, answer, age=age)]})
    assert possible(found, code) == OPEN
    assert not answers(found)[code].recorded
    assert [source.age for source in answers(found)[code].unused] == [age]


@pytest.mark.parametrize(
    ("place", "osteoporotic", "expected"),
    [("T10", False, True), ("sacrum", False, True), ("T10", True, False), ("femur", False, False),
     ("bony-pelvis", False, None), (None, False, None)],
)  # fmt: skip
def test_augmentation_is_for_vertebrae(
    place: str | None, osteoporotic: bool, expected: bool | None, case: Build
) -> None:
    found = PATHWAY.applies(case({}, place=place, osteoporotic=osteoporotic))
    assert found.applies is expected
    assert (found.reason is None) == (expected is True)
