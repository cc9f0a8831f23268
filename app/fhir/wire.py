"""The parts of R4 resources that this service reads, as tolerant typed structs.

Unknown members are skipped while decoding; a member of the wrong type costs its own resource only.
Numbers stay as written, so that 33.0 and 33 keep their precision.
"""

from typing import TypeVar

import msgspec

Shape = TypeVar("Shape")


class _Part(msgspec.Struct, gc=False, kw_only=True, omit_defaults=True):
    """A part of a resource; encoded, it is what was read of it, and no member that was not there."""


class Coding(_Part):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class Reference(_Part):
    reference: str | None = None


class Extension(_Part):
    url: str | None = None
    valueCodeableConcept: "Concept | None" = None
    valueReference: Reference | None = None


class Concept(_Part):
    coding: list[Coding] | None = None
    text: str | None = None
    extension: list[Extension] | None = None


class Quantity(_Part):
    # Undecoded, so that a number written as text is told from a number, and most are never made.
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(_Part):
    low: Quantity | None = None
    high: Quantity | None = None


class Period(_Part):
    start: str | None = None
    end: str | None = None


class Meta(_Part):
    lastUpdated: str | None = None
    # Of whatever shape: nothing is judged by it.
    versionId: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Identifier(_Part):
    system: str | None = None
    value: str | None = None


class Valued(_Part):
    """What an Observation and a component of one have in common."""

    code: Concept | None = None
    valueCodeableConcept: Concept | None = None
    valueQuantity: Quantity | None = None
    valueRange: Range | None = None
    valueInteger: int | None = None
    valueString: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueBoolean: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueRatio: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueSampledData: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueTime: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueDateTime: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valuePeriod: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    extension: list[Extension] | None = None


class Component(Valued):
    """One part of a panel."""

    modifierExtension: list[msgspec.Raw] | None = None


class Observation(Valued, tag_field="resourceType", tag="Observation"):
    id: str | None = None
    status: str | None = None
    method: Concept | None = None
    subject: Reference | None = None
    focus: list[Reference] | None = None
    bodySite: Concept | None = None
    effectiveDateTime: str | None = None
    effectiveInstant: str | None = None
    effectivePeriod: Period | None = None
    component: list[Component] | None = None
    hasMember: list[Reference] | None = None
    identifier: list[Identifier] | None = None
    meta: Meta | None = None
    contained: list[msgspec.Raw] | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None


class Condition(_Part, tag_field="resourceType", tag="Condition"):
    id: str | None = None
    subject: Reference | None = None
    code: Concept | None = None
    clinicalStatus: Concept | None = None
    verificationStatus: Concept | None = None
    bodySite: list[Concept] | None = None
    meta: Meta | None = None
    onsetDateTime: str | None = None
    recordedDate: str | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None


class Procedure(_Part, tag_field="resourceType", tag="Procedure"):
    id: str | None = None
    meta: Meta | None = None
    subject: Reference | None = None
    status: str | None = None
    code: Concept | None = None
    bodySite: list[Concept] | None = None
    performedDateTime: str | None = None
    performedPeriod: Period | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None


class BodyStructure(_Part, tag_field="resourceType", tag="BodyStructure"):
    id: str | None = None
    meta: Meta | None = None
    patient: Reference | None = None
    active: bool | None = None
    location: Concept | None = None
    locationQualifier: list[Concept] | None = None
    extension: list[Extension] | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None


class ResponseAnswer(_Part):
    valueCoding: Coding | None = None
    valueString: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueInteger: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueDecimal: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueBoolean: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    valueQuantity: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def other(self) -> bool:
        """Whether it holds a value that is no coding."""
        values = (
            self.valueString,
            self.valueInteger,
            self.valueDecimal,
            self.valueBoolean,
            self.valueQuantity,
        )
        return any(value is not msgspec.UNSET for value in values)

    item: "list[ResponseItem] | None" = None


class ResponseItem(_Part):
    linkId: str | None = None
    answer: list[ResponseAnswer] | None = None
    item: "list[ResponseItem] | None" = None


class QuestionnaireResponse(_Part, tag_field="resourceType", tag="QuestionnaireResponse"):
    id: str | None = None
    status: str | None = None
    subject: Reference | None = None
    questionnaire: str | None = None
    meta: Meta | None = None
    authored: str | None = None
    item: list[ResponseItem] | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None


