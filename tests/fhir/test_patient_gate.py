"""Whose a resource is: this patient's, another's, or not provable (T9, F01 to F09, F26)."""

from typing import Any

import pytest

from app.assess.record import Record
from app.errors import AnotherPatientError, ContradictionError
from app.fhir.collection import Collected, collect, decode
from app.fhir.patient_gate import PatientGate
from tests.fhir.records import (
    PATIENT,
    READER,
    SERVER,
    Json,
    bundle,
    condition,
    entry,
    gaps,
    observation,
    patient,
    read,
    reference,
    response,
    structure,
)

OTHER_SERVER = "https://other.example.org/fhir"
URN = "urn:uuid:5a0c1f8e-3a3c-4d0f-9a51-0c7d1c1b6f11"
NOBODY = "urn:uuid:00000000-0000-4000-8000-000000000000"
NOT_PROVABLE = "1 set aside: their subject is not provably this patient."


def told(*entries: Any) -> Record:
    """The record in a Bundle of these entries and no others."""
    return READER.bundle(bundle(entries))


def of(subject: str | None, name: str = "c") -> Json:
    held = condition(name, "T11")
    del held["subject"]
    return held if subject is None else held | {"subject": reference(subject)}


def known(record: Record) -> set[str]:
    return {diagnosis.reference for diagnosis in record.diagnoses}


# -- references that prove something -------------------------------------------------------------------

ON_SERVER = entry(patient(), f"{SERVER}/Patient/{PATIENT}")
BY_URN = entry(patient(), URN)


@pytest.mark.parametrize(
    ("who", "subject"),
    [
        (patient(), f"Patient/{PATIENT}"),
        (patient(), f"Patient/{PATIENT}/_history/3"),
        (ON_SERVER, f"Patient/{PATIENT}"),
        (ON_SERVER, f"{SERVER}/Patient/{PATIENT}"),
        (ON_SERVER, f"{SERVER}/Patient/{PATIENT}/_history/3"),
        (BY_URN, URN),
        (BY_URN, f"Patient/{PATIENT}"),
    ],
)
def test_f04_f06_a_reference_that_proves_this_patient_is_read(who: Json, subject: str) -> None:
    record = told(who, of(subject))
    assert record.patient == PATIENT
    assert known(record) == {"Condition/c"}
    assert record.gaps == ()


