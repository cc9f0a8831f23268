from collections.abc import Sequence
from itertools import combinations, permutations

from hypothesis import assume, given
from hypothesis import strategies as st

from app.engine.provenance import Age, Citation, Source, Tag
from app.engine.question import Item, Option, Statement, reconcile, unknown
from app.engine.reading import CodedReading, Fact, ItemReadings

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
ITEM = Item("item", "Item", "?", tuple(Option(code, code, 0, CITE) for code in "abcd"), CITE)
READINGS = ItemReadings(ITEM, {"finding": CodedReading("finding", {c: frozenset(c) for c in "abcd"})})


def says(options: str, reference: str = "Observation/1") -> Statement:
    return Statement(frozenset(options), Source(reference))


def statements() -> st.SearchStrategy[list[Statement]]:
    references = st.sampled_from([f"Observation/{n}" for n in range(4)])
    options = st.sets(st.sampled_from("abcd"), min_size=1).map(frozenset)
    sources = st.builds(Source, references, st.sampled_from([None, "2026-01-01", "2026-01-02"]))
    return st.lists(st.builds(Statement, options, sources), min_size=1, max_size=4)


def fact(code: str, age: Age) -> Fact:
    return Fact("finding", frozenset({code}), Source(f"Observation/{code}-{age}", None, age))


def common(stated: Sequence[Statement]) -> frozenset[str]:
    return frozenset.intersection(*(statement.possible for statement in stated))


def largest_agreeing(stated: list[Statement]) -> list[tuple[Statement, ...]]:
    sizes = range(1, len(stated) + 1)
    agreeing = [side for size in sizes for side in combinations(stated, size) if common(side)]
    return [side for side in agreeing if not any(set(side) < set(other) for other in agreeing)]


def test_two_that_agree_against_one_keep_only_what_a_side_can_mean() -> None:
    answer = reconcile(
        ITEM, [says("a", "Observation/1"), says("b", "Observation/2"), says("abc", "Observation/3")]
    )
    assert answer.possible == ("a", "b")
    assert answer.conflicting


@given(statements())
def test_the_order_of_statements_never_matters(stated: list[Statement]) -> None:
    answers = [reconcile(ITEM, order) for order in permutations(stated)]
    assert all(answer == answers[0] for answer in answers)


@given(statements())
def test_con_1_what_is_common_to_all_or_else_what_each_side_says_and_a_flag(
    stated: list[Statement],
) -> None:
    answer = reconcile(ITEM, stated)
    sides = largest_agreeing(stated)
    assert set(answer.possible) == frozenset.union(*(common(side) for side in sides))
    assert answer.conflicting == (not common(stated))


@given(statements(), st.data())
def test_a_further_compatible_statement_never_widens(stated: list[Statement], data: st.DataObject) -> None:
    before = reconcile(ITEM, stated)
    assume(not before.conflicting)
    anchor = data.draw(st.sampled_from(before.possible))
    others = data.draw(st.sets(st.sampled_from("abcd")))
    after = reconcile(ITEM, [*stated, says("".join({anchor} | others), "Observation/9")])
    assert set(after.possible) <= set(before.possible)
    assert not after.conflicting


@given(statements())
def test_saying_the_same_twice_changes_nothing(stated: list[Statement]) -> None:
    assert reconcile(ITEM, stated + stated) == reconcile(ITEM, stated)


@given(statements())
def test_every_source_is_named_once_and_the_answer_is_recorded(stated: list[Statement]) -> None:
    answer = reconcile(ITEM, stated)
    assert answer.recorded
    assert set(answer.sources) == {statement.source for statement in stated}
    assert len(set(answer.sources)) == len(answer.sources)


@given(statements())
def test_options_stand_in_printed_order(stated: list[Statement]) -> None:
    possible = reconcile(ITEM, stated).possible
    assert list(possible) == sorted(possible)


def test_no_statement_leaves_every_option_not_recorded() -> None:
    assert reconcile(ITEM, []) == unknown(ITEM)
    assert not reconcile(ITEM, []).recorded


def test_a_statement_of_every_option_is_recorded_and_tells_nothing() -> None:
    answer = reconcile(ITEM, [says("abcd")])
    assert answer.recorded
    assert not answer.single
    assert answer.possible == ITEM.codes


def test_fresh_and_ageing_entries_count_and_the_others_are_shown_unused() -> None:
    for age in (Age.FRESH, Age.AGEING):
        answer = READINGS.answer({"finding": (fact("a", age),)})
        assert (answer.possible, answer.unused) == (("a",), ())
    for age in (Age.STALE, Age.UNDATED, Age.FUTURE):
        answer = READINGS.answer({"finding": (fact("a", age),)})
        assert answer.possible == ITEM.codes
        assert not answer.recorded
        assert [source.age for source in answer.unused] == [age]


def test_a_stale_entry_never_contradicts_a_fresh_one() -> None:
    facts = {"finding": (fact("a", Age.FRESH), fact("b", Age.STALE))}
    answer = READINGS.answer(facts)
    assert (answer.possible, answer.conflicting) == (("a",), False)


def test_asking_for_stale_entries_too_brings_back_stale_but_neither_undated_nor_future() -> None:
    for age, possible in (
        (Age.STALE, ("a",)),
        (Age.UNDATED, ITEM.codes),
        (Age.FUTURE, ITEM.codes),
    ):
        assert READINGS.answer({"finding": (fact("a", age),)}, stale_too=True).possible == possible


def test_findings_of_other_items_are_passed_over() -> None:
    assert READINGS.answer({"another": (fact("a", Age.FRESH),)}) == unknown(ITEM)
