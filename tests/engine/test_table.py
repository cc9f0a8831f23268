"""Decision tables: what is refused at import, and every answer against enumeration of its completions."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.question import Answer, Item, Option
from app.engine.question import given as stated
from app.engine.table import Column, Row, Table, Treatment, Widening, conditions

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
WAIT, ACT = Treatment("wait", "wait"), Treatment("act", "act")
Answers = Mapping[str, Answer]


def item(code: str, *options: str) -> Item:
    return Item(code, code, "?", tuple(Option(name, name, 0, CITE) for name in options), CITE)


def column(asked: Item, **values: str | tuple[str, ...]) -> Column:
    """A column by what each option leaves; an option not named leaves the value of its own name."""
    named = conditions(**values)
    return Column(asked, {code: named.get(code, frozenset({code})) for code in asked.codes})


def row(name: str, treatment: Treatment, **when: str | tuple[str, ...]) -> Row:
    return Row(name, conditions(**when), treatment, CITE)


GRADE, FIT = item("grade", "low", "between", "high"), item("fit", "able", "unable")
BEFORE = item("before", "present", "absent")
COLUMNS = (column(GRADE, between=("low", "high")), column(FIT))
LOW = row("LOW", WAIT, grade="low")
ABLE = row("ABLE", ACT, grade="high", fit="able")
UNABLE = row("UNABLE", WAIT, grade="high", fit="unable")
TABLE = Table("t", COLUMNS, (LOW, ABLE, UNABLE), (Widening(BEFORE, "present", "fit"),))

REFUSED: list[tuple[str, tuple[Column, ...], tuple[Row, ...], tuple[Widening, ...], str]] = [
    ("a combination has no row", COLUMNS, (LOW, ABLE), (), "no row at high, unable"),
    ("a combination has two rows", COLUMNS, (LOW, ABLE, UNABLE, row("TWICE", ACT, grade="high")), (),
     "rows ABLE, TWICE overlap at high, able"),
    ("a row for everything beside others", COLUMNS, (row("ALL", WAIT), LOW, ABLE, UNABLE), (), "overlap"),
    ("a row asks for a value that is none", COLUMNS, (row("X", WAIT, grade="lowest"), ABLE, UNABLE), (),
     "row X asks for a value that is none"),
    ("a row asks for an option, no value", COLUMNS, (LOW, ABLE, UNABLE, row("X", ACT, grade="between")), (),
     "row X asks for a value that is none"),
    ("a row asks for no value", COLUMNS, (row("X", WAIT, grade=()), ABLE, UNABLE), (), "row X asks"),
    ("a row asks for an item that is none", COLUMNS, (row("X", WAIT, age="old"), ABLE, UNABLE), (),
     "row X asks"),
    ("a row stands twice", COLUMNS, (LOW, LOW, ABLE, UNABLE), (), "a row stands twice"),
    ("a column stands twice", (*COLUMNS, column(FIT)), (LOW, ABLE, UNABLE), (), "an item stands twice"),
    ("an item is column and widening", COLUMNS, (LOW, ABLE, UNABLE), (Widening(FIT, "able", "grade"),),
     "an item stands twice"),
    ("a widening of no column", COLUMNS, (LOW, ABLE, UNABLE), (Widening(BEFORE, "present", "age"),),
     "before widens nothing"),
    ("a widening by no option", COLUMNS, (LOW, ABLE, UNABLE), (Widening(BEFORE, "perhaps", "fit"),),
     "before widens nothing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "rows", "widenings", "fault"),
    [pytest.param(*case, id=name) for name, *case in REFUSED],
)
def test_a_table_that_contradicts_itself_is_refused(
    columns: tuple[Column, ...], rows: tuple[Row, ...], widenings: tuple[Widening, ...], fault: str
) -> None:
    with pytest.raises(DefinitionError, match=fault):
        Table("t", columns, rows, widenings)


def test_a_widening_of_itself_is_refused() -> None:
    with pytest.raises(DefinitionError, match="before widens nothing"):
        Table("t", COLUMNS, (LOW, ABLE, UNABLE), (Widening(BEFORE, "present", "before"),))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"able": frozenset({"able"})}, id="an option is left out"),
        pytest.param({"able": frozenset({"able"}), "unable": frozenset()}, id="an option leaves nothing"),
        pytest.param(
            {code: frozenset({code}) for code in ("able", "unable", "perhaps")}, id="an option is none"
        ),
    ],
)
def test_a_column_says_what_every_option_leaves(values: Mapping[str, frozenset[str]]) -> None:
    with pytest.raises(DefinitionError, match="column fit: an option has no value"):
        Column(FIT, values)


def test_an_answer_to_no_item_is_refused() -> None:
    with pytest.raises(DefinitionError, match="no item"):
        TABLE.evaluate({"age": Answer(("old",))})


def test_an_answer_with_no_option_of_its_item_is_refused() -> None:
    with pytest.raises(DefinitionError, match="no option"):
        TABLE.evaluate({"fit": Answer(("perhaps",), recorded=True)})


# grade, fit, before -> rows, treatments, would settle; None is left out
WORKED: list[tuple[str, str | None, str | None, str | None, list[str], list[str], list[str]]] = [
    ("everything known", "low", "able", "absent", ["LOW"], ["wait"], []),
    ("what does not matter is left out", "low", None, None, ["LOW"], ["wait"], ["fit"]),
    ("the grade between the rows", "between", "able", None, ["LOW", "ABLE"], ["wait", "act"], []),
    ("two rows of one treatment", "between", "unable", None, ["LOW", "UNABLE"], ["wait"], []),
    ("fitness open", "high", None, None, ["ABLE", "UNABLE"], ["act", "wait"], ["fit"]),
    ("nothing known", None, None, None, ["LOW", "ABLE", "UNABLE"], ["wait", "act"], ["grade", "fit"]),
    ("widened", "high", "able", "present", ["ABLE", "UNABLE"], ["act", "wait"], []),
    ("not widened", "high", "able", "absent", ["ABLE"], ["act"], []),
    ("a widening left out changes nothing", "high", "able", None, ["ABLE"], ["act"], []),
    ("perhaps widened", "high", "able", "present|absent", ["ABLE", "UNABLE"], ["act", "wait"], ["before"]),
    ("widened where it does not matter", "low", "able", "present", ["LOW"], ["wait"], []),
]


@pytest.mark.parametrize(
    ("grade", "fit", "before", "rows", "treatments", "settle"),
    [pytest.param(*case, id=name) for name, *case in WORKED],
)
def test_worked_rows(
    grade: str | None, fit: str | None, before: str | None,
    rows: list[str], treatments: list[str], settle: list[str],
) -> None:  # fmt: skip
    texts = {"grade": (GRADE, grade), "fit": (FIT, fit), "before": (BEFORE, before)}
    answers = {code: stated(asked, text.split("|")) for code, (asked, text) in texts.items() if text}
    result = TABLE.evaluate(answers)
    assert [one.id for one in result.outcome.rows] == rows
    assert [one.code for one in result.outcome.treatments] == treatments
    assert list(result.outcome.would_settle) == settle
    assert result.settled == (len(treatments) == 1)
    assert list(result.missing) == [code for code in texts if code not in answers]


# -- against brute force ----------------------------------------------------------------------------------


class Known(NamedTuple):
    """A table and, written down beside it, the row of every single combination of values."""

    table: Table
    cells: Mapping[tuple[str, ...], str]
    treatment: Mapping[str, str]


def leaves(
    draw: st.DrawFn, columns: list[Column], box: dict[str, frozenset[str]]
) -> Iterable[dict[str, frozenset[str]]]:
    """Boxes that together cover a box once: it is split at a column, or left whole."""
    wide = [one for one in columns if len(box[one.item.code]) > 1]
    if not wide or draw(st.integers(0, 3)) == 0:
        yield box
        return
    code = draw(st.sampled_from(wide)).item.code
    values = sorted(box[code])
    cut = draw(st.integers(1, len(values) - 1))
    for part in (values[:cut], values[cut:]):
        yield from leaves(draw, columns, {**box, code: frozenset(part)})


@st.composite
def tables(draw: st.DrawFn) -> Known:
    columns = []
    for n in range(draw(st.integers(1, 3))):
        values = [f"v{m}" for m in range(draw(st.integers(2, 3)))]
        some = st.sets(st.sampled_from(values), min_size=1)
        extra = draw(st.lists(some, max_size=2))
        options = [{value} for value in values] + extra
        asked = item(f"item{n}", *(f"o{m}" for m in range(len(options))))
        columns.append(Column(asked, {f"o{m}": frozenset(left) for m, left in enumerate(options)}))
    boxes = list(leaves(draw, columns, {one.item.code: one.every_value for one in columns}))
    names = [draw(st.sampled_from(["a", "b", "c"])) for _ in boxes]
    rows = []
    for number, (box, name) in enumerate(zip(boxes, names, strict=True)):
        # A column that does not matter may be left out of a row.
        when = {
            one.item.code: box[one.item.code]
            for one in columns
            if box[one.item.code] != one.every_value or draw(st.booleans())
        }
        rows.append(Row(f"r{number}", when, Treatment(name, name), CITE))
    cells = {
        cell: f"r{number}"
        for number, box in enumerate(boxes)
        for cell in product(*(sorted(box[one.item.code]) for one in columns))
    }
    widens = draw(st.booleans())
    widened = draw(st.sampled_from(columns)).item.code
    widenings = (Widening(item("before", "present", "absent"), "present", widened),) if widens else ()
    table = Table("generated", tuple(columns), tuple(rows), widenings)
    return Known(table, cells, {f"r{number}": name for number, name in enumerate(names)})


@st.composite
def cases(draw: st.DrawFn) -> tuple[Known, dict[str, Answer]]:
    known = draw(tables())
    answers = {}
    for asked in known.table.items:
        left = draw(st.none() | st.sets(st.sampled_from(asked.codes), min_size=1))
        if left is not None:
            answers[asked.code] = stated(asked, left)
    return known, answers


def completions(table: Table, answers: Answers) -> Iterable[dict[str, str]]:
    """Every way in which each open item can turn out; a widening left out does not turn out at all."""
    widening = {one.item.code for one in table.widenings}
    asked = [one for one in table.items if one.code in answers or one.code not in widening]
    options = [answers[one.code].possible if one.code in answers else one.codes for one in asked]
    for chosen in product(*options):
        yield {one.code: option for one, option in zip(asked, chosen, strict=True)}


def rows_by_hand(known: Known, answers: Answers) -> set[str]:
    found = set()
    for complete in completions(known.table, answers):
        values = []
        for one in known.table.columns:
            widened = any(
                complete.get(w.item.code) == w.option and w.column == one.item.code
                for w in known.table.widenings
            )
            values.append(one.every_value if widened else one.values[complete[one.item.code]])
        found |= {known.cells[cell] for cell in product(*values)}
    return found


def treatments_by_hand(known: Known, answers: Answers) -> set[str]:
    return {known.treatment[name] for name in rows_by_hand(known, answers)}


@given(cases())
def test_rows_and_treatments_are_those_of_brute_force(case: tuple[Known, Answers]) -> None:
    known, answers = case
    result = known.table.evaluate(answers)
    expected = rows_by_hand(known, answers)
    assert [row.id for row in result.outcome.rows] == sorted(expected, key=lambda name: int(name[1:]))
    assert {one.code for one in result.outcome.treatments} == treatments_by_hand(known, answers)
    assert len(result.outcome.treatments) == len(treatments_by_hand(known, answers))
    assert result.settled == (len(treatments_by_hand(known, answers)) == 1)


@given(cases())
def test_would_settle_is_what_its_definition_says(case: tuple[Known, Answers]) -> None:
    known, answers = case
    widening = {one.item.code for one in known.table.widenings}
    expected = []
    for asked in known.table.items:
        if asked.code not in answers and asked.code in widening:
            continue
        left = answers[asked.code].possible if asked.code in answers else asked.codes
        trials = [{**answers, asked.code: stated(asked, [option])} for option in left]
        if len(left) > 1 and any(len(treatments_by_hand(known, trial)) == 1 for trial in trials):
            expected.append(asked.code)
    assert list(known.table.evaluate(answers).outcome.would_settle) == expected


@given(cases())
def test_a_widening_item_left_out_changes_no_row(case: tuple[Known, Answers]) -> None:
    known, answers = case
    for widening in known.table.widenings:
        without = {code: one for code, one in answers.items() if code != widening.item.code}
        absent = {**without, widening.item.code: stated(widening.item, ["absent"])}
        result = known.table.evaluate(without)
        assert result.outcome.rows == known.table.evaluate(absent).outcome.rows
        assert widening.item.code in result.missing


@given(cases(), st.data())
def test_knowing_more_never_widens(case: tuple[Known, Answers], data: st.DataObject) -> None:
    known, answers = case
    widening = {one.item.code for one in known.table.widenings}
    asked = data.draw(
        st.sampled_from([o for o in known.table.items if o.code in answers or o.code not in widening])
    )
    before = answers[asked.code].possible if asked.code in answers else asked.codes
    fewer = data.draw(st.sets(st.sampled_from(before), min_size=1))
    after = known.table.evaluate({**answers, asked.code: stated(asked, fewer)})
    earlier = known.table.evaluate(answers)
    assert {one.id for one in after.outcome.rows} <= {one.id for one in earlier.outcome.rows}
    assert after.settled or not earlier.settled
