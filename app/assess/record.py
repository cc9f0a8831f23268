"""What a patient's record says, free of any wire format: the entrance to the pure core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from app.engine.reading import Interval, Side
from app.knowledge.anatomy import Place
from app.knowledge.conditions import Disease

# Every finding of a lesion may stand in any of these, and so may a lesion; a resource that cannot be read at
# all may be any of them. The Patient and the medications answer nothing of a score or a pathway of a lesion.
LESION_NEEDS = frozenset(
    {"conditions", "observations", "procedures", "bodyStructures", "questionnaireResponses", "resources"}
)


class When(NamedTuple):
    """A clinical time as recorded, as the range it can mean.

    Args:
        text: as recorded.
        first: the earliest day it can mean.
        last: the latest day it can mean.
        instant: the exact moment, where hour and offset are recorded.
    """

    text: str
    first: date
    last: date
    instant: datetime | None = None


class Entry(NamedTuple):
    """One finding as one resource, or one component of it, records it.

    Args:
        finding: a key of the knowledge's findings.
        value: coded answers left possible, or the interval of a quantity.
        place: the site it names; None where it names none.
        focus: references it names as its focus.
        side: the side named beside the site.
    """

    finding: str
    value: frozenset[str] | Interval
    reference: str
    when: When | None
    provisional: bool = False
    place: Place | None = None
    focus: tuple[str, ...] = ()
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """A total of a score that the record holds ready-made."""

    score: str
    total: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One Condition that speaks of bone disease, of a fracture, or of a finding.

    Args:
        disease: what its code means for bones; None where it is only a finding.
        places: the sites that code and bodySite name, one for each.
        structures: references of BodyStructures that it names.
        not_counted: why it is shown and not scored; None where it counts.
        findings: what it states, as finding and answer.
        osteoporotic: whether it is an osteoporotic fracture.
    """

    reference: str
    disease: Disease | None
    places: tuple[Place, ...] = ()
    structures: tuple[str, ...] = ()
    not_counted: str | None = None
    findings: tuple[tuple[str, str], ...] = ()
    osteoporotic: bool = False
    when: When | None = None


class Tumour(NamedTuple):
    """One Condition that names a primary tumour.

    Args:
        histology: a key of the knowledge's histologies.
        confirmed: whether the Condition is stated without a doubt.
    """

    reference: str
    histology: str
    confirmed: bool
    when: When | None


@dataclass(frozen=True, slots=True)
class Structure:
    """A BodyStructure at a bone, and the Conditions it belongs to."""

    reference: str
    place: Place
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Treatment:
    """An earlier procedure that changes what a score means at a site.

    Args:
        finding: the finding that it states, such as ``prior-radiation``.
        place: its site; None where none is recorded.
    """

    finding: str
    reference: str
    place: Place | None
    when: When | None


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that could not be looked at, or is not recorded, and why."""

    need: str
    reason: str


class Completeness(StrEnum):
    """How far one data need could be looked at; absence is concluded from the first two only."""

    COMPLETE = "complete"
    NONE_FOUND = "none-found"
    PARTIAL = "partial"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Record:
    """Everything read of one patient.

    Args:
        patient: the id of the patient, or None where the record names none.
        known: references of the Conditions and BodyStructures that hold, where an entry has a focus.
        tumours: the primary tumours that Conditions name.
        born: the birth date.
        unavailable: data needs that could not be looked at in full, such as ``observations``.
        looked_at: how far each data need could be.
    """

    patient: str | None
    entries: Sequence[Entry] = ()
    totals: Sequence[Total] = ()
    diagnoses: Sequence[Diagnosis] = ()
    structures: Sequence[Structure] = ()
    treatments: Sequence[Treatment] = ()
    gaps: Sequence[Gap] = ()
    known: frozenset[str] = field(default_factory=frozenset)
    unavailable: frozenset[str] = field(default_factory=frozenset)
    tumours: Sequence[Tumour] = ()
    born: When | None = None
    looked_at: Mapping[str, Completeness] = field(default_factory=dict)
