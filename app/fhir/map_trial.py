"""What a code map would change in what is read of one patient's record."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from app.assess import assess
from app.assess.record import Record
from app.assess.result import Assessment, LesionAssessment
from app.fhir.codes import Code, CodeBook, readable_codes
from app.fhir.observations import IGNORED
from app.fhir.reader import Reader
from app.fhir.wire import Concept
from app.knowledge import Knowledge
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import totals_text

Change = tuple[int, int]
NO_LESION: Final = "no such lesion"
NOT_SCORED: Final = "not scored"


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The totals of one score at one lesion, without the map and with it."""

    lesion: str
    score: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Coded answers to one finding that are not read with the map.

    Args:
        own: the code in the record; None where the answers have none.
        reason: why they are not read.
    """

    finding: str
    own: Code | None
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A record read twice; every pair is without the map and with it.

    Args:
        read: how many entries of each kind are read: findings by code, then the rest by what they are.
        gaps: how many things could not be read or looked at.
        scores: of every lesion that has one.
        left_out: answers that are not read with the map.
        unknown: codes of the site's systems that are in the record and not in the map, with how often.
        unread: what could not be read with the map, in words that name resources.
    """

    read: Mapping[str, Change]
    gaps: Change
    scores: Sequence[ScoreChange]
    left_out: Sequence[LeftOut]
    unknown: Mapping[Code, int]
    unread: Sequence[str]


def try_map(body: bytes, plain: CodeBook, mapped: CodeBook, knowledge: Knowledge, as_of: datetime) -> Trial:
    """What changes in a Bundle of one patient when a map is switched on.

    Args:
        body: the Bundle.
        plain: the codes without the map.
        mapped: the codes with it.
        knowledge: what the record is judged by.
        as_of: the moment to judge at.

    Raises:
        UnreadableError: the body is no Bundle.
        ContradictionError: it holds several patients.
    """
    first, second = (Reader(book, knowledge).bundle(body) for book in (plain, mapped))
    before, after = (assess(record, as_of, knowledge) for record in (first, second))
    read = [_read(record) for record in (first, second)]
    nodes = list(_nodes(json.loads(body)))
    return Trial(
        read={what: (read[0][what], read[1][what]) for what in dict.fromkeys((*read[1], *read[0]))},
        gaps=(len(before.gaps), len(after.gaps)),
        scores=tuple(_scores(before, after)),
        left_out=tuple(_left_out(nodes, mapped)),
        unknown=_unknown(nodes, mapped),
        unread=tuple(gap.reason for gap in after.gaps),
    )


def _read(record: Record) -> Counter[str]:
    found = Counter(f"finding {entry.finding}" for entry in record.entries)
    found.update(f"total {total.score}" for total in record.totals)
    found["conditions"] = len(record.diagnoses)
    found["primary tumours"] = len(record.tumours)
    found["procedures"] = len(record.treatments)
    found["body structures"] = len(record.structures)
    return +found


def _scores(before: Assessment, after: Assessment) -> Iterator[ScoreChange]:
    first, second = ({one.lesion.id: one for one in found.lesions} for found in (before, after))
    for name in dict.fromkeys((*second, *first)):
        was, now = first.get(name), second.get(name)
        lesion = now or was
        for scored in lesion.scores if lesion is not None else ():
            code = scored.instrument.code
            texts = _total(was, code), _total(now, code)
            if lesion is not None and set(texts) - {NO_LESION, NOT_SCORED}:
                yield ScoreChange(lesion.lesion.place.label, scored.instrument.short, *texts)


def _total(lesion: LesionAssessment | None, code: str) -> str:
    if lesion is None:
        return NO_LESION
    result = next((one.result for one in lesion.scores if one.instrument.code == code), None)
    return NOT_SCORED if result is None else totals_text(result.totals)


def _nodes(document: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  any JSON
    """Every object of a record that counts, however deep; what was entered in error is left out."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict) and not _ignored(node):
            yield node
            waiting += reversed(node.values())


def _ignored(node: Mapping[str, Any]) -> bool:
    status = node.get("status")
    return isinstance(status, str) and status in IGNORED


def _left_out(nodes: Sequence[Mapping[str, Any]], book: CodeBook) -> Iterator[LeftOut]:
    counted: Counter[tuple[str, Code | None, str]] = Counter()
    for node in nodes:
        question, answer = _concept(node.get("code")), _concept(node.get("valueCodeableConcept"))
        finding = FINDINGS.get(book.finding(question) or "") if question is not None else None
        if answer is None or finding is None:
            continue
        taken = {*book.answers[finding.code], *finding.coded_numbers}
        codes = [(one.system, one.code) for one in answer.coding or () if one.system and one.code]
        if any(book.resolve(*code) in taken for code in codes):
            continue
        if not codes:
            counted[finding.code, None, "has no code"] += 1
        for own in codes:
            target = book.local.get(own)
            if target is not None:
                why = f"is mapped onto {target[1]}, which {finding.code} does not take"
            elif finding.scale is not None and not finding.coded_numbers:
                why = f"is a code, and {finding.code} needs a quantity in {finding.scale.unit}"
            else:
                why = f"is no answer to {finding.code} that the service or the map knows"
            counted[finding.code, own, why] += 1
    for (code, answered, why), count in counted.items():
        yield LeftOut(code, answered, why, count)


def _concept(value: object) -> Concept | None:
    if not isinstance(value, dict):
        return None
    try:
        return msgspec.convert(value, Concept)
    except msgspec.ValidationError:
        return None


def _unknown(nodes: Sequence[Mapping[str, Any]], book: CodeBook) -> Mapping[Code, int]:
    systems = {system for system, _ in book.local}
    known = readable_codes(book)
    found: Counter[Code] = Counter()
    for node in nodes:
        system, code = node.get("system"), node.get("code")
        if isinstance(system, str) and isinstance(code, str) and system in systems:
            resolved = book.resolve(system, code)
            if (system, code) not in book.local and resolved not in known:
                found[system, code] += 1
    return dict(found.most_common())
