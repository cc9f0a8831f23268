"""What cannot wait: RED-1 to RED-9 and SURG-1, how urgent, where they stand, and when they are old (8.1)."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.assess import assess
from app.assess.result import Alert, Assessment
from app.knowledge import load
from app.knowledge.policy import LOCAL_POLICIES, Policy
from tests.api.caller import ASSESSMENTS, Caller
from tests.fhir.records import (
    AS_OF,
    ICD10CM,
    LEFT,
    LOINC,
    MILDEST,
    ORDER,
    Json,
    assessed,
    bundle,
    concept,
    condition,
    lesion,
    observation,
    patient,
    quantity,
    read,
    reference,
    scored,
    site,
    spinal_lesion,
    status_of,
)

T11, L3, FEMUR = condition("t11", "T11"), condition("l3", "L3"), condition("femur", site("femur", LEFT))
NOWHERE = condition("nowhere")
DEFICITS = ("new-neurologic-deficit", "sphincter-dysfunction", "myelopathy", "spinal-cord-compression")


def ago(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def sign(finding: str, value: str = "present", when: str | None = ago(0), **rest: Any) -> Json:
    return observation(f"sign-{finding}", finding, value, effectiveDateTime=when, **rest)


def procedure(order: str, *sites: Json, when: str | None = "2026-11-10") -> Json:
    held = {
        "resourceType": "Procedure",
        "id": "done",
        "status": "completed",
        "subject": reference("Patient/p1"),
        "code": concept((ORDER, order)),
        "bodySite": list(sites),
    }
    return held if when is None else {**held, "performedDateTime": when}


def under(choices: dict[str, str], *resources: Json) -> Assessment:
    return assess(read(*resources), AS_OF, load(Policy(choices)))


def alert(found: Assessment, key: str) -> Alert:
    (one,) = [one for one in found.alerts if one.key == key]
    return one


def raised(found: Assessment) -> dict[str, str]:
    """Every alert of an urgent finding, with its urgency; not those that a score raises."""
    keys = ("RED-1", "RED-2", "RED-3", "RED-4", "RED-6", "RED-7", "RED-9", "SURG-1")
    return {
        one.key: one.urgency.value
        for one in found.alerts
        if one.key.removesuffix("-gait").removesuffix("-open") in keys
    }


# record -> alerts with their urgency
RAISED: list[tuple[str, list[Json], dict[str, str]]] = [
    ("nothing", [], {}),
    ("a new deficit", [sign("new-neurologic-deficit")], {"RED-1": "emergency", "RED-2": "emergency"}),
    ("myelopathy", [sign("myelopathy")], {"RED-1": "emergency", "RED-2": "emergency"}),
    ("bladder or bowel", [sign("sphincter-dysfunction")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-3": "emergency"}),
    ("cord compression as a diagnosis", [condition("s", code="71286001", recordedDate="2026-11-20")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-3": "emergency"}),
    ("cauda equina syndrome", [condition("s", code="192970008", recordedDate="2026-11-20")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-3": "emergency"}),
    ("paraparesis", [condition("s", code="1845001", recordedDate="2026-11-20")],
     {"RED-1": "emergency", "RED-2": "emergency"}),
    ("retention", [condition("s", code=concept((ICD10CM, "R33.9")), recordedDate="2026-11-20")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-3": "emergency"}),
    ("all of them absent", [sign(finding, "absent") for finding in DEFICITS[:3]], {}),
    ("one of them absent, one present", [sign("myelopathy", "absent"), sign("new-neurologic-deficit")],
     {"RED-1": "emergency", "RED-2": "emergency"}),
    ("a deficit that could not be told", [sign("new-neurologic-deficit", "indeterminate")],
     {"RED-1-open": "urgent"}),
    ("one that could not be told beside one that is there",
     [sign("myelopathy", "indeterminate"), sign("new-neurologic-deficit")],
     {"RED-1": "emergency", "RED-2": "emergency"}),
    ("not able to walk", [sign("ambulatory", "absent")], {"RED-1-gait": "urgent"}),
    ("unable to walk as a diagnosis", [condition("s", code="282145008")], {"RED-1-gait": "urgent"}),
    ("able to walk", [sign("ambulatory", "present")], {}),
    ("not able to walk, with a deficit", [sign("ambulatory", "absent"), sign("myelopathy")],
     {"RED-1": "emergency", "RED-2": "emergency"}),
    ("hypercalcaemia as a diagnosis", [condition("s", code="66931009")], {"RED-6": "same-day"}),
    ("hypercalcaemia as an observation", [sign("hypercalcaemia")], {"RED-6": "same-day"}),
    ("a calcium value is no diagnosis",
     [observation("ca", None, quantity(3.4, "mmol/L"), code=concept((LOINC, "17861-6")))], {}),
    ("grade 2", [sign("escc-grade", "escc-2", at="T11")], {"RED-4": "same-day", "SURG-1": "urgent"}),
    ("grade 3", [sign("escc-grade", "escc-3", at="T11")], {"RED-4": "same-day", "SURG-1": "urgent"}),
    ("grade 1c", [sign("escc-grade", "escc-1c", at="T11")], {"SURG-1": "urgent"}),
    ("grade 1a", [sign("escc-grade", "escc-1a", at="T11")], {"SURG-1": "urgent"}),
    ("grade 0", [sign("escc-grade", "escc-0", at="T11")], {}),
    ("grade 3 with a deficit", [sign("escc-grade", "escc-3", at="T11"), sign("new-neurologic-deficit")],
     {"RED-1": "emergency", "RED-2": "emergency", "SURG-1": "urgent"}),
    ("epidural disease", [sign("epidural-disease", at="T11")], {"SURG-1": "urgent"}),
    ("epidural disease that could not be told", [sign("epidural-disease", "indeterminate", at="T11")],
     {"SURG-1": "urgent"}),
    ("no epidural disease", [sign("epidural-disease", "absent", at="T11")], {}),
    ("a new deformity", [sign("spinal-alignment", "alignment-deformity", at="T11")], {"SURG-1": "urgent"}),
    ("subluxation", [sign("spinal-alignment", "alignment-subluxation", at="T11")], {"SURG-1": "urgent"}),
    ("an old deformity", [sign("spinal-alignment", "alignment-deformity-not-de-novo", at="T11")], {}),
    ("normal alignment", [sign("spinal-alignment", "alignment-normal", at="T11")], {}),
    ("infection at the lesion", [sign("local-infection", at="T11")], {"RED-7": "urgent"}),
    ("infection at the lesion that could not be told", [sign("local-infection", "indeterminate", at="T11")],
     {"RED-7": "urgent"}),
    ("no infection at the lesion", [sign("local-infection", "absent", at="T11")], {}),
    ("infection elsewhere", [sign("systemic-infection")], {}),
    ("ablation, no deficit", [procedure("microwave-ablation", site("T11"))], {}),
    ("a deficit with earlier ablation",
     [procedure("microwave-ablation", site("T11")), sign("new-neurologic-deficit")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-9": "emergency"}),
    ("a deficit with earlier cement", [procedure("vertebroplasty", site("T11")), sign("myelopathy")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-9": "emergency"}),
    ("a deficit with ablation in the region",
     [procedure("cryoablation", site("thoracic-spine")), sign("myelopathy")],
     {"RED-1": "emergency", "RED-2": "emergency", "RED-9": "emergency"}),
    ("a deficit with ablation elsewhere", [procedure("cryoablation", site("L3")), sign("myelopathy")],
     {"RED-1": "emergency", "RED-2": "emergency"}),
    ("a deficit with screws only", [procedure("spinal-stabilisation", site("T11")), sign("myelopathy")],
     {"RED-1": "emergency", "RED-2": "emergency"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "expected"), [pytest.param(record, found, id=name) for name, record, found in RAISED]
)
def test_what_is_raised_and_how_urgent_it_is(record: list[Json], expected: dict[str, str]) -> None:
    assert raised(assessed(T11, *record)) == expected


def test_one_condition_at_several_levels_is_a_reason_for_a_surgeon() -> None:
    found = assessed(condition("c", "T11", "T12"))
    assert raised(found) == {"SURG-1": "urgent"}
    told = [one for one in found.alerts if one.key == "SURG-1"]
    assert {one.lesion for one in told} == {"T11", "T12"}
    assert all("several levels (T11, T12)" in one.text for one in told)


def test_surg_1_stands_beside_a_settled_stable_score() -> None:
    found = assessed(*spinal_lesion("T5", MILDEST), sign("escc-grade", "escc-1a", at="T5"))
    sins = scored(found, "T5")
    assert sins.result is not None
    assert (sins.result.bands, sins.settled) == (("stable",), True)
    assert raised(found) == {"SURG-1": "urgent"}


def test_surg_1_tells_every_reason() -> None:
    record = [
        sign("escc-grade", "escc-1b", at="T11"),
        sign("spinal-alignment", "alignment-deformity", at="T11"),
    ]
    text = alert(assessed(T11, *record), "SURG-1").text
    assert "deformity" in text
    assert "canal" in text


# -- what a site may choose -------------------------------------------------------------------------------

CHOICES: list[tuple[str, str, list[Json]]] = [
    ("RED-1-gait", "RED-1-gait", [sign("ambulatory", "absent")]),
    ("RED-4", "RED-4", [sign("escc-grade", "escc-2", at="T11")]),
    ("RED-6", "RED-6", [sign("hypercalcaemia")]),
    ("RED-7", "RED-7", [sign("local-infection", at="T11")]),
    ("SURG-1", "SURG-1", [sign("escc-grade", "escc-1a", at="T11")]),
]


@pytest.mark.parametrize(("policy", "key", "record"), CHOICES)
def test_a_policy_sets_the_urgency(policy: str, key: str, record: list[Json]) -> None:
    (choices,) = [one.choices for one in LOCAL_POLICIES if one.key == policy]
    assert len(choices) > 1
    for choice in choices:
        assert alert(under({policy: choice}, T11, *record), key).urgency == choice
    assert alert(assessed(T11, *record), key).urgency == choices[0]


def test_an_emergency_is_no_choice() -> None:
    keys = {one.key for one in LOCAL_POLICIES if len(one.choices) > 1}
    assert keys.isdisjoint({"RED-1", "RED-2", "RED-3", "RED-9"})


# -- how old it is ----------------------------------------------------------------------------------------

ADVERSE = [
    ("RED-1", "new-neurologic-deficit", "present", None),
    ("RED-1", "sphincter-dysfunction", "present", None),
    ("RED-1", "myelopathy", "present", None),
    ("RED-4", "escc-grade", "escc-3", "T11"),
    ("RED-7", "local-infection", "present", "T11"),
    ("SURG-1", "epidural-disease", "present", "T11"),
    ("SURG-1", "spinal-alignment", "alignment-subluxation", "T11"),
    ("RED-1-gait", "ambulatory", "absent", None),
]


@pytest.mark.parametrize(("key", "finding", "value", "place"), ADVERSE)
def test_time_5_what_is_stale_keeps_its_urgency_and_asks_to_look_again(
    key: str, finding: str, value: str, place: str | None
) -> None:
    where = {} if place is None else {"at": place}
    fresh = alert(assessed(T11, sign(finding, value, **where)), key)
    assert "recorded on 2026-11-20" in fresh.text
    assert "re-examine" not in fresh.text
    old = alert(assessed(T11, sign(finding, value, "2026-06-01", **where)), key)
    assert old.urgency == fresh.urgency
    assert "recorded on 2026-06-01: re-examine now" in old.text
    undated = alert(assessed(T11, sign(finding, value, None, **where)), key)
    assert undated.urgency == fresh.urgency
    assert "recorded without a usable date: re-examine now" in undated.text


@pytest.mark.parametrize(("days", "fresh"), [(0, True), (3, True), (4, False), (400, False)])
def test_a_deficit_is_of_today_for_three_days(days: int, fresh: bool) -> None:
    found = alert(assessed(T11, sign("new-neurologic-deficit", when=ago(days))), "RED-1")
    assert ("re-examine now" not in found.text) == fresh
    assert ("TIME-5" in {cite.key for cite in found.references}) != fresh


# recorded as -> how it is dated; an examination does not show whether a diagnosis still holds
DIAGNOSED: list[tuple[str, list[Json], str, str]] = [
    ("RED-6", [sign("hypercalcaemia")], "Hypercalcaemia is recorded on 2026-11-20:", "RED-6"),
    ("RED-6", [sign("hypercalcaemia", when="2026-06-01")], "Hypercalcaemia is recorded on 2026-06-01:",
     "RED-6"),
    ("RED-6", [sign("hypercalcaemia", when=None)], "Hypercalcaemia is recorded without a date:", "RED-6"),
    ("RED-6", [condition("s", code="66931009")], "Hypercalcaemia is on the problem list:", "RED-6"),
    ("RED-6", [condition("s", code="66931009", recordedDate="2026-06-01")],
     "Hypercalcaemia is recorded on 2026-06-01:", "RED-6"),
    ("RED-1", [condition("s", code="71286001", recordedDate="2026-11-20")],
     "as a diagnosis recorded on 2026-11-20. Consider", "RED-1"),
    ("RED-1", [condition("s", code="71286001")],
     "as a diagnosis on the problem list. Re-examine now. Consider", "TIME-5"),
    ("RED-1", [condition("s", code="71286001", recordedDate="2026-06-01")],
     "as a diagnosis recorded on 2026-06-01. Re-examine now. Consider", "TIME-5"),
    ("RED-1", [condition("s", code="71286001"), sign("myelopathy")],
     "as a diagnosis on the problem list; myelopathy recorded on 2026-11-20. Consider", "RED-1"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "record", "said", "cited"), DIAGNOSED)
def test_a_diagnosis_is_dated_or_on_the_problem_list(
    key: str, record: list[Json], said: str, cited: str
) -> None:
    found = alert(assessed(T11, *record), key)
    assert said in found.text
    assert ": re-examine" not in found.text
    assert cited in {cite.key for cite in found.references}


@pytest.mark.parametrize(
    ("key", "finding", "value", "place"),
    [*(case for case in ADVERSE if case[0] != "RED-1-gait"), ("RED-6", "hypercalcaemia", "present", None)],
)
def test_time_2_what_lies_in_the_future_is_ignored(
    key: str, finding: str, value: str, place: str | None
) -> None:
    where = {} if place is None else {"at": place}
    found = assessed(T11, sign(finding, value, "2026-12-24", **where))
    assert key not in {one.key for one in found.alerts}


def test_time_2_not_able_to_walk_in_the_future_is_ignored() -> None:
    assert raised(assessed(T11, sign("ambulatory", "absent", "2026-12-24"))) == {}


def test_time_2_a_sign_that_could_not_be_told_in_the_future_is_ignored() -> None:
    assert raised(assessed(T11, sign("myelopathy", "indeterminate", "2026-12-24"))) == {}


def test_red_9_a_planned_ablation_has_no_complications_yet() -> None:
    record = [procedure("microwave-ablation", site("T11"), when="2026-12-24"), sign("new-neurologic-deficit")]
    assert "RED-9" not in raised(assessed(T11, *record))


def test_a_later_absent_does_not_silence_a_deficit() -> None:
    was = observation("was", "new-neurologic-deficit", "present", effectiveDateTime=ago(10))
    assert "RED-1" in raised(assessed(T11, was, sign("new-neurologic-deficit", "absent")))


def test_a_preliminary_deficit_counts() -> None:
    assert "RED-1" in raised(assessed(T11, sign("new-neurologic-deficit", status="preliminary")))
    assert raised(assessed(T11, sign("new-neurologic-deficit", status="entered-in-error"))) == {}


# -- what is said -----------------------------------------------------------------------------------------

EVERYTHING = [
    T11,
    sign("sphincter-dysfunction"),
    sign("hypercalcaemia"),
    sign("escc-grade", "escc-3", at="T11"),
    sign("local-infection", at="T11"),
    procedure("microwave-ablation", site("T11")),
]


@pytest.mark.parametrize("key", ["RED-1", "RED-2", "RED-3", "RED-6", "RED-7", "RED-9"])
def test_red_r_every_text_says_not_to_wait_for_it(key: str) -> None:
    assert "Do not wait for this tool." in alert(assessed(*EVERYTHING), key).text


@pytest.mark.parametrize("record", [[sign("ambulatory", "absent")], [sign("myelopathy", "indeterminate")]])
def test_red_r_and_so_where_it_has_to_be_asked(record: list[Json]) -> None:
    (found,) = [one for one in assessed(T11, *record).alerts if one.key.startswith("RED-1")]
    assert "Do not wait for this tool." in found.text


def test_every_alert_has_its_sources_and_orders_nothing() -> None:
    found = assessed(*EVERYTHING)
    assert {"RED-1", "RED-2", "RED-3", "RED-6", "RED-7", "RED-9", "SURG-1"} <= set(raised(found))
    for one in found.alerts:
        assert one.references
        assert not any(word in one.text.lower() for word in ("perform ", "give ", "must "))


def test_red_1_and_red_2_in_figures() -> None:
    found = assessed(T11, sign("new-neurologic-deficit"))
    assert "24 hours" in alert(found, "RED-1").text
    assert "16 mg" in alert(found, "RED-2").text
    assert "contraindicated" in alert(found, "RED-2").text


# -- where it stands --------------------------------------------------------------------------------------


def alarms(found: Assessment, lesion_id: str) -> list[str]:
    return [alarm.key for alarm in lesion(found, lesion_id).alarms]


def ids(found: Assessment) -> list[str]:
    return [one.lesion.id for one in found.lesions]


def test_a_deficit_stands_at_every_lesion_of_the_spine_and_at_no_other() -> None:
    found = assessed(T11, L3, FEMUR, sign("new-neurologic-deficit"))
    (femur,) = set(ids(found)) - {"T11", "L3"}
    assert alarms(found, "T11") == alarms(found, "L3") == ["RED-1", "RED-2"]
    assert alarms(found, femur) == []
    assert ids(found)[-1] == femur


def test_with_lesions_of_limbs_only_it_stands_at_them() -> None:
    found = assessed(FEMUR, sign("new-neurologic-deficit"))
    (femur,) = ids(found)
    assert alarms(found, femur) == ["RED-1", "RED-2"]
    assert [(one.key, one.lesion) for one in found.alerts[:2]] == [("RED-1", None), ("RED-2", None)]


def test_a_lesion_without_a_site_may_be_of_the_spine() -> None:
    found = assessed(NOWHERE, FEMUR, sign("new-neurologic-deficit"))
    held = {one.lesion.place.site: [alarm.key for alarm in one.alarms] for one in found.lesions}
    assert held[None] == ["RED-1", "RED-2"]
    assert held["femur"] == []


def test_a_lesion_that_is_resolved_has_none() -> None:
    healed = condition("l3", "L3", clinicalStatus=status_of("clinical", "resolved"))
    found = assessed(T11, healed, sign("new-neurologic-deficit"))
    assert alarms(found, "L3") == []
    assert alarms(found, "T11") == ["RED-1", "RED-2"]


def test_without_bone_disease_there_is_none() -> None:
    healed = condition("l3", "L3", clinicalStatus=status_of("clinical", "resolved"))
    primary = condition("p", code="254837009")
    refuted = condition("l3", "L3", verificationStatus=status_of("ver-status", "refuted"))
    for record in ([], [healed], [primary], [refuted]):
        assert assessed(*record, sign("new-neurologic-deficit"), sign("hypercalcaemia")).alerts == ()


def test_with_myeloma_and_no_lesion_it_is_an_alert_all_the_same() -> None:
    found = assessed(condition("m", code="109989006"), sign("new-neurologic-deficit"))
    assert found.lesions == ()
    assert [(one.key, one.lesion) for one in found.alerts] == [("RED-1", None), ("RED-2", None)]


def test_what_is_found_at_one_lesion_is_not_told_of_another() -> None:
    found = assessed(
        T11, L3, sign("escc-grade", "escc-2", at="T11"), sign("local-infection", at="L3"),
        procedure("vertebroplasty", site("L3")), sign("myelopathy"),
    )  # fmt: skip
    told = {(one.key, one.lesion) for one in found.alerts}
    assert {("SURG-1", "T11"), ("RED-7", "L3"), ("RED-9", "L3")} <= told
    assert not {("SURG-1", "L3"), ("RED-7", "T11"), ("RED-9", "T11")} & told
    assert alarms(found, "T11") == ["RED-1", "RED-2", "SURG-1"]
    assert alarms(found, "L3") == ["RED-1", "RED-2", "RED-9", "RED-7"]


def test_the_most_urgent_lesion_comes_first() -> None:
    found = assessed(T11, L3, sign("escc-grade", "escc-2", at="L3"))
    assert ids(found) == ["L3", "T11"]


@pytest.mark.parametrize("finding", ["escc-grade", "local-infection"])
def test_a_finding_of_a_limb(finding: str) -> None:
    value = {"escc-grade": "escc-3"}.get(finding, "present")
    found = assessed(FEMUR, sign(finding, value, about="Condition/femur"))
    assert raised(found) == ({"RED-7": "urgent"} if finding == "local-infection" else {})


async def test_alerts_in_the_answer_of_the_service(app: FastAPI) -> None:
    body = bundle([patient(), *EVERYTHING, FEMUR])
    alerts = (await Caller(app).post(ASSESSMENTS, body)).json()["alerts"]
    assert all(set(one) == {"id", "lesion", "urgency", "text", "references"} for one in alerts)
    order = ["emergency", "same-day", "urgent", "routine"]
    ranks = [order.index(one["urgency"]) for one in alerts]
    assert ranks == sorted(ranks)
    assert [(one["id"], one["lesion"]) for one in alerts[:4]] == [
        ("RED-1", None), ("RED-2", None), ("RED-3", None), ("RED-9", "T11"),
    ]  # fmt: skip
    of_patient = {one["id"] for one in alerts if one["lesion"] is None}
    assert of_patient == {"RED-1", "RED-2", "RED-3", "RED-6"}
    assert {one["id"]: one["urgency"] for one in alerts if one["id"] in ("RED-4", "RED-6", "RED-7")} == {
        "RED-6": "same-day",
        "RED-7": "urgent",
    }
    assert all(one["text"].startswith("T11: ") for one in alerts if one["lesion"] == "T11")
