"""Which cards there are, and in which order (contract 3; clinical specification LES-1 to LES-6)."""

import random

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    FEMUR,
    HUMERUS,
    LEFT,
    MIDDLING,
    RIGHT,
    STABLE,
    UNSTABLE,
    VERTEBRAE,
    Json,
    concept,
    condition,
    findings,
    limb_lesion,
    site_of,
    spinal_lesion,
)

RANK = {"critical": 0, "warning": 1, "info": 2}
EIGHT = [
    *spinal_lesion("T11", UNSTABLE),
    *spinal_lesion("L3", MIDDLING),
    *spinal_lesion("T5", STABLE),
    *spinal_lesion("C4", MIDDLING),
    *spinal_lesion("S2", STABLE),
    *limb_lesion(FEMORAL_SHAFT, LEFT, "mild", "blastic", 5),
    *limb_lesion(HUMERUS, RIGHT, "functional", "lytic", 90),
    condition("c-no-site"),
]


def heads(cards: list[Json]) -> list[str]:
    return [card["summary"].partition(": ")[0] for card in cards]


async def test_les_2_one_card_for_each_lesion(ehr: Ehr) -> None:
    record = [*spinal_lesion("T5", STABLE), *spinal_lesion("T11"), *limb_lesion(FEMUR, LEFT)]
    cards = await ehr.cards(record)
    assert sorted(heads(cards)) == ["Left femur", "T11", "T5"]


async def test_a_stable_lesion_has_a_card_as_information(ehr: Ehr) -> None:
    card = await ehr.card(spinal_lesion("T5", STABLE))
    assert card["indicator"] == "info"
    assert card["summary"] == "T5: SINS 1 of 18. Stable by SINS"


async def test_there_is_no_card_about_the_patient_as_a_whole(ehr: Ehr) -> None:
    cards = await ehr.cards([*spinal_lesion("T5", STABLE), *spinal_lesion("T11")])
    assert len(cards) == 2
    assert all("patient has" not in card["summary"].lower() for card in cards)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.conforms("R95")
async def test_les_2_the_most_urgent_first_however_the_record_is_ordered(ehr: Ehr, seed: int) -> None:
    shuffled = EIGHT[:]
    random.Random(seed).shuffle(shuffled)  # noqa: S311  a seed makes the order the same every time
    cards = await ehr.cards(shuffled)
    assert cards == await ehr.cards(EIGHT)
    ranks = [RANK[card["indicator"]] for card in cards]
    assert ranks == sorted(ranks)
    assert heads(cards)[0] == "T11"


@pytest.mark.conforms("R95")
async def test_les_3_five_at_most_and_the_last_counts_the_rest(ehr: Ehr) -> None:
    cards = await ehr.cards(EIGHT)
    assert len(cards) == 5
    assert cards[-1]["summary"].endswith(" (+3 more lesions)")
    assert all("more lesion" not in card["summary"] for card in cards[:-1])
    assert "**3 more not shown on cards, none more urgent:**" in cards[-1]["detail"]
    # Every lesion is on a card or named as one that is not.
    for label in ("T11", "L3", "T5", "C4", "S2", "Left shaft of the femur", "Right humerus"):
        assert label in heads(cards) or f" {label}" in cards[-1]["detail"], label


async def test_les_3_what_is_not_shown_is_never_more_urgent_than_what_is(ehr: Ehr) -> None:
    shown = {card["summary"].partition(": ")[0]: card["indicator"] for card in await ehr.cards(EIGHT)}
    assert shown["T11"] == "warning"
    assert {"L3", "C4", "Right humerus"} <= set(shown)
    assert "S2" not in shown


@pytest.mark.parametrize(("count", "more"), [(5, None), (6, "(+1 more lesion)"), (7, "(+2 more lesions)")])
async def test_les_3_the_count_is_right_at_its_edges(ehr: Ehr, count: int, more: str | None) -> None:
    levels = ["T5", "T8", "T10", "L1", "L2", "L3", "L4"][:count]
    cards = await ehr.cards([r for level in levels for r in spinal_lesion(level, STABLE)])
    assert len(cards) == 5
    assert cards[-1]["summary"].endswith(more or "SINS")


async def test_les_4_nothing_is_pooled_between_lesions(ehr: Ehr) -> None:
    both = [*spinal_lesion("T11", UNSTABLE), *spinal_lesion("L3", STABLE)]
    together = {card["uuid"]: card for card in await ehr.cards(both)}
    for level, answers in (("T11", UNSTABLE), ("L3", STABLE)):
        alone = await ehr.card(spinal_lesion(level, answers))
        assert together[alone["uuid"]]["summary"] == alone["summary"]


async def test_two_conditions_of_one_level_are_one_lesion(ehr: Ehr) -> None:
    again = condition("again", "94274006", site_of(VERTEBRAE["T11"]))
    cards = await ehr.cards([*spinal_lesion("T11"), again])
    assert heads(cards) == ["T11"]


async def test_mir_e8_left_and_right_are_two_lesions(ehr: Ehr) -> None:
    record = [*limb_lesion(FEMORAL_SHAFT, LEFT), *limb_lesion(FEMORAL_SHAFT, RIGHT, "mild", "blastic", 5)]
    cards = await ehr.cards(record)
    assert heads(cards) == ["Left shaft of the femur", "Right shaft of the femur"]
    assert [card["indicator"] for card in cards] == ["warning", "info"]


async def test_les_1_a_lesion_without_a_site_is_never_settled(ehr: Ehr) -> None:
    card = await ehr.card([condition(), *findings("c-1", STABLE)])
    assert card["summary"].startswith("Bone, site not recorded: ")
    assert "Stable" not in card["summary"]
    assert "cannot be settled" in card["summary"]


async def test_les_6_disease_that_is_over_comes_last(ehr: Ehr) -> None:
    over = condition("over", site=site_of(VERTEBRAE["C2"]), clinicalStatus=concept("resolved"))
    cards = await ehr.cards([over, *spinal_lesion("T5", STABLE), *spinal_lesion("T11")])
    assert heads(cards) == ["T11", "T5", "C2"]
    assert cards[-1]["indicator"] == "info"


async def test_of_two_equally_urgent_lesions_the_worse_comes_first(ehr: Ehr) -> None:
    nearly = {**MIDDLING, "spinal-pain": "pain-mechanical"}
    cards = await ehr.cards([*spinal_lesion("L3", MIDDLING), *spinal_lesion("L4", nearly)])
    assert heads(cards) == ["L4", "L3"]
