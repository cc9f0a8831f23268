"""What belongs to the patient: primary tumours, laboratory values, performance status, age, signs."""

import json
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.assess import assess
from app.assess.record import Record
from app.assess.result import Assessment
from app.engine.criteria import Given
from app.engine.provenance import Age
from app.engine.quantity import Measured
from app.fhir.codes import code_book
from app.fhir.reader import Reader
from tests.fhir.records import (
    AS_OF,
    BASE,
    ICD10CM,
    KNOWLEDGE,
    LOINC,
    ORDER,
    READER,
    SNOMED,
    Json,
    assessed,
    bundle,
    concept,
    condition,
    gaps,
    lesion,
    observation,
    patient,
    quantity,
    read,
    reference,
    site,
    snomed,
    status_of,
)
from tests.fhir.values import bounds, interval, set_aside

T11, L3 = condition("t11", "T11"), condition("l3", "L3")
BREAST, KIDNEY, NSCLC = "254837009", "702391001", "254637007"
RECENTLY, EARLIER = "2026-11-19T09:00:00Z", "2026-11-15T09:00:00Z"
HOSPITAL = "https://a-hospital.example/codes"


def given(found: Assessment, pathway: str, code: str, lesion_id: str = "T11") -> Given:
    (judgement,) = [one for one in lesion(found, lesion_id).pathways if one.pathway.code == pathway]
    assert judgement.result is not None
    return judgement.result.given[code]


def status(found: Assessment, rule: str) -> str:
    (judgement,) = [one for one in lesion(found, "T11").pathways if one.pathway.code == "augmentation"]
    assert judgement.result is not None
    (one,) = [one for one in judgement.result.judged if one.criterion.id == rule]
    return one.status.value


def primaries(*conditions: Json) -> dict[str, bool]:
    """Every primary that Conditions name, and whether it is confirmed."""
    return {tumour.histology: tumour.confirmed for tumour in read(*conditions).tumours}


def classes(*conditions: Json) -> tuple[str, ...]:
    return tuple(getattr(given(assessed(T11, *conditions), "noms", "radiosensitivity"), "possible", ()))


# -- primary tumours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "histology"),
    [
        (snomed(BREAST), "breast"),
        (concept((ICD10CM, "C50.919")), "breast"),
        (snomed(KIDNEY), "kidney"),
        (concept((ICD10CM, "C64.9")), "kidney"),
        (concept((ICD10CM, "C22.1")), "other"),
        (concept((ICD10CM, "C90.00")), "myeloma"),
        (concept((ICD10CM, "C90.10")), "other"),
        (snomed("285619009"), "unknown-primary"),
        (concept((SNOMED, BREAST), (ICD10CM, "C50.919")), "breast"),
        (concept(("urn:oid:2.16.840.1.113883.6.90", "C50.919")), "breast"),
        (concept(("urn:oid:2.16.840.1.113883.6.96", BREAST)), "breast"),
    ],
)
def test_a_condition_names_its_primary(code: Json, histology: str) -> None:
    assert primaries(condition("p", code=code)) == {histology: True}


@pytest.mark.parametrize(
    "code",
    [
        snomed("94222008"),
        concept((ICD10CM, "C79.51")),
        concept((ICD10CM, "C78.00")),
        concept((ICD10CM, "C77.9")),
        concept((ICD10CM, "C80.1")),
        concept((ICD10CM, "Z85.3")),
        concept(("http://hl7.org/fhir/sid/icd-9-cm", "C50.9")),
        {"text": "breast cancer"},
    ],
)
def test_a_metastasis_or_a_text_names_none(code: Json) -> None:
    assert primaries(condition("p", code=code)) == {}


@pytest.mark.parametrize(
    ("verification", "expected"),
    [
        ("confirmed", {"breast": True}),
        (None, {"breast": True}),
        ("provisional", {"breast": False}),
        ("unconfirmed", {"breast": False}),
        ("differential", {"breast": False}),
        ("refuted", {}),
        ("entered-in-error", {}),
    ],
)
def test_a_primary_is_confirmed_doubted_or_none(verification: str | None, expected: dict[str, bool]) -> None:
    held = {} if verification is None else {"verificationStatus": status_of("ver-status", verification)}
    assert primaries(condition("p", code=BREAST, **held)) == expected


