"""The one step between a request and the record: what was sent, what was not, and whose it is."""

import re
from collections.abc import Mapping

import msgspec

from app.assess.record import Record
from app.errors import ContradictionError, EnvelopeError, Issue, MissingDataError
from app.fhir import wire
from app.fhir.collection import Collected, Decoded, collect, decode, subjects_in
from app.fhir.patient_gate import PatientGate
from app.fhir.reader import NEEDS, Reader
from app.fhir.strict import check_depth, has_escaped_letters
from cds_hooks.protocol import Envelope, HookRequest
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
        if _apart(prefetch) or body.count(b'"subject"') != subjects or has_escaped_letters(body):
            raise msgspec.DecodeError
    return envelope


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


def gather(body: bytes, request: HookRequest, service: HookService, reader: Reader) -> Record:
    """The record behind a request.

    Raises:
        MissingDataError: a required prefetch key is missing or holds an error.
        ContradictionError: a key holds a wrong resource, or a resource is another patient's.
        UnreadableError: the body is nested too deep, or a resource repeats a name.
    """
    patient = patient_id(request)
    collected = Collected()
    failed = [key for key in _TYPES if not _take(key, request, collected)]
    check_depth(body)
    missing = [key for key in service.required if key in failed]
    if missing:
        raise MissingDataError(
            f"The prefetch lacks {' and '.join(missing)}: send it as discovery asks.",
            [
                Issue(
                    f"/prefetch/{key}",
                    "incomplete",
                    f"Prefetch key {key} is required and was not sent, or holds an error.",
                )
                for key in missing
            ],
        )
    bases = [request.fhir_server] if request.fhir_server else []
    own = [
        url
        for resource, url in collected.resources
        if url and isinstance(resource, wire.Patient) and resource.id == patient
    ]
    return reader.collected(collected, PatientGate(patient, bases, own))


def _value(key: str, request: HookRequest) -> Decoded | msgspec.UnsetType | None:
    """What one key holds; None for null, UNSET for nothing."""
    held = request.prefetch
    found: Decoded | msgspec.Raw | msgspec.UnsetType | None
    found = held.get(key, msgspec.UNSET) if isinstance(held, Mapping) else getattr(held, key)
    if not isinstance(found, msgspec.Raw):
        return found
    if found == _NULL:
        return None
    if not bytes(found).startswith(b"{"):
        raise _wrong_resource(key)
    return decode(found)


def _take(key: str, request: HookRequest, collected: Collected) -> bool:
    """Add what one key holds; False where nothing can be known from it."""
    found = _value(key, request)
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
