"""One bad entry never costs the rest, and never passes unseen."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assess import assess
from app.assess.result import Assessment
from app.errors import UnreadableError
from tests.fhir.records import (
    AS_OF,
    KNOWLEDGE,
    MILDEST,
    PATIENT,
    READER,
    Json,
    assessed,
    bundle,
    component,
    concept,
    condition,
    entry,
    everything_of,
    gaps,
    items,
    lesion_ids,
    observation,
    patient,
    quantity,
    read,
    reference,
    response,
    scores_of,
    site,
    spinal_lesion,
    structure,
)

RECORD: list[Json] = [
    patient(),
    *spinal_lesion("T11"),
    structure("b", "L3"),
    *items("L3", MILDEST, about="BodyStructure/b"),
    condition("f", site("femur", "7771000")),
    response("q", "mirels", {"site": "femur", "laterality": "left", "pain": "limb-pain-mild"}),
    observation("size", "cortical-destruction", quantity(70), bodySite=site("femur", "7771000")),
]
PROCEDURE: Json = {
    "resourceType": "Procedure",
    "id": "bad",
    "status": "completed",
    "subject": reference(f"Patient/{PATIENT}"),
}
# Each with the data need under which the gap must stand.
DAMAGED: list[tuple[str, Any]] = [
    ("resources", 5),
    ("resources", "text"),
    ("resources", None),
    ("resources", True),
    ("resources", []),
    ("resources", [{"resource": patient()}]),
    ("resources", {"resource": 5}),
    ("resources", {"resource": "Observation"}),
    ("resources", {"resource": []}),
    ("resources", {"resource": {}}),
    ("resources", {"resource": {"id": "x"}}),
    ("resources", {"resource": {"resourceType": None}}),
    ("resources", {"resource": {"resourceType": 7}}),
    ("observations", {"resource": {"resourceType": "Observation", "subject": "Patient/p1"}}),
    ("resources", {"fullUrl": 5, "resource": observation("bad", "spinal-pain", "pain-free", at="L3")}),
    ("resources", entry(observation("bad", "spinal-pain", "pain-free", at="L3"), search="match")),
    ("conditions", entry(condition("bad", "L3", clinicalStatus="active"))),
    ("conditions", entry(condition("bad", "L3") | {"bodySite": site("L3")})),
    ("conditions", entry(condition("bad", "L3", onsetDateTime=7))),
    ("conditions", entry(condition("bad", "L3", code={"coding": "x"}))),
    ("observations", entry(observation("bad", "spinal-pain", "pain-free", at="L3", status=1))),
    ("observations", entry(observation("bad", "spinal-pain", "pain-free") | {"bodySite": [site("L3")]})),
    ("observations", entry(observation("bad", "spinal-pain", "pain-free") | {"focus": reference("x")})),
    ("observations", entry(observation("bad", "pain-score", {"valueInteger": "7"}))),
    ("observations", entry(observation("bad", "spinal-pain", {"valueString": "severe"}, at="L3"))),
    ("observations", entry(observation("bad", "spinal-pain", "no-such-answer", at="L3"))),
    ("observations", entry(observation("bad", "vertebral-height-loss", quantity(1e9), at="L3"))),
    ("procedures", entry(PROCEDURE | {"bodySite": site("L3")})),
    ("bodyStructures", entry(structure("bad", "L3", active="yes"))),
    ("questionnaireResponses", entry(response("bad", "sins", {}, item={"linkId": "pain"}))),
    ("patient", entry(patient(link={"type": "seealso"}))),
]


def points_of(found: Assessment) -> dict[str, dict[str, Any]]:
    """What every score leaves possible, but for whether that is settled."""
    scores = scores_of(found)
    return {
        lesion: {code: score and (score[0], score[2]) for code, score in held.items()}
        for lesion, held in scores.items()
    }


def settles_something_calm(found: Assessment) -> bool:
    """Whether a score of a lesion is settled as anything but the worst."""
    scores = [scored for held in found.lesions for scored in held.scores]
    return any(
        scored.settled and scored.result is not None and scored.result.bands != (scored.instrument.alarm,)
        for scored in scores
    )


def named(damage: Any) -> str:
    return json.dumps(damage)[:60]


@pytest.mark.parametrize(("need", "damage"), DAMAGED, ids=[named(damage) for _, damage in DAMAGED])
def test_a_damaged_entry_costs_itself_only_and_is_named(need: str, damage: Any) -> None:
    whole = assessed(*RECORD[1:])
    found = assessed(*RECORD[1:], damage)
    assert points_of(found) == points_of(whole)
    assert settles_something_calm(whole)
    assert settles_something_calm(found) == (found.unavailable <= {"patient"})
    assert gaps(found, need)
    assert set(found.gaps) > set(whole.gaps)


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(DAMAGED), min_size=1, max_size=4),
    st.lists(st.integers(0, len(RECORD)), min_size=4, max_size=4),
)
def test_damage_anywhere_leaves_every_other_finding_as_it_was(
    damages: list[tuple[str, Any]], places: list[int]
) -> None:
    entries: list[Any] = list(RECORD)
    for (_, damage), place in zip(damages, places, strict=False):
        entries.insert(place, damage)
    found = assess(READER.bundle(bundle(entries)), AS_OF, KNOWLEDGE)
    assert points_of(found) == points_of(assessed(*RECORD[1:]))
    assert {need for need, _ in damages} <= {gap.need for gap in found.gaps}
    assert not found.complete


@settings(max_examples=200)
@given(st.integers(0, len(RECORD)), st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_no_json_value_as_an_entry_breaks_the_reading(place: int, value: Any) -> None:
    entries: list[Any] = list(RECORD)
    entries.insert(place, value)
    found = assess(READER.bundle(bundle(entries)), AS_OF, KNOWLEDGE)
    assert points_of(found) == points_of(assessed(*RECORD[1:]))
    assert gaps(found, "resources")


@pytest.mark.parametrize(
    "code",
    [concept(("https://fhir.spine-mets-cds.org/CodeSystem/observable", "sins")), {"text": "items"}],
    ids=["panel", "another code"],
)
def test_a_damaged_panel_is_named(code: Json) -> None:
    parts = [component("spinal-pain", "pain-mechanical")]
    panel = observation("panel", None, None, at="T11", code=code, component=parts, status=7)
    assert gaps(read(panel), "observations")


def test_a_damaged_observation_of_something_else_is_no_gap() -> None:
    other = observation("o", None, {"valueInteger": "7"}, code={"coding": [{"code": "mood"}]})
    assert read(other).gaps == ()


@pytest.mark.parametrize("empty", [{}, {"fullUrl": "urn:uuid:1"}, {"response": {"status": "204"}}])
def test_an_entry_without_a_resource_is_no_fault(empty: Json) -> None:
    assert everything_of(assessed(*RECORD[1:], empty)) == everything_of(assessed(*RECORD[1:]))


@pytest.mark.parametrize("members", [{}, {"entry": None}, {"entry": []}, {"type": 5}, {"id": 5}, {"meta": 5}])
def test_a_bundle_without_entries_holds_nothing(members: Json) -> None:
    body = json.dumps({"resourceType": "Bundle"} | members).encode()
    assert lesion_ids(assess(READER.bundle(body), AS_OF, KNOWLEDGE)) == set()


@pytest.mark.parametrize(
    "members",
    [
        {"entry": {}},
        {"entry": "x"},
        {"total": "5"},
        {"total": 1.5},
        {"link": {}},
        {"link": [5]},
        {"link": [{"relation": 5}]},
    ],
)
def test_a_bundle_with_a_member_of_the_wrong_type_is_read_or_refused(members: Json) -> None:
    body = json.dumps({"resourceType": "Bundle"} | members).encode()
    try:
        record = READER.bundle(body)
    except UnreadableError:
        return
    assert record.gaps


# -- Bundles in Bundles, and types that are not read --------------------------------------------------


def nested(*entries: Any) -> Json:
    held = [entry(e) if isinstance(e, dict) and "resourceType" in e else e for e in entries]
    return {"resourceType": "Bundle", "type": "searchset", "entry": held}


def test_a_bundle_in_a_bundle_is_read() -> None:
    assert everything_of(assessed(nested(*RECORD[1:]))) == everything_of(assessed(*RECORD[1:]))
    assert everything_of(assessed(nested(nested(*RECORD[1:])))) == everything_of(assessed(*RECORD[1:]))


def test_a_damaged_entry_in_a_nested_bundle_costs_itself_only() -> None:
    found = assessed(nested(*RECORD[1:], 5))
    assert points_of(found) == points_of(assessed(*RECORD[1:]))
    assert found.gaps


def test_a_damaged_resource_in_a_nested_bundle_costs_itself_only() -> None:
    found = assessed(nested(*RECORD[1:], condition("bad", "L3", clinicalStatus="active")))
    assert points_of(found) == points_of(assessed(*RECORD[1:]))
    assert gaps(found, "conditions")


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Practitioner", "id": "x", "name": [{"family": "Doe"}]},
        {"resourceType": "Organization", "id": "x"},
        {"resourceType": "Medication", "id": "x", "code": {"text": "x"}},
        {"resourceType": "Encounter", "id": "x", "subject": reference(f"Patient/{PATIENT}")},
        {"resourceType": "AllergyIntolerance", "id": "x", "patient": reference(f"Patient/{PATIENT}")},
        {"resourceType": "MedicationRequest", "id": "x", "subject": reference(f"Patient/{PATIENT}")},
        {"resourceType": "Binary", "id": "x", "contentType": "text/plain", "data": "eA=="},
        {"resourceType": "NoSuchType", "id": "x"},
        {"resourceType": "observation", "id": "x"},
    ],
)
def test_f08_a_type_that_is_not_read_changes_nothing(resource: Json) -> None:
    assert everything_of(assessed(*RECORD[1:], resource)) == everything_of(assessed(*RECORD[1:]))


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Questionnaire", "id": "x", "status": "active", "code": [{"code": "y"}]},
        {"resourceType": "PractitionerRole", "id": "x", "code": [{"text": "surgeon"}]},
        {"resourceType": "Account", "id": "x", "subject": [reference(f"Patient/{PATIENT}")]},
        {"resourceType": "SearchParameter", "id": "x", "status": "active", "code": "y"},
        {"resourceType": "Parameters", "parameter": [{"name": "patient"}], "id": "x", "code": ["y"]},
    ],
)
def test_f08_a_valid_resource_of_another_shape_is_no_gap(resource: Json) -> None:
    assert everything_of(assessed(*RECORD[1:], resource)) == everything_of(assessed(*RECORD[1:]))


# -- other shapes of R4, and other versions -----------------------------------------------------------


def test_f12_f13_shapes_of_other_versions_cost_themselves_only() -> None:
    stu3 = condition("stu3", "L3", clinicalStatus="active", verificationStatus="confirmed")
    r5 = structure("r5", None, includedStructure=[{"structure": site("L3")}])
    found = assessed(*RECORD[1:], stu3, r5)
    assert points_of(found) == points_of(assessed(*RECORD[1:]))
    assert gaps(found, "conditions")


@pytest.mark.parametrize(
    "members",
    [
        {"text": {"status": "empty", "div": ""}, "extension": [], "category": {"text": "x"}},
        {"code": concept(("http://snomed.info/sct", "94222008"), text="") | {"coding ": 3}},
        {"stage": [], "evidence": [{}], "note": "not an array", "abatementString": 4},
    ],
)
def test_j25_members_that_are_not_read_may_be_anything(members: Json) -> None:
    assert lesion_ids(assessed(condition("c", "T11") | members)) == {"T11"}


@pytest.mark.parametrize(
    "modified",
    [{"modifierExtension": [{"url": "https://a.example/not"}]}, {"implicitRules": "https://a.example/rules"}],
)
@pytest.mark.parametrize(
    ("need", "resource"),
    [
        ("conditions", condition("bad", "L3")),
        ("observations", observation("bad", "spinal-pain", "pain-free", at="L3")),
        ("bodyStructures", structure("bad", "L3")),
        ("questionnaireResponses", response("bad", "sins", {"level": "L3", "pain": "pain-free"})),
        ("procedures", PROCEDURE | {"code": {"text": "x"}}),
    ],
)
def test_f20_a_resource_with_an_unknown_modifier_is_set_aside_and_named(
    need: str, resource: Json, modified: Json
) -> None:
    found = assessed(condition("c", "T11"), resource | modified)
    assert lesion_ids(found) == {"T11"}
    (reason,) = gaps(found, need)
    assert reason == f"{resource['resourceType']}/bad carries a modifier this service does not know."
    assert found.unavailable == {need}


@pytest.mark.parametrize("nothing", [{"modifierExtension": []}, {"implicitRules": ""}])
def test_an_empty_modifier_modifies_nothing(nothing: Json) -> None:
    assert lesion_ids(assessed(condition("c", "T11") | nothing)) == {"T11"}