@pytest.mark.parametrize("clinical", ["active", "recurrence", "relapse", "remission", "inactive", "resolved"])
def test_a_primary_in_remission_is_still_what_the_metastasis_comes_from(clinical: str) -> None:
    held = condition("p", code=KIDNEY, clinicalStatus=status_of("clinical", clinical))
    assert primaries(held) == {"kidney": True}
    assert classes(held) == ("resistant",)


def test_a_condition_that_is_modified_names_none() -> None:
    held = condition("p", code=BREAST, modifierExtension=[{"url": "https://x.example", "valueBoolean": True}])
    assert primaries(held) == {}


def test_onc_2_two_primaries_are_a_set() -> None:
    one, other = condition("a", code=BREAST), condition("b", code=KIDNEY)
    assert classes(one) == ("sensitive",)
    assert classes(other) == ("resistant",)
    assert classes(one, other) == classes(other, one) == ("sensitive", "resistant")
    found = given(assessed(T11, one, other), "noms", "radiosensitivity")
    assert {source.reference for source in found.sources} == {"Condition/a", "Condition/b"}


def test_one_that_is_not_confirmed_leaves_any_other_possible() -> None:
    assert classes(
        condition("p", code=KIDNEY, verificationStatus=status_of("ver-status", "provisional"))
    ) == ("sensitive", "resistant")


def test_none_recorded_is_missing() -> None:
    found = given(assessed(T11), "noms", "radiosensitivity")
    assert (getattr(found, "possible", ()), found.recorded) == (("sensitive", "resistant"), False)


def test_two_codes_of_one_condition_are_one_primary() -> None:
    held = condition("p", code=concept((SNOMED, NSCLC), (ICD10CM, "C34.90")))
    assert classes(held) == ("resistant",)


@pytest.mark.parametrize(
    ("target", "code", "histology"),
    [(SNOMED, KIDNEY, "kidney"), (ICD10CM, "C50.919", "breast"), (ICD10CM, "C45.0", "other")],
)
def test_a_site_maps_its_own_code(tmp_path: Path, target: str, code: str, histology: str) -> None:
    path = tmp_path / "map.json"
    element = {"code": "OWN", "target": [{"code": code, "equivalence": "equal"}]}
    group = {"source": HOSPITAL, "target": target, "element": [element]}
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": [group]}))
    reader = Reader(code_book(BASE, path), KNOWLEDGE)
    held = condition("p", code=concept((HOSPITAL, "OWN")))
    (tumour,) = reader.bundle(bundle([patient(), held])).tumours
    assert tumour.histology == histology
    assert primaries(held) == {}


# -- laboratory ----------------------------------------------------------------------------------------

UNITS = [
    ("platelets", quantity(49, "10*9/L"), 49),
    ("platelets", quantity(49, "10*3/uL"), 49),
    ("platelets", quantity(49, "10*3/mm3"), 49),
    ("platelets", quantity(49_000, "/uL"), 49),
    ("platelets", quantity(49_900, "/mm3"), Fraction(499, 10)),
    ("platelets", {"valueQuantity": {"value": 49, "unit": "10*9/L"}}, 49),
    ("white-cells", quantity(2.5, "10*9/L"), Fraction(5, 2)),
    ("white-cells", quantity(2400, "/uL"), Fraction(12, 5)),
    ("inr", quantity(1.6, None), Fraction(8, 5)),
    ("inr", quantity(1.6, "{INR}"), Fraction(8, 5)),
    ("inr", quantity(1.6, "{ratio}"), Fraction(8, 5)),
    ("inr", quantity(1.6, "1"), Fraction(8, 5)),
    ("inr", {"valueInteger": 2}, 2),
    ("albumin", quantity(40, "g/L"), 40),
    ("albumin", quantity(4.0, "g/dL"), 40),
    ("albumin", quantity(3.49, "g/dL"), Fraction(349, 10)),
]
NO_UNIT = [
    ("platelets", quantity(49, None)),
    ("platelets", {"valueInteger": 49}),
    ("platelets", quantity(49, "K/uL")),
    ("platelets", quantity(49, "x10^9/L")),
    ("platelets", quantity(49, "10*6/L")),
    ("platelets", quantity(49, "10*9/l")),
    ("platelets", quantity(49, "%")),
    # The plain count in the unit of thousands is no measurement.
    ("platelets", quantity(49_000, "10*9/L")),
    ("platelets", quantity(-1, "10*9/L")),
    ("white-cells", quantity(5, None)),
    ("inr", quantity(70, "%")),
    ("inr", quantity(51, None)),
    ("albumin", quantity(40, None)),
    ("albumin", {"valueInteger": 40}),
    ("albumin", quantity(40, "mg/dL")),
    ("albumin", quantity(40, "g/dL")),
    ("albumin", quantity(600, "umol/L")),
]


