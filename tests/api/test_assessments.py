"""The whole assessment of the Bundle of one patient (contract 2)."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.bundle import bundle
from tests.api.caller import ASSESSMENTS, FHIR_JSON, Caller
from tests.api.score_table import TABLES
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    MIDDLING,
    RECENT,
    STALE,
    UNSTABLE,
    VERTEBRAE,
    Json,
    coded,
    condition,
    findings,
    focus,
    limb_lesion,
    observation,
    patient,
    site_of,
    spinal_lesion,
    subject,
)

KEYS = {
    "as_of",
    "patient",
    "knowledge",
    "complete",
    "gaps",
    "lesions",
    "scores",
    "pathways",
    "alerts",
    "decision_id",
}
LESION_KEYS = {
    "id",
    "site",
    "level",
    "possible_levels",
    "laterality",
    "conditions",
    "scores",
    "pathways",
    "findings",
}
URGENCIES = {"emergency", "same-day", "urgent", "routine"}


async def assessed(caller: Caller, body: Any, **headers: str) -> Json:
    response = await caller.post(ASSESSMENTS, body, **headers)
    assert response.status_code == 200, response.text[:300]
    found: Json = response.json()
    return found


async def lesion_of(caller: Caller, resources: list[Json]) -> Json:
    (lesion,) = (await assessed(caller, bundle(resources)))["lesions"]
    return lesion  # type: ignore[no-any-return]  # JSON is any value


async def test_the_answer_has_every_key_of_the_contract(caller: Caller) -> None:
    found = await assessed(caller, bundle([*spinal_lesion("T11"), *limb_lesion(FEMORAL_SHAFT, LEFT)]))
    assert set(found) >= KEYS
    assert found["as_of"] == "2026-11-20T12:00:00+00:00"
    assert found["patient"] == "p-1"
    assert set(found["knowledge"]) == {"version", "digest"}
    assert found["complete"] is True
    assert found["gaps"] == []
    assert UUID(found["decision_id"]).version == 7
    assert [lesion["label"] for lesion in found["lesions"]] == ["T11", "Left shaft of the femur"]
    for lesion in found["lesions"]:
        assert set(lesion) >= LESION_KEYS
        assert {score["score"] for score in lesion["scores"]} == set(TABLES)
    for alert in found["alerts"]:
        assert set(alert) == {"id", "lesion", "urgency", "text", "references"}
        assert alert["urgency"] in URGENCIES


async def test_a_vertebra_is_named_by_its_level(caller: Caller) -> None:
    lesion = await lesion_of(caller, spinal_lesion("T11"))
    assert (lesion["level"], lesion["possible_levels"], lesion["laterality"]) == ("T11", ["T11"], None)
    assert lesion["conditions"] == ["Condition/c-t11"]


async def test_a_region_leaves_its_levels_possible(caller: Caller) -> None:
    lesion = await lesion_of(caller, [condition("c", "94274006")])
    assert lesion["level"] is None
    assert lesion["possible_levels"] == [f"T{n}" for n in range(1, 13)]
    assert lesion["site"] == "thoracic-spine"


async def test_a_limb_is_named_by_bone_and_side(caller: Caller) -> None:
    lesion = await lesion_of(caller, limb_lesion(FEMORAL_SHAFT, LEFT))
    assert (lesion["site"], lesion["level"], lesion["laterality"]) == ("femoral-shaft", None, "left")
    assert lesion["possible_levels"] == []


async def test_les_1_a_lesion_without_a_site_and_what_it_needs(caller: Caller) -> None:
    found = await assessed(caller, bundle([condition()]))
    (lesion,) = found["lesions"]
    assert (lesion["site"], lesion["level"]) == (None, None)
    assert not any(score["settled"] for score in lesion["scores"])
    assert [gap["need"] for gap in found["gaps"]] == ["site"]
    assert "Condition/c-1" in found["gaps"][0]["reason"]
    assert found["complete"] is False


async def test_a_score_of_a_lesion_is_a_result_with_its_sources(caller: Caller) -> None:
    lesion = await lesion_of(caller, spinal_lesion("L3", MIDDLING))
    sins = next(score for score in lesion["scores"] if score["score"] == "sins")
    assert (sins["total"], sins["bands"], sins["settled"]) == (7, ["potentially-unstable"], True)
    assert sins["missing"] == []
    for item in sins["items"][1:]:
        assert item["recorded"] is True
        (source,) = item["sources"]
        assert source["reference"].startswith("Observation/c-l3-")
        assert source["effective"] == RECENT
    mirels = next(score for score in lesion["scores"] if score["score"] == "mirels")
    assert mirels["applicable"] is False
    assert mirels["reason"] == "Mirels is for long bones."
    assert (mirels["totals"], mirels["bands"], mirels["settled"]) == ([], [], False)
    assert (mirels["minimum"], mirels["maximum"], mirels["total"]) == (None, None, None)


async def test_a_finding_shows_what_the_record_says(caller: Caller) -> None:
    readers = [
        observation("one", "bone-lesion-quality", coded("lesion-lytic"), focus=focus("c")),
        observation("two", "bone-lesion-quality", coded("lesion-blastic"), focus=focus("c")),
    ]
    lesion = await lesion_of(caller, [condition("c", site=site_of(VERTEBRAE["T8"])), *readers])
    (finding,) = lesion["findings"]
    assert finding["finding"] == "bone-lesion-quality"
    assert finding["possible"] == ["lesion-lytic", "lesion-blastic"]
    assert finding["conflicting"] is True
    assert finding["stale"] is False
    assert [source["reference"] for source in finding["sources"]] == ["Observation/one", "Observation/two"]


async def test_time_5_an_old_finding_is_shown_as_such(caller: Caller) -> None:
    old = findings("c", UNSTABLE, effectiveDateTime=STALE)
    found = await assessed(caller, bundle([condition("c", site=site_of(VERTEBRAE["T11"])), *old]))
    (lesion,) = found["lesions"]
    assert all(finding["stale"] for finding in lesion["findings"])
    sins = next(score for score in lesion["scores"] if score["score"] == "sins")
    assert sins["settled"] is False
    assert [alert["id"] for alert in found["alerts"]] == ["TIME-5", "SURG-1"]
    assert "re-examine now" in found["alerts"][0]["text"]


async def test_alerts_are_for_what_is_more_than_routine(caller: Caller) -> None:
    calm = dict.fromkeys(UNSTABLE) | {
        "spinal-pain": "pain-free",
        "bone-lesion-quality": "lesion-blastic",
        "spinal-alignment": "alignment-normal",
        "vertebral-collapse": "collapse-none",
        "posterolateral-involvement": "posterolateral-none",
    }
    record = [*spinal_lesion("T11"), *spinal_lesion("T5", {k: str(v) for k, v in calm.items()})]
    found = await assessed(caller, bundle(record))
    assert [(alert["id"], alert["lesion"]) for alert in found["alerts"]] == [
        ("RED-5", "T11"),
        ("SURG-1", "T11"),
    ]


async def test_a_finding_of_the_patient_stands_beside_the_lesions(caller: Caller) -> None:
    weak = observation("w", "new-neurologic-deficit", coded("present"))
    found = await assessed(caller, bundle([*spinal_lesion("T11"), weak]))
    assert [finding["finding"] for finding in found["findings"]] == ["new-neurologic-deficit"]


@pytest.mark.parametrize(
    "kind",
    [
        "collection",
        "searchset",
        "transaction",
        "batch",
        "document",
        "message",
        "history",
        "batch-response",
        None,
        "x",
    ],
)
async def test_a_bundle_may_be_of_any_type(caller: Caller, kind: str | None) -> None:
    body = bundle(spinal_lesion("T11"), type=kind)
    assert [lesion["label"] for lesion in (await assessed(caller, body))["lesions"]] == ["T11"]


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/fhir+json", "application/fhir+json; charset=utf-8"]
)
async def test_both_media_types_are_taken(caller: Caller, media_type: str) -> None:
    found = await assessed(caller, bundle(spinal_lesion("T11")), **{"content-type": media_type})
    assert len(found["lesions"]) == 1


async def test_every_answer_has_an_id_of_its_own(caller: Caller) -> None:
    body = bundle(spinal_lesion("T11"))
    first, second = await assessed(caller, body), await assessed(caller, body)
    assert first.pop("decision_id") != second.pop("decision_id")
    assert first == second


async def test_a_bundle_without_a_patient_is_of_its_only_subject_with_a_gap(caller: Caller) -> None:
    found = await assessed(caller, bundle(spinal_lesion("T11"), whose={}))
    assert found["patient"] == "p-1"
    assert [gap["need"] for gap in found["gaps"]] == ["patient"]
    assert [lesion["label"] for lesion in found["lesions"]] == ["T11"]


async def test_an_empty_bundle_has_nothing_and_says_so(caller: Caller) -> None:
    for body in ({"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}):
        found = await assessed(caller, body)
        assert (found["patient"], found["lesions"], found["complete"]) == (None, [], False)
        assert [gap["need"] for gap in found["gaps"]] == ["patient"]


@pytest.mark.parametrize(
    "others",
    [
        [patient("p-2")],
        [condition("c-9", subject=subject("p-2"))],
        [observation("o-9", "spinal-pain", coded("pain-free"), subject=subject("p-2"))],
        [{"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/p-2"}}],
        [{"resourceType": "AllergyIntolerance", "id": "a", "patient": {"reference": "Patient/p-2"}}],
    ],
)
async def test_two_patients_or_subjects_are_a_422(caller: Caller, others: list[Json]) -> None:
    for whose in (patient(), {}):
        body = bundle([*spinal_lesion("T11"), *others], whose=whose)
        problem = await caller.problem(ASSESSMENTS, body, 422)
        assert "p-2" not in str(problem)


async def test_a_patient_who_was_merged_is_a_422(caller: Caller) -> None:
    merged = patient(link=[{"other": {"reference": "Patient/p-2"}, "type": "replaced-by"}])
    await caller.problem(ASSESSMENTS, bundle(spinal_lesion("T11"), whose=merged), 422)


@pytest.mark.parametrize("fault", ["a next page", "a higher total", "an error"])
async def test_what_a_bundle_lacks_is_a_gap(caller: Caller, fault: str) -> None:
    body = bundle(spinal_lesion("T11"))
    if fault == "a next page":
        body["link"] = [{"relation": "next", "url": "https://ehr.example.org/2"}]
    elif fault == "a higher total":
        body["total"] = 500
    else:
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
        body["entry"].append({"resource": outcome})
    found = await assessed(caller, body)
    assert found["complete"] is False
    assert {"conditions", "observations"} <= {gap["need"] for gap in found["gaps"]}
    assert [lesion["label"] for lesion in found["lesions"]] == ["T11"]


async def test_a_score_is_the_same_by_record_and_by_answers(caller: Caller) -> None:
    """The two doors of the service agree."""
    lesion = await lesion_of(caller, spinal_lesion("T11", MIDDLING))
    by_record = next(score for score in lesion["scores"] if score["score"] == "sins")
    answers = {
        "level": "T11",
        "pain": "occasional",
        "lesion": "mixed",
        "alignment": "normal",
        "collapse": "under-50",
        "posterolateral": "unilateral",
    }
    by_answers = (await caller.post("/api/v1/scores/sins", answers)).json()
    for key in ("totals", "bands", "settled", "missing", "would_settle", "advice", "urgency"):
        assert by_record[key] == by_answers[key]


async def test_every_entry_has_a_full_url_or_none(caller: Caller) -> None:
    urn = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    body = bundle(spinal_lesion("T11"))
    for entry in body["entry"][1:]:
        entry["resource"]["subject"] = {"reference": urn}
    body["entry"][0]["fullUrl"] = urn
    found = await assessed(caller, body, **FHIR_JSON)
    assert found["complete"] is True
    assert found["lesions"][0]["scores"][0]["total"] == 18
