"""The one step between a request and the record: what was sent, what was not, and whose it is."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from app.assess.record import Record
from app.decision import Origin, Sent, TokenUse
from app.errors import ContradictionError, EnvelopeError, Issue, MissingDataError
from app.fhir import wire
from app.fhir.collection import MORE_PAGES, Collected, Decoded, collect, decode, next_page
from app.fhir.names import own_reference
from app.fhir.needs import TYPES, set_aside_others
from app.fhir.orders import NO_DRAFTS, Drafts, read_drafts
from app.fhir.patient_gate import PatientGate, Whose
from app.fhir.reader import Reader
from app.fhir.server.failure import Failure
from app.fhir.server.fetched import NOT_COUNTED, Counted, fetched
from app.fhir.server.searching import Pulled
from cds_hooks.protocol import Envelope, HookRequest, Prefetch, read_request
from cds_hooks.services import HookService

# An id of dots alone would lead to another address.
_ID = re.compile(r"(?:Patient/)?(?!\.+$)([A-Za-z0-9.\-]{1,256})")


@dataclass(frozen=True, slots=True)
class Wish:
    """A data need that a call left open.

    Args:
        key: its prefetch key.
        why: what was wrong with what was sent.
        link: the next page, where the client sent those before it; empty where it cannot be followed.
        tried: whether the client itself looked and failed.
        failure: why fetching it brought nothing, where it was tried.
        counted: how many the client sent of those before it, and of how many.
    """

    key: str
    why: str
    link: str | None = None
    tried: bool = False
    failure: Failure | None = None
    counted: Counted = NOT_COUNTED

    @property
    def reason(self) -> str:
        """Why it is still open, in words."""
        return self.why if self.failure is None else self.failure.value

    @property
    def code(self) -> str:
        """The same in a word."""
        if self.failure is not None:
            return self.failure.code
        if self.tried:
            return "client-error"
        return "not-sent" if self.link is None else "more-pages"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a call brought.

    Args:
        record: the patient's record.
        patient: the id of the patient.
        drafts: the orders that the call is about, and those beside them.
        added: references of the Conditions that were just put on the problem list.
        unread_context: whether something of the context itself could not be read.
    """

    record: Record
    patient: str
    drafts: Drafts = NO_DRAFTS
    added: frozenset[str] = frozenset()
    unread_context: bool = False


class WholePrefetch(msgspec.Struct, gc=False):
    """A prefetch whose every resource decodes, which is the rule: read in the same pass as the body."""

    patient: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET
    conditions: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET
    observations: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET
    procedures: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET
    medications: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET
    bodyStructures: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET
    questionnaireResponses: wire.Whole | msgspec.UnsetType | None = msgspec.UNSET


class WholeEnvelope(Envelope, gc=False):
    """A request whose prefetch decodes as a whole."""

    prefetch: WholePrefetch | msgspec.UnsetType = msgspec.UNSET


_decode_envelope = msgspec.json.Decoder(WholeEnvelope).decode


def decode_whole(body: bytes) -> Envelope:
    """The envelope in one pass with its resources.

    Raises:
        msgspec.DecodeError: a resource does not decode: read the values one by one.
    """
    return _decode_envelope(body)


_NULL = msgspec.Raw(b"null")


def patient_id(request: HookRequest) -> str:
    """The id of the patient in the context, without its type.

    Raises:
        EnvelopeError: it is missing or no id.
        ContradictionError: the access token is bound to another patient.
    """
    text = request.text("patientId")
    match = _ID.fullmatch(text) if text is not None else None
    if match is None:
        reason = (
            "context.patientId is missing: send the patient's id. An EHR that strips it may not have "
            "this endpoint's address registered exactly."
            if text is None
            else "context.patientId must be a FHIR id without spaces or other signs."
        )
        raise EnvelopeError(reason, [Issue("/context/patientId", "required", reason)])
    if request.patient_in_token is not None and request.patient_in_token != match[1]:
        raise ContradictionError("fhirAuthorization.patient is not context.patientId: nothing was evaluated.")
    return match[1]


