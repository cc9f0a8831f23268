"""What a site's code map says, element by element, before it is switched on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from app.fhir.codes import STANDARD_SPELLING, Code, CodeBook, MapElement, map_elements, readable_codes
from app.fhir.queries import MAX_TEMPLATE, observations_by_code, prefetch_templates
from app.knowledge import Knowledge
from app.knowledge.anatomy import PART_BY_CODE, SIDE_BY_CODE, SITE_BY_CODE
from app.knowledge.conditions import (
    DISEASE_BY_CODE,
    FINDING_BY_CONDITION,
    FINDING_BY_MEDICINE,
    INSTRUMENTATION_BY_CODE,
    OSTEOPOROTIC_FRACTURES,
    RADIOTHERAPY_BY_CODE,
)
from app.knowledge.finding import INDETERMINATE, Finding
from app.knowledge.findings import FINDINGS, PANELS, TOTALS
from app.knowledge.histology import HISTOLOGY_BY_CODE
from app.knowledge.orderables import ORDERABLE_BY_CODE, OWN_ORDERABLES

_CONDITIONS = (DISEASE_BY_CODE, HISTOLOGY_BY_CODE, FINDING_BY_CONDITION, OSTEOPOROTIC_FRACTURES)
_PROCEDURES = (INSTRUMENTATION_BY_CODE, RADIOTHERAPY_BY_CODE, ORDERABLE_BY_CODE)


@dataclass(frozen=True, slots=True)
class Understood:
    """One element that the service reads: the site's code, what it stands for, and that in words."""

    own: Code
    target: Code
    meaning: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One element that the service cannot use, or a group of them.

    Args:
        fault: what is wrong, in the words with which the service refuses to start.
        hint: what was perhaps meant; empty where nothing is near.
    """

    place: str
    own: Code | None
    target: Code | None
    fault: str
    hint: str


@dataclass(frozen=True, slots=True)
class Search:
    """How long one prefetch template is without the map and with it, and what it is."""

    key: str
    without: int
    length: int
    template: str


@dataclass(frozen=True, slots=True)
class MapCheck:
    """Everything that a map says.

    Args:
        searches: the templates that the map changes; none where the map cannot be used.
        warnings: what the map can be used with, and somebody should look at.
        book: the codes with the map in them; None where it cannot be used.
    """

    understood: Sequence[Understood]
    refused: Sequence[Refused]
    searches: Sequence[Search]
    warnings: Sequence[str]
    book: CodeBook | None


def check_map(path: Path, plain: CodeBook, knowledge: Knowledge) -> MapCheck:
    """What a code map says.

    Args:
        path: the map, a ConceptMap in JSON.
        plain: the codes without any map.
        knowledge: what the service reads codes for.

    Raises:
        CodeMapError: the file is no ConceptMap with groups.
    """
    targets = readable_codes(plain)
    understood: dict[Code, Understood] = {}
    refused: list[Refused] = []
    for element in map_elements(path, plain):
        own, target = element.own, element.target
        if element.fault is None and own is not None and target is not None:
            understood[own] = Understood(own, target, meaning(target, plain))
        else:
            refused.append(Refused(element.place, own, target, element.fault or "", _hint(element, targets)))
    if refused:
        return MapCheck(tuple(understood.values()), tuple(refused), (), (), None)
    local = {own: one.target for own, one in understood.items()}
    book = CodeBook(plain.base, plain.observables, plain.answers, MappingProxyType(local))
    before, after = prefetch_templates(plain, knowledge), prefetch_templates(book, knowledge)
    changed = [
        Search(key, len(before[key]), len(after[key]), after[key])
        for key in after
        if before[key] != after[key]
    ]
    return MapCheck(tuple(understood.values()), (), tuple(changed), tuple(_warnings(book)), book)


def meaning(target: Code, book: CodeBook) -> str:
    """What a code that the service reads is to it, in a few words."""
    said = list(_observed(target, book))
    if target in SITE_BY_CODE:
        said.append(f"site: {SITE_BY_CODE[target].label}")
    if target in SIDE_BY_CODE:
        said.append(f"side: {SIDE_BY_CODE[target].value}")
    if target in PART_BY_CODE:
        said.append("part of a bone")
    if any(target in codes for codes in _CONDITIONS):
        said.append("condition")
    if target[0] == book.order_system and target[1] in OWN_ORDERABLES:
        said.append(f"order or procedure: {OWN_ORDERABLES[target[1]].label}")
    if any(target in codes for codes in _PROCEDURES):
        said.append("order or procedure")
    if target in FINDING_BY_MEDICINE:
        said.append("medicine")
    return "; ".join(said) or "condition, read by its category"


def answered_by(target: Code, book: CodeBook) -> tuple[str, ...]:
    """The findings that take a code as their answer."""
    named = (code for code, answers in book.answers.items() if target in answers)
    numbers = (one.code for one in FINDINGS.values() if target in one.coded_numbers)
    return tuple(dict.fromkeys((*named, *numbers)))


def _observed(target: Code, book: CodeBook) -> Iterator[str]:
    code = book.observables.get(target)
    if code is not None and code in TOTALS:
        yield f"a total of {TOTALS[code]}"
    elif code is not None:
        yield f"finding {code}, {_answer_of(FINDINGS[code])}"
    if target[0] == book.observable_system and target[1] in PANELS:
        yield f"panel of {target[1]}"
    if target == (book.answer_system, INDETERMINATE):
        yield "answer to any finding"
        return
    findings = answered_by(target, book)
    if findings:
        yield f"answer to {', '.join(findings)}"


def _answer_of(finding: Finding) -> str:
    return "a coded answer" if finding.scale is None else f"a quantity in {finding.scale.unit}"


def _hint(element: MapElement, targets: frozenset[Code]) -> str:
    """The code that an unknown target is probably meant to be."""
    target = element.target
    if target is None or target in targets:
        return ""
    system, code = target
    elsewhere = sorted({other for other, known in targets if known == code})
    if elsewhere:
        return f"{code} is a code of {' and of '.join(elsewhere)}"
    here = [known for other, known in targets if other == system]
    if not here:
        return f"{system} is no system that this service reads"
    near = get_close_matches(code, sorted(here), n=1)
    return f"perhaps {near[0]}" if near else ""


def _warnings(book: CodeBook) -> Iterator[str]:
    yield from _unanswered(book)
    for system in sorted({system for system, _ in book.local if system in STANDARD_SPELLING}):
        yield f"{system}: write this source as {STANDARD_SPELLING[system]}, else its answers are not read."
    by_code = observations_by_code(book)
    if by_code is not None and len(by_code) > MAX_TEMPLATE:
        yield (
            f"Asked for by code, the search for Observations would have {len(by_code)} characters, more than "
            f"{MAX_TEMPLATE}: it asks by category, and finds none of your Observations that have no category."
        )


def _unanswered(book: CodeBook) -> Iterator[str]:
    """Findings whose answers the map leaves out, and answers whose findings it leaves out."""
    mapped = {
        book.observables[target]: own for own, target in book.local.items() if target in book.observables
    }
    answers = _answers_mapped(book)
    for code, own in mapped.items():
        finding = FINDINGS.get(code)
        if finding is None or finding.scale is not None or finding.answer_codes:
            continue
        if not any(code in findings for findings in answers.values()):
            yield (
                f"{own[0]}|{own[1]}: no answer to {code} is mapped, so only answers in {book.answer_system} "
                "are read."
            )
    for own, findings in answers.items():
        if not mapped.keys() & set(findings):
            yield (
                f"{own[0]}|{own[1]}: none of the findings that take this answer is mapped "
                f"({', '.join(findings)}), so it is read only where they have codes that the service knows."
            )


def _answers_mapped(book: CodeBook) -> Mapping[Code, tuple[str, ...]]:
    """By a site's code that is mapped onto an answer of some findings, those findings."""
    unsure = (book.answer_system, INDETERMINATE)
    own_answers = {
        own: target
        for own, target in book.local.items()
        # A code of a standard may be a Condition or a Procedure as well, and then needs no finding.
        if target[0] == book.answer_system and target != unsure
    }
    return {own: answered_by(target, book) for own, target in own_answers.items()}
