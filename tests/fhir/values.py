"""What the tests of values ask: what one Observation is read as."""

from fractions import Fraction

from app.assess.record import Entry, Record
from app.engine.reading import Interval
from tests.fhir.records import (
    READER,
    Json,
    bundle,
    gaps,
    observation,
    patient,
    quantity,
    read,
)


def recorded(finding: str, value: Json | str | None) -> Record:
    return read(observation("o", finding, value, at="T11"))


def only(record: Record) -> Entry:
    assert record.gaps == ()
    (found,) = record.entries
    return found


def interval(finding: str, value: Json) -> Interval:
    found = only(recorded(finding, value)).value
    assert isinstance(found, Interval)
    return found


def bounds(found: Interval) -> tuple[Fraction | int | None, ...]:
    return (found.low, found.high)


def set_aside(finding: str, value: Json | str | None) -> str:
    """Why a value is set aside: nothing of it counts, and one gap names it."""
    record = recorded(finding, value)
    assert record.entries == []
    (reason,) = gaps(record, "observations")
    assert reason.startswith("Observation/o")
    return reason


def written(finding: str, number: str) -> Record:
    """A record whose percentage is written with exactly these digits."""
    held = observation("o", finding, quantity(918273), at="T11")
    return READER.bundle(bundle([patient(), held]).replace(b"918273", number.encode()))