@pytest.mark.parametrize(("finding", "value", "expected"), UNITS)
def test_con_4_a_value_is_kept_in_one_unit(finding: str, value: Json, expected: Fraction | int) -> None:
    assert bounds(interval(finding, value)) == (expected, expected)


@pytest.mark.parametrize(("finding", "value"), NO_UNIT)
def test_con_4_without_its_unit_a_value_is_unknown(finding: str, value: Json) -> None:
    assert set_aside(finding, value)


LOINC_CODES = [
    ("777-3", "platelets", quantity(49, "10*9/L")),
    ("26515-7", "platelets", quantity(49, "10*9/L")),
    ("6301-6", "inr", quantity(1.6, "{INR}")),
    ("34714-6", "inr", quantity(1.6, "{INR}")),
    ("46418-0", "inr", quantity(1.6, "{INR}")),
    ("6690-2", "white-cells", quantity(5, "10*9/L")),
    ("26464-8", "white-cells", quantity(5, "10*9/L")),
    ("1751-7", "albumin", quantity(40, "g/L")),
    ("89247-1", "ecog", {"valueInteger": 1}),
    ("89262-0", "ecog", {"valueInteger": 1}),
    ("42800-3", "ecog", {"valueInteger": 1}),
    ("89243-0", "karnofsky", {"valueInteger": 80}),
]


@pytest.mark.parametrize(("code", "finding", "value"), LOINC_CODES)
def test_a_standard_code_carries_it(code: str, finding: str, value: Json) -> None:
    (entry,) = read(observation("o", None, value, code=concept((LOINC, code)))).entries
    assert entry.finding == finding


def laboratory(name: str, finding: str, value: Json, when: str | None = RECENTLY) -> Json:
    return observation(name, finding, value, effectiveDateTime=when)


@pytest.mark.parametrize(
    ("platelets", "inr", "expected"),
    [
        (quantity(49, "10*9/L"), quantity(1.0, None), "met"),
        (quantity(50, "10*9/L"), quantity(1.5, None), "unmet"),
        (quantity(50_000, "/uL"), quantity(1.6, None), "met"),
        (quantity(49_999, "/uL"), quantity(1.0, None), "met"),
        (quantity(50, "10*9/L", comparator="<"), quantity(1.0, None), "met"),
        (quantity(50, "10*9/L", comparator="<="), quantity(1.0, None), "unknown"),
        (quantity(200, "10*9/L"), quantity(1.5, None, comparator=">"), "met"),
        (quantity(200, "10*9/L"), quantity(1.5, None, comparator=">="), "unknown"),
        (quantity(200, None), quantity(1.0, None), "unknown"),
    ],
)
def test_tc_48_from_a_record(platelets: Json, inr: Json, expected: str) -> None:
    found = assessed(T11, laboratory("p", "platelets", platelets), laboratory("i", "inr", inr))
    assert status(found, "AUG-EXC-4") == expected


def platelet_spans(*values: tuple[float, str | None]) -> tuple[list[Any], bool]:
    held = [
        laboratory(f"p{n}", "platelets", quantity(v, "10*9/L"), when) for n, (v, when) in enumerate(values)
    ]
    found = given(assessed(T11, *held), "augmentation", "platelets")
    assert isinstance(found, Measured)
    return [span.low for span in found.spans], found.conflicting


