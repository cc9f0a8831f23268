"""What a request must hold, and what is said where it does not (checklist R25 to R36, R159, R169)."""

from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr, text_of
from tests.cds_hooks.hook_request import hook_request, without
from tests.cds_hooks.record import (
    PATIENT_ID,
    Json,
    operation_outcome,
    patient,
    searchset,
    spinal_lesion,
)
from tests.contract.served import application
from tests.production import PRODUCTION

RECORD = spinal_lesion("T11")
CANARY = "Zwykowska-Marker"
AUTHORIZATION: Json = {
    "access_token": "a-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/Patient.read user/Observation.read",
    "subject": "spine-mets",
}
SERVER = "https://ehr.example.org/fhir"
NOT_A_TEXT: tuple[Any, ...] = (None, 5, 1.5, True, [], ["patient-view"], {}, {"a": 1}, "", " ", "\n\t")
NOT_AN_OBJECT: tuple[Any, ...] = (None, 5, True, [], [1], "", "text")


def named(issues: list[Json]) -> set[str]:
    return {place for issue in issues for place in issue.get("expression", [])}


async def still_serves(ehr: Ehr) -> None:
    assert len(await ehr.cards(RECORD)) == 1


@pytest.mark.conforms("R25", "R52")
async def test_r25_the_smallest_request_is_answered(ehr: Ehr) -> None:
    prefetch = {"patient": patient(), "conditions": searchset()}
    assert set(hook_request(prefetch=prefetch)) == {"hook", "hookInstance", "context", "prefetch"}
    assert await ehr.cards_of(hook_request(prefetch=prefetch)) == []


@pytest.mark.parametrize(
    "path",
    [("hook",), ("hookInstance",), ("context",), ("context", "userId"), ("context", "patientId")],
)
@pytest.mark.conforms("R26", "R27", "R32", "R159")
async def test_r26_r27_r32_r159_a_missing_member_is_named(ehr: Ehr, path: tuple[str, ...]) -> None:
    issues = await ehr.issues(without(hook_request(RECORD), *path), 400)
    assert named(issues) == {".".join(path)}
    assert ".".join(path) in issues[0]["diagnostics"]
    await still_serves(ehr)


@pytest.mark.parametrize("value", NOT_A_TEXT)
@pytest.mark.parametrize("member", ["hook", "hookInstance", "fhirServer"])
@pytest.mark.conforms("R26", "R27", "R28")
async def test_r26_r27_r28_a_member_that_is_no_text_is_named(ehr: Ehr, member: str, value: Any) -> None:
    assert named(await ehr.issues(hook_request(RECORD, **{member: value}), 400)) == {member}
    await still_serves(ehr)


@pytest.mark.parametrize("value", NOT_A_TEXT)
@pytest.mark.parametrize("member", ["userId", "patientId"])
@pytest.mark.conforms("R159")
async def test_r159_a_member_of_the_context_that_is_no_text_is_named(
    ehr: Ehr, member: str, value: Any
) -> None:
    issues = await ehr.issues(hook_request(RECORD, context={member: value}), 400)
    assert named(issues) == {f"context.{member}"}
    await still_serves(ehr)


@pytest.mark.parametrize("value", NOT_AN_OBJECT)
@pytest.mark.parametrize("member", ["context", "prefetch"])
@pytest.mark.conforms("R32", "R33")
async def test_r32_r33_a_member_that_is_no_object_is_named(ehr: Ehr, member: str, value: Any) -> None:
    request = hook_request(RECORD) | {member: value}
    assert named(await ehr.issues(request, 400)) == {member}
    await still_serves(ehr)


@pytest.mark.parametrize("hook", ["order-select", "Patient-View", "patient-view ", CANARY])
@pytest.mark.conforms("R26")
async def test_r26_c02_another_hook_is_refused_and_not_repeated(ehr: Ehr, hook: str) -> None:
    issues = await ehr.issues(hook_request(RECORD, hook=hook), 400)
    assert named(issues) == {"hook"}
    assert "patient-view" in issues[0]["diagnostics"]
    assert CANARY not in text_of(issues)


