"""What a measure is: an instrument of the patient that is no sum of points for a lesion.

A measure is asked by inputs, as data, and answered by one pure function over what is still possible: a
coded answer is the set of codes left, a number the interval it lies in, and what is left out is unknown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.reading import Interval
from app.knowledge.instrument import Remark
from app.knowledge.policy import LocalPolicy

Value: TypeAlias = frozenset[str] | Interval | str | bool | tuple["Answers", ...]
Detail: TypeAlias = bool | str | int | Fraction | tuple["Detail", ...] | Mapping[str, "Detail"] | None
Path = tuple[str | int, ...]


class Kind(StrEnum):
    """What an input takes."""

    CODED = "coded"
    CHOICE = "choice"
    NUMBER = "number"
    RANGE = "number-or-range"
    WHOLE = "whole-number"
    TEXT = "text"
    YES_NO = "yes-no"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class InputOption:
    """One code that an input takes."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a measure asks for.

    Args:
        kind: ``coded`` takes a code or a list of codes still possible, ``choice`` one code,
            ``number-or-range`` a number or its lowest and highest possible value, ``rows`` objects.
        cite: the rule it follows.
        unit: the UCUM unit of a number; empty where there is none.
        low: the lowest number, or the fewest rows.
        high: the highest number, the most rows, or the length of a text.
        options: the codes.
        numeric: whether codes are written as whole numbers.
        fields: the inputs of one row.
        pattern: what a text must match.
        required: whether a row without it says nothing.
        hint: what to say beside a refusal, for a mistake that is likely.
    """

    code: str
    label: str
    question: str
    kind: Kind
    cite: Citation
    unit: str = ""
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    options: tuple[InputOption, ...] = ()
    numeric: bool = False
    fields: tuple["Input", ...] = ()
    pattern: str = ""
    required: bool = False
    hint: str = ""

    def __post_init__(self) -> None:
        coded = self.kind in (Kind.CODED, Kind.CHOICE)
        bounded = self.kind in (Kind.NUMBER, Kind.RANGE, Kind.WHOLE, Kind.TEXT, Kind.ROWS)
        if coded != bool(self.options) or (self.kind is Kind.ROWS) != bool(self.fields):
            raise DefinitionError(f"input {self.code}: options or fields do not fit its kind")
        if bounded != (self.low < self.high) or (self.kind is Kind.TEXT) != bool(self.pattern):
            raise DefinitionError(f"input {self.code}: its range or its pattern does not fit its kind")
        for names in (self.codes, [inner.code for inner in self.fields]):
            if len(set(names)) != len(names):
                raise DefinitionError(f"input {self.code}: the same code twice")

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in printed order."""
        return tuple(option.code for option in self.options)