def test_con_1_the_latest_value_counts() -> None:
    assert platelet_spans((40, EARLIER), (200, RECENTLY)) == ([200], False)
    assert platelet_spans((200, RECENTLY), (40, EARLIER)) == ([200], False)
    assert platelet_spans((200, EARLIER), (40, RECENTLY)) == ([40], False)


def test_con_1_values_of_one_time_that_differ_are_a_conflict() -> None:
    assert platelet_spans((40, RECENTLY), (200, RECENTLY)) == ([40, 200], True)
    assert platelet_spans((40, RECENTLY), (40, RECENTLY)) == ([40], False)
    # A day without an hour may be later than any hour of it.
    assert platelet_spans((40, "2026-11-19"), (200, RECENTLY)) == ([40, 200], True)


def test_time_2_an_undated_or_future_value_is_not_the_latest() -> None:
    assert platelet_spans((40, RECENTLY), (200, "2026-12-24")) == ([40], False)
    assert platelet_spans((40, RECENTLY), (200, None)) == ([40], False)
    assert platelet_spans((200, None)) == ([None], False)


@pytest.mark.parametrize(
    ("when", "recorded"), [("2026-11-13", True), ("2026-11-12", False), ("2026-11", False)]
)
def test_blood_before_a_puncture_counts_for_seven_days(when: str, recorded: bool) -> None:
    held = laboratory("p", "platelets", quantity(40, "10*9/L"), when)
    found = given(assessed(T11, held), "augmentation", "platelets")
    assert found.recorded == recorded
    assert [source.age for source in found.unused] == ([] if recorded else [Age.STALE])


# -- performance status --------------------------------------------------------------------------------

LOINC_GRADES = ("LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8", "LA9627-6")
SNOMED_GRADES = ("425389002", "422512005", "422894000", "423053003", "423237006", "423409001")


def coded(*codings: tuple[str, str]) -> Json:
    return {"valueCodeableConcept": concept(*codings)}


@pytest.mark.parametrize("grade", range(6))
def test_ecog_as_number_as_loinc_answer_and_as_snomed_code(grade: int) -> None:
    for value in (
        {"valueInteger": grade},
        quantity(grade, "{score}"),
        quantity(grade, None),
        coded((LOINC, LOINC_GRADES[grade])),
        coded((SNOMED, SNOMED_GRADES[grade])),
        coded((LOINC, LOINC_GRADES[grade]), (SNOMED, SNOMED_GRADES[grade])),
        coded(("http://x.example", "x"), (LOINC, LOINC_GRADES[grade])),
    ):
        assert bounds(interval("ecog", value)) == (grade, grade)


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 6},
        {"valueInteger": -1},
        {"valueString": "1"},
        coded((LOINC, "LA6112-2")),
        coded((SNOMED, LOINC_GRADES[1])),
        {"valueCodeableConcept": {"text": "ECOG 1"}},
        {"valueInteger": 1, **coded((LOINC, LOINC_GRADES[1]))},
    ],
)
def test_an_ecog_that_cannot_be_read_is_set_aside(value: Json) -> None:
    assert set_aside("ecog", value)


def test_two_grades_in_one_answer_are_not_settled_by_their_order() -> None:
    value = coded((LOINC, LOINC_GRADES[0]), (SNOMED, SNOMED_GRADES[2]))
    held = read(observation("o", "ecog", value)).entries
    assert [bounds(e.value) for e in held if not isinstance(e.value, frozenset)] != [(0, 0)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueInteger": 80}, 80),
        (quantity(80, "%"), 80),
        (quantity(80, "{score}"), 80),
        (quantity(80, None), 80),
    ],
)
def test_karnofsky(value: Json, expected: int) -> None:
    assert bounds(interval("karnofsky", value)) == (expected, expected)


@pytest.mark.parametrize("value", [{"valueInteger": 110}, {"valueInteger": -10}, {"valueString": "80"}])
def test_a_karnofsky_that_cannot_be_read_is_set_aside(value: Json) -> None:
    assert set_aside("karnofsky", value)


# -- age -----------------------------------------------------------------------------------------------


def born_on(birth_date: Any) -> Record:
    return READER.bundle(bundle([patient(birthDate=birth_date), T11]))


