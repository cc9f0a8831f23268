"""An anticoagulant on record: read from prescriptions and statements, with the entry that says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.assess import assess
from app.fhir.codes import code_book
from app.fhir.reader import Reader
from tests.fhir.records import (
    AS_OF,
    BASE,
    KNOWLEDGE,
    PATIENT,
    RECENT,
    Json,
    assessed,
    bundle,
    concept,
    patient,
    reference,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SITE = "https://a-hospital.example/medicines"
# Written down here and not taken from the service.
ANTICOAGULANTS = {
    "11289": "warfarin",
    "114194": "warfarin sodium",
    "1364430": "apixaban",
    "1114195": "rivaroxaban",
    "1037045": "dabigatran etexilate 150 mg capsule",
    "67108": "enoxaparin",
    "5224": "heparin",
}
# Denosumab, morphine, tramadol, and ingredients whose codes nobody has verified.
OTHERS = ("993452", "7052", "10689", "1599538", "321208", "67109")


def prescription(*codes: str, kind: str = "MedicationRequest", **members: Any) -> Json:
    found: Json = {
        "resourceType": kind,
        "id": "m1",
        "status": "active",
        "intent": "order",
        "subject": reference(f"Patient/{PATIENT}"),
        "medicationCodeableConcept": concept(*((RXNORM, code) for code in codes)),
        "authoredOn": RECENT,
    }
    return {key: value for key, value in (found | members).items() if value is not None}


def taken(*resources: Json) -> list[tuple[str, str | None]]:
    """The entries that state an anticoagulant, each with its date."""
    facts = assessed(*resources).whole_patient.usable("anticoagulant")
    assert all(fact.value == frozenset({"present"}) for fact in facts)
    return [(fact.source.reference, fact.source.effective) for fact in facts]


ENTRY = [("MedicationRequest/m1", RECENT)]


@pytest.mark.parametrize("code", ANTICOAGULANTS)
def test_a_prescription_states_it_with_its_entry_and_date(code: str) -> None:
    assert taken(prescription(code)) == ENTRY
    assert taken(prescription("999999", code)) == ENTRY
    statement = prescription(code, kind="MedicationStatement", intent=None)
    assert [name for name, _ in taken(statement)] == ["MedicationStatement/m1"]


@pytest.mark.parametrize("code", OTHERS)
def test_another_medicine_is_none(code: str) -> None:
    assert taken(prescription(code)) == []


def test_a_text_or_a_code_of_another_system_is_never_guessed_at() -> None:
    assert taken(prescription(medicationCodeableConcept={"text": "warfarin 5 mg"})) == []
    assert taken(prescription(medicationCodeableConcept=concept((SITE, "11289")))) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", True),
        ("on-hold", True),
        ("unknown", True),
        ("completed", False),
        ("draft", False),
        ("stopped", False),
        ("cancelled", False),
        ("entered-in-error", False),
        (None, False),
    ],
)
def test_only_what_is_taken_counts(status: str | None, expected: bool) -> None:
    assert taken(prescription("11289", status=status)) == (ENTRY if expected else [])


def test_a_completed_course_of_denosumab_counts_where_an_anticoagulant_does_not() -> None:
    """The one lasts, the other is over with its course."""
    completed = [
        prescription("993452", status="completed"),
        prescription("11289", id="m2", status="completed"),
    ]
    facts = assessed(*completed).whole_patient
    assert [fact.source.reference for fact in facts.usable("denosumab")] == ["MedicationRequest/m1"]
    assert facts.usable("anticoagulant") == ()


@pytest.mark.parametrize(
    "members",
    [
        {"doNotPerform": True},
        {"modifierExtension": [{"url": "https://a.example/not"}]},
        {"implicitRules": "https://a.example/rules"},
        {"subject": {"display": "Milan R."}},
        {"subject": None},
    ],
)
def test_what_says_another_thing_or_proves_no_patient_states_none(members: Json) -> None:
    assert taken(prescription("11289", **members)) == []


def test_two_entries_are_both_kept_and_an_undated_one_has_no_date() -> None:
    undated = prescription("1364430", id="m2", authoredOn=None)
    assert sorted(taken(prescription("11289"), undated), key=str) == [*ENTRY, ("MedicationRequest/m2", None)]


def test_a_site_maps_its_own_medicine(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    targets = [{"code": "11289", "equivalence": "equal"}]
    group = {"source": SITE, "target": RXNORM, "element": [{"code": "COUM", "target": targets}]}
    mapped = {"resourceType": "ConceptMap", "status": "active", "group": [group]}
    path.write_text(json.dumps(mapped), encoding="utf-8")
    own = prescription(medicationCodeableConcept=concept((SITE, "COUM")))
    record = Reader(code_book(BASE, path), KNOWLEDGE).bundle(bundle([patient(), own]))
    facts = assess(record, AS_OF, KNOWLEDGE).whole_patient.usable("anticoagulant")
    assert [fact.source.reference for fact in facts] == ["MedicationRequest/m1"]
    assert taken(own) == []
