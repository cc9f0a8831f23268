"""What a pathway is: rules that are no sum, judged over the answers still possible of one lesion.

A pathway is a decision table, or criteria, or both; the record answers its inputs, or a caller does.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from app.engine.criteria import (
    Criteria,
    Criterion,
    Given,
    Input,
    Judged,
    Outcome,
    Suitability,
    deciding,
    unknown_answer,
    unknown_input,
)
from app.engine.provenance import Citation, DefinitionError, Source
from app.engine.quantity import Measured, Quantity, measured
from app.engine.question import Answer, Item, Option, compatible
from app.engine.reading import Fact, Interval
from app.engine.table import Table, TableResult
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Applicability, Remark
from app.knowledge.patient import Case

YES, NO = "yes", "no"
_YES, _NO = frozenset({YES}), frozenset({NO})


@dataclass(frozen=True, slots=True)
class Pathway:
    """Rules for one decision, with everything needed to use them on a record.

    Args:
        code: the identifier used in every interface.
        short: the name by which clinicians call it.
        table: its decision table, where it has one.
        criteria: its criteria, where it has some.
        also: inputs that no rule asks and that say something of one that a rule does.
        suits: whether the criteria together say how suitable a treatment is.
        applies: whether it is made for a lesion.
        read: what the record answers; an input left out is unknown.
        remark: what to say beside the result, by the inputs alone.
        aloud: whether what it says beside the result stands on a card too, as a table's limits do.
        notes: what a record obliges one to say beside it.
        agree: what stated inputs say of those that are left out.
        contradiction: the input that contradicts another, and how to mend it.
        decides: the specialty or meeting that decides.
    """

    code: str
    name: str
    short: str
    version: str
    applies: Callable[[Case], Applicability]
    read: Callable[[Case], Mapping[str, Given]]
    decides: str
    use: tuple[str, ...]
    misuse: tuple[str, ...]
    references: tuple[Citation, ...]
    policies: tuple[str, ...] = ()
    table: Table | None = None
    criteria: Criteria | None = None
    suits: bool = False
    also: tuple[Input, ...] = ()
    remark: Callable[[Mapping[str, Given]], tuple[Remark, ...]] = lambda _given: ()
    aloud: bool = False
    notes: Callable[[Case], tuple[Remark, ...]] = lambda _case: ()
    agree: Callable[[Mapping[str, Given]], Mapping[str, Given]] = lambda given: given
    contradiction: Callable[[Mapping[str, Given]], tuple[str, str] | None] = lambda _given: None
    inputs: tuple[Input, ...] = field(init=False)
    _unknown: Mapping[str, Given] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.table is None and self.criteria is None:
            raise DefinitionError(f"pathway {self.code} has no rules")
        if self.suits and self.criteria is None:
            raise DefinitionError(f"pathway {self.code}: only criteria say how suitable something is")
        of_table: tuple[Input, ...] = self.table.items if self.table is not None else ()
        of_criteria = self.criteria.inputs if self.criteria is not None else ()
        both = {one.code: one for one in (*of_table, *of_criteria, *self.also)}
        object.__setattr__(self, "inputs", tuple(both.values()))
        object.__setattr__(self, "_unknown", {code: unknown_input(one) for code, one in both.items()})

    def judge(self, given: Mapping[str, Given]) -> "PathwayResult":
        """Everything that the inputs leave possible.

        Args:
            given: by input code; an input left out is unknown.

        Raises:
            DefinitionError: an input, or an option of it, does not exist.
        """
        stated = {**self._unknown, **given}
        if len(stated) > len(self._unknown):
            wrong = sorted(given.keys() - self._unknown.keys())
            raise DefinitionError(f"pathway {self.code}: no input {wrong}")
        full = self.agree(stated)
        rows = self._rows(full)
        outcome = self.criteria.outcome(full) if self.criteria is not None else None
        return PathwayResult(
            pathway=self,
            given=full,
            rows=rows,
            outcome=outcome,
            suitability=outcome.suitability if outcome is not None and self.suits else None,
            missing=tuple(code for code, answer in full.items() if not answer.recorded),
            cautions=self.remark(full),
        )

    def _rows(self, full: Mapping[str, Given]) -> TableResult | None:
        if self.table is None:
            return None
        answers = {item.code: full[item.code] for item in self.table.items}
        return self.table.evaluate({c: a for c, a in answers.items() if isinstance(a, Answer)})


# Inputs that are totals of the scores: worked out, not recorded.
_TOTALS = frozenset({"sins_minimum", "sins_maximum", "mirels"})


@dataclass(frozen=True, slots=True)
class PathwayResult:
    """What the inputs leave possible of a pathway.

    Args:
        rows: of its table: every row still reachable.
        outcome: of its criteria: which are met, and which stay open.
        suitability: what the criteria allow together, where they say that.
        missing: inputs about which nothing usable is recorded.
    """

    pathway: Pathway
    given: Mapping[str, Given]
    rows: TableResult | None
    outcome: Outcome | None
    suitability: Suitability | None
    missing: tuple[str, ...]
    cautions: tuple[Remark, ...]

    def numbers(self, rule: Criterion) -> tuple[str, ...]:
        """The numbers that decide a rule, as recorded, each with its label; totals of scores left out."""
        labels = {one.code: one.label for one in self.pathway.inputs}
        return tuple(
            f"{labels[code]} {value.text}"
            for code in deciding(rule, self.given)
            if code not in _TOTALS and isinstance(value := self.given[code], Measured) and value.recorded
        )

    @property
    def judged(self) -> tuple[Judged, ...]:
        """Every criterion with its status and its sources; made when asked for."""
        if self.pathway.criteria is None or self.outcome is None:
            return ()
        return self.pathway.criteria.judged(self.given, self.outcome)

    @property
    def would_settle(self) -> tuple[str, ...]:
        """Inputs not yet single, one of whose answers would settle it; worked out when asked for."""
        criteria = self.pathway.criteria
        if self.rows is not None:
            return self.rows.outcome.would_settle
        if criteria is None or self.suitability is None:
            return ()
        return criteria.would_settle(self.given, self.judged)

    @property
    def settled(self) -> bool:
        """Whether one decision is left."""
        if self.rows is not None:
            return self.rows.settled
        return self.suitability is not None and self.suitability is not Suitability.UNDETERMINED

    @property
    def references(self) -> tuple[Citation, ...]:
        """Every source that the result stands on, each once."""
        cites = [*self.pathway.references]
        if self.rows is not None:
            cites += [row.cite for row in self.rows.outcome.rows]
        for one in self.judged:
            cites += one.criterion.cites
        for remark in self.cautions:
            cites += remark.cites
        return tuple({(cite.key, cite.title): cite for cite in cites}.values())


# -- inputs ------------------------------------------------------------------------------------------


def choice(code: str, label: str, question: str, cite: Citation, *options: tuple[str, str]) -> Item:
    """A coded input, its options given as code and label."""
    return Item(code, label, question, tuple(Option(c, text, 0, cite) for c, text in options), cite)


def yes_no(code: str, label: str, question: str, cite: Citation) -> Item:
    """An input that is yes or no."""
    return choice(code, label, question, cite, (YES, "yes"), (NO, "no"))


def number(
    code: str,
    label: str,
    question: str,
    cite: Citation,
    unit: str,
    low: int,
    high: int,
    *,
    whole: bool = False,
) -> Quantity:
    """An input that is a number, in a unit and between bounds."""
    return Quantity(code, label, question, unit, Fraction(low), Fraction(high), cite, whole)


# -- what a record answers ----------------------------------------------------------------------------


def coded_answer(item: Item, facts: Collection[Fact], options: Mapping[str, Iterable[str]]) -> Answer:
    """What coded facts of one finding say of an input; an answer that is not listed leaves every option.

    Facts that exclude one another are all kept, as everywhere.

    Args:
        item: the input.
        facts: of the finding, those too old to count among them.
        options: by coded answer, the options that it leaves possible.
    """
    if not facts:
        return unknown_answer(item)
    used: list[Source] = []
    unused: list[Source] = []
    claims: list[frozenset[str]] = []
    for fact in facts:
        if isinstance(fact.value, Interval):
            raise DefinitionError(f"finding {fact.finding} is a quantity, not coded")
        if not fact.source.age.usable:
            unused.append(fact.source)
            continue
        every = FINDINGS[fact.finding].answer_labels
        claims.append(frozenset(every) if INDETERMINATE in fact.value else fact.value)
        used.append(fact.source)
    if not used:
        return Answer(item.codes, unused=tuple(unused)) if unused else unknown_answer(item)
    # What the facts say is compared, and not what it would mean: two that exclude each other stay two.
    kept, conflicting = compatible(claims) if len(claims) > 1 else (claims[0], False)
    possible = frozenset(option for code in kept for option in options.get(code, item.codes))
    return Answer(
        item.ordered(possible),
        recorded=True,
        conflicting=conflicting,
        sources=tuple(dict.fromkeys(used)),
        unused=tuple(unused),
    )


def present(item: Item, facts: Collection[Fact]) -> Answer:
    """What a finding that is present or absent says of a yes-or-no input."""
    return coded_answer(item, facts, _AS_PRESENT) if facts else unknown_answer(item)


_AS_PRESENT = {"present": _YES, "absent": _NO}


def any_present(item: Item, *findings: Collection[Fact]) -> Answer:
    """Yes where one of several findings is present, no where every one is recorded as absent."""
    answers = [present(item, facts) for facts in findings]
    return any_yes(item, answers)


def any_yes(item: Item, answers: Iterable[Answer]) -> Answer:
    """Yes where one of several answers is yes, no where every one is no, else what is still possible."""
    listed = list(answers)
    yes = any(YES in answer.possible for answer in listed)
    together = _together(item, listed, yes=yes, no=all(NO in answer.possible for answer in listed))
    holding = [answer for answer in listed if answer.possible == (YES,)]
    if not holding:
        return together
    # One that holds decides: the source is where it stands, and not where another is denied.
    return replace(together, sources=tuple(dict.fromkeys(s for answer in holding for s in answer.sources)))


def all_yes(item: Item, answers: Iterable[Answer]) -> Answer:
    """Yes where every one of several answers is yes, no where one is no, else what is still possible."""
    listed = list(answers)
    yes = all(YES in answer.possible for answer in listed)
    return _together(item, listed, yes=yes, no=any(NO in answer.possible for answer in listed))


def _together(item: Item, answers: Sequence[Answer], *, yes: bool, no: bool) -> Answer:
    if not any(answer.recorded or answer.unused for answer in answers):
        return unknown_answer(item)
    return Answer(
        item.ordered([YES] * yes + [NO] * no),
        recorded=any(answer.recorded for answer in answers),
        conflicting=any(answer.conflicting for answer in answers),
        sources=tuple(dict.fromkeys(source for answer in answers for source in answer.sources)),
        unused=tuple(dict.fromkeys(source for answer in answers for source in answer.unused)),
    )


def number_from(facts: Iterable[Fact]) -> Measured:
    """What facts of one quantity say of a number."""
    return measured(facts)
