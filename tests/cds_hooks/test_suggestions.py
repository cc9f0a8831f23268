"""What a lesion's card offers: drafts where a rule asks for them, and the score to file (R108 to R118)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.servicerequest import ServiceRequest

from app.assess.result import Assessment, LesionAssessment
from cds_hooks.card import Suggestion
from cds_hooks.suggestions import MAX_SUGGESTIONS
from tests.cds_hooks.card_schema import hollow
from tests.cds_hooks.suggested import (
    DEFICIT,
    FILMS,
    HIGH,
    HURTS,
    LEFT_SHAFT,
    LOW,
    MRI,
    NOMS_1,
    ORTHOPAEDICS,
    RADIATION,
    REQUESTS,
    SPINE,
    at_t5,
    labels,
    offered,
    offered_by,
    recommended,
    references,
    resource_of,
    t5,
    total,
)
from tests.fhir.records import (
    LEFT,
    WORST,
    Json,
    assessed,
    condition,
    items,
    patient,
    spinal_lesion,
    status_of,
)

# -- every suggestion ------------------------------------------------------------------------------------

RECORDS: Mapping[str, Sequence[Json]] = {
    "stable": t5(),
    "unstable": t5(WORST),
    "nothing but a site": [condition("t5", "T5")],
    "nothing but a region": [condition("t", "thoracic-spine")],
    "no site": [condition("nowhere")],
    "deficit": [*t5(WORST), DEFICIT],
    "deficit and no spinal lesion": [*HIGH, DEFICIT],
    "high-grade compression": [*t5(), at_t5("escc-grade", "escc-3")],
    "settled by NOMS": [*t5(**HURTS), *NOMS_1],
    "pain at a lytic lesion": t5(**HURTS, bone_lesion_quality="lesion-lytic"),
    "femur at high risk": HIGH,
    "femur without its size": HIGH[:-1],
    "humerus": [condition("h", "humerus"), *items("h", {"limb-pain": "limb-pain-mild"}, at="humerus")],
    "a bone of no score": [condition("i", "ilium")],
    "a bone not named": [condition("b", "bony-pelvis")],
    "three lesions": [*t5(WORST), *spinal_lesion("L4"), *HIGH, DEFICIT],
}


def everything(name: str) -> Iterator[tuple[Assessment, LesionAssessment, list[Suggestion]]]:
    found = assessed(*RECORDS[name])
    for held in found.lesions:
        yield found, held, offered_by(found, held.lesion.id, encounter="e-1")


@pytest.mark.parametrize("name", RECORDS)
def test_r114_r117_every_resource_is_valid_r4_with_an_id_and_of_this_patient(name: str) -> None:
    kinds: Mapping[str, Any] = {"ServiceRequest": ServiceRequest, "Observation": Observation}
    for _, _, found in everything(name):
        for suggestion in found:
            resource = resource_of(suggestion)
            assert kinds[resource["resourceType"]].model_validate(resource).id == resource["id"]
            assert resource["subject"] == {"reference": "Patient/p1"}
            assert list(hollow(resource)) == []


@pytest.mark.parametrize("name", RECORDS)
def test_r108_to_r113_every_suggestion_is_a_draft_of_one_step_described(name: str) -> None:
    for _, _, found in everything(name):
        assert len(found) <= MAX_SUGGESTIONS
        for suggestion in found:
            assert suggestion.label.startswith(("Draft: ", "File the score: "))
            (action,) = suggestion.actions or []
            assert action.type == "create"
            assert action.description.endswith(".")
            resource = resource_of(suggestion)
            if resource["resourceType"] == "ServiceRequest":
                assert (resource["status"], resource["intent"]) == ("draft", "proposal")
                assert resource["note"][0]["text"]


@pytest.mark.parametrize("name", RECORDS)
def test_they_refer_to_what_stands_in_the_record_and_to_nothing_else(name: str) -> None:
    known = {f"{one['resourceType']}/{one['id']}" for one in RECORDS[name]}
    for _, _, found in everything(name):
        for suggestion in found:
            named = set(references(resource_of(suggestion)))
            assert named <= known | {"Patient/p1", "Encounter/e-1", "#software"}


@pytest.mark.parametrize("name", RECORDS)
def test_r109_ids_are_lower_case_uuids_each_once_and_the_same_every_time(name: str) -> None:
    for found, held, first in everything(name):
        again = offered_by(found, held.lesion.id, encounter="e-1")
        assert msgspec.json.encode(first) == msgspec.json.encode(again)
        ids = [one for s in first for one in (s.uuid, resource_of(s)["id"])]
        assert len(set(ids)) == len(ids)
        assert all(str(UUID(one)) == one for one in ids)


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_of_the_patient_goes_into_them_but_references(name: str) -> None:
    whose = patient(name=[{"family": "Canary"}], birthDate="1961-03-07", identifier=[{"value": "canary-7"}])
    marked = json.loads(json.dumps(RECORDS[name]))
    for one in marked:
        one["code"]["text"] = "canary"
        one["note"] = [{"text": "canary"}]
    found = assessed(whose, *marked)
    for held in found.lesions:
        told = msgspec.json.encode(offered_by(found, held.lesion.id)).decode().lower()
        assert "canary" not in told
        assert "1961" not in told


def test_several_lesions_of_one_patient_keep_their_own_references() -> None:
    found = assessed(*RECORDS["three lesions"])
    spine = {r for s in offered_by(found, "T5") for r in references(resource_of(s))}
    assert {r for r in spine if r.startswith("Condition/")} == {"Condition/c-T5"}
    assert not any(r.startswith("Observation/L4") for r in spine)
    # But for the one study that is for both.
    first = {s.label: set(references(resource_of(s))) for s in offered_by(found, "L4")}
    assert {label for label, named in first.items() if "Condition/c-T5" in named} == {MRI}


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_asked_more_urgently_than_routine_says_why_before_what(name: str) -> None:
    for _, _, found in everything(name):
        for one in map(resource_of, found):
            if one["resourceType"] == "ServiceRequest" and one["priority"] != "routine":
                why, _, what = one["note"][0]["text"].partition("To settle")
                assert what or "Report: " in why
                assert re.search(r"\[[A-Z]+-?[0-9A-Za-z-]+\]", why)
                assert one["priority"] != "stat" or why.startswith("Emergency: ")
                # A rule is named with what it found, and never alone.
                assert not re.search(r"(^|[.] )\[?[A-Z]+-[0-9]+\]?[.]", why)


# -- nothing to ask ---------------------------------------------------------------------------------------


def test_a_lesion_that_is_settled_as_stable_has_its_score_to_file_and_nothing_else() -> None:
    (only,) = offered(*t5())
    assert only.label == "File the score: SINS 1"
    assert resource_of(only)["resourceType"] == "Observation"
    # Of one there is nothing to prefer.
    assert only.isRecommended is None


def test_les_6_disease_that_is_over_is_offered_nothing() -> None:
    record = t5(WORST)
    record[0]["clinicalStatus"] = status_of("clinical", "resolved")
    assert offered(*record) == []


def test_les_7_a_lesion_that_may_be_named_elsewhere_is_offered_nothing() -> None:
    region = condition("region", "thoracic-spine")
    assert offered(region, of="thoracic-spine")
    assert offered(region, *t5(WORST), of="thoracic-spine") == []


def test_without_a_patient_there_is_nobody_to_draft_for() -> None:
    found = assessed(*t5(WORST))
    assert offered_by(replace(found, patient=None), "T5") == []


# -- what is drafted already ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label", "record", "of"),
    [
        ("mri-whole-spine", MRI, t5(WORST), "T5"),
        ("referral-neurosurgery", SPINE, t5(WORST), "T5"),
        ("referral", SPINE, t5(WORST), "T5"),
        ("referral-radiation-oncology", RADIATION, t5(WORST), "T5"),
        ("referral-orthopaedics", ORTHOPAEDICS, HIGH, LEFT_SHAFT),
        ("radiograph-femur", FILMS, LOW[:1], LEFT_SHAFT),
    ],
)
def test_what_stands_among_the_drafts_is_not_offered_again(
    name: str, label: str, record: Sequence[Json], of: str
) -> None:
    before, after = labels(*record, of=of), labels(*record, of=of, drafted={name})
    assert label in before
    assert after == [one for one in before if one != label]


def test_a_condition_that_is_only_being_recorded_is_not_referred_to() -> None:
    for suggestion in offered(*t5(WORST), unsaved={"Condition/c-T5"}):
        assert "Condition/c-T5" not in set(references(resource_of(suggestion)))


# -- the score --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "of", "label"),
    [
        (t5(WORST), "T5", "File the score: SINS 16"),
        (t5(spinal_alignment=None), "T5", "File the score: SINS 1, 3 or 5"),
        (HIGH, LEFT_SHAFT, "File the score: Mirels 11"),
        # Nothing is recorded but where it is.
        ([condition("t5", "T5")], "T5", None),
        # Nothing is known for certain to be made for it, or is made for it.
        ([condition("b", "bony-pelvis"), *items("b", WORST, at="bony-pelvis")], "bony-pelvis", None),
        ([condition("i", "ilium")], "ilium", None),
    ],
)
def test_a_score_is_filed_where_it_applies_and_something_is_recorded(
    record: Sequence[Json], of: str, label: str | None
) -> None:
    scores = [one for one in labels(*record, of=of) if one not in REQUESTS]
    assert scores == ([label] if label else [])


@pytest.mark.parametrize(
    ("record", "of", "filed"),
    [
        ([*t5(), total("sins", 14, at="T5")], "T5", False),
        ([*t5(), total("sins", 7, at="T5")], "T5", False),
        ([*t5(), total("sins", 6, at="T5")], "T5", True),
        ([*LOW, total("mirels", 9, about=f"Condition/femur-{LEFT}")], LEFT_SHAFT, False),
        ([*LOW, total("mirels", 5, about=f"Condition/femur-{LEFT}")], LEFT_SHAFT, True),
    ],
)
def test_con_3_a_score_that_a_recorded_total_contradicts_is_not_filed(
    record: Sequence[Json], of: str, *, filed: bool
) -> None:
    assert any(label.startswith("File the score") for label in labels(*record, of=of)) is filed


def test_the_score_comes_last_and_is_never_recommended() -> None:
    *_, last = offered(*t5(WORST))
    assert resource_of(last)["resourceType"] == "Observation"
    assert last.isRecommended is None


def test_r110_a_suggestion_is_recommended_only_beside_others() -> None:
    alone = offered(
        *HIGH[:1], DEFICIT, of=LEFT_SHAFT, drafted=("radiograph-femur", "referral-orthopaedics", "referral")
    )
    assert [one.label for one in alone] == [MRI]
    assert alone[0].isRecommended is None
    assert recommended(*HIGH[:1], DEFICIT, of=LEFT_SHAFT)[0] == MRI
