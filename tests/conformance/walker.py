"""Walks every answer that any test receives; one that does not conform fails the test.

Those below /cds-services are held against the requirements of CDS Hooks, and all of them against the OpenAPI
document of the application.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from fhir.resources.R4B import get_fhir_model_class
from markdown_it import MarkdownIt
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.cds_hooks.card_schema import BALLOT_CARDS_VALIDATOR, CARDS_VALIDATOR, DISCOVERY_VALIDATOR, hollow
from tests.cds_hooks.card_words import check_words
from tests.conformance.exchange import Exchange, exchange_of
from tests.conformance.promises import Promises

ROOT = "/cds-services"
LONGEST_SUMMARY = 139
ORDERS = frozenset({"ServiceRequest", "MedicationRequest"})
_HOOK_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+|[a-z]+(?:\.[a-z][a-z0-9-]*)+")
_ADDRESS = re.compile(r"(?i)\]\(|<https?:")
_RENDER = MarkdownIt("commonmark").enable("table")


class Walked:
    """An application whose every answer is walked.

    Args:
        app: the application; what it raises after its answer is for the server's log, and is dropped.
        ballot: the parts of the 3.0 ballot that are switched on.
        promises: what its document says; without it, answers are held against CDS Hooks alone.
    """

    def __init__(
        self, app: ASGIApp, ballot: Collection[str] = (), promises: Callable[[], Promises] | None = None
    ) -> None:
        self.app = app
        self.ballot = frozenset(ballot)
        self.promises = promises

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._answer(scope, receive, send, [])
            return
        body, messages = bytearray(), list[Message]()

        async def take() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self._answer(scope, take, send, messages)
        exchange = exchange_of(scope, bytes(body), messages)
        found = list(faults(exchange, self.ballot)) if is_walked(exchange.path) else []
        if self.promises is not None:
            found += self.promises().faults(exchange)
        assert not found, f"{exchange.method} {exchange.path} {exchange.status}: {found[:10]}"

    async def _answer(self, scope: Scope, receive: Receive, send: Send, sent: list[Message]) -> None:
        started = False

        async def give(message: Message) -> None:
            nonlocal started
            started = True
            sent.append(message)
            await send(message)

        try:
            await self.app(scope, receive, give)
        except Exception:
            if not started:
                raise


def is_walked(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")


def faults(exchange: Exchange, ballot: Collection[str] = ()) -> Iterator[str]:
    """What is wrong with an answer, each fault with the requirement that it breaks."""
    if exchange.preflight:
        # Of a preflight, a browser reads the headers alone.
        return
    try:
        answer = strict_json(exchange.answer)
    except ValueError as error:
        yield f"R1 R7 is no strict JSON: {error}"
        return
    if not isinstance(answer, dict):
        yield "R1 is no object"
        return
    yield from (f"R3 R4 is null or empty: {path}" for path in hollow(answer) if not _echoed(path))
    wanted = "application/json" if exchange.status == 200 else "application/fhir+json"
    if exchange.headers.get("content-type") != wanted:
        yield f"R1 the media type is not {wanted}"
    if exchange.status != 200:
        yield from _error_faults(exchange, answer)
    elif exchange.path == ROOT:
        yield from discovery_faults(answer)
    elif exchange.method == "POST" and exchange.path.count("/") == 2:
        yield from answer_faults(answer, _request(exchange.body), ballot)


def strict_json(content: bytes) -> Any:
    """The value that is written in strict JSON, with no name twice.

    Raises:
        ValueError: it is not.
    """

    def refuse(token: str) -> Any:
        raise ValueError(f"{token} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name stands twice")
        return found

    return json.loads(content.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)


def _request(body: bytes) -> dict[str, Any]:
    """What a request says; nothing where it cannot be read, because the service did not have to read it."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _echoed(path: str) -> bool:
    """Whether what stands there may be the client's own: see ``_update_faults``."""
    return "/resource/" in path


def _error_faults(exchange: Exchange, answer: Mapping[str, Any]) -> Iterator[str]:
    if exchange.status < 400:
        yield "R157 is neither an answer nor an error"
    if answer.get("resourceType") != "OperationOutcome":
        yield "R78 is no OperationOutcome"
        return
    yield from (f"R8 {fault}" for fault in resource_faults(answer))
    for issue in answer.get("issue", ()):
        if issue.get("severity") not in ("error", "fatal") or not issue.get("diagnostics", "").strip():
            yield "R60 R78 an issue does not say what is wrong"
    for status, header in ((405, "allow"), (503, "retry-after")):
        if exchange.status == status and not exchange.headers.get(header):
            yield f"R77 {status} comes without {header}"


