"""What a quiet period holds back, what takes its place, and what an override never silences."""

from collections.abc import Callable, Sequence

import pytest

from app.assess import assess
from app.assess.ordered.order import Order, Orders
from app.fhir.orders import Drafts
from app.knowledge.anatomy import place_of_level
from app.knowledge.instrument import Urgency
from app.knowledge.orderables import OWN_ORDERABLES
from cds_hooks.cards import About, Call, CardMaker, MadeCard
from cds_hooks.gather import Gathered
from cds_hooks.services import ENCOUNTER_START, ORDER_SIGN, PATIENT_VIEW, HookService
from tests.cds_hooks.hook_contexts import collection, draft
from tests.cds_hooks.hook_request import HOOK_INSTANCE, prefetch_of
from tests.cds_hooks.hospital import SIGN, START, VIEW, Hospital, orders, told
from tests.cds_hooks.record import MIDDLING, STABLE, UNSTABLE, Json, coded, condition, observation, searchset
from tests.cds_hooks.record import spinal_lesion as lesion_sent
from tests.fhir.records import AS_OF, BOOK, KNOWLEDGE, MILDEST, WORST, read, spinal_lesion
from tests.fhir.records import condition as condition_of
from tests.fhir.records import observation as observation_of

T11 = lesion_sent("T11", UNSTABLE)
LEVELS = ("C2", "C4", "T1", "T5", "T11", "L1", "L3")
CUT: Json = prefetch_of([]) | {"conditions": searchset(total=9)}
MYELOMA = "109989006"


def everything(_about: About) -> bool:
    return True


def nothing(_about: About) -> bool:
    return False


def at(*sites: str) -> Callable[[About], bool]:
    return lambda about: about.site in sites


def made(
    record: Sequence[Json],
    held: Callable[[About], bool] = nothing,
    service: HookService = PATIENT_VIEW,
    drafted: Sequence[Order] = (),
) -> list[MadeCard]:
    found = read(*record)
    gathered = Gathered(found, "p1", drafts=Drafts(Orders(tuple(drafted)), {}))
    call = Call(service, HOOK_INSTANCE)
    return CardMaker(BOOK).cards(assess(found, AS_OF, KNOWLEDGE), gathered, call, held)


def named(cards: Sequence[MadeCard], *, held: bool = False) -> list[str]:
    return [one.about.site for one in cards if one.held is held]


def ordered(*codes: str | None, level: str = "T11") -> list[Order]:
    return [
        Order(
            f"ServiceRequest/{code}",
            None if code is None else OWN_ORDERABLES[code],
            places=(place_of_level(level),),
            sited=True,
        )
        for code in codes
    ]


SEVEN = [resource for level in LEVELS for resource in spinal_lesion(level)]


# -- before the cap of five ----------------------------------------------------------------------------------


def test_what_a_card_is_about() -> None:
    (unstable,) = made(spinal_lesion("T11", {**WORST, "spinal-alignment": "alignment-normal"}))
    assert unstable.about == About("sins", "T11", "RED-5", Urgency.URGENT)
    (stable,) = made(spinal_lesion("T11", MILDEST))
    assert (stable.about.topic, stable.about.site, stable.about.urgency) == ("sins", "T11", Urgency.ROUTINE)
    assert stable.about.rule != unstable.about.rule
    assert stable.card.source.topic is not None
    assert stable.card.source.topic.code == stable.about.topic


@pytest.mark.parametrize(
    ("codes", "site"),
    [
        (["vertebroplasty"], "T11 vertebroplasty"),
        (["vertebroplasty", "cryoablation"], "T11 cryoablation vertebroplasty"),
        (["cryoablation", "vertebroplasty"], "T11 cryoablation vertebroplasty"),
        (["vertebroplasty", "vertebroplasty"], "T11 vertebroplasty"),
        ([None], "T11 "),
    ],
)
def test_a_card_about_orders_is_about_what_is_ordered(codes: list[str | None], site: str) -> None:
    (only,) = made(spinal_lesion("T11"), service=ORDER_SIGN, drafted=ordered(*codes))
    assert only.about.site == site


def test_what_is_held_back_leaves_its_place_to_the_next() -> None:
    first = named(made(SEVEN))
    assert len(first) == 5
    cards = made(SEVEN, at(*first))
    assert set(named(cards)) == set(LEVELS) - set(first)
    assert named(cards, held=True) == first
    assert not any("more lesion" in one.card.summary for one in cards)


@pytest.mark.parametrize(("number", "hidden"), [(0, 2), (1, 1), (2, 0)])
def test_what_is_held_back_is_not_counted_among_what_is_not_shown(number: int, hidden: int) -> None:
    first = named(made(SEVEN))[:number]
    cards = made(SEVEN, at(*first))
    assert len(named(cards)) == 5
    assert named(cards, held=True) == first
    shown = [one for one in cards if not one.held]
    assert [f"+{hidden} more lesion" in one.card.summary for one in shown[:-1]] == [False] * 4
    assert ("more lesion" in shown[-1].card.summary) is (hidden > 0)
    assert not hidden or f"(+{hidden} more lesion" in shown[-1].card.summary


def test_a_card_that_is_held_back_is_the_one_that_would_have_been_shown() -> None:
    for record in (spinal_lesion("T11"), spinal_lesion("T11", MILDEST)):
        (shown,), (held,) = made(record), made(record, everything)
        assert (held.held, held.card, held.about) == (True, shown.card, shown.about)


def test_at_most_five_are_noted_as_held_back() -> None:
    cards = made(SEVEN, everything)
    assert (named(cards), len(named(cards, held=True))) == ([], 5)


