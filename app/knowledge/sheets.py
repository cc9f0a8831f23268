"""Every definition as a document to check against the paper and to sign."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import groupby

from app.engine.cited import citations
from app.engine.criteria import Criterion, Effect, Input
from app.engine.provenance import Citation
from app.engine.question import Item, given, unknown
from app.engine.reading import Interval
from app.engine.score import Score
from app.engine.sheet import (
    Cell,
    Document,
    Grid,
    Link,
    Listing,
    Paragraph,
    Section,
    cited,
    listed,
    references,
    score_sections,
)
from app.engine.table import Table
from app.knowledge import Knowledge
from app.knowledge.disputes import DISPUTES
from app.knowledge.instrument import Advice, Instrument
from app.knowledge.left_out import left_out
from app.knowledge.measure import Input as Asked
from app.knowledge.measure import Kind, Measure, MeasureBand
from app.knowledge.pathway import Pathway
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import LOCAL_POLICIES, LocalPolicy
from app.knowledge.urgent.sheet import provoked

URGENT = "urgent"
_GROUPS: Mapping[Effect, str] = {
    Effect.INDICATION: "What speaks for it",
    Effect.ABSOLUTE: "What forbids it",
    Effect.DEFER: "What delays it until corrected",
    Effect.RELATIVE: "What makes it a matter of judgement",
    Effect.STUDY: "Whom the studies treated",
    Effect.CONTEXT: "What to know beside it",
    Effect.FAVOURS: "What speaks for a technique",
    Effect.AGAINST: "What speaks against a technique",
    Effect.OPTION: "Options to discuss",
    Effect.RISK_FACTOR: "Risk factors",
}


def documents(knowledge: Knowledge, conflicts: Mapping[str, Section]) -> Mapping[str, Document]:
    """Every definition, by its code, in the order in which they are listed.

    Args:
        knowledge: under this site's policy.
        conflicts: by code, where figures of the sources that concern the definition exclude each other.
    """
    writer = _Writer(knowledge, conflicts)
    found = [
        *(writer.instrument(one) for one in knowledge.instruments.values()),
        *(writer.patient_score(one) for one in knowledge.patient_scores.values()),
        *(writer.pathway(one) for one in knowledge.pathways.values()),
        *(writer.measure(one) for one in knowledge.measures.values()),
        writer.urgent(),
    ]
    return {document.code: document for document in found}


def signed() -> Section:
    """A place to sign."""
    head = ("Name", "Role", "Date", "Signature")
    blank = ("", "", "", "")
    return Section(
        "Sign-off",
        (
            Paragraph("Checked against the sources named above, for use at this site:"),
            Grid(head, (blank, blank)),
        ),
    )


def standing(knowledge: Knowledge) -> str:
    """Which knowledge a document was written from."""
    return f"Knowledge {knowledge.version}, digest {knowledge.digest}"


class _Writer:
    def __init__(self, knowledge: Knowledge, conflicts: Mapping[str, Section]) -> None:
        self.knowledge = knowledge
        self.conflicts = conflicts

    def instrument(self, one: Instrument) -> Document:
        sections = (*score_sections(one.score), *_advice(one))
        return self._document(one.code, one.score.name, "Score of a lesion", sections, one.policies)

    def patient_score(self, one: PatientScore) -> Document:
        kind = "Score of the patient, shown beside what is said of the lesions"
        return self._document(one.code, one.score.name, kind, score_sections(one.score), one.policies)

    def pathway(self, one: Pathway) -> Document:
        cites = dict.fromkeys((*one.references, *citations((one.table, one.criteria, one.also))))
        sections = (
            Section("Inputs", (_inputs(one.inputs),)),
            *(_rows(one.table) if one.table else ()),
            *(_criteria(one.criteria.rules) if one.criteria else ()),
            *listed("Use", (*one.use, f"Who decides: {one.decides}.")),
            *listed("Not for", one.misuse),
            references(cites),
        )
        return self._document(one.code, one.name, "Decision table or criteria", sections, one.policies)

    def measure(self, one: Measure) -> Document:
        sections = (
            Section("Inputs", (_asked(one.inputs),)),
            *_bands(one),
            *listed("Use", one.use),
            *listed("Not for", (*one.misuse, *one.not_asked.values())),
            references(one.citations),
        )
        own = _policies(one.policies, lambda policy: policy.default)
        return self._document(one.code, one.name, "Calculation", (*sections, *own), ())

    def urgent(self) -> Document:
        told = provoked(self.knowledge)
        rows = tuple(
            (trigger, advice.key, advice.headline, advice.urgency.value, advice.decides, _cites(advice.cites))
            for trigger, advice in told
        )
        head = ("Recorded", "Rule", "What is said", "How soon", "Who decides", "Source")
        sections = (
            Section(
                "What cannot wait",
                (
                    Paragraph(
                        "Each row was found by recording one thing and nothing else. Entries too old to "
                        "count for a score still count here."
                    ),
                    Grid(head, rows),
                ),
            ),
            *listed(
                "Not for",
                (
                    "Not as monitoring: these are reminders, made when somebody looks at the record.",
                    "Not to wait for: whoever sees such a sign acts before this service is asked.",
                ),
            ),
            references(citations([advice for _, advice in told])),
        )
        keys = [policy.key for policy in LOCAL_POLICIES if policy.key.startswith(("RED-", "SURG-"))]
        return self._document(URGENT, "Urgent findings", "Rules that outrank every score", sections, keys)

    def _document(
        self, code: str, name: str, kind: str, sections: Iterable[Section], policies: Iterable[str]
    ) -> Document:
        wanted = set(policies)
        chosen = [policy for policy in LOCAL_POLICIES if policy.key in wanted]
        choice = self.knowledge.policy.choice
        return Document(
            code,
            name,
            (f"{kind}.", standing(self.knowledge)),
            (
                *sections,
                *_policies(chosen, lambda policy: choice(policy.key)),
                *_disputes(code),
                *((self.conflicts[code],) if code in self.conflicts else ()),
                *_not_here(code),
                signed(),
            ),
        )


# -- parts that several kinds share -------------------------------------------------------------------------


def _policies(policies: Iterable[LocalPolicy], choice: Callable[[LocalPolicy], str]) -> Iterator[Section]:
    rows = tuple(
        (
            policy.key,
            policy.text,
            choice(policy),
            ", ".join(policy.choices) if len(policy.choices) > 1 else "cannot be changed",
        )
        for policy in policies
    )
    if rows:
        text = "What no publication gives, and this service decided. It awaits the signature of a clinician."
        grid = Grid(("Rule", "Decision", "Choice here", "Choices"), rows)
        yield Section("Local policy", (Paragraph(text), grid))


def _disputes(code: str) -> Iterator[Section]:
    rows = tuple(
        (one.key, one.text, one.handling, _cites(one.cites)) for one in DISPUTES if code in one.pages
    )
    if rows:
        yield Section("Disputes", (Grid(("Rule", "Who says what", "What is done", "Source"), rows),))


def _not_here(code: str) -> Iterator[Section]:
    rows = tuple((one.rule, one.what or "-", one.reason) for one in left_out() if one.page == code)
    if rows:
        yield Section("Left out", (Grid(("Rule", "What", "Why"), rows),))


def _cites(cites: Iterable[Citation]) -> str:
    return "; ".join(dict.fromkeys(map(cited, cites)))


# -- scores of lesions ---------------------------------------------------------------------------------------


def _advice(one: Instrument) -> Iterator[Section]:
    """What is advised for each total, the rules as they speak without a record."""
    found: dict[str, tuple[str, Advice]] = {}
    for total, advice in _advised(one):
        found.setdefault(advice.key, (total, advice))
    rows = tuple(
        (total, advice.key, advice.headline, advice.urgency.value, advice.decides, _cites(advice.cites))
        for total, advice in found.values()
    )
    head = ("Total", "Rule", "What is said", "How soon", "Who decides", "Source")
    yield Section("Advice", (Grid(head, rows),))


def _advised(one: Instrument) -> Iterator[tuple[str, Advice]]:
    score = one.score
    for total, options in sorted(_one_way_to_each_total(score).items()):
        result = score.evaluate({item: given(score.item(item), [code]) for item, code in options.items()})
        yield str(total), one.remark(result, None).advice
    result = score.evaluate({item.code: unknown(item) for item in score.items})
    yield "nothing known", one.remark(result, None).advice


def _one_way_to_each_total(score: Score) -> Mapping[int, Mapping[str, str]]:
    ways: dict[int, dict[str, str]] = {0: {}}
    for item in score.items:
        longer: dict[int, dict[str, str]] = {}
        for total, options in ways.items():
            for option in item.options:
                longer.setdefault(total + option.points, {**options, item.code: option.code})
        ways = longer
    return ways


# -- pathways ------------------------------------------------------------------------------------------------


def _inputs(inputs: Iterable[Input]) -> Grid:
    rows = tuple((one.code, one.question, _answers(one), cited(one.cite)) for one in inputs)
    return Grid(("Input", "Question", "Answers", "Source"), rows)


def _answers(one: Input) -> str:
    if isinstance(one, Item):
        return "; ".join(option.label for option in one.options)
    return _range(Interval(one.low, one.high), one.unit) + (", whole" if one.whole else "")


def _range(span: Interval, unit: str = "") -> str:
    """A stretch in words: ``from 0 to below 50 mm``."""
    low = "" if span.low is None else f"{'from' if span.low_closed else 'above'} {_number(span.low)}"
    high = "" if span.high is None else f"{'to' if span.high_closed else 'to below'} {_number(span.high)}"
    if span.low is not None and span.low == span.high:
        low, high = _number(span.low), ""
    return " ".join(filter(None, (low, high, _unit(unit)))) or "any number"


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"


def _unit(unit: str) -> str:
    """A UCUM unit; one in braces is a bare number to a reader."""
    return "" if unit.startswith("{") else unit


def _rows(table: Table) -> Iterator[Section]:
    columns = [column.item for column in table.columns]
    rows = tuple(
        (
            row.id,
            *(" or ".join(sorted(row.when.get(item.code, ("any",)))) for item in columns),
            row.treatment.label,
            cited(row.cite),
        )
        for row in table.rows
    )
    head = ("Row", *(item.label for item in columns), "Decision", "Source")
    sorted_into = tuple(
        f"{column.item.label}: {option.label} counts as {' or '.join(sorted(column.values[option.code]))}"
        for column in table.columns
        for option in column.item.options
        if column.values[option.code] != {option.code}
    )
    widened = tuple(
        f"{widening.item.label}: {widening.item.labels[widening.option]} leaves every value of "
        f"{widening.column} possible"
        for widening in table.widenings
    )
    yield Section("Rows", (Grid(head, rows), *((Listing((*sorted_into, *widened)),) if sorted_into else ())))


def _criteria(rules: Iterable[Criterion]) -> Iterator[Section]:
    order = list(_GROUPS)
    ordered = sorted(rules, key=lambda rule: order.index(rule.effect))
    for effect, group in groupby(ordered, key=lambda rule: rule.effect):
        rows = tuple(
            (
                rule.id,
                rule.technique or "-",
                rule.text,
                ", ".join(rule.asks) or "always said",
                _cites(rule.cites),
            )
            for rule in group
        )
        head = ("Rule", "Technique", "What is said", "Asks", "Source")
        yield Section(f"{_GROUPS[effect]} ({effect.value})", (Grid(head, rows),))


# -- measures ------------------------------------------------------------------------------------------------


def _asked(inputs: Iterable[Asked]) -> Grid:
    rows = tuple(row for one in inputs for row in _asked_rows(one, ""))
    return Grid(("Input", "Question", "Answers", "Source"), rows)


def _asked_rows(one: Asked, inside: str) -> Iterator[tuple[Cell, ...]]:
    yield (f"{inside}{one.code}", one.question, _taken(one), cited(one.cite))
    for inner in one.fields:
        yield from _asked_rows(inner, f"{inside}{one.code}: ")


def _taken(one: Asked) -> str:
    if one.options:
        return "; ".join(option.label for option in one.options)
    if one.kind is Kind.ROWS:
        return f"{_number(one.low)} to {_number(one.high)} entries"
    if one.kind is Kind.TEXT:
        return f"a text of at most {_number(one.high)} characters"
    if one.kind is Kind.YES_NO:
        return "yes or no"
    return _range(Interval(one.low, one.high), one.unit)


def _bands(one: Measure) -> Iterator[Section]:
    def row(band: MeasureBand) -> tuple[Cell, ...]:
        return (band.band_set or "-", _range(band.span, one.unit), band.label, cited(band.cite))

    if one.bands:
        yield Section("Bands", (Grid(("Set", "Value", "Name", "Source"), tuple(map(row, one.bands))),))


def index(documents: Mapping[str, Document], title: str, address: str) -> Document:
    """The list of every document, each with its address: ``address`` with the code in place of ``{}``."""
    rows = tuple(
        (Link(document.title, address.format(code)), document.lead[0]) for code, document in documents.items()
    )
    lead = next(iter(documents.values())).lead[-1]
    return Document("index", title, (lead,), (Section("Definitions", (Grid(("Name", "Kind"), rows),)),))
