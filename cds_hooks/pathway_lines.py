"""What the pathways say on a card: decisions that the record leaves, techniques, what speaks against."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from app.assess.ordered.concern import lower
from app.assess.result import Judgement
from app.engine.criteria import Always, Criterion, Effect, Outcome, Suitability, deciding
from app.engine.provenance import Citation, Source
from app.engine.question import given
from app.engine.table import TableResult
from app.knowledge.pathway import PathwayResult
from cds_hooks.markdown import code_span

_MOST_TREATMENTS = 3
_MOST_RULES = 4
_MOST_OPEN = 5
_SUITABILITY = {
    Suitability.CONTRAINDICATED: "contraindicated by these criteria",
    Suitability.DEFER: "to be deferred until corrected",
    Suitability.UNDETERMINED: "not settled",
    Suitability.CAUTION: "to be weighed with caution",
    Suitability.ELIGIBLE: "eligible by these criteria; the team decides",
}
# From what forbids to what is worth knowing.
_ORDER = (
    Effect.ABSOLUTE,
    Effect.DEFER,
    Effect.AGAINST,
    Effect.RELATIVE,
    Effect.INDICATION,
    Effect.FAVOURS,
    Effect.OPTION,
    Effect.RISK_FACTOR,
    Effect.CONTEXT,
    Effect.STUDY,
)
_WORDS = {
    Effect.ABSOLUTE: "against",
    Effect.DEFER: "defer",
    Effect.AGAINST: "against",
    Effect.RELATIVE: "caution",
    Effect.INDICATION: "for",
    Effect.FAVOURS: "for",
    Effect.OPTION: "option",
    Effect.RISK_FACTOR: "risk factor",
    Effect.CONTEXT: "mind",
    Effect.STUDY: "studied",
}
_RANK = {effect: number for number, effect in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Line:
    """One pathway on a card, with the sources of what it says.

    Args:
        leads: whether it is a table's decision, or says that something is contraindicated or to be deferred.
    """

    text: str
    cites: tuple[Citation, ...]
    leads: bool = False


Told = Callable[[Criterion], bool]


def lines_of(
    judgements: Iterable[Judgement],
    told: Collection[str] = (),
    speaks: Told | None = None,
    most: int = _MOST_RULES,
) -> Iterator[Line]:
    """One line for each pathway that has something to say of this lesion.

    Args:
        judgements: the pathways on it.
        told: rules that the card tells already.
        speaks: which met rules are told; those that speak by themselves where left out.
        most: how many of them.
    """
    for judgement in judgements:
        line = _line(judgement, told, speaks or _speaks, most)
        if line is not None:
            yield line


def _line(judgement: Judgement, told: Collection[str], speaks: Told, most: int) -> Line | None:
    result = judgement.result
    if result is None or judgement.applicability.applies is not True:
        return None
    if result.rows is not None:
        return _of_table(judgement, result.rows)
    if result.outcome is None:
        return None
    met = [rule for rule in result.outcome.met if speaks(rule) and rule.id not in told]
    return _of_criteria(judgement, result, result.outcome, sorted(met, key=_rank), most)


def _of_table(judgement: Judgement, rows: TableResult) -> Line:
    outcome = rows.outcome
    labels = {one.code: one.label.lower() for one in judgement.pathway.inputs}
    settles = tuple(labels[code] for code in outcome.would_settle)
    missing = tuple(labels[code] for code in rows.missing)
    cites = tuple(row.cite for row in outcome.rows)
    name = judgement.pathway.short
    if any(note.key == "NOMS-X8" for note in judgement.notes):
        name = f"{name}, second to the neurologic deficit"
    basis = _basis(rows)
    if rows.settled:
        keys = " or ".join(row.id for row in outcome.rows)
        told = f"**{name}:** {outcome.treatments[0].label} ({keys}), for discussion."
        if any(caution.key == "GAP-1" for caution in judgement.cautions):
            told = f"{told} By what was seen: part of the record was not looked at."
        return Line(told + basis, cites, leads=True)
    if len(outcome.treatments) <= _MOST_TREATMENTS:
        told = "; or ".join(treatment.label for treatment in outcome.treatments)
        open_ones = tuple(labels[code] for code in _that_matter(rows))
        deciding = f" Would settle it: {_listed(settles)}." if settles else f" Open: {_listed(open_ones)}."
        return Line(f"**{name} leaves open:** {told}.{deciding}{basis}", cites, leads=True)
    return Line(f"**{name}:** open until recorded: {_listed(settles or missing)}.", cites[:1], leads=True)


def _that_matter(rows: TableResult) -> Iterator[str]:
    """The items not yet single of which some answer would leave other treatments than now."""
    now = set(rows.outcome.treatments)
    for item in rows.table.items:
        answer = rows.answers[item.code]
        if answer.single:
            continue
        for option in answer.possible:
            narrowed = rows.table.evaluate({**rows.answers, item.code: given(item, [option])})
            if set(narrowed.outcome.treatments) != now:
                yield item.code
                break


def _basis(rows: TableResult) -> str:
    """What the record says of each item of a table, and where."""
    told = [
        f"{lower(item.label)}: {' or '.join(item.labels[code] for code in answer.possible)}"
        f"{told_of(latest(answer.sources))}"
        for item in rows.table.items
        if (answer := rows.answers[item.code]).recorded
    ]
    return f" From: {'; '.join(told)}." if told else ""


def _of_criteria(
    judgement: Judgement, result: PathwayResult, outcome: Outcome, met: list[Criterion], most: int
) -> Line | None:
    forbidden = any(rule.effect is Effect.ABSOLUTE and rule.technique is None for rule in met)
    if forbidden:
        # What is excluded is not recommended in the same breath.
        met = [rule for rule in met if rule.effect not in _FOR]
    open_inputs = _open(result, outcome)
    said_beside = [*judgement.notes, *(result.cautions if judgement.pathway.aloud else ())]
    if not (met or said_beside) and result.suitability is None:
        return None
    shown = met[:most]
    parts = [_rule(rule, result) for rule in shown]
    parts += [f"- mind: {note.text}" for note in said_beside]
    if len(met) > len(shown):
        parts.append(f"- {len(met) - len(shown)} more in the assessment")
    name = judgement.pathway.short
    said = f": {_SUITABILITY[result.suitability]}." if result.suitability is not None else ""
    asked = (
        f" Open, and would forbid or defer: {_listed(open_inputs)}." if open_inputs and not forbidden else ""
    )
    cites = [cite for rule in shown for cite in rule.cites]
    cites += (cite for note in said_beside for cite in note.cites)
    return Line(
        text="\n".join([f"**{name}{said}**{asked}", *parts]),
        cites=tuple(cites) or judgement.pathway.references[:1],
        leads=any(rule.effect in (Effect.ABSOLUTE, Effect.DEFER) for rule in shown),
    )


_FOR = (Effect.INDICATION, Effect.FAVOURS, Effect.OPTION)


def _speaks(rule: Criterion) -> bool:
    """Whether a met rule is told on a card: one that always holds stands on its page."""
    return not rule.quiet and not isinstance(rule.when, Always)


def _rank(rule: Criterion) -> int:
    # A study that did not take such patients speaks against before anything speaks for.
    if rule.effect is Effect.STUDY and "-EXC-" in rule.id:
        return _RANK[Effect.RELATIVE]
    return _RANK[rule.effect]


def _rule(rule: Criterion, result: PathwayResult) -> str:
    technique = f" ({rule.technique.replace('-', ' ')})" if rule.technique else ""
    left_out = rule.effect is Effect.STUDY and ("-EXC-" in rule.id or "not studied" in rule.text)
    word = "not studied" if left_out else _WORDS[rule.effect]
    source = latest(s for code in deciding(rule, result.given) for s in result.given[code].sources)
    # That a source is past its review date stands with the sources.
    text = rule.text.replace(" (The MSTS source is past its own review date.)", "")
    numbers = result.numbers(rule)
    recorded = f" Recorded: {', '.join(map(lower, numbers))}" if numbers else ""
    return f"- {word}{technique}: {text} [{rule.id}]{recorded}{told_of(source)}"


def latest(sources: Iterable[Source]) -> Source | None:
    """The latest of several sources, whatever order the record has them in."""
    return max(sources, key=lambda source: (source.effective or "", source.reference), default=None)


def told_of(source: Source | None) -> str:
    """Where something stands in the record, and its day; nothing where it stands nowhere."""
    if source is None:
        return ""
    day = f" {code_span(source.effective[:10])}" if source.effective else ""
    return f" {code_span(source.reference)}{day}"


def _open(result: PathwayResult, outcome: Outcome) -> tuple[str, ...]:
    """The questions that leave something open which would forbid."""
    codes = [
        code
        for rule in outcome.unknown
        if rule.effect in (Effect.ABSOLUTE, Effect.DEFER)
        for code in rule.asks
        if not result.given[code].single
    ]
    labels = {one.code: one.label for one in result.pathway.inputs}
    return tuple(lower(labels[code]) for code in dict.fromkeys(codes))


def _listed(labels: tuple[str, ...]) -> str:
    shown = ", ".join(labels[:_MOST_OPEN])
    return f"{shown} and {len(labels) - _MOST_OPEN} more" if len(labels) > _MOST_OPEN else shown
