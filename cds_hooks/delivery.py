"""From the cards that were made to those that are shown: quiet periods, shadow mode, the client's own shape.

What was made is recorded whether it is shown or not, so that acceptance can be counted; of the patient
nothing but a pseudonym.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi.concurrency import run_in_threadpool

from app.logs import logger
from app.store import IssuedCard, Recorder, Store, StoreError, pseudonym
from cds_hooks.card import Card
from cds_hooks.cards import INCOMPLETE, About, Call, Held, MadeCard
from cds_hooks.client_profiles import shape
from cds_hooks.tenants import Tenant

# That nothing could be concluded is never silence.
_NEVER_QUIET_TOPICS = frozenset({INCOMPLETE})


@dataclass(frozen=True, slots=True)
class Delivery:
    """Shows cards to the client of a tenant, and notes them.

    Args:
        key: the secret of the pseudonyms.
    """

    store: Store
    recorder: Recorder
    key: bytes

    async def held(self, tenant: Tenant, patient: str, now: datetime) -> Held:
        """Says of what a card is about whether it is held back for this patient."""
        if not tenant.quiet_days:
            return lambda _about: False
        overridden = await self._quiet(tenant, pseudonym(self.key, tenant.name, patient), now)
        return lambda about: _is_quiet(about, overridden)

    def shaped(self, made: Sequence[MadeCard], tenant: Tenant) -> list[Card]:
        """The cards that the client gets."""
        if tenant.shadow:
            return []
        return [
            shape(one.card, tenant.profile, suggestions=tenant.suggestions) for one in made if not one.held
        ]

    def note(self, made: Sequence[MadeCard], tenant: Tenant, call: Call, patient: str, now: datetime) -> None:
        """Have the cards kept that were made, whether they are shown or not."""
        if not made:
            return
        known = pseudonym(self.key, tenant.name, patient)
        self.recorder.record(
            [
                IssuedCard(
                    uuid=one.card.uuid,
                    tenant=tenant.name,
                    service=call.service.id,
                    hook=call.service.hook,
                    topic=one.about.topic,
                    rule=one.about.rule,
                    indicator=one.card.indicator,
                    urgency=one.about.urgency.rank,
                    patient=known,
                    site=one.about.site,
                    issued_at=now,
                    shown=not tenant.shadow and not one.held,
                    quiet=one.held,
                )
                for one in made
            ]
        )

    async def _quiet(
        self, tenant: Tenant, patient: str, now: datetime
    ) -> Mapping[tuple[str, str], tuple[int, str]]:
        """What was overridden within the quiet period; nothing where that cannot be known."""
        since = now - timedelta(days=tenant.quiet_days)
        try:
            return await run_in_threadpool(self.store.overridden, tenant.name, patient, since)
        except StoreError:
            # Showing a card once more is the safe side.
            logger().warning("quiet-period-unknown")
            return {}


def _is_quiet(about: About, overridden: Mapping[tuple[str, str], tuple[int, str]]) -> bool:
    """Whether a card was overridden a short while ago when it was as urgent as now, or more."""
    before = overridden.get((about.topic, about.site))
    if before is None or about.urgency.critical or about.topic in _NEVER_QUIET_TOPICS:
        return False
    urgency, rule = before
    return urgency < about.urgency.rank or (urgency == about.urgency.rank and rule == about.rule)
