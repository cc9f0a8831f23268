"""Searches over a file, as a FHIR server would answer them."""

from typing import Any

import pytest

from app.call.record import Record
from app.call.search import SearchError, search
from tests.call.foreign_service import coding, record, resource

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
LOINC, LOCAL = "http://loinc.org", "https://example.org/local"


def observation(name: str, code: str, **members: Any) -> dict[str, Any]:
    return resource("Observation", name, code=coding(code), status="final", **members)


RECORD = record(
    observation(
        "o-1", "8867-4", category=[coding("exam", CLINICAL)], effectiveDateTime="2026-03-01T10:00:00Z"
    ),
    observation("o-2", "718-7", category=[coding("laboratory")], effectiveDateTime="2026-03-02"),
    observation("o-3", "8867-4", effectivePeriod={"start": "2026-02-01", "end": "2026-02-28"}),
    observation("o-4", "4548-4", effectiveDateTime="yesterday") | {"status": "amended"},
    observation("o-5", "8867-4", subject={"reference": "Patient/p-2"}),
    resource(
        "Observation", "o-6", code={"coding": [{"system": LOCAL, "code": "a|b,c$d\\e"}]}, status="final"
    ),
    resource("Observation", "o-7", code={"coding": [{"code": "bare"}]}, status="final"),
    resource("Condition", "c-1", clinicalStatus=coding("active", CLINICAL), code=coding("1", LOCAL)),
    resource("Condition", "c-2", clinicalStatus=coding("resolved", CLINICAL), code={"text": "no coding"}),
    resource("BodyStructure", "b-1")
    | {"subject": None, "patient": {"reference": "https://x.org/r4/Patient/p-1"}},
    resource("MedicationRequest", "m-1", status="active", medicationCodeableConcept=coding("7", LOCAL)),
    resource("QuestionnaireResponse", "q-1", questionnaire="https://example.org/Questionnaire/sins|1.0"),
    resource("QuestionnaireResponse", "q-2", questionnaire="https://example.org/Questionnaire/other"),
    resource(
        "Encounter", "e-1", type=[coding("visit", LOCAL)], period={"start": "2026-01-01"}, status="finished"
    ),
    {
        "resourceType": "Appointment",
        "id": "a-1",
        "participant": [{}, {"actor": {"reference": "Patient/p-1"}}],
    },
    {"resourceType": "Task", "id": "t-1", "for": {"reference": "Patient/p-1"}},
)


def found(query: str, whole: Record = RECORD) -> str:
    kind, _, parameters = query.partition("?")
    entries, ignored = search(whole, kind, parameters)
    return " ".join([*(entry.resource["id"] for entry in entries), *(f"!{name}" for name in ignored)])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        # whose
        ("Observation?patient=p-1", "o-1 o-2 o-3 o-4 o-6 o-7"),
        ("Observation?patient=Patient/p-1", "o-1 o-2 o-3 o-4 o-6 o-7"),
        ("Observation?subject=Patient%2Fp-2", "o-5"),
        ("Observation?subject:Patient=p-2", "o-5"),
        ("Observation?patient=https://fhir.example.org/Patient/p-2", "o-5"),
        ("Observation?patient=p-2,p-1&code=8867-4", "o-1 o-3 o-5"),
        ("Observation?patient=p-3", ""),
        ("BodyStructure?patient=p-1", "b-1"),
        ("Appointment?patient=p-1", "a-1"),
        ("Task?patient=p-1", "t-1"),
        ("Patient?_id=p-1", "p-1"),
        ("Patient?_id=p-2", ""),
        ("Observation?_id=o-1,o-2", "o-1 o-2"),
        ("Observation", "o-1 o-2 o-3 o-4 o-5 o-6 o-7"),
        ("Observation?", "o-1 o-2 o-3 o-4 o-5 o-6 o-7"),
        ("Immunization?patient=p-1", ""),
        # codes
        ("Observation?patient=p-1&code=8867-4", "o-1 o-3"),
        (f"Observation?code={LOINC}|718-7", "o-2"),
        (f"Observation?code={LOCAL}|718-7", ""),
        (f"Observation?code={LOINC}%7C718-7%2C{LOINC}%7C4548-4", "o-2 o-4"),
        ("Observation?code=718-7,4548-4", "o-2 o-4"),
        ("Observation?code=718", ""),
        (f"Observation?code={LOCAL}|", "o-6"),
        ("Observation?code=|bare", "o-7"),
        ("Observation?code=|718-7", ""),
        (r"Observation?code=a\|b\,c\$d\\e", "o-6"),
        (f"Observation?code={LOCAL}|a%5C%7Cb%5C%2Cc%5C%24d%5C%5Ce", "o-6"),
        ("Observation?code=a|b,c$d\\e", ""),
        ("Observation?category=laboratory,exam", "o-1 o-2"),
        ("Observation?status=amended", "o-4"),
        ("Observation?status=http://hl7.org/fhir/observation-status|amended", "o-4"),
        ("Condition?clinical-status=active", "c-1"),
        (f"Condition?clinical-status={CLINICAL}|active,{CLINICAL}|resolved", "c-1 c-2"),
        (f"Condition?patient=p-1&code={LOCAL}|1", "c-1"),
        ("MedicationRequest?patient=p-1&status=active", "m-1"),
        (f"MedicationRequest?code={LOCAL}|7", "m-1"),
        ("Encounter?type=visit", "e-1"),
        # questionnaires
        ("QuestionnaireResponse?questionnaire=https://example.org/Questionnaire/sins", "q-1"),
        ("QuestionnaireResponse?questionnaire=https://example.org/Questionnaire/sins|1.0", "q-1"),
        ("QuestionnaireResponse?questionnaire=https://example.org/Questionnaire/sins|2.0", ""),
        # both of two parameters, also of the same name
        ("Observation?code=8867-4&patient=p-1&date=ge2026-03-01", "o-1"),
        ("Observation?date=ge2026-02-10&date=lt2026-03-01", "o-3"),
        # what is not known is ignored and named
        (
            "Observation?patient=p-2&_count=5&_sort=-date&_include=Observation:subject",
            "o-5 !_count !_sort !_include",
        ),
        (
            "Observation?code:in=x&patient.name=y&value-quantity=5&_id=o-1",
            "o-1 !code:in !patient.name !value-quantity",
        ),
        ("Condition?date=2026&_id=c-1", "c-1 !date"),
    ],
)
def test_a_search_finds_what_a_server_would(query: str, names: str) -> None:
    assert found(query) == names


