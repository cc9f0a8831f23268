"""Feedback on cards: read all of it or none, keep codes and never a text, answer with nothing.

A card that is not known is no fault: it may be of another replica, or from before a restart.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.audit.witness import HEADER, UNWITNESSED, Decisions
from app.body import DirectRoute, read_body
from app.errors import EnvelopeError, Issue, TooLargeError, UnreadableError
from app.fhir.strict import read_small
from app.logs import logger
from app.store import Reason, Report, Store, StoreError
from cds_hooks.documented import OUTCOME_SCHEMA, PROOF_RESPONSES, body_of
from cds_hooks.documented import json_answer as described
from cds_hooks.feedback_wire import MAX_ITEMS, Feedback, OverrideReason
from cds_hooks.schemas import reference
from cds_hooks.services import HookService
from cds_hooks.witnessed import caller_of, note_reports

if TYPE_CHECKING:
    # Loaded where there are any: app/parties.py.
    from cds_hooks.trusting import Clients

# A reason that was told in words, or by a code of no system: which one it was is not kept.
OTHER_REASON = Reason(None, "other")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# No name and no number of a patient fits these, wherever a client should write one by mistake: words of the
# public code system and of our own, and the short numbers that vendors give to the reasons of a site.
_KEPT_REASONS = (
    (
        re.compile(r"http://terminology\.hl7\.org/CodeSystem/[a-z-]{1,64}"),
        re.compile(r"[a-z]{1,32}(?:-[a-z]{1,32}){0,7}"),
    ),
    (
        re.compile(r"https?://[!-~]{1,200}/CodeSystem/override-reason"),
        re.compile(r"[a-z]{1,32}(?:-[a-z]{1,32}){0,7}"),
    ),
    (re.compile(r"urn:oid:[0-9.]{1,64}"), re.compile(r"[0-9]{1,6}")),
)
_SECONDS = re.compile(r"(?<=:)60(?=\.|[Zz+-])")
_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Feedback)}
_MENDING = {
    "card": "send the uuid of the card as a text of at most 255 characters",
    "outcome": "send accepted or overridden",
    "outcomeTimestamp": (
        "send an RFC 3339 date-time with its offset, such as 2026-11-21T08:00:00Z, from 2000 on and not "
        "more than a day ahead"
    ),
    "acceptedSuggestions": "send an array of objects, each with the id of a suggestion",
    "overrideReason": "send an object with reason, whose code is a text, or userComment, which is one",
    "overrideReasons": "send objects with reason, whose code is a text, or userComment, which is one",
}


def feedback_routes(
    *,
    services: Iterable[HookService],
    store: Store,
    tenant_of: Callable[[Request], str],
    clock: Callable[[], datetime],
    clients: "Clients | None",
    max_bytes: int,
    decisions: Decisions = UNWITNESSED,
) -> APIRouter:
    """The routes ``/cds-services/{id}/feedback``, one for each service [R124, R125].

    Args:
        services: the services that issue cards.
        store: keeps what is reported.
        tenant_of: says whose call it is; empty where there is one tenant only.
        clock: tells the moment of a call.
        clients: those who may report; None where whoever reaches the service may.
        max_bytes: the largest body that is taken.
        decisions: has every call witnessed.
    """
    routes = APIRouter(tags=["CDS Hooks"], route_class=DirectRoute)
    # The 503 of feedback says more than that of a check.
    responses = _RESPONSES if clients is None else {**PROOF_RESPONSES, **_RESPONSES}

    def add(service: HookService) -> None:
        @routes.post(
            f"/cds-services/{service.id}/feedback",
            operation_id="sendFeedback" + "".join(word.capitalize() for word in service.id.split("-")),
            summary=f"Feedback on cards of: {service.title}",
            description=_DESCRIPTION,
            responses=responses,
            response_class=Response,
            openapi_extra=_REQUEST_BODY,
        )
        async def feedback(request: Request) -> Response:
            started = perf_counter()
            proved = None if clients is None else await clients.proved(request, service.id, "/feedback")
            body = await read_body(request, max_bytes)
            admitted = None
            if clients is not None and proved is not None:
                admitted = await clients.admit(proved, service.id, body)
            with decisions.of("feedback", service.id, body, caller_of(admitted), service.hook) as noted:
                now = clock()
                reports = read_feedback(body, now)
                note_reports(noted, reports)
                try:
                    await run_in_threadpool(store.add_feedback, tenant_of(request), service.id, reports, now)
                except StoreError as error:
                    logger().error("feedback", service=service.id, status=error.status, error=error.cause)
                    raise
            logger().info(
                "feedback",
                service=service.id,
                status=200,
                bytes=len(body),
                cards=len(reports),
                milliseconds=round(1000 * (perf_counter() - started), 2),
            )
            return Response(b"{}", headers={HEADER: noted.id}, media_type="application/json")

    for service in services:
        add(service)
    return routes


def read_feedback(body: bytes, now: datetime) -> list[Report]:
    """The reports in a body, all of them or none [R126 to R130].

    Args:
        body: the body.
        now: the moment that the reports are judged at.

    Raises:
        UnreadableError: the body is no JSON object.
        EnvelopeError: a member is missing or wrong; every one that is has its place.
        TooLargeError: there are more reports than are taken at once.
    """
    content = read_small(body)
    if not isinstance(content, dict):
        raise UnreadableError("The body is not a JSON object: check its syntax.")
    items = content.get("feedback")
    if not isinstance(items, list):
        message = "feedback is missing or no array: send an array of what was done with each card."
        raise EnvelopeError(message, [Issue("/feedback", "required", message)])
    if len(items) > MAX_ITEMS:
        message = f"feedback holds more than {MAX_ITEMS:,} reports: send them in several calls."
        raise TooLargeError(message, [Issue("/feedback", TooLargeError.code, message)])
    faults: list[Issue] = []
    reports = [_report(item, f"/feedback/{place}", now, faults) for place, item in enumerate(items)]
    if faults:
        raise EnvelopeError(
            "Nothing of this feedback was kept: mend what is named and send it again.", faults
        )
    return [report for report in reports if report is not None]


def _report(item: object, place: str, now: datetime, faults: list[Issue]) -> Report | None:
    """The report that an item is; None where it has faults, which are added to the others."""
    if not isinstance(item, dict):
        faults.append(Issue(place, "structure", "This report is no object: send an object for each card."))
        return None
    found: dict[str, Any] = {}
    wrong = [issue for name in _FIELDS if (issue := _read(name, item, place, found)) is not None]
    outcome_at = _moment(found["outcomeTimestamp"], now) if "outcomeTimestamp" in found else None
    if "outcomeTimestamp" in found and outcome_at is None:
        wrong.append(_issue(place, "outcomeTimestamp", "value"))
    accepted = found.get("outcome") == "accepted"
    if accepted and "acceptedSuggestions" in found and not found["acceptedSuggestions"]:
        message = "acceptedSuggestions is missing or empty: name what was accepted."
        wrong.append(Issue(f"{place}/acceptedSuggestions", "required", message))
    if wrong or outcome_at is None:
        faults += wrong
        return None
    given = _given(found)
    return Report(
        card=_name(found["card"]),
        outcome=found["outcome"],
        outcome_at=outcome_at,
        reason=None if accepted else _reason(given),
        suggestions=tuple(_name(one.id) for one in found["acceptedSuggestions"] or ()) if accepted else (),
        commented=any(one.user_comment and one.user_comment.strip() for one in given),
    )


def _read(name: str, item: Mapping[str, object], place: str, found: dict[str, Any]) -> Issue | None:
    """Put a member among those that were found; what is wrong with it, if anything is."""
    field = _FIELDS[name]
    value = item.get(name)
    if value is None:
        if field.required:
            return _issue(place, name, "required")
        found[name] = None
        return None
    try:
        found[name] = msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        return _issue(place, name, "value")
    return None


def _issue(place: str, name: str, code: str) -> Issue:
    what = "is missing" if code == "required" else "cannot be used"
    return Issue(f"{place}/{name}", code, f"{name} {what}: {_MENDING[name]}.")


def _name(uuid: str) -> str:
    """What a card or suggestion is kept under: its uuid, or where it is none a digest of what is there."""
    return uuid.lower() if _UUID.fullmatch(uuid) else hashlib.sha256(uuid.encode()).hexdigest()


def _moment(text: str, now: datetime) -> datetime | None:
    """The moment in UTC; None where no clock could have shown it, or none of a clinician's."""
    # A leap second counts as the last second before it.
    written = _SECONDS.sub("59", text.upper())
    try:
        moment = datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _EARLIEST <= moment <= now + _AHEAD else None


