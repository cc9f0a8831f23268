"""The invented patients: valid R4, dates from today, our codes as the knowledge knows them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from app.errors import NotFoundError
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import FINDINGS, PANELS, TOTALS
from app.web.demo import CANONICAL_BASE, DemoPatient, DemoPatients

AS_OF = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
PATIENTS = tuple(DemoPatients())
EVERY_PATIENT = pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.id)
FOLDER = files("app.web").joinpath("demo_patients")


def resources(patient: DemoPatient, resource_type: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in patient.bundle(AS_OF)["entry"]]
    return [resource for resource in found if resource["resourceType"] == resource_type]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


@EVERY_PATIENT
def test_is_a_valid_r4_bundle(patient: DemoPatient) -> None:
    bundle = Bundle.model_validate_json(json.dumps(patient.bundle(AS_OF)))
    assert bundle.type == "collection"
    assert len(resources(patient, "Patient")) == 1
    assert resources(patient, "Condition")


@EVERY_PATIENT
def test_has_no_date_left_to_put_in(patient: DemoPatient) -> None:
    assert "@" in patient.template
    assert '"@' not in json.dumps(patient.bundle(AS_OF))


@EVERY_PATIENT
def test_names_no_patient_but_its_own(patient: DemoPatient) -> None:
    own = resources(patient, "Patient")[0]["id"]
    named = set(re.findall(r'"(?:https://ehr\.example\.org/fhir/)?Patient/([^"]+)"', patient.template))
    assert named == {own}


@EVERY_PATIENT
def test_refers_to_nothing_outside_its_record(patient: DemoPatient) -> None:
    bundle = patient.bundle(AS_OF)
    held = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]}
    referred = {
        "/".join(node["reference"].split("/")[-2:])
        for node in walk(bundle)
        if isinstance(node.get("reference"), str)
    }
    assert referred <= held


@EVERY_PATIENT
def test_says_its_findings_in_codes_the_service_knows(patient: DemoPatient) -> None:
    for observation in resources(patient, "Observation"):
        for holder in (observation, *observation.get("component", ())):
            for coding in holder["code"].get("coding", ()):
                if coding.get("system") != f"{CANONICAL_BASE}/CodeSystem/observable":
                    continue
                assert coding["code"] in {*FINDINGS, *PANELS, *TOTALS}
                for answer in holder.get("valueCodeableConcept", {}).get("coding", ()):
                    known = {**FINDINGS[coding["code"]].answer_labels, INDETERMINATE: ""}
                    assert answer == {} or answer["code"] in known


@pytest.mark.parametrize(
    "patient", [patient for patient in PATIENTS if patient.id != "faulty-record"], ids=lambda p: p.id
)
def test_finds_nothing_in_the_future_even_just_after_midnight(patient: DemoPatient) -> None:
    midnight = datetime(2026, 3, 2, 0, 1, tzinfo=UTC)
    stated = [
        node[key]
        for node in walk(patient.bundle(midnight))
        for key in ("effectiveDateTime", "recordedDate", "authored", "performedDateTime", "timestamp")
        if key in node
    ]
    assert stated
    assert [text for text in stated if text > midnight.isoformat()[: len(text)]] == []


@EVERY_PATIENT
def test_measures_in_ucum_units_but_where_the_story_is_a_fault(patient: DemoPatient) -> None:
    measured = [node["valueQuantity"] for node in walk(patient.bundle(AS_OF)) if "valueQuantity" in node]
    without = [one for one in measured if one.get("system") != "http://unitsofmeasure.org"]
    assert len(without) == (1 if patient.id == "faulty-record" else 0)


@pytest.mark.parametrize(
    ("patient", "finding", "days_ago"),
    [
        ("cord-compression", "new-neurologic-deficit", 0),
        ("high-grade-no-deficit", "new-neurologic-deficit", 0),
        ("augmentation-deferred", "new-neurologic-deficit", 2),
        ("posterior-wall", "new-neurologic-deficit", 1),
        ("two-primaries", "new-neurologic-deficit", 2),
        ("infected", "new-neurologic-deficit", 1),
    ],
)
def test_examines_the_patient_when_the_story_says(patient: str, finding: str, days_ago: int) -> None:
    (found,) = [
        observation
        for observation in resources(DemoPatients().find(patient), "Observation")
        if observation["code"]["coding"][0]["code"] == finding
    ]
    assert found["effectiveDateTime"][:10] == (AS_OF - timedelta(days=days_ago)).date().isoformat()


def test_every_file_is_listed_and_every_listed_patient_has_a_file() -> None:
    stems = {child.name.removesuffix(".json") for child in FOLDER.iterdir()} - {"index"}
    assert stems == {patient.id for patient in PATIENTS}


def test_at_least_twelve_patients_each_tell_a_story() -> None:
    assert len(PATIENTS) >= 12
    assert len({patient.title for patient in PATIENTS}) == len(PATIENTS)
    for patient in PATIENTS:
        assert patient.title
        assert len(patient.story) <= 120
        assert patient.look_for


def test_counts_dates_from_the_moment_of_serving() -> None:
    patient = DemoPatient("x", "", "", "", '{"dates": ["@-3d", "@-3dT09:30", "@+9dT10:00", "1957-03-09"]}')
    assert patient.bundle(AS_OF)["dates"] == [
        "2026-02-27",
        "2026-02-27T09:30:00+00:00",
        "2026-03-11T10:00:00+00:00",
        "1957-03-09",
    ]


def test_counts_days_in_the_time_zone_of_the_clock() -> None:
    patient = DemoPatient("x", "", "", "", '{"dates": ["@-1d", "@-1dT09:30"]}')
    late = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=9)))
    assert patient.bundle(late)["dates"] == ["2026-03-01", "2026-03-01T09:30:00+09:00"]


def test_keeps_birth_dates() -> None:
    born = resources(DemoPatients().find("stable-t10"), "Patient")[0]["birthDate"]
    assert born == "1957-03-09"


def test_serves_the_codes_of_the_site_s_own_base() -> None:
    served = json.dumps(DemoPatients("https://codes.example.org").find("stable-t10").bundle(AS_OF))
    assert "https://codes.example.org/CodeSystem/observable" in served
    assert CANONICAL_BASE not in served


def test_refuses_a_patient_that_is_not_listed() -> None:
    with pytest.raises(NotFoundError):
        DemoPatients().find("index")


@EVERY_PATIENT
def test_asks_as_an_ehr_does_on_opening_a_chart(patient: DemoPatient) -> None:
    request = patient.hook_request(AS_OF)
    assert request["hook"] == "patient-view"
    assert "hookInstance" not in request
    assert request["context"]["patientId"] == request["prefetch"]["patient"]["id"]
    assert set(request["prefetch"]) == {
        "patient",
        "conditions",
        "observations",
        "procedures",
        "medications",
        "bodyStructures",
        "questionnaireResponses",
    }
    sent = 1
    for key, searchset in request["prefetch"].items():
        if key == "patient" or searchset is None:
            continue
        Bundle.model_validate_json(json.dumps(searchset))
        assert searchset["type"] == "searchset"
        assert searchset["total"] == len(searchset["entry"]) > 0
        sent += searchset["total"]
    assert sent == len(patient.bundle(AS_OF)["entry"])


def test_sends_null_for_what_the_record_does_not_hold() -> None:
    prefetch = DemoPatients().find("region-only").hook_request(AS_OF)["prefetch"]
    assert prefetch["procedures"] is None
    assert prefetch["bodyStructures"] is None
    assert prefetch["conditions"]["total"] == 2


def test_sends_a_body_structure_and_a_form_where_the_record_holds_them() -> None:
    patients = DemoPatients()
    three = patients.find("three-lesions").hook_request(AS_OF)["prefetch"]
    form = patients.find("questionnaire").hook_request(AS_OF)["prefetch"]
    assert three["bodyStructures"]["total"] == 1
    assert form["questionnaireResponses"]["total"] == 1
