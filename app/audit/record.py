"""The record of one decision: one line of JSON with nothing of the patient that could be read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import msgspec

from app.audit.seal import Seal
from app.decision import Decision, Read, Shown


class Stands(msgspec.Struct, frozen=True):
    """The knowledge that a decision stands on."""

    version: str
    digest: str


class Input(NamedTuple):
    """One resource: the pseudonym of its id, its version, its last change and its digest."""

    id: str | None
    version: str | None
    updated: str | None
    digest: str


class Inputs(NamedTuple):
    """Resources of one type that came for one data need from one place."""

    need: str
    type: str
    origin: str
    resources: list[Input]


class RecordedCard(msgspec.Struct, frozen=True):
    """One card."""

    uuid: str
    topic: str
    rule: str
    indicator: str
    digest: str
    offers: str
    shown: bool
    held: bool


class AuditRecord(msgspec.Struct, frozen=True):
    """One decision; its members are written in this order, all of them always.

    Args:
        decision_id: the id that the answer carries in ``X-Decision-Id``.
        key: tells under which secret digests and pseudonyms were made, and nothing of it.
        judged_at: the moment that the record was judged at, where it was.
        issuer: who vouches for the caller; ``client`` is who it is, ``token`` names the token.
        server: a pseudonym like those of patient, user, encounter and instance: 32 hexadecimal digits.
        knowledge: what replay needs to come to the same result.
        needs: what was seen of each data need; ``gaps`` has why it was not everything, in codes.
        inputs: as lists: need, type, origin, and for each resource the pseudonym of its id, ``versionId``,
            ``lastUpdated`` and its digest.
        unlisted: how many resources were read beyond those.
        results: every score, pathway and alert, by lesion and code.
    """

    decision_id: str
    kind: str
    tenant: str
    service: str
    hook: str | None
    status: int
    fault: str | None
    received_at: datetime
    answered_at: datetime
    judged_at: datetime | None
    milliseconds: float
    issuer: str | None
    client: str | None
    token: str | None
    key: str
    server: str | None
    patient: str | None
    user: str | None
    encounter: str | None
    instance: str | None
    request_digest: str
    answer_digest: str | None
    knowledge: Stands
    needs: dict[str, str]
    gaps: dict[str, list[str]]
    inputs: list[Inputs]
    unlisted: int
    results: dict[str, str]
    cards: list[RecordedCard]
    upstream: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AuditRecord).decode
_decode_kept = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def record_of(decision: Decision, seal: Seal, knowledge: Stands) -> bytes:
    """The record of a decision: the same decision always has the same."""
    return _encode(recorded(decision, seal, knowledge))


def recorded(decision: Decision, seal: Seal, knowledge: Stands) -> AuditRecord:
    """The record of a decision as data."""
    name = seal.names(decision.tenant, decision.base)
    caller = decision.caller
    return AuditRecord(
        decision_id=decision.id,
        kind=decision.kind,
        tenant=decision.tenant,
        service=decision.service,
        hook=decision.hook,
        status=decision.status,
        fault=decision.fault,
        received_at=decision.received,
        answered_at=decision.received + timedelta(milliseconds=decision.milliseconds),
        judged_at=decision.judged,
        milliseconds=round(decision.milliseconds, 2),
        issuer=caller.issuer if caller is not None else None,
        client=caller.client if caller is not None else None,
        token=caller.token if caller is not None else None,
        key=seal.mark,
        server=_named(name, "server", decision.base),
        patient=_named(name, "Patient", decision.patient),
        user=_named(name, "user", decision.user),
        encounter=_named(name, "Encounter", decision.encounter),
        instance=_named(name, "call", decision.instance),
        request_digest=decision.request,
        answer_digest=decision.answer,
        knowledge=knowledge,
        needs=dict(decision.needs),
        gaps={need: list(reasons) for need, reasons in decision.gaps.items()},
        inputs=[
            Inputs(need, kind, origin, [_input(one, name) for one in group])
            for (need, kind, origin), group in groupby(decision.inputs, _group)
        ],
        unlisted=decision.unlisted,
        results=dict(decision.results),
        cards=[_card(one) for one in decision.cards],
        upstream=decision.upstream,
    )


def read_record(line: bytes) -> AuditRecord:
    """The record in a line, alone or as the member ``record`` of what was kept beside it.

    Raises:
        ValueError: it holds none.
    """
    try:
        held = _decode_kept(line).get("record")
        return _decode(line if held is None else held)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("It holds no record of a decision as spine-mets audit records prints it.") from None


_Name = Callable[[str, str], str]


def _named(name: _Name, kind: str, text: str | None) -> str | None:
    return None if text is None else name(kind, text)


def _group(one: Read) -> tuple[str, str, str]:
    return one.need, one.type, one.origin


def _input(one: Read, name: _Name) -> Input:
    return Input(None if one.id is None else name(one.type, one.id), one.version, one.updated, one.digest)


def _card(one: Shown) -> RecordedCard:
    return RecordedCard(
        one.uuid, one.topic, one.rule, one.indicator, one.digest, one.offers, one.shown, one.held
    )
