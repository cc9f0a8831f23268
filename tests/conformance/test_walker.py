"""The walker finds what no answer may hold, and walks every answer that a client of the tests receives."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from tests.cds_hooks.hook_contexts import collection, draft, request_of
from tests.cds_hooks.hook_request import DISCOVERY, SERVICE
from tests.cds_hooks.record import Json, subject
from tests.conformance.exchange import Exchange
from tests.conformance.walker import (
    Walked,
    answer_faults,
    discovery_faults,
    faults,
    strict_json,
)
from tests.contract.served import talk_to

JSON_TYPE = {"content-type": "application/json"}
FHIR_TYPE = {"content-type": "application/fhir+json"}


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


DRAFT = draft()
REQUEST = request_of("order-sign")
MRI = draft("new-1", intent="proposal") | {"code": {"text": "MRI of the whole spine"}}
SERVICES: Json = {
    "services": [
        {"hook": "patient-view", "id": "one", "title": "One", "description": "The first."},
        {
            "hook": "order-sign",
            "id": "two",
            "title": "Two",
            "description": "The second.",
            "prefetch": {"patient": "Patient/{{context.patientId}}"},
            "usageRequirements": "R4",
            "version": "2.0.1",
            "hookVersion": "1.0",
        },
    ]
}
ANSWER: Json = {
    "cards": [
        {
            "uuid": uuid("card"),
            "summary": "T11: SINS 16 of 18. Unstable",
            "indicator": "warning",
            "detail": "Text, with [a link](https://cds.example.org/knowledge/sins).",
            "source": {
                "label": "Fisher 2010",
                "url": "https://doi.org/10.1097/BRS.0b013e3181e16ae2",
                "topic": {"code": "sins", "system": "https://fhir.spine-mets-cds.org/CodeSystem/card-topic"},
            },
            "suggestions": [
                {
                    "label": "Draft: MRI of the whole spine",
                    "uuid": uuid("suggestion"),
                    "isRecommended": True,
                    "actions": [{"type": "create", "description": "Draft an MRI", "resource": MRI}],
                },
                {
                    "label": "Change or withdraw the order",
                    "uuid": uuid("another suggestion"),
                    "actions": [
                        {
                            "type": "update",
                            "description": "Ask urgently",
                            "resource": DRAFT | {"priority": "urgent"},
                        }
                    ],
                },
                {
                    "label": "Withdraw the order",
                    "uuid": uuid("third suggestion"),
                    "actions": [
                        {
                            "type": "delete",
                            "description": "Withdraw",
                            "resourceId": "ServiceRequest/order-1",
                        }
                    ],
                },
            ],
            "selectionBehavior": "at-most-one",
            "overrideReasons": [{"code": "a", "system": "https://example.org/a", "display": "A reason"}],
            "links": [
                {
                    "label": "Definition",
                    "url": "https://cds.example.org/knowledge/sins",
                    "type": "absolute",
                },
                {
                    "label": "App",
                    "url": "http://127.0.0.1:8000/launch",
                    "type": "smart",
                    "appContext": '{"a": 1}',
                },
            ],
            "extension": {"org.spine-mets-cds.lesion": {"level": "T11"}},
        }
    ]
}
OUTCOME: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "required", "diagnostics": "context is missing."}],
}
MISSING = object()


def spoiled(good: Json, path: str, value: Any) -> Json:
    """A copy in which one member is another, or missing."""
    found = copy.deepcopy(good)
    holder: Any = found
    *names, last = path.split("/")
    for name in names:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    if value is MISSING:
        del holder[last]
    elif isinstance(holder, list):
        holder[int(last)] = value
    else:
        holder[last] = value
    return found


def walk(answer: Any, request: Json = REQUEST, **members: Any) -> list[str]:
    """The faults of an answer, given as bytes or as what is written in them."""
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    exchange = Exchange("POST", SERVICE, json.dumps(request).encode(), 200, JSON_TYPE, content)
    return list(faults(replace(exchange, **members)))


def test_a_good_answer_has_no_fault() -> None:
    assert walk(ANSWER) == []
    assert walk({"cards": []}) == []
    assert walk(SERVICES, path=DISCOVERY, method="GET") == []
    assert walk({"services": []}, path=DISCOVERY, method="GET") == []
    assert walk(OUTCOME, status=400, headers=FHIR_TYPE) == []
    assert walk({}, path=f"{SERVICE}/feedback") == []


CARD, FIRST = "cards/0", "cards/0/suggestions/0"
ACTION = f"{FIRST}/actions/0"
UPDATE, DELETE = "cards/0/suggestions/1/actions/0", "cards/0/suggestions/2/actions/0"
WRONG: dict[str, tuple[str, Any]] = {
    "R3 null": ("systemActions", None),
    "R4 an empty text": (f"{CARD}/detail", ""),
    "R4 an empty list": (f"{CARD}/links", []),
    "R4 no system actions": ("systemActions", []),
    "R4 an empty object": (f"{CARD}/extension", {}),
    "R4 an empty list in a new resource": (f"{ACTION}/resource/note", []),
    "R4 an empty list that an update makes": (f"{UPDATE}/resource/note", []),
    "R6 a blank label": (f"{CARD}/source/label", " "),
    "R73 no cards": ("cards", MISSING),
    "R73 cards that are no list": ("cards", {"0": 1}),
    "R75 system actions that are none": ("systemActions", [{"type": "create"}]),
    "R81 an extension that is no object": ("extension", [{"url": "x"}]),
    "R82 no uuid": (f"{CARD}/uuid", MISSING),
    "R82 an upper-case uuid": (f"{CARD}/uuid", uuid("card").upper()),
    "R82 a uuid that is none": (f"{CARD}/uuid", "card-1"),
    "R82 the uuid of a suggestion": (f"{CARD}/uuid", uuid("suggestion")),
    "R83 no summary": (f"{CARD}/summary", MISSING),
    "R83 140 characters": (f"{CARD}/summary", "x" * 140),
    "R83 70 characters that count twice": (f"{CARD}/summary", "\U0001f9b4" * 70),
    "R83 two lines": (f"{CARD}/summary", "T11:\nunstable"),
    "R83 a blank summary": (f"{CARD}/summary", "  "),
    "R84 a detail that is no text": (f"{CARD}/detail", ["x"]),
    "R84 a detail that is too long": (f"{CARD}/detail", "x" * 4_001),
    "R86 no indicator": (f"{CARD}/indicator", MISSING),
    "R86 another indicator": (f"{CARD}/indicator", "hard-stop"),
    "R87 no source": (f"{CARD}/source", MISSING),
    "R87 R97 a source without a label": (f"{CARD}/source/label", MISSING),
    "R88 suggestions without a behaviour": (f"{CARD}/selectionBehavior", MISSING),
    "R90 another behaviour": (f"{CARD}/selectionBehavior", "all"),
    "R91 a behaviour without suggestions": (f"{CARD}/suggestions", MISSING),
    "R92 suggestions that are no list": (f"{CARD}/suggestions", {"label": "x"}),
    "R93 reasons that are no list": (f"{CARD}/overrideReasons", "no"),
    "R94 links that are no list": (f"{CARD}/links", {"url": "https://a.example"}),
    "R98 an address that is relative": (f"{CARD}/source/url", "/knowledge"),
    "R98 an address that names the patient": (f"{CARD}/source/url", "https://a.example/p-1"),
    "R99 an icon": (f"{CARD}/source/icon", "https://a.example/icon.png"),
    "R101 a topic that is no coding": (f"{CARD}/source/topic", "sins"),
    "R102 a coding without a code": (f"{CARD}/source/topic/code", MISSING),
    "R102 a coding without a system": (f"{CARD}/source/topic/system", MISSING),
    "R103 a link without a label": (f"{CARD}/links/0/label", MISSING),
    "R103 a link without a type": (f"{CARD}/links/0/type", MISSING),
    "R103 a link of another type": (f"{CARD}/links/0/type", "launch"),
    "R103 a link that is relative": (f"{CARD}/links/1/url", "knowledge/sins"),
    "R103 a link without TLS": (f"{CARD}/links/1/url", "http://cds.example.org/a"),
    "R103 a link of another scheme": (f"{CARD}/links/1/url", "javascript:alert(1)"),
    "R104 a context of an absolute link": (f"{CARD}/links/0/appContext", "x"),
    "R104 a context that is no text": (f"{CARD}/links/1/appContext", {"a": 1}),
    "R105 a link that opens by itself": (f"{CARD}/links/1/autolaunchable", True),
    "R106 a link that names the patient": (f"{CARD}/links/1/url", "https://a.example/launch?patient=p-1"),
    "R107 a link of the detail alone": (f"{CARD}/detail", "[x](https://elsewhere.example)"),
    "R108 no label": (f"{FIRST}/label", MISSING),
    "R109 no uuid": (f"{FIRST}/uuid", MISSING),
    "R109 the uuid of another": (f"{FIRST}/uuid", uuid("third suggestion")),
    "R110 a recommendation that is no boolean": (f"{FIRST}/isRecommended", "yes"),
    "R110 two recommended alternatives": ("cards/0/suggestions/1/isRecommended", True),
    "R111 no actions in the list": (f"{FIRST}/actions", []),
    "R112 no type": (f"{ACTION}/type", MISSING),
    "R112 another type": (f"{ACTION}/type", "replace"),
    "R113 no description": (f"{ACTION}/description", MISSING),
    "R114 create without a resource": (f"{ACTION}/resource", MISSING),
    "R114 a resource that is not valid": (f"{ACTION}/resource/priority", ["urgent"]),
    "R114 a member that R4 does not have": (f"{ACTION}/resource/price", 5),
    "R114 no type that R4 has": (f"{ACTION}/resource/resourceType", "Order"),
    "R114 an order that is active": (f"{ACTION}/resource/status", "active"),
    "R114 of another patient": (f"{ACTION}/resource/subject", subject("p-2")),
    "R114 of nobody": (f"{ACTION}/resource/subject", MISSING),
    "R115 update without a resource": (f"{UPDATE}/resource", MISSING),
    "R115 an update that is not whole": (f"{UPDATE}/resource/bodySite", MISSING),
    "R115 an update that signs": (f"{UPDATE}/resource/status", "active"),
    "R115 an update that is not valid": (f"{UPDATE}/resource/priority", 5),
    "R116 delete without an id": (f"{DELETE}/resourceId", MISSING),
    "R116 delete with a bare id": (f"{DELETE}/resourceId", "order-1"),
    "R116 delete with a resource": (f"{DELETE}/resource", DRAFT),
    "R117 a new resource without an id": (f"{ACTION}/resource/id", MISSING),
    "R117 a new resource with the id of a draft": (f"{ACTION}/resource/id", "order-1"),
    "R119 an update of what is no draft order": (f"{UPDATE}/resource/id", "order-9"),
    "R119 a delete of what is no draft order": (f"{DELETE}/resourceId", "ServiceRequest/order-9"),
    "R120 a choice of actions": (f"{FIRST}/actionSelectionBehavior", "any"),
    "R122 a reason without a display": (f"{CARD}/overrideReasons/0/display", MISSING),
    "R122 a reason with a blank display": (f"{CARD}/overrideReasons/0/display", " "),
    "R173 an extension that is a list": (f"{CARD}/extension", [{"url": "x", "valueString": "y"}]),
    "R174 a key that others may use": (f"{CARD}/extension", {"lesion": 1}),
    "R175 a member of our own": (f"{CARD}/lesion", "T11"),
    "R175 a member beside the cards": ("decision", "x"),
}


@pytest.mark.conforms("R3", "R4", "R6", "R8", "R73", "R75", "R81", "R82", "R83", "R84", "R86", "R87", "R88")
@pytest.mark.conforms("R90", "R91", "R92", "R93", "R94", "R97", "R98", "R99", "R101", "R102", "R103", "R104")
@pytest.mark.conforms("R105", "R106", "R107", "R108", "R109", "R110", "R111", "R112", "R113", "R114", "R115")
@pytest.mark.conforms("R116", "R117", "R119", "R120", "R122", "R173", "R174", "R175")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_has_a_fault_for_its_own_sake(name: str) -> None:
    """The rule that was broken, or the place that was spoilt, stands in what is found."""
    path, value = WRONG[name]
    found = " ".join(walk(spoiled(ANSWER, path, value)))
    place = re.sub(r"\.(\d)", r"[\1]", "$." + path.replace("/", "."))
    assert f"{name.partition(' ')[0]} " in found or (place.rpartition(".")[0] or "$") in found


@pytest.mark.conforms("R110")
def test_r110_where_any_may_be_chosen_several_may_be_recommended() -> None:
    answer = spoiled(ANSWER, "cards/0/suggestions/1/isRecommended", True)
    assert walk(spoiled(answer, f"{CARD}/selectionBehavior", "any")) == []


@pytest.mark.conforms("R118")
def test_r118_actions_that_touch_one_resource_depend_on_their_order() -> None:
    twice = [
        *ANSWER["cards"][0]["suggestions"][1]["actions"],
        *ANSWER["cards"][0]["suggestions"][2]["actions"],
    ]
    assert any(fault.startswith("R118 ") for fault in walk(spoiled(ANSWER, f"{FIRST}/actions", twice)))


@pytest.mark.conforms("R120")
def test_r120_a_choice_of_actions_needs_the_switch() -> None:
    answer = spoiled(ANSWER, f"{FIRST}/actionSelectionBehavior", "any")
    assert list(answer_faults(answer, REQUEST, ["action-selection"])) == []
    assert list(answer_faults(answer, REQUEST, ["discovery-version"])) != []
    wrong = spoiled(ANSWER, f"{FIRST}/actionSelectionBehavior", "some")
    assert list(answer_faults(wrong, REQUEST, ["action-selection"])) != []


@pytest.mark.conforms("R121")
def test_r121_a_system_action_never_touches_an_order() -> None:
    observation = {
        "resourceType": "Observation",
        "id": "score-1",
        "status": "final",
        "code": {"text": "SINS"},
        "subject": subject(),
    }
    action = {"type": "create", "description": "File the score", "resource": observation}
    assert walk(ANSWER | {"systemActions": [action]}) == []
    assert "R121" in " ".join(walk(ANSWER | {"systemActions": [action | {"resource": MRI}]}))


def test_an_update_may_give_back_what_was_wrong_before() -> None:
    """The sandbox sends drafts that are less than R4; what comes back is the draft with the change alone."""
    loose = DRAFT | {"reasonCode": [], "code": {"coding": [{}]}}
    request = copy.deepcopy(REQUEST)
    request["context"]["draftOrders"] = collection([loose])
    answer = spoiled(ANSWER, f"{UPDATE}/resource", loose | {"priority": "urgent"})
    assert walk(answer, request) == []


WRONG_DISCOVERY: dict[str, tuple[str, Any]] = {
    "R4 no prefetch": ("services/1/prefetch", {}),
    "R10 no services": ("services", MISSING),
    "R10 services that are no list": ("services", {"a": 1}),
    "R12 no hook": ("services/0/hook", MISSING),
    "R12 a blank hook": ("services/0/hook", " "),
    "R13 a title that is no text": ("services/0/title", 5),
    "R14 no description": ("services/0/description", MISSING),
    "R15 no id": ("services/0/id", MISSING),
    "R15 an id that is not safe": ("services/0/id", "a/b"),
    "R16 a template that is no text": ("services/1/prefetch/patient", ["Patient"]),
    "R17 blank requirements": ("services/1/usageRequirements", " "),
    "R18 a version that is none": ("services/1/version", "STU2"),
    "R19 a version of the hook that is none": ("services/1/hookVersion", "latest"),
    "R20 an extension that is no object": ("services/0/extension", [1]),
    "R21 one id twice": ("services/0/id", "two"),
    "R168 a hook of no standard form": ("services/0/hook", "PatientView"),
    "R174 a key that others may use": ("services/0/extension", {"topic": "x"}),
    "R175 a member of our own": ("services/0/colour", "red"),
}


@pytest.mark.conforms(
    "R10", "R12", "R13", "R14", "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R168", "R174"
)
@pytest.mark.parametrize("name", WRONG_DISCOVERY)
def test_a_wrong_discovery_has_a_fault(name: str) -> None:
    path, value = WRONG_DISCOVERY[name]
    assert walk(spoiled(SERVICES, path, value), path=DISCOVERY, method="GET")


def test_a_hook_of_one_organisation_has_a_reverse_domain_name() -> None:
    assert list(discovery_faults(spoiled(SERVICES, "services/0/hook", "org.example.tumour-board"))) == []


WRONG_OUTCOMES: dict[str, tuple[Any, Mapping[str, Any]]] = {
    "R1 another media type": (OUTCOME, {"headers": JSON_TYPE}),
    "R8 a member that R4 does not have": (OUTCOME | {"reason": "x"}, {}),
    "R60 no diagnostics": (spoiled(OUTCOME, "issue/0/diagnostics", MISSING), {}),
    "R60 no error": (spoiled(OUTCOME, "issue/0/severity", "warning"), {}),
    "R77 405 without Allow": (OUTCOME, {"status": 405}),
    "R77 503 without Retry-After": (OUTCOME, {"status": 503}),
    "R78 another body": ({"detail": "Not Found"}, {}),
    "R78 no issue": ({"resourceType": "OperationOutcome"}, {}),
    "R157 a redirect": (OUTCOME, {"status": 307}),
}


@pytest.mark.conforms("R1", "R8", "R60", "R77", "R78", "R157")
@pytest.mark.parametrize("name", WRONG_OUTCOMES)
def test_a_wrong_outcome_has_a_fault(name: str) -> None:
    answer, members = WRONG_OUTCOMES[name]
    assert walk(answer, **{"status": 400, "headers": FHIR_TYPE, **members})


@pytest.mark.conforms("R1", "R7")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"cards": [],}',
        b'{"cards": [NaN]}',
        b'{"cards": [] /* none */}',
        b'{"cards": [], "cards": []}',
        b"\xef\xbb\xbf{}",
        b'{"cards": "\xff"}',
        b"[]",
        b'"cards"',
        b"null",
    ],
)
def test_r7_what_is_no_strict_json_object_has_a_fault(content: bytes) -> None:
    assert walk(content)


def test_strict_json_is_read() -> None:
    assert strict_json(b'{"a": [1, 2.5, true, null, "\\u00e9"]}') == {"a": [1, 2.5, True, None, "é"]}


def serving(content: bytes, status: int = 200, media_type: str = "application/json") -> FastAPI:
    app = FastAPI()

    @app.post(SERVICE)
    @app.get("/elsewhere", include_in_schema=False)
    async def answer(request: Request) -> Response:
        await request.body()
        return Response(content, status, media_type=media_type)

    @app.post(f"{SERVICE}/broken")
    async def broken() -> Response:
        raise RuntimeError

    return app


async def test_a_client_of_the_tests_walks_what_it_receives() -> None:
    good = talk_to(serving(json.dumps(ANSWER).encode()))
    assert (await good.post(SERVICE, json=REQUEST)).json() == ANSWER
    for app in (serving(b'{"cards": null}'), serving(b'{"cards": []}', media_type="text/html")):
        with pytest.raises(AssertionError, match=r"R1 |R3 "):
            await talk_to(app).post(SERVICE, json=REQUEST)
    with pytest.raises(AssertionError, match="R119"):
        await good.post(SERVICE, json=request_of("patient-view"))


async def test_a_page_that_is_not_documented_is_not_walked() -> None:
    assert (await talk_to(serving(b"<p>", media_type="text/html")).get("/elsewhere")).text == "<p>"


async def test_what_the_service_raises_after_its_answer_is_for_its_log() -> None:
    """As a server does it: the caller gets the answer, which is walked all the same."""
    with pytest.raises(AssertionError, match="R1 "):
        await talk_to(serving(b"{}")).post(f"{SERVICE}/broken", json=REQUEST)


async def test_what_is_raised_before_any_answer_is_raised() -> None:
    async def silent(*_: Any) -> None:
        raise RuntimeError

    client = httpx.AsyncClient(transport=httpx.ASGITransport(Walked(silent)), base_url="http://service.test")
    with pytest.raises(RuntimeError):
        await client.get(DISCOVERY)


async def test_a_preflight_is_the_browsers_own() -> None:
    exchange = Exchange("OPTIONS", SERVICE, b"", 400, {}, b"Disallowed CORS origin", preflight=True)
    assert list(faults(exchange)) == []
