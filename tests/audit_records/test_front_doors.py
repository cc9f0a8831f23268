"""Every front door that decides leaves exactly one record, whatever came of the call."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.assess.record import Record
from app.audit.seal import Seal
from app.audit.witness import HEADER, Decisions, Recording
from app.decision import Decision
from app.errors import FhirServerTimeoutError, NoSuchPatientError
from app.presence import CallerGoneError
from app.store import Store, StoreError
from app.store.audit_trail import AuditUnavailableError
from tests.audit_records.serving import RECEIVED, STANDS, House
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.hook_request import HOOK_INSTANCE, SERVICE, hook_request, with_key
from tests.cds_hooks.record import Json, operation_outcome, patient, searchset, spinal_lesion

T11 = spinal_lesion("T11")
ASSESSMENTS, PATIENTS = "/api/v1/assessments", "/api/v1/patient-assessments"
BUNDLE: Json = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": one} for one in (patient(), *T11)],
}
TWO_PATIENTS: Json = BUNDLE | {"entry": [*BUNDLE["entry"], {"resource": patient("p-2")}]}
CARD = "0f7b61f4-7d3a-4f4e-9d55-6a9fd7a3b0a1"
REPORT: Json = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}
NOMS = {"escc": "escc-1b", "myelopathy": "absent", "radiosensitivity": "resistant", "stability": "unstable"}
ANOTHER = request_of("patient-view", T11)
ANOTHER["context"] = {"userId": "Practitioner/dr-1", "patientId": "p-2"}


def hooked(hook: str) -> tuple[str, Any]:
    return SERVICES[hook], request_of(hook, T11)


# What is sent, and the kind, service and status that stand in its record.
CALLS: dict[str, tuple[str, Any, str, str, int]] = {
    **{
        f"{hook} answered": (*hooked(hook), "hook", SERVICES[hook].rpartition("/")[2], 200)
        for hook in SERVICES
    },
    "hook unreadable": (SERVICE, b"{", "hook", "spinal-metastasis-patient-view", 400),
    "hook without context": (
        SERVICE,
        {"hook": "patient-view", "hookInstance": HOOK_INSTANCE},
        "hook",
        "spinal-metastasis-patient-view",
        400,
    ),
    "hook without data": (SERVICE, hook_request(prefetch={}), "hook", "spinal-metastasis-patient-view", 412),
    "hook of another patient": (SERVICE, ANOTHER, "hook", "spinal-metastasis-patient-view", 422),
    "assessment answered": (ASSESSMENTS, BUNDLE, "assessment", "assessments", 200),
    "assessment of no Bundle": (ASSESSMENTS, patient(), "assessment", "assessments", 400),
    "assessment of two": (ASSESSMENTS, TWO_PATIENTS, "assessment", "assessments", 422),
    "patient assessed": (PATIENTS, {"patient": "p-1"}, "patient-assessment", "patient-assessments", 200),
    "patient not named": (PATIENTS, {}, "patient-assessment", "patient-assessments", 422),
    "patient not there": (PATIENTS, {"patient": "nobody"}, "patient-assessment", "patient-assessments", 422),
    "patient not in time": (PATIENTS, {"patient": "slow"}, "patient-assessment", "patient-assessments", 504),
    "score": ("/api/v1/scores/sins", {"level": "T11"}, "score", "sins", 200),
    "score refused": ("/api/v1/scores/sins", {"level": "X1"}, "score", "sins", 422),
    "patient score": ("/api/v1/scores/tokuhashi", {}, "score", "tokuhashi", 200),
    "pathway": ("/api/v1/pathways/noms", NOMS, "pathway", "noms", 200),
    "pathway unreadable": ("/api/v1/pathways/noms", b"[]", "pathway", "noms", 400),
    "measure": ("/api/v1/scores/odi", {}, "measure", "odi", 200),
    "measure refused": ("/api/v1/scores/odi", {"none": 1}, "measure", "odi", 422),
    "feedback": (
        f"{SERVICE}/feedback",
        {"feedback": [REPORT]},
        "feedback",
        "spinal-metastasis-patient-view",
        200,
    ),
    "feedback refused": (f"{SERVICE}/feedback", {}, "feedback", "spinal-metastasis-patient-view", 400),
}


def give(patient_id: str) -> Record:
    if patient_id == "nobody":
        raise NoSuchPatientError("There is no such patient.")
    if patient_id == "slow":
        raise FhirServerTimeoutError("Not in time.")
    return Record(patient_id)


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_leaves_one_record(name: str) -> None:
    path, body, kind, service, status = CALLS[name]
    house = House(records=give)
    response = await house.post(path, body)
    assert response.status_code == status, response.text[:300]
    record = house.record
    assert (record["kind"], record["service"], record["status"]) == (kind, service, status)
    assert record["decision_id"] == response.headers[HEADER]
    assert UUID(record["decision_id"]).version == 7
    assert (record["fault"] is None) == (status == 200)
    assert record["received_at"] == "2026-11-20T12:00:03.250000Z"
    answered = RECEIVED.fromisoformat(record["answered_at"])
    assert timedelta() <= answered - RECEIVED < timedelta(minutes=1)
    assert record["knowledge"] == {"version": STANDS.version, "digest": STANDS.digest}
    assert len(record["request_digest"]) == 32
    (told,) = house.counting.decisions
    assert (told.id, told.status) == (record["decision_id"], status)


@pytest.mark.parametrize(
    "path", ["/cds-services", "/api/v1/scores", "/api/v1/scores/sins", "/api/v1/policies"]
)
async def test_what_is_only_read_leaves_none(path: str) -> None:
    house = House()
    assert (await house.client.get(path)).status_code == 200
    assert house.lines == []


async def test_a_body_that_is_not_taken_leaves_none() -> None:
    house = House()
    for path in (SERVICE, ASSESSMENTS, "/api/v1/scores/sins"):
        response = await house.client.post(path, content=b"<a/>", headers={"content-type": "text/xml"})
        assert response.status_code == 415
    assert house.lines == []


# -- what stands in a record ---------------------------------------------------------------------------------


@pytest.mark.conforms("R179")
async def test_the_record_of_a_hook_says_what_was_read_judged_and_shown() -> None:
    house = House()
    request = hook_request(
        T11,
        fhirServer="https://ehr.example.org/fhir",
        context={"userId": "Practitioner/dr-1", "patientId": "p-1", "encounterId": "e-1"},
    )
    condition = request["prefetch"]["conditions"]["entry"][0]["resource"]
    condition["meta"] = {"versionId": "7", "lastUpdated": "2026-11-01T09:00:00.000Z"}
    request["prefetch"]["patient"]["meta"] = {"versionId": "2"}
    response = await house.post(SERVICE, request)
    record = house.record
    assert record["hook"] == "patient-view"
    assert record["judged_at"] == "2026-11-20T12:00:00Z"
    read = {need: (kind, origin, len(listed)) for need, kind, origin, listed in record["inputs"]}
    assert read == {
        "patient": ("Patient", "prefetch", 1),
        "conditions": ("Condition", "prefetch", 1),
        "observations": ("Observation", "prefetch", 5),
    }
    (_name, version, updated, digest), *_ = record["inputs"][1][3]
    assert (version, updated, len(digest)) == ("7", "2026-11-01T09:00:00.000Z", 32)
    assert record["inputs"][0][3][0][:1] == [record["patient"]]
    assert record["inputs"][0][3][0][1:3] == ["2", None]
    assert record["needs"]["conditions"] == "complete"
    assert record["needs"]["procedures"] == "none-found"
    assert record["gaps"] == {}
    assert record["results"]["T11 sins"] == "unstable"
    assert record["results"]["T11 augmentation"] == "undetermined"
    (card,), (shown,) = record["cards"], response.json()["cards"]
    assert (card["uuid"], card["indicator"]) == (shown["uuid"], shown["indicator"])
    assert (card["topic"], card["shown"], card["held"]) == ("sins", True, False)
    assert len(card["digest"]) == len(card["offers"]) == 32
    for name in ("patient", "user", "encounter", "instance", "server"):
        assert len(record[name]) == 32


async def test_the_record_of_a_refusal_says_what_was_there() -> None:
    house = House()
    prefetch = {"patient": patient(), "conditions": operation_outcome(), "observations": searchset(T11[1:])}
    await house.post(SERVICE, hook_request(prefetch=prefetch))
    record = house.record
    assert (record["status"], record["fault"]) == (412, "incomplete")
    assert record["needs"]["conditions"] == "unavailable"
    assert record["gaps"]["conditions"] == ["client-error"]
    assert record["gaps"]["procedures"] == ["not-sent"]
    assert [need for need, *_ in record["inputs"]] == ["patient", "observations"]
    assert (record["judged_at"], record["cards"], record["results"]) == (None, [], {})
    (told,) = house.counting.decisions
    assert (told.sent["conditions"], told.sent["procedures"], told.sent["patient"]) == (
        "error",
        "missing",
        "hit",
    )


async def test_a_search_that_goes_on_is_a_gap() -> None:
    house = House()
    more = searchset(T11[1:], link=[{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}])
    await house.post(SERVICE, with_key("observations", more, T11))
    assert house.record["gaps"] == {"observations": ["more-pages"]}
    assert house.record["needs"]["observations"] == "partial"
    assert house.counting.decisions[0].sent["observations"] == "partial"


@pytest.mark.parametrize(
    ("hook", "added"),
    [
        ("order-sign", ["draftOrders", "Bundle", "context"]),
        ("problem-list-item-create", ["conditions", "Condition", "context"]),
    ],
)
async def test_what_the_context_brings_is_an_input(hook: str, added: list[str]) -> None:
    house = House()
    await house.post(*hooked(hook))
    assert added in [one[:3] for one in house.record["inputs"]]


async def test_shadow_mode_is_recorded_as_not_shown() -> None:
    house = House(shadow=True)
    response = await house.post(SERVICE, hook_request(T11))
    assert response.json()["cards"] == []
    assert [(one["shown"], one["held"]) for one in house.record["cards"]] == [(False, False)]


async def test_an_assessment_carries_the_name_of_its_record_and_what_was_read() -> None:
    house = House()
    response = await house.post(ASSESSMENTS, BUNDLE)
    record = house.record
    assert response.json()["decision_id"] == record["decision_id"]
    assert {(need, kind, origin) for need, kind, origin, _ in record["inputs"]} == {
        ("patient", "Patient", "body"),
        ("conditions", "Condition", "body"),
        ("observations", "Observation", "body"),
    }
    assert record["results"]["T11 sins"] == "unstable"
    assert record["needs"]["conditions"] == "complete"


async def test_the_same_assessment_has_the_same_digests_in_either_form() -> None:
    house = House()
    for accept in ("application/json", "application/json", "application/fhir+json", "application/fhir+json"):
        await house.post(ASSESSMENTS, BUNDLE, accept=accept)
    first, second, third, fourth = (msgspec.json.decode(line) for line in house.lines)
    assert first["answer_digest"] == second["answer_digest"] != third["answer_digest"]
    assert third["answer_digest"] == fourth["answer_digest"]
    assert len({one["request_digest"] for one in (first, second, third, fourth)}) == 1


async def test_feedback_is_counted_and_no_more() -> None:
    house = House()
    spoken = REPORT | {"overrideReason": {"userComment": "Philomena said no"}}
    other = REPORT | {"card": CARD.replace("0", "1"), "outcome": "accepted"}
    other["acceptedSuggestions"] = [{"id": CARD}]
    response = await house.post(f"{SERVICE}/feedback", {"feedback": [REPORT, spoken, other]})
    assert response.status_code == 200
    assert house.record["results"] == {"accepted": "1", "overridden": "2"}
    assert CARD.encode() not in house.lines[0]
    assert b"Philomena" not in house.lines[0]
    assert [told.outcome for told in house.counting.decisions[0].told] == ["overridden"] * 2 + ["accepted"]


class _Down(Store):
    def add_feedback(self, *_told: Any) -> int:
        raise StoreError("OperationalError")


async def test_feedback_that_is_not_kept_is_recorded_so(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open("sqlite://")
    monkeypatch.setattr(store, "add_feedback", _Down.add_feedback.__get__(store))
    house = House(store=store)
    response = await house.post(f"{SERVICE}/feedback", {"feedback": [REPORT]})
    assert response.status_code == house.record["status"] == 503


@pytest.mark.parametrize(
    ("raised", "status"),
    [(CallerGoneError("gone"), 499), (RuntimeError("secret text"), 500)],
    ids=["caller gone", "failure"],
)
async def test_what_broke_off_is_recorded_so(raised: Exception, status: int) -> None:
    def broken(_patient: str) -> Record:
        raise raised

    house = House(records=broken)
    await house.post(PATIENTS, {"patient": "p-1"})
    assert house.record["status"] == status
    assert house.record["patient"] is not None
    assert b"secret text" not in house.lines[0]


# -- where no record can be kept -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
async def test_a_closed_trail_that_is_full_lets_no_answer_go(name: str) -> None:
    path, body, *_ = CALLS[name]
    house = House(full=True, records=give)
    response = await house.post(path, body)
    assert response.status_code == AuditUnavailableError.status
    assert "cards" not in response.text.partition('"issue"')[0]
    assert "totals" not in response.json()
    assert response.headers["retry-after"] == "5"
    (told,) = house.counting.decisions
    assert (told.status, told.fault) == (503, "transient")
    assert response.headers[HEADER] == told.id


async def test_cards_that_did_not_go_out_are_not_counted_as_shown() -> None:
    house = House(full=True)
    await house.post(SERVICE, hook_request(T11))
    assert house.issued() == {}
    house.full = False
    await house.post(SERVICE, hook_request(T11))
    assert sum(house.issued().values()) == 1


async def test_counting_that_fails_costs_no_answer_and_no_record() -> None:
    class Broken:
        def decided(self, decision: Decision) -> None:
            raise OSError(decision.id)

    kept: list[bytes] = []
    seal = Seal(b"key")
    recording = Recording(lambda _tenant, record, _at: kept.append(record), seal, STANDS)
    decisions = Decisions([recording, Broken()], seal, "default", lambda: RECEIVED)
    with decisions.of("score", "sins", b"{}") as noted:
        noted.answered(b"{}")
    (record,) = kept
    assert json.loads(record)["status"] == 200


def test_a_record_that_cannot_be_made_costs_the_answer() -> None:
    def fail(_tenant: str, _record: bytes, _at: datetime) -> None:
        raise ValueError("no record")

    seal = Seal(b"key")
    decisions = Decisions([Recording(fail, seal, STANDS)], seal, "default", lambda: RECEIVED)
    with pytest.raises(ValueError, match="no record"), decisions.of("score", "sins", b"{}") as noted:
        noted.answered(b"{}")


async def test_an_open_trail_that_is_full_lets_the_answer_go() -> None:
    house = House(full=True, failure="open")
    response = await house.post(SERVICE, hook_request(T11))
    assert (response.status_code, len(response.json()["cards"])) == (200, 1)
    assert (house.lost, house.lines) == (1, [])
    assert house.counting.decisions[0].status == 200


@pytest.mark.parametrize("name", CALLS)
async def test_where_no_records_are_kept_the_answer_is_the_same_and_nothing_is_digested(name: str) -> None:
    path, body, kind, service, status = CALLS[name]
    bare, house = House(records=give, records_kept=False), House(records=give)
    response, other = await bare.post(path, body), await house.post(path, body)
    assert (response.status_code, bare.lines) == (status, [])
    same = response.content.replace(response.headers[HEADER].encode(), other.headers[HEADER].encode())
    assert same == other.content
    (told,) = bare.counting.decisions
    assert (told.kind, told.service, told.request, told.answer, told.inputs) == (kind, service, "", None, ())
    (known,) = house.counting.decisions
    assert (told.results, told.sent, told.gaps) == (known.results, known.sent, known.gaps)
    assert [replace(one, digest="", offers="") for one in known.cards] == list(told.cards)
