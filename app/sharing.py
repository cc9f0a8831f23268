"""What every organisation of a deployment shares: what is kept, what is counted, the secret and the codes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from secrets import token_bytes
from typing import TYPE_CHECKING

from app.api.answers_once import AnswersOnce
from app.aside import Aside
from app.engine.provenance import DefinitionError
from app.fhir.codes import CodeBook, code_book
from app.fhir.server.outside import Outside
from app.knowledge import VERSION, Knowledge, load
from app.knowledge.policy import Policy
from app.metrics import Known, Metrics
from app.settings import Profile, Settings
from app.settings.pseudonym_key import pseudonym_key
from app.store import Recorder, Store
from app.store.database import Database
from app.store.idempotency_keys import IdempotencyKeys
from app.store.used_tokens import UsedTokens
from app.tracing import Traces, traces
from cds_hooks.override_reasons import displays
from cds_hooks.services import SERVICES

if TYPE_CHECKING:
    # Loaded where records are kept, with what signs their heads.
    from app.store.audit_trail import AuditTrail

Clock = Callable[[], datetime]


class _Once:
    """What remembers the tokens of CDS clients, opened with the first who needs it.

    Args:
        address: of the database.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._opened: UsedTokens | None = None

    def __call__(self) -> UsedTokens:
        """The one that all share."""
        if self._opened is None:
            self._opened = UsedTokens(Database(self._address))
        return self._opened

    def close(self) -> None:
        """Give back its connections."""
        if self._opened is not None:
            self._opened.close()


@dataclass(frozen=True, slots=True)
class Shared:
    """What every organisation of a deployment shares.

    Args:
        clock: tells the moment that a request is judged at.
        outside: how other servers are reached, and by which clock.
        used_tokens: what remembers the tokens of CDS clients.
        answers: what remembers answers under an Idempotency-Key.
        key: the secret of the pseudonyms.
        audit: keeps the records of decisions; None for a demo without a database, where nothing is kept.
        metrics: what passed, counted.
        traces: a span of each request; None where they are off.
        aside: does the work of large bodies.
    """

    clock: Clock
    outside: Outside
    book: CodeBook
    store: Store
    recorder: Recorder
    used_tokens: "_Once"
    answers: AnswersOnce
    key: bytes
    audit: "AuditTrail | None"
    metrics: Metrics
    traces: Traces | None
    aside: Aside = field(default_factory=Aside)

    @classmethod
    def open(cls, settings: Settings, clock: Clock, outside: Outside) -> "Shared":
        """What a deployment shares, ready for use.

        Raises:
            ValueError: settings or code map cannot be used; the message says why.
            StoreError: the database does not answer.
        """
        store = Store.open(settings.database_url)
        metrics = Metrics(
            Known(
                services={one.id: one.hook for one in SERVICES},
                reasons=frozenset(code for _, code in displays(settings.canonical_base)),
            )
        )
        audit, key = _audit(settings, outside), _pseudonym_key(settings)
        if audit is not None:
            metrics.audited_by(audit)
        return cls(
            clock=clock,
            outside=outside,
            book=_book(settings),
            store=store,
            recorder=Recorder(store.note_cards),
            # A database of its own: whatever holds up feedback must hold up no check.
            used_tokens=_Once(settings.database_url),
            # And another one, for the same reason.
            answers=AnswersOnce(lambda: IdempotencyKeys(Database(settings.database_url)), key, outside.clock),
            key=key,
            audit=audit,
            metrics=metrics,
            traces=traces(settings.traces, VERSION),
        )

    def knowledge_of(self, settings: Settings) -> Knowledge:
        """The knowledge under the local policy of some settings; the same choices share one.

        Raises:
            ValueError: the policy is none; the message says why.
        """
        return loaded(settings.policy, settings.windows)

    def close(self) -> None:
        """Write what waits, and give back every connection."""
        self.aside.close()
        self.recorder.close()
        if self.audit is not None:
            self.audit.close()
        self.store.close()
        self.used_tokens.close()
        self.answers.close()


def loaded(policy: Mapping[str, str], windows: Mapping[str, str]) -> Knowledge:
    """The knowledge under a local policy and time windows.

    Raises:
        ValueError: one of them is none; the message names the setting.
    """
    try:
        return _loaded(tuple(sorted(policy.items())), tuple(sorted(windows.items())))
    except DefinitionError as error:
        if policy:
            # Where the windows are not at fault, the choices are.
            loaded({}, windows)
        raise ValueError(f"SPINE_METS_{'POLICY' if policy else 'WINDOWS'}: {error}") from None


def _book(settings: Settings) -> CodeBook:
    """The codes of a deployment; a map of its own is read anew, since its file may have changed."""
    if settings.code_map is None:
        return _own_codes(settings.canonical_base)
    return code_book(settings.canonical_base, settings.code_map)


_own_codes = lru_cache(maxsize=64)(code_book)


@lru_cache(maxsize=64)
def _loaded(policy: tuple[tuple[str, str], ...], windows: tuple[tuple[str, str], ...]) -> Knowledge:
    # The same choices are the same knowledge, whoever made them.
    return load(Policy.of(dict(policy), dict(windows)))


def _audit(settings: Settings, outside: Outside) -> "AuditTrail | None":
    # A database of its own: whatever holds up records must hold up nothing else.
    database = Database(settings.database_url)
    if database.in_memory and settings.profile is Profile.DEMO:
        database.close()
        return None
    from app.store.audit_trail import open_audit  # noqa: PLC0415  where records are kept

    return open_audit(
        database,
        clock=outside.clock,
        spool=settings.audit_spool,
        spool_bytes=settings.audit_spool_bytes,
        failure=settings.audit_failure,
        key=settings.audit_key,
        heads=settings.audit_heads,
        head_seconds=settings.audit_head_seconds,
    )


def _pseudonym_key(settings: Settings) -> bytes:
    """The secret of the pseudonyms; one that nobody keeps where none is set, which only the demo may."""
    return pseudonym_key(settings) or token_bytes(32)
