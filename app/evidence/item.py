"""What one piece of evidence is: a series, a rate, a table of studies, a statement."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from app.engine.provenance import Citation, DefinitionError, Tag
from app.evidence.codes import ConflictStatus, Outcome, Site, Statistic, Technique

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SPOKEN = (Tag.SEED, Tag.READ, Tag.SECONDARY)


@dataclass(frozen=True, slots=True)
class Publication:
    """One source of evidence.

    Args:
        key: the short name, for instance ``CHEN``.
        citation: the publication.
        cautions: what is said beside everything taken from it: its expiry, who paid.
    """

    key: str
    citation: Citation
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedValue:
    """One of the values in conflict, as its source words it, and where it stands."""

    value: str
    place: str

    def __post_init__(self) -> None:
        if not (self.value.strip() and self.place.strip()):
            raise DefinitionError("a value in conflict needs its place")


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """Values that cannot all be right, or that mean different things.

    Args:
        id: ``INC-`` and a number.
        sources: the publications concerned.
        conflict: what conflicts, in words.
        values: every value with its place; empty for a general rule.
        check: the arithmetic or the comparison that shows it.
        handling: what this service does about it.
        status: the same as a code.
    """

    id: str
    sources: tuple[Publication, ...]
    conflict: str
    values: tuple[StatedValue, ...]
    check: str
    handling: str
    status: ConflictStatus

    def __post_init__(self) -> None:
        if not re.fullmatch(r"INC-\d+", self.id):
            raise DefinitionError(f"{self.id} is no id of an inconsistency")
        if len(self.values) == 1 and self.status not in (ConflictStatus.REJECTED, ConflictStatus.DESCRIPTIVE):
            raise DefinitionError(f"{self.id}: one value is no conflict")
        if not (self.sources and self.conflict and self.check and self.handling):
            raise DefinitionError(f"{self.id} is not complete")

    @property
    def number(self) -> int:
        """The number in its id."""
        return int(self.id.removeprefix("INC-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every kind of evidence has.

    Args:
        code: unique among all evidence, lower case with hyphens.
        facts: the ids of the facts it holds, for instance ``CHEN-LC-1``.
        title: what it shows.
        techniques: what was done; empty where no technique is concerned.
        outcome: what was measured.
        sites: where.
        population: who, in words.
        publication: the source.
        place: where in it.
        tag: how well it is verified, where not as the publication is.
        notes: what limits it.
        interests: who paid whom, where that is known of this study.
        disputes: the conflicts it is part of.
    """

    code: str
    facts: tuple[str, ...]
    title: str
    techniques: tuple[Technique, ...]
    outcome: Outcome
    sites: tuple[Site, ...]
    population: str
    publication: Publication
    place: str
    tag: Tag | None = None
    notes: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    disputes: tuple[Inconsistency, ...] = ()

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise DefinitionError(f"{self.code} is no code of evidence")
        if not (self.title and self.population and self.sites):
            raise DefinitionError(f"{self.code}: title, population and site are needed")
        if self.cite.tag not in _SPOKEN:
            raise DefinitionError(f"{self.code}: its source may not speak")

    @property
    def cite(self) -> Citation:
        """The publication at the place that says it."""
        published = self.publication.citation
        return replace(published, place=self.place, tag=self.tag or published.tag)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must stand beside it: the source's own and this study's."""
        return (*self.publication.cautions, *self.interests)

    @property
    def conflicts(self) -> tuple[Inconsistency, ...]:
        """Every conflict that it or a part of it is in, each once, in order of number."""
        found = {dispute.id: dispute for dispute in self._disputes()}
        return tuple(sorted(found.values(), key=lambda dispute: dispute.number))

    @property
    def usable(self) -> bool:
        """Whether it may be quoted: no conflict that it is part of ended in its rejection."""
        return all(conflict.status is not ConflictStatus.REJECTED for conflict in self.conflicts)

    def _disputes(self) -> tuple[Inconsistency, ...]:
        return self.disputes


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series.

    Args:
        label: the time or the group, as shown.
        value: the value; a numerator where the series counts.
        days: the time since the procedure in days (a month counted as 30, before as negative), if any.
        low: the lower end of the range, if stated.
        high: the upper end of the range, if stated.
        spread: the standard deviation, if stated.
        n: how many it was measured in, if stated; the denominator where the series counts.
        place: where in the source this value stands, if not where the series does.
    """

    label: str
    value: float
    days: int | None = None
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    n: int | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Item):
    """One outcome at several times, or in several groups.

    Args:
        n: how many at the start.
        unit: of the value, for instance ``mg/d``; of the denominator where the series counts.
        axis: what the value is, as an axis is labelled.
        statistic: what the values are.
        points: in order.
        timed: whether the points are times.
        bounds: the ends of the scale, where it has any.
        test: the source's own test of significance, if any.
    """

    n: int | None
    unit: str
    axis: str
    statistic: Statistic
    points: tuple[Point, ...]
    timed: bool = True
    bounds: tuple[float, float] | None = None
    test: str | None = None

    def __post_init__(self) -> None:
        Item.__post_init__(self)
        if len(self.points) < 2:  # noqa: PLR2004  one point is no series
            raise DefinitionError(f"{self.code}: a series has several points")
        if not self.unit:
            raise DefinitionError(f"{self.code}: a series has a unit")
        for point in self.points:
            self._check(point)
        days = [point.days for point in self.points if point.days is not None]
        if days != sorted(set(days)):
            raise DefinitionError(f"{self.code}: times run backwards")

    def _check(self, point: Point) -> None:
        place = f"{self.code}, {point.label}"
        if not all(map(math.isfinite, _numbers(point))):
            raise DefinitionError(f"{place}: not a number")
        if (point.low is None) != (point.high is None):
            raise DefinitionError(f"{place}: a range has two ends")
        if point.low is not None and point.high is not None and not point.low <= point.value <= point.high:
            raise DefinitionError(f"{place}: the value is outside its range")
        if self.statistic in (Statistic.MEAN_SD, Statistic.MEDIAN_SD) and point.spread is None:
            raise DefinitionError(f"{place}: the standard deviation is missing")
        if self.statistic is Statistic.MEDIAN_RANGE and point.low is None:
            raise DefinitionError(f"{place}: the range is missing")
        if self.statistic is Statistic.COUNT and (point.n is None or not 0 <= point.value <= point.n):
            raise DefinitionError(f"{place}: a count needs a denominator that holds it")
        if self.bounds and not all(
            self.bounds[0] <= value <= self.bounds[1] for value in _numbers(point, spread=False)
        ):
            raise DefinitionError(f"{place}: outside the scale")

    def percent_of(self, point: Point) -> Decimal | None:
        """The percentage of a count, computed; None where the series does not count."""
        if self.statistic is not Statistic.COUNT or point.n is None:
            return None
        return percent(int(point.value), point.n)


