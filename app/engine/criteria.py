"""Criteria over sets of possible answers: each met, unmet or unknown, and what they allow together.

A condition is judged for every answer still possible at once: it can be true, it can be false, or both,
which is unknown. No condition asks one question twice, so this is exact and not an estimate.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import combinations, pairwise
from typing import NamedTuple

from app.engine.provenance import Citation, DefinitionError, Source, Tag
from app.engine.quantity import UNMEASURED, Measured, Quantity, within
from app.engine.question import Answer, Item, unknown
from app.engine.reading import Interval, exactly

Input = Item | Quantity
Given = Answer | Measured


class Status(StrEnum):
    """Whether a criterion holds."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What a criterion does where it is met."""

    INDICATION = "indication"
    ABSOLUTE = "absolute"
    DEFER = "defer"
    RELATIVE = "relative"
    STUDY = "study"
    CONTEXT = "context"
    FAVOURS = "favours"
    AGAINST = "against"
    OPTION = "option"
    RISK_FACTOR = "risk-factor"


class Suitability(StrEnum):
    """What criteria allow together, never better than what is still possible."""

    CONTRAINDICATED = "contraindicated"
    DEFER = "defer"
    UNDETERMINED = "undetermined"
    CAUTION = "caution"
    ELIGIBLE = "eligible"


class Truth(NamedTuple):
    """Whether a condition can be true, and whether it can be false."""

    may_be: bool
    may_not_be: bool


@dataclass(frozen=True, slots=True)
class Is:
    """A coded input has one of these options."""

    input: str
    options: frozenset[str]

    def truth(self, given: Mapping[str, Given]) -> Truth:
        """Judged over every option still possible."""
        answer = given[self.input]
        if not isinstance(answer, Answer):
            raise DefinitionError(f"input {self.input} is a number, not coded")
        met = [code in self.options for code in answer.possible]
        return Truth(any(met), not all(met))

    def inputs(self) -> Iterator[str]:
        """The inputs it asks for."""
        yield self.input


