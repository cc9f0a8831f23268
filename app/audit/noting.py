"""A call while it is being answered: each step notes what it knows, and at its end it is a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from app.assess.record import Completeness
from app.audit.inputs import Resources, reads
from app.audit.seal import Seal
from app.decision import Caller, Decision, Kind, Origin, Read, Seen, Sent, Shown, TokenUse, Told

# No server is asked for more, and a body that holds more is named by its own digest.
MOST_LISTED = 2_000


@dataclass(slots=True)
class Noted:
    """What is known so far of one call; the members are those of ``Decision``.

    Args:
        seal: makes the digests; None where nobody keeps them, so that none are made.
        resources: what was read, each part with the data need that it came for and where it came from.
    """

    id: str
    kind: Kind
    tenant: str
    service: str
    received: datetime
    request: str
    seal: Seal | None
    caller: Caller | None = None
    hook: str | None = None
    instance: str | None = None
    base: str | None = None
    patient: str | None = None
    user: str | None = None
    encounter: str | None = None
    judged: datetime | None = None
    resources: list[tuple[Resources, str | None, Origin]] = field(default_factory=list)
    more: list[Read] = field(default_factory=list)
    needs: Mapping[str, Seen] = field(default_factory=dict)
    gaps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    cards: tuple[Shown, ...] = ()
    upstream: int = 0
    answer: str | None = None
    sent: Mapping[str, Sent] = field(default_factory=dict)
    token: TokenUse | None = None
    told: tuple[Told, ...] = ()

    def looked_at(self, needs: Mapping[str, Completeness]) -> None:
        """Note how far each data need could be looked at."""
        self.needs = {need: how.value for need, how in needs.items()}

    def answered(self, content: bytes) -> None:
        """Note the answer; the id of this decision, where it stands there, is no part of its digest."""
        if self.seal is None:
            return
        mine = self.id.encode()
        self.answer = (
            self.seal.digest_of_parts(content.split(mine)) if mine in content else self.seal.digest(content)
        )

    def decision(self, status: int, fault: str | None, milliseconds: float) -> Decision:
        """The call as it ended."""
        inputs: tuple[Read, ...] = ()
        if self.seal is not None:
            seal = self.seal
            parts = (reads(seal, found, need, origin) for found, need, origin in self.resources)
            inputs = tuple(islice(chain(chain.from_iterable(parts), self.more), MOST_LISTED))
        given = sum(len(found) for found, _, _ in self.resources) + len(self.more)
        return Decision(
            id=self.id,
            kind=self.kind,
            tenant=self.tenant,
            service=self.service,
            received=self.received,
            milliseconds=milliseconds,
            status=status,
            request=self.request,
            caller=self.caller,
            fault=fault,
            hook=self.hook,
            instance=self.instance,
            base=self.base,
            patient=self.patient,
            user=self.user,
            encounter=self.encounter,
            judged=self.judged,
            inputs=inputs,
            unlisted=given - len(inputs),
            needs=self.needs,
            gaps=self.gaps,
            results=self.results,
            cards=self.cards,
            upstream=self.upstream,
            answer=self.answer,
            sent=self.sent,
            token=self.token,
            told=self.told,
        )
