"""Studies beside each other, and estimates of one model."""

from dataclasses import dataclass
from decimal import Decimal

from app.engine.provenance import DefinitionError
from app.evidence.codes import Site, Technique
from app.evidence.item import Inconsistency, Item, agrees, percent


@dataclass(frozen=True, slots=True)
class Share:
    """A cell of a table: a count, a percentage, or both as printed.

    Args:
        count: how many, if stated.
        reported: the percentage as printed, if stated.
        denominator: of how many; None where the source does not say and none of its numbers fits.
        unit: what the denominator counts.
        years: after how many years, for a share over time.
    """

    count: int | None = None
    reported: str | None = None
    denominator: int | None = None
    unit: str | None = None
    years: float | None = None

    def __post_init__(self) -> None:
        if self.count is None and self.reported is None:
            raise DefinitionError("a share says nothing")
        if (self.denominator is None) != (self.unit is None):
            raise DefinitionError("a denominator counts something")
        if self.denominator is None or self.count is None:
            return
        if self.reported is not None and not agrees(self.count, self.denominator, self.reported):
            raise DefinitionError(f"{self.count} of {self.denominator} is not {self.reported}%")

    @property
    def percent(self) -> Decimal | None:
        """The percentage computed, to one decimal place; None where there is no denominator."""
        if self.count is None or self.denominator is None:
            return None
        return percent(self.count, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One study in a table; what it does not report is None.

    Args:
        study: as the table names it.
        fact: the id of the fact, if it has one.
        techniques: what was done.
        sites: where.
        histology: which tumours, if stated.
        design: how the study was made, if stated.
        patients: how many patients.
        tumours: how many tumours treated.
        mean_size_cm: their mean size in cm.
        pain_scale: the upper end of the pain scale.
        pain_before: pain before, on that scale.
        pain_after: pain at the end of follow-up.
        pain_fall: the fall as printed, where before and after are not.
        reduced: in how many pain fell.
        local_control: how many tumours stayed controlled.
        survival: how many lived, after so many years.
        follow_up_months: how long.
        major_complications: how many, as the table counts them.
        notes: what else is told of it.
        interests: who paid whom.
        disputes: the conflicts it is part of.
    """

    study: str
    techniques: tuple[Technique, ...]
    sites: tuple[Site, ...]
    fact: str | None = None
    histology: str | None = None
    design: str | None = None
    patients: int | None = None
    tumours: int | None = None
    mean_size_cm: float | None = None
    pain_scale: int | None = None
    pain_before: float | None = None
    pain_after: float | None = None
    pain_fall: float | None = None
    reduced: Share | None = None
    local_control: Share | None = None
    survival: tuple[Share, ...] = ()
    follow_up_months: float | None = None
    major_complications: Share | None = None
    notes: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    disputes: tuple[Inconsistency, ...] = ()

    def __post_init__(self) -> None:
        scores = (self.pain_before, self.pain_after, self.pain_fall)
        if any(score is not None for score in scores) and self.pain_scale is None:
            raise DefinitionError(f"{self.study}: pain without its scale")
        if self.pain_before is None or self.pain_after is None or self.pain_fall is None:
            return
        if round(self.pain_before - self.pain_after, 1) != self.pain_fall:
            raise DefinitionError(f"{self.study}: before less after is not the fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Item):
    """Studies beside each other, as one source compares them."""

    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        Item.__post_init__(self)
        if len({row.study for row in self.rows}) != len(self.rows) or not self.rows:
            raise DefinitionError(f"{self.code}: every row is another study")

    def _disputes(self) -> tuple[Inconsistency, ...]:
        return (*self.disputes, *(dispute for row in self.rows for dispute in row.disputes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One estimate with its interval, for instance a hazard ratio.

    Args:
        fact: the id of the fact.
        factor: what is estimated, and against what.
        value: the estimate.
        low: the lower end of its 95% interval.
        high: the upper end.
    """

    fact: str
    factor: str
    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.value <= self.high:
            raise DefinitionError(f"{self.fact}: the estimate is outside its interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates(Item):
    """Estimates of one model, with their unit, for instance ``hazard ratio``."""

    unit: str
    estimates: tuple[Estimate, ...]
