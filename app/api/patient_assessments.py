"""The assessment of a patient who is named: the service asks its own FHIR server for the record."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.api.assessing import plain_answer
from app.api.calculation import MOST_ISSUES, SHOWABLE_NAME
from app.api.documented import answered, body_of, either_form, faults
from app.api.models import Assessment
from app.api.negotiation import wants_fhir
from app.api.witnessed import caller_of, named, note_assessment, note_record
from app.aside import Aside, entered
from app.assess import assess
from app.assess.laps import BeginLaps, begin_unheard
from app.assess.record import Record
from app.assess.result import Assessment as AssessedPatient
from app.audit.hearing import Hearing
from app.audit.noting import Noted
from app.audit.witness import UNWITNESSED, Decisions
from app.body import read_body
from app.errors import ContradictionError, Issue, NotConfiguredError, ServiceError, UnreadableError
from app.fhir.codes import CodeBook
from app.fhir.published.assessment_bundle import assessment_bundle
from app.fhir.strict import read_small
from app.knowledge import Knowledge
from app.logs import logger
from app.presence import gone_from, unless_gone

if TYPE_CHECKING:
    # Loaded where there is a server to ask: app/composing.py.
    from app.fhir.record_of_patient import PatientRecords

MAX_ASKED_BYTES = 64_000
# Names the uuids of the resources that are given out, so that they are those of no other route.
_RESOURCES = UUID("3b0b8a56-0a86-5e0c-9a53-0f6a1d5d7b52")
_NOT_SET_UP = (
    "No FHIR server is set up that this service may ask by itself: give an entry of SPINE_METS_FHIR_SERVERS "
    "client_id, token_url and keys, in the demo profile name one in SPINE_METS_DEMO_FHIR_SERVERS, or send "
    "the resources to /api/v1/assessments."
)
_PATIENT = "patient takes the id of a Patient: 1 to 64 letters, digits, hyphens and dots."
_encode = msgspec.json.Encoder().encode


class PatientAsked(BaseModel):
    """Which patient of the configured FHIR server is to be assessed."""

    model_config = ConfigDict(extra="forbid")

    # The id type of FHIR without ids of dots alone, which in an address mean another place.
    patient: str = Field(
        description="The logical id of the Patient on that server, without its type.",
        pattern=r"^\.*[A-Za-z0-9\-][A-Za-z0-9.\-]*$",
        max_length=64,
        examples=["p1"],
    )


def patient_assessment_routes(
    *,
    records: "PatientRecords | None",
    book: CodeBook,
    knowledge: Knowledge,
    clock: Callable[[], datetime],
    base: str | None = None,
    decisions: Decisions = UNWITNESSED,
    begin_laps: BeginLaps = begin_unheard,
    aside: Aside | None = None,
) -> APIRouter:
    """The route for a patient who is named.

    Args:
        records: where the records are; None where no server is set up.
        book: the codes under this deployment's base.
        knowledge: the rules.
        clock: tells the moment that a record is judged at.
        base: the address of the server that the ids of the records belong to.
        decisions: has every call witnessed.
        begin_laps: begins what is told how the judging of a record goes on.
        aside: does the work of large records.
    """
    aside = aside or Aside()
    routes = APIRouter(prefix="/api/v1", tags=["Assessments"])

    @routes.post(
        "/patient-assessments",
        operation_id="assessPatient",
        summary="Assess a patient of the configured FHIR server",
        response_model=Assessment,
        responses={**either_form(), **faults(*answered(), 412, 502, 504)},
        openapi_extra=body_of(f"#/components/schemas/{PatientAsked.__name__}"),
    )
    async def assess_patient(request: Request) -> Response:
        body = await read_body(request, MAX_ASKED_BYTES)
        as_fhir = wants_fhir(",".join(request.headers.getlist("accept")))
        of_call = decisions.of("patient-assessment", "patient-assessments", body, caller_of(request))
        async with aside.turn(body) as turn, entered(of_call, turn) as noted:
            noted.patient = _asked(body)
            if records is None:
                raise NotConfiguredError(_NOT_SET_UP)
            noted.base = base
            hearing = Hearing(book, knowledge)
            noted.resources.append((hearing.heard, None, "fetched"))
            try:
                record = await unless_gone(records.record(noted.patient, hearing, turn), gone_from(request))
            except ServiceError as error:
                if error.layer is not None:
                    logger().warning("record_not_had", error=type(error).__name__, status=error.status)
                raise
            content = await turn(partial(judged, noted, record, as_fhir=as_fhir))
        media = "application/fhir+json" if as_fhir else "application/json"
        return named(Response(content, media_type=media), noted)

    def judged(noted: Noted, record: Record, *, as_fhir: bool) -> bytes:
        note_record(noted, record)
        found = assess(record, clock(), knowledge, begin_laps())
        note_assessment(noted, found)
        content = _fhir_answer(book, found) if as_fhir else plain_answer(found, noted.id)
        noted.answered(content)
        return content

    return routes


def _fhir_answer(book: CodeBook, found: AssessedPatient) -> bytes:
    # The same record at the same moment has the same ids, and no two patients share one.
    whole = uuid5(_RESOURCES, hashlib.sha256(plain_answer(found, "")).hexdigest())
    return _encode(assessment_bundle(book, found, lambda key: str(uuid5(whole, key))))


def _asked(body: bytes) -> str:
    """The id of the patient that a body asks for.

    Raises:
        UnreadableError: the body is no JSON object.
        ContradictionError: it holds something else than the id of a patient.
    """
    document = read_small(body)
    if not isinstance(document, dict):
        raise UnreadableError("The body must be a JSON object with the member patient.")
    try:
        return PatientAsked.model_validate(document, strict=True).patient
    except ValidationError as error:
        issues = _issues(error)
    raise ContradictionError("The body does not name one patient: see errors.", issues[:MOST_ISSUES])


def _issues(error: ValidationError) -> list[Issue]:
    """Each fault once; a name is shown only where it looks like one, as in the other bodies."""
    issues: dict[str, Issue] = {}
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name in PatientAsked.model_fields:
            code = "required" if fault["type"] == "missing" else "invalid"
            issues[name] = Issue(f"/{name}", code, _PATIENT)
        else:
            shown = name if SHOWABLE_NAME.fullmatch(name) else ""
            message = f"There is no member {shown}; the only member is patient.".replace(" ;", ";")
            issues[shown] = Issue(f"/{shown}" if shown else "", "invalid", message)
    return list(issues.values())
