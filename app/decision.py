"""What the service did with one call, as data: what audit records and metrics are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["hook", "assessment", "patient-assessment", "score", "pathway", "measure", "feedback"]
Origin = Literal["prefetch", "fetched", "context", "body"]
Seen = Literal["complete", "none-found", "partial", "unavailable"]
Sent = Literal["hit", "null", "missing", "error", "partial"]
TokenUse = Literal["used", "not-used", "rejected"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who proved to have sent a call.

    Args:
        issuer: the ``iss`` of the token, or ``api-key``.
        client: who the token was given to, where it says so.
        token: a digest that names the token, never the token.
    """

    issuer: str
    client: str | None = None
    token: str | None = None


class Read(NamedTuple):
    """One resource that was read; a tuple, since a call brings many.

    Args:
        type: its resource type.
        id: its id; never told as it is.
        version: its ``meta.versionId``.
        updated: its ``meta.lastUpdated``.
        digest: what stands for what was read of it; like every digest here it is made under the secret of
            the deployment, since what is short could be tried out.
        need: the data need that it came for, by prefetch key.
    """

    type: str
    id: str | None
    version: str | None
    updated: str | None
    digest: str
    need: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Shown:
    """One card, or one statement of an assessment.

    Args:
        digest: of its text: summary, indicator and detail, before they are fitted to the client.
        shown: False where it was made and not shown.
        held: whether that is because one like it was overridden a short while ago.
        offers: the digest of what it suggests; empty where it suggests nothing.
    """

    uuid: str
    topic: str
    rule: str
    indicator: str
    digest: str
    shown: bool = True
    held: bool = False
    offers: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a clinician did with one card, as feedback told it.

    Args:
        outcome: ``accepted`` or ``overridden``.
        reason: the code of why it was overridden, where there is one.
        rule: the rule that the card stands on, where it is known.
        seconds: from the card to the outcome, where both moments are known.
    """

    outcome: str
    reason: str | None = None
    rule: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One call and what was decided.

    Args:
        id: a UUID (version 7) that names the decision in answers, logs and records.
        tenant: whose call it was.
        service: the id of the CDS service, or the operation of REST.
        received: the moment the call came.
        judged: the moment that the record was judged at, where it was.
        milliseconds: from the call to the answer.
        status: of the answer.
        request: the digest of the body, without the access token that it brings.
        fault: the code of the error, where there was one.
        base: the address of the FHIR server that ids belong to.
        patient: the patient's id; never told as it is, and neither are user, encounter and instance.
        unlisted: how many more were read than ``inputs`` names.
        needs: what was seen of each data need, by prefetch key.
        gaps: why what was not seen in full was not, by data need, in codes.
        results: every rule, score and pathway that was judged, with its result, such as
            ``{"lesion-1 sins": "unstable"}``.
        upstream: requests made of other servers for it; one tried twice counts once.
        answer: the digest of the body of the answer, without the id of the decision.
        sent: what the client itself sent under each prefetch key, before anything was fetched.
        token: what came of the access token that the call brought; None where it brought none.
        told: the reports in feedback.
    """

    id: str
    kind: Kind
    tenant: str
    service: str
    received: datetime
    milliseconds: float
    status: int
    request: str
    caller: Caller | None = None
    fault: str | None = None
    hook: str | None = None
    instance: str | None = None
    base: str | None = None
    patient: str | None = None
    user: str | None = None
    encounter: str | None = None
    judged: datetime | None = None
    inputs: tuple[Read, ...] = ()
    unlisted: int = 0
    needs: Mapping[str, Seen] = field(default_factory=dict)
    gaps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    cards: tuple[Shown, ...] = ()
    upstream: int = 0
    answer: str | None = None
    sent: Mapping[str, Sent] = field(default_factory=dict)
    token: TokenUse | None = None
    told: tuple[Told, ...] = ()
