"""From a call to its cards, without the network and the clock: what answers a call, and what replays it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.assess import assess
from app.assess.laps import BeginLaps, begin_unheard
from app.assess.result import Assessment
from app.errors import EnvelopeError, Issue, UnreadableError
from app.fhir.orders import short_reference
from app.fhir.reader import Reader
from app.fhir.strict import check_body, read_small
from app.knowledge import Knowledge
from cds_hooks.cards import Call, CardMaker, Held, MadeCard
from cds_hooks.gather import Gathered, Taken, decode_whole, take
from cds_hooks.protocol import DECODE_ERRORS, HookRequest, HookRequestError, read_request
from cds_hooks.services import HookService
from cds_hooks.tenants import Tenant

# A card speaks to clinicians; a hook fired by a patient's own app gets none.
_NOT_CLINICIANS = re.compile(r"(?:.*/)?(?:Patient|RelatedPerson)/[^/]+(?:/_history/[^/]+)?")


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules made of a call.

    Args:
        made: its cards, those held back among them.
    """

    assessment: Assessment
    call: Call
    made: Sequence[MadeCard]


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges calls of one tenant.

    Args:
        reader: reads the resources.
        knowledge: the rules.
        maker: makes the cards.
        tenant: whose calls these are.
        https_only: whether a FHIR server must be named by an https address.
        begin_laps: begins what is told how the judging goes on.
    """

    reader: Reader
    knowledge: Knowledge
    maker: CardMaker
    tenant: Tenant
    https_only: bool
    begin_laps: BeginLaps = begin_unheard

    def request(self, service: HookService, body: bytes) -> HookRequest:
        """The request in a body.

        Raises:
            UnreadableError: the body is no JSON object.
            EnvelopeError: a member is missing or wrong.
        """
        request = _read(body, service)
        server = request.fhir_server
        if self.https_only and server and not server.lower().startswith("https://"):
            raise _envelope_error("fhirServer", "fhirServer must be an https address.")
        return request

    def taken(self, service: HookService, request: HookRequest, body: bytes) -> Taken:
        """What a request brings by itself.

        Raises:
            ServiceError: it cannot be used; the message says why.
        """
        by_type = self.tenant.profile.matches_prefetch_by_type
        return take(body, request, service, self.reader, by_type=by_type)

    def judged(self, taken: Taken, gathered: Gathered, now: datetime, held: Held) -> Judged:
        """What the rules make of a record.

        Args:
            taken: what the call brought.
            gathered: the record.
            now: the moment that it is judged at.
            held: says of what a card is about whether it is held back.
        """
        request, service = taken.request, taken.service
        return self.of_record(gathered, now, self.call(service, request), held)

    def of_record(self, gathered: Gathered, now: datetime, call: Call, held: Held) -> Judged:
        """The same for a call that is known already."""
        assessment = assess(gathered.record, now, self.knowledge, self.begin_laps())
        return Judged(assessment, call, self.maker.cards(assessment, gathered, call, held))

    def call(self, service: HookService, request: HookRequest) -> Call:
        """What a request says beside the record."""
        return Call(service, request.hook_instance, self.tenant.name, encounter_of(request))


def encounter_of(request: HookRequest) -> str | None:
    """The id of the encounter, where the call names one."""
    named = short_reference(request.text("encounterId") or "").removeprefix("Encounter/")
    return named or None


def is_for_clinicians(request: HookRequest) -> bool:
    """Whether somebody asks who is shown cards."""
    return not _NOT_CLINICIANS.fullmatch(request.text("userId") or "")


def _read(body: bytes, service: HookService) -> HookRequest:
    check_body(body)
    try:
        request = read_request(body, service.hook, decode_whole)
        # Small, and what everything is compared with: read as strictly as JSON can be.
        read_small(bytes(request.raw_context))
        missing = [name for name in service.context if request.text(name) is None]
        for name in service.optional:
            request.text(name)
    except HookRequestError as error:
        raise _envelope_error(error.member, error.message) from None
    except DECODE_ERRORS:
        raise UnreadableError("The body is not a JSON object: check its syntax.") from None
    for name in missing:
        # The patient's id has an advice of its own, given where it is read.
        if name != "patientId":
            raise _envelope_error(f"context.{name}", f"context.{name} is missing: send it as a text.")
    return request


def _envelope_error(member: str, message: str) -> EnvelopeError:
    return EnvelopeError(message, [Issue("/" + member.replace(".", "/"), "required", message)])