def _numbers(point: Point, *, spread: bool = True) -> tuple[float, ...]:
    stated = (point.value, point.low, point.high, point.spread if spread else None)
    return tuple(value for value in stated if value is not None)


def percent(numerator: int, denominator: int, places: int = 1) -> Decimal:
    """The share in per cent, rounded half up, with so many decimal places."""
    exact = Decimal(100 * numerator) / Decimal(denominator)
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def agrees(numerator: int, denominator: int, printed: str) -> bool:
    """Whether a printed percentage is the computed one at its own precision."""
    stated = Decimal(printed)
    exponent = stated.as_tuple().exponent
    return isinstance(exponent, int) and percent(numerator, denominator, -exponent) == stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Item):
    """How many of how many.

    Args:
        numerator: how many.
        denominator: of how many.
        unit: what the denominator counts: patients, vertebrae, procedures, lesions.
        reported: the percentage as printed, kept only where it differs from the computed one.
        grading: by which scale, if graded.
    """

    numerator: int
    denominator: int
    unit: str
    reported: str | None = None
    grading: str | None = None

    def __post_init__(self) -> None:
        Item.__post_init__(self)
        if not self.unit.strip():
            raise DefinitionError(f"{self.code}: what does the denominator count?")
        if self.denominator < 1 or not 0 <= self.numerator <= self.denominator:
            raise DefinitionError(f"{self.code}: {self.numerator} of {self.denominator} is no rate")
        if self.reported is not None and agrees(self.numerator, self.denominator, self.reported):
            raise DefinitionError(f"{self.code}: the printed percentage does not differ")

    @property
    def percent(self) -> Decimal:
        """The percentage, computed, to one decimal place."""
        return percent(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Item):
    """A fact without a series: how it was done, in whom, what was seen. Never on a card."""

    text: str

    def __post_init__(self) -> None:
        Item.__post_init__(self)
        if not self.text.strip():
            raise DefinitionError(f"{self.code}: says nothing")


def by_code(items: tuple[Item, ...]) -> Mapping[str, Item]:
    """The items under their codes, in order.

    Raises:
        DefinitionError: two have one code.
    """
    found = {item.code: item for item in items}
    if len(found) != len(items):
        raise DefinitionError("two pieces of evidence have one code")
    return found
