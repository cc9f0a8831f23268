"""encounter-start: only what cannot wait, and what could not be looked at (R163)."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.hook_request import prefetch_of, without
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    MIDDLING,
    STABLE,
    UNSTABLE,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    limb_lesion,
    observation,
    operation_outcome,
    patient,
    searchset,
    site_of,
    spinal_lesion,
)

HOOK = "encounter-start"
PATH = SERVICES[HOOK]
VIEW = "patient-view"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
COULD_NOT_LOOK = "not everything could be checked"
TODAY = "2026-11-20T08:00:00Z"
DEFICIT = observation("s", "new-neurologic-deficit", coded("present"), effectiveDateTime=TODAY)
HYPERCALCAEMIA = condition("h", "66931009")
STABLE_T11, UNSTABLE_L3 = spinal_lesion("T11", STABLE), spinal_lesion("L3", UNSTABLE)
RESOLVED = condition(site=site_of(VERTEBRAE["T11"]), clinicalStatus=concept("resolved", CLINICAL))


async def shown(ehr: Ehr, record: Iterable[Json] = (), hook: str = HOOK, **members: Any) -> list[Json]:
    response = await ehr.send(request_of(hook, record, **members), path=SERVICES[hook])
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    return cards


def told(cards: Iterable[Json]) -> list[tuple[str, str]]:
    """The indicator of every card, and the lesion that it names."""
    return [(card["indicator"], card["summary"].partition(":")[0]) for card in cards]


def high_grade() -> Json:
    return observation("e", "escc-grade", coded("escc-3"), bodySite=site_of(VERTEBRAE["T11"]))


# Everything that cannot wait, by how soon a person must look (8.1): emergency, same day, urgent.
CANNOT_WAIT: Mapping[str, tuple[list[Json], list[tuple[str, str]]]] = {
    "RED-1 a new deficit": ([*STABLE_T11, DEFICIT], [("critical", "T11")]),
    "RED-4 high-grade compression": ([*STABLE_T11, high_grade()], [("critical", "T11")]),
    "RED-6 hypercalcaemia": ([*STABLE_T11, HYPERCALCAEMIA], [("critical", "T11")]),
    "RED-5 unstable": (UNSTABLE_L3, [("warning", "L3")]),
    "RED-5b may be unstable": ([condition(site=site_of(VERTEBRAE["T11"]))], [("warning", "T11")]),
    "potentially unstable": (spinal_lesion("L2", MIDDLING), [("warning", "L2")]),
    "Mirels of 9": (limb_lesion(FEMORAL_SHAFT, LEFT), [("warning", "Left shaft of the femur")]),
    "one that can wait beside one that cannot": ([*STABLE_T11, *UNSTABLE_L3], [("warning", "L3")]),
    "the most urgent first": (
        [*UNSTABLE_L3, *STABLE_T11, high_grade()],
        [("critical", "T11"), ("warning", "L3")],
    ),
    "a deficit beside a lesion without a site": (
        [condition(), DEFICIT],
        [("critical", "Bone, site not recorded")],
    ),
}
CAN_WAIT: Mapping[str, list[Json]] = {
    "nothing": [],
    "another disease": [condition("h", "38341003")],
    "a primary without metastases": [condition("p", "254837009")],
    "stable": STABLE_T11,
    "stable in several places": [*STABLE_T11, *spinal_lesion("S2", STABLE)],
    "a femur at low risk": limb_lesion(FEMORAL_SHAFT, LEFT, "mild", "blastic", 10),
    "a rib, which no score is made for": [condition(site=site_of("113197003", LEFT))],
    "a lesion that is over": [RESOLVED],
    "a sign, and bone disease that is over": [RESOLVED, DEFICIT],
    "a sign without bone disease": [DEFICIT],
}


@pytest.mark.conforms("R163")
@pytest.mark.parametrize("name", CANNOT_WAIT)
async def test_r163_what_cannot_wait_is_shown_and_nothing_else(ehr: Ehr, name: str) -> None:
    record, expected = CANNOT_WAIT[name]
    assert told(await shown(ehr, record)) == expected


@pytest.mark.conforms("R163", "R74")
@pytest.mark.parametrize("name", CAN_WAIT)
async def test_r163_what_can_wait_is_nothing_to_say(ehr: Ehr, name: str) -> None:
    response = await ehr.send(request_of(HOOK, CAN_WAIT[name]), path=PATH)
    assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize("name", CANNOT_WAIT)
async def test_what_is_shown_is_what_the_view_of_the_patient_shows(ehr: Ehr, name: str) -> None:
    record, _ = CANNOT_WAIT[name]
    viewed = {card["summary"]: card for card in await shown(ehr, record, VIEW)}
    for card in await shown(ehr, record):
        same = viewed[card["summary"]]
        assert (card["indicator"], card["detail"]) == (same["indicator"], same["detail"])
    assert all(card["indicator"] != "info" for card in await shown(ehr, record))


async def test_an_emergency_that_belongs_to_no_lesion_is_shown(ehr: Ehr) -> None:
    """Myeloma without a lesion on record: the assessment raises RED-1, and nobody is told."""
    assert [card["indicator"] for card in await shown(ehr, [condition("m", "109989006"), DEFICIT])] == [
        "critical"
    ]


async def test_of_many_five_are_shown_and_the_rest_is_counted(ehr: Ehr) -> None:
    levels = ("C2", "C4", "T1", "T5", "T11", "L1", "L3")
    unstable = [resource for level in levels for resource in spinal_lesion(level, UNSTABLE)]
    cards = await shown(ehr, [*unstable, *spinal_lesion("S2", STABLE)])
    assert len(cards) == 5
    # The stable one is none of those that are not shown.
    assert "(+2 more lesions)" in cards[-1]["summary"]


# -- what could not be looked at -----------------------------------------------------------------------------


@pytest.mark.conforms("R56")
@pytest.mark.parametrize("key", ["observations", "procedures", "bodyStructures", "questionnaireResponses"])
@pytest.mark.parametrize(
    "value", [None, operation_outcome(), searchset(total=900)], ids=["missing", "error", "cut"]
)
async def test_r56_a_lesion_that_was_not_looked_at_in_full_is_never_silence(
    ehr: Ehr, key: str, value: Json | None
) -> None:
    """The record would be stable and can wait: what was not seen could be what cannot."""
    prefetch = {name: held for name, held in prefetch_of(STABLE_T11).items() if name != key}
    if value is not None:
        prefetch[key] = value
    cards = await shown(ehr, prefetch=prefetch)
    assert cards
    assert all(COULD_NOT_LOOK in (card["summary"] + card["detail"]).lower() for card in cards)
    assert all("Stable" not in card["summary"] for card in cards)


@pytest.mark.conforms("R56")
@pytest.mark.parametrize(
    "conditions",
    [
        searchset(total=9),
        searchset(link=[{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]),
        searchset([condition("c", subject={"display": "Milan R."})]),
        searchset([operation_outcome()]),
    ],
)
async def test_r56_conditions_that_were_not_all_seen_are_never_silence(ehr: Ehr, conditions: Json) -> None:
    (card,) = await shown(ehr, prefetch=prefetch_of([]) | {"conditions": conditions})
    assert COULD_NOT_LOOK in card["summary"]
    assert card["indicator"] == "info"


@pytest.mark.parametrize("key", ["observations", "procedures", "medications"])
async def test_without_bone_disease_nothing_more_was_to_be_looked_at(ehr: Ehr, key: str) -> None:
    prefetch = {name: held for name, held in prefetch_of([]).items() if name != key}
    assert await shown(ehr, prefetch=prefetch) == []


async def test_medications_hide_nothing_that_cannot_wait(ehr: Ehr) -> None:
    prefetch = {name: held for name, held in prefetch_of(STABLE_T11).items() if name != "medications"}
    assert await shown(ehr, prefetch=prefetch) == []


@pytest.mark.conforms("R53", "R59")
@pytest.mark.parametrize("key", ["patient", "conditions"])
async def test_r59_without_what_is_required_nothing_is_evaluated(ehr: Ehr, key: str) -> None:
    for prefetch in (
        {name: held for name, held in prefetch_of(UNSTABLE_L3).items() if name != key},
        prefetch_of(UNSTABLE_L3) | {key: operation_outcome()},
    ):
        response = await ehr.send(request_of(HOOK, prefetch=prefetch), path=PATH)
        assert response.status_code == 412


# -- its context ---------------------------------------------------------------------------------------------


@pytest.mark.conforms("R163")
@pytest.mark.parametrize("member", ["encounterId", "patientId", "userId"])
async def test_r163_every_member_of_the_context_is_required(ehr: Ehr, member: str) -> None:
    response = await ehr.send(without(request_of(HOOK, UNSTABLE_L3), "context", member), path=PATH)
    assert response.status_code == 400
    assert response.json()["issue"][0]["expression"] == [f"context.{member}"]


@pytest.mark.conforms("R163")
@pytest.mark.parametrize("value", [None, 5, "", " ", [], {}])
async def test_r163_an_encounter_that_is_none_is_refused(ehr: Ehr, value: Any) -> None:
    request = request_of(HOOK, UNSTABLE_L3)
    request["context"]["encounterId"] = value
    response = await ehr.send(request, path=PATH)
    assert response.status_code == 400


@pytest.mark.conforms("R163", "R169")
@pytest.mark.parametrize("written", ["e-1", "Encounter/e-1", "https://ehr.example.org/fhir/Encounter/e-1"])
async def test_r169_drafts_are_of_the_encounter_that_starts(ehr: Ehr, written: str) -> None:
    request = request_of(HOOK, UNSTABLE_L3)
    request["context"]["encounterId"] = written
    (card,) = (await ehr.send(request, path=PATH)).json()["cards"]
    created = [action["resource"] for one in card["suggestions"] for action in one["actions"]]
    orders = [one for one in created if one["resourceType"] == "ServiceRequest"]
    assert orders
    assert all(one["encounter"] == {"reference": "Encounter/e-1"} for one in orders)


@pytest.mark.parametrize("user", ["Patient/p-1", "RelatedPerson/r-1"])
async def test_patients_and_relatives_are_shown_nothing(ehr: Ehr, user: str) -> None:
    request = request_of(HOOK, [*UNSTABLE_L3, DEFICIT])
    request["context"]["userId"] = user
    assert (await ehr.send(request, path=PATH)).content == b'{"cards":[]}'


@pytest.mark.conforms("R62")
async def test_r62_a_record_of_another_patient_is_refused(ehr: Ehr) -> None:
    request = request_of(HOOK, UNSTABLE_L3, prefetch=prefetch_of(UNSTABLE_L3) | {"patient": patient("p-2")})
    assert (await ehr.send(request, path=PATH)).status_code == 422
