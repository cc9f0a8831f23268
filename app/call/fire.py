"""One call from beginning to end: discovery, the hook, and the feedback."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from app.call.access import FhirAccess
from app.call.answer import Answer, FeedbackSent, faults_of, read_cards
from app.call.context import Circumstances, context_of
from app.call.discovery import Address, Service, choose, read_address, read_services
from app.call.door import Door, Reply
from app.call.exact_json import Json, encode
from app.call.faults import AnswerError, CallError, UsageError
from app.call.feedback import Feedback, UntoldError, feedback_body
from app.call.record import Record
from app.call.signing import Signer
from app.call.templates import prefetch

_OK = 200
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Everything that one call needs.

    Args:
        url: the base of the service, its discovery address, or one service's own address.
        record: the patient.
        now: the moment of the call: tokens are issued and feedback is given at it.
        hook: the hook to fire; patient-view, or that of the only service, where left out.
        service: the id of the service, where the hook alone does not tell.
        around: what the hook is about beside the patient.
        with_prefetch: whether what the service asks for is sent with the call.
        access: the EHR's FHIR server, where the service may ask it.
        signer: signs every request, where the service wants to know who calls.
        feedback: what to tell the service of a card.
        hook_instance: the UUID of the call; a new one where left out.
        timeout: seconds that each request may take.
    """

    url: str
    record: Record
    now: datetime
    hook: str | None = None
    service: str | None = None
    around: Circumstances = field(default_factory=Circumstances)
    with_prefetch: bool = True
    access: FhirAccess | None = None
    signer: Signer | None = None
    feedback: Feedback | None = None
    hook_instance: str | None = None
    timeout: float = 10.0


def fire(call: Call, transport: httpx.BaseTransport | None = None) -> Answer:
    """What the service answered, be it cards or an error.

    Args:
        call: what to ask, and whom.
        transport: takes the place of the network.

    Raises:
        UsageError: the call cannot be made as it stands.
        UnreachableError: nothing answers at the address.
        AnswerError: discovery was answered with an error.
    """
    address = read_address(call.url)
    if call.service is not None and address.service not in (None, call.service):
        raise UsageError("URL and --service name two different services; leave one out.")
    with Door(call.timeout, call.signer, call.now, transport) as door:
        service, notes = _service(door, address, call)
        url = address.of_service(service.id)
        request, more = _request(call, service)
        notes += [*_cautions(url, call), *_signature(call.signer), *more, *call.record.notes]
        reply = door.post(url, encode(request))
        answer = replace(_answer(reply, service, request), notes=tuple(notes))
        if call.feedback is None or answer.faults:
            return answer
        return replace(answer, feedback=_tell(door, f"{url}/feedback", call.feedback, answer, call.now))


def _service(door: Door, address: Address, call: Call) -> tuple[Service, list[str]]:
    """The service to call, and a note where discovery does not tell of it."""
    wanted = address.service or call.service
    try:
        services = _discovered(door.get(address.discovery), address.service)
    except AnswerError as error:
        if address.service is None or call.hook is None:
            hint = " To call a service without it, give the service's own address and --hook."
            raise AnswerError(error.message + hint) from None
        return Service(address.service, call.hook), [f"{error.message} Nothing is known to be prefetched."]
    return choose(services, wanted, call.hook), []


def _discovered(reply: Reply, service_id: str | None) -> list[Service]:
    if reply.status != _OK:
        raise AnswerError(f"Discovery was answered with {reply.status}. {' '.join(faults_of(reply))}")
    services = read_services(reply.body)
    if service_id is not None and all(service_id != one.id for one in services):
        raise AnswerError("Discovery does not list this service.")
    return services


def _request(call: Call, service: Service) -> tuple[Json, list[str]]:
    context, notes = context_of(service.hook, call.record.patient_id, call.around)
    request: Json = {
        "hook": service.hook,
        "hookInstance": call.hook_instance or str(uuid4()),
        "context": context,
    }
    server = call.access.server if call.access else None
    if call.access is not None:
        request |= call.access.members(context.get("patientId"))
    if call.with_prefetch and service.prefetch:
        filled, more = prefetch(service.prefetch, context, call.record, server)
        notes += more
        if filled:
            request["prefetch"] = filled
    return request, notes


def _cautions(url: str, call: Call) -> Iterator[str]:
    for name, address in (
        ("the service", url),
        ("the FHIR server", call.access.server if call.access else ""),
    ):
        parts = urlsplit(address)
        if parts.scheme == "http" and not _on_this_machine(parts.hostname or ""):
            yield f"{name} is addressed without https: what is sent can be read on the way"


def _signature(signer: Signer | None) -> Iterator[str]:
    if signer is not None:
        key = signer.key
        yield f"signed by {signer.issuer} with the key {key.key_id} ({key.algorithm.value})"


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(reply: Reply, service: Service, request: Json) -> Answer:
    shown = {name: value for name, value in request.items() if name != "fhirAuthorization"}
    answer = Answer(
        service.id,
        service.hook,
        reply.status,
        reply.body,
        reply.milliseconds,
        shown,
        decision=reply.decision,
    )
    if reply.status != _OK:
        return replace(answer, faults=faults_of(reply))
    try:
        cards, actions = read_cards(reply)
    except ValueError as error:
        return replace(answer, faults=(str(error),))
    return replace(answer, cards=cards, system_actions=actions)


def _tell(door: Door, url: str, feedback: Feedback, answer: Answer, now: datetime) -> FeedbackSent:
    try:
        body = feedback_body(feedback, answer.cards, now)
    except UntoldError as error:
        return FeedbackSent(None, (str(error),))
    try:
        reply = door.post(url, encode(body))
    except CallError as error:  # the cards have been answered: they are shown all the same
        return FeedbackSent(None, (error.message,))
    return FeedbackSent(reply.status, () if reply.status in _SUCCESS else faults_of(reply))
