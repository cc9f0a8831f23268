"""Numbers as sets: a quantity that is asked for, and the stretches in which its value may lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from app.engine.provenance import Citation, DefinitionError, Source
from app.engine.reading import Fact, Interval, narrowest

ANYTHING = Interval(None, None)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One question whose answer is a number.

    Args:
        unit: the UCUM unit of the answer; empty for a bare number.
        low: the lowest number that makes sense.
        high: the highest.
        whole: whether only whole numbers make sense.
    """

    code: str
    label: str
    question: str
    unit: str
    low: Fraction
    high: Fraction
    cite: Citation
    whole: bool = False

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise DefinitionError(f"quantity {self.code}: its range is empty")


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the value of a quantity may lie, as far as the record tells.

    Args:
        spans: the stretches still possible, never empty.
        recorded: whether a usable source speaks to it.
        conflicting: whether sources exclude one another, so that all they say is kept.
        sources: the sources that were used.
        unused: sources that are stale, undated or in the future.
    """

    spans: tuple[Interval, ...] = (ANYTHING,)
    recorded: bool = False
    conflicting: bool = False
    sources: tuple[Source, ...] = ()
    unused: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not self.spans:
            raise DefinitionError("a number lies somewhere")

    @property
    def single(self) -> bool:
        """Whether one value is left."""
        span = self.spans[0]
        return len(self.spans) == 1 and span.low is not None and span.low == span.high

    @property
    def text(self) -> str:
        """The quantity as recorded."""
        return " or ".join(span.text for span in self.spans)


UNMEASURED = Measured()


def measured(facts: Iterable[Fact]) -> Measured:
    """What facts of one quantity leave possible: what they share, or all they say where they conflict.

    Raises:
        DefinitionError: a fact is coded.
    """
    usable: list[Fact] = []
    unused: list[Source] = []
    for fact in facts:
        if not isinstance(fact.value, Interval):
            raise DefinitionError(f"finding {fact.finding} is coded, not a quantity")
        if fact.source.age.usable:
            usable.append(fact)
        else:
            unused.append(fact.source)
    if not usable:
        return Measured(unused=tuple(unused)) if unused else UNMEASURED
    spans = tuple(dict.fromkeys(fact.value for fact in usable if isinstance(fact.value, Interval)))
    begins, ends = narrowest(spans)
    conflicting = not begins.meets(ends)
    if len(spans) > 1 and not conflicting:
        text = " and ".join(span.text for span in spans)
        spans = (Interval(begins.low, ends.high, begins.low_closed, ends.high_closed, text),)
    return Measured(
        spans=spans,
        recorded=True,
        conflicting=conflicting,
        sources=tuple(dict.fromkeys(fact.source for fact in usable)),
        unused=tuple(unused),
    )


def within(inner: Interval, outer: Interval) -> bool:
    """Whether every value of one interval lies in the other."""
    starts = outer.low is None or (
        inner.low is not None
        and (inner.low > outer.low or (inner.low == outer.low and (outer.low_closed or not inner.low_closed)))
    )
    ends = outer.high is None or (
        inner.high is not None
        and (
            inner.high < outer.high
            or (inner.high == outer.high and (outer.high_closed or not inner.high_closed))
        )
    )
    return starts and ends
