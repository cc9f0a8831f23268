"""The route of REST that tells how cards were received, with no count that speaks of single persons."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from starlette.concurrency import run_in_threadpool

from app.api.documented import json_answer
from app.api.models import Problem
from app.api.output import Output
from app.errors import ContradictionError, Issue
from app.store import Reason, Recorder, Store, Tally, Told, tell

Json = dict[str, Any]
_FLUSH_SECONDS = 2.0
_OTHER = "Another reason, which the EHR tells in its own words"


def _no_default(schema: Json) -> None:
    schema.pop("default", None)


_Counted = Annotated[int, Field(ge=0)]
_Rated = Annotated[float, Field(ge=0, le=1)]
# Bounds of the whole, null among it, would be written under names that JSON Schema does not have.
Count = Annotated[_Counted | SkipJsonSchema[None], Field(default=None, json_schema_extra=_no_default)]
Rate = Annotated[_Rated | SkipJsonSchema[None], Field(default=None, json_schema_extra=_no_default)]


class _Row(Output):
    shown: Count
    accepted: Count
    overridden: Count
    unanswered: Count
    acceptance_rate: Rate
    override_rate: Rate
    suppressed: bool


class ServiceFeedback(_Row):
    """The cards of one service that were shown; a suppressed row has neither counts nor rates.

    The rates are of the cards that were answered; without any there is no rate.
    """

    service: str


class RuleFeedback(_Row):
    """The same for one rule of a service."""

    service: str
    rule: str


class ReasonFeedback(Output):
    """How often a reason was given, among the cards of all rows that are told; rarer ones are left out."""

    system: Annotated[str | SkipJsonSchema[None], Field(default=None, json_schema_extra=_no_default)]
    code: str
    display: Annotated[str | SkipJsonSchema[None], Field(default=None, json_schema_extra=_no_default)]
    count: int


class FeedbackSummary(Output):
    """How cards were received since a day, each card by the last that was reported of it.

    ``unmatched`` are cards that were reported and are not known, ``shadow`` cards that were made while
    nothing is shown, ``quiet`` cards that were held back after they had been overridden; each of them is
    null where it is below ``smallest_cell`` and not zero.
    """

    since: Annotated[str, Field(json_schema_extra={"format": "date"})] | None
    smallest_cell: int
    by_service: list[ServiceFeedback]
    by_rule: list[RuleFeedback]
    by_reason: list[ReasonFeedback]
    unmatched: int | None
    shadow: int | None
    quiet: int | None


Since = Annotated[
    str | SkipJsonSchema[None],
    Query(
        description="The first day of issue that counts, in UTC; every card where left out",
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        json_schema_extra={"format": "date"},
    ),
]


def feedback_summary_routes(
    *,
    store: Store,
    recorder: Recorder,
    tenant_of: Callable[[Request], str],
    clock: Callable[[], datetime],
    smallest_cell: int,
    displays: Mapping[tuple[str, str], str],
) -> APIRouter:
    """The route ``/api/v1/feedback/summary``.

    Args:
        store: keeps cards and reports.
        recorder: is asked to write what is waiting, so that the newest cards count.
        tenant_of: says whose call it is; empty where there is one tenant only.
        clock: tells the moment of a call.
        smallest_cell: the smallest count that is told.
        displays: what a reason is called, by system and code.
    """
    routes = APIRouter(prefix="/api/v1")

    def summary(tenant: str, since: date | None) -> Json:
        recorder.flush(_FLUSH_SECONDS)
        start = None if since is None else datetime.combine(since, time(), UTC)
        return summary_json(tell(store.counts(tenant, start), smallest_cell), since, smallest_cell, displays)

    @routes.get(
        "/feedback/summary",
        operation_id="getFeedbackSummary",
        summary="How cards were received: shown, accepted, overridden, left alone",
        tags=["Feedback"],
        response_model=FeedbackSummary,
        responses=_FAULTS,
    )
    async def get_summary(request: Request, since: Since = None) -> Response:
        first = None if since is None else _day(since, clock())
        return json_answer(msgspec.json.encode(await run_in_threadpool(summary, tenant_of(request), first)))

    return routes


def summary_json(
    told: Told, since: date | None, smallest_cell: int, displays: Mapping[tuple[str, str], str]
) -> Json:
    """The counts that may be told, as the answer has them."""
    reasons = sorted(told.reasons.items(), key=lambda one: (-one[1], one[0].system or "", one[0].code))
    return {
        "since": None if since is None else since.isoformat(),
        "smallest_cell": smallest_cell,
        "by_service": [{"service": key, **_counts(tally)} for key, tally in told.services.items()],
        "by_rule": [
            {"service": service, "rule": rule, **_counts(tally)}
            for (service, rule), tally in told.rules.items()
        ],
        "by_reason": [{**_reason(reason, displays), "count": number} for reason, number in reasons],
        "unmatched": told.unmatched,
        "shadow": told.shadow,
        "quiet": told.quiet,
    }


def _counts(tally: Tally | None) -> Json:
    if tally is None:
        return {"suppressed": True}
    found: Json = {
        "shown": tally.shown,
        "accepted": tally.accepted,
        "overridden": tally.overridden,
        "unanswered": tally.unanswered,
        "suppressed": False,
    }
    answered = tally.accepted + tally.overridden
    if answered:
        found["acceptance_rate"] = round(tally.accepted / answered, 4)
        found["override_rate"] = round(tally.overridden / answered, 4)
    return found


def _reason(reason: Reason, displays: Mapping[tuple[str, str], str]) -> Json:
    if reason.system is None:
        return {"code": reason.code, "display": _OTHER}
    found = {"system": reason.system, "code": reason.code}
    display = displays.get((reason.system, reason.code))
    return found if display is None else {**found, "display": display}


def _day(text: str, now: datetime) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _refused("since is no day of the calendar: send one such as 2026-11-21.") from None
    if day > now.astimezone(UTC).date():
        raise _refused("since is in the future: send today or an earlier day.")
    return day


def _refused(message: str) -> ContradictionError:
    return ContradictionError(message, [Issue("/since", "value", message)])


_FAULTS: dict[int | str, Json] = {
    status: {"model": Problem, "description": text, "content": {"application/problem+json": {}}}
    for status, text in (
        (422, "since is no day, or lies in the future"),
        (503, "The counts cannot be read now: send the same request again"),
    )
}