AGES: list[tuple[Any, tuple[int, int] | None]] = [
    ("1946-11-20", (80, 80)),
    ("1946-11-21", (79, 79)),
    ("1945-11-21", (80, 80)),
    ("1945-11-20", (81, 81)),
    ("2008-11-20", (18, 18)),
    ("2008-11-21", (17, 17)),
    ("1946-11", (79, 80)),
    ("1946-12", (79, 79)),
    ("1946", (79, 80)),
    ("2026", (0, 0)),
    ("2026-11-20", (0, 0)),
    ("2026-11-21", None),
    ("2027", None),
    ("20.11.1946", None),
    ("", None),
    ("1946-13-01", None),
    (1946, None),
    (None, None),
    ({}, None),
    (["1946"], None),
    (True, None),
]


@pytest.mark.parametrize(("born", "expected"), AGES, ids=repr)
def test_the_age_is_what_the_birth_date_leaves_possible(born: Any, expected: tuple[int, int] | None) -> None:
    record = born_on(born)
    age = given(assess(record, AS_OF, KNOWLEDGE), "augmentation", "age")
    assert isinstance(age, Measured)
    assert age.recorded == (expected is not None)
    if expected is not None:
        assert [bounds(span) for span in age.spans] == [expected]


def test_without_a_birth_date_the_age_is_unknown() -> None:
    assert not given(assessed(T11), "augmentation", "age").recorded


def test_a_leap_day_is_a_birthday_in_march_of_other_years() -> None:
    record = born_on("2008-02-29")
    for day, expected in (("2026-02-28", 17), ("2026-03-01", 18), ("2028-02-29", 20)):
        found = assess(record, datetime.fromisoformat(f"{day}T12:00:00+00:00"), KNOWLEDGE)
        age = given(found, "augmentation", "age")
        assert isinstance(age, Measured)
        assert [bounds(span) for span in age.spans] == [(expected, expected)]


# -- signs that Conditions state -----------------------------------------------------------------------

SIGNS = [
    ((SNOMED, "71286001"), {"spinal-cord-compression": ("present",)}),
    ((ICD10CM, "G95.20"), {"spinal-cord-compression": ("present",)}),
    ((ICD10CM, "G95.29"), {"spinal-cord-compression": ("present",)}),
    ((SNOMED, "192970008"), {"spinal-cord-compression": ("present",)}),
    ((ICD10CM, "G83.4"), {"spinal-cord-compression": ("present",)}),
    ((SNOMED, "12454008"),
     {"spinal-cord-compression": ("present",), "sphincter-dysfunction": ("present",)}),
    ((ICD10CM, "G99.2"), {"myelopathy": ("present",)}),
    ((SNOMED, "1845001"), {"new-neurologic-deficit": ("present",)}),
    ((SNOMED, "60389000"), {"new-neurologic-deficit": ("present",)}),
    ((SNOMED, "102568007"), {"new-neurologic-deficit": ("present",)}),
    ((ICD10CM, "G82.20"), {"new-neurologic-deficit": ("present",)}),
    ((ICD10CM, "R33.9"), {"sphincter-dysfunction": ("present",)}),
    ((ICD10CM, "R15.9"), {"sphincter-dysfunction": ("present",)}),
    ((SNOMED, "72042002"), {"sphincter-dysfunction": ("present",)}),
    ((SNOMED, "282145008"), {"ambulatory": ("absent",)}),
    ((SNOMED, "66931009"), {"hypercalcaemia": ("present",)}),
    ((ICD10CM, "E83.52"), {"hypercalcaemia": ("present",)}),
]  # fmt: skip


def signs(found: Assessment) -> dict[str, tuple[str, ...]]:
    return {view.finding: view.possible for view in found.patient_findings}


@pytest.mark.parametrize(("code", "expected"), SIGNS)
def test_a_condition_states_a_sign_of_the_patient(
    code: tuple[str, str], expected: dict[str, tuple[str, ...]]
) -> None:
    stated = condition("s", code=concept(code), recordedDate="2026-11-20")
    found = assessed(T11, stated)
    assert signs(found) == expected
    assert all(
        [source.reference for source in view.sources] == ["Condition/s"] for view in found.patient_findings
    )