@dataclass(frozen=True, slots=True)
class MeasureBand:
    """A stretch of a measure that has a name.

    Args:
        span: as printed.
        reach: every number that may belong to it, where the printed bands leave gaps between them.
        band_set: the set that it belongs to, for a measure with several.
    """

    code: str
    label: str
    span: Interval
    cite: Citation
    reach: Interval | None = None
    band_set: str = ""

    def holds(self, value: Interval) -> bool:
        """Whether a number somewhere in the interval may belong to the band."""
        return (self.reach or self.span).meets(value)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an answer cannot be used, and how to mend it.

    Args:
        path: where, by names of inputs and numbers of rows.
        message: never holds the answer itself.
    """

    path: Path
    message: str


class RefusedError(ValueError):
    """Answers that contradict each other or what a number can be."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(refusals[0].message)
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known, by input; an input left out is unknown."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def codes(self, name: str) -> frozenset[str] | None:
        """The codes still possible, or None."""
        value = self.values.get(name)
        if value is None or isinstance(value, frozenset):
            return value
        raise _misread(name)

    def span(self, name: str) -> Interval | None:
        """The interval that the number lies in, or None."""
        value = self.values.get(name)
        if value is None or isinstance(value, Interval):
            return value
        raise _misread(name)

    def number(self, name: str) -> Fraction | None:
        """The one number, or None."""
        span = self.span(name)
        return None if span is None else span.low

    def text(self, name: str) -> str | None:
        """The text, or None."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise _misread(name)

    def yes(self, name: str) -> bool:
        """Whether yes is stated."""
        return self.values.get(name) is True

    def rows(self, name: str) -> tuple["Answers", ...] | None:
        """The rows, or None."""
        value = self.values.get(name)
        if value is None or isinstance(value, tuple):
            return value
        raise _misread(name)

    def given(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are answered."""
        return [name for name in names if name in self.values]

    def with_value(self, name: str, value: Value) -> "Answers":
        """The same answers with one replaced."""
        return Answers({**self.values, name: value})


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """What the answers leave possible.

    Args:
        minimum: the lowest value still possible; None where the answers give none.
        maximum: the highest; None also where there is no upper limit.
        value: the value, where the measure gives one.
        bands: codes of the bands still possible, in printed order.
        settled: whether nothing that is still possible would say something else.
        missing: inputs that are not recorded, those of a row behind its number.
        would_settle: inputs, one answer to which alone could settle it.
        details: what the measure says beside these, by name.
    """

    minimum: Fraction | None = None
    maximum: Fraction | None = None
    value: Fraction | None = None
    bands: tuple[str, ...] = ()
    settled: bool = False
    missing: tuple[str, ...] = ()
    would_settle: tuple[str, ...] = ()
    cautions: tuple[Remark, ...] = ()
    flags: tuple[Remark, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """An instrument that is no additive score, with everything needed to use it and to judge it.

    Args:
        code: the identifier used in every interface.
        version: the edition of the table.
        unit: the UCUM unit of its value; empty where it gives none.
        calculate: the pure function behind it.
        apart: pairs of groups of inputs that say the same, so that only one group can be sent.
        not_asked: names that a caller may expect, and why there is no such input.
        policies: what no publication settles and this service decided.
    """

    code: str
    name: str
    version: str
    unit: str
    inputs: tuple[Input, ...]
    bands: tuple[MeasureBand, ...]
    use: tuple[str, ...]
    misuse: tuple[str, ...]
    references: tuple[Citation, ...]
    policies: tuple[LocalPolicy, ...]
    calculate: Callable[[Answers], MeasureResult]
    apart: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    not_asked: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [entry.code for entry in self.inputs]
        if len(set(names)) != len(names):
            raise DefinitionError(f"measure {self.code}: two inputs have one code")
        apart = {name for pair in self.apart for group in pair for name in group}
        if not apart <= set(names) or set(names) & set(self.not_asked):
            raise DefinitionError(f"measure {self.code}: rules about inputs that it does not have")
        bands = [(band.band_set, band.code) for band in self.bands]
        if len(set(bands)) != len(bands):
            raise DefinitionError(f"measure {self.code}: two bands of one set have one code")
        if not (self.references and self.use and self.misuse):
            raise DefinitionError(f"measure {self.code}: no reference, use or misuse")
        if any(cite.tag is Tag.UNREAD for cite in self.citations):
            raise DefinitionError(f"measure {self.code}: a source that was not read cannot speak")

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every source of the definition, each once."""
        fields = [inner.cite for entry in self.inputs for inner in entry.fields]
        cites = [*self.references, *(entry.cite for entry in self.inputs), *fields]
        cites += [band.cite for band in self.bands]
        return tuple({(cite.key, cite.title): cite for cite in cites}.values())

    def input(self, code: str) -> Input:
        """The input with this code.

        Raises:
            DefinitionError: there is none.
        """
        for entry in self.inputs:
            if entry.code == code:
                return entry
        raise DefinitionError(f"measure {self.code}: no input {code!r}")

    def evaluate(self, answers: Answers) -> MeasureResult:
        """What the answers leave possible.

        Raises:
            RefusedError: the answers contradict each other or what a number can be.
            DefinitionError: an answer is to no input of the measure.
        """
        for name in answers.values:
            self.input(name)
        for one, other in self.apart:
            if answers.given(one) and (also := answers.given(other)):
                first = answers.given(one)[0]
                raise RefusedError(Refusal((also[0],), f"Send {first} or {also[0]}, not both."))
        return self.calculate(answers)


def single(value: Interval) -> Fraction | None:
    """The number of an interval that holds one only."""
    return value.low if value.low is not None and value.low == value.high else None


def between(low: Fraction | int, high: Fraction | int) -> Interval:
    """All numbers from one to the other, both included."""
    return Interval(Fraction(low), Fraction(high))


def above(low: Fraction | int, high: Fraction | int) -> Interval:
    """All numbers above one, up to and including the other."""
    return Interval(Fraction(low), Fraction(high), low_closed=False)


def inside(low: Fraction | int, high: Fraction | int) -> Interval:
    """All numbers between two, neither included."""
    return Interval(Fraction(low), Fraction(high), low_closed=False, high_closed=False)


def reached(bands: Sequence[MeasureBand], values: Iterable[Interval]) -> tuple[str, ...]:
    """The codes of the bands that any of the values may belong to, in printed order."""
    listed = tuple(values)
    return tuple(band.code for band in bands if any(band.holds(value) for value in listed))


def _misread(name: str) -> DefinitionError:
    return DefinitionError(f"input {name} is of another kind")
