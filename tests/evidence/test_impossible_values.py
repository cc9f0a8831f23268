"""Values that cannot be are told as conflicts and nowhere else."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from app.evidence import ITEMS, load
from app.evidence.codes import ConflictStatus
from app.evidence.disputed_across import disputed
from app.evidence.item import Inconsistency, Publication
from app.evidence.sources import HAO
from app.evidence.studies import Table

REJECTED = (4, 5, 7, 8)
# QALYs, and survival times with their range.
IMPOSSIBLE = ("0.455", "0.0455", "0.039", "0.102", "0.151", "3.23", "3.43", "0.36")


def leaves(part: object) -> Iterator[str]:
    """Every text and number of an item, its conflicts and its source aside."""
    if isinstance(part, Inconsistency | Publication):
        return
    if is_dataclass(part):
        for field in fields(part):
            yield from leaves(getattr(part, field.name))
    elif isinstance(part, tuple):
        for entry in part:
            yield from leaves(entry)
    elif part is not None:
        yield str(part)


def test_these_and_no_others_are_rejected() -> None:
    found = {c.number for c in load().inconsistencies if c.status is ConflictStatus.REJECTED}
    assert found == set(REJECTED)


@pytest.mark.parametrize("value", IMPOSSIBLE)
def test_no_impossible_value_is_evidence(value: str) -> None:
    whole = re.compile(rf"(?<![\d.]){re.escape(value)}(?![\d])")
    of_this_source = [item for item in ITEMS.values() if item.publication is HAO]
    assert of_this_source
    assert [item.code for item in of_this_source if any(map(whole.search, leaves(item)))] == []


@pytest.mark.parametrize("value", [*IMPOSSIBLE[:1], *IMPOSSIBLE[2:]])
def test_each_impossible_value_is_told_as_a_conflict(value: str) -> None:
    texts = [stated.value for conflict in disputed(*REJECTED) for stated in conflict.values]
    assert any(value in text for text in texts)


def test_no_quality_adjusted_life_years_are_evidence() -> None:
    words = re.compile(r"QALY|quality-adjusted", re.IGNORECASE)
    assert [item.code for item in ITEMS.values() if any(map(words.search, leaves(item)))] == []
    figures = load().figures.values()
    assert not any(words.search(figure.decode()) for figure in figures)


def test_nothing_claims_that_anyone_lives_longer() -> None:
    claims = re.compile(r"prolong|extend(?:s|ed)? (?:life|survival)|survival benefit", re.IGNORECASE)
    assert [item.code for item in ITEMS.values() if any(map(claims.search, leaves(item)))] == []


def test_what_ended_in_rejection_cannot_be_used() -> None:
    good = ITEMS["hao-bm22"]
    assert good.usable
    assert not replace(good, disputes=disputed(6, 4)).usable


def test_a_row_in_a_rejected_conflict_takes_its_table_along() -> None:
    table = ITEMS["tad-pain-outcomes"]
    assert isinstance(table, Table)
    spoiled = replace(table, rows=(replace(table.rows[0], disputes=disputed(7)), *table.rows[1:]))
    assert table.usable
    assert not spoiled.usable
    assert [conflict.id for conflict in spoiled.conflicts] == ["INC-7", "INC-35", "INC-42"]


def test_everything_kept_is_usable() -> None:
    assert [item.code for item in ITEMS.values() if not item.usable] == []
    assert load().usable == tuple(ITEMS.values())
