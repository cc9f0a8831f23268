"""A trail, and a database that can be down, as several tests take them."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

from app.store.audit_chain import Entry
from app.store.audit_journal import Journal
from app.store.audit_line import line_of
from app.store.audit_trail import AuditTrail, Pace
from app.store.database import StoreError
from tests.audit.kept import NOW, TENANT, moment, record

SOON = Pace(linger=0, pause=0.01)
LINE = len(line_of(TENANT, record(1), NOW))


class Taking:
    """A database that can be down."""

    def __init__(self) -> None:
        self.down = False
        self.asked = 0
        self.refused = Event()
        self.taken: list[str] = []

    def __call__(self, entries: Sequence[Entry]) -> None:
        self.asked += 1
        if self.down:
            self.refused.set()
            raise StoreError("OperationalError")
        self.taken += [one.decision_id for one in entries]


def trail_of(journal: Journal, taking: Callable[[Sequence[Entry]], object], **options: Any) -> AuditTrail:
    return AuditTrail(journal, taking, clock=lambda: NOW, **{"pace": SOON, **options})


def keep(trail: AuditTrail, *given: int) -> None:
    for number in given:
        trail.keep(TENANT, record(number), moment(number))
