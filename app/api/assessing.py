"""The assessment of one Bundle, the same for every address that takes one."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec

from app.api.wire import assessment_json
from app.api.witnessed import note_assessment, note_record
from app.assess import assess
from app.assess.laps import BeginLaps, begin_unheard
from app.assess.result import Assessment
from app.audit.hearing import Hearing
from app.audit.witness import Decisions
from app.decision import Caller
from app.fhir.codes import CodeBook
from app.fhir.published.assessment_bundle import assessment_bundle
from app.knowledge import Knowledge

SERVICE = "assessments"
# Names the uuids of the resources that are given out, so that they are those of no other service.
_RESOURCES = UUID("7d0c5b1e-3f0a-5d57-9a0e-5f2f1f6f0c11")
_encode = msgspec.json.Encoder().encode


class Assessed(NamedTuple):
    """The answer to one Bundle.

    Args:
        content: the body of the answer.
        decision: the id of the decision.
    """

    content: bytes
    decision: str


class Assessing:
    """Assesses Bundles; each is one decision.

    Args:
        book: the codes under this deployment's base.
        knowledge: the rules.
        clock: tells the moment that a record is judged at.
        decisions: has every decision witnessed.
        begin_laps: begins what is told how the judging of a Bundle goes on.
    """

    def __init__(
        self,
        book: CodeBook,
        knowledge: Knowledge,
        clock: Callable[[], datetime],
        decisions: Decisions,
        begin_laps: BeginLaps = begin_unheard,
    ) -> None:
        self._book = book
        self._knowledge = knowledge
        self._clock = clock
        self.decisions = decisions
        self._begin_laps = begin_laps

    def bundle(
        self, body: bytes, caller: Caller | None, *, as_fhir: bool = False, checked: bool = False
    ) -> Assessed:
        """The assessment of the patient of a Bundle.

        Args:
            body: the Bundle.
            caller: who proved to have sent it.
            as_fhir: whether the answer is to be a Bundle too.
            checked: whether the body is part of one that ``check_body`` has passed.

        Raises:
            ServiceError: it cannot be assessed, or the answer is not to leave.
        """
        with self.decisions.of("assessment", SERVICE, body, caller) as noted:
            hearing = Hearing(self._book, self._knowledge)
            noted.resources.append((hearing.heard, None, "body"))
            record = hearing.checked_bundle(body) if checked else hearing.bundle(body)
            note_record(noted, record)
            found = assess(record, self._clock(), self._knowledge, self._begin_laps())
            note_assessment(noted, found)
            content = fhir_answer(self._book, found, body) if as_fhir else plain_answer(found, noted.id)
            noted.answered(content)
        return Assessed(content, noted.id)


def plain_answer(found: Assessment, decision: str) -> bytes:
    """An assessment as this service writes it.

    Args:
        found: the assessment.
        decision: the id of this decision.
    """
    return _encode(assessment_json(found, decision))


def fhir_answer(book: CodeBook, found: Assessment, body: bytes) -> bytes:
    """An assessment as a Bundle of R4.

    Args:
        book: the codes under this deployment's base.
        found: the assessment.
        body: what was assessed: the same at the same moment has the same ids, and no two patients share one.
    """
    of_this = f"{found.as_of.isoformat()} {found.knowledge.digest} {hashlib.sha256(body).hexdigest()}"
    whole = uuid5(_RESOURCES, of_this)
    return _encode(assessment_bundle(book, found, lambda key: str(uuid5(whole, key))))
