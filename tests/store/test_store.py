"""What is kept and found again, in each kind of database."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from sqlalchemy import text

from app.store import Counts, Outcome, Reason, Store, StoreError, Tally, pseudonym
from cds_hooks.services import ORDER_SIGN, PATIENT_VIEW
from tests.cds_hooks.record import NOW
from tests.store.kept import PATIENT, TENANT, add, card, moment, report

REFUSED = Reason("http://reasons.test", "patient-refuses")
KEY = (PATIENT_VIEW.id, "SINS-B3")


def tally(store: Store, **of: str) -> Tally:
    rules = store.counts(of.get("tenant", TENANT)).rules
    return rules.get((of.get("service", PATIENT_VIEW.id), of.get("rule", "SINS-B3")), Tally())


def test_a_card_is_kept_once_and_as_it_was(store: Store) -> None:
    store.note_cards([card(1), card(1, rule="SINS-B1")])
    store.note_cards([card(1, rule="SINS-B2", tenant=TENANT)])
    assert store.counts(TENANT).rules == {KEY: Tally(unanswered=1)}


def test_the_same_uuid_of_another_tenant_is_another_card(store: Store) -> None:
    store.note_cards([card(1), card(1, tenant="b")])
    assert add(store, report(1), tenant="b") == 1
    assert tally(store) == Tally(unanswered=1)
    assert tally(store, tenant="b") == Tally(overridden=1)


def test_nothing_to_keep_is_no_work(store: Store) -> None:
    store.note_cards([])
    assert add(store) == 0
    assert store.counts(TENANT) == Counts({}, {})


def test_the_same_report_is_kept_once(store: Store) -> None:
    store.note_cards([card(1), card(2)])
    first = report(1, reason=REFUSED)
    assert add(store, first, first, report(2)) == 2
    assert add(store, first, report(2)) == 0
    # The same moment with another offset is the same moment.
    east = replace(first, outcome_at=first.outcome_at.astimezone(timezone(timedelta(hours=9))))
    assert add(store, east) == 0
    assert store.counts(TENANT).reasons == {(*KEY, REFUSED): 1}


@pytest.mark.parametrize(
    "other",
    [
        {"outcome": "accepted"},
        {"minutes": 1},
        {"reason": Reason("http://reasons.test", "x")},
        {"reason": Reason(None, "patient-refuses")},
        {"reason": None},
    ],
)
def test_another_report_is_kept_beside_it(store: Store, other: Mapping[str, object]) -> None:
    add(store, report(1, reason=REFUSED))
    assert add(store, report(1, **{"reason": REFUSED, **other})) == 1  # type: ignore[arg-type]  # one of several members


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("accepted", 0)], Tally(accepted=1)),
        ([("overridden", 0)], Tally(overridden=1)),
        ([("accepted", 0), ("overridden", 1)], Tally(overridden=1)),
        ([("overridden", 1), ("accepted", 0)], Tally(overridden=1)),
        ([("overridden", 0), ("accepted", 1)], Tally(accepted=1)),
        ([("accepted", 0), ("overridden", 0)], Tally(overridden=1)),
        ([("overridden", 0), ("accepted", 0)], Tally(accepted=1)),
        ([("overridden", 0), ("overridden", 5), ("overridden", 9)], Tally(overridden=1)),
        ([], Tally(unanswered=1)),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_card_counts_once_by_what_was_done_last(
    store: Store, told: list[tuple[Outcome, int]], expected: Tally, together: bool
) -> None:
    store.note_cards([card(1)])
    reports = [report(1, outcome, minutes) for outcome, minutes in told]
    if together:
        assert add(store, *reports) == len(reports)
    else:
        assert sum(add(store, one) for one in reports) == len(reports)
    assert tally(store) == expected


def test_the_reason_is_that_of_the_last_report(store: Store) -> None:
    store.note_cards([card(1), card(2)])
    add(store, report(1, reason=REFUSED), report(1, minutes=2, reason=Reason(None, "other")))
    add(store, report(2, reason=REFUSED), report(2, "accepted", minutes=2))
    assert store.counts(TENANT).reasons == {(*KEY, Reason(None, "other")): 1}


def test_a_report_may_come_before_its_card(store: Store) -> None:
    add(store, report(1))
    assert store.counts(TENANT).unmatched == 1
    store.note_cards([card(1)])
    assert store.counts(TENANT) == Counts({KEY: Tally(overridden=1)}, {})


def test_what_matches_no_card_is_counted_apart(store: Store) -> None:
    store.note_cards([card(1), card(2, tenant="b")])
    add(store, report(1), service=ORDER_SIGN.id)
    add(store, report(2), report(3), report(3, minutes=4), report(3, "accepted"))
    found = store.counts(TENANT)
    assert found.rules == {KEY: Tally(unanswered=1)}
    assert found.unmatched == 3
    assert store.counts("b") == Counts({KEY: Tally(unanswered=1)}, {})


def test_what_was_not_shown_is_counted_apart(store: Store) -> None:
    store.note_cards([card(1), card(2, shown=False), card(3, quiet=True), card(4, shown=False, quiet=True)])
    add(store, report(2), report(3))
    assert store.counts(TENANT) == Counts({KEY: Tally(unanswered=1)}, {}, shadow=1, quiet=2)


def test_only_what_was_issued_since_counts(store: Store) -> None:
    store.note_cards([card(1, issued_at=moment(-1)), card(2, issued_at=NOW), card(3, issued_at=moment(1))])
    add(store, report(1), report(2), report(3), report(9))
    assert store.counts(TENANT, NOW).rules == {KEY: Tally(overridden=2)}
    assert store.counts(TENANT, NOW).unmatched == 1
    assert store.counts(TENANT, moment(2)) == Counts({}, {})


def test_a_store_that_was_closed_can_be_used_again(store: Store) -> None:
    store.note_cards([card(1)])
    store.close()
    add(store, report(1))
    assert tally(store) == Tally(overridden=1)


# -- the quiet period ----------------------------------------------------------------------------------------

WEEK = timedelta(days=7)


def held(
    store: Store, patient: str = PATIENT, tenant: str = TENANT
) -> Mapping[tuple[str, str], tuple[int, str]]:
    return store.overridden(tenant, patient, NOW - WEEK)


def test_what_was_overridden_is_found_by_topic_and_site_with_its_rule(store: Store) -> None:
    store.note_cards(
        [
            card(1),
            card(2, site="L2", urgency=2, rule="SINS-B2"),
            card(3, topic="noms", urgency=0, rule="RED-1"),
            card(4, site="C2"),
            card(5, site="T11 vertebroplasty", rule="AUG-EXC-4"),
        ]
    )
    add(store, report(1), report(2), report(3), report(4, "accepted"), report(5))
    assert held(store) == {
        ("sins", "T11"): (1, "SINS-B3"),
        ("sins", "L2"): (2, "SINS-B2"),
        ("noms", "T11"): (0, "RED-1"),
        ("sins", "T11 vertebroplasty"): (1, "AUG-EXC-4"),
    }


def test_no_other_patient_tenant_or_service_is_looked_at(store: Store) -> None:
    store.note_cards([card(1, patient="f" * 32), card(2, tenant="b"), card(3, service=ORDER_SIGN.id)])
    add(store, report(1), report(2), report(3))
    assert held(store) == {}
    assert held(store, patient="f" * 32) == {("sins", "T11"): (1, "SINS-B3")}
    add(store, report(3), service=ORDER_SIGN.id)
    assert held(store) == {("sins", "T11"): (1, "SINS-B3")}


def test_the_card_overridden_last_says_how_urgent_it_was_and_by_which_rule(store: Store) -> None:
    store.note_cards(
        [card(1, urgency=0), card(2, urgency=3, rule="SINS-B1"), card(3, urgency=1, rule="SINS-B2")]
    )
    add(store, report(2, minutes=1), report(1, minutes=0))
    assert held(store) == {("sins", "T11"): (3, "SINS-B1")}
    add(store, report(3, minutes=2))
    assert held(store) == {("sins", "T11"): (1, "SINS-B2")}


def test_of_two_at_the_same_moment_the_less_urgent_counts(store: Store) -> None:
    store.note_cards([card(1, urgency=3, rule="SINS-B1"), card(2, urgency=0)])
    add(store, report(2), report(1))
    assert held(store) == {("sins", "T11"): (3, "SINS-B1")}


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ([("overridden", -7 * 1440)], True),
        ([("overridden", -7 * 1440 - 1)], False),
        ([("overridden", -1), ("accepted", 0)], False),
        ([("accepted", -1), ("overridden", 0)], True),
        ([("overridden", -7 * 1440 - 1), ("overridden", -5)], True),
    ],
)
def test_a_card_counts_by_its_last_outcome_within_the_period(
    store: Store, told: list[tuple[Outcome, int]], counts: bool
) -> None:
    store.note_cards([card(1)])
    add(store, *(report(1, outcome, minutes) for outcome, minutes in told))
    assert held(store) == ({("sins", "T11"): (1, "SINS-B3")} if counts else {})


@pytest.mark.parametrize("unseen", [{"shown": False}, {"quiet": True}])
def test_a_card_that_nobody_saw_holds_back_nothing(store: Store, unseen: Mapping[str, bool]) -> None:
    store.note_cards([card(1, **unseen)])
    add(store, report(1))
    assert held(store) == {}


# -- together, and in trouble --------------------------------------------------------------------------------


def test_many_at_once_lose_nothing_and_keep_nothing_twice(store: Store) -> None:
    def work(worker: int) -> int:
        # Every card and report is sent by two workers, in opposite orders.
        numbers = range(worker // 2 * 20, worker // 2 * 20 + 20)
        ordered = list(numbers) if worker % 2 else list(reversed(numbers))
        for number in ordered:
            store.note_cards([card(number)])
        return sum(add(store, report(number)) for number in ordered)

    with ThreadPoolExecutor(8) as threads:
        new = sum(threads.map(work, range(8)))
    assert new == 80
    assert tally(store) == Tally(overridden=80)


def test_a_thousand_reports_in_one_call(store: Store) -> None:
    store.note_cards([card(number) for number in range(1_000)])
    assert add(store, *(report(number) for number in range(1_000))) == 1_000
    assert add(store, *(report(number) for number in range(999, 1_001))) == 1
    assert tally(store) == Tally(overridden=1_000)


def test_a_database_that_fails_says_so_and_comes_back(store: Store) -> None:
    with store._database.transaction() as connection:
        connection.execute(text("ALTER TABLE cards RENAME TO away"))
        connection.execute(text("ALTER TABLE feedback RENAME TO gone"))
    for call in (
        lambda: store.note_cards([card(1)]),
        lambda: add(store, report(1)),
        lambda: store.counts(TENANT),
        lambda: store.overridden(TENANT, PATIENT, NOW),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert PATIENT not in repr(caught.value)
    with store._database.transaction() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO cards"))
        connection.execute(text("ALTER TABLE gone RENAME TO feedback"))
    store.note_cards([card(1)])
    assert add(store, report(1)) == 1
    assert tally(store) == Tally(overridden=1)


def test_all_of_a_call_is_kept_or_nothing(store: Store) -> None:
    broken = card(2, rule=None)
    with pytest.raises(StoreError):
        store.note_cards([card(1), broken])
    assert store.counts(TENANT).rules == {}


# -- pseudonyms ----------------------------------------------------------------------------------------------


def test_a_pseudonym_is_the_same_only_for_the_same_key_tenant_and_patient() -> None:
    names = {
        pseudonym(b"k", "a", "p-1"),
        pseudonym(b"l", "a", "p-1"),
        pseudonym(b"k", "b", "p-1"),
        pseudonym(b"k", "a", "p-2"),
        pseudonym(b"k", "ap", "-1"),
        pseudonym(b"k", "", "ap-1"),
    }
    assert len(names) == 6
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)
    assert pseudonym(b"k", "a", "p-1") in names