@pytest.mark.parametrize(
    "members",
    [
        {"verificationStatus": status_of("ver-status", "refuted")},
        {"verificationStatus": status_of("ver-status", "entered-in-error")},
        {"clinicalStatus": status_of("clinical", "resolved")},
        {"clinicalStatus": status_of("clinical", "remission")},
        {"clinicalStatus": status_of("clinical", "inactive")},
    ],
)
@pytest.mark.parametrize("code", ["71286001", "1845001", "66931009"])
def test_one_that_does_not_hold_states_none(code: str, members: Json) -> None:
    assert signs(assessed(T11, condition("s", code=code, **members))) == {}


@pytest.mark.parametrize("code", ["R32", "R26.2", "M54.5"])
def test_signs_with_many_other_causes_state_none(code: str) -> None:
    assert signs(assessed(T11, condition("s", code=concept((ICD10CM, code))))) == {}


# -- earlier treatment ---------------------------------------------------------------------------------


def procedure(order: str, *sites: Json, **members: Any) -> Json:
    return {
        "resourceType": "Procedure",
        "id": "done",
        "status": "completed",
        "subject": reference("Patient/p1"),
        "code": concept((ORDER, order)),
        "performedDateTime": "2026-10-01",
        "bodySite": list(sites),
        **members,
    }


def held(found: Assessment, lesion_id: str) -> dict[str, tuple[str, ...]]:
    return {
        view.finding: view.possible
        for view in lesion(found, lesion_id).findings
        if view.finding in ("earlier-cement", "earlier-ablation", "instrumented-segment")
    }


CEMENT = {"earlier-cement": ("present",), "instrumented-segment": ("present",)}
ABLATION = {"earlier-ablation": ("present",)}
ORDERS = [
    ("vertebroplasty", CEMENT),
    ("kyphoplasty", CEMENT),
    ("cementoplasty", CEMENT),
    ("spinal-stabilisation", {"instrumented-segment": ("present",)}),
    *(
        (order, ABLATION)
        for order in (
            "radiofrequency-ablation",
            "microwave-ablation",
            "cryoablation",
            "laser-ablation",
            "focused-ultrasound",
            "alcohol-ablation",
        )
    ),
    ("embolisation", {}),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS)
def test_a_procedure_is_of_the_lesion_at_its_site(order: str, expected: dict[str, tuple[str, ...]]) -> None:
    found = assessed(T11, L3, procedure(order, site("T11")))
    assert held(found, "T11") == expected
    assert held(found, "L3") == {}


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation"])
def test_what_was_not_done_is_not_there(status: str) -> None:
    assert held(assessed(T11, procedure("vertebroplasty", site("T11"), status=status)), "T11") == {}


def test_a_procedure_at_a_region_may_have_been_at_the_lesion() -> None:
    found = assessed(T11, L3, procedure("microwave-ablation", site("thoracic-spine")))
    assert held(found, "T11") == {"earlier-ablation": ("present", "absent")}
    assert held(found, "L3") == {}


def test_a_procedure_without_a_site_is_of_no_lesion() -> None:
    found = assessed(T11, procedure("microwave-ablation"))
    assert held(found, "T11") == {}


def test_radiotherapy_at_the_site_is_prior_radiation() -> None:
    found = assessed(T11, L3, procedure("stereotactic-radiotherapy", site("T11")))
    assert getattr(given(found, "noms", "prior_radiation"), "possible", ()) == ("present",)
    assert not given(found, "noms", "prior_radiation", "L3").recorded


def test_what_cannot_be_read_is_told_as_a_gap() -> None:
    found = assessed(T11, laboratory("p", "platelets", quantity(49, None)))
    assert [reason for reason in gaps(found, "observations") if reason.startswith("Observation/p:")]


def test_not_irradiated_years_ago_does_not_say_not_irradiated_now() -> None:
    old = observation("o", "prior-radiation", "absent", at="T11", effectiveDateTime="2019-01-01")
    assert not given(assessed(T11, old), "noms", "prior_radiation").recorded


def test_irradiated_years_ago_is_irradiated() -> None:
    old = observation("o", "prior-radiation", "present", at="T11", effectiveDateTime="2019-01-01")
    assert getattr(given(assessed(T11, old), "noms", "prior_radiation"), "possible", ()) == ("present",)