# The only Observation of a day in March: 2026-03-15T10:00:00Z.
@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("2026-03-15", True),
        ("eq2026-03-15", True),
        ("2026-03", True),
        ("2026", True),
        ("2025", False),
        ("2026-03-14", False),
        ("2026-03-15T10:00:00Z", True),
        ("2026-03-15T11:00:00%2B01:00", True),
        ("2026-03-15T11:00:00+01:00", True),
        ("2026-03-15T10:00:00", True),
        ("2026-03-15T10:00Z", True),
        ("2026-03-15T10:01Z", False),
        ("2026-03-15T10:00:00.5Z", False),
        ("ne2026-03-15", False),
        ("ne2026-03-14", True),
        ("gt2026-03-14", True),
        ("gt2026-03-15", False),
        ("ge2026-03-15", True),
        ("ge2026-03-16", False),
        ("lt2026-03-16", True),
        ("lt2026-03-15", False),
        ("le2026-03-15", True),
        ("le2026-03-14", False),
        ("sa2026-03-14", True),
        ("sa2026-03-15", False),
        ("eb2026-03-16", True),
        ("eb2026-03-15", False),
        ("2024,2026", True),
        ("2024,2025", False),
        ("9999-12-31", False),
        ("le9999-12-31", True),
        ("lt9999", True),
        ("2025-12", False),
    ],
)
def test_a_date_is_compared_as_fhir_says(value: str, fits: bool) -> None:
    whole = record(observation("o-1", "8867-4", effectiveDateTime="2026-03-15T10:00:00Z"))
    assert found(f"Observation?date={value}", whole) == ("o-1" if fits else "")


@pytest.mark.parametrize(
    ("period", "value", "fits"),
    [
        ({"start": "2026-03-01"}, "gt2026-12-31", True),
        ({"end": "2026-03-01"}, "lt2000", True),
        ({"start": "2026-03-01"}, "2026", False),
        ({"start": "2026-03-01", "end": "2026-03-05"}, "2026-03", True),
        ({}, "ne2026", False),
        ({"start": "soon"}, "ne2026", False),
    ],
)
def test_a_period_is_open_where_a_side_is_missing(period: dict[str, str], value: str, fits: bool) -> None:
    whole = record(resource("Encounter", "e-1", period=period))
    assert found(f"Encounter?date={value}", whole) == ("e-1" if fits else "")


@pytest.mark.parametrize(
    "query",
    [
        "Observation?date=soon",
        "Observation?date=2026-13",
        "Observation?date=2026-02-30",
        "Observation?date=ap2026",
        "Observation?date=0001-01-01T00:00:00%2B14:00",
        "Observation?code=",
        "Observation?patient",
        "Observation?unknown=",
    ],
)
def test_a_search_that_a_server_would_refuse_is_refused(query: str) -> None:
    with pytest.raises(SearchError):
        found(query)