@pytest.mark.parametrize(
    ("who", "subject"),
    [
        (patient(), "Patient/p2"),
        (patient(), "Patient/p"),
        (patient(), "Patient/p11"),
        (patient(), "Patient/P1"),
        (patient(), "Patient/p2/_history/1"),
        (patient(), f"{SERVER}/Patient/p2"),
        (ON_SERVER, "Patient/p2"),
        (ON_SERVER, f"{SERVER}/Patient/p2"),
        (ON_SERVER, f"{OTHER_SERVER}/Patient/{PATIENT}"),
        (ON_SERVER, f"{OTHER_SERVER}/Patient/{PATIENT}/_history/1"),
        (ON_SERVER, f"http://ehr.example.org/fhir/Patient/{PATIENT}"),
        (ON_SERVER, f"{SERVER}/tenant/Patient/{PATIENT}"),
        (ON_SERVER, f"https://ehr.example.org/fhir2/Patient/{PATIENT}"),
        (BY_URN, NOBODY),
        (BY_URN, "Patient/p2"),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before the patient", "after the patient"])
def test_f02_f05_a_reference_to_another_patient_refuses_the_whole(
    who: Json, subject: str, first: bool
) -> None:
    entries = [of(subject), who] if first else [who, of(subject)]
    with pytest.raises(AnotherPatientError) as caught:
        told(*entries, of(f"Patient/{PATIENT}", "good"))
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "subject",
    [None, f"{SERVER}/Patient/{PATIENT}", NOBODY, "", "p1", "#p", "Patient?identifier=1", "Patient/", "://"],
)
def test_t9_what_cannot_be_proven_is_set_aside_and_counted(subject: str | None) -> None:
    record = told(patient(), of(subject), of(f"Patient/{PATIENT}", "good"))
    assert known(record) == {"Condition/good"}
    assert gaps(record, "conditions") == [NOT_PROVABLE]
    assert "conditions" in record.unavailable


@pytest.mark.parametrize(
    "url",
    [
        "https://[x/fhir/Patient/p1",
        "http://\u2100/Patient/p1",
        "https://:x/Patient/p1",
        "https:///Patient/p1",
    ],
)
def test_t9_an_address_that_is_none_is_refused_or_set_aside(url: str) -> None:
    for entries in (
        [ON_SERVER, of(url)],
        [entry(patient(), url), of(url)],
        [ON_SERVER, entry(of(f"Patient/{PATIENT}"), url.replace("Patient/p1", "Condition/c"))],
    ):
        try:
            told(*entries)
        except ContradictionError:
            continue


@pytest.mark.parametrize("subject", [{"identifier": {"value": "17"}}, {"display": "Milan R."}, {}])
def test_t9_a_subject_without_a_reference_is_not_provable(subject: Json) -> None:
    record = told(patient(), condition("c", "T11", subject=subject))
    assert gaps(record, "conditions") == [NOT_PROVABLE]


def test_t9_what_is_set_aside_is_counted_for_each_need() -> None:
    unowned = {"subject": {"display": "?"}}
    record = read(
        *(condition(f"c{n}", "T11", **unowned) for n in range(3)),
        observation("o", "spinal-pain", "pain-free", **unowned),
        response("q", "sins", {"pain": "pain-free"}, **unowned),
        structure("b", "T11", patient={"display": "?"}),
    )
    reasons = {gap.need: gap.reason.split()[0] for gap in record.gaps}
    assert reasons == {
        "conditions": "3",
        "observations": "1",
        "questionnaireResponses": "1",
        "bodyStructures": "1",
    }


def test_t9_nothing_set_aside_tells_whose_it_was() -> None:
    (reason,) = gaps(told(patient(), of("canary-name")), "conditions")
    assert "canary" not in reason


# -- every type ----------------------------------------------------------------------------------------

BY_SUBJECT = (
    "Condition",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "MedicationRequest",
    "MedicationStatement",
    "Encounter",
    "DiagnosticReport",
    "ImagingStudy",
    "ServiceRequest",
    "NoSuchType",
)
BY_PATIENT = ("BodyStructure", "AllergyIntolerance", "Immunization", "RelatedPerson")


@pytest.mark.parametrize("kind", [*BY_SUBJECT, *BY_PATIENT])
def test_f02_another_patient_is_refused_in_every_type(kind: str) -> None:
    member = "patient" if kind in BY_PATIENT else "subject"
    foreign: Json = {"resourceType": kind, "id": "x", member: reference("Patient/p2")}
    with pytest.raises(AnotherPatientError):
        read(condition("c", "T11"), foreign)
    assert known(read(condition("c", "T11"), foreign | {member: reference("Patient/p1")})) == {"Condition/c"}


@pytest.mark.parametrize(
    "foreign",
    [
        condition("c", clinicalStatus="active", subject=reference("Patient/p2")),
        observation("o", "spinal-pain", {"valueInteger": "x"}, subject=reference("Patient/p2")),
        observation("o", None, None, code={"text": "mood"}, subject=reference("Patient/p2")),
        structure("b", "T11", active="x", patient=reference("Patient/p2")),
        observation("o", "spinal-pain", None, status="entered-in-error", subject=reference("Patient/p2")),
        condition("c", modifierExtension=[{"url": "x"}], subject=reference("Patient/p2")),
    ],
    ids=["damaged", "damaged value", "not read", "damaged structure", "in error", "modified"],
)
def test_f02_another_patient_is_refused_even_where_nothing_is_read(foreign: Json) -> None:
    with pytest.raises(AnotherPatientError):
        read(foreign)


def test_f02_another_patient_is_refused_in_a_bundle_in_a_bundle() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": of("Patient/p2")}]}
    with pytest.raises(AnotherPatientError):
        read(inner)


def test_f02_another_patient_is_refused_in_what_is_contained() -> None:
    inner = observation("m", "spinal-pain", "pain-mechanical", subject=reference("Patient/p2"))
    holder = observation("holder", "sins", None, contained=[inner], hasMember=[reference("#m")])
    with pytest.raises(AnotherPatientError):
        read(holder)


@pytest.mark.parametrize("subject", ["Group/g1", "Device/d1", "Location/l1", "Group/g1/_history/2"])
def test_subjects_that_are_no_patient_are_ignored(subject: str) -> None:
    record = read(
        condition("c", "T11"), observation("o", "spinal-pain", "pain-free", subject=reference(subject))
    )
    assert record.entries == []
    assert record.gaps == ()


def test_a_subject_by_urn_that_is_no_patient_is_ignored() -> None:
    device = entry({"resourceType": "Device", "id": "d"}, NOBODY)
    record = told(BY_URN, device, observation("o", "spinal-pain", "pain-free", subject=reference(NOBODY)))
    assert record.entries == []
    assert record.gaps == ()


@pytest.mark.parametrize("subject", ["patient/p1", "Pat/p1", "PATIENT/p2"])
def test_t9_a_subject_of_no_known_type_is_not_provable(subject: str) -> None:
    assert gaps(told(patient(), of(subject)), "conditions") == [NOT_PROVABLE]


@pytest.mark.parametrize("kind", ["Medication", "Practitioner", "Organization", "Questionnaire"])
def test_f08_a_type_without_a_patient_is_exempt(kind: str) -> None:
    assert read({"resourceType": kind, "id": "x"}).gaps == ()


# -- the Patient itself --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "second",
    [
        patient("p2"),
        entry(patient("p2"), f"{SERVER}/Patient/p2"),
        {"resourceType": "Bundle", "entry": [{"resource": patient("p2")}]},
    ],
)
def test_f26_two_patients_are_refused(second: Json) -> None:
    with pytest.raises(ContradictionError) as caught:
        read(condition("c", "T11"), second)
    assert caught.value.status == 422


