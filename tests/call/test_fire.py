"""A call of somebody else's service, from discovery to the cards."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.call.access import FhirAccess, Grant, read_grant
from app.call.answer import Answer
from app.call.context import Circumstances
from app.call.door import LARGEST_ANSWER
from app.call.faults import AnswerError, CallError, UnreachableError, UsageError
from app.call.fire import Call, fire
from tests.call.foreign_service import (
    BASE,
    CARD,
    INSTANCE,
    NOW,
    OUTCOME,
    ForeignService,
    Json,
    record,
    resource,
    service,
)
from tests.cds_hooks.record import patient

DISCOVERY = f"{BASE}/cds-services"
CONDITIONS = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
}


def test_discovery_comes_first_and_the_hook_goes_to_the_service() -> None:
    foreign = ForeignService([service(prefetch=CONDITIONS), service("sign", "order-sign")], {"cards": [CARD]})
    answer = foreign.fire(record=record(resource("Condition", "c-1")))
    assert [(one.method, one.url) for one in foreign.received] == [
        ("GET", DISCOVERY),
        ("POST", f"{DISCOVERY}/view"),
    ]
    assert foreign.received[1].headers["content-type"] == "application/json"
    assert foreign.asked == {
        "hook": "patient-view",
        "hookInstance": INSTANCE,
        "context": {"userId": "Practitioner/example", "patientId": "p-1"},
        "prefetch": {
            "patient": patient(),
            "conditions": {
                "resourceType": "Bundle",
                "type": "searchset",
                "total": 1,
                "entry": [
                    {
                        "fullUrl": "https://fhir.example.org/r4/Condition/c-1",
                        "resource": resource("Condition", "c-1"),
                        "search": {"mode": "match"},
                    }
                ],
            },
        },
    }
    assert answer.good
    assert (answer.service, answer.hook, answer.status) == ("view", "patient-view", 200)
    assert [card.summary for card in answer.cards] == ["A finding to act on"]
    assert answer.notes == ()
    assert json.loads(answer.body) == {"cards": [CARD]}
    assert answer.request == foreign.asked


def test_no_request_proves_anything_without_a_key() -> None:
    foreign = ForeignService()
    foreign.fire()
    assert all("authorization" not in one.headers for one in foreign.received)


def test_every_call_has_an_instance_of_its_own() -> None:
    foreign = ForeignService()
    instances = {foreign.fire(hook_instance=None).request["hookInstance"] for _ in range(3)}
    assert len(instances) == 3
    assert all(UUID(one).version == 4 for one in instances)


@pytest.mark.parametrize("url", [BASE, DISCOVERY, f"{DISCOVERY}/", f"{DISCOVERY}/sign"])
def test_the_service_is_found_from_every_address(url: str) -> None:
    foreign = ForeignService([service(), service("sign", "order-sign")])
    drafts = Circumstances(draft_orders={"resourceType": "Bundle"})
    assert foreign.fire(url=url, hook="order-sign", around=drafts).service == "sign"


def test_the_address_of_a_service_decides_without_a_hook() -> None:
    foreign = ForeignService([service(), service("start", "encounter-start")])
    answer = foreign.fire(url=f"{DISCOVERY}/start")
    assert (answer.service, answer.hook) == ("start", "encounter-start")
    assert foreign.asked["context"]["encounterId"] == "example-encounter"


def test_two_services_named_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match="two different services"):
        ForeignService().fire(url=f"{DISCOVERY}/view", service="sign")


@pytest.mark.parametrize("discovery", [(404, OUTCOME), (200, b"<html>"), (401, {}), (200, {"services": []})])
def test_a_services_own_address_works_without_discovery_where_the_hook_is_named(discovery: Any) -> None:
    foreign = ForeignService(discovery=discovery, answer={"cards": [CARD]})
    answer = foreign.fire(url=f"{DISCOVERY}/view", hook="patient-view")
    assert answer.good
    assert len(answer.cards) == 1
    assert "Discovery" in answer.notes[0]
    assert "prefetch" not in foreign.asked
    with pytest.raises(AnswerError, match=r"Discovery.*--hook") as refused:
        ForeignService(discovery=discovery).fire(url=f"{DISCOVERY}/view")
    assert refused.value.exit_status == 1


def test_a_failed_discovery_is_said_with_its_status_and_reason() -> None:
    with pytest.raises(AnswerError, match=r"401\. error \(incomplete\): conditions are missing"):
        ForeignService(discovery=(401, OUTCOME)).fire()


def test_prefetch_can_be_kept_back_and_is_left_out_where_nothing_is_asked_for() -> None:
    asking = ForeignService([service(prefetch=CONDITIONS)])
    asking.fire(with_prefetch=False)
    assert "prefetch" not in asking.asked
    silent = ForeignService()
    silent.fire()
    assert "prefetch" not in silent.asked


def test_what_cannot_be_filled_is_left_out_and_noted() -> None:
    foreign = ForeignService([service(prefetch=CONDITIONS | {"today": "Observation?date={{today()}}"})])
    answer = foreign.fire()
    assert list(foreign.asked["prefetch"]) == ["patient", "conditions"]
    assert answer.notes == ("prefetch today is left out: {{today()}} is no token of CDS Hooks 2.0",)


ORDER = resource("ServiceRequest", "s-1", status="draft")
DRAFTS: Json = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": ORDER}]}


@pytest.mark.parametrize(
    ("hook", "around", "members"),
    [
        (
            "order-select",
            {"draft_orders": DRAFTS},
            {"draftOrders": DRAFTS, "selections": ["ServiceRequest/s-1"]},
        ),
        ("order-sign", {"draft_orders": DRAFTS}, {"draftOrders": DRAFTS}),
        ("problem-list-item-create", {"conditions": DRAFTS}, {"conditions": DRAFTS}),
        ("com.example.ward-round", {"members": {"ward": 3}}, {"ward": 3}),
    ],
)
def test_any_hook_can_be_fired(hook: str, around: dict[str, Any], members: Json) -> None:
    foreign = ForeignService([service(), service("other", hook)], {"cards": [CARD]})
    assert foreign.fire(hook=hook, around=Circumstances(**around)).cards
    assert foreign.asked["hook"] == hook
    assert foreign.asked["context"] == {"userId": "Practitioner/example", "patientId": "p-1"} | members


# Answers


def test_cards_are_most_urgent_first_and_otherwise_in_their_order() -> None:
    shown = ["info", "critical", "odd", "warning", None, "info", "critical"]
    cards = [{"summary": str(number), "indicator": one} for number, one in enumerate(shown)]
    answer = ForeignService(answer={"cards": cards}).fire()
    assert [card.summary for card in answer.cards] == ["1", "6", "3", "0", "5", "2", "4"]


@pytest.mark.parametrize("cards", [[], [None, 5, "x", []]])
def test_no_cards_is_an_answer(cards: list[Any]) -> None:
    answer = ForeignService(answer={"cards": cards}).fire()
    assert answer.good
    assert answer.cards == ()


@pytest.mark.parametrize("said", [b"", b"<html>", b"{}", b"[]", b'{"cards": {}}', b"\xff", b"[" * 100_000])
def test_what_holds_no_cards_is_no_answer(said: bytes) -> None:
    answer = ForeignService(answer=said).fire()
    assert not answer.good
    assert "no JSON object that holds cards" in answer.faults[0]


@pytest.mark.parametrize(
    ("status", "said", "faults"),
    [
        (412, OUTCOME, ("error (incomplete): conditions are missing [prefetch.conditions]",)),
        (422, OUTCOME | {"issue": [{"severity": "fatal", "details": {"text": "x"}}, {}]}, (
            "fatal: x", "error: no diagnostics"
        )),
        (400, {"title": "Bad", "detail": "Worse"}, ("Bad: Worse",)),
        (500, b"Traceback", ("The answer carries no explanation.",)),
        (404, {"resourceType": "OperationOutcome", "issue": 5}, ("The answer carries no explanation.",)),
        (400, {"resourceType": "OperationOutcome", "issue": [{"expression": 5, "location": ["/x"]}]}, (
            "error: no diagnostics [/x]",
        )),
        (204, b"", ("The answer carries no explanation.",)),
    ],
)  # fmt: skip
def test_an_error_is_told_in_the_services_own_words(status: int, said: Any, faults: tuple[str, ...]) -> None:
    answer = ForeignService(answer=said, status=status).fire()
    assert (answer.status, answer.faults, answer.good) == (status, faults, False)


def test_no_redirect_is_followed() -> None:
    headers = {"location": "https://elsewhere.example.org/cds-services"}
    foreign = ForeignService(discovery=(307, b""), headers=headers)
    with pytest.raises(AnswerError, match=r"307.*redirects to https://elsewhere\.example\.org"):
        foreign.fire()
    assert len(foreign.received) == 1
    posted = ForeignService(status=308, answer=b"", headers=headers)
    answer = posted.fire()
    assert "redirects are not followed" in answer.faults[0]
    assert len(posted.received) == 2


def failing(error: Exception) -> httpx.MockTransport:
    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "No connection to the service: .*refused"),
        (httpx.ReadTimeout("slow"), "within 0.5 seconds"),
        (httpx.ConnectTimeout("slow"), "within 0.5 seconds"),
        (httpx.RemoteProtocolError("secret"), "RemoteProtocolError"),
    ],
)
def test_a_service_that_does_not_answer_is_unreachable(error: Exception, said: str) -> None:
    with pytest.raises(UnreachableError, match=said) as refused:
        fire(Call(url=BASE, record=record(), now=NOW, timeout=0.5), failing(error))
    assert refused.value.exit_status == 3
    assert "secret" not in refused.value.message


def test_an_answer_without_end_is_cut_off() -> None:
    with pytest.raises(AnswerError, match="larger than 20 MB"):
        ForeignService(discovery=(200, b" " * (LARGEST_ANSWER + 1))).fire()


def test_an_answer_that_drips_is_given_up() -> None:
    with pytest.raises(UnreachableError, match="did not answer within"):
        ForeignService().fire(timeout=1e-9)


def test_an_answer_in_a_broken_encoding_is_an_error_of_the_service() -> None:
    with pytest.raises(AnswerError, match="encoding"):
        fire(
            Call(url=BASE, record=record(), now=NOW),
            httpx.MockTransport(
                lambda _: httpx.Response(
                    200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")
                )
            ),
        )


# The EHR's FHIR server


def ask_with(access: FhirAccess | None, **members: Any) -> tuple[Json, Answer]:
    foreign = ForeignService([service(prefetch=CONDITIONS)])
    answer = foreign.fire(access=access, record=record(resource("Condition", "c-1")), **members)
    return foreign.asked, answer


def test_an_open_server_is_named_without_a_token() -> None:
    asked, _ = ask_with(FhirAccess("https://ehr.example.org/r4"))
    assert asked["fhirServer"] == "https://ehr.example.org/r4"
    assert "fhirAuthorization" not in asked
    (entry,) = asked["prefetch"]["conditions"]["entry"]
    assert entry["fullUrl"] == "https://ehr.example.org/r4/Condition/c-1"


def test_a_token_goes_with_what_the_service_may_do_with_it() -> None:
    asked, answer = ask_with(FhirAccess("https://ehr.example.org/r4", Grant("s3cret-token")))
    assert asked["fhirAuthorization"] == {
        "access_token": "s3cret-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "example",
        "patient": "p-1",
    }
    assert "s3cret" not in repr(answer)
    assert "s3cret" not in repr(FhirAccess("https://x.org", Grant("s3cret-token")))


def test_the_patient_of_a_token_is_told_with_scopes_of_a_patient_only() -> None:
    asked, _ = ask_with(FhirAccess("https://x.org", Grant("t", scope="user/*.rs launch")))
    assert "patient" not in asked["fhirAuthorization"]


@pytest.mark.parametrize(
    ("content", "grant"),
    [
        (b"abc.def-1\n", Grant("abc.def-1")),
        (b"12345", Grant("12345")),
        (b'{"access_token": "abc", "token_type": "Bearer"}', Grant("abc")),
        (
            b'{"access_token": "abc", "expires_in": 60, "scope": "user/*.rs", "subject": "me"}',
            Grant("abc", 60, "user/*.rs", "me"),
        ),
        (b'{"access_token": "abc", "expires_in": "60", "scope": ""}', Grant("abc")),
    ],
)
def test_a_token_is_read_alone_or_from_the_answer_of_a_token_endpoint(content: bytes, grant: Grant) -> None:
    assert read_grant(content) == grant


@pytest.mark.parametrize(
    "content", [b"", b"two words", b"two\nlines", b"\xff\xfe", b"{}", b'{"access_token": 5}']
)
def test_what_holds_no_token_is_refused_and_not_repeated(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"^--token: ") as refused:
        read_grant(content)
    assert "lines" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "server", "cautions"),
    [
        ("http://127.0.0.1:8000", None, 0),
        ("http://localhost:8000", "http://[::1]/r4", 0),
        ("http://cds.example.org", None, 1),
        ("http://cds.example.org", "http://ehr.example.org", 2),
        ("https://cds.example.org", "https://ehr.example.org", 0),
    ],
)
def test_what_can_be_read_on_the_way_is_noted(url: str, server: str | None, cautions: int) -> None:
    answer = ForeignService().fire(url=url, access=FhirAccess(server) if server else None)
    assert sum("without https" in note for note in answer.notes) == cautions


def test_every_fault_says_how_the_command_ends() -> None:
    assert [kind.exit_status for kind in (CallError, AnswerError, UsageError, UnreachableError)] == [
        1,
        1,
        2,
        3,
    ]
