"""A score as an Observation to file: no more than the result says, and never read back as new findings."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from fhir.resources.R4B.observation import Observation

from app.assess import assess
from app.assess.result import Assessment
from app.fhir.score_observation import score_observation
from app.fhir.times import read_when
from app.knowledge import load
from app.knowledge.policy import Policy
from tests.api.bundle import bundle as json_bundle
from tests.api.caller import ASSESSMENTS, Caller
from tests.cds_hooks.card_schema import hollow
from tests.fhir.records import (
    ANSWER,
    AS_OF,
    BOOK,
    KNOWLEDGE,
    MILDEST,
    OBSERVABLE,
    PATIENT,
    WORST,
    Json,
    assessed,
    component,
    concept,
    condition,
    femoral_lesion,
    items,
    lesion,
    observation,
    patient,
    quantity,
    read,
    reference,
    response,
    scored,
    snomed,
    spinal_lesion,
)

IDENTITY = "5b0d1c0e-6f0c-5a3c-9a40-0f4b7a1f7f10"
SECOND = "0e0f8c55-7e6e-5b7a-8d8f-0c2a53c9f1aa"
LEFT = "7771000"
T5 = condition("t5", "T5")
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def filed_of(
    assessment: Assessment, lesion_id: str, score: str = "sins", identity: str = IDENTITY, **rest: Any
) -> Json:
    held = lesion(assessment, lesion_id)
    found = score_observation(BOOK, assessment, held, scored(assessment, lesion_id, score), identity, **rest)
    # Whatever it says, it is valid R4, and every number and text of it survives the way to the client.
    assert Observation.model_validate(found).id == identity
    assert list(hollow(found)) == []
    assert json.loads(msgspec.json.encode(found)) == found
    return found


def filed(*resources: Json, of: str = "T5", score: str = "sins", **rest: Any) -> Json:
    return filed_of(assessed(*resources), of, score, **rest)


def parts(found: Json) -> Mapping[str, Json]:
    """The components by what they are of."""
    return {part["code"]["text"]: part for part in found["component"]}


def said(part: Json) -> tuple[str | None, int | None, str]:
    """Code, points and text of a component."""
    concept = part["valueCodeableConcept"]
    (coding,) = concept.get("coding", [{}])
    points = coding.get("extension", [{}])[0].get("valueDecimal")
    return coding.get("code"), points, concept["text"]


def without(answers: Mapping[str, Any], *findings: str) -> dict[str, Any]:
    return {finding: answer for finding, answer in answers.items() if finding not in findings}


def texts(found: Json) -> list[str]:
    return [note["text"] for note in found.get("note", [])]


# -- what it is ------------------------------------------------------------------------------------------


def test_a_settled_score_is_final_and_has_its_total() -> None:
    found = filed(*spinal_lesion("T5"))
    assert found["status"] == "final"
    assert found["code"] == {
        "coding": [{"system": OBSERVABLE, "code": "sins"}],
        "text": "Spinal Instability Neoplastic Score",
    }
    assert found["valueQuantity"] == {
        "value": 16,
        "unit": "{score}",
        "system": "http://unitsofmeasure.org",
        "code": "{score}",
    }
    assert found["interpretation"] == [{"text": "unstable"}]
    assert found["subject"] == reference(f"Patient/{PATIENT}")
    assert found["focus"] == [reference("Condition/c-T5")]
    assert found["bodySite"] == snomed("56401006", text="T5")
    assert found["issued"] == AS_OF.isoformat()
    assert found["category"][0]["coding"][0]["code"] == "exam"


def test_an_unsettled_score_is_preliminary_and_has_every_total() -> None:
    # At a mobile level: 2 + 0 + 0 + (0, 2 or 4) + 3 + 1.
    answers = {
        **without(MILDEST, "spinal-alignment"),
        "vertebral-collapse": "collapse-over-50",
        "posterolateral-involvement": "posterolateral-unilateral",
    }
    found = filed(*spinal_lesion("L4", answers), of="L4")
    assert found["status"] == "preliminary"
    assert "valueQuantity" not in found
    assert {end: found["valueRange"][end]["value"] for end in ("low", "high")} == {"low": 6, "high": 10}
    assert texts(found)[:2] == [
        "Every total still possible: 6, 8, 10.",
        "Not recorded or too old: alignment.",
    ]
    assert found["interpretation"] == [{"text": "stable"}, {"text": "potentially unstable"}]


def test_several_totals_of_one_category_are_a_range_and_final() -> None:
    found = filed(*spinal_lesion("T5", without(MILDEST, "spinal-alignment")))
    assert found["status"] == "final"
    assert found["valueRange"]["high"]["value"] == 5
    assert found["interpretation"] == [{"text": "stable"}]


def test_a_score_that_stands_on_a_preliminary_entry_is_preliminary() -> None:
    record = spinal_lesion("T5")
    record[1]["status"] = "preliminary"
    assert filed(*record)["status"] == "preliminary"


def test_outside_its_validated_use_it_reassures_nobody() -> None:
    cemented = observation("i", "instrumented-segment", "present", at="T5")
    stable, unstable = filed(*spinal_lesion("T5", MILDEST), cemented), filed(*spinal_lesion("T5"), cemented)
    assert stable["interpretation"] == [{"text": "outside validated use"}]
    assert unstable["interpretation"] == [{"text": "outside validated use"}, {"text": "unstable"}]
    assert any("outside validated use" in text for text in texts(stable))


def test_what_speaks_for_high_risk_beside_a_low_score_goes_with_it() -> None:
    femur = femoral_lesion(LEFT, "limb-pain-mild", "lesion-blastic", 5)
    axial = observation(
        "axial", "axial-cortical-involvement", quantity(40, "mm"), about=f"Condition/femur-{LEFT}"
    )
    found = filed(*femur, axial, of="left-femoral-shaft", score="mirels")
    # Low by its number, and no reassurance.
    assert "interpretation" not in found
    assert any("high risk whatever the Mirels score" in text for text in texts(found))


@pytest.mark.parametrize("recorded", [7, 14])
def test_con_3_a_total_that_a_worse_one_on_record_contradicts_reassures_nobody(recorded: int) -> None:
    worse = observation("sum", "sins-total", quantity(recorded, "{score}"), at="T5")
    assert "interpretation" not in filed(*spinal_lesion("T5", MILDEST), worse)
    same = observation("sum", "sins-total", quantity(1, "{score}"), at="T5")
    assert filed(*spinal_lesion("T5", MILDEST), same)["interpretation"] == [{"text": "stable"}]


def test_what_was_unstable_once_leaves_the_worse_categories_alone() -> None:
    record = [T5, *({**one, "effectiveDateTime": "2025-01-01"} for one in items("T5", WORST, at="T5"))]
    assert filed(*record)["interpretation"] == [{"text": "potentially unstable"}, {"text": "unstable"}]


def test_a_score_that_is_not_made_for_the_lesion_cannot_be_filed() -> None:
    found = assessed(*spinal_lesion("T5"))
    held = lesion(found, "T5")
    with pytest.raises(ValueError, match="does not apply"):
        score_observation(BOOK, found, held, scored(found, "T5", "mirels"), IDENTITY)


def test_a_score_that_may_not_be_made_for_the_lesion_says_so() -> None:
    found = filed(condition("nowhere"), of="site-not-recorded")
    assert found["status"] == "preliminary"
    assert "bodySite" not in found
    assert "The site is not recorded: SINS applies only if the lesion is in the spine." in texts(found)
    assert "dataAbsentReason" in parts(found)["Location"]


def test_without_a_patient_it_has_no_subject() -> None:
    assert "subject" not in filed_of(replace(assessed(T5), patient=None), "T5")


def test_it_says_which_software_and_which_knowledge_made_it() -> None:
    found = filed(*spinal_lesion("T5"))
    assert found["method"] == {"text": f"spine-mets-cds {KNOWLEDGE.version} {KNOWLEDGE.digest[:12]}"}
    (device,) = found["contained"]
    assert found["device"] == reference(f"#{device['id']}")
    assert device["deviceName"] == [{"name": "spine-mets-cds", "type": "model-name"}]
    assert device["version"] == [{"value": KNOWLEDGE.version}]


# -- when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oldest", "effective"),
    [
        ("2026-11-10T08:30:00+01:00", "2026-11-10T07:30:00+00:00"),
        ("2026-11-10", "2026-11-10"),
        ("2026-11", "2026-11"),
        # FHIR forbids a time without an offset, or without seconds.
        ("2026-11-10T08:30:00", "2026-11-10"),
        ("2026-11-10T08:30Z", "2026-11-10T08:30:00+00:00"),
    ],
)
def test_it_is_as_old_as_the_oldest_entry_behind_it(oldest: str, effective: str) -> None:
    record = spinal_lesion("T5")
    record[2]["effectiveDateTime"] = oldest
    assert filed(*record)["effectiveDateTime"] == effective


def test_an_entry_that_did_not_count_does_not_date_it() -> None:
    stale = observation("old", "bone-lesion-quality", "lesion-lytic", at="T5", effectiveDateTime="2025-01-01")
    found = filed(*spinal_lesion("T5", without(MILDEST, "bone-lesion-quality")), stale)
    assert found["effectiveDateTime"] == "2026-11-18T09:00:00+00:00"
    assert reference("Observation/old") not in found["derivedFrom"]


def test_with_nothing_dated_behind_it_it_is_of_the_moment_asked() -> None:
    assert filed(T5)["effectiveDateTime"] == AS_OF.isoformat()


# -- what it stands on -----------------------------------------------------------------------------------


def test_it_is_derived_from_observations_and_responses_and_from_no_condition() -> None:
    answers = {"pain": "pain-mechanical", "level": "T5"}
    panel = observation(
        "panel", "sins", None, at="T5", component=[component("bone-lesion-quality", "lesion-lytic")]
    )
    found = filed(T5, response("q", "sins", answers), panel)
    assert found["derivedFrom"] == [
        reference("QuestionnaireResponse/q"),
        reference("Observation/panel"),
    ]


def test_what_no_server_can_resolve_is_not_referred_to() -> None:
    nameless = {key: held for key, held in T5.items() if key != "id"}
    seen = items("T5", WORST, at="T5")
    del seen[0]["id"]
    found = filed(nameless, *seen)
    assert "focus" not in found
    assert [one["reference"] for one in found["derivedFrom"]] == [
        f"Observation/{one['id']}" for one in seen[1:]
    ]


def test_what_stands_in_no_record_yet_is_not_referred_to() -> None:
    found = filed(*spinal_lesion("T5"), unsaved=("Condition/c-T5", "Observation/T5-spinal-pain"))
    assert "focus" not in found
    assert len(found["derivedFrom"]) == 4


def test_nothing_else_of_the_patient_goes_into_it() -> None:
    whose = patient(name=[{"family": "Quisling-Canary"}], birthDate="1961-03-07")
    worded = condition("t5", "T5", note=[{"text": "canary-note"}])
    worded["code"]["text"] = "canary-code"
    worded["bodySite"][0]["text"] = "canary-site"
    seen = items("T5", WORST, at="T5")
    seen[0]["valueCodeableConcept"]["text"] = "canary-value"
    found = json.dumps(filed(whose, worded, *seen)).lower()
    assert "canary" not in found
    assert "1961" not in found


# -- items -----------------------------------------------------------------------------------------------


def test_every_item_of_sins_has_its_answer_and_its_points() -> None:
    found = parts(filed(*spinal_lesion("T5")))
    assert {name: said(part)[:2] for name, part in found.items()} == {
        "Location": ("56401006", 1),
        "Pain": ("pain-mechanical", 3),
        "Bone lesion": ("lesion-lytic", 2),
        "Alignment": ("alignment-subluxation", 4),
        "Vertebral body collapse": ("collapse-over-50", 3),
        "Posterolateral involvement": ("posterolateral-bilateral", 3),
    }
    coded = {name: part["code"].get("coding", [{}])[0].get("code") for name, part in found.items()}
    assert coded == {
        "Location": None,
        "Pain": "spinal-pain",
        "Bone lesion": "bone-lesion-quality",
        "Alignment": "spinal-alignment",
        "Vertebral body collapse": "vertebral-collapse",
        "Posterolateral involvement": "posterolateral-involvement",
    }
    extension = found["Pain"]["valueCodeableConcept"]["coding"][0]["extension"]
    assert extension == [{"url": ORDINAL, "valueDecimal": 3}]


def test_every_item_of_mirels_has_its_answer() -> None:
    femur = femoral_lesion(LEFT, "limb-pain-functional", "lesion-lytic", 80)
    found = parts(filed(*femur, of="left-femoral-shaft", score="mirels"))
    assert {name: said(part) for name, part in found.items()} == {
        "Site": (None, None, "lower limb"),
        "Pain": ("limb-pain-functional", 3, "functional: severe, or brought on by use of the limb"),
        "Lesion": ("lesion-lytic", 3, "lytic"),
        # A measurement has no coded answer.
        "Size": (None, None, "more than two thirds"),
    }


def test_what_is_not_recorded_is_absent_and_not_every_answer() -> None:
    found = parts(filed(*spinal_lesion("T5", without(WORST, "spinal-pain"))))["Pain"]
    assert "valueCodeableConcept" not in found
    assert found["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_what_is_too_old_is_absent_too() -> None:
    record = spinal_lesion("T5")
    record[1]["effectiveDateTime"] = "2025-01-01"
    assert "dataAbsentReason" in parts(filed(*record))["Pain"]


def test_sources_that_disagree_leave_both_answers_without_a_code() -> None:
    other = observation("other", "bone-lesion-quality", "lesion-blastic", at="T5")
    found = filed(*spinal_lesion("T5"), other)
    assert said(parts(found)["Bone lesion"]) == (None, None, "lytic; or blastic")
    assert "Bone lesion: the sources disagree; every answer they give is kept." in texts(found)


def test_a_region_leaves_the_location_in_words() -> None:
    found = filed(condition("t", "thoracic-spine"), of="thoracic-spine")
    assert said(parts(found)["Location"])[:2] == (None, None)
    assert found["bodySite"]["coding"][0]["code"] == "122495006"


@pytest.mark.parametrize(
    ("item", "seen", "answer"),
    [
        # One option, and two answers that lead to it: what was said is what is filed.
        ("Alignment", {"spinal-alignment": "alignment-normal"}, ("alignment-normal", 0, "normal")),
        (
            "Alignment",
            {"spinal-alignment": "alignment-deformity-not-de-novo"},
            ("alignment-deformity-not-de-novo", 0, "deformity that is not new"),
        ),
        # Another finding answers it.
        (
            "Vertebral body collapse",
            {"vertebral-height-loss": quantity(30)},
            ("collapse-under-50", 2, "collapse of less than 50 %"),
        ),
        # The finding itself leaves two, and another settles which.
        (
            "Vertebral body collapse",
            {"vertebral-collapse": "collapse-present", "vertebral-height-loss": quantity(70)},
            (None, None, "collapse of more than 50 %"),
        ),
        ("Pain", {"spinal-pain": "indeterminate"}, (None, None)),
    ],
)
def test_no_code_says_more_than_the_record(item: str, seen: Json, answer: tuple[Any, ...]) -> None:
    found = said(parts(filed(T5, *items("T5", seen, at="T5")))[item])
    assert found[: len(answer)] == answer


def test_two_records_of_one_option_in_other_words_have_no_one_code() -> None:
    normal = observation("a", "spinal-alignment", "alignment-normal", at="T5")
    old = observation("b", "spinal-alignment", "alignment-deformity-not-de-novo", at="T5")
    assert said(parts(filed(T5, normal, old))["Alignment"]) == (None, None, "normal")


def test_no_pain_in_a_limb_is_filed_as_no_pain_with_the_point_that_it_counts() -> None:
    femur = femoral_lesion(LEFT, "limb-pain-none", "lesion-blastic", 5)
    found = parts(filed(*femur, of="left-femoral-shaft", score="mirels"))
    assert said(found["Pain"]) == ("limb-pain-none", 1, "no pain")


def test_what_a_site_takes_for_granted_has_no_code() -> None:
    strict = load(Policy(choices={"SINS-E1": "upper"}))
    half = observation("h", "vertebral-height-loss", quantity(50), at="T5")
    held = assess(read(T5, half), AS_OF, strict)
    assert said(parts(filed_of(held, "T5"))["Vertebral body collapse"]) == (
        None,
        None,
        "collapse of more than 50 %",
    )


# -- reading back (through REST) -------------------------------------------------------------------------

AMENDED: Json = {"status": "amended", "meta": {"lastUpdated": "2026-11-20T11:00:00Z"}}
RECORDS: Mapping[str, tuple[str, str, list[Json]]] = {
    "unstable": ("T5", "sins", spinal_lesion("T5")),
    "open": ("T5", "sins", spinal_lesion("T5", without(MILDEST, "spinal-alignment", "spinal-pain"))),
    "no condition of its own": ("T5", "sins", [condition("any", "L4"), *items("T5", WORST, at="T5")]),
    "two lesions": ("T5", "sins", [*spinal_lesion("T5", MILDEST), *spinal_lesion("L4")]),
    "limb": (
        "left-femoral-shaft",
        "mirels",
        femoral_lesion(LEFT, "limb-pain-functional", "lesion-lytic", 80),
    ),
}


async def told(caller: Caller, resources: Iterable[Json]) -> Json:
    """Everything that an assessment says of lesions, findings and scores."""
    answer = await caller.post(ASSESSMENTS, json_bundle(resources, whose=patient()))
    assert answer.status_code == 200, answer.text[:300]
    found: Json = answer.json()
    # A filed score is an Observation that was found, whatever is read from it.
    del found["decision_id"], found["completeness"]["observations"]
    return found


@pytest.fixture(scope="module")
def rest(app: FastAPI) -> Caller:
    return Caller(app)


@pytest.mark.parametrize("name", RECORDS)
async def test_a_filed_score_changes_nothing_of_what_it_was_read_from(rest: Caller, name: str) -> None:
    of, score, record = RECORDS[name]
    before = assessed(*record)
    first = filed_of(before, of, score)
    again = filed_of(before, of, score, identity=SECOND)
    assert await told(rest, [*record, first, again]) == await told(rest, record)


@pytest.mark.parametrize("name", ["unstable", "two lesions", "limb"])
async def test_nor_does_it_hold_on_to_what_was_amended_since(rest: Caller, name: str) -> None:
    of, score, record = RECORDS[name]
    first = filed_of(assessed(*record), of, score)
    since = [dict(one) for one in record]
    answers = {"spinal-pain": "pain-occasional", "limb-pain": "limb-pain-mild"}
    for one in since:
        finding = one["code"]["coding"][0]["code"]
        if finding in answers:
            one |= AMENDED  # noqa: PLW2901  the resource itself is changed
            one["valueCodeableConcept"] = concept((ANSWER, answers[finding]))
    assert await told(rest, [*since, first]) == await told(rest, since)
    assert await told(rest, since) != await told(rest, record)


async def test_nor_does_it_keep_alive_what_was_withdrawn_or_grew_old(rest: Caller) -> None:
    record = spinal_lesion("T5")
    first = filed_of(assessed(*record), "T5")
    withdrawn = [
        {**one, "status": "entered-in-error"} if "effectiveDateTime" in one else one for one in record
    ]
    stale = [
        {**one, "effectiveDateTime": "2025-01-01"} if "effectiveDateTime" in one else one for one in record
    ]
    for since in (withdrawn, stale, record[:1]):
        assert await told(rest, [*since, first]) == await told(rest, since)


async def test_a_panel_of_the_same_shape_by_a_clinician_is_read(rest: Caller) -> None:
    first = filed_of(assessed(*spinal_lesion("T5")), "T5")
    by_hand = {key: held for key, held in first.items() if key not in ("method", "device", "contained")}
    found = await told(rest, [T5, by_hand])
    (sins,) = [one for one in found["lesions"][0]["scores"] if one["score"] == "sins"]
    assert sins["total"] == 16


async def test_a_score_that_was_filed_and_changed_by_hand_counts_as_changed(rest: Caller) -> None:
    """A later version without the method is somebody's own; an earlier one with it is not kept beside it."""
    first = filed_of(assessed(*spinal_lesion("T5")), "T5") | {"meta": {"lastUpdated": "2026-11-19T10:00:00Z"}}
    later = {key: held for key, held in first.items() if key != "method"} | AMENDED
    found = await told(rest, [T5, first, later])
    (sins,) = [one for one in found["lesions"][0]["scores"] if one["score"] == "sins"]
    assert sins["total"] == 16


def test_the_date_that_it_is_given_is_read_as_no_later_than_its_entries() -> None:
    when = read_when(filed(*spinal_lesion("T5"))["effectiveDateTime"])
    assert when is not None
    assert when.instant is not None
    assert AS_OF - when.instant > timedelta(days=2)
