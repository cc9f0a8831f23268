"""What stands in a record stands for the patient's data and tells nothing of them."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.identity import decision_id
from app.audit.noting import MOST_LISTED
from app.audit.record import read_record, record_of
from app.audit.request import without_token
from app.audit.seal import Seal
from app.decision import Caller, Decision, Read
from tests.audit_records.serving import KEY, RECEIVED, STANDS, House
from tests.cds_hooks.hook_request import HOOK_INSTANCE, SERVICE, hook_request
from tests.cds_hooks.record import Json, patient, spinal_lesion
from tests.privacy.canary import AUTHORIZATION, TOKEN, marked_bundle, marked_request, traces

T11 = spinal_lesion("T11")
ASSESSMENTS = "/api/v1/assessments"


async def recorded(path: str, body: Any, tenant: str = "default") -> Json:
    house = House(tenant=tenant)
    response = await house.post(path, body)
    assert response.status_code == 200, response.text[:300]
    return house.record


# -- nothing readable ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [SERVICE, ASSESSMENTS])
async def test_no_record_holds_anything_of_a_person(path: str) -> None:
    house = House()
    body = marked_request() if path == SERVICE else marked_bundle()
    if path == SERVICE:
        body["context"] |= {"encounterId": "enc-Canary", "userId": "Practitioner/dr-Canary"}
    assert (await house.post(path, body)).status_code == 200
    line = house.lines[0].decode()
    assert traces(line) == []
    assert HOOK_INSTANCE not in line
    assert "ehr.example.org" not in line
    ids = set(re.findall(r'"id": "([^"]+)"', json.dumps(body)))
    assert len(ids) > 3
    texts = set(re.findall(r'"([^"]*)"', line))
    assert not ids & texts


async def test_a_type_that_nobody_knows_is_not_repeated() -> None:
    entries = [{"resource": one} for one in ({"resourceType": "Canary"}, patient(), *T11)]
    record = await recorded(ASSESSMENTS, {"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert "Canary" not in json.dumps(record)
    assert "other" in {kind for _, kind, *_ in record["inputs"]}


async def test_a_body_of_stubs_makes_no_endless_record() -> None:
    stubs = [{"resource": {"resourceType": "Basic", "id": f"b{number}"}} for number in range(2_500)]
    entries = [{"resource": one} for one in (patient(), *T11)] + stubs
    record = await recorded(ASSESSMENTS, {"resourceType": "Bundle", "type": "collection", "entry": entries})
    listed = sum(len(group[3]) for group in record["inputs"])
    assert (listed, record["unlisted"]) == (MOST_LISTED, len(entries) - MOST_LISTED)
    few = await recorded(SERVICE, hook_request(T11))
    assert few["unlisted"] == 0


async def test_what_a_server_writes_as_a_version_is_kept_only_in_its_form() -> None:
    request = hook_request(T11)
    resource = request["prefetch"]["conditions"]["entry"][0]["resource"]
    resource["meta"] = {"versionId": "Philomena Canary", "lastUpdated": "born 1951-03-14 Canary"}
    record = await recorded(SERVICE, request)
    assert record["inputs"][1][3][0][1:3] == [None, None]


@pytest.mark.parametrize("meta", [7, "x", [], {"versionId": 7}, {"lastUpdated": 7}])
@pytest.mark.parametrize("kind", ["Patient", "MedicationRequest"])
async def test_a_meta_of_another_shape_costs_no_resource(kind: str, meta: Any) -> None:
    request = hook_request(T11)
    whole = await recorded(SERVICE, request)
    medicine = {"resourceType": kind, "id": "m-1", "subject": {"reference": "Patient/p-1"}, "meta": meta}
    if kind == "Patient":
        request["prefetch"]["patient"]["meta"] = meta
    else:
        entry = [{"resource": medicine}]
        request["prefetch"]["medications"] = {"resourceType": "Bundle", "type": "searchset", "entry": entry}
    record = await recorded(SERVICE, request)
    assert record["results"] == whole["results"]
    assert kind in [one[1] for one in record["inputs"]]
    assert record["gaps"] == {}


async def test_a_short_body_cannot_be_found_by_trying() -> None:
    import hashlib  # noqa: PLC0415  what somebody would try with

    house = House(records=lambda _patient: _nobody())
    body = b'{"patient":"4711"}'
    await house.post("/api/v1/patient-assessments", body)
    line = house.lines[0].decode()
    assert hashlib.sha256(body).hexdigest()[:16] not in line
    assert hashlib.sha256(b"4711").hexdigest()[:16] not in line


def _nobody() -> Any:
    raise AssertionError


# -- the same and another ------------------------------------------------------------------------------------


def pseudonyms(record: Json) -> dict[str, str]:
    return {name: record[name] for name in ("patient", "user", "instance")}


async def test_the_same_patient_has_the_same_pseudonym_and_another_call_another_instance() -> None:
    first = await recorded(SERVICE, hook_request(T11))
    other = "e1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    second = await recorded(SERVICE, hook_request(T11, hookInstance=other))
    assert first["patient"] == second["patient"]
    assert first["user"] == second["user"]
    assert first["instance"] != second["instance"]
    assert first["inputs"] == second["inputs"]
    assert first["request_digest"] != second["request_digest"]


async def test_another_tenant_or_server_has_other_pseudonyms() -> None:
    bases = ["https://ehr.example.org/fhir", "https://other.example.org/fhir"]
    calls = [hook_request(T11), *(hook_request(T11, fhirServer=base) for base in bases)]
    records = [await recorded(SERVICE, call) for call in calls]
    records.append(await recorded(SERVICE, calls[0], tenant="another"))
    for name in ("patient", "user", "instance"):
        assert len({record[name] for record in records}) == 4
    assert len({record["inputs"][1][3][0][0] for record in records}) == 4


async def test_one_server_however_it_is_written_is_one() -> None:
    written = ["https://ehr.example.org/fhir", "https://EHR.example.org:443/fhir/"]
    records = [await recorded(SERVICE, hook_request(T11, fhirServer=base)) for base in written]
    assert records[0]["patient"] == records[1]["patient"]
    assert records[0]["server"] == records[1]["server"]


async def test_one_finding_that_changes_changes_its_digest_and_no_other() -> None:
    changed = [dict(one) for one in T11]
    changed[3] = changed[3] | {"effectiveDateTime": "2026-11-17T09:00:00Z"}
    first, second = [await recorded(SERVICE, hook_request(record)) for record in (T11, changed)]
    before, after = first["inputs"][2][3], second["inputs"][2][3]
    assert [one[0] for one in before] == [one[0] for one in after]
    assert [a[3] == b[3] for a, b in zip(before, after, strict=True)] == [True, True, False, True, True]


def test_another_key_gives_other_digests_and_says_so() -> None:
    one, other = Seal(KEY), Seal(b"another key of the deployment")
    assert one.mark != other.mark
    assert one.digest(b"x") == Seal(KEY).digest(b"x") != other.digest(b"x")
    assert one.names("t", "b")("Patient", "1") == Seal(KEY).names("t", "b")("Patient", "1")
    assert one.names("t", "b")("Patient", "1") != other.names("t", "b")("Patient", "1")


def test_no_two_names_run_into_each_other() -> None:
    seal = Seal(KEY)
    scopes = [("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", None)]
    found = {seal.names(tenant, base)(*name) for tenant, base in scopes for name in (("a", "b"), ("ab", ""))}
    assert len(found) == 8


@given(st.lists(st.binary(max_size=80)))
def test_a_digest_of_parts_is_that_of_the_whole(parts: list[bytes]) -> None:
    seal = Seal(KEY)
    assert seal.digest_of_parts(parts) == seal.digest(b"".join(parts))


# -- the access token ----------------------------------------------------------------------------------------


def digest(body: bytes) -> str:
    return Seal(KEY).digest_of_parts(without_token(body))


def test_a_request_that_was_kept_without_its_token_has_the_same_digest() -> None:
    request = hook_request(T11, fhirServer="https://ehr.example.org/fhir", fhirAuthorization=AUTHORIZATION)
    whole = json.dumps(request).encode()
    assert TOKEN.encode() not in b"".join(without_token(whole))
    for kept in (None, {}, AUTHORIZATION | {"access_token": "another"}):
        assert digest(json.dumps(request | {"fhirAuthorization": kept}).encode()) == digest(whole)
    assert digest(json.dumps(request | {"hook": "x"}).encode()) != digest(whole)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"fhirAuthorization"',
        b'{"fhirAuthorization"}',
        b'{"fhirAuthorization": ',
        b'{"fhirAuthorization": {"a": [}',
        b'{"fhirAuthorization": ' + b"[" * 30_000,
        b"\xff\xfe",
    ],
    ids=range(8),
)
def test_what_is_no_request_has_a_digest_of_the_whole(body: bytes) -> None:
    assert b"".join(without_token(body)) == body


def test_a_token_beside_letters_of_any_kind_is_taken_out_to_the_byte() -> None:
    body = '{"é": "ü", "fhirAuthorization" : {"x": "ß€😀"} , "z": "ö"}'.encode()
    assert b"".join(without_token(body)) == '{"é": "ü", "fhirAuthorization" :  , "z": "ö"}'.encode()


# -- the record itself ---------------------------------------------------------------------------------------


def decision(**members: Any) -> Decision:
    return Decision(
        **{
            "id": decision_id(RECEIVED),
            "kind": "hook",
            "tenant": "default",
            "service": "s",
            "received": RECEIVED,
            "milliseconds": 12.345,
            "status": 200,
            "request": "0" * 32,
            **members,
        }
    )


def test_a_record_is_one_line_and_always_the_same() -> None:
    one = decision(caller=Caller("https://ehr.example.org", "client", "ab" * 32))
    line = record_of(one, Seal(KEY), STANDS)
    assert line == record_of(one, Seal(KEY), STANDS)
    assert b"\n" not in line
    found = read_record(line)
    assert (found.issuer, found.client, found.token) == ("https://ehr.example.org", "client", "ab" * 32)
    assert found.answered_at == RECEIVED + timedelta(milliseconds=12.345)
    assert read_record(b'{"sequence": 1, "record": ' + line + b"}") == found


def test_every_member_stands_in_every_record() -> None:
    empty = msgspec.json.decode(record_of(decision(), Seal(KEY), STANDS))
    assert set(empty) >= {"issuer", "client", "patient", "user", "encounter", "needs", "cards", "upstream"}


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"x", b'{"record": 1}', b"\xff"], ids=range(6))
def test_what_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="no record of a decision"):
        read_record(line)


def test_the_record_of_eighty_resources_is_small() -> None:
    changed = "2026-11-01T09:00:00.000+00:00"
    one = Read("Observation", "", "12345", changed, "f" * 32, "observations", "fetched")
    many = tuple(one._replace(id=f"{n:036}") for n in range(80))
    assert len(record_of(decision(inputs=many), Seal(KEY), STANDS)) < 11_000


# -- names ---------------------------------------------------------------------------------------------------


def test_names_of_decisions_sort_by_their_moment_and_never_repeat() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    names = [decision_id(start + timedelta(milliseconds=n)) for n in range(100)]
    assert names == sorted(names)
    assert len({decision_id(start) for _ in range(1_000)}) == 1_000
    found = UUID(names[7])
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert found.int >> 80 == int(start.timestamp() * 1000) + 7
