"""What a call of REST tells of itself to those who witness decisions."""

from collections.abc import Callable
from typing import NamedTuple

from fastapi import Request, Response

from app.api.documented import json_answer
from app.assess.record import Record
from app.assess.result import Assessment
from app.audit.noting import Noted
from app.audit.results import results_of
from app.audit.witness import HEADER, Decisions
from app.body import read_body
from app.decision import Caller, Kind

MAX_ANSWER_BYTES = 64_000


class Calculated(NamedTuple):
    """What a calculation gives.

    Args:
        content: the body of the answer.
        result: the same in a word, for its record.
    """

    content: bytes
    result: str


Calculate = Callable[[bytes], Calculated]


def caller_of(request: Request) -> Caller | None:
    """Who sent a call, where that had to be proved before it came here."""
    found = getattr(request.state, "caller", None)
    return None if found is None else Caller(found.issuer or "api-key", found.client)


async def calculated(
    request: Request, kind: Kind, code: str, calculate: Calculate, decisions: Decisions
) -> Response:
    """The answer to a calculation, witnessed.

    Args:
        request: the call.
        kind: of what is calculated.
        code: of what is calculated.
        calculate: makes the answer of the body.
        decisions: has the call witnessed.
    """
    body = await read_body(request, MAX_ANSWER_BYTES)
    with decisions.of(kind, code, body, caller_of(request)) as noted:
        found = calculate(body)
        noted.results = {code: found.result}
        noted.answered(found.content)
    return named(json_answer(found.content), noted)


def note_record(noted: Noted, record: Record) -> None:
    """Note whose record was read, and what could be looked at of it."""
    noted.patient = record.patient
    noted.looked_at(record.looked_at)
    noted.gaps = dict.fromkeys(sorted(record.unavailable), ("in-part",))


def note_assessment(noted: Noted, assessment: Assessment) -> None:
    """Note what was judged, and at which moment."""
    noted.judged = assessment.as_of
    noted.results = results_of(assessment)


def named(response: Response, noted: Noted) -> Response:
    """The answer, with the name of the decision that it tells."""
    response.headers[HEADER] = noted.id
    return response
