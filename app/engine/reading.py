"""From what a record says to what an item's answer may be.

A finding is an observation as the record holds it: a coded answer, or a quantity known to lie in an
interval. A reading turns the facts of one finding into statements about one item. Readings are data:
which coded answer leaves which options, which stretch of a scale leaves which options.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from app.engine.provenance import Age, DefinitionError, Source
from app.engine.question import Answer, Item, Statement, reconcile

Number = Decimal | Fraction | int


class Side(StrEnum):
    """A side of the body, as the record names it."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


@dataclass(frozen=True, slots=True)
class Interval:
    """A quantity known to lie between two bounds; None is unbounded.

    Args:
        text: the quantity as recorded, with its comparator and unit.
        decimals: for a plain value, the digits after the point as written; else None.
    """

    low: Fraction | None
    high: Fraction | None
    low_closed: bool = True
    high_closed: bool = True
    text: str = ""
    decimals: int | None = None

    def __hash__(self) -> int:
        """Of what is quickly hashed: a quantity that is recorded differs from others by its text."""
        return hash((self.text, self.decimals, self.low_closed, self.high_closed))

    def meets(self, other: "Interval") -> bool:
        """Whether some value lies in both."""
        return _starts_before_end(self, other) and _starts_before_end(other, self)


def narrowest(spans: Iterable[Interval]) -> tuple[Interval, Interval]:
    """Of one or more intervals, the one that begins last and the one that ends first.

    On a line, stretches that meet two by two all share some of it: all of them do where these two meet.
    """
    listed = list(spans)
    first, last = listed[0], listed[0]
    for span in listed[1:]:
        if span.low is not None and (
            first.low is None or span.low > first.low or (span.low == first.low and not span.low_closed)
        ):
            first = span
        if span.high is not None and (
            last.high is None or span.high < last.high or (span.high == last.high and not span.high_closed)
        ):
            last = span
    return first, last


def exactly(value: Number, text: str = "") -> Interval:
    """The interval that holds one value only."""
    bound = Fraction(value)
    decimals = 0 if isinstance(value, int) else None
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else None
    return Interval(low=bound, high=bound, text=text or str(value), decimals=decimals)


class Fact(NamedTuple):
    """One thing that one resource says about one lesion or about the patient.

    Args:
        finding: the code of the finding.
        value: the coded answers that it leaves possible, or the interval of its quantity.
        source: the resource, its date and its age.
        side: the side named beside the site, where one is.
        group: the identifier of the lesion that it was recorded against, where one is.
        moment: the earliest and the latest time it can mean, as texts that sort, for findings whose latest
            value counts.
    """

    finding: str
    value: frozenset[str] | Interval
    source: Source
    side: Side | None = None
    group: str | None = None
    moment: tuple[str, str] = ("", "")


Facts = Mapping[str, tuple[Fact, ...]]
Reading = Callable[[Iterable[Fact]], Iterable[Statement]]


@dataclass(frozen=True, slots=True)
class CodedReading:
    """Reads the coded answers of one finding: each leaves some options of the item possible."""

    finding: str
    options: Mapping[str, frozenset[str]]

    def __call__(self, facts: Iterable[Fact]) -> Iterable[Statement]:
        """One statement for each fact."""
        for fact in facts:
            if isinstance(fact.value, Interval):
                raise DefinitionError(f"finding {self.finding} is coded, not a quantity")
            left = [self.options[code] for code in fact.value]
            yield Statement(possible=frozenset().union(*left), source=fact.source)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a scale and the options that a value in it leaves possible."""

    span: Interval
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class QuantityReading:
    """Reads a quantity: the options of every segment that the interval touches.

    Args:
        segments: adjoining stretches that together cover the plausible scale.
        rounded_edges: bounds that a written value may stand for after rounding: a value equal to
            the bound at its own precision belongs to both neighbours.
    """

    finding: str
    segments: tuple[Segment, ...]
    rounded_edges: tuple[Fraction, ...] = ()

    def __post_init__(self) -> None:
        for before, after in pairwise(self.segments):
            joined = before.span.high is not None and before.span.high == after.span.low
            shared = before.span.high_closed and after.span.low_closed
            missed = not (before.span.high_closed or after.span.low_closed)
            if not joined or shared or missed:
                raise DefinitionError(f"finding {self.finding}: segments overlap or leave a gap")

    def __call__(self, facts: Iterable[Fact]) -> Iterable[Statement]:
        """One statement for each fact."""
        for fact in facts:
            if not isinstance(fact.value, Interval):
                raise DefinitionError(f"finding {self.finding} is a quantity, not coded")
            yield Statement(possible=self.options_for(fact.value), source=fact.source)

    def options_for(self, value: Interval) -> frozenset[str]:
        """The options that a value somewhere in the interval leaves possible."""
        for edge in self.rounded_edges:
            if _stands_for(value, edge):
                return self._beside(edge)
        touched = [segment.options for segment in self.segments if segment.span.meets(value)]
        return frozenset().union(*touched)

    def _beside(self, edge: Fraction) -> frozenset[str]:
        above = [segment.options for segment in self.segments if segment.span.low == edge]
        below = [segment.options for segment in self.segments if segment.span.high == edge]
        return frozenset().union(*above, *below)


@dataclass(frozen=True, slots=True)
class Edge:
    """What a site takes for granted where a finding leaves an edge open: one of its options.

    Args:
        finding: the finding that leaves it open.
        options: the options that it leaves.
        taken: the one that counts, where nothing else in the record settles it.
    """

    finding: str
    options: frozenset[str]
    taken: str


@dataclass(frozen=True, slots=True)
class ItemReadings:
    """Everything in a record that speaks to one item.

    Args:
        readings: by finding code.
        edges: what a site takes for granted once everything recorded has been heard.
    """

    item: Item
    readings: Mapping[str, Reading]
    edges: tuple[Edge, ...] = ()

    def __post_init__(self) -> None:
        if not self.readings:
            raise DefinitionError(f"item {self.item.code}: nothing in a record answers it")

    def answer(self, facts: Facts, *, stale_too: bool = False) -> Answer:
        """The item's answer from the facts of one lesion.

        Args:
            facts: by finding code; findings of other items are passed over.
            stale_too: whether stale entries count, to show what the record said when it was fresh.
        """
        statements: list[Statement] = []
        unused: list[Source] = []
        for finding, reading in self.readings.items():
            usable: list[Fact] = []
            for fact in facts.get(finding, ()):
                if fact.source.age.usable or (stale_too and fact.source.age is Age.STALE):
                    usable.append(fact)
                else:
                    unused.append(fact.source)
            if usable:
                statements.extend(reading(usable))
        answer = reconcile(self.item, statements, tuple(unused))
        return self._settled_by_policy(answer, facts) if self.edges else answer

    def _settled_by_policy(self, answer: Answer, facts: Facts) -> Answer:
        for edge in self.edges:
            heard = any(fact.source.age.usable for fact in facts.get(edge.finding, ()))
            if heard and not answer.conflicting and set(answer.possible) == edge.options:
                return replace(answer, possible=(edge.taken,))
        return answer


def _starts_before_end(one: Interval, other: Interval) -> bool:
    if one.low is None or other.high is None:
        return True
    if one.low == other.high:
        return one.low_closed and other.high_closed
    return one.low < other.high


def _stands_for(value: Interval, edge: Fraction) -> bool:
    if value.decimals is None or value.low is None:
        return False
    scale = 10**value.decimals
    return bool(value.low * scale == round(edge * scale))
