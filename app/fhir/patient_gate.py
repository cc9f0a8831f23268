"""Whose a resource is: this patient's, another's, or not provable. Another's stops everything."""

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from app.assess.record import Gap
from app.errors import AnotherPatientError, ContradictionError
from app.fhir import wire
from app.fhir.names import normal_base, own_reference

_RELATIVE = re.compile(r"Patient/([A-Za-z0-9.\-]{1,256})(?:/_history/[A-Za-z0-9.\-]+)?")
_ABSOLUTE = re.compile(r"(https?://.+?)/Patient/([A-Za-z0-9.\-]{1,256})(?:/_history/[A-Za-z0-9.\-]+)?")
# What a subject can be in R4 that is no patient.
_NO_PATIENTS = frozenset(
    {"Group", "Device", "Location", "Practitioner", "Organization", "Medication", "Substance", "Specimen"}
)
_OTHER_PATIENT = (
    "A resource names a patient other than the one asked about: nothing was evaluated. Send the "
    "resources of one patient only."
)


class Whose(Enum):
    """What a subject reference proves."""

    THIS_PATIENT = auto()
    NOT_A_PATIENT = auto()
    UNPROVABLE = auto()


class PatientGate:
    """Compares every subject with one patient.

    Args:
        patient: the patient's id.
        bases: base URLs of the servers on which that id means this patient.
        full_urls: full URLs under which a Bundle holds the patient.
        others: full URLs under which it holds something that is no patient.
    """

    def __init__(
        self,
        patient: str,
        bases: Iterable[str] = (),
        full_urls: Iterable[str] = (),
        others: Iterable[str] = (),
    ) -> None:
        self.patient = patient
        self._bases = {normal_base(base) for base in bases}
        self._verdicts: dict[str, Whose] = dict.fromkeys(others, Whose.NOT_A_PATIENT)
        self._verdicts[f"Patient/{patient}"] = Whose.THIS_PATIENT
        self._urns = False
        for url in full_urls:
            self._verdicts[url] = Whose.THIS_PATIENT
            self._urns = self._urns or url.startswith("urn:")
            match = _ABSOLUTE.fullmatch(url)
            if match:
                self._bases.add(normal_base(match[1]))

    def whose(self, reference: str | None) -> Whose:
        """What a subject reference proves.

        Raises:
            AnotherPatientError: it names another patient.
        """
        if reference is None:
            return Whose.UNPROVABLE
        verdict = self._verdicts.get(reference)
        if verdict is None:
            verdict = self._verdicts[reference] = self._judge(reference)
        return verdict

    def prefixes(self) -> tuple[str, ...]:
        """How full URLs begin on the servers that hold this patient."""
        return tuple(f"{base}/" for base in self._bases)

    def check_patient(self, patient: str | None, full_url: str | None) -> None:
        """Refuse a Patient resource that is another one, or stands on another server.

        Raises:
            AnotherPatientError: it does.
        """
        if patient is not None:
            self.whose(f"Patient/{patient}")
        if full_url is not None:
            self.refuse_elsewhere(full_url, "Patient")

    def refuse_elsewhere(self, full_url: str, kind: str) -> None:
        """Refuse a resource that stands on another server than the patient, and names its subject there.

        Raises:
            AnotherPatientError: a relative reference on that server means another patient.
        """
        base, found, _ = full_url.rpartition(f"/{kind}/")
        if self._bases and found and base.startswith("http") and normal_base(base) not in self._bases:
            raise AnotherPatientError(_OTHER_PATIENT)

    def _judge(self, reference: str) -> Whose:
        match = _RELATIVE.fullmatch(reference)
        if match:
            return self._same(match[1])
        match = _ABSOLUTE.fullmatch(reference)
        if match:
            if self._bases and normal_base(match[1]) not in self._bases:
                raise AnotherPatientError(_OTHER_PATIENT)
            same = self._same(match[2])
            # Without a known base the same id may mean somebody else on another server.
            return same if self._bases else Whose.UNPROVABLE
        if reference.startswith("urn:"):
            if self._urns:
                raise AnotherPatientError(_OTHER_PATIENT)
            return Whose.UNPROVABLE
        kind, slash, _rest = reference.partition("/")
        return Whose.NOT_A_PATIENT if slash and kind in _NO_PATIENTS else Whose.UNPROVABLE

    def _same(self, patient: str) -> Whose:
        if patient != self.patient:
            raise AnotherPatientError(_OTHER_PATIENT)
        return Whose.THIS_PATIENT


def gate_for(
    resources: Sequence[tuple[wire.Single | wire.Stub, str | None]], gaps: list[Gap]
) -> PatientGate | None:
    """The gate for resources that say themselves whose they are.

    Returns:
        None where they name no patient at all.

    Raises:
        ContradictionError: they hold or name more than one.
    """
    patients = [(r, url) for r, url in resources if isinstance(r, wire.Patient)]
    others = [url for r, url in resources if url and not isinstance(r, wire.Patient)]
    if not patients:
        gaps.append(Gap("patient", "The record holds no Patient resource."))
        return _only_subject(_subjects(resources) - set(others))
    names = {own_reference(patient, url, n) for n, (patient, url) in enumerate(patients)}
    if len(names) > 1:
        raise ContradictionError(
            "The record holds more than one Patient: send the resources of one patient only."
        )
    for patient, _ in patients:
        refuse_merged(patient)
    urls = [url for _, url in patients if url]
    if len({normal_base(match[1]) for match in map(_ABSOLUTE.fullmatch, urls) if match}) > 1:
        raise ContradictionError(
            "The record holds Patients of two servers: send the resources of one patient only."
        )
    return PatientGate(names.pop().removeprefix("Patient/"), (), urls, others)


def refuse_merged(patient: wire.Patient) -> None:
    """Refuse a Patient that was replaced by another.

    Raises:
        ContradictionError: it was.
    """
    if any(link.type == "replaced-by" for link in patient.link or ()):
        raise ContradictionError(
            "The Patient was merged into another: send the record of the patient who remains."
        )


def _subjects(resources: Iterable[tuple[wire.Single | wire.Stub, str | None]]) -> set[str]:
    found: set[str] = set()
    for resource, _ in resources:
        for name in ("subject", "patient"):
            reference = getattr(resource, name, None)
            if reference is not None and reference.reference:
                found.add(reference.reference)
    return found


def _only_subject(references: Iterable[str]) -> PatientGate | None:
    ids: set[str] = set()
    bases: set[str] = set()
    urns: set[str] = set()
    for reference in references:
        match = _RELATIVE.fullmatch(reference)
        absolute = _ABSOLUTE.fullmatch(reference)
        if match:
            ids.add(match[1])
        elif absolute:
            ids.add(absolute[2])
            bases.add(absolute[1])
        elif reference.startswith("urn:"):
            urns.add(reference)
    if len(ids) + len(urns) > 1 or len(bases) > 1:
        raise ContradictionError(
            "The Bundle names more than one subject: send the resources of one patient only."
        )
    if ids:
        return PatientGate(ids.pop(), bases)
    if urns:
        urn = urns.pop()
        return PatientGate(urn.rpartition(":")[2], (), (urn,))
    return None
