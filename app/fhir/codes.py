"""Which codes in a record mean what: the service's own, the verified standard ones, and a site's."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.fhir.wire import Concept
from app.knowledge.anatomy import PART_BY_CODE, SIDE_BY_CODE, SITE_BY_CODE
from app.knowledge.conditions import (
    DISEASE_BY_CODE,
    FINDING_BY_CONDITION,
    FINDING_BY_MEDICINE,
    ICD10CM,
    INSTRUMENTATION_BY_CODE,
    OSTEOPOROTIC_FRACTURES,
    PLACE_BY_CONDITION,
    RADIOTHERAPY_BY_CODE,
)
from app.knowledge.finding import ANSWER, INDETERMINATE, OBSERVABLE, ORDER
from app.knowledge.findings import FINDINGS, PANELS, TOTALS
from app.knowledge.histology import HISTOLOGY_BY_CODE
from app.knowledge.orderables import ORDERABLE_BY_CODE, OWN_ORDERABLES, UNSPECIFIC, Orderable

Code = tuple[str, str]
# In R4 the equivalence reads from source to target: these say that the source is the target or a kind of it.
_MEANS_AT_LEAST = ("equal", "equivalent", "wider", "subsumes")
# By the name of a system as an OID, its URL.
STANDARD_SPELLING = {
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
}
_NOT_LISTED = "must be a list of objects, not empty"
# Every category of malignant neoplasms, bone disease and primaries among them.
_READ_CATEGORIES = ("C",)


class CodeMapError(ValueError):
    """A site's code map cannot be used; the message says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class MapElement:
    """One element of a site's code map.

    Args:
        place: where it stands, such as ``group[0].element[2]``; empty where a whole group cannot be read.
        own: the site's code; None where its system or its code is missing.
        target: the code that it maps onto; None where it names none.
        fault: why it cannot be used; None where it is understood.
    """

    place: str
    own: Code | None = None
    target: Code | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CodeBook:
    """Every code that the reader understands; what is made by one is kept by it.

    Args:
        base: the canonical base of the service's own code systems.
        observables: finding or total by the code of an Observation.
        answers: answer code by finding and the code of a value.
        local: by a site's code, the code of this service or of a standard that it stands for.
    """

    base: str
    observables: Mapping[Code, str]
    answers: Mapping[str, Mapping[Code, str]]
    local: Mapping[Code, Code]
    _findings: Mapping[Code, str] = field(init=False, repr=False, compare=False)
    _conditions: frozenset[Code] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # One look-up for each coding on the hot path: aliases and a site's own codes are in it.
        spelled = list(STANDARD_SPELLING.items())
        findings = dict(self.observables)
        read = {
            *DISEASE_BY_CODE,
            *HISTOLOGY_BY_CODE,
            *FINDING_BY_CONDITION,
            *OSTEOPOROTIC_FRACTURES,
            *PLACE_BY_CONDITION,
        }
        for alias, system in spelled:
            findings |= {(alias, c): f for (s, c), f in self.observables.items() if s == system}
            read |= {(alias, c) for s, c in tuple(read) if s == system}
        for own, target in self.local.items():
            if target in self.observables:
                findings[own] = self.observables[target]
            if target in read or _by_category(target):
                read.add(own)
        object.__setattr__(self, "_findings", findings)
        object.__setattr__(self, "_conditions", frozenset(read))

    def finding(self, concept: Concept | None) -> str | None:
        """The finding or total that the code of an Observation stands for; None for any other."""
        for coding in (concept.coding or ()) if concept is not None else ():
            found = self._findings.get((coding.system, coding.code))  # type: ignore[arg-type]  # a coding without system or code is no key
            if found is not None:
                return found
        return None

    def reads_condition(self, concept: Concept | None) -> bool:
        """Whether the code of a Condition may say something of a bone, a primary tumour or a finding."""
        for coding in (concept.coding or ()) if concept is not None else ():
            if (coding.system, coding.code) in self._conditions:
                return True
            if coding.code is not None and coding.code.startswith(_READ_CATEGORIES):
                return True
        return False

    def resolve(self, system: str | None, code: str | None) -> Code | None:
        """A coding in the words this service knows; None where it is incomplete."""
        if not system or not code:
            return None
        found = (STANDARD_SPELLING.get(system, system), code)
        return self.local.get(found, found)

    def orderable(self, concept: Concept | None) -> Orderable | None:
        """What the code of an order stands for; None where no code tells, or its codes contradict."""
        named: dict[Orderable, None] = {}
        for coding in (concept.coding or ()) if concept is not None else ():
            code = self.resolve(coding.system, coding.code)
            if code is None:
                continue
            own = OWN_ORDERABLES.get(code[1]) if code[0] == self.order_system else None
            found = own or ORDERABLE_BY_CODE.get(code)
            if found is not None:
                named[found] = None
        told = [one for one in named if not any(_says_more(other, one) for other in named)]
        if len({one.code for one in told}) != 1:
            return None
        # Of two that name one thing, the one that names its bone as well.
        return max(told, key=lambda one: one.covers is not None)

    @property
    def answer_system(self) -> str:
        """The code system of coded answers."""
        return f"{self.base}/{ANSWER}"

    @property
    def observable_system(self) -> str:
        """The code system of findings."""
        return f"{self.base}/{OBSERVABLE}"

    @property
    def order_system(self) -> str:
        """The code system of techniques without a verified standard code."""
        return f"{self.base}/{ORDER}"


