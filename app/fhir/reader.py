"""R4 resources in, one patient's record out. One bad entry is set aside and never costs the rest."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from app.assess.record import (
    Completeness,
    Diagnosis,
    Entry,
    Gap,
    Record,
    Structure,
    Total,
    Treatment,
    Tumour,
    When,
)
from app.errors import UnreadableError
from app.fhir import wire
from app.fhir.codes import CodeBook
from app.fhir.collection import Collected, collect, decode
from app.fhir.diagnoses import diagnosis_of, holds, medicines_of, structure_of, treatments_of, tumours_of
from app.fhir.names import Names, own_reference, safe
from app.fhir.needs import NEED_BY_TYPE, TYPES
from app.fhir.observations import (
    FINAL,
    IGNORED,
    PROVISIONAL,
    VERSION_MARK,
    Frame,
    contained_in,
    current,
    entries_of,
    frame_of,
    panels,
)
from app.fhir.patient_gate import PatientGate, Whose, gate_for, refuse_merged
from app.fhir.responses import FINAL as ANSWERED
from app.fhir.responses import PROVISIONAL as BEING_ANSWERED
from app.fhir.responses import instrument_of, response_entries
from app.fhir.strict import check_body
from app.fhir.times import read_birth_date
from app.fhir.versions import latest_versions
from app.knowledge import Knowledge

_ALL_NEEDS = tuple(sorted(NEED_BY_TYPE.values()))


class Reader:
    """Reads records with one code book and one set of instruments."""

    def __init__(self, book: CodeBook, knowledge: Knowledge) -> None:
        self._book = book
        self._knowledge = knowledge

    @property
    def book(self) -> CodeBook:
        """The codes that it reads by."""
        return self._book

    def bundle(self, body: bytes) -> Record:
        """The record in a Bundle of any type, of one patient.

        Raises:
            UnreadableError: the body is no JSON, or no Bundle.
            ContradictionError: it holds several patients.
        """
        check_body(body)
        return self.checked_bundle(body)

    def checked_bundle(self, body: bytes) -> Record:
        """The same for JSON that ``check_body`` has passed, by itself or as part of a whole.

        Raises:
            UnreadableError: it is no Bundle.
            ContradictionError: it holds several patients.
        """
        document = decode(body)
        if not isinstance(document, wire.WholeBundle | wire.Bundle | wire.LooseBundle):
            raise UnreadableError("The body is no FHIR Bundle: send a Bundle of one patient's resources.")
        collected = Collected()
        collect(document, collected, _ALL_NEEDS)
        return self.collected(collected, None)

    def resources(self, bodies: Iterable[bytes]) -> Record:
        """The record in single resources, such as the lines of an NDJSON file.

        Raises:
            UnreadableError: a body is no JSON.
            ContradictionError: they are of several patients.
        """
        collected = Collected()
        for body in bodies:
            check_body(body)
            collect(decode(body), collected, _ALL_NEEDS)
        return self.collected(collected, None)

    def collected(self, collected: Collected, gate: PatientGate | None) -> Record:
        """The record in resources already gathered.

        Args:
            collected: the resources.
            gate: compares subjects with the patient asked about; None where the resources say whose
                they are.

        Raises:
            ContradictionError: a resource is another patient's.
        """
        names = Names(collected.resources)
        parts = _Parts(list(collected.gaps), set(collected.unavailable))
        self._note_unread(collected, parts)
        if gate is None:
            gate = gate_for(collected.resources, parts.gaps)
        if gate is None:
            for resource, _ in collected.resources:
                _count_unprovable(resource, parts)
            record = self._record(None, names, parts)
        else:
            self._sort(collected, gate, parts)
            self._unpack(gate, parts)
            record = self._record(gate.patient, names, parts)
        return replace(record, looked_at=_looked_at(collected, record.unavailable))

    def _note_unread(self, collected: Collected, parts: "_Parts") -> None:
        for stub in collected.unread:
            if stub is None or not stub.resourceType:
                parts.lacks("resources", "A resource cannot be read and is set aside.")
            elif stub.resourceType in NEED_BY_TYPE and self._matters(stub):
                name = f"{stub.resourceType}/{stub.id}" if safe(stub.id) else stub.resourceType
                parts.lacks(
                    NEED_BY_TYPE[stub.resourceType],
                    f"{name} has a member of the wrong type and is set aside; send valid R4.",
                )

    def _matters(self, stub: wire.Stub) -> bool:
        """Whether a resource that cannot be decoded could have said something this service reads."""
        if stub.resourceType != "Observation" or stub.code is None or stub.parts:
            return True
        return self._book.finding(stub.code) is not None

    def _sort(self, collected: Collected, gate: PatientGate, parts: "_Parts") -> None:
        """Every resource past the gate, and only those that can speak on to be read.

        Most of a record is laboratory values: they cost one comparison and one look-up each.
        """
        finding_of, reads_condition = self._book.finding, self._book.reads_condition
        mine, here = f"Patient/{gate.patient}", gate.prefixes()
        for number, (resource, full_url) in enumerate(collected.resources):
            if isinstance(resource, wire.Observation | wire.Condition):
                subject = resource.subject
                if subject is None or subject.reference != mine:
                    if not self._is_mine(resource, subject, gate, parts):
                        continue
                elif full_url is not None and not full_url.startswith(here):
                    gate.refuse_elsewhere(full_url, type(resource).__name__)
                if isinstance(resource, wire.Observation):
                    if resource.component or resource.hasMember or finding_of(resource.code):
                        parts.observations.append((resource, own_reference(resource, full_url, number)))
                elif reads_condition(resource.code):
                    parts.others.append((resource, own_reference(resource, full_url, number)))
                else:
                    parts.beside.append((resource, full_url, number))
            else:
                self._sort_rarer(resource, full_url, number, gate, parts)

    def _sort_rarer(
        self,
        resource: wire.Single | wire.Stub,
        full_url: str | None,
        number: int,
        gate: PatientGate,
        parts: "_Parts",
    ) -> None:
        if isinstance(resource, wire.Patient):
            gate.check_patient(resource.id, full_url)
            refuse_merged(resource)
            parts.born = _birth_date(resource) or parts.born
        elif isinstance(resource, wire.Stub) and resource.resourceType == "Patient":
            gate.check_patient(resource.id, full_url)
        elif isinstance(resource, wire.Stub):
            self._is_mine(resource, resource.subject or resource.patient, gate, parts)
        elif isinstance(resource, wire.MedicationRequest | wire.MedicationStatement):
            self._medicine(resource, full_url, number, gate, parts)
        elif isinstance(resource, wire.Procedure | wire.BodyStructure | wire.QuestionnaireResponse):
            owner = resource.patient if isinstance(resource, wire.BodyStructure) else resource.subject
            if self._is_mine(resource, owner, gate, parts):
                if full_url is not None:
                    gate.refuse_elsewhere(full_url, type(resource).__name__)
                parts.others.append((resource, own_reference(resource, full_url, number)))

    def _medicine(
        self,
        resource: wire.MedicationRequest | wire.MedicationStatement,
        full_url: str | None,
        number: int,
        gate: PatientGate,
        parts: "_Parts",
    ) -> None:
        if not self._is_mine(resource, resource.subject, gate, parts):
            return
        if full_url is not None:
            gate.refuse_elsewhere(full_url, type(resource).__name__)
        if not (resource.modifierExtension or resource.implicitRules):
            reference = own_reference(resource, full_url, number)
            parts.entries += medicines_of(self._book, resource, reference)

    def _is_mine(
        self,
        resource: wire.Single | wire.Stub,
        subject: wire.Reference | None,
        gate: PatientGate,
        parts: "_Parts",
    ) -> bool:
        reference = subject.reference if subject is not None else None
        kind = resource.resourceType if isinstance(resource, wire.Stub) else type(resource).__name__
        need = NEED_BY_TYPE.get(kind or "")
        if reference is None and need is None:
            return False
        whose = gate.whose(reference)
        if whose is Whose.UNPROVABLE:
            _count_unprovable(resource, parts)
        return whose is Whose.THIS_PATIENT

    def _unpack(self, gate: PatientGate, parts: "_Parts") -> None:
        """Observations contained in others: the same patient's, unless they say otherwise."""
        for reference, holder in latest_versions(parts.observations):
            if not holder.contained or holder.status in IGNORED:
                continue
            for inner, name in contained_in(holder, reference):
                if isinstance(inner, wire.Stub):
                    if self._matters(inner):
                        parts.unread.append(f"{name} has a member of the wrong type and is set aside.")
                    continue
                owner = inner.patient if isinstance(inner, wire.BodyStructure) else inner.subject
                if owner is not None and not self._is_mine(inner, owner, gate, parts):
                    continue
                if isinstance(inner, wire.BodyStructure):
                    parts.others.append((inner, name))
                else:
                    parts.observations.append((inner, name))

    def _record(self, patient: str | None, names: Names, parts: "_Parts") -> Record:
        for reference, resource in latest_versions(parts.others):
            if resource.modifierExtension or resource.implicitRules:
                parts.refuse_modified(type(resource).__name__, reference)
            elif isinstance(resource, wire.Condition):
                self._condition(resource, reference, names, parts)
            elif isinstance(resource, wire.BodyStructure):
                self._structure(resource, reference, names, parts)
            elif isinstance(resource, wire.Procedure):
                parts.treatments += treatments_of(self._book, resource, reference)
            else:
                self._response(resource, reference, parts)
        self._observations(names, parts)
        if any(entry.focus for entry in parts.entries):
            # Only a focus asks whether a Condition that says nothing of bones is in the record.
            parts.known.update(own_reference(c, url, n) for c, url, n in parts.beside if holds(c))
        parts.gaps += [Gap("observations", text) for text in parts.unread]
        parts.gaps += [Gap("conditions", text) for text in parts.contradictions]
        for need, count in sorted(parts.unprovable.items()):
            parts.lacks(need, f"{count} set aside: their subject is not provably this patient.")
        return Record(
            patient=patient,
            entries=parts.entries,
            totals=parts.totals,
            diagnoses=parts.diagnoses,
            structures=parts.structures,
            treatments=parts.treatments,
            gaps=tuple(dict.fromkeys(parts.gaps)),
            known=frozenset(parts.known),
            unavailable=frozenset(parts.unavailable),
            tumours=parts.tumours,
            born=parts.born,
        )

    def _condition(self, condition: wire.Condition, reference: str, names: Names, parts: "_Parts") -> None:
        if not holds(condition):
            return
        parts.known.add(reference)
        parts.tumours += tumours_of(self._book, condition, reference)
        diagnosis = diagnosis_of(self._book, condition, reference, parts.contradictions)
        if diagnosis is not None:
            structures = tuple(map(names.of, diagnosis.structures))
            parts.diagnoses.append(replace(diagnosis, structures=structures))

    def _structure(self, resource: wire.BodyStructure, reference: str, names: Names, parts: "_Parts") -> None:
        structure = structure_of(self._book, resource, reference)
        if structure is not None:
            # One at a site that is not read stays unknown: it may be a bone's all the same.
            parts.known.add(reference)
            conditions = tuple(map(names.of, structure.conditions))
            parts.structures.append(replace(structure, conditions=conditions))

    def _response(self, response: wire.QuestionnaireResponse, reference: str, parts: "_Parts") -> None:
        instrument = instrument_of(self._book, self._knowledge, response)
        if instrument is None or response.status not in ANSWERED | BEING_ANSWERED:
            return
        parts.entries += response_entries(self._book, instrument, response, reference, parts.unread)

    def _observations(self, names: Names, parts: "_Parts") -> None:
        observations = current(parts.observations)
        parents = panels(observations, names)
        frames: dict[str, Frame] = {}
        for reference, observation in observations.items():
            if observation.status in IGNORED:
                continue
            if observation.modifierExtension or observation.implicitRules:
                parts.refuse_modified("Observation", reference.partition(VERSION_MARK)[0])
                continue
            if not observation.component and self._book.finding(observation.code) is None:
                continue
            if observation.status not in FINAL and observation.status != PROVISIONAL:
                parts.unread.append(f"{reference} has no status that lets it count; it is set aside.")
                continue
            name = reference.partition(VERSION_MARK)[0]
            if parents:
                frame = self._frame(reference, observations, parents, frames, names)
            else:
                frame = frame_of(self._book, observation, name, None, names)
            for found in entries_of(self._book, observation, name, frame, parts.unread):
                if isinstance(found, Total):
                    parts.totals.append(found)
                else:
                    parts.entries.append(found)

    def _frame(
        self,
        reference: str,
        observations: Mapping[str, wire.Observation],
        parents: Mapping[str, str],
        frames: dict[str, Frame],
        names: Names,
    ) -> Frame:
        """What an Observation's findings inherit, through panels within panels."""
        # In the order of reading; a panel that names itself, directly or not, ends with its own.
        chain: dict[str, None] = {}
        name: str | None = reference
        while name is not None and name not in frames and name not in chain:
            chain[name] = None
            name = parents.get(name.partition(VERSION_MARK)[0])
        frame = frames.get(name) if name is not None else None
        for inner in reversed(chain):
            frame = frame_of(self._book, observations[inner], inner.partition(VERSION_MARK)[0], frame, names)
            frames[inner] = frame
        return frames[reference]


