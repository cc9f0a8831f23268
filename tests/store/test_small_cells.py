"""No count that is held back can be found: proven by trying every record that gives the same answer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from random import Random

import pytest

from app.store import Counts, Reason, Tally, Told, tell

A, B = Reason("http://reasons.test", "a"), Reason("http://reasons.test", "b")


def counts(rules: Mapping[tuple[str, str], Sequence[int]], **members: int) -> Counts:
    return Counts({key: Tally(*numbers) for key, numbers in rules.items()}, {}, **members)


def of_one_service(rows: Iterable[Sequence[int]]) -> Counts:
    return counts({("s", f"r{place}"): row for place, row in enumerate(rows)})


def frozen(told: Told) -> tuple[object, ...]:
    """Everything that the answer says, so that two answers can be compared."""
    return (
        tuple(told.services.items()),
        tuple(told.rules.items()),
        tuple(sorted(told.reasons.items(), key=str)),
        (told.shadow, told.quiet, told.unmatched),
    )


@pytest.mark.parametrize(
    ("rules", "largest", "smallest"),
    [(1, 8, 2), (1, 8, 4), (2, 5, 2), (2, 5, 3), (3, 2, 2)],
)
def test_every_held_back_count_could_be_another(rules: int, largest: int, smallest: int) -> None:
    numbers = range(largest + 1)
    every = [row for row in product(numbers, repeat=3) if any(row)]
    possible: dict[tuple[object, ...], list[set[int]]] = defaultdict(
        lambda: [set() for _ in range(3 * rules)]
    )
    bounded: set[tuple[object, ...]] = set()
    for rows in product(every, repeat=rules):
        told = tell(of_one_service(rows), smallest)
        answer = frozen(told)
        for seen, number in zip(possible[answer], (n for row in rows for n in row), strict=True):
            seen.add(number)
        total = told.services["s"]
        if total is not None and max(total.numbers) > largest:
            # Some records that give this answer have counts larger than any that is tried.
            bounded.add(answer)
    looked_at = 0
    for answer, found in possible.items():
        if answer in bounded:
            continue
        services, told_rules = dict(answer[0]), dict(answer[1])  # type: ignore[call-overload]  # as frozen
        held_back = [place for place, (_, tally) in enumerate(told_rules.items()) if tally is None]
        for place in held_back:
            for measure in range(3):
                looked_at += 1
                assert len(found[3 * place + measure]) > 1, (services, told_rules, place, measure)
    assert looked_at > 0


def random_counts(random: Random) -> Counts:
    keys = [(f"s{s}", f"r{r}") for s in range(3) for r in range(random.randint(1, 4))]
    rules, reasons = {}, {}
    for key in keys:
        row = [random.choice((0, 0, 1, 2, 3, 5, 8, 13, 30)) for _ in range(3)]
        rules[key] = Tally(*row)
        left = row[1]
        for reason in (A, B):
            given = random.randint(0, left)
            left -= given
            if given:
                reasons[(*key, reason)] = given
    return Counts(rules, reasons, *(random.randint(0, 6) for _ in range(3)))


def made_up() -> Iterator[tuple[Counts, Told, int]]:
    random = Random(7)  # noqa: S311  a fixed seed is wanted, not a secret
    for _ in range(3_000):
        found, smallest = random_counts(random), random.randint(2, 6)
        yield found, tell(found, smallest), smallest


def test_nothing_small_is_told_or_follows_by_subtraction() -> None:
    told_services = held_back_services = 0
    for counts_, told, smallest in made_up():
        for row in (*told.services.values(), *told.rules.values()):
            if row is not None:
                assert all(n == 0 or n >= smallest for n in (*row.numbers, row.shown))
        assert all(n >= smallest for n in told.reasons.values())
        for service, total in told.services.items():
            own = {key: row for key, row in told.rules.items() if key[0] == service}
            held_back = [key for key, row in own.items() if row is None]
            if total is None:
                held_back_services += 1
                assert held_back
                continue
            told_services += 1
            rest = [
                whole - sum(row.numbers[measure] for row in own.values() if row is not None)
                for measure, whole in enumerate(total.numbers)
            ]
            if held_back:
                assert len(held_back) > 1
                assert min(rest) >= smallest
            else:
                assert rest == [0, 0, 0]
        for number, said in zip(
            (counts_.shadow, counts_.quiet, counts_.unmatched),
            (told.shadow, told.quiet, told.unmatched),
            strict=True,
        ):
            assert said == (None if 0 < number < smallest else number)
    assert told_services > 100
    assert held_back_services > 100


def test_what_is_told_is_true() -> None:
    for counts_, told, _ in made_up():
        for key, row in told.rules.items():
            assert row in (None, counts_.rules[key])
        for service, total in told.services.items():
            whole = sum((row for key, row in counts_.rules.items() if key[0] == service), start=Tally())
            assert total in (None, whole)


def test_a_reason_speaks_of_no_card_that_is_held_back() -> None:
    """Whatever reasons the cards outside of every told row were given, the answer is the same."""
    changed = 0
    for counts_, told, smallest in made_up():
        outside = {key for key, row in told.rules.items() if row is None and told.services[key[0]] is None}
        others = {key: number for key, number in counts_.reasons.items() if key[:2] not in outside}
        changed += others != counts_.reasons
        bare = Counts(counts_.rules, others, counts_.shadow, counts_.quiet, counts_.unmatched)
        assert frozen(tell(bare, smallest)) == frozen(told)
        overridden = sum(
            row.overridden
            for row in (
                *(row for row in told.services.values() if row is not None),
                *(r for k, r in told.rules.items() if r is not None and told.services[k[0]] is None),
            )
        )
        assert sum(told.reasons.values()) <= overridden
    assert changed > 100


def test_the_order_of_the_rows_is_that_of_their_names() -> None:
    rows = {("t", "b"): (9, 9, 9), ("s", "z"): (9, 9, 9), ("t", "a"): (1, 0, 0), ("s", "c"): (0, 0, 9)}
    told, again = tell(counts(rows), 5), tell(counts(dict(reversed(rows.items()))), 5)
    assert list(told.rules) == sorted(rows) == list(again.rules)
    assert list(told.services) == ["s", "t"]
    assert frozen(told) == frozen(again)


@pytest.mark.parametrize(
    ("rows", "service", "rules"),
    [
        (((9, 9, 9),), Tally(9, 9, 9), [True]),
        (((9, 0, 9),), Tally(9, 0, 9), [True]),
        (((9, 4, 9),), None, [False]),
        (((5, 5, 5), (9, 0, 0)), Tally(14, 5, 5), [True, True]),
        # One rule that is held back would follow from the sum.
        (((9, 9, 9), (9, 4, 9)), None, [True, False]),
        # Two give it away together where their sum is small itself, or nothing.
        (((9, 2, 9), (9, 2, 9)), None, [False, False]),
        (((4, 0, 9), (4, 0, 9)), None, [False, False]),
        (((9, 2, 9), (9, 3, 9)), Tally(18, 5, 18), [False, False]),
        (((9, 2, 9), (9, 3, 9), (5, 0, 0)), Tally(23, 5, 18), [False, False, True]),
    ],
)
def test_which_rows_are_told_of_counts_from_five(
    rows: tuple[tuple[int, int, int], ...], service: Tally | None, rules: list[bool]
) -> None:
    told = tell(of_one_service(rows), 5)
    assert told.services["s"] == service
    assert [row is not None for row in told.rules.values()] == rules


def test_with_one_as_the_smallest_everything_is_told() -> None:
    for counts_, _, _ in made_up():
        told = tell(counts_, 1)
        assert None not in (*told.services.values(), *told.rules.values())
        assert told.rules == counts_.rules
        assert sum(told.reasons.values()) == sum(counts_.reasons.values())
