"""Decision tables over sets of possible answers: every row still reachable, and what it decides.

A row is a condition on columns. A column is what an item says, sorted into the few values that the
table tells apart; one option may stand for several values, where a grade lies between two. The rows
cover every combination of values once: a table with two rows for one, or none, is refused at import,
and a gap that its authors left is a row of its own that says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from app.engine.provenance import Citation, DefinitionError
from app.engine.question import Answer, Item, unknown


@dataclass(frozen=True, slots=True)
class Column:
    """What the table tells apart of one item.

    Args:
        item: the item that is asked.
        values: for each option of the item, the values that it leaves possible.
    """

    item: Item
    values: Mapping[str, frozenset[str]]

    def __post_init__(self) -> None:
        if self.values.keys() != set(self.item.codes) or not all(self.values.values()):
            raise DefinitionError(f"column {self.item.code}: an option has no value")

    @property
    def every_value(self) -> frozenset[str]:
        """Every value that an option can leave."""
        return frozenset().union(*self.values.values())

    def of(self, options: Iterable[str]) -> frozenset[str]:
        """The values that these options leave possible."""
        return frozenset().union(*(self.values[option] for option in options))


@dataclass(frozen=True, slots=True)
class Widening:
    """An item that is no column and makes another column's values uncertain.

    Args:
        item: the item that is asked.
        option: its option that widens; left unrecorded, it changes nothing and is said to be missing.
        column: the item whose values then are all possible.
    """

    item: Item
    option: str
    column: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a row decides, in the words of its source."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it applies and what it decides.

    Args:
        when: by item code, the values in which it applies; an item left out does not matter.
    """

    id: str
    when: Mapping[str, frozenset[str]]
    treatment: Treatment
    cite: Citation

    def reached_by(self, values: Mapping[str, frozenset[str]]) -> bool:
        """Whether some combination of the values lies in it."""
        return all(values[item] & wanted for item, wanted in self.when.items())


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table.

    Args:
        code: the identifier used in every interface.
        rows: every combination of the columns' values lies in exactly one.
    """

    code: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    widenings: tuple[Widening, ...] = ()
    _kept: dict[tuple[tuple[str, ...], ...], "Outcome"] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        items = [item.code for item in self.items]
        if len(set(items)) != len(items):
            raise DefinitionError(f"table {self.code}: an item stands twice")
        ids = [row.id for row in self.rows]
        if len(set(ids)) != len(ids):
            raise DefinitionError(f"table {self.code}: a row stands twice")
        for widening in self.widenings:
            columns = {column.item.code for column in self.columns}
            if widening.column not in columns or widening.option not in widening.item.codes:
                raise DefinitionError(f"table {self.code}: {widening.item.code} widens nothing")
        for row in self.rows:
            self._refuse_bad_row(row)
        self._refuse_gaps_and_overlaps()

    def _refuse_bad_row(self, row: Row) -> None:
        columns = {column.item.code: column for column in self.columns}
        for item, wanted in row.when.items():
            if item not in columns or not wanted or not wanted <= columns[item].every_value:
                raise DefinitionError(f"table {self.code}: row {row.id} asks for a value that is none")

    def _refuse_gaps_and_overlaps(self) -> None:
        names = [column.item.code for column in self.columns]
        for values in product(*(sorted(column.every_value) for column in self.columns)):
            single = {name: frozenset({value}) for name, value in zip(names, values, strict=True)}
            rows = [row.id for row in self.rows if row.reached_by(single)]
            if len(rows) != 1:
                what = f"rows {', '.join(rows)} overlap" if rows else "no row"
                raise DefinitionError(f"table {self.code}: {what} at {', '.join(values)}")

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item it asks for."""
        return (*(column.item for column in self.columns), *(widening.item for widening in self.widenings))

    def evaluate(self, answers: Mapping[str, Answer]) -> "TableResult":
        """Every row, treatment and next step that the answers leave open.

        Args:
            answers: by item code; an item left out is unknown.

        Raises:
            DefinitionError: an answer names an item or option that the table does not have.
        """
        items = {item.code: item for item in self.items}
        if not answers.keys() <= items.keys():
            raise DefinitionError(f"table {self.code}: no item {sorted(answers.keys() - items.keys())}")
        full = {code: answers.get(code) or unknown(item) for code, item in items.items()}
        # What only widens, and is not recorded, widens nothing.
        possible = tuple(
            () if not answer.recorded and self._only_widens(code) else answer.possible
            for code, answer in full.items()
        )
        outcome = self._kept.get(possible)
        if outcome is None:
            outcome = self._kept[possible] = self._outcome(possible)
        return TableResult(self, full, outcome)

    def _only_widens(self, code: str) -> bool:
        return any(widening.item.code == code for widening in self.widenings)

    def _outcome(self, possible: tuple[tuple[str, ...], ...]) -> "Outcome":
        for item, options in zip(self.items, possible, strict=True):
            item.ordered(options)
        rows = self._reached(possible)
        treatments = _treatments(rows)
        settling = tuple(
            item.code
            for number, item in enumerate(self.items)
            if len(possible[number]) > 1
            and any(
                len(_treatments(self._reached((*possible[:number], (option,), *possible[number + 1 :])))) == 1
                for option in possible[number]
            )
        )
        return Outcome(rows, treatments, settling)

    def _reached(self, possible: tuple[tuple[str, ...], ...]) -> tuple[Row, ...]:
        values = {
            column.item.code: column.of(options)
            for column, options in zip(self.columns, possible, strict=False)
        }
        for widening, options in zip(self.widenings, possible[len(self.columns) :], strict=True):
            if widening.option in options:
                column = next(c for c in self.columns if c.item.code == widening.column)
                values[widening.column] = column.every_value
        return tuple(row for row in self.rows if row.reached_by(values))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What depends on the options alone.

    Args:
        rows: every row still reachable, in printed order.
        treatments: the distinct decisions of those rows.
        would_settle: items not yet single, one of whose options would leave one treatment.
    """

    rows: tuple[Row, ...]
    treatments: tuple[Treatment, ...]
    would_settle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableResult:
    """What the answers leave possible of a table."""

    table: Table
    answers: Mapping[str, Answer]
    outcome: Outcome

    @property
    def settled(self) -> bool:
        """Whether one treatment is left."""
        return len(self.outcome.treatments) == 1

    @property
    def missing(self) -> tuple[str, ...]:
        """Items about which nothing usable is recorded."""
        return tuple(code for code, answer in self.answers.items() if not answer.recorded)


def _treatments(rows: Iterable[Row]) -> tuple[Treatment, ...]:
    return tuple(dict.fromkeys(row.treatment for row in rows))


def conditions(**values: str | tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """The condition of a row, written as ``grade="low", systemic=("able", "unable")``."""
    return {name: frozenset((value,) if isinstance(value, str) else value) for name, value in values.items()}