@pytest.mark.parametrize("held", [everything, nothing])
def test_orders_are_held_back_before_the_cap_too(held: Callable[[About], bool]) -> None:
    drafted = [order for level in LEVELS for order in ordered("vertebroplasty", level=level)]
    first = named(made(SEVEN, service=ORDER_SIGN, drafted=drafted))
    assert len(first) == 5
    cards = made(SEVEN, lambda about: about.site in first and held(about), ORDER_SIGN, drafted)
    if held is everything:
        assert {site.partition(" ")[0] for site in named(cards)} == set(LEVELS) - {
            site.partition(" ")[0] for site in first
        }
    else:
        assert named(cards) == first


def test_what_is_incomplete_or_of_no_lesion_asks_nobody() -> None:
    deficit = observation_of("sign", "new-neurologic-deficit", "present")
    for service in (PATIENT_VIEW, ENCOUNTER_START):
        (urgent,) = made([condition_of("m", code=MYELOMA), deficit], everything, service)
        assert (urgent.held, urgent.about.topic) == (False, "urgent")


async def test_what_is_held_back_is_recorded_as_quiet_with_the_lesions_that_were_shown() -> None:
    hospital = Hospital(quiet_days=7)
    record = [resource for level in LEVELS for resource in lesion_sent(level, UNSTABLE)]
    first = await hospital.overridden(record)
    second = await hospital.shown(record)
    assert (len(first), len(second)) == (5, 2)
    summary = await hospital.summary()
    assert (summary["quiet"], summary["shadow"]) == (5, 0)
    (row,) = summary["by_service"]
    assert (row["shown"], row["overridden"]) == (7, 5)
    # Seen once, they are held back as well.
    await hospital.tell(second)
    assert await hospital.shown(record) == []


async def test_an_order_that_was_overridden_is_held_back_whatever_its_id() -> None:
    hospital = Hospital(quiet_days=7)
    both = ("vertebroplasty", "cryoablation")
    await hospital.overridden(T11, SIGN, context=orders(*both))
    for context in (orders(*both), orders(*reversed(both))):
        assert await hospital.shown(T11, SIGN, context=context) == []
    again = {"draftOrders": collection([draft(f"again-{code}", code) for code in both])}
    assert await hospital.shown(T11, SIGN, context=again) == []
    for others in (orders("vertebroplasty"), orders("vertebroplasty", "kyphoplasty")):
        assert len(await hospital.shown(T11, SIGN, context=others)) == 1


# -- what an override never silences -------------------------------------------------------------------------


async def test_an_order_is_judged_though_the_lesions_card_was_overridden() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11)
    (card,) = await hospital.shown(T11, SIGN, context=orders("vertebroplasty"))
    assert "never cement alone" in card["summary"]


async def test_another_order_at_the_same_lesion_is_judged() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11, SIGN, context=orders("conventional-radiotherapy"))
    (card,) = await hospital.shown(T11, SIGN, context=orders("vertebroplasty"))
    assert "never cement alone" in card["summary"]


async def test_a_lesion_that_became_unstable_is_shown() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(lesion_sent("T11", MIDDLING))
    (card,) = await hospital.shown(T11)
    assert "Unstable" in card["summary"]


async def test_a_lesion_with_a_subluxation_that_became_unstable_is_shown() -> None:
    """SINS of 9 with a subluxation, then of 18: the alarm that comes first is the same."""
    hospital = Hospital(quiet_days=7)
    subluxation = STABLE | {
        "spinal-alignment": "alignment-subluxation",
        "vertebral-collapse": "collapse-under-50",
    }
    (before,) = await hospital.overridden(lesion_sent("T11", subluxation))
    assert "9 of 18" in before["summary"]
    (card,) = await hospital.shown(T11)
    assert "18 of 18" in card["summary"]


async def test_lesions_that_were_never_shown_are_shown_in_the_place_of_those_held_back() -> None:
    hospital = Hospital(quiet_days=7)
    record = [resource for level in LEVELS for resource in lesion_sent(level, UNSTABLE)]
    first = told(await hospital.overridden(record))
    assert len(first) == 5
    assert set(told(await hospital.shown(record))) == set(LEVELS) - set(first)


async def test_what_could_not_be_looked_at_is_said_every_time() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(prefetch=CUT)
    for hook in (VIEW, START, SIGN):
        (card,) = await hospital.shown(hook=hook, prefetch=CUT)
        assert "not everything could be checked" in card["summary"]


async def test_a_critical_finding_of_no_lesion_is_said_every_time() -> None:
    hospital = Hospital(quiet_days=365)
    deficit = observation("s", "new-neurologic-deficit", coded("present"))
    for _ in range(2):
        for hook in (VIEW, START):
            (card,) = await hospital.overridden([condition("m", MYELOMA), deficit], hook)
            assert card["indicator"] == "critical"


@pytest.mark.parametrize("hook", [VIEW, START])
async def test_a_card_that_is_held_back_hides_no_search_that_was_cut_short(hook: str) -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11)
    found = [one for one in T11 if one["resourceType"] == "Condition"]
    cut = prefetch_of(T11) | {"conditions": searchset(found, total=9)}
    (card,) = await hospital.shown(hook=hook, prefetch=cut)
    assert "not everything could be checked" in card["summary"]


async def test_a_card_that_is_held_back_hides_no_order_that_could_not_be_read() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11, SIGN, context=orders("vertebroplasty"))
    unread = draft("unread", "cryoablation") | {"subject": {"display": "Milan R."}}
    context = {"draftOrders": collection([draft("order-vertebroplasty"), unread])}
    (card,) = await hospital.shown(T11, SIGN, context=context)
    assert "could not be read" in card["detail"]