@pytest.mark.parametrize(
    "instance",
    [
        "not-a-uuid",
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2e",
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2eaa",
        "d1577c69dfbe44adba6d3e05e953b2ea",
        "{d1577c69-dfbe-44ad-ba6d-3e05e953b2ea}",
        "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "g1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea\n",
        " d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    ],
)
@pytest.mark.conforms("R27")
async def test_r27_what_is_no_uuid_is_refused(ehr: Ehr, instance: str) -> None:
    issues = await ehr.issues(hook_request(RECORD, hookInstance=instance), 400)
    assert named(issues) == {"hookInstance"}
    assert instance not in text_of(issues)


@pytest.mark.conforms("R27")
async def test_r27_letters_of_a_uuid_may_be_of_either_case(ehr: Ehr) -> None:
    upper = await ehr.cards(RECORD, hookInstance="D1577C69-DFBE-44AD-BA6D-3E05E953B2EA")
    assert upper == await ehr.cards(RECORD, hookInstance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")


@pytest.mark.conforms("R28")
async def test_r28_an_authorization_needs_a_server(ehr: Ehr) -> None:
    issues = await ehr.issues(hook_request(RECORD, fhirAuthorization=AUTHORIZATION), 400)
    assert named(issues) == {"fhirServer"}
    assert AUTHORIZATION["access_token"] not in text_of(issues)


@pytest.mark.conforms("R29")
async def test_r29_the_demo_takes_a_server_without_tls(ehr: Ehr) -> None:
    assert await ehr.cards(RECORD, fhirServer="http://127.0.0.1:8080/fhir")


@pytest.mark.conforms("R29")
async def test_r29_outside_the_demo_a_server_without_tls_is_refused() -> None:
    served = Ehr(application(**PRODUCTION))
    issues = await served.issues(hook_request(RECORD, fhirServer="http://ehr.example.org/fhir"), 400)
    assert named(issues) == {"fhirServer"}


@pytest.mark.parametrize("value", NOT_AN_OBJECT)
@pytest.mark.conforms("R30")
async def test_r30_an_authorization_that_is_no_object_is_named(ehr: Ehr, value: Any) -> None:
    issues = await ehr.issues(hook_request(RECORD, fhirServer=SERVER, fhirAuthorization=value), 400)
    assert named(issues) == {"fhirAuthorization"}


@pytest.mark.parametrize("member", sorted(AUTHORIZATION))
@pytest.mark.parametrize("value", [None, 0, -1, 1e9, "", "x", [], {}, True])
@pytest.mark.conforms("R30")
async def test_r30_c13_to_c15_an_odd_authorization_costs_no_card(ehr: Ehr, member: str, value: Any) -> None:
    """Nothing but its patient is used while all data come in prefetch."""
    authorization = {**AUTHORIZATION, member: value}
    assert await ehr.cards(RECORD, fhirServer=SERVER, fhirAuthorization=authorization)


@pytest.mark.parametrize("member", sorted(AUTHORIZATION))
@pytest.mark.conforms("R30")
async def test_r30_an_authorization_with_a_part_missing_costs_no_card(ehr: Ehr, member: str) -> None:
    request = hook_request(RECORD, fhirServer=SERVER, fhirAuthorization=AUTHORIZATION)
    assert await ehr.cards_of(without(request, "fhirAuthorization", member))


@pytest.mark.conforms("R31")
async def test_r31_an_authorization_for_this_patient_is_taken(ehr: Ehr) -> None:
    authorization = {**AUTHORIZATION, "patient": PATIENT_ID, "scope": "patient/*.read"}
    assert await ehr.cards(RECORD, fhirServer=SERVER, fhirAuthorization=authorization)


@pytest.mark.parametrize("other", ["p-2", "P-1", "p-11", "p-1 "])
@pytest.mark.conforms("R31", "R62")
async def test_r31_c16_an_authorization_for_another_patient_is_refused(ehr: Ehr, other: str) -> None:
    authorization = {**AUTHORIZATION, "patient": other}
    request = hook_request(RECORD, fhirServer=SERVER, fhirAuthorization=authorization)
    assert "fhirAuthorization.patient" in text_of(await ehr.issues(request, 422))
    await still_serves(ehr)


@pytest.mark.parametrize("value", [5, ["p-1"], {"id": "p-1"}])
@pytest.mark.conforms("R31")
async def test_r31_a_patient_of_the_authorization_that_is_no_text_is_named(ehr: Ehr, value: Any) -> None:
    request = hook_request(RECORD, fhirServer=SERVER, fhirAuthorization={**AUTHORIZATION, "patient": value})
    assert "patient" in text_of(await ehr.issues(request, 400))


@pytest.mark.parametrize(
    "extra",
    [
        {"extension": {"org.example.timestamp": "2026-11-20"}},
        {"extension": {}},
        {"extension": []},
        {"extension": None},
        {"__proto__": {"hook": "x"}, "constructor": 1},
        {"user": "Practitioner/old-0-9-form", "patient": "p-2"},
        {"services": []},
    ],
)
@pytest.mark.conforms("R34")
async def test_r34_j25_members_that_are_not_known_change_nothing(ehr: Ehr, extra: Json) -> None:
    assert await ehr.cards(RECORD, **extra) == await ehr.cards(RECORD)


@pytest.mark.parametrize("extra", [{"extension": {"a.b": 1}}, {"draftOrders": 5}])
@pytest.mark.conforms("R34")
async def test_r34_members_of_the_context_that_are_not_known_change_nothing(ehr: Ehr, extra: Json) -> None:
    assert await ehr.cards(RECORD, context=extra) == await ehr.cards(RECORD)


@pytest.mark.conforms("R35")
async def test_r35_no_call_depends_on_an_earlier_one() -> None:
    fresh, used = Ehr(application()), Ehr(application())
    await used.cards(spinal_lesion("L3"))
    assert await used.cards(RECORD) == await fresh.cards(RECORD)


@pytest.mark.parametrize("user", ["Practitioner/a", "PractitionerRole/a", "https://ehr.example.org/x"])
async def test_c09_cards_are_for_clinicians(ehr: Ehr, user: str) -> None:
    assert await ehr.cards(RECORD, context={"userId": user})


@pytest.mark.parametrize("user", ["Patient/p-1", "RelatedPerson/r-1"])
@pytest.mark.conforms("R159")
async def test_r159_and_never_for_patients_and_relatives(ehr: Ehr, user: str) -> None:
    response = await ehr.send(hook_request(RECORD, context={"userId": user}))
    assert response.status_code == 200
    assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize(
    "user",
    [
        "Patient/p-1/_history/2",
        "https://ehr.example.org/fhir/Patient/p-1",
    ],
)
@pytest.mark.conforms("R159", "R169")
async def test_r159_r169_in_whatever_way_they_are_named(ehr: Ehr, user: str) -> None:
    assert await ehr.cards(RECORD, context={"userId": user}) == []


@pytest.mark.parametrize("user", ["Patient/p-1", "RelatedPerson/r-1"])
@pytest.mark.conforms("R62")
async def test_r62_another_patient_is_refused_whoever_asks(ehr: Ehr, user: str) -> None:
    request = hook_request(RECORD, context={"userId": user, "patientId": "p-2"})
    await ehr.issues(request, 422)


@pytest.mark.conforms("R169")
async def test_r169_c07_a_reference_for_the_patient_is_taken_as_its_id(ehr: Ehr) -> None:
    cards = await ehr.cards(RECORD, context={"patientId": f"Patient/{PATIENT_ID}"})
    assert cards == await ehr.cards(RECORD)


@pytest.mark.parametrize(
    "value",
    [
        "p 1",
        "p-1\n",
        "Practitioner/1",
        "../Patient/1",
        "p-1?x=1",
        "p_1!",
        "{{context.patientId}}",
        "é",
        "a" * 300,
    ],
)
@pytest.mark.conforms("R169")
async def test_r169_what_is_no_id_is_refused(ehr: Ehr, value: str) -> None:
    issues = await ehr.issues(hook_request(RECORD, context={"patientId": value}), 400)
    assert named(issues) == {"context.patientId"}


async def test_c06_a_stripped_request_is_told_why(ehr: Ehr) -> None:
    """An EHR strips data where the endpoint's address is not registered exactly."""
    (issue,) = await ehr.issues(without(hook_request(RECORD), "context", "patientId"), 400)
    assert "registered" in issue["diagnostics"]


@pytest.mark.conforms("R80")
async def test_r80_a_missing_member_is_never_a_404(ehr: Ehr) -> None:
    await ehr.issues({"hook": "patient-view"}, 400)
    await ehr.issues({}, 400)


@pytest.mark.parametrize("place", ["hook", "hookInstance", "patientId", "userId", "resource", "display"])
@pytest.mark.conforms("R78")
async def test_r78_no_fault_repeats_what_was_sent(ehr: Ehr, place: str) -> None:
    request = hook_request(RECORD, prefetch={"patient": patient(), "conditions": operation_outcome()})
    match place:
        case "hook" | "hookInstance":
            request[place] = CANARY
        case "patientId":
            request["context"][place] = f"{CANARY} *"
        case "userId":
            request["context"][place] = CANARY
        case "resource":
            request["prefetch"]["conditions"] = {"resourceType": CANARY}
        case _:
            request["prefetch"]["patient"] = {"resourceType": "Patient", "id": 1, "display": CANARY}
    response = await ehr.send(request)
    assert response.status_code in (400, 412, 422)
    assert CANARY not in response.text
    await still_serves(ehr)
