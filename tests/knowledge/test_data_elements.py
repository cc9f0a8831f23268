"""What the rules read is found by watching them, and so are the kinds of personal data among it."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace

import pytest

from app.assess.record import Record
from app.engine.criteria import Given
from app.engine.provenance import DefinitionError
from app.fhir import wire
from app.knowledge import Knowledge, load
from app.knowledge.data_elements import DataElement, PersonalData, element_of, read_by, uses
from app.knowledge.finding import PRESENT_ABSENT, Finding, Scope
from app.knowledge.findings import FINDINGS
from app.knowledge.lesion import Lesion
from app.knowledge.pathway import Pathway
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy

KNOWLEDGE = load(Policy())
ELEMENTS = {element.code: element for element in read_by(KNOWLEDGE)}
USED = {PersonalData.DATE_OF_BIRTH, PersonalData.HEALTH_STATUS}
HEALTH_STATUS = {
    "ambulatory",
    "ecog",
    "karnofsky",
    "life-expectancy-over-3-months",
    "limb-pain",
    "pain-score",
    "pain-visual-analogue-scale",
    "spinal-pain",
    "surgical-tolerance",
}
Read = Callable[[Case], Mapping[str, Given]]


def with_a_rule_that(read: Read) -> Knowledge:
    """The knowledge with one more pathway, which answers nothing and reads what it is told to."""
    one = next(iter(KNOWLEDGE.pathways.values()))
    added: Pathway = replace(one, code="another", read=read)
    return replace(KNOWLEDGE, pathways={**KNOWLEDGE.pathways, "another": added})


def looking_at(attribute: str) -> Read:
    def read(case: Case) -> Mapping[str, Given]:
        getattr(case.patient, attribute, None)
        return {}

    return read


def test_the_birth_date_and_health_status_are_used_and_nothing_else_of_a_person() -> None:
    assert {kind for kind, used in uses(ELEMENTS.values()).items() if used} == USED


def test_every_kind_of_personal_data_is_answered() -> None:
    assert set(uses(())) == set(PersonalData)
    assert not any(uses(()).values())


def test_what_counts_as_a_health_status_assessment() -> None:
    found = {code for code, element in ELEMENTS.items() if element.personal is PersonalData.HEALTH_STATUS}
    assert found == HEALTH_STATUS
    assert {code for code, e in ELEMENTS.items() if e.personal is PersonalData.DATE_OF_BIRTH} == {
        "patient.age"
    }


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        ("race", PersonalData.RACE),
        ("ethnicity", PersonalData.ETHNICITY),
        ("language", PersonalData.LANGUAGE),
        ("sexual_orientation", PersonalData.SEXUAL_ORIENTATION),
        ("gender_identity", PersonalData.GENDER_IDENTITY),
        ("sex", PersonalData.SEX),
        ("gender", PersonalData.SEX),
        ("social", PersonalData.SOCIAL_DETERMINANTS),
    ],
)
def test_a_rule_that_reads_another_kind_is_seen_to_use_it(attribute: str, kind: PersonalData) -> None:
    found = uses(read_by(with_a_rule_that(looking_at(attribute))))
    assert {kind for kind, used in found.items() if used} == USED | {kind}


@pytest.mark.parametrize(
    "look",
    [
        lambda case: case.patient.facts.get("housing"),
        lambda case: "housing" in case.patient.facts,
        lambda case: case.facts("housing"),
        lambda case: case.lesion.usable("housing"),
        lambda case: case.patient.may_be("housing"),
        lambda case: [lesion.facts.get("housing") for lesion in case.patient.lesions],
        # What is found by going through everything counts once its value is looked at.
        lambda case: [fact.value for listed in case.patient.facts.values() for fact in listed],
        # Only where something else is recorded.
        lambda case: case.may_be("escc-grade", "escc-3") and case.facts("housing"),
        lambda case: case.patient.primary.recorded and case.facts("housing"),
    ],
)
def test_a_finding_is_seen_however_it_is_reached(look: Callable[[Case], object]) -> None:
    def read(case: Case) -> Mapping[str, Given]:
        look(case)
        return {}

    housing = Finding(
        "housing", "Housing", Scope.PATIENT, "lasting", answers=PRESENT_ABSENT, category=("social-history",)
    )
    findings = {**FINDINGS, "housing": housing}
    assert "housing" not in {element.code for element in read_by(KNOWLEDGE, findings)}
    found = read_by(with_a_rule_that(read), findings)
    assert DataElement("housing", "Housing", PersonalData.SOCIAL_DETERMINANTS) in found
    assert uses(found)[PersonalData.SOCIAL_DETERMINANTS]


@pytest.mark.parametrize(("pathway", "used"), [("augmentation", True), ("noms", False)])
def test_the_birth_date_is_used_by_the_rules_that_ask_for_an_age(pathway: str, used: bool) -> None:
    only = {pathway: KNOWLEDGE.pathways[pathway]}
    found = read_by(replace(KNOWLEDGE, instruments={}, patient_scores={}, pathways=only))
    assert uses(found)[PersonalData.DATE_OF_BIRTH] is used


def test_every_reading_of_a_score_is_among_what_is_read() -> None:
    declared = {
        finding
        for instrument in KNOWLEDGE.instruments.values()
        for reading in instrument.readings
        for finding in reading.readings
    }
    assert declared <= set(ELEMENTS)


def test_nobody_has_to_guess_what_a_rule_reads() -> None:
    with pytest.raises(DefinitionError, match="of which nobody has said what it is"):
        read_by(with_a_rule_that(looking_at("postcode")))
    odd = Finding("odd", "Odd", Scope.PATIENT, "lasting", answers=PRESENT_ABSENT, category=("horoscope",))
    with pytest.raises(DefinitionError, match="horoscope"):
        element_of("odd", {"odd": odd})


@pytest.mark.parametrize(("kind", "name"), [(Patient, "patient"), (Lesion, "lesion")])
def test_every_attribute_that_rules_can_reach_is_named(kind: type[Patient | Lesion], name: str) -> None:
    for field in fields(kind):
        if field.name != "facts":
            assert element_of(f"{name}.{field.name}").label


def test_nothing_of_a_person_but_the_birth_date_is_read_from_a_patient_resource() -> None:
    # Version and time of change are for the record of the decision.
    assert set(wire.Patient.__struct_fields__) == {"id", "link", "birthDate", "raw_meta"}
    about = {field.name for field in fields(Record)}
    assert not about & {"sex", "gender", "race", "ethnicity", "language", "name", "address"}
