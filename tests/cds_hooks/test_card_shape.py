"""Every card by itself (checklist R73 to R106, R170 to R175; clinical specification 10.2 and 10.3)."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cds_hooks.card_schema import CARDS_VALIDATOR, hollow
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import HOOK_INSTANCE, hook_request, without
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    FEMUR,
    HUMERUS,
    LEFT,
    MIDDLING,
    RECENT,
    RIB,
    RIGHT,
    STABLE,
    UNSTABLE,
    VERTEBRAE,
    Json,
    concept,
    condition,
    limb_lesion,
    site_of,
    spinal_lesion,
)
from tests.contract.served import application

# Each kind of card that this service has, in one record or another.
RECORDS: dict[str, list[Json]] = {
    "unstable": spinal_lesion("T11", UNSTABLE),
    "potentially unstable": spinal_lesion("L3", MIDDLING),
    "stable": spinal_lesion("T5", STABLE),
    "nothing recorded": spinal_lesion("L2", {}),
    "high": limb_lesion(FEMORAL_SHAFT, LEFT),
    "low": limb_lesion(FEMORAL_SHAFT, RIGHT, "mild", "blastic", 10),
    "no side": limb_lesion(HUMERUS, None),
    "no score": [condition(site=site_of(RIB, LEFT))],
    "no site": [condition()],
    "over": [condition(site=site_of(VERTEBRAE["T8"]), clinicalStatus=concept("resolved"))],
    "several": [*spinal_lesion("T11"), *spinal_lesion("L3", STABLE), *limb_lesion(FEMUR, LEFT)],
}
FORBIDDEN = re.compile(
    r"\b(?:perform|give|administer|must (?:operate|treat)|safe|cure|prolongs? survival|watts?)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def plain() -> Ehr:
    return Ehr(application(client_suggestions=False))


@pytest.fixture(params=sorted(RECORDS))
async def cards(request: Any, ehr: Ehr) -> list[Json]:
    return await ehr.cards(RECORDS[request.param])


@pytest.mark.conforms("R3", "R4", "R5", "R73", "R87", "R175")
async def test_r73_r175_every_card_has_the_members_of_the_specification_and_no_other(
    cards: list[Json],
) -> None:
    assert cards
    CARDS_VALIDATOR.validate({"cards": cards})
    assert list(hollow({"cards": cards})) == []
    always = {"uuid", "summary", "detail", "indicator", "source", "overrideReasons"}
    where_there_are_any = {"suggestions", "selectionBehavior", "links", "extension"}
    for card in cards:
        assert always <= set(card) <= always | where_there_are_any


@pytest.mark.conforms("R5", "R81", "R91", "R94")
@pytest.mark.parametrize("name", sorted(RECORDS))
async def test_r5_r91_r94_what_a_client_is_not_offered_is_left_out(name: str, plain: Ehr) -> None:
    """Without an address that browsers reach there are no links, and a site may want no suggestions."""
    for card in await plain.cards(RECORDS[name]):
        assert not {"suggestions", "links", "selectionBehavior", "extension"} & set(card)


@pytest.mark.conforms("R75", "R121")
@pytest.mark.parametrize("name", sorted(RECORDS))
async def test_r75_r121_nothing_is_ever_applied_without_a_person(name: str, ehr: Ehr) -> None:
    response = await ehr.send(hook_request(RECORDS[name]))
    assert list(response.json()) == ["cards"]


@pytest.mark.conforms("R97", "R98", "R100", "R101", "R102")
async def test_r97_to_r102_the_source_is_the_publication(cards: list[Json]) -> None:
    for card in cards:
        source = card["source"]
        assert source["label"].strip()
        assert source.get("url", "https://").startswith("https://")
        assert source["topic"]["system"] == "https://fhir.spine-mets-cds.org/CodeSystem/card-topic"
        assert re.fullmatch(r"[A-Za-z0-9-]{1,100}", source["topic"]["code"])
        assert "spine-mets" not in source["label"]


@pytest.mark.conforms("R93", "R102", "R122")
async def test_r93_r102_r122_it_can_be_dismissed_with_a_reason(cards: list[Json]) -> None:
    for card in cards:
        codes = [reason["code"] for reason in card["overrideReasons"]]
        assert len(set(codes)) == len(codes) >= 3
        for reason in card["overrideReasons"]:
            assert set(reason) == {"code", "system", "display"}
            assert reason["display"].strip()
            assert reason["system"].startswith(
                ("http://terminology.hl7.org/", "https://fhir.spine-mets-cds.org/")
            )


async def test_10_2_it_says_who_decides_and_that_doing_nothing_is_an_option(cards: list[Json]) -> None:
    for card in cards:
        if "| **Total** |" in card["detail"]:
            assert "to decide with the patient" in card["detail"]
            assert "no intervention included" in card["detail"]


async def test_10_3_it_commands_nothing_and_promises_nothing(cards: list[Json]) -> None:
    for card in cards:
        assert not FORBIDDEN.findall(card["summary"] + card["detail"])


@pytest.mark.conforms("R172")
async def test_10_2_r172_every_input_has_its_source_and_its_date(ehr: Ehr) -> None:
    card = await ehr.card(RECORDS["unstable"])
    for number in range(1, 6):
        assert f"`Observation/c-t11-{number}` `{RECENT[:10]}`" in card["detail"]
    assert "`Condition/c-t11`" in card["detail"]
    assert "judged at 2026-11-20" in card["detail"]


async def test_10_2_points_total_and_category_are_shown(ehr: Ehr) -> None:
    card = await ehr.card(RECORDS["unstable"])
    assert "| **Total** | **unstable (13-18)** | **18** |" in card["detail"]
    rows = [line.split(" | ")[2] for line in card["detail"].splitlines() if line.startswith("| ")]
    assert rows[1:-1] == ["3", "3", "2", "4", "3", "3"]


async def test_10_2_what_is_missing_and_would_settle_it_is_named(ehr: Ehr) -> None:
    card = await ehr.card(spinal_lesion("T11", {k: v for k, v in MIDDLING.items() if k != "spinal-pain"}))
    assert "SINS 7, 8 or 10" in card["summary"]
    assert "**Not recorded or too old:** pain." in card["detail"]
    card = await ehr.card(spinal_lesion("T5", {k: v for k, v in MIDDLING.items() if k != "spinal-pain"}))
    assert "pain would settle" in card["detail"]


async def test_10_2_sources_have_their_tag(ehr: Ehr) -> None:
    card = await ehr.card(RECORDS["unstable"])
    listed = card["detail"].partition("**Sources**")[2]
    assert "Fisher 2010" in listed
    assert "read in public text" in listed
    assert "local policy" in listed


@pytest.mark.parametrize("name", sorted(RECORDS))
@pytest.mark.conforms("R82", "R181")
async def test_r82_c29_the_same_call_has_the_same_uuids(ehr: Ehr, name: str) -> None:
    first, second = await ehr.cards(RECORDS[name]), await ehr.cards(RECORDS[name])
    assert first == second


@pytest.mark.conforms("R82", "R181")
async def test_r82_uuids_are_lower_case_of_version_5_and_unique(ehr: Ehr) -> None:
    seen: list[str] = []
    for instance in [HOOK_INSTANCE, *(str(uuid4()) for _ in range(200))]:
        for card in await ehr.cards(RECORDS["several"], hookInstance=instance):
            assert UUID(card["uuid"]).version == 5
            assert card["uuid"] == card["uuid"].lower()
            seen.append(card["uuid"])
    assert len(set(seen)) == len(seen) == 3 * 201


async def test_r82_a_uuid_holds_nothing_of_the_patient(ehr: Ehr) -> None:
    """It may be logged: for the same call and lesion it is the same whoever the patient is."""
    one = await ehr.card(RECORDS["unstable"])
    other = [r | {"subject": {"reference": "Patient/p-2"}} for r in RECORDS["unstable"]]
    assert (await ehr.card(other, patient_id="p-2"))["uuid"] == one["uuid"]


@pytest.mark.conforms("R82")
async def test_r82_the_card_that_says_what_is_missing_has_a_uuid_of_its_own(ehr: Ehr) -> None:
    request = hook_request([condition("c", "109989006")])
    (card,) = await ehr.cards_of(without(request, "prefetch", "observations"))
    assert card["uuid"] != (await ehr.card(RECORDS["unstable"]))["uuid"]


@pytest.mark.conforms("R74")
async def test_r74_no_bone_disease_is_nothing_to_say(ehr: Ehr) -> None:
    for resources in ([], [condition("c", "254837009")], [condition("c", "38341003")]):
        response = await ehr.send(hook_request(resources))
        assert response.content == b'{"cards":[]}'


@pytest.mark.conforms("R86", "R95")
async def test_r95_the_indicator_is_that_of_the_urgency(ehr: Ehr) -> None:
    expected = {
        "unstable": "warning",
        "potentially unstable": "warning",
        "stable": "info",
        "nothing recorded": "warning",
        "high": "warning",
        "low": "info",
        "no score": "info",
        "over": "info",
    }
    found = {name: (await ehr.card(RECORDS[name]))["indicator"] for name in expected}
    assert found == expected


@pytest.mark.conforms("R86", "R95")
async def test_r86_a_site_may_call_an_unstable_spine_critical() -> None:
    served = Ehr(application(policy={"RED-5": "same-day"}))
    assert (await served.card(RECORDS["unstable"]))["indicator"] == "critical"
    assert (await served.card(RECORDS["stable"]))["indicator"] == "info"
