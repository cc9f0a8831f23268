"""Who is told of every decision, before anybody else is told its answer."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol

from app.audit.identity import decision_id
from app.audit.noting import Noted
from app.audit.record import Stands, record_of
from app.audit.request import without_token
from app.audit.seal import Seal
from app.decision import Caller, Decision, Kind
from app.errors import ServiceError
from app.logs import logger

# Names the decision in every answer that comes of one.
HEADER = "x-decision-id"
Keep = Callable[[str, bytes, datetime], None]


class Witness(Protocol):
    """Is told of decisions."""

    def decided(self, decision: Decision) -> None:
        """Told once for every decision, before its answer leaves.

        Raises:
            ServiceError: the answer is not to leave; this goes out in its place.
        """


class Recording:
    """Keeps the record of every decision.

    Args:
        keep: keeps a record of a tenant with its moment, such as ``AuditTrail.keep``.
        seal: makes its pseudonyms.
        knowledge: what the decisions stand on.
    """

    def __init__(self, keep: Keep, seal: Seal, knowledge: Stands) -> None:
        self._keep = keep
        self._seal = seal
        self._knowledge = knowledge

    def decided(self, decision: Decision) -> None:
        """Keep the record of a decision.

        Raises:
            ServiceError: it cannot be kept, and no answer is to leave without it.
        """
        record = record_of(decision, self._seal, self._knowledge)
        self._keep(decision.tenant, record, decision.received)


class Decisions:
    """Has every call of one tenant witnessed.

    Args:
        witnesses: those who are told, in this order; one that refuses an answer comes before those who count.
        seal: makes the digests; None where no witness keeps them.
        tenant: whose calls these are.
        clock: the time at which a call comes; never a fixed moment of judging.
    """

    def __init__(
        self, witnesses: Sequence[Witness], seal: Seal | None, tenant: str, clock: Callable[[], datetime]
    ) -> None:
        self._witnesses = tuple(witnesses)
        self._seal = seal
        self.tenant = tenant
        self._clock = clock

    @contextmanager
    def of(
        self, kind: Kind, service: str, body: bytes, caller: Caller | None = None, hook: str | None = None
    ) -> Iterator[Noted]:
        """One call, from its body to its answer; witnessed at the end of the block, however that ends.

        An error of the service that leaves the block names the decision in its headers.

        Args:
            kind: of the call.
            service: the id of the CDS service, or the operation of REST.
            body: of the request.
            caller: who proved to have sent it.
            hook: that the service answers.

        Raises:
            ServiceError: the answer is not to leave.
        """
        started, received = perf_counter(), self._clock()
        request = "" if self._seal is None else self._seal.digest_of_parts(without_token(body))
        name = decision_id(received)
        noted = Noted(name, kind, self.tenant, service, received, request, self._seal, caller, hook)
        try:
            try:
                yield noted
            except Exception as error:
                known = error if isinstance(error, ServiceError) else ServiceError
                self._end(noted, known.status, known.code, started)
                raise
            # Not in a finally: what is cancelled is answered by nobody.
            self._end(noted, 200, None, started)
        except ServiceError as error:
            error.headers = {**error.headers, HEADER: name}
            raise

    def _end(self, noted: Noted, status: int, fault: str | None, started: float) -> None:
        if self._witnesses:
            self._tell(noted.decision(status, fault, 1000 * (perf_counter() - started)))

    def _tell(self, decision: Decision) -> None:
        refusal: ServiceError | None = None
        for witness in self._witnesses:
            try:
                witness.decided(decision)
            except Exception as error:
                if not isinstance(error, ServiceError):
                    # A count that fails costs no answer; a record that cannot be made does.
                    logger().error("witness_failed", error=type(error).__name__)
                    if isinstance(witness, Recording):
                        raise
                    continue
                # Who comes after is told what the caller gets.
                refusal = error
                decision = replace(decision, status=error.status, fault=error.code)
        if refusal is not None:
            raise refusal


# Where nobody keeps records or counts.
UNWITNESSED = Decisions((), None, "", lambda: datetime.fromtimestamp(0, UTC))
