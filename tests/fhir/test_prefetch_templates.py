"""Prefetch templates are made of the codes that the reader can use (contract 3, R37 to R49)."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.fhir.codes import CodeBook, code_book
from app.fhir.queries import MAX_TEMPLATE, prefetch_templates
from app.knowledge.findings import FINDINGS, PANELS
from tests.fhir.records import BASE, KNOWLEDGE, LOINC, OBSERVABLE, ORDER, SNOMED, Json

KEYS = {
    "patient": "Patient",
    "conditions": "Condition",
    "observations": "Observation",
    "procedures": "Procedure",
    "medications": "MedicationRequest",
    "bodyStructures": "BodyStructure",
    "questionnaireResponses": "QuestionnaireResponse",
}
SITE = "https://a.example"


def templates(book: CodeBook) -> dict[str, str]:
    return dict(prefetch_templates(book, KNOWLEDGE))


def parameters(template: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in template.partition("?")[2].split("&")]
    assert len({name for name, _, _ in pairs}) == len(pairs), "R47 a parameter is repeated"
    return {name: value for name, _, value in pairs}


def own_codes(tmp_path: Path, target: str, *pairs: tuple[str, str]) -> CodeBook:
    elements: list[Json] = [
        {"code": own, "target": [{"code": code, "equivalence": "equal"}]} for own, code in pairs
    ]
    groups = [{"source": SITE, "target": target, "element": elements}]
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": groups}), encoding="utf-8")
    return code_book(BASE, path)


def few(book: CodeBook) -> CodeBook:
    """The same book with so few findings that all their codes have room in a template."""
    kept = [(OBSERVABLE, "spinal-pain"), (OBSERVABLE, "limb-pain"), (LOINC, "72514-3")]
    return replace(book, observables={code: book.observables[code] for code in kept})


PLAIN = code_book(BASE)
BOOKS = {
    "default": PLAIN,
    "few": few(PLAIN),
    "short": code_book("u:x"),
    "long": code_book("https://" + "long." * 60 + "example"),
}


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_every_need_has_one_template_of_its_type(book: CodeBook) -> None:
    found = templates(book)
    assert found.keys() == KEYS.keys()
    for key, template in found.items():
        assert re.match(rf"{KEYS[key]}[/?]", template)
        assert len(template) <= 2_000, key
        assert not re.search(r"\s", template)


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_r39_r41_the_only_token_is_the_patient(book: CodeBook) -> None:
    for template in templates(book).values():
        assert re.findall(r"\{\{.*?\}\}", template) == ["{{context.patientId}}"]
        assert "{" not in template.replace("{{context.patientId}}", "")


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_r44_r47_every_search_asks_for_the_patient_and_repeats_no_parameter(book: CodeBook) -> None:
    found = templates(book)
    assert found.pop("patient") == "Patient/{{context.patientId}}"
    for template in found.values():
        asked = parameters(template)
        assert asked["patient"] == "{{context.patientId}}"
        assert asked.keys() <= {"patient", "code", "category", "status", "questionnaire"}
        assert all(asked.values())


def test_conditions_and_structures_are_asked_for_without_a_filter() -> None:
    found = templates(PLAIN)
    assert parameters(found["conditions"]).keys() == {"patient"}
    assert parameters(found["bodyStructures"]).keys() == {"patient"}


def test_observations_are_asked_for_by_every_code_where_a_site_has_its_own(tmp_path: Path) -> None:
    book = own_codes(tmp_path, OBSERVABLE, ("PAIN", "spinal-pain"))
    asked = parameters(templates(book)["observations"])["code"].split(",")
    # A code without its system matches that code of any system (R4, search, token).
    own = {code for system, code in PLAIN.observables if system == OBSERVABLE}
    standard = {f"{system}|{code}" for system, code in PLAIN.observables if system != OBSERVABLE}
    assert set(asked) == own | set(PANELS) | standard | {f"{SITE}|PAIN"}
    assert len(asked) == len(set(asked))


def test_observations_are_asked_for_by_category_elsewhere() -> None:
    asked = parameters(templates(PLAIN)["observations"])
    assert asked.keys() == {"patient", "category"}
    categories = asked["category"].split(",")
    assert len(categories) == len(set(categories))
    for finding in FINDINGS.values():
        assert set(finding.category) <= set(categories), finding.code
        assert finding.category


def test_the_longest_template_is_the_limit(tmp_path: Path) -> None:
    shortest = templates(own_codes(tmp_path, OBSERVABLE, ("x", "spinal-pain")))["observations"]
    room = MAX_TEMPLATE - len(shortest) + 1
    fits = own_codes(tmp_path, OBSERVABLE, ("x" * room, "spinal-pain"))
    assert len(templates(fits)["observations"]) == MAX_TEMPLATE
    tight = own_codes(tmp_path, OBSERVABLE, ("x" * (room + 1), "spinal-pain"))
    assert "category=" in templates(tight)["observations"]


def test_responses_are_all_asked_for_where_the_canonical_base_is_too_long() -> None:
    book = code_book("https://" + "long." * 200 + "example")
    assert parameters(templates(book)["questionnaireResponses"]).keys() == {"patient"}


def test_the_codes_of_a_site_enter_the_templates(tmp_path: Path) -> None:
    book = few(own_codes(tmp_path, OBSERVABLE, ("PAIN", "spinal-pain")))
    assert f"{SITE}|PAIN" in parameters(templates(book)["observations"])["code"].split(",")
    book = own_codes(tmp_path, ORDER, ("CEMENT", "vertebroplasty"))
    assert f"{SITE}|CEMENT" in parameters(templates(book)["procedures"])["code"].split(",")
    book = own_codes(tmp_path, SNOMED, ("IRRADIATION", "108290001"))
    assert f"{SITE}|IRRADIATION" in parameters(templates(book)["procedures"])["code"].split(",")


def test_the_codes_of_a_site_for_a_panel_enter_the_template(tmp_path: Path) -> None:
    book = few(own_codes(tmp_path, OBSERVABLE, ("SINS-FORM", "sins")))
    assert f"{SITE}|SINS-FORM" in parameters(templates(book)["observations"])["code"].split(",")


def test_codes_of_a_site_that_are_answers_or_sites_enter_no_template(tmp_path: Path) -> None:
    book = own_codes(tmp_path, SNOMED, ("TH11", "12989004"))
    assert templates(book) == templates(PLAIN)


def test_procedures_are_asked_for_without_codes_where_they_are_too_long(tmp_path: Path) -> None:
    many = [(f"RADIOTHERAPY-{number:03}", "108290001") for number in range(100)]
    book = own_codes(tmp_path, SNOMED, *many)
    assert templates(book)["procedures"] == "Procedure?patient={{context.patientId}}"


@pytest.mark.parametrize("code", ["PAIN,T11", "PAIN|T11", "PAIN&category=x", "PAIN T11", "PAIN#1"])
def test_the_signs_of_a_search_are_escaped_in_the_codes_of_a_site(tmp_path: Path, code: str) -> None:
    book = few(own_codes(tmp_path, OBSERVABLE, (code, "spinal-pain")))
    template = templates(book)["observations"]
    assert code not in template
    assert parameters(template).keys() == {"patient", "code"}


def test_r49_medications_are_asked_for_while_they_are_taken() -> None:
    asked = parameters(templates(PLAIN)["medications"])
    assert asked == {"patient": "{{context.patientId}}", "status": "active"}


def test_responses_are_asked_for_by_the_services_questionnaires() -> None:
    asked = parameters(templates(PLAIN)["questionnaireResponses"])
    assert asked["questionnaire"].split(",") == [
        f"{BASE}/Questionnaire/{code}" for code in KNOWLEDGE.instruments
    ]


def test_every_standard_code_stands_beside_its_system() -> None:
    for system, code in PLAIN.observables:
        assert system in (LOINC, SNOMED, OBSERVABLE)
        assert code