def _says_more(one: Orderable, other: Orderable) -> bool:
    """Whether one orderable makes another of its kind precise."""
    if other.code not in UNSPECIFIC or one.group is not other.group or one.code == other.code:
        return False
    return one.code not in UNSPECIFIC or (one.covers is not None and other.covers is None)


def code_book(base: str, code_map: Path | None = None) -> CodeBook:
    """The codes of the service under a canonical base, with a site's own mapped onto them.

    Raises:
        CodeMapError: the map is no ConceptMap, or maps onto a code that does not exist.
    """
    own = {(f"{base}/{OBSERVABLE}", code): code for code in (*FINDINGS, *TOTALS)}
    standard = {code: finding.code for finding in FINDINGS.values() for code in finding.codes}
    answers: dict[str, Mapping[Code, str]] = {}
    for finding in FINDINGS.values():
        named = {(f"{base}/{ANSWER}", answer): answer for answer in finding.answer_labels}
        unsure = {(f"{base}/{ANSWER}", INDETERMINATE): INDETERMINATE}
        answers[finding.code] = MappingProxyType(named | unsure | dict(finding.answer_codes))
    book = CodeBook(base, MappingProxyType(own | standard), MappingProxyType(answers), {})
    if code_map is None:
        return book
    local = _read_map(code_map, book)
    return CodeBook(base, book.observables, book.answers, MappingProxyType(local))


def readable_codes(book: CodeBook) -> frozenset[Code]:
    """Every code that a site's own may be mapped onto, apart from those that are read by their category."""
    panels = {(book.observable_system, code) for code in PANELS}
    orders = {(book.order_system, code) for code in OWN_ORDERABLES}
    answers = {code for by_finding in book.answers.values() for code in by_finding}
    return frozenset(
        {
            *book.observables,
            *answers,
            *panels,
            *orders,
            *SITE_BY_CODE,
            *SIDE_BY_CODE,
            *PART_BY_CODE,
            *DISEASE_BY_CODE,
            *HISTOLOGY_BY_CODE,
            *FINDING_BY_CONDITION,
            *OSTEOPOROTIC_FRACTURES,
            *INSTRUMENTATION_BY_CODE,
            *RADIOTHERAPY_BY_CODE,
            *FINDING_BY_MEDICINE,
            *ORDERABLE_BY_CODE,
        }
    )


def map_elements(path: Path, book: CodeBook) -> Iterator[MapElement]:
    """Every element of a code map in its order, those that cannot be used with what is wrong.

    Raises:
        CodeMapError: the file is no ConceptMap with groups.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise CodeMapError(f"code map {path.name}: cannot be opened ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise CodeMapError(f"code map {path.name}: is not JSON") from None
    if not isinstance(document, dict) or document.get("resourceType") != "ConceptMap":
        raise CodeMapError(f"code map {path.name}: is not a FHIR ConceptMap")
    groups = _listed(document.get("group"))
    if groups is None:
        raise CodeMapError(f"code map {path.name}: group {_NOT_LISTED}")
    targets = readable_codes(book)
    found: dict[Code, Code] = {}
    for g, group in enumerate(groups):
        elements = _listed(group.get("element"))
        if elements is None:
            yield MapElement("", fault=f"group[{g}].element {_NOT_LISTED}")
            continue
        for e, element in enumerate(elements):
            read = _element(group, element, f"group[{g}].element[{e}]", targets, found)
            if read.fault is None and read.own is not None and read.target is not None:
                found[read.own] = read.target
            yield read


def _read_map(path: Path, book: CodeBook) -> dict[Code, Code]:
    found: dict[Code, Code] = {}
    for element in map_elements(path, book):
        if element.fault is not None or element.own is None or element.target is None:
            place = f", {element.place}" if element.place else ""
            raise CodeMapError(f"code map {path.name}{place}: {element.fault}")
        found[element.own] = element.target
    return found


def _element(
    group: Mapping[str, Any],
    element: Mapping[str, Any],
    place: str,
    targets: frozenset[Code],
    found: Mapping[Code, Code],
) -> MapElement:
    own = _code(group.get("source"), element.get("code"))
    if own is None or not all(own):
        return MapElement(place, fault="needs a group source and a code")
    rows = element.get("target")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        return MapElement(place, own, fault="needs exactly one target")
    target = _code(group.get("target"), rows[0].get("code"))
    fault: str | None = None
    if rows[0].get("equivalence") not in _MEANS_AT_LEAST:
        fault = "equivalence must be equal, equivalent, wider or subsumes"
    elif target is None:
        fault = "needs a group target and a target code, each a text"
    elif target not in targets and not _by_category(target):
        fault = "maps onto a code that this service does not read; see docs/mapping.md"
    elif (STANDARD_SPELLING.get(own[0], own[0]), own[1]) in targets:
        fault = "gives another meaning to a code that this service reads"
    elif found.get(own, target) != target:
        fault = "maps one code onto two"
    return MapElement(place, own, target, fault)


def _code(system: object, code: object) -> Code | None:
    return (system, code) if isinstance(system, str) and isinstance(code, str) else None


def _by_category(code: Code) -> bool:
    """Whether an ICD-10-CM code is read by its category."""
    return code[0] == ICD10CM and code[1].startswith(_READ_CATEGORIES)


def _listed(value: object) -> list[Mapping[str, Any]] | None:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value) or not value:
        return None
    return value
