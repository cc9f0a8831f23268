"""A large Bundle is read in stretches, which changes nothing of what is made of it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assess.record import Record
from app.errors import ContradictionError, UnreadableError
from app.fhir import wire
from app.fhir.collection import decode
from app.fhir.parts import AT_ONCE
from tests.fhir.records import READER, Json, bundle, entry, gaps, outcome, patient, spinal_lesion
from tests.fhir.test_completeness import INCLUDE, MATCH, NEXT
from tests.fhir.test_damaged_entries import DAMAGED, RECORD, nested

# Of a type that nobody reads, larger than a stretch and smaller than one.
LONG, SHORT = ({"resourceType": "Basic", "id": "text", "x": "x" * size} for size in (AT_ONCE + 1, 900))
OTHERS: list[Any] = [
    outcome("error"),
    entry(outcome("warning"), search={"mode": "outcome"}),
    entry(spinal_lesion("L2")[0], search=MATCH),
    entry(spinal_lesion("L2")[0], search=INCLUDE),
    nested(*spinal_lesion("L2"), 5),
    {"resourceType": "Bundle", "entry": {}},
    {"response": {"status": "404"}},
    {"fullUrl": "https://ehr.example.org/fhir/Condition/9", "search": MATCH},
    {},
]
MEMBERS: list[Json] = [
    {},
    {"total": 90},
    {"total": "90"},
    {"link": NEXT},
    {"link": {}},
    {"link": [{"relation": 5}]},
    {"type": "searchset"},
    {"type": 5},
    {"id": 5},
    {"meta": {"tag": "x" * AT_ONCE}},
    {"resourceType": "Basic"},
    {"resourceType": 5},
]


def outcome_of(body: bytes) -> Record | str:
    """The record, or why there is none."""
    try:
        return READER.bundle(body)
    except (UnreadableError, ContradictionError) as error:
        return str(error)


def entries_with(found: list[Any], place: int, *more: Any) -> list[Any]:
    return [*found[:place], *more, *found[place:]]


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([*(damage for _, damage in DAMAGED), *OTHERS]), max_size=4),
    st.lists(st.integers(0, len(RECORD)), min_size=4, max_size=4),
    st.sampled_from(MEMBERS),
    st.data(),
)
def test_it_says_what_the_same_bundle_says_without_the_long_texts(
    more: list[Any], places: list[int], members: Json, data: st.DataObject
) -> None:
    small: list[Any] = list(RECORD)
    for one, place in zip(more, places, strict=False):
        small = entries_with(small, place, one)
    large = list(small)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(small)))
        large = entries_with(large, place, LONG)
        small = entries_with(small, place, SHORT)
    assert outcome_of(bundle(large, **members)) == outcome_of(bundle(small, **members))


def test_the_number_of_a_damaged_entry_counts_all_before_it() -> None:
    filling = [SHORT] * 1_500
    record = READER.bundle(bundle([patient(), *filling, LONG, *filling, 5, *filling, []]))
    assert gaps(record, "resources") == [
        "Entry 3003 of the Bundle cannot be read.",
        "Entry 4504 of the Bundle cannot be read.",
    ]


@pytest.mark.parametrize("entries", [[patient(), LONG], [patient(), *[SHORT] * 1_000]])
def test_the_entries_of_a_large_one_are_left_for_later(entries: list[Json]) -> None:
    found = decode(bundle(entries, total=7))
    assert isinstance(found, wire.LooseBundle)
    assert found.total == 7
    assert [json.loads(bytes(one)) for one in found.entry or ()] == [entry(one) for one in entries]


@pytest.mark.parametrize("entries", ["x" * AT_ONCE, {"a": "x" * AT_ONCE}, 5, None])
def test_entries_that_are_no_list(entries: Any) -> None:
    small = {"resourceType": "Bundle", "entry": entries and 5}
    large = {"resourceType": "Bundle", "entry": entries, "meta": {"tag": "x" * AT_ONCE}}
    assert outcome_of(json.dumps(large).encode()) == outcome_of(json.dumps(small).encode())