def _given(found: Mapping[str, Any]) -> Sequence[OverrideReason]:
    """Every reason that was given, however the client spells the member."""
    several = found["overrideReasons"]
    listed = several if isinstance(several, list) else [several]
    return [one for one in (found["overrideReason"], *listed) if one is not None]


def _reason(given: Sequence[OverrideReason]) -> Reason | None:
    """The first reason that is a code of some system; else only that there was one."""
    for one in given:
        coding = one.reason
        if coding is not None and any(
            system.fullmatch(coding.system or "") and code.fullmatch(coding.code)
            for system, code in _KEPT_REASONS
        ):
            return Reason(coding.system, coding.code)
    told = any(one.reason is not None or one.extension for one in given)
    return OTHER_REASON if told else None


_DESCRIPTION = (
    "What clinicians did with cards; several cards, and cards of several calls, may be reported together. "
    "The same report sent again is kept once. Comments are not kept. A card that is not known is no error."
)
_FAULTS = {
    400: "Unreadable, or no feedback; nothing of it was kept",
    413: "The body is too large, or holds too many reports",
    415: "The media type or encoding is not taken",
    500: "The service failed; the id is in its log",
    503: "The reports could not be kept: send the same request again",
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: described(reference("FeedbackReceived"), "Kept", "application/json"),
    **{status: described(OUTCOME_SCHEMA, text, "application/fhir+json") for status, text in _FAULTS.items()},
}
_REQUEST_BODY = body_of("FeedbackRequest")
