"""Conditions, Procedures and BodyStructures: bone disease, where it is, and what was done to it."""

from collections.abc import Iterable, Iterator

from app.assess.record import Diagnosis, Entry, Structure, Treatment, Tumour
from app.fhir.codes import Code, CodeBook
from app.fhir.sites import narrow, read_sites
from app.fhir.times import read_period, read_when
from app.fhir.wire import (
    BodyStructure,
    Concept,
    Condition,
    MedicationRequest,
    MedicationStatement,
    Procedure,
)
from app.knowledge.anatomy import SITES, Place, place_of
from app.knowledge.conditions import (
    ABLATION_ORDERS,
    CEMENT_ORDERS,
    DISEASE_BY_CATEGORY,
    DISEASE_BY_CODE,
    FINDING_BY_CONDITION,
    FINDING_BY_MEDICINE,
    ICD10CM,
    INSTRUMENTATION_BY_CODE,
    INSTRUMENTATION_ORDERS,
    OSTEOPOROTIC_FRACTURES,
    PLACE_BY_CONDITION,
    RADIOTHERAPY_BY_CODE,
    RADIOTHERAPY_ORDERS,
    Disease,
)
from app.knowledge.histology import histology_of, narrowest

Medicine = MedicationRequest | MedicationStatement
RELATED_CONDITION_URL = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-related-condition"
_NOT_COUNTED = {
    "resolved": "The disease is recorded as resolved: shown, not scored.",
    "remission": "The disease is recorded as in remission: shown, not scored.",
    "inactive": "The disease is recorded as inactive: shown, not scored.",
}
_NOT_HELD = frozenset({"refuted", "entered-in-error"})
_DOUBTED = frozenset({"unconfirmed", "provisional", "differential"})
_TAKEN = frozenset({"active", "on-hold", "completed", "intended", "unknown"})
_NOT_DONE = frozenset({"not-done", "entered-in-error", "preparation"})


def holds(condition: Condition) -> bool:
    """Whether a Condition is stated at all: neither refuted nor entered in error."""
    return not _plain_codes(condition.verificationStatus) & _NOT_HELD


def diagnosis_of(book: CodeBook, condition: Condition, reference: str, gaps: list[str]) -> Diagnosis | None:
    """What a Condition says of bones; None where it says nothing of them."""
    codes = list(_codes(book, condition.code))
    disease, coded = _disease(codes)
    findings = tuple(dict.fromkeys(stated for code in codes for stated in FINDING_BY_CONDITION.get(code, ())))
    osteoporotic = any(code in OSTEOPOROTIC_FRACTURES for code in codes)
    if disease is None and not findings and not osteoporotic:
        return None
    for code in codes:
        if coded.site is None and code in PLACE_BY_CONDITION:
            coded = PLACE_BY_CONDITION[code]
    site = read_sites(book, condition.bodySite or [])
    if coded.site is not None and SITES[coded.site].sided and coded.side is None and not site.places:
        coded = coded._replace(side=site.side)
    # Two sites in words are never the same lesion: each is kept apart by what names it.
    named = [Place(unread=f"text of {reference}") if p.unread == "text" else p for p in site.places]
    places, contradiction = narrow(coded, named)
    if contradiction:
        gaps.append(f"{reference}: its code and its site name different bones or levels.")
    status = _plain_codes(condition.clinicalStatus) & _NOT_COUNTED.keys()
    return Diagnosis(
        reference=reference,
        disease=disease,
        places=places,
        structures=site.structures,
        not_counted=_NOT_COUNTED[min(status)] if status else None,
        findings=findings,
        osteoporotic=osteoporotic,
        when=read_when(condition.onsetDateTime) or read_when(condition.recordedDate),
    )