@dataclass(slots=True)
class Taken:
    """What a call brought by itself, before anything is fetched.

    Args:
        wishes: data needs that it left open, by prefetch key.
        sent: what stood under each prefetch key.
        parts: how many of the collected resources there were, and of what need and origin, part by part.
        upstream: requests made of other servers.
        access_use: what came of the access token; None where none came.
    """

    request: HookRequest
    service: HookService
    reader: Reader
    patient: str
    collected: Collected
    wishes: dict[str, Wish]
    selections: list[str] | None
    bundle: msgspec.Raw | None
    sent: dict[str, Sent]
    parts: list[tuple[int, str, Origin]]
    upstream: int = 0
    access_use: TokenUse | None = None

    def add(self, key: str, pulled: Pulled) -> None:
        """Put what a server gave under a key to what was sent."""
        found = fetched(pulled, self.wishes[key].counted)
        self.collected.include(found.part)
        self.parts.append((len(found.part.resources), key, "fetched"))
        if found.failure is not None and found.nothing and self.wishes[key].link is None:
            self.wishes[key] = replace(self.wishes[key], failure=found.failure)
            return
        if found.failure is not None:
            self.collected.lacks(key, found.failure.value)
        del self.wishes[key]

    def gathered(self, bases: Sequence[str] = ()) -> Gathered:
        """The record, and the resources of the context.

        Args:
            bases: every address by which the resources may name their server.

        Raises:
            MissingDataError: required data were neither sent nor fetched.
            ContradictionError: a resource is another patient's.
            EnvelopeError: a resource of the context is missing or of another shape.
        """
        missing = [
            wish for key, wish in self.wishes.items() if key in self.service.required and wish.link is None
        ]
        if missing:
            raise _missing(missing)
        for key, wish in self.wishes.items():
            # One caution reads medications, and concludes nothing from their absence.
            if key != "medications" or wish.failure is not None:
                self.collected.lacks(key, wish.reason, wholly=wish.link is None)
        added, unread = frozenset[str](), False
        if self.service.bundle == "conditions" and self.bundle is not None:
            before = len(self.collected.resources)
            added, unread = _added(self.bundle, self.collected)
            self.parts.append((len(self.collected.resources) - before, "conditions", "context"))
        named = [*bases, *([self.request.fhir_server] if self.request.fhir_server else [])]
        # Where the operator named the server, its own addresses are known: none is learnt from what it sends.
        own = [
            url
            for resource, url in self.collected.resources
            if not bases and url and isinstance(resource, wire.Patient) and resource.id == self.patient
        ]
        gate = PatientGate(self.patient, named, own)
        record = self.reader.collected(self.collected, gate)
        if added and not unread:
            unread = any(_set_aside(one, gate) for one in _conditions_of(self.collected, added))
        drafts = NO_DRAFTS
        if self.service.bundle == "draftOrders" and self.bundle is not None:
            drafts = read_drafts(self.reader.book, self.bundle, gate, self.selections)
        return Gathered(record, self.patient, drafts, added, unread)


def take(
    body: bytes, request: HookRequest, service: HookService, reader: Reader, *, by_type: bool = False
) -> Taken:
    """What a request brings, and what it leaves to be fetched.

    Args:
        body: the body.
        request: what was read of it.
        service: the service that is called.
        reader: reads resources.
        by_type: whether prefetch keys that the site named differently are told by what they hold.

    Raises:
        ContradictionError: a key holds a wrong resource.
        EnvelopeError: a resource of the context is missing, or no object.
        UnreadableError: a value of the prefetch is no resource.
    """
    patient = patient_id(request)
    selections = _selections(request) if service.selections else None
    bundle = request.context.get(service.bundle) if service.bundle is not None else None
    if service.bundle is not None:
        _check_bundle(service.bundle, bundle)
    collected = Collected()
    prefetch = _by_type(body, service) if by_type else request.prefetch
    wishes: dict[str, Wish] = {}
    sent: dict[str, Sent] = {}
    parts: list[tuple[int, str, Origin]] = []
    for key in TYPES:
        before = len(collected.resources)
        wish, sent[key] = _take(key, prefetch, collected)
        parts.append((len(collected.resources) - before, key, "prefetch"))
        if wish is not None:
            wishes[key] = wish
    return Taken(request, service, reader, patient, collected, wishes, selections, bundle, sent, parts)


def _missing(wishes: Sequence[Wish]) -> MissingDataError:
    keys = " and ".join(wish.key for wish in wishes)
    either = next((text for wish in wishes if (text := _neither(wish))), "")
    return MissingDataError(
        f"The prefetch lacks {keys}: send it as discovery asks.{either}",
        [
            Issue(
                f"/prefetch/{wish.key}",
                "incomplete",
                f"Prefetch key {wish.key} is required and was not sent, or holds an error: send it as "
                f"discovery asks.{_neither(wish)}",
            )
            for wish in wishes
        ],
    )


def _neither(wish: Wish) -> str:
    """Why it could not be fetched either, where that was tried."""
    if wish.failure is None:
        return ""
    words = wish.failure.value
    return f" It could not be fetched either: {words[0].lower()}{words[1:]}"


def _context_error(member: str, message: str) -> EnvelopeError:
    return EnvelopeError(message, [Issue(f"/context/{member}", "required", message)])


def _check_bundle(member: str, bundle: msgspec.Raw | None) -> None:
    # Before anything is said of the prefetch, and before anything is fetched.
    if bundle is None:
        raise _context_error(member, f"context.{member} is missing: send it as a Bundle.")
    if not bytes(memoryview(bundle)[:1]).startswith(b"{"):
        raise _context_error(member, f"context.{member} must be an object: send it as a Bundle.")


def _selections(request: HookRequest) -> list[str]:
    """Which drafts a call is about: references as the client writes them [R160]."""
    raw = request.context.get("selections")
    try:
        return _decode_texts(raw) if raw is not None else _decode_texts(_NULL)
    except msgspec.DecodeError:
        message = "context.selections must be a list of references such as ServiceRequest/1."
        raise _context_error("selections", message) from None


