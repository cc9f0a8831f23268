"""A decision made once more from what it was made of, and held against its record."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from app.api import batch
from app.api.assessing import fhir_answer, plain_answer
from app.api.batch_reading import read_items
from app.api.witnessed import note_assessment, note_record
from app.assess import assess
from app.assess.record import Record
from app.audit.hearing import Hearing
from app.audit.noting import Noted
from app.audit.record import AuditRecord, recorded
from app.audit.request import without_token
from app.audit.seal import Seal
from app.audit.witness import Decisions
from app.decision import Decision, Kind
from app.desk import Desk, alone
from app.errors import ServiceError
from cds_hooks.cards import About, Call
from cds_hooks.judging import Judged, is_for_clinicians
from cds_hooks.router import NO_CARDS
from cds_hooks.services import SERVICES, HookService
from cds_hooks.witnessed import note_judged, note_request, note_taken, shown_of

# Those that follow from what was sent; every other status depends on something else as well.
_OF_THE_REQUEST = frozenset({200, 400, 412, 422})
_NO_CALL = "00000000-0000-0000-0000-000000000000"
_REPLAYED = frozenset({"hook", "assessment", "patient-assessment", "score", "pathway", "measure"})


class NotComparableError(Exception):
    """A record that cannot be held against anything here.

    Args:
        message: why, and what is needed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that was compared, in words.

    Args:
        same: whether it agrees; None where it could not be compared.
    """

    same: bool | None
    said: str


def replay(record: AuditRecord, body: bytes, desk: Desk, seal: Seal) -> list[Compared]:
    """Everything that a record holds, against what the same input gives now.

    Args:
        record: of the decision.
        body: the request that was answered, or a Bundle of the patient's resources; for a patient of a batch
            the batch will do.
        desk: answers as the service does.
        seal: makes digests and pseudonyms.

    Raises:
        NotComparableError: it stands on other knowledge, or what is needed is not there.
    """
    _check(record, desk)
    if record.kind == "assessment" and record.service != batch.SERVICE:
        body = _item_of(record, body, seal)
    once_more = _OnceMore(record, body, desk, seal, is_request=_is_request(record, body))
    compared = list(once_more.compared(once_more.decision()))
    if record.gaps and not once_more.is_request and any(one.same is False for one in compared):
        missed = ", ".join(sorted(record.gaps))
        compared.append(
            Compared(None, f"The call did not see everything of {missed}: the file may hold more")
        )
    return compared


def _check(record: AuditRecord, desk: Desk) -> None:
    needed, here = record.knowledge, desk.stands_on
    if needed.digest != here.digest:
        raise NotComparableError(
            f"The decision stands on knowledge of version {needed.version} with the digest {needed.digest}; "
            f"this installation has version {here.version} with the digest {here.digest}. Use the release "
            "and the local policy that have the first one."
        )
    if record.kind not in _REPLAYED:
        raise NotComparableError(f"A record of kind {record.kind} holds nothing that is worked out.")
    if record.status not in _OF_THE_REQUEST:
        raise NotComparableError(
            f"The call ended with status {record.status}, which does not follow from what was sent alone."
        )


def _is_request(record: AuditRecord, body: bytes) -> bool:
    """Whether a file is what was sent, and not a Bundle of what was fetched for it."""
    if record.kind not in ("hook", "patient-assessment"):
        return True
    bundle = _is_bundle(body)
    if record.kind == "patient-assessment":
        if not bundle or record.judged_at is None:
            raise NotComparableError("The record was fetched: give a Bundle of the patient's resources.")
        return False
    of_patient = _service(record).bundle is None and record.judged_at is not None
    if bundle:
        if not of_patient:
            raise NotComparableError("A Bundle does not hold what the call was about: give the request.")
        return False
    fetched = sorted({one.need for one in record.inputs if one.origin == "fetched"})
    if fetched:
        mend = ": give a Bundle of the patient's resources" if of_patient else ""
        raise NotComparableError(f"Part of the record did not come with the request{mend}.")
    return True


def _item_of(record: AuditRecord, body: bytes, seal: Seal) -> bytes:
    """What of a file the decision is of: of a batch, the item whose digest stands in the record."""
    try:
        items = [one.sent for one in read_items(body)]
    except ServiceError:
        return body
    digests = (seal.digest_of_parts(without_token(one)) for one in items)
    found = next(
        (one for one, digest in zip(items, digests, strict=True) if digest == record.request_digest), None
    )
    if found is None:
        raise NotComparableError(
            "No item of this batch is what was assessed: give the Bundle alone, or the batch as it was sent "
            "and the service's SPINE_METS_PSEUDONYM_KEY."
        )
    return found


def _is_bundle(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("resourceType") == "Bundle"


def _service(record: AuditRecord) -> HookService:
    found = next((one for one in SERVICES if one.id == record.service), None)
    if found is None:
        raise NotComparableError("The record is of a service that this installation does not have.")
    return found


class _Heard:
    """Takes the decision."""

    decision: Decision

    def decided(self, decision: Decision) -> None:
        """Keep it."""
        self.decision = decision


class _OnceMore:
    """One decision, made once more.

    Args:
        record: of the first time.
        body: the request, or a Bundle.
        desk: answers as the service does.
        seal: makes digests and pseudonyms.
        is_request: whether the body is the request.
    """

    def __init__(self, record: AuditRecord, body: bytes, desk: Desk, seal: Seal, *, is_request: bool) -> None:
        self.record = record
        self.body = body
        self.desk = desk
        self.seal = seal
        self.is_request = is_request
        self.keyed = record.key == seal.mark
        self.other_form: str | None = None

    def decision(self) -> Decision:
        """What the same input gives now."""
        record, heard = self.record, _Heard()
        decisions = Decisions([heard], self.seal, record.tenant, lambda: record.received_at)
        try:
            kind = cast("Kind", record.kind)
            with decisions.of(kind, record.service, self.body, hook=record.hook) as noted:
                self._run(noted)
        except ServiceError:
            # The decision says so.
            pass
        return heard.decision if self.is_request else self._on_its_server(heard.decision)

    def _on_its_server(self, decision: Decision) -> Decision:
        """The decision on the server that its ids belong to, which no Bundle names."""
        for base in (*self.desk.bases, None):
            placed = replace(decision, base=base)
            if recorded(placed, self.seal, self.desk.stands_on).patient == self.record.patient:
                return placed
        return decision

    def _run(self, noted: Noted) -> None:
        calculate = self.desk.calculations.get((noted.kind, noted.service))
        if noted.kind == "hook":
            self._hook(noted, _service(self.record))
        elif noted.service == batch.SERVICE:
            read_items(self.body)
        elif noted.kind in ("assessment", "patient-assessment"):
            self._assessment(noted)
        elif calculate is None:
            raise NotComparableError("The record is of a calculation that this installation does not have.")
        else:
            found = calculate(self.body)
            noted.results = {noted.service: found.result}
            noted.answered(found.content)

    def _assessment(self, noted: Noted) -> None:
        desk = self.desk
        record = self._heard_of_bundle(noted)
        note_record(noted, record)
        found = assess(record, self.record.judged_at or self.record.received_at, desk.knowledge)
        note_assessment(noted, found)
        noted.answered(plain_answer(found, noted.id))
        self.other_form = self.seal.digest(fhir_answer(desk.book, found, self.body))

    def _heard_of_bundle(self, noted: Noted) -> Record:
        hearing = Hearing(self.desk.book, self.desk.knowledge)
        noted.resources.append((hearing.heard, None, "body"))
        return hearing.bundle(self.body)

    def _hook(self, noted: Noted, service: HookService) -> None:
        judging, now = self.desk.judging, self.record.judged_at
        if not self.is_request:
            gathered = alone(self._heard_of_bundle(noted))
            noted.patient = gathered.patient
            call = Call(service, _NO_CALL, self.record.tenant)
        else:
            request = judging.request(service, self.body)
            note_request(noted, request, self.desk.base(request.fhir_server))
            taken = judging.taken(service, request, self.body)
            try:
                gathered = taken.gathered(self.desk.names(request.fhir_server))
            finally:
                note_taken(noted, taken)
            if not is_for_clinicians(request):
                noted.answered(NO_CARDS)
                return
            call = judging.call(service, request)
        noted.looked_at(gathered.record.looked_at)
        if now is None:
            return
        judged = judging.of_record(gathered, now, call, _none_held)
        if held := self._held(judged):
            judged = judging.of_record(gathered, now, call, lambda about: about in held)
        note_judged(noted, judged, now, shadow=False)

    def _held(self, judged: Judged) -> Collection[About]:
        """What was held back then, by the cards that were."""
        held = {(card.topic, card.rule, card.digest) for card in self.record.cards if card.held}
        if not held:
            return ()
        digests = shown_of(judged.made, self.seal, shadow=False)
        return [
            one.about
            for one, shown in zip(judged.made, digests, strict=True)
            if (shown.topic, shown.rule, shown.digest) in held
        ]

    # -- compared --------------------------------------------------------------------------------------------

    def compared(self, decision: Decision) -> Iterator[Compared]:
        """Each thing that the record holds, against the decision made once more."""
        was, now = self.record, recorded(decision, self.seal, self.desk.stands_on)
        yield Compared(True, f"Knowledge: version {was.knowledge.version}, {was.knowledge.digest[:12]}")
        if not self.keyed:
            yield Compared(None, _OTHER_KEY)
        yield Compared(was.status == now.status, f"Status: {_change(was.status, now.status)}")
        yield Compared(was.fault == now.fault, f"Fault: {_change(was.fault, now.fault)}")
        if self.keyed and self.is_request:
            yield Compared(was.request_digest == now.request_digest, "Request")
        if self.keyed and was.patient is not None:
            yield Compared(was.patient == now.patient, "Patient")
        if self.keyed and (was.inputs or self.is_request):
            yield from self._inputs(was, now, decision)
        yield from _results(was.results, now.results)
        if self.keyed and was.kind == "hook":
            yield from self._cards(was, now)
        elif self.keyed and self.is_request and was.answer_digest is not None:
            yield Compared(was.answer_digest in (now.answer_digest, self.other_form), "Answer")

    def _inputs(self, was: AuditRecord, now: AuditRecord, decision: Decision) -> Iterator[Compared]:
        before, after = _digests(was), _digests(now)
        name = self.seal.names(decision.tenant, decision.base)
        told: dict[tuple[str, str | None], str] = {
            (one.type, name(one.type, one.id)): f"{one.type}/{one.id}"
            for one in decision.inputs
            if one.id is not None
        }
        for key, digest in before.items():
            if key not in after:
                yield Compared(False, f"Input: a resource of type {key[0]} that was read is not in the file")
            elif after[key] != digest:
                yield Compared(False, f"Input: {told.get(key, key[0])} is not as it was")
        for key in after.keys() - before.keys():
            yield Compared(False, f"Input: {told.get(key, key[0])} was not read then")
        if before == after:
            yield Compared(True, f"Inputs: {len(before)}")

    def _cards(self, was: AuditRecord, now: AuditRecord) -> Iterator[Compared]:
        if len(was.cards) != len(now.cards):
            yield Compared(False, f"Cards: {_change(len(was.cards), len(now.cards))}")
        for number, (before, after) in enumerate(zip(was.cards, now.cards, strict=False), start=1):
            same = before.digest == after.digest and before.indicator == after.indicator
            named = f"Card {number}, {before.topic}, {before.rule}"
            yield Compared(same, f"{named}: text")
            if self.is_request:
                yield Compared(before.offers == after.offers, f"{named}: suggestions")


_OTHER_KEY = (
    "The record was made under another key: requests, patients, inputs and cards cannot be compared. Give "
    "this command the service's SPINE_METS_PSEUDONYM_KEY."
)


def _none_held(_about: About) -> bool:
    return False


def _digests(record: AuditRecord) -> Mapping[tuple[str, str | None], list[str]]:
    """The digests of what was read, by type and pseudonym: of one resource several versions may have come."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for group in record.inputs:
        for one in group.resources:
            found.setdefault((group.type, one.id), []).append(one.digest)
    return {key: sorted(digests) for key, digests in found.items()}


def _results(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Compared]:
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            yield Compared(False, f"{key}: {_change(was.get(key), now.get(key))}")
    if was == now:
        yield Compared(True, f"Results: {len(was)}")


def _change(was: object, now: object) -> str:
    before, after = ("none" if one is None else one for one in (was, now))
    return str(before) if was == now else f"was {before}, is {after}"
