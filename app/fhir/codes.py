"""Which codes in a record mean what: the service's own, the verified standard ones, and a site's."""

import json
from collections.abc import Mapping
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
_SYSTEM_ALIASES = {
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
}

# Every category of malignant neoplasms, bone disease and primaries among them.
_READ_CATEGORIES = ("C",)


class CodeMapError(ValueError):
    """A site's code map cannot be used; the message says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class CodeBook:
    """Every code that the reader understands.

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
        spelled = list(_SYSTEM_ALIASES.items())
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
        found = (_SYSTEM_ALIASES.get(system, system), code)
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
    local = _read_map(code_map, _targets(book))
    return CodeBook(base, book.observables, book.answers, MappingProxyType(local))


def _targets(book: CodeBook) -> frozenset[Code]:
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


def _read_map(path: Path, targets: frozenset[Code]) -> dict[Code, Code]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise CodeMapError(f"code map {path.name}: cannot be opened ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise CodeMapError(f"code map {path.name}: is not JSON") from None
    if not isinstance(document, dict) or document.get("resourceType") != "ConceptMap":
        raise CodeMapError(f"code map {path.name}: is not a FHIR ConceptMap")
    found: dict[Code, Code] = {}
    for g, group in enumerate(_listed(document.get("group"), path, "group")):
        source, target = group.get("source"), group.get("target")
        for e, element in enumerate(_listed(group.get("element"), path, f"group[{g}].element")):
            where = f"code map {path.name}, group[{g}].element[{e}]"
            found.update(_pair(source, target, element, where, targets, found))
    return found


def _pair(
    source: object,
    target: object,
    element: Mapping[str, Any],
    where: str,
    targets: frozenset[Code],
    found: Mapping[Code, Code],
) -> dict[Code, Code]:
    code = element.get("code")
    if not isinstance(source, str) or not isinstance(code, str) or not source or not code:
        raise CodeMapError(f"{where}: needs a group source and a code")
    rows = element.get("target")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise CodeMapError(f"{where}: needs exactly one target")
    if rows[0].get("equivalence") not in _MEANS_AT_LEAST:
        raise CodeMapError(f"{where}: equivalence must be equal, equivalent, wider or subsumes")
    mapped = (target, rows[0].get("code"))
    if not all(isinstance(part, str) for part in mapped):
        raise CodeMapError(f"{where}: needs a group target and a target code, each a text")
    if mapped not in targets and not _by_category(mapped):
        raise CodeMapError(f"{where}: maps onto a code that this service does not read; see docs/mapping.md")
    own = (source, code)
    if (_SYSTEM_ALIASES.get(source, source), code) in targets:
        raise CodeMapError(f"{where}: gives another meaning to a code that this service reads")
    if found.get(own, mapped) != mapped:
        raise CodeMapError(f"{where}: maps one code onto two")
    return {own: (str(mapped[0]), str(mapped[1]))}


def _by_category(code: tuple[Any, Any]) -> bool:
    """Whether an ICD-10-CM code is read by its category."""
    return code[0] == ICD10CM and str(code[1]).startswith(_READ_CATEGORIES)


def _listed(value: object, path: Path, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value) or not value:
        raise CodeMapError(f"code map {path.name}: {where} must be a list of objects, not empty")
    return value