def _count_unprovable(resource: wire.Single | wire.Stub, parts: "_Parts") -> None:
    kind = resource.resourceType if isinstance(resource, wire.Stub) else type(resource).__name__
    need = NEED_BY_TYPE.get(kind or "")
    if need is not None and need != "patient":
        parts.unprovable[need] = parts.unprovable.get(need, 0) + 1


def _looked_at(collected: Collected, unavailable: frozenset[str]) -> Mapping[str, Completeness]:
    """How far each data need could be looked at."""
    found = {
        resource.resourceType if isinstance(resource, wire.Stub) else type(resource).__name__
        for resource, _ in collected.resources
    }
    # A resource of a type that cannot be told may belong to any of them.
    unavailable = unavailable if "resources" not in unavailable else frozenset(TYPES)
    return {need: _how_far(need, found, collected.unseen, unavailable) for need in TYPES}


def _how_far(
    need: str, found: Collection[str | None], unseen: set[str], unavailable: Collection[str]
) -> Completeness:
    held = any(kind in found for kind in TYPES[need])
    if need in unavailable:
        return Completeness.UNAVAILABLE if need in unseen and not held else Completeness.PARTIAL
    return Completeness.COMPLETE if held else Completeness.NONE_FOUND


def _birth_date(patient: wire.Patient) -> When | None:
    """The birth date as far as it can be read; as msgspec decodes it, so that only a text counts."""
    if patient.birthDate is msgspec.UNSET:
        return None
    try:
        return read_birth_date(msgspec.json.decode(patient.birthDate, type=str))
    except msgspec.DecodeError:
        return None


_Other = wire.Condition | wire.Procedure | wire.BodyStructure | wire.QuestionnaireResponse


@dataclass(slots=True)
class _Parts:
    gaps: list[Gap]
    unavailable: set[str]
    observations: list[tuple[wire.Observation, str]] = field(default_factory=list)
    others: list[tuple[_Other, str]] = field(default_factory=list)
    beside: list[tuple[wire.Condition, str | None, int]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    unprovable: dict[str, int] = field(default_factory=dict)
    tumours: list[Tumour] = field(default_factory=list)
    born: When | None = None

    def lacks(self, need: str, reason: str) -> None:
        self.gaps.append(Gap(need, reason))
        self.unavailable.add(need)

    def refuse_modified(self, kind: str, reference: str) -> None:
        self.lacks(NEED_BY_TYPE[kind], f"{reference} carries a modifier this service does not know.")
