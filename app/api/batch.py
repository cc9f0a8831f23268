"""Many Bundles in one call: each has an outcome of its own, and a bad one costs the others nothing."""

import asyncio
from functools import partial
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Request, Response

from app.api.another_patient import note_another_patient
from app.api.assessing import SERVICE as ASSESSMENTS
from app.api.assessing import Assessed, Assessing
from app.api.batch_models import BatchAnswer, BatchAsked
from app.api.batch_reading import Item, read_items
from app.api.documented import answered, body_of, faults, json_answer
from app.api.idempotency import answer_anew
from app.api.problems import problem
from app.api.witnessed import caller_of
from app.aside import Aside, Run
from app.audit.witness import HEADER
from app.body import read_body
from app.decision import Caller
from app.errors import Issue, ServiceError, UnreadableError
from app.logs import logger
from app.presence import gone_from, unless_gone

SERVICE = "assessments-batch"
_OK, _FAILED_HERE = 200, 500
_NOTHING = "The item has no bundle that is an object: send a Bundle of one patient's resources."
_FAILED = "The service failed; its log has more under the id of this problem."
_encode = msgspec.json.Encoder().encode


class Outcome(msgspec.Struct, omit_defaults=True):
    """What came of one item; what there is not is left out."""

    id: str
    status: int
    decision_id: str | None = None
    assessment: msgspec.Raw | None = None
    problem: msgspec.Raw | None = None


def add_batch(routes: APIRouter, assessing: Assessing, max_bytes: int, aside: Aside) -> None:
    """Add the route of batches.

    Args:
        routes: takes it.
        assessing: assesses each Bundle.
        max_bytes: the largest body.
        aside: does the work of large bodies.
    """

    @routes.post(
        "/assessments/batch",
        operation_id="assessBundles",
        summary="Assess the Bundles of up to 100 patients",
        tags=["Assessments"],
        response_model=BatchAnswer,
        responses=faults(*answered()),
        openapi_extra=body_of(f"#/components/schemas/{BatchAsked.__name__}"),
    )
    async def assess_bundles(request: Request) -> Response:
        body = await read_body(request, max_bytes)
        caller = caller_of(request)
        async with aside.turn(body) as run:
            items = await run(partial(_items, assessing, body, caller))
            working = _outcomes(assessing, items, caller, run)
            outcomes = await unless_gone(working, gone_from(request))
        if any(one.status >= _FAILED_HERE for one in outcomes):
            # Whoever sends it again is to have what can be had then.
            answer_anew(request)
        return json_answer(_encode({"items": outcomes}))


def _items(assessing: Assessing, body: bytes, caller: Caller | None) -> list[Item]:
    """The items of a batch; one that is refused as a whole is one decision, and recorded.

    Raises:
        ServiceError: it is.
    """
    try:
        return read_items(body)
    except ServiceError as refused:
        with assessing.decisions.of("assessment", SERVICE, body, caller):
            raise refused from None


async def _outcomes(
    assessing: Assessing, items: list[Item], caller: Caller | None, run: Run
) -> list[Outcome]:
    found = []
    for number, item in enumerate(items):
        # Whoever else waits comes between two of them; and where the caller has gone, this ends here.
        await asyncio.sleep(0)
        found.append(await run(partial(_outcome, assessing, number, item, caller)))
    return found


def _outcome(assessing: Assessing, number: int, item: Item, caller: Caller | None) -> Outcome:
    correlation = None
    try:
        assessed = _assessed(assessing, item.sent, caller)
    except ServiceError as error:
        note_another_patient(error, assessing.decisions.tenant)
        refusal = error
    except Exception as error:  # noqa: BLE001  what fails for one patient is not to cost the others theirs
        correlation = str(uuid4())
        logger().error("failed", error=type(error).__name__, correlation=correlation, status=500)
        refusal = ServiceError(_FAILED)
    else:
        return Outcome(item.id, _OK, assessed.decision, assessment=msgspec.Raw(assessed.content))
    place = f"/items/{number}/bundle"
    refusal.issues = tuple(Issue(f"{place}{one.pointer}", one.code, one.message) for one in refusal.issues)
    told = msgspec.Raw(problem(refusal, correlation))
    return Outcome(item.id, refusal.status, refusal.headers.get(HEADER), problem=told)


def _assessed(assessing: Assessing, sent: bytes, caller: Caller | None) -> Assessed:
    if not sent.startswith(b"{"):
        with assessing.decisions.of("assessment", ASSESSMENTS, sent, caller):
            raise UnreadableError(_NOTHING)
    return assessing.bundle(sent, caller, checked=True)
