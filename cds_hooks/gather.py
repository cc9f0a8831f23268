"""The one step between a request and the record: what was sent, what was not, and whose it is."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from app.assess.record import Record
from app.errors import ContradictionError, EnvelopeError, Issue, MissingDataError
from app.fhir import wire
from app.fhir.collection import Collected, Decoded, collect, decode, subjects_in
from app.fhir.names import own_reference
from app.fhir.orders import NO_DRAFTS, Drafts, read_drafts
from app.fhir.patient_gate import PatientGate, Whose
from app.fhir.reader import NEEDS, Reader
from app.fhir.strict import check_depth, has_escaped_letters
from cds_hooks.protocol import Envelope, HookRequest, Prefetch, read_request
from cds_hooks.services import HookService

_ID = re.compile(r"(?:Patient/)?([A-Za-z0-9.\-]{1,256})")
# The types that each key may hold directly; Bundles of them are the rule.
_TYPES: dict[str, tuple[str, ...]] = {
    "patient": ("Patient",),
    "conditions": ("Condition",),
    "observations": ("Observation",),
    "procedures": ("Procedure",),
    "medications": ("MedicationRequest", "MedicationStatement"),
    "bodyStructures": ("BodyStructure",),
    "questionnaireResponses": ("QuestionnaireResponse",),
}


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
        msgspec.DecodeError: a resource does not decode, or a repeated name could change whose it is: read
            the values one by one.
    """
    envelope = _decode_envelope(body)
    if isinstance(envelope.prefetch, WholePrefetch):
        prefetch = envelope.prefetch
        held = (getattr(prefetch, key) for key in _TYPES)
        subjects = sum(
            subjects_in(value)
            if isinstance(value, wire.WholeBundle)
            else getattr(value, "subject", None) is not None
            for value in held
        )
        named = body.count(b'"subject"') - _in_context(envelope)
        if _apart(prefetch) or named != subjects or has_escaped_letters(body):
            raise msgspec.DecodeError
    return envelope


def _in_context(envelope: Envelope) -> int:
    """How many subjects the resources of the context name: they are read by themselves."""
    context = envelope.context
    return bytes(context).count(b'"subject"') if isinstance(context, msgspec.Raw) else 0


def _apart(prefetch: WholePrefetch) -> bool:
    """Whether a key holds resources that name their patient another way."""
    return isinstance(prefetch.bodyStructures, msgspec.Struct)


_NULL = msgspec.Raw(b"null")
# What a key holds as a rule, as it is decoded.
_CLASSES = {
    key: {getattr(wire, kind) for kind in kinds if hasattr(wire, kind)} for key, kinds in _TYPES.items()
}
_READ = frozenset(kind for kinds in _TYPES.values() for kind in kinds)
# One caution reads medications, and concludes nothing from their absence: it hides nothing.
_NOT_NEEDED = frozenset({"medications"})


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


def gather(
    body: bytes, request: HookRequest, service: HookService, reader: Reader, *, by_type: bool = False
) -> Gathered:
    """The record behind a request, and the resources of its context.

    Args:
        body: the body.
        request: what was read of it.
        service: the service that is called.
        reader: reads resources.
        by_type: whether prefetch keys that the site named differently are told by what they hold.

    Raises:
        MissingDataError: a required prefetch key is missing or holds an error.
        ContradictionError: a key holds a wrong resource, or a resource is another patient's.
        EnvelopeError: a resource of the context is missing or of another shape.
        UnreadableError: the body is nested too deep, or a resource repeats a name.
    """
    patient = patient_id(request)
    selections = _selections(request) if service.selections else None
    bundle = request.context.get(service.bundle) if service.bundle is not None else None
    if service.bundle is not None and bundle is None:
        raise _context_error(service.bundle, f"context.{service.bundle} is missing: send it as a Bundle.")
    collected = Collected()
    prefetch = _by_type(body, service) if by_type else request.prefetch
    failed = [key for key in _TYPES if not _take(key, prefetch, collected)]
    check_depth(body)
    missing = [key for key in service.required if key in failed]
    if missing:
        raise MissingDataError(
            f"The prefetch lacks {' and '.join(missing)}: send it as discovery asks.",
            [
                Issue(
                    f"/prefetch/{key}",
                    "incomplete",
                    f"Prefetch key {key} is required and was not sent, or holds an error: send it as "
                    "discovery asks.",
                )
                for key in missing
            ],
        )
    added, unread = frozenset[str](), False
    if service.bundle == "conditions" and bundle is not None:
        added, unread = _added(bundle, collected)
    bases = [request.fhir_server] if request.fhir_server else []
    own = [
        url
        for resource, url in collected.resources
        if url and isinstance(resource, wire.Patient) and resource.id == patient
    ]
    gate = PatientGate(patient, bases, own)
    record = reader.collected(collected, gate)
    if added and not unread:
        unread = any(_set_aside(one, gate) for one in _conditions_of(collected, added))
    drafts = NO_DRAFTS
    if service.bundle == "draftOrders" and bundle is not None:
        drafts = read_drafts(reader.book, bundle, gate, selections)
    return Gathered(record, patient, drafts, added, unread)