class _Medication(_Part):
    id: str | None = None
    # Undecoded: nothing is judged by it, so that none that is wrong costs the resource.
    raw_meta: msgspec.Raw | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="meta")
    status: str | None = None
    subject: Reference | None = None
    medicationCodeableConcept: Concept | None = None
    doNotPerform: bool | None = None
    authoredOn: str | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    implicitRules: str | None = None


class MedicationRequest(_Medication, tag_field="resourceType", tag="MedicationRequest"):
    """A prescription, as far as this service reads it."""


class MedicationStatement(_Medication, tag_field="resourceType", tag="MedicationStatement"):
    """A medicine that somebody is said to take, as far as this service reads it."""


class PatientLink(_Part):
    type: str | None = None


class Patient(_Part, tag_field="resourceType", tag="Patient"):
    id: str | None = None
    raw_meta: msgspec.Raw | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="meta")
    link: list[PatientLink] | None = None
    # Of whatever shape: a date that cannot be read costs the age, and no more.
    birthDate: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class OutcomeIssue(_Part):
    severity: str | None = None
    details: Concept | None = None


class OperationOutcome(_Part, tag_field="resourceType", tag="OperationOutcome"):
    id: str | None = None
    issue: list[OutcomeIssue] | None = None


class Link(_Part):
    relation: str | None = None
    url: str | None = None


class Search(_Part):
    mode: str | None = None


class EntryResponse(_Part):
    status: str | None = None
    outcome: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Entry(_Part):
    fullUrl: str | None = None
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    search: Search | None = None
    response: EntryResponse | None = None


class Bundle(_Part, tag_field="resourceType", tag="Bundle"):
    id: str | None = None
    type: str | None = None
    total: int | None = None
    link: list[Link] | None = None
    entry: list[Entry] | None = None


Single = (
    Observation
    | Condition
    | Procedure
    | BodyStructure
    | QuestionnaireResponse
    | MedicationRequest
    | MedicationStatement
    | Patient
    | OperationOutcome
)


class WholeEntry(_Part):
    fullUrl: str | None = None
    resource: Single | None = None
    search: Search | None = None
    response: EntryResponse | None = None


class WholeBundle(_Part, tag_field="resourceType", tag="Bundle"):
    """A Bundle of which every entry decodes: read in one pass, which is the rule."""

    type: str | None = None
    total: int | None = None
    link: list[Link] | None = None
    entry: list[WholeEntry] | None = None


class LooseBundle(_Part):
    """A Bundle that is large, or of which some entry is no entry: its entries are read later."""

    resourceType: str | None = None
    type: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    total: int | None = None
    link: list[Link] | None = None
    entry: list[msgspec.Raw] | None = None


class Stub(_Part):
    """Enough of any resource to say what it is and whose."""

    resourceType: str | None = None
    id: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    code: Concept | None = None
    parts: bool = False


class _Outline(_Part):
    """The same members of whatever shape: other types use their names for other things."""

    resourceType: str | None = None
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    subject: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    patient: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    code: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    component: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    hasMember: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


Known = Single | Bundle
Whole = Single | WholeBundle

decode_known = msgspec.json.Decoder(Known).decode
decode_whole = msgspec.json.Decoder(Whole).decode
_decode_outline = msgspec.json.Decoder(_Outline).decode
decode_entry = msgspec.json.Decoder(Entry).decode
decode_whole_entries = msgspec.json.Decoder(list[WholeEntry]).decode
decode_loose_bundle = msgspec.json.Decoder(LooseBundle).decode
DECODE_ERRORS = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def decode_stub(raw: bytes | memoryview | msgspec.Raw) -> Stub:
    """What a resource is and whose, as far as that can be read.

    Raises:
        msgspec.DecodeError: it is no object, or its type is no text.
    """
    outline = _decode_outline(raw)
    return Stub(
        resourceType=outline.resourceType,
        id=_shaped(outline.id, str),
        subject=_shaped(outline.subject, Reference),
        patient=_shaped(outline.patient, Reference),
        code=_shaped(outline.code, Concept),
        parts=outline.component is not msgspec.UNSET or outline.hasMember is not msgspec.UNSET,
    )


def _shaped(raw: msgspec.Raw | msgspec.UnsetType, kind: type[Shape]) -> Shape | None:
    if raw is msgspec.UNSET:
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except DECODE_ERRORS:
        return None