def discovery_faults(answer: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a discovery document."""
    wrong = [f"R9 to R20 {error.json_path}" for error in DISCOVERY_VALIDATOR.iter_errors(answer)]
    yield from wrong
    if wrong:
        return
    services = answer["services"]
    for service in services:
        if quote(service["id"], safe="") != service["id"]:
            yield f"R15 an id is not safe in a path: {service['id']}"
        if not _HOOK_NAME.fullmatch(service["hook"]):
            yield f"R168 is no name of a hook: {service['hook']}"
    for member in ("id", "hook"):
        if len({service[member] for service in services}) != len(services):
            yield f"R21 two entries share their {member}"


def answer_faults(
    answer: Mapping[str, Any], request: Mapping[str, Any], ballot: Collection[str] = ()
) -> Iterator[str]:
    """What is wrong with the cards that answer a request."""
    validator = BALLOT_CARDS_VALIDATOR if "action-selection" in ballot else CARDS_VALIDATOR
    wrong = [f"R73 to R122 {error.json_path}" for error in validator.iter_errors(answer)]
    yield from wrong
    if wrong:
        return
    cards = answer["cards"]
    suggestions = [suggestion for card in cards for suggestion in card.get("suggestions", ())]
    uuids = Counter(one["uuid"] for one in (*cards, *suggestions))
    yield from (f"R82 R109 a uuid stands twice: {uuid}" for uuid, count in uuids.items() if count > 1)
    for card in cards:
        yield from _card_faults(card, request)
    for suggestion in suggestions:
        yield from _suggestion_faults(suggestion, request)
    for action in answer.get("systemActions", ()):
        yield from _action_faults(action, request)
        if _target(action).partition("/")[0] in ORDERS:
            yield "R121 a system action touches an order"


def _card_faults(card: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[str]:
    check_words(dict(card))
    if len(card["summary"].encode("utf-16-le")) // 2 > LONGEST_SUMMARY:
        yield "R83 the summary is too long where UTF-16 is counted"
    recommended = sum(one.get("isRecommended", False) for one in card.get("suggestions", ()))
    if card.get("selectionBehavior") == "at-most-one" and recommended > 1:
        yield "R110 of alternatives, more than one is recommended"
    links = {link["url"] for link in card.get("links", ())}
    yield from (f"R107 only the detail has {url}" for url in addresses(card.get("detail", "")) - links)
    patient = patient_of(request)
    for url in (*links, card["source"].get("url", "")):
        if patient and patient in re.split(r"[^A-Za-z0-9.\-]", url):
            yield "R98 R106 an address names the patient"


def addresses(detail: str) -> set[str]:
    """The addresses that Markdown leads to."""
    if not _ADDRESS.search(detail):
        return set()
    return {
        str(token.attrs["href"])
        for block in _RENDER.parse(detail)
        for token in block.children or ()
        if token.type == "link_open"
    }


def _suggestion_faults(suggestion: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[str]:
    actions = suggestion.get("actions", ())
    targets = [_target(action) for action in actions]
    if len(set(targets)) != len(targets):
        yield "R118 two actions touch one resource"
    for action in actions:
        yield from _action_faults(action, request)


def _target(action: Mapping[str, Any]) -> str:
    resource = action.get("resource", {})
    return str(action.get("resourceId") or f"{resource.get('resourceType')}/{resource.get('id')}")


def _action_faults(action: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[str]:
    drafts = draft_orders(request)
    target = _target(action)
    if action["type"] != "create" and target not in drafts:
        yield f"R119 {action['type']} of what is no draft order: {target}"
        return
    if action["type"] == "create":
        yield from _create_faults(action["resource"], target in drafts)
    elif action["type"] == "update":
        yield from _update_faults(action["resource"], drafts[target])
    if action["type"] != "delete":
        yield from _subject_faults(action["resource"], patient_of(request))


def _create_faults(resource: Mapping[str, Any], drafted: bool) -> Iterator[str]:
    yield from (f"R3 R4 a new resource has what is null or empty: {path}" for path in hollow(resource))
    yield from (f"R8 R114 {fault}" for fault in resource_faults(resource))
    if drafted:
        yield "R117 a new resource has the id of a draft order"
    if resource["resourceType"] in ORDERS and resource.get("status") != "draft":
        yield "R114 a new order is no draft"


def _update_faults(resource: Mapping[str, Any], draft: Mapping[str, Any]) -> Iterator[str]:
    """An update gives back what the client sent, and with it whatever was wrong with that already."""
    added = set(hollow(resource)) - set(hollow(draft))
    yield from (f"R3 R4 an update makes something null or empty: {path}" for path in sorted(added))
    if not list(resource_faults(draft)):
        yield from (f"R8 R115 {fault}" for fault in resource_faults(resource))
    if resource.get("status") != draft.get("status"):
        yield "R115 an update changes the status of an order"
    lost = sorted(set(draft) - set(resource))
    if lost:
        yield f"R115 an update loses {lost}"


def _subject_faults(resource: Mapping[str, Any], patient: str | None) -> Iterator[str]:
    named = [resource[member] for member in ("subject", "patient", "for") if member in resource]
    if [one.get("reference") for one in named] != [f"Patient/{patient}"]:
        yield "R62 R114 a resource is not the patient's of the request"


def patient_of(request: Mapping[str, Any]) -> str | None:
    """The id of the patient that a request asks about."""
    context = request.get("context")
    found = context.get("patientId") if isinstance(context, dict) else None
    return found.removeprefix("Patient/") if isinstance(found, str) else None


def draft_orders(request: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The draft orders of a request, by type and id."""
    context = request.get("context")
    bundle = context.get("draftOrders") if isinstance(context, dict) else None
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            found[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
    return found


def resource_faults(resource: Mapping[str, Any]) -> Iterator[str]:
    """Why a resource is no R4 resource."""
    fault = _resource_fault(json.dumps(resource, sort_keys=True))
    if fault:
        yield fault


@lru_cache(maxsize=4_096)
def _resource_fault(written: str) -> str:
    """The fault by content: validating takes a millisecond, and most answers repeat each other."""
    resource = json.loads(written)
    kind = str(resource.get("resourceType"))
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValueError as error:
        return f"is no valid {kind}: {error}"
    return ""