def _context_error(member: str, message: str) -> EnvelopeError:
    return EnvelopeError(message, [Issue(f"/context/{member}", "required", message)])


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
    if not bytes(bundle).startswith(b"{"):
        raise _context_error("conditions", "context.conditions must be a Bundle of Conditions.")
    found = decode(bundle)
    if not isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle | wire.Condition):
        raise _context_error("conditions", "context.conditions must be a Bundle of Conditions.")
    before, lacking = len(collected.resources), len(collected.unread) + len(collected.gaps)
    collect(found, collected, ["conditions"])
    unread = len(collected.unread) + len(collected.gaps) > lacking
    _set_aside_others("conditions", collected, before)
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
    renamed = {key: value for key, value in held.items() if key in _TYPES}
    for key, value in held.items():
        if key not in _TYPES:
            meant = next((name for name, types in _TYPES.items() if _holds(value, types)), None)
            # A search that found nothing holds no type to tell it by: only its name is left.
            meant = meant or next((name for name in _TYPES if _NAMED[name].match(key)), None)
            if meant is not None:
                renamed.setdefault(meant, value)
    return renamed


_NAMED = {name: re.compile(rf"{name}(?![A-Za-z])") for name in _TYPES}


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


def _take(key: str, prefetch: Prefetch, collected: Collected) -> bool:
    """Add what one key holds; False where nothing can be known from it."""
    found = _value(key, prefetch)
    if found is None:
        return True
    if found is msgspec.UNSET:
        if key not in _NOT_NEEDED:
            collected.lacks(key, "The client did not send this prefetch key.")
        return False
    if isinstance(found, wire.OperationOutcome):
        if key not in _NOT_NEEDED:
            collected.lacks(key, "The client could not look: it sent an error in this prefetch key.")
        return False
    if not isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle):
        kind = found.resourceType if isinstance(found, wire.Stub) else type(found).__name__
        if kind not in _TYPES[key]:
            raise _wrong_resource(key)
    before = len(collected.resources)
    collect(found, collected, [key])
    _set_aside_others(key, collected, before)
    return True


def _wrong_resource(key: str) -> ContradictionError:
    reason = f"Prefetch key {key} holds neither {_TYPES[key][0]} nor a Bundle: send what it asks for."
    return ContradictionError(reason, [Issue(f"/prefetch/{key}", "invalid", reason)])


def _set_aside_others(key: str, collected: Collected, before: int) -> None:
    """Take out what a search of this key cannot have found: read, it would be data nobody asked for."""
    if {type(resource) for resource, _ in collected.resources[before:]} <= _CLASSES[key]:
        return
    kept: list[tuple[wire.Single | wire.Stub, str | None]] = []
    for resource, url in collected.resources[before:]:
        kind = resource.resourceType if isinstance(resource, wire.Stub) else type(resource).__name__
        if kind in _TYPES[key] or kind == "Patient" or kind not in _READ:
            kept.append((resource, url))
        else:
            for need in (key, NEEDS.get(kind or "", key)):
                collected.lacks(need, f"The search of {key} holds a {kind}, which is set aside.")
            kept.append((_as_stub(resource), url))
    collected.resources[before:] = kept


def _as_stub(resource: wire.Single | wire.Stub) -> wire.Stub:
    """What is left of a resource that is set aside: whose it is, which is still compared."""
    return wire.Stub(
        resourceType="",
        subject=getattr(resource, "subject", None),
        patient=getattr(resource, "patient", None),
    )