_decode_texts = msgspec.json.Decoder(list[str]).decode


def _added(bundle: msgspec.Raw, collected: Collected) -> tuple[frozenset[str], bool]:
    """The Conditions of the context, put beside those of the record; and whether one cannot be read."""
    found = decode(bundle)
    if not isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle | wire.Condition):
        raise _context_error("conditions", "context.conditions must be a Bundle of Conditions.")
    before, lacking = len(collected.resources), len(collected.unread) + len(collected.gaps)
    collect(found, collected, ["conditions"])
    unread = len(collected.unread) + len(collected.gaps) > lacking
    set_aside_others("conditions", collected, before)
    names = frozenset(
        own_reference(resource, url, number)
        for number, (resource, url) in enumerate(collected.resources)
        if number >= before and isinstance(resource, wire.Condition)
    )
    return names, unread


def _conditions_of(collected: Collected, added: Collection[str]) -> Iterator[wire.Condition]:
    for number, (resource, url) in enumerate(collected.resources):
        if isinstance(resource, wire.Condition) and own_reference(resource, url, number) in added:
            yield resource


def _set_aside(condition: wire.Condition, gate: PatientGate) -> bool:
    """Whether the reader sets a Condition aside: it is not provably the patient's, or not understood."""
    subject = condition.subject.reference if condition.subject is not None else None
    not_understood = condition.modifierExtension or condition.implicitRules
    return gate.whose(subject) is not Whose.THIS_PATIENT or bool(not_understood)


def _by_type(body: bytes, service: HookService) -> Prefetch:
    """The prefetch with keys that a site named its own way put under those of discovery."""
    held = read_request(body, service.hook).prefetch
    if not isinstance(held, Mapping):
        return held
    renamed = {key: value for key, value in held.items() if key in TYPES}
    for key, value in held.items():
        if key not in TYPES:
            meant = next((name for name, types in TYPES.items() if _holds(value, types)), None)
            # A search that found nothing holds no type to tell it by: only its name is left.
            meant = meant or next((name for name in TYPES if _NAMED[name].match(key)), None)
            if meant is not None:
                renamed.setdefault(meant, value)
    return renamed


_NAMED = {name: re.compile(rf"{name}(?![A-Za-z])") for name in TYPES}


def _holds(value: msgspec.Raw, types: Collection[str]) -> bool:
    """Whether a value is a resource of these types, or a Bundle of which every match is."""
    if not bytes(value).startswith(b"{"):
        return False
    stub = wire.decode_stub(value)
    if stub.resourceType != "Bundle":
        return stub.resourceType in types
    try:
        entries = wire.decode_known(value)
    except wire.DECODE_ERRORS:
        return False
    found = {
        wire.decode_stub(entry.resource).resourceType
        for entry in (entries.entry or () if isinstance(entries, wire.Bundle) else ())
        if isinstance(entry.resource, msgspec.Raw)
    }
    return bool(found - {"OperationOutcome"}) and found - {"OperationOutcome"} <= set(types)


def _value(key: str, held: Prefetch) -> Decoded | msgspec.UnsetType | None:
    """What one key holds; None for null, UNSET for nothing."""
    found: Decoded | msgspec.Raw | msgspec.UnsetType | None
    found = held.get(key, msgspec.UNSET) if isinstance(held, Mapping) else getattr(held, key)
    if not isinstance(found, msgspec.Raw):
        return found
    if found == _NULL:
        return None
    if not bytes(found).startswith(b"{"):
        raise _wrong_resource(key)
    return decode(found)


def _take(key: str, prefetch: Prefetch, collected: Collected) -> tuple[Wish | None, Sent]:
    """Add what one key holds: a wish where something of it is left to be fetched, and how it was sent."""
    found = _value(key, prefetch)
    if found is None:
        return None, "null"
    if found is msgspec.UNSET:
        return Wish(key, "The client did not send this prefetch key."), "missing"
    if isinstance(found, wire.OperationOutcome):
        why = "The client could not look: it sent an error in this prefetch key."
        return Wish(key, why, tried=True), "error"
    link = None
    if isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle):
        link = next_page(found)
    else:
        kind = found.resourceType if isinstance(found, wire.Stub) else type(found).__name__
        if kind not in TYPES[key]:
            raise _wrong_resource(key)
    before, lacking = len(collected.resources), len(collected.gaps)
    matches = collect(found, collected, [key], page=link is not None, search=True)
    set_aside_others(key, collected, before)
    if link is None:
        return None, "hit" if len(collected.gaps) == lacking else "partial"
    return Wish(
        key, MORE_PAGES, link=link, counted=Counted(getattr(found, "total", None), matches)
    ), "partial"


def _wrong_resource(key: str) -> ContradictionError:
    reason = f"Prefetch key {key} holds neither {TYPES[key][0]} nor a Bundle: send what it asks for."
    return ContradictionError(reason, [Issue(f"/prefetch/{key}", "invalid", reason)])
