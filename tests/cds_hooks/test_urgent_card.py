"""What cannot wait of a patient whose bone disease has no lesion on record: a card of its own."""

from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, collection, draft, request_of
from tests.cds_hooks.hook_request import prefetch_of
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    STABLE,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    limb_lesion,
    observation,
    searchset,
    site_of,
    spinal_lesion,
)

SUMMARY = "Bone disease, no lesion recorded: an urgent finding that cannot wait, see detail"
HOOKS = ("patient-view", "encounter-start")
TODAY = "2026-11-20T08:00:00Z"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
MYELOMA, HYPERCALCAEMIA = condition("m", "109989006"), condition("h", "66931009")
LEVELS = ("C2", "C4", "T1", "T5", "T11", "L1", "L3")


def sign(finding: str, answer: str = "present") -> Json:
    return observation(f"s-{finding}", finding, coded(answer), effectiveDateTime=TODAY)


DEFICIT = sign("new-neurologic-deficit")


def resolved(level: str) -> Json:
    return condition(
        f"r-{level}", site=site_of(VERTEBRAE[level]), clinicalStatus=concept("resolved", CLINICAL)
    )


async def shown(ehr: Ehr, hook: str, *record: Json, **members: Any) -> list[Json]:
    response = await ehr.send(request_of(hook, record, **members), path=SERVICES[hook])
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    return cards


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    ("finding", "indicator", "rule"),
    [
        (DEFICIT, "critical", "RED-1"),
        (sign("myelopathy"), "critical", "RED-1"),
        (sign("sphincter-dysfunction"), "critical", "RED-1"),
        (HYPERCALCAEMIA, "critical", "RED-6"),
        (sign("new-neurologic-deficit", "indeterminate"), "warning", "RED-1-open"),
    ],
)
async def test_an_urgent_finding_without_a_lesion(
    ehr: Ehr, hook: str, finding: Json, indicator: str, rule: str
) -> None:
    (card,) = await shown(ehr, hook, MYELOMA, finding)
    assert (card["summary"], card["indicator"]) == (SUMMARY, indicator)
    assert card["source"]["topic"]["code"] == "urgent"
    assert card["source"]["label"].startswith(f"{rule}: ")
    assert f"[{rule}]" in card["detail"]
    assert "does not mean that there is none" in card["detail"]
    assert "**Sources**" in card["detail"]
    assert card["overrideReasons"]
    assert "suggestions" not in card


@pytest.mark.parametrize("hook", HOOKS)
async def test_all_that_cannot_wait_is_on_one_card(ehr: Ehr, hook: str) -> None:
    (card,) = await shown(ehr, hook, MYELOMA, DEFICIT, HYPERCALCAEMIA)
    assert all(f"[{rule}]" in card["detail"] for rule in ("RED-1", "RED-2", "RED-6"))


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    "record", [[MYELOMA], [DEFICIT], [DEFICIT, HYPERCALCAEMIA], [MYELOMA, sign("myelopathy", "absent")]]
)
async def test_without_bone_disease_or_an_urgent_finding_nothing_is_said(
    ehr: Ehr, hook: str, record: list[Json]
) -> None:
    assert await shown(ehr, hook, *record) == []


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    "lesion",
    [
        spinal_lesion("T11", STABLE),
        limb_lesion(FEMORAL_SHAFT, LEFT, "mild", "blastic", 10),
        [condition(site=site_of("113197003", LEFT))],
        [condition()],
    ],
    ids=["spine", "limb", "rib", "no site"],
)
async def test_a_lesion_that_carries_the_alarm_is_told_instead(
    ehr: Ehr, hook: str, lesion: list[Json]
) -> None:
    for finding in (DEFICIT, HYPERCALCAEMIA):
        (card,) = await shown(ehr, hook, MYELOMA, finding, *lesion)
        assert card["indicator"] == "critical"
        assert card["source"].get("topic", {}).get("code") != "urgent"


@pytest.mark.parametrize("hook", HOOKS)
async def test_a_lesion_that_is_over_carries_no_alarm(ehr: Ehr, hook: str) -> None:
    first, *rest = await shown(ehr, hook, MYELOMA, DEFICIT, resolved("T11"))
    assert (first["summary"], first["indicator"]) == (SUMMARY, "critical")
    assert [card["summary"].partition(":")[0] for card in rest] == (["T11"] if hook == HOOKS[0] else [])


async def test_five_cards_at_most_and_the_rest_is_counted(ehr: Ehr) -> None:
    cards = await shown(ehr, HOOKS[0], MYELOMA, DEFICIT, *map(resolved, LEVELS))
    assert len(cards) == 5
    assert cards[0]["summary"] == SUMMARY
    assert "(+3 more lesions)" in cards[-1]["summary"]


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "problem-list-item-create"])
async def test_the_other_hooks_speak_of_what_they_are_about(ehr: Ehr, hook: str) -> None:
    request = request_of(hook, [MYELOMA, DEFICIT])
    if "draftOrders" in request["context"]:
        request["context"]["draftOrders"] = collection([draft()])
    cards = (await ehr.send(request, path=SERVICES[hook])).json()["cards"]
    assert all(card["source"].get("topic", {}).get("code") != "urgent" for card in cards)


@pytest.mark.parametrize("hook", HOOKS)
async def test_its_uuid_is_that_of_the_call(ehr: Ehr, hook: str) -> None:
    (first,) = await shown(ehr, hook, MYELOMA, DEFICIT)
    (again,) = await shown(ehr, hook, MYELOMA, DEFICIT)
    (other,) = await shown(ehr, hook, MYELOMA, DEFICIT, hookInstance="0b9f2a44-8c0e-4f2b-9c57-6a1d3f0e2b11")
    assert first["uuid"] == again["uuid"] != other["uuid"]


@pytest.mark.conforms("R56")
@pytest.mark.parametrize("hook", HOOKS)
async def test_r56_it_says_that_the_search_was_cut_short(ehr: Ehr, hook: str) -> None:
    cut = prefetch_of([MYELOMA, DEFICIT]) | {"conditions": searchset([MYELOMA], total=9)}
    cards = await shown(ehr, hook, prefetch=cut)
    assert cards[0]["summary"] == SUMMARY
    assert any("not everything could be checked" in (one["summary"] + one["detail"]).lower() for one in cards)
