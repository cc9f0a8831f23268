from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.engine.provenance import Age, Source
from app.engine.reading import Fact, Interval, Side, exactly
from app.knowledge import load
from app.knowledge.anatomy import LEVELS, Place, place_of, place_of_level
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion
from app.knowledge.policy import Policy


def _value(written: str) -> frozenset[str] | Interval:
    """``present`` or ``present|absent`` are answers; ``50.0``, ``>50`` and ``<=50`` a quantity."""
    number = written.lstrip("<>=")
    if not number[0].isdigit():
        return frozenset(written.split("|"))
    comparator = written.removesuffix(number)
    closed = not comparator or comparator.endswith("=")
    if comparator.startswith("<"):
        return Interval(None, Fraction(number), high_closed=closed, text=written)
    if comparator.startswith(">"):
        return Interval(Fraction(number), None, low_closed=closed, text=written)
    return exactly(Decimal(number), written)


def _fact(
    finding: str,
    written: str,
    *,
    age: Age = Age.FRESH,
    provisional: bool = False,
    side: Side | None = None,
    group: str | None = None,
) -> Fact:
    effective = None if age is Age.UNDATED else "2026-01-05T10:00:00Z"
    name = "-".join(str(part) for part in (finding, written, side, group, age) if part)
    source = Source(f"Observation/{name}", effective, age, provisional)
    return Fact(finding, _value(written), source, side, group)


def _place(name: str | None) -> Place:
    if name is None:
        return Place()
    return place_of_level(name) if name in LEVELS else place_of(name)


def _lesion(
    place: str | Place | None, record: Mapping[str, str | Iterable[str | Fact]], **rest: Any
) -> Lesion:
    facts = {}
    for finding, entries in record.items():
        listed = [entries] if isinstance(entries, str) else entries
        facts[finding] = tuple(
            entry if isinstance(entry, Fact) else _fact(finding, entry) for entry in listed
        )
    where = place if isinstance(place, Place) else _place(place)
    return Lesion(str(place), where, facts, **rest)


@pytest.fixture(scope="session")
def fact() -> Callable[..., Fact]:
    return _fact


@pytest.fixture(scope="session")
def lesion() -> Callable[..., Lesion]:
    return _lesion


@pytest.fixture(scope="session")
def instrument() -> Callable[..., Instrument]:
    def under(score: str, **choices: str) -> Instrument:
        policy = Policy({key.replace("_", "-"): choice for key, choice in choices.items()})
        return load(policy).instruments[score]

    return under


@pytest.fixture(scope="session")
def sins() -> Instrument:
    return load(Policy()).instruments["sins"]


@pytest.fixture(scope="session")
def mirels() -> Instrument:
    return load(Policy()).instruments["mirels"]