def test_the_same_patient_twice_is_one() -> None:
    assert read(patient(), condition("c", "T11")).patient == PATIENT


def test_f26_two_patients_of_one_id_on_two_servers_are_refused() -> None:
    with pytest.raises(ContradictionError):
        told(ON_SERVER, entry(patient(), f"{OTHER_SERVER}/Patient/{PATIENT}"))


def test_f05_a_relative_subject_on_another_server_is_another_patient() -> None:
    with pytest.raises(ContradictionError):
        told(ON_SERVER, entry(of(f"Patient/{PATIENT}"), f"{OTHER_SERVER}/Condition/c"))


@pytest.mark.parametrize(
    "held",
    [
        observation("x", "spinal-pain", "pain-free"),
        structure("x", "T11"),
        response("x", "sins", {"pain": "pain-free"}),
        {"resourceType": "Procedure", "id": "x", "subject": reference(f"Patient/{PATIENT}")},
    ],
    ids=lambda held: held["resourceType"],
)
def test_f05_s51_a_relative_subject_on_another_server_is_refused_in_every_type(held: Json) -> None:
    with pytest.raises(AnotherPatientError):
        told(ON_SERVER, entry(held, f"{OTHER_SERVER}/{held['resourceType']}/x"))


@pytest.mark.parametrize("url", ["https://docs.example.org/reports/17", "https://docs.example.org/a/b/c"])
def test_a_full_url_that_is_no_address_of_a_server_names_none(url: str) -> None:
    assert known(told(ON_SERVER, entry(of(f"Patient/{PATIENT}"), url))) == {"Condition/c"}


def test_f26_two_patients_without_an_id_are_refused() -> None:
    with pytest.raises(ContradictionError):
        told({"resourceType": "Patient"}, {"resourceType": "Patient"})


def test_f06_a_patient_without_an_id_is_known_by_its_full_url() -> None:
    record = told(entry({"resourceType": "Patient"}, URN), entry(of(URN), "urn:uuid:1"))
    assert len(record.diagnoses) == 1
    assert record.gaps == ()


@pytest.mark.parametrize("kind", ["replaced-by"])
def test_f09_a_merged_patient_is_refused(kind: str) -> None:
    links = [
        {"type": "seealso", "other": reference("Patient/p3")},
        {"type": kind, "other": reference("Patient/p2")},
    ]
    with pytest.raises(ContradictionError, match="merged"):
        told(patient(link=links), condition("c", "T11"))