def tumours_of(book: CodeBook, condition: Condition, reference: str) -> Iterator[Tumour]:
    """The primary tumours that a Condition names, one of unknown origin among them."""
    found = narrowest(histology_of(code) for code in _codes(book, condition.code))
    confirmed = not _plain_codes(condition.verificationStatus) & _DOUBTED
    when = read_when(condition.onsetDateTime) or read_when(condition.recordedDate)
    for histology in found:
        yield Tumour(reference, histology, confirmed, when)


def structure_of(book: CodeBook, structure: BodyStructure, reference: str) -> Structure | None:
    """The bone that a BodyStructure is at; None where it is at none this service knows."""
    if structure.active is False or structure.location is None:
        return None
    site = read_sites(book, [structure.location], structure.locationQualifier or ())
    place = next((place for place in site.places if place.site is not None), None)
    if place is None:
        return None
    related = tuple(
        extension.valueReference.reference
        for extension in structure.extension or ()
        if extension.url == RELATED_CONDITION_URL
        and extension.valueReference
        and extension.valueReference.reference
    )
    return Structure(reference, place, related)


def treatments_of(book: CodeBook, procedure: Procedure, reference: str) -> Iterator[Treatment]:
    """What a Procedure changed at a bone, one for each site."""
    if procedure.status in _NOT_DONE:
        return
    codes = list(_codes(book, procedure.code))
    when = read_when(procedure.performedDateTime) or read_period(procedure.performedPeriod)
    for code in codes:
        order = code[1] if code[0] == book.order_system else ""
        if code in INSTRUMENTATION_BY_CODE or order in INSTRUMENTATION_ORDERS:
            # Cement is put into other bones too: only then does its order not say spine.
            coded = INSTRUMENTATION_BY_CODE.get(
                code, Place() if order == "cementoplasty" else place_of("spine")
            )
            findings: tuple[str, ...] = ("instrumented-segment",)
            if order in CEMENT_ORDERS:
                findings = ("instrumented-segment", "earlier-cement")
        elif code in RADIOTHERAPY_BY_CODE or order in RADIOTHERAPY_ORDERS:
            coded, findings = Place(), ("prior-radiation",)
        elif order in ABLATION_ORDERS:
            coded, findings = Place(), ("earlier-ablation",)
        else:
            continue
        places, _ = narrow(coded, read_sites(book, procedure.bodySite or []).places)
        for place in places or (None,):
            known = place if place is not None and place.site is not None else None
            for finding in findings:
                yield Treatment(finding, reference, known, when)
        return


def medicines_of(book: CodeBook, medicine: Medicine, reference: str) -> Iterator[Entry]:
    """What a prescription or a statement of a medicine says that a rule asks for."""
    if medicine.status not in _TAKEN or medicine.doNotPerform:
        return
    for code in _codes(book, medicine.medicationCodeableConcept):
        if code in FINDING_BY_MEDICINE:
            if FINDING_BY_MEDICINE[code] == "anticoagulant" and medicine.status == "completed":
                continue
            when = read_when(medicine.authoredOn)
            yield Entry(FINDING_BY_MEDICINE[code], frozenset({"present"}), reference, when)
            return


def _disease(codes: Iterable[Code]) -> tuple[Disease | None, Place]:
    found: tuple[Disease | None, Place] = (None, Place())
    for code in codes:
        named = DISEASE_BY_CODE.get(code) or _by_category(code)
        if named is not None and (found[0] is None or found[1].site is None):
            found = named
    return found


def _by_category(code: Code) -> tuple[Disease, Place] | None:
    if code[0] != ICD10CM:
        return None
    for prefix, disease in DISEASE_BY_CATEGORY:
        if code[1].startswith(prefix):
            return disease, Place()
    return None


def _codes(book: CodeBook, concept: Concept | None) -> Iterator[Code]:
    for coding in (concept.coding or ()) if concept else ():
        code = book.resolve(coding.system, coding.code)
        if code is not None:
            yield code


def _plain_codes(concept: Concept | None) -> frozenset[str]:
    codings = (concept.coding or ()) if concept else ()
    return frozenset(coding.code for coding in codings if coding.code)
