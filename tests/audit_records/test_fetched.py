"""What was fetched for a call stands in its record as such."""

import json

import pytest

from app.audit.seal import Seal
from app.audit.witness import Decisions
from app.decision import Decision
from app.errors import ServiceError
from app.fhir.queries import prefetch_templates
from app.fhir.server.address import read_base
from app.fhir.server.carrier import carrier
from app.fhir.server.http import Http, trust
from app.fhir.server.known import KnownServer, KnownServers
from app.fhir.server.pulling import Limits, Puller
from cds_hooks.fetching import Fetching
from cds_hooks.gather import decode_whole, take
from cds_hooks.protocol import read_request
from cds_hooks.services import PATIENT_VIEW
from cds_hooks.witnessed import note_request, note_taken
from tests.audit_records.serving import KEY, RECEIVED, Counting
from tests.cds_hooks.record import Json, patient
from tests.faults.behaviours import status as answer_with
from tests.faults.server import FaultServer
from tests.fetching.calls import WHOLE_RECORD, stored, with_token
from tests.fetching.records import never, parts


async def decided(server: FaultServer, body: Json, *, known: bool = True) -> Decision:
    """The decision on a call whose record is on a server."""
    knowledge, book, reader = parts()
    http, heard = Http(carrier(trust(), allow_private=True, connections=16)), Counting()
    servers = KnownServers([KnownServer(read_base(server.base), http)] if known else [])
    fetching = Fetching(servers, Puller(Limits(10.0, 0.0), "0"), prefetch_templates(book, knowledge))
    content = json.dumps(body).encode()
    decisions = Decisions([heard], Seal(KEY), "default", lambda: RECEIVED)
    try:
        with decisions.of("hook", PATIENT_VIEW.id, content) as noted:
            request = read_request(content, "patient-view", decode_whole)
            note_request(noted, request, fetching.base(request.fhir_server))
            taken = take(content, request, PATIENT_VIEW, reader)
            try:
                noted.looked_at((await fetching.complete(taken, never)).record.looked_at)
            finally:
                note_taken(noted, taken)
    except ServiceError:
        pass
    finally:
        await http.close()
    (found,) = heard.decisions
    return found


async def test_what_was_fetched_is_told_from_what_was_sent() -> None:
    async with FaultServer(stored()) as server:
        found = await decided(server, with_token(server.base, {"patient": patient()}))
    origins = {one.need: one.origin for one in found.inputs}
    assert origins.pop("patient") == "prefetch"
    assert set(origins.values()) == {"fetched"}
    assert len(found.inputs) == len(WHOLE_RECORD)
    assert (found.upstream, found.token, found.status) == (6, "used", 200)
    assert found.gaps == {}
    assert found.sent["patient"] == "hit"
    assert found.sent["conditions"] == "missing"


async def test_the_same_resource_has_the_same_digest_fetched_or_sent() -> None:
    async with FaultServer(stored()) as server:
        fetched = await decided(server, with_token(server.base))
        listed = [{"resource": one} for one in WHOLE_RECORD if one["resourceType"] == "Condition"]
        whole = {"conditions": {"resourceType": "Bundle", "type": "searchset", "entry": listed}}
        sent = await decided(server, with_token(server.base, whole))

    def of_conditions(found: Decision) -> set[tuple[str | None, str]]:
        return {(one.id, one.digest) for one in found.inputs if one.need == "conditions"}

    assert of_conditions(fetched) == of_conditions(sent)
    assert {one.origin for one in sent.inputs if one.need == "conditions"} == {"prefetch"}


@pytest.mark.parametrize(
    ("status", "reason", "use"), [(401, "token-refused", "rejected"), (403, "not-released", "used")]
)
async def test_a_refusal_by_the_server_is_told_in_a_word(status: int, reason: str, use: str) -> None:
    async with FaultServer(stored()) as server:
        server.on("Condition", answer_with(status))
        found = await decided(server, with_token(server.base))
    assert (found.status, found.fault, found.token) == (412, "incomplete", use)
    assert found.gaps["conditions"] == (reason,)
    assert found.needs["conditions"] == "unavailable"
    assert found.upstream == 7


async def test_a_token_for_a_server_that_is_not_known_is_not_used() -> None:
    async with FaultServer(stored()) as server:
        found = await decided(server, with_token(server.base), known=False)
    assert (found.token, found.upstream) == ("not-used", 0)
    assert found.gaps["conditions"] == ("not-asked",)