@pytest.mark.parametrize("kind", ["replaces", "seealso", "refer"])
def test_f09_other_links_of_a_patient_are_no_fault(kind: str) -> None:
    record = told(patient(link=[{"type": kind, "other": reference("Patient/p2")}]), condition("c", "T11"))
    assert known(record) == {"Condition/c"}


# -- no Patient ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Patient/p7", "p7"),
        (f"{SERVER}/Patient/p7", "p7"),
        ("Patient/p7/_history/1", "p7"),
        (URN, URN.rpartition(":")[2]),
    ],
)
def test_without_a_patient_the_single_subject_is_taken_with_a_gap(subject: str, name: str) -> None:
    record = told(of(subject), of(subject, "d"))
    assert record.patient == name
    assert known(record) == {"Condition/c", "Condition/d"}
    assert gaps(record, "patient") == ["The record holds no Patient resource."]


def test_without_a_patient_relative_and_absolute_references_can_name_one_subject() -> None:
    record = told(
        of("Patient/p7"),
        of(f"{SERVER}/Patient/p7", "d"),
        structure("b", "T11", patient=reference("Patient/p7")),
    )
    assert record.patient == "p7"
    assert len(record.diagnoses) == 2
    assert len(record.structures) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Patient/p7", "Patient/p8"),
        (f"{SERVER}/Patient/p7", f"{SERVER}/Patient/p8"),
        (f"{SERVER}/Patient/p7", f"{OTHER_SERVER}/Patient/p7"),
        (URN, NOBODY),
        (URN, "Patient/p7"),
    ],
)
@pytest.mark.parametrize("kind", ["Condition", "Encounter", "BodyStructure"])
def test_without_a_patient_two_subjects_are_refused(one: str, other: str, kind: str) -> None:
    member = "patient" if kind == "BodyStructure" else "subject"
    with pytest.raises(ContradictionError) as caught:
        told(of(one), {"resourceType": kind, "id": "x", member: reference(other)})
    assert caught.value.status == 422


def test_without_a_patient_a_group_is_no_subject() -> None:
    record = told(
        of("Patient/p7"), observation("o", "spinal-pain", "pain-free", subject=reference("Group/g"))
    )
    assert record.patient == "p7"
    assert record.entries == []


def test_without_any_subject_nothing_is_read() -> None:
    record = told(of(None))
    assert (record.patient, record.diagnoses) == (None, [])
    assert gaps(record, "patient")


def test_without_any_subject_what_is_dropped_is_counted() -> None:
    assert gaps(told(of(None)), "conditions") == [NOT_PROVABLE]


# -- a gate that is given ------------------------------------------------------------------------------


def through(gate: PatientGate, *entries: Any) -> Record:
    collected = Collected()
    collect(decode(bundle(entries)), collected, ["conditions"])
    return READER.collected(collected, gate)


@pytest.mark.parametrize("base", [SERVER, f"{SERVER}/"])
def test_f04_the_server_asked_is_the_patients(base: str) -> None:
    record = through(PatientGate(PATIENT, [base]), of(f"{SERVER}/Patient/{PATIENT}"))
    assert known(record) == {"Condition/c"}
    with pytest.raises(AnotherPatientError):
        through(PatientGate(PATIENT, [base]), of(f"{OTHER_SERVER}/Patient/{PATIENT}"))


@pytest.mark.parametrize("base", ["https://EHR.example.org/fhir", "https://ehr.example.org:443/fhir"])
def test_n09_two_spellings_of_one_server_are_one(base: str) -> None:
    record = through(PatientGate(PATIENT, [base]), of(f"{SERVER}/Patient/{PATIENT}"))
    assert known(record) == {"Condition/c"}


def test_f01_a_patient_resource_of_another_id_is_refused() -> None:
    with pytest.raises(AnotherPatientError):
        through(PatientGate(PATIENT), patient("p2"))


def test_a_gate_without_a_server_proves_nothing_of_absolute_references() -> None:
    record = through(PatientGate(PATIENT), of(f"{SERVER}/Patient/{PATIENT}"))
    assert known(record) == set()
    assert gaps(record, "conditions") == [NOT_PROVABLE]


def test_f09_a_merged_patient_is_refused_through_a_given_gate() -> None:
    with pytest.raises(ContradictionError, match="merged"):
        through(PatientGate(PATIENT), patient(link=[{"type": "replaced-by"}]))