@dataclass(frozen=True, slots=True)
class Lies:
    """A number lies in this interval, or in another that does not touch it."""

    input: str
    span: Interval
    also: tuple[Interval, ...] = ()

    def __post_init__(self) -> None:
        for one, other in combinations((self.span, *self.also), 2):
            touching = {one.low, one.high} & {other.low, other.high} - {None}
            if one.meets(other) or touching:
                raise DefinitionError(f"input {self.input}: its intervals touch")

    def truth(self, given: Mapping[str, Given]) -> Truth:
        """Judged over every value still possible."""
        value = given[self.input]
        if not isinstance(value, Measured):
            raise DefinitionError(f"input {self.input} is coded, not a number")
        if value is UNMEASURED:
            return _EITHER
        wanted = (self.span, *self.also)
        return Truth(
            any(one.meets(span) for span in value.spans for one in wanted),
            not all(any(within(span, one) for one in wanted) for span in value.spans),
        )

    def inputs(self) -> Iterator[str]:
        """The inputs it asks for."""
        yield self.input


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple["Condition", ...]

    def truth(self, given: Mapping[str, Given]) -> Truth:
        """Judged over every answer still possible."""
        truths = [part.truth(given) for part in self.parts]
        return Truth(all(t.may_be for t in truths), any(t.may_not_be for t in truths))

    def inputs(self) -> Iterator[str]:
        """The inputs it asks for."""
        for part in self.parts:
            yield from part.inputs()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part holds at least."""

    parts: tuple["Condition", ...]

    def truth(self, given: Mapping[str, Given]) -> Truth:
        """Judged over every answer still possible."""
        truths = [part.truth(given) for part in self.parts]
        return Truth(any(t.may_be for t in truths), all(t.may_not_be for t in truths))

    def inputs(self) -> Iterator[str]:
        """The inputs it asks for."""
        for part in self.parts:
            yield from part.inputs()


@dataclass(frozen=True, slots=True)
class Always:
    """Holds whatever the record says."""

    def truth(self, _given: Mapping[str, Given]) -> Truth:
        """Always true."""
        return _TRUE

    def inputs(self) -> Iterator[str]:
        """Asks for nothing."""
        yield from ()


_TRUE = Truth(may_be=True, may_not_be=False)
_EITHER = Truth(may_be=True, may_not_be=True)
Condition = Is | Lies | All | AnyOf | Always


@dataclass(frozen=True, slots=True)
class Criterion:
    """One rule that a record meets or not.

    Args:
        id: the rule, for instance ``AUG-EXC-4``.
        text: what it says where it is met, in one sentence.
        technique: the technique that it speaks of, where it speaks of one among several.
        quiet: whether it is told in the assessment only, because by itself it tells a reader nothing to do.
        asks: the inputs that decide it.
    """

    id: str
    effect: Effect
    text: str
    when: Condition
    cites: tuple[Citation, ...]
    technique: str | None = None
    quiet: bool = False
    asks: tuple[str, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not self.cites:
            raise DefinitionError(f"criterion {self.id} has no source")
        if any(cite.tag is Tag.UNREAD for cite in self.cites):
            raise DefinitionError(f"criterion {self.id}: a rule whose source was not read cannot speak")
        asks = tuple(self.when.inputs())
        if len(set(asks)) != len(asks):
            raise DefinitionError(f"criterion {self.id} asks one question twice")
        object.__setattr__(self, "asks", asks)


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion with its status, and the sources that decide it."""

    criterion: Criterion
    status: Status
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Criteria:
    """Rules that are judged together, over the inputs that they share.

    Args:
        code: the pathway that they belong to.
        inputs: every question that a rule asks, in the order of asking.
        rules: in the order in which they are shown.
    """

    code: str
    inputs: tuple[Input, ...]
    rules: tuple[Criterion, ...]
    _kinds: Mapping[str, Input] = field(init=False, repr=False, compare=False)
    _edges: Mapping[str, tuple[Fraction, ...]] = field(init=False, repr=False, compare=False)
    _kept: dict[tuple[object, ...], "Outcome"] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    _settling: dict[tuple[object, ...], tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        kinds = {one.code: one for one in self.inputs}
        if len(kinds) != len(self.inputs):
            raise DefinitionError(f"criteria {self.code}: an input stands twice")
        object.__setattr__(self, "_kinds", kinds)
        names = [(rule.id, rule.technique) for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise DefinitionError(f"criteria {self.code}: rule {name[0]} stands twice")
        for rule in self.rules:
            _refuse_bad_condition(rule, rule.when, kinds)
        asked = {code for rule in self.rules for code in rule.asks}
        if idle := kinds.keys() - asked:
            raise DefinitionError(f"criteria {self.code}: no rule asks for {sorted(idle)}")
        object.__setattr__(self, "_edges", {code: self._edges_of(code) for code in kinds})

    def _edges_of(self, code: str) -> tuple[Fraction, ...]:
        return tuple(sorted({edge for rule in self.rules for edge in _edges(rule.when, code)}))

    def judge(self, given: Mapping[str, Given]) -> tuple[Judged, ...]:
        """Every rule with its status.

        Args:
            given: by input code; an input left out is unknown.

        Raises:
            DefinitionError: an input is given that no rule knows.
        """
        if not given.keys() <= self._kinds.keys():
            wrong = sorted(given.keys() - self._kinds.keys())
            raise DefinitionError(f"criteria {self.code}: no input {wrong}")
        full = {code: given.get(code) or unknown_input(kind) for code, kind in self._kinds.items()}
        return self.judged(full, self.outcome(full))

    def judged(self, given: Mapping[str, Given], outcome: "Outcome") -> tuple[Judged, ...]:
        """Every rule with its status and the sources that decide it.

        Args:
            given: every input by its code.
            outcome: what they gave.
        """
        return tuple(
            Judged(rule, status, _sources(deciding(rule, given), given))
            for rule, status in zip(self.rules, outcome.statuses, strict=True)
        )

    def outcome(self, given: Mapping[str, Given]) -> "Outcome":
        """What depends on the answers alone; the answers of patients repeat, so it is kept.

        Args:
            given: every input by its code.
        """
        key = tuple(
            [
                value.possible if type(value := given[code]) is Answer else self._stretch(code, value)
                for code in self._kinds
            ]
        )
        kept = self._kept.get(key)
        if kept is None:
            statuses = tuple(_status(rule.when.truth(given)) for rule in self.rules)
            kept = Outcome(
                statuses,
                suitability(zip(self.rules, statuses, strict=True)),
                self._with(statuses, Status.MET),
                self._with(statuses, Status.UNKNOWN),
            )
            if len(self._kept) < _MOST_KEPT:
                self._kept[key] = kept
        return kept

    def _with(self, statuses: Sequence[Status], wanted: Status) -> tuple[Criterion, ...]:
        return tuple(rule for rule, status in zip(self.rules, statuses, strict=True) if status is wanted)

    def _stretch(self, code: str, value: Given) -> object:
        """What tells answers apart: options, or the stretches between the edges of the rules."""
        if isinstance(value, Answer):
            return value.possible
        if value is UNMEASURED:
            return None
        edges = self._edges[code]
        return tuple(_touched(span, edges) for span in value.spans)

    def would_settle(self, given: Mapping[str, Given], judged: Sequence[Judged]) -> tuple[str, ...]:
        """Inputs not yet single, at least one of whose answers would determine the suitability.

        Args:
            given: every input by its code.
            judged: what they gave.
        """
        if self.outcome(given).suitability is not Suitability.UNDETERMINED:
            return ()
        key = tuple([_left(given[code]) for code in self._kinds])
        kept = self._settling.get(key)
        if kept is None:
            kept = tuple(code for code in self._kinds if self._can_settle(given, judged, code))
            if len(self._settling) < _MOST_KEPT:
                self._settling[key] = kept
        return kept

    def _can_settle(self, given: Mapping[str, Given], judged: Sequence[Judged], code: str) -> bool:
        value = given[code]
        if value.single:
            return False
        return any(self._settles(given, judged, code, answer) for answer in self._answers(code, value))

    def _settles(
        self, given: Mapping[str, Given], judged: Sequence[Judged], code: str, answer: Given
    ) -> bool:
        then = {**given, code: answer}
        found = suitability(
            (rule, _status(rule.when.truth(then)) if code in rule.asks else one.status)
            for one in judged
            for rule in (one.criterion,)
        )
        return found is not Suitability.UNDETERMINED

    def _answers(self, code: str, value: Given) -> Iterable[Given]:
        """Answers to one input that stand for all: each option, or a number in each stretch between edges."""
        if isinstance(value, Answer):
            return [replace(value, possible=(option,), recorded=True) for option in value.possible]
        quantity = self._kinds[code]
        if not isinstance(quantity, Quantity):
            raise DefinitionError(f"input {code} is coded")
        inside = {edge for edge in self._edges[code] if quantity.low <= edge <= quantity.high}
        ordered = sorted({quantity.low, quantity.high, *inside})
        between = [(low + high) / 2 for low, high in pairwise(ordered)]
        return [
            Measured((exactly(number),), recorded=True)
            for number in (*ordered, *between)
            if any(span.meets(exactly(number)) for span in value.spans)
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What answers leave of criteria, whatever record they came from.

    Args:
        statuses: in the order of the rules.
        met: the rules that are met.
        unknown: those that the answers leave open.
    """

    statuses: tuple[Status, ...]
    suitability: Suitability
    met: tuple[Criterion, ...]
    unknown: tuple[Criterion, ...]


_MOST_KEPT = 4_096


def _left(value: Given) -> object:
    """Everything that an answer leaves possible, as something to look up by."""
    if isinstance(value, Answer):
        return value.possible
    return (
        None
        if value is UNMEASURED
        else tuple((s.low, s.high, s.low_closed, s.high_closed) for s in value.spans)
    )


def unknown_input(kind: Input) -> Given:
    """The answer to an input of which nothing is known."""
    return unknown_answer(kind) if isinstance(kind, Item) else UNMEASURED


def unknown_answer(item: Item) -> Answer:
    """The answer to an item of which nothing is known; kept, since the same few are open in most records."""
    answer = _UNKNOWN.get(item.code)
    if answer is None or answer.possible != item.codes:
        answer = _UNKNOWN[item.code] = unknown(item)
    return answer


_UNKNOWN: dict[str, Answer] = {}


def suitability(statuses: Iterable[tuple[Criterion, Status]]) -> Suitability:
    """What criteria allow together: the first that holds, from the worst to the best."""
    found = {(rule.effect, status) for rule, status in statuses}
    if (Effect.ABSOLUTE, Status.MET) in found:
        return Suitability.CONTRAINDICATED
    if (Effect.DEFER, Status.MET) in found:
        return Suitability.DEFER
    if {(Effect.ABSOLUTE, Status.UNKNOWN), (Effect.DEFER, Status.UNKNOWN)} & found:
        return Suitability.UNDETERMINED
    if (Effect.RELATIVE, Status.MET) in found:
        return Suitability.CAUTION
    if (Effect.RELATIVE, Status.UNKNOWN) in found or (Effect.INDICATION, Status.MET) not in found:
        return Suitability.UNDETERMINED
    return Suitability.ELIGIBLE


def _touched(span: Interval, edges: Sequence[Fraction]) -> tuple[int, int]:
    """The first and the last stretch that an interval touches: edges are odd, what lies between them even."""
    first = 0 if span.low is None else _place(span.low, edges, beyond=1 if not span.low_closed else 0)
    last = (
        2 * len(edges)
        if span.high is None
        else _place(span.high, edges, beyond=-1 if not span.high_closed else 0)
    )
    return first, last


def _place(number: Fraction, edges: Sequence[Fraction], beyond: int) -> int:
    at = bisect_left(edges, number)
    on_edge = at < len(edges) and edges[at] == number
    return 2 * at + 1 + beyond if on_edge else 2 * at


def _status(truth: Truth) -> Status:
    if truth.may_be and truth.may_not_be:
        return Status.UNKNOWN
    return Status.MET if truth.may_be else Status.UNMET


def deciding(rule: Criterion, given: Mapping[str, Given]) -> tuple[str, ...]:
    """The inputs that decide a rule: where one of several parts is enough, those of the parts that hold."""
    return tuple(dict.fromkeys(_deciding(rule.when, given)))


def _deciding(condition: Condition, given: Mapping[str, Given]) -> Iterator[str]:
    parts: Iterable[Condition] = condition.parts if isinstance(condition, All | AnyOf) else ()
    if isinstance(condition, AnyOf):
        holding = [part for part in condition.parts if not part.truth(given).may_not_be]
        parts = holding or condition.parts
    if not parts:
        yield from condition.inputs()
    for part in parts:
        yield from _deciding(part, given)


def _sources(codes: Iterable[str], given: Mapping[str, Given]) -> tuple[Source, ...]:
    listed = [source for code in codes for source in given[code].sources]
    return tuple(dict.fromkeys(listed)) if len(listed) > 1 else tuple(listed)


def _edges(condition: Condition, code: str) -> Iterator[Fraction]:
    if isinstance(condition, Lies):
        if condition.input == code:
            for span in (condition.span, *condition.also):
                yield from (edge for edge in (span.low, span.high) if edge is not None)
    elif isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _edges(part, code)


def _refuse_bad_condition(rule: Criterion, condition: Condition, kinds: Mapping[str, Input]) -> None:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            _refuse_bad_condition(rule, part, kinds)
        return
    if isinstance(condition, Always):
        return
    kind = kinds.get(condition.input)
    if kind is None:
        raise DefinitionError(f"criterion {rule.id} asks for {condition.input}, which is no input")
    if isinstance(condition, Lies):
        if not isinstance(kind, Quantity):
            raise DefinitionError(f"criterion {rule.id}: {condition.input} is coded")
    elif not isinstance(kind, Item):
        raise DefinitionError(f"criterion {rule.id}: {condition.input} is a number")
    elif not condition.options or not condition.options <= set(kind.codes):
        raise DefinitionError(f"criterion {rule.id}: {condition.input} has no such option")
