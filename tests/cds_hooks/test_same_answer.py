"""What may be changed in a request without changing its cards, and what only ever widens them."""

import asyncio
import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import hook_request, prefetch_of
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    SINS_ANSWERS,
    VERTEBRAE,
    Json,
    concept,
    condition,
    findings,
    limb_lesion,
    observation,
    patient,
    site_of,
    spinal_lesion,
    subject,
)

SERVER = "https://ehr.example.org/fhir"
answers = st.fixed_dictionaries({}, optional={f: st.sampled_from(a) for f, a in SINS_ANSWERS.items()})
# Up to four vertebrae, each with some of its findings.
records = st.dictionaries(st.sampled_from(sorted(VERTEBRAE)), answers, min_size=1, max_size=4)


def record_of(lesions: Mapping[str, Mapping[str, str]]) -> list[Json]:
    return [
        resource
        for level, said in lesions.items()
        for resource in (
            condition(f"c-{level}", site=site_of(VERTEBRAE[level])),
            *findings(f"c-{level}", said),
        )
    ]


def told(cards: list[Json]) -> list[tuple[str, str]]:
    return [(card["summary"], card["indicator"]) for card in cards]


def span(card: Json) -> tuple[int, int]:
    """The lowest and the highest total on a card."""
    numbers = [int(n) for n in re.findall(r"\d+", card["summary"].partition("SINS ")[2].partition(" of ")[0])]
    return numbers[0], numbers[-1]


@settings(max_examples=40)
@given(lesions=records, chance=st.randoms(use_true_random=False))
async def test_order_repeats_and_strangers_change_nothing(
    ehr: Ehr, lesions: Mapping[str, Mapping[str, str]], chance: Any
) -> None:
    record = record_of(lesions)
    cards = await ehr.cards(record)
    assert len(cards) == len(lesions)
    shuffled = chance.sample(record, len(record))
    assert await ehr.cards(shuffled) == cards
    assert await ehr.cards([*record, *shuffled]) == cards
    strangers = [condition("x", "38341003"), observation("y", "no-such-finding", None)]
    assert await ehr.cards([*strangers, *record, *strangers]) == cards


@settings(max_examples=40)
@given(lesions=records)
async def test_absolute_and_versioned_references_change_nothing(
    ehr: Ehr, lesions: Mapping[str, Mapping[str, str]]
) -> None:
    record = record_of(lesions)
    cards = await ehr.cards(record, fhirServer=SERVER)
    for written in (rf"{SERVER}/\1", r"\1/_history/7", rf"{SERVER}/\1/_history/7"):
        text = re.sub(r'(?<=")((?:Patient|Condition)/[^"]+)(?=")', written, json.dumps(record))
        assert SERVER in text or "_history" in text
        assert await ehr.cards(json.loads(text), fhirServer=SERVER) == cards


@settings(max_examples=40)
@given(lesions=records, data=st.data())
async def test_a_finding_less_never_makes_a_lesion_better_or_surer(
    ehr: Ehr, lesions: Mapping[str, Mapping[str, str]], data: st.DataObject
) -> None:
    record = record_of(lesions)
    whole = {card["uuid"]: card for card in await ehr.cards(record)}
    observed = [n for n, resource in enumerate(record) if resource["resourceType"] == "Observation"]
    if not observed:
        return
    less = [r for n, r in enumerate(record) if n != data.draw(st.sampled_from(observed))]
    for card in await ehr.cards(less):
        low, high = span(card)
        before_low, before_high = span(whole[card["uuid"]])
        assert low <= before_low <= before_high <= high
        if whole[card["uuid"]]["indicator"] == "warning":
            assert card["indicator"] == "warning"


@settings(max_examples=40)
@given(lesions=records)
@pytest.mark.conforms("R56")
async def test_what_was_not_looked_at_is_never_what_was_not_found(
    ehr: Ehr, lesions: Mapping[str, Mapping[str, str]]
) -> None:
    record = record_of(lesions)
    prefetch = prefetch_of(record)
    for key in ("observations", "procedures", "bodyStructures", "questionnaireResponses"):
        less = {name: value for name, value in prefetch.items() if name != key}
        for card in await ehr.cards_of(hook_request(prefetch=less)):
            assert "Not everything could be checked" in card["detail"]
    for partial in ({"total": 900}, {"link": [{"relation": "next", "url": f"{SERVER}?page=2"}]}):
        cut = copy.deepcopy(prefetch)
        cut["conditions"] = cut["conditions"] | partial | {"entry": []}
        cards = await ehr.cards_of(hook_request(prefetch=cut))
        assert cards
        assert all("Stable" not in card["summary"] for card in cards)


@pytest.mark.conforms("R54", "R55")
async def test_null_and_an_empty_searchset_are_the_same(ehr: Ehr) -> None:
    prefetch = prefetch_of(spinal_lesion("T11"))
    empty = {key: None if not value.get("total", 1) else value for key, value in prefetch.items()}
    assert list(empty.values()).count(None) == 4
    assert await ehr.cards_of(hook_request(prefetch=empty)) == await ehr.cards_of(
        hook_request(prefetch=prefetch)
    )


async def test_pages_that_were_put_together_are_one_search(ehr: Ehr) -> None:
    record = spinal_lesion("T11")
    one = await ehr.cards(record)
    prefetch = prefetch_of(record)
    prefetch["observations"]["link"] = [
        {"relation": "self", "url": SERVER},
        {"relation": "first", "url": SERVER},
    ]
    assert await ehr.cards_of(hook_request(prefetch=prefetch)) == one


async def test_a_body_structure_names_a_lesion_as_a_condition_does(ehr: Ehr) -> None:
    structure = {
        "resourceType": "BodyStructure",
        "id": "b-1",
        "patient": subject(),
        "location": concept(VERTEBRAE["T11"]),
    }
    record = [condition("c"), structure]
    record += [r | {"focus": [{"reference": "BodyStructure/b-1"}]} for r in spinal_lesion("T11")[1:]]
    assert "T11: SINS 18 of 18" in str(told(await ehr.cards(record)))


async def test_many_calls_at_once_do_not_mix(ehr: Ehr) -> None:
    levels = sorted(VERTEBRAE) * 5
    wanted = {level: told(await ehr.cards(spinal_lesion(level))) for level in set(levels)}
    found = await asyncio.gather(*(ehr.cards(spinal_lesion(level)) for level in levels))
    assert [told(cards) for cards in found] == [wanted[level] for level in levels]


@pytest.mark.parametrize(
    "person",
    [
        {"name": [{"family": "A"}]},
        {"gender": "male"},
        {"deceasedBoolean": False},
        # Of an age that every study took; one that none took is said, see test_pathway_lines.
        {"birthDate": "1960"},
        {"birthDate": "unknown"},
        {"birthDate": 1960},
    ],
)
async def test_who_the_patient_is_changes_nothing(ehr: Ehr, person: Json) -> None:
    record = [*spinal_lesion("T11"), *limb_lesion(FEMORAL_SHAFT, LEFT)]
    prefetch = prefetch_of(record) | {"patient": patient(**person)}
    assert await ehr.cards_of(hook_request(prefetch=prefetch)) == await ehr.cards(record)
