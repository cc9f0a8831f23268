"""The uuids of cards and suggestions: by tenant, call, service and card, and by nothing else (R82, R109)."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import pytest

from app.assess import assess
from cds_hooks.cards import Call, CardMaker
from cds_hooks.gather import Gathered
from cds_hooks.services import ENCOUNTER_START, PATIENT_VIEW, HookService
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import ORDER, SERVICES, collection, draft, request_of
from tests.cds_hooks.hook_request import HOOK_INSTANCE, prefetch_of
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    RIGHT,
    UNSTABLE,
    VERTEBRAE,
    Json,
    concept,
    condition,
    limb_lesion,
    searchset,
    site_of,
    spinal_lesion,
)
from tests.contract.served import application
from tests.fhir.records import AS_OF, BOOK, KNOWLEDGE, read
from tests.fhir.records import spinal_lesion as lesion_of

ANOTHER_CALL = "0b9f2a44-8c0e-4f2b-9c57-6a1d3f0e2b11"
T11, L3 = spinal_lesion("T11", UNSTABLE), spinal_lesion("L3", UNSTABLE)
LEVELS = ("T11", "L3")


def unsited(name: str = "order-1", code: str = "vertebroplasty") -> Json:
    held = draft(name, code)
    del held["bodySite"]
    return held


def with_orders(*orders: Json) -> Json:
    return {
        "draftOrders": collection(orders),
        "selections": [f"ServiceRequest/{one['id']}" for one in orders],
    }


# Every kind of card that there is: by hook, the record and what the context holds beside its own.
CALLS: Mapping[str, tuple[str, list[Json], Json]] = {
    "one lesion": ("patient-view", T11, {}),
    "several lesions": (
        "patient-view",
        [*T11, *L3, *limb_lesion(FEMORAL_SHAFT, LEFT), *limb_lesion(FEMORAL_SHAFT, RIGHT)],
        {},
    ),
    "an encounter": ("encounter-start", [*T11, *L3], {}),
    "a new problem": ("problem-list-item-create", L3, {}),
    "several orders at one lesion": (
        "order-sign",
        T11,
        with_orders(*(draft(name, name) for name in ("vertebroplasty", "cryoablation", "kyphoplasty"))),
    ),
    "selected orders": ("order-select", [*T11, *L3], with_orders(draft(), draft("order-2", level="L3"))),
    "orders without a site": (
        "order-sign",
        [*T11, *L3],
        with_orders(unsited(), unsited("order-2", "cryoablation"), draft("order-3")),
    ),
    "an order that no code explains": (
        "order-sign",
        T11,
        with_orders(draft(code="x") | {"code": concept("x", ORDER)}),
    ),
}


@pytest.fixture(scope="module")
def replica() -> Ehr:
    """Another process of the same deployment, or the same one after a restart."""
    return Ehr(application())


def request(name: str, instance: str = HOOK_INSTANCE) -> Json:
    hook, record, context = CALLS[name]
    asked = request_of(hook, record, hookInstance=instance)
    asked["context"] |= {key: value for key, value in context.items() if key != "selections"}
    if "selections" in asked["context"]:
        asked["context"]["selections"] = context["selections"]
    return asked


async def answer(ehr: Ehr, asked: Json) -> bytes:
    response = await ehr.send(asked, path=SERVICES[asked["hook"]])
    assert response.status_code == 200, response.text[:300]
    return response.content


async def cards_of(ehr: Ehr, asked: Json) -> list[Json]:
    response = await ehr.send(asked, path=SERVICES[asked["hook"]])
    cards: list[Json] = response.json()["cards"]
    assert cards
    return cards


def identities(cards: Iterable[Json]) -> Iterator[str]:
    """The uuid of every card and suggestion, and the id of everything that is created."""
    for card in cards:
        yield card["uuid"]
        for suggestion in card.get("suggestions", ()):
            yield suggestion["uuid"]
            for action in suggestion.get("actions", ()):
                if action["type"] == "create":
                    yield action["resource"]["id"]


@pytest.mark.conforms("R82", "R109")
@pytest.mark.parametrize("name", CALLS)
async def test_r82_the_same_call_twice_has_the_same_answer_to_the_byte(
    ehr: Ehr, replica: Ehr, name: str
) -> None:
    first = await answer(ehr, request(name))
    assert await answer(ehr, request(name)) == first
    assert await answer(replica, request(name)) == first


@pytest.mark.conforms("R82", "R109")
@pytest.mark.parametrize("name", CALLS)
async def test_r82_r109_each_is_a_uuid_of_version_5_in_lower_case_and_there_once(ehr: Ehr, name: str) -> None:
    found = list(identities(await cards_of(ehr, request(name))))
    assert len(set(found)) == len(found)
    for one in found:
        assert one == str(UUID(one))
        assert UUID(one).version == 5


@pytest.mark.conforms("R82", "R109")
@pytest.mark.parametrize("name", CALLS)
async def test_r82_r109_another_call_has_uuids_of_its_own(ehr: Ehr, name: str) -> None:
    first = await cards_of(ehr, request(name))
    second = await cards_of(ehr, request(name, ANOTHER_CALL))
    assert [card["summary"] for card in first] == [card["summary"] for card in second]
    assert not set(identities(first)) & set(identities(second))


@pytest.mark.conforms("R82")
@pytest.mark.parametrize("name", CALLS)
async def test_r82_the_case_of_a_call_is_no_other_call(ehr: Ehr, name: str) -> None:
    assert await answer(ehr, request(name, HOOK_INSTANCE.upper())) == await answer(ehr, request(name))


@pytest.mark.conforms("R82", "R109")
async def test_r82_another_service_has_uuids_of_its_own(ehr: Ehr) -> None:
    seen: set[str] = set()
    for hook in SERVICES:
        found = set(identities(await cards_of(ehr, request_of(hook, [*T11, *L3]))))
        assert not found & seen
        seen |= found


def made(tenant: str, service: HookService = PATIENT_VIEW, instance: str = HOOK_INSTANCE) -> list[str]:
    """The uuids of the cards of a tenant, and of their suggestions."""
    record = read(*lesion_of("T11"), *lesion_of("L3"))
    cards = CardMaker(BOOK).cards(
        assess(record, AS_OF, KNOWLEDGE), Gathered(record, "p1"), Call(service, instance, tenant)
    )
    suggestions = [one.uuid for each in cards for one in each.card.suggestions or ()]
    return [*(each.card.uuid for each in cards), *suggestions]


@pytest.mark.conforms("R82", "R109")
def test_r82_two_tenants_never_share_a_uuid() -> None:
    first = made("a")
    assert first == made("a")
    assert len(first) > 4
    for others in (
        made("b"),
        made(""),
        made("A"),
        made("a", ENCOUNTER_START),
        made("a", instance=ANOTHER_CALL),
    ):
        assert len(others) == len(first)
        assert not set(others) & set(first)


@pytest.mark.conforms("R82")
async def test_r82_a_card_is_known_by_its_lesion_whatever_stands_beside_it(ehr: Ehr) -> None:
    (alone,) = await cards_of(ehr, request_of("patient-view", T11))
    several = await cards_of(ehr, request_of("patient-view", [*L3, *T11, condition("h", "38341003")]))
    assert {card["uuid"] for card in several if card["summary"].startswith("T11")} == {alone["uuid"]}
    assert len({card["uuid"] for card in several}) == 2


@pytest.mark.conforms("R82")
async def test_r82_left_and_right_are_two_cards(ehr: Ehr) -> None:
    uuids = set()
    for side in (LEFT, RIGHT):
        (card,) = await cards_of(ehr, request_of("patient-view", limb_lesion(FEMORAL_SHAFT, side)))
        uuids.add(card["uuid"])
    assert len(uuids) == 2


async def test_what_could_not_be_looked_at_has_a_uuid_too(ehr: Ehr) -> None:
    cut = prefetch_of([]) | {"conditions": searchset(total=9)}
    uuids = set()
    for hook in ("patient-view", "encounter-start", "order-sign"):
        (card,) = await cards_of(ehr, request_of(hook, prefetch=cut))
        (again,) = await cards_of(ehr, request_of(hook, prefetch=cut))
        assert card["uuid"] == again["uuid"]
        uuids.add(card["uuid"])
    assert len(uuids) == 3


@pytest.mark.conforms("R82", "R109")
async def test_r82_no_uuid_is_given_twice_over_many_calls(ehr: Ehr) -> None:
    asked = request("several lesions")
    seen: list[str] = []
    for number in range(100):
        seen += identities(await cards_of(ehr, asked | {"hookInstance": str(UUID(int=number))}))
    assert len(seen) > 1_000
    assert len(set(seen)) == len(seen)


async def share_no_uuid(ehr: Ehr, orders: list[Json]) -> None:
    asked = request_of("order-sign", [*T11, *L3])
    asked["context"]["draftOrders"] = collection(orders)
    found = list(identities(await cards_of(ehr, asked)))
    assert len(set(found)) == len(found)


@pytest.mark.conforms("R82", "R109")
@pytest.mark.parametrize("code", ["vertebroplasty", "cryoablation"])
async def test_r109_two_drafts_of_one_id_never_share_a_suggestion(ehr: Ehr, code: str) -> None:
    await share_no_uuid(ehr, [draft(), draft(code=code)])


@pytest.mark.parametrize("code", ["vertebroplasty", "cryoablation"])
async def test_two_drafts_of_one_id_never_share_a_card(ehr: Ehr, code: str) -> None:
    await share_no_uuid(ehr, [unsited(), unsited(code=code)])


async def test_two_new_problems_of_one_lesion_are_one_card(ehr: Ehr) -> None:
    asked = request_of("problem-list-item-create")
    t11 = site_of(VERTEBRAE["T11"])
    asked["context"]["conditions"] = collection([condition("a", site=t11), condition("b", site=t11)])
    (card,) = await cards_of(ehr, asked)
    asked["context"]["conditions"] = collection([condition("a", site=t11)])
    (alone,) = await cards_of(ehr, asked)
    assert card["uuid"] == alone["uuid"]
