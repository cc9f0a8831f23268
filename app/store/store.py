"""The store: cards that were issued, reports of them, and what both come to."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, select

from app.store.database import Database
from app.store.inserting import insert_of
from app.store.records import Counts, IssuedCard, Reason, Report, Tally
from app.store.tables import cards, feedback

Row = dict[str, Any]


class Store:
    """Keeps cards and reports. Every method may be called from any thread and waits for the database.

    Raises:
        StoreError: by every method, where the database does not do it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = insert_of(database.dialect)

    @classmethod
    def open(cls, url: str) -> "Store":
        """The store at an address of SQLAlchemy, brought to the structure that this version needs.

        Args:
            url: ``sqlite://`` for one in memory, ``sqlite:///file`` or ``postgresql://...``.

        Raises:
            ValueError: the address names no database that can be used; the message does not repeat it.
            StoreError: the database does not answer.
        """
        return cls(Database(url))

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()

    def note_cards(self, issued: Sequence[IssuedCard]) -> None:
        """Keep cards, all of them or none; one that is kept already stays as it is.

        Raises:
            StoreError: the database does not do it.
        """
        if not issued:
            return
        # In one order everywhere: two replicas that write the same cards must not wait for each other.
        rows = [_card_row(card) for card in sorted(issued, key=lambda card: (card.tenant, card.uuid))]
        with self._database.transaction() as connection:
            connection.execute(self._insert(cards).on_conflict_do_nothing(), rows)

    def add_feedback(
        self, tenant: str, service: str, reports: Sequence[Report], received_at: datetime
    ) -> int:
        """Keep reports, all of them or none, and say how many are new.

        Raises:
            StoreError: the database does not do it.
        """
        rows = {row["digest"]: row for row in (_report_row(tenant, service, one) for one in reports)}
        if not rows:
            return 0
        statement = self._insert(feedback).on_conflict_do_nothing().returning(feedback.c.id)
        with self._database.transaction() as connection:
            added = connection.execute(statement, [{**r, "received_at": received_at} for r in rows.values()])
            return len(added.all())

    def overridden(
        self, tenant: str, patient: str, since: datetime
    ) -> Mapping[tuple[str, str], tuple[int, str]]:
        """How urgent the card was that was overridden last, and by which rule, by topic and site.

        A card counts by its last outcome, and only if it was shown. Of two at the same moment the less
        urgent one counts, which holds back less.

        Args:
            tenant: whose patient it is.
            patient: the pseudonym.
            since: the beginning of the period that is asked about.

        Raises:
            StoreError: the database does not answer.
        """
        own = select(cards.c.uuid).where(cards.c.tenant == tenant, cards.c.patient == patient)
        # What was reported earlier cannot be the last report of a card overridden within the period.
        last = _last_reports(tenant, feedback.c.card.in_(own), feedback.c.outcome_at >= since)
        statement = (
            select(cards.c.topic, cards.c.site, cards.c.urgency, cards.c.rule)
            .join(last, and_(last.c.card == cards.c.uuid, last.c.service == cards.c.service))
            .where(cards.c.tenant == tenant, cards.c.patient == patient, cards.c.shown, ~cards.c.quiet)
            .where(last.c.outcome == "overridden")
            .order_by(last.c.outcome_at, cards.c.urgency)
        )
        with self._database.transaction() as connection:
            found = connection.execute(statement)
            return {(topic, site): (urgency, rule) for topic, site, urgency, rule in found}

    def counts(self, tenant: str, since: datetime | None = None) -> Counts:
        """How often cards were accepted, overridden and left alone.

        Args:
            tenant: whose cards.
            since: the first moment of issue that counts; all where left out.

        Raises:
            StoreError: the database does not answer.
        """
        last = _last_reports(tenant)
        asked = (
            cards.c.service,
            cards.c.rule,
            cards.c.shown,
            cards.c.quiet,
            last.c.outcome,
            last.c.reason_system,
            last.c.reason_code,
        )
        # In one statement, so that no report comes in between two of them.
        statement = (
            select(*asked, func.count())
            .select_from(cards)
            .outerjoin(last, and_(last.c.card == cards.c.uuid, last.c.service == cards.c.service))
            .where(cards.c.tenant == tenant)
            .group_by(*asked)
        )
        reported = select(feedback.c.service, feedback.c.card).distinct()
        reported = reported.where(
            feedback.c.tenant == tenant,
            ~exists().where(
                cards.c.tenant == tenant,
                cards.c.uuid == feedback.c.card,
                cards.c.service == feedback.c.service,
            ),
        )
        if since is not None:
            statement = statement.where(cards.c.issued_at >= since)
            reported = reported.where(feedback.c.received_at >= since)
        with self._database.transaction() as connection:
            rows = connection.execute(statement).all()
            unmatched = connection.execute(select(func.count()).select_from(reported.subquery())).scalar_one()
        return _counted(rows, unmatched)


def _last_reports(tenant: str, *among: ColumnElement[bool]) -> Subquery:
    """The last report of each card: by the clinician's moment, then by the order of arrival."""
    place = func.row_number().over(
        partition_by=(feedback.c.service, feedback.c.card),
        order_by=(feedback.c.outcome_at.desc(), feedback.c.received_at.desc(), feedback.c.id.desc()),
    )
    placed = select(feedback, place.label("place")).where(feedback.c.tenant == tenant, *among).subquery()
    return select(placed).where(placed.c.place == 1).subquery()


def _counted(rows: Iterable[Any], unmatched: int) -> Counts:
    rules: dict[tuple[str, str], Tally] = defaultdict(Tally)
    reasons: dict[tuple[str, str, Reason], int] = defaultdict(int)
    shadow = held = 0
    for service, rule, shown, quiet, outcome, system, code, number in rows:
        if quiet:
            held += number
        elif not shown:
            shadow += number
        else:
            rules[service, rule] += _tally(outcome, number)
            if outcome == "overridden" and code is not None:
                reasons[service, rule, Reason(system, code)] += number
    return Counts(dict(rules), dict(reasons), shadow, held, unmatched)


def _tally(outcome: str | None, number: int) -> Tally:
    match outcome:
        case "accepted":
            return Tally(accepted=number)
        case "overridden":
            return Tally(overridden=number)
        case _:
            return Tally(unanswered=number)


def _card_row(card: IssuedCard) -> Row:
    return {column.name: getattr(card, column.name) for column in cards.columns}


def _report_row(tenant: str, service: str, report: Report) -> Row:
    reason = report.reason or Reason(None, "")
    row: Row = {
        "tenant": tenant,
        "service": service,
        "card": report.card,
        "outcome": report.outcome,
        "reason_system": reason.system,
        "reason_code": reason.code or None,
        "suggestions": json.dumps(sorted(report.suggestions)),
    }
    same = json.dumps([row, report.outcome_at.timestamp()], sort_keys=True).encode()
    return {
        **row,
        "digest": hashlib.sha256(same).hexdigest(),
        "commented": report.commented,
        "outcome_at": report.outcome_at,
    }
