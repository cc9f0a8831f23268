"""Draft orders from the context of a hook: what is ordered, where, and why, by codes alone.

Clients send Bundles without a type, empty codings, ids longer than FHIR allows and Medications beside the
orders that name them: a draft that cannot be read costs itself only, and is counted.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from app.assess.ordered.order import Order, Orders
from app.engine.provenance import Source
from app.engine.quantity import UNMEASURED, Measured
from app.engine.reading import Interval
from app.errors import EnvelopeError, Issue
from app.fhir import wire
from app.fhir.codes import CodeBook
from app.fhir.observations import UnreadValueError, read_quantity
from app.fhir.patient_gate import PatientGate, Whose
from app.fhir.sites import read_sites
from app.knowledge.finding import Scale
from app.knowledge.orderables import Group

MAX_DRAFTS = 2_000
# FHIR allows 64; unsigned orders of one client have 194.
_LONGEST_ID = 255
DOSE_EXTENSION = "StructureDefinition/dose-per-fraction"
FRACTIONS_EXTENSION = "StructureDefinition/fractions"
DOSE = Scale("Gy", {"Gy": Fraction(1), "cGy": Fraction(1, 100)}, 0, 60)
_MOST_FRACTIONS = 60
# What is over, was a mistake, or is an order not to do something.
_NOT_MEANT = frozenset({"revoked", "completed", "entered-in-error", "cancelled", "stopped"})


class _Extension(msgspec.Struct, gc=False):
    url: str | None = None
    valueQuantity: wire.Quantity | None = None
    valueInteger: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Order(msgspec.Struct, gc=False):
    """The parts of a ServiceRequest or MedicationRequest that say what is ordered."""

    resourceType: str | None = None
    id: str | None = None
    status: str | None = None
    doNotPerform: bool | None = None
    subject: wire.Reference | None = None
    code: wire.Concept | None = None
    medicationCodeableConcept: wire.Concept | None = None
    medicationReference: wire.Reference | None = None
    bodySite: list[wire.Concept] | None = None
    reasonReference: list[wire.Reference] | None = None
    extension: list[_Extension] | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None
    contained: list[msgspec.Raw] | None = None


class _Medication(msgspec.Struct, gc=False):
    resourceType: str | None = None
    id: str | None = None
    code: wire.Concept | None = None


_decode_order = msgspec.json.Decoder(_Order).decode
_decode_medication = msgspec.json.Decoder(_Medication).decode
_ERRORS = (msgspec.DecodeError, RecursionError)
_ORDERS = frozenset({"ServiceRequest", "MedicationRequest"})


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft as it was sent: what it says, and its bytes, so that it can be given back changed."""

    reference: str
    raw: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of a call: read, and as they were sent."""

    orders: Orders
    sent: Mapping[str, Draft]


NO_DRAFTS = Drafts(Orders(), {})


def read_drafts(
    book: CodeBook, bundle: msgspec.Raw, gate: PatientGate, selections: Collection[str] | None
) -> Drafts:
    """The draft orders of a Bundle.

    Args:
        book: the codes.
        bundle: a Bundle of any type or none.
        gate: compares subjects with the patient of the call.
        selections: references of those that the call is about; None where it is about all of them.

    Raises:
        EnvelopeError: it is no Bundle, or holds too many entries.
        AnotherPatientError: a draft is another patient's.
    """
    entries, unreadable = _entries(bundle)
    wanted = None if selections is None else frozenset(map(short_reference, selections))
    medicines = {name: code for raw, url in entries for name, code in _medicine_names(raw, url)}
    listed: list[Order] = []
    sent: dict[str, Draft] = {}
    for number, (raw, url) in enumerate(entries, start=1):
        kind = _kind(raw)
        if kind not in _ORDERS:
            stub = _stub(raw)
            for named in (stub.subject, stub.patient) if stub is not None else ():
                if named is not None:
                    gate.whose(named.reference)
            continue
        try:
            draft = _decode_order(raw)
        except _ERRORS:
            # Whose it is is compared all the same.
            stub = _stub(raw)
            reference = _reference(stub.id if stub is not None else None, kind, url, number)
            if stub is not None and stub.subject is not None:
                gate.whose(stub.subject.reference)
            unreadable += _is_selected(reference, url, wanted)
            continue
        reference = _reference(draft.id, kind, url, number)
        selected = _is_selected(reference, url, wanted)
        whose = gate.whose(draft.subject.reference if draft.subject is not None else None)
        if draft.status in _NOT_MEANT or draft.doNotPerform:
            continue
        if whose is not Whose.THIS_PATIENT or draft.modifierExtension or draft.implicitRules:
            unreadable += selected
            continue
        if reference in sent:
            # Two drafts of one id cannot be told apart by it: the second goes by its place.
            reference = f"{kind}/unnamed-{number}"
        listed.append(_order(book, draft, reference, medicines, selected=selected))
        sent.setdefault(reference, Draft(reference, raw))
    return Drafts(Orders(tuple(listed), unreadable), sent)


def short_reference(reference: str) -> str:
    """A reference as its type and id, however long the address before it is."""
    bare = reference.partition("/_history/")[0]
    parts = bare.rsplit("/", 2)
    return "/".join(parts[-2:]) if len(parts) > 1 else bare


class _Resource(msgspec.Struct, gc=False):
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_resource = msgspec.json.Decoder(_Resource).decode


def _entries(bundle: msgspec.Raw) -> tuple[list[tuple[msgspec.Raw, str | None]], int]:
    """The resources of a Bundle with their full URLs, and how many entries cannot be read."""
    try:
        found = wire.decode_loose_bundle(bundle)
    except _ERRORS:
        raise _no_bundle("context.draftOrders must be a Bundle whose entry is a list.") from None
    if found.resourceType not in (None, "Bundle"):
        raise _no_bundle("context.draftOrders must be a Bundle.")
    if len(found.entry or ()) > MAX_DRAFTS:
        raise _no_bundle(f"context.draftOrders holds more than {MAX_DRAFTS} entries: send fewer.")
    listed: list[tuple[msgspec.Raw, str | None]] = []
    unreadable = 0
    for raw in found.entry or ():
        url = None
        try:
            entry: wire.Entry | _Resource = wire.decode_entry(raw)
            url = entry.fullUrl if isinstance(entry, wire.Entry) else None
        except _ERRORS:
            try:
                # What is wrong beside a resource says nothing of the resource.
                entry = _decode_resource(raw)
            except _ERRORS:
                unreadable += 1
                continue
        if isinstance(entry.resource, msgspec.Raw):
            listed.append((entry.resource, url))
    return listed, unreadable


def _no_bundle(message: str) -> EnvelopeError:
    return EnvelopeError(message, [Issue("/context/draftOrders", "required", message)])


class _Kind(msgspec.Struct, gc=False):
    resourceType: str | None = None


_decode_kind = msgspec.json.Decoder(_Kind).decode


def _kind(raw: msgspec.Raw) -> str:
    try:
        return _decode_kind(raw).resourceType or ""
    except _ERRORS:
        return ""


def _stub(raw: msgspec.Raw) -> wire.Stub | None:
    try:
        return wire.decode_stub(raw)
    except _ERRORS:
        return None


def _reference(identifier: str | None, kind: str, url: str | None, number: int) -> str:
    if identifier and len(identifier) <= _LONGEST_ID:
        return f"{kind}/{identifier}"
    return url if url and url.startswith("urn:") else f"{kind}/unnamed-{number}"


def _is_selected(reference: str, url: str | None, wanted: Collection[str] | None) -> bool:
    if wanted is None:
        return True
    return reference in wanted or (url is not None and (url in wanted or short_reference(url) in wanted))


def _medicine_names(raw: msgspec.Raw, url: str | None) -> Iterator[tuple[str, wire.Concept]]:
    """The names by which an order can mean a Medication of the same Bundle."""
    if _kind(raw) != "Medication":
        return
    try:
        medication = _decode_medication(raw)
    except _ERRORS:
        return
    if medication.code is None:
        return
    if medication.id:
        yield f"Medication/{medication.id}", medication.code
    if url:
        yield url, medication.code
        yield short_reference(url), medication.code


def _order(
    book: CodeBook,
    draft: _Order,
    reference: str,
    medicines: Mapping[str, wire.Concept],
    *,
    selected: bool,
) -> Order:
    concept = _concept(draft, medicines)
    orderable = book.orderable(concept)
    site = read_sites(book, draft.bodySite or [])
    places = tuple(place for place in site.places if place.site is not None or place.unread is not None)
    if orderable is not None and orderable.covers is not None and not any(place.site for place in places):
        places = (orderable.covers,)
    unread: list[str] = []
    dose, fractions = UNMEASURED, None
    if orderable is not None and orderable.group is Group.RADIOTHERAPY:
        dose = _dose(book, draft, reference, unread)
        fractions = _fractions(book, draft, unread)
    reasons = [r.reference for r in draft.reasonReference or () if r.reference]
    return Order(
        reference=reference,
        orderable=orderable,
        coded=_is_coded(concept),
        selected=selected,
        places=places,
        sited=any(place.site is not None for place in site.places),
        conditions=tuple(short_reference(reason) for reason in reasons),
        dose_per_fraction=dose,
        fractions=fractions,
        unread=tuple(unread),
    )


def _concept(draft: _Order, medicines: Mapping[str, wire.Concept]) -> wire.Concept | None:
    if draft.resourceType == "ServiceRequest":
        return draft.code
    if draft.medicationCodeableConcept is not None or draft.medicationReference is None:
        return draft.medicationCodeableConcept
    reference = draft.medicationReference.reference or ""
    if reference.startswith("#"):
        return _contained(draft.contained or (), reference[1:])
    return medicines.get(reference) or medicines.get(short_reference(reference))


def _contained(contained: Sequence[msgspec.Raw], name: str) -> wire.Concept | None:
    for raw in contained:
        try:
            inner = _decode_medication(raw)
        except _ERRORS:
            continue
        if inner.resourceType == "Medication" and inner.id == name:
            return inner.code
    return None


def _is_coded(concept: wire.Concept | None) -> bool:
    return concept is not None and any(coding.code for coding in concept.coding or ())


def _dose(book: CodeBook, draft: _Order, reference: str, unread: list[str]) -> Measured:
    url = f"{book.base}/{DOSE_EXTENSION}"
    spans: list[Interval] = []
    for extension in draft.extension or ():
        if extension.url != url:
            continue
        try:
            quantity = extension.valueQuantity
            span = read_quantity(quantity, DOSE) if quantity is not None else None
        except UnreadValueError:
            span = None
        if span is None:
            unread.append("the dose per fraction cannot be read: send a Quantity in Gy")
        else:
            spans.append(span)
    if not spans:
        return UNMEASURED
    different = tuple(dict.fromkeys(spans))
    return Measured(different, recorded=True, conflicting=len(different) > 1, sources=(Source(reference),))


def _fractions(book: CodeBook, draft: _Order, unread: list[str]) -> int | None:
    url = f"{book.base}/{FRACTIONS_EXTENSION}"
    for extension in draft.extension or ():
        if extension.url != url:
            continue
        try:
            number = msgspec.json.decode(extension.valueInteger, type=int)  # type: ignore[arg-type]  # a missing value decodes to an error
        except (TypeError, *_ERRORS):
            number = 0
        if 1 <= number <= _MOST_FRACTIONS:
            return number
        unread.append("the number of fractions cannot be read: send a whole number")
    return None
