"""What follows a token that was used before: refused by most issuers' choice, taken and told by some."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

import httpx2
import pytest
from fastapi import Request

from app.fhir.server.outside import Outside
from app.parties import clients_of
from app.settings import CdsClient, Settings
from app.store import StoreError
from app.store.database import Database
from app.store.used_tokens import UsedTokens
from cds_hooks.trust import Caller, NotAuthenticatedError, Reason, ReplayStoreDownError, StoredReplays
from cds_hooks.trusting import Clients
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import ABSENT, BODY, CANARY, HOSPITAL, ISS, JKU, Clock, Service, bearer, by_jku, jwks

Make = Callable[..., Service]
SERVICE = "spinal-metastasis-patient-view"


def down(*_use: object) -> None:
    raise StoreError("OperationalError")


async def test_a_caller_is_told_with_its_subject_and_the_name_of_its_token(service: Make) -> None:
    here = service()
    caller = await here.caller(bearer({}, {"sub": "client-1"}))
    digest = hashlib.sha256(f"{ISS}\0hospital\0{CANARY}-1".encode()).hexdigest()
    assert caller == Caller("hospital", ISS, "client-1", digest, replayed=False)


@pytest.mark.parametrize("sub", [ABSENT, None, 5, "", "s" * 257, "a\nb", ["x"]])
async def test_a_subject_that_is_no_short_text_is_not_kept(service: Make, sub: object) -> None:
    assert (await service().caller(bearer({}, {"sub": sub}))).subject is None


async def test_an_issuer_whose_tokens_are_observed_may_use_one_twice(service: Make) -> None:
    here = service(by_jku(replay="observe"))
    assert [(await here.caller(bearer(), body=body)).replayed for body in (BODY, BODY, b"other")] == [
        False,
        False,  # a network's repetition
        True,
    ]
    # Nothing else is forgiven.
    assert await here.refuses(bearer({}, {}, "P384-2"), body=b"other") is Reason.SIGNATURE


async def test_it_is_the_issuer_that_is_observed_and_no_other(service: Make) -> None:
    other = "https://other.example.org"
    here = service(by_jku(replay="observe"), by_jku(iss=other, tenant="b"))
    strict = bearer({}, {"iss": other})
    assert await here.takes(strict) == ("b", other)
    assert await here.refuses(strict, body=b"other") is Reason.REPLAYED
    assert await here.takes(bearer(), body=b"1") == HOSPITAL
    assert await here.takes(bearer(), body=b"2") == HOSPITAL


@pytest.mark.parametrize("policy", ["strict", "lenient"])
async def test_a31_where_nobody_can_tell_an_observed_call_is_taken(
    service: Make, policy: Literal["strict", "lenient"]
) -> None:
    replay = StoredReplays(down, policy)
    assert not (await service(by_jku(replay="observe"), replay=replay).caller()).replayed
    if policy == "strict":
        with pytest.raises(ReplayStoreDownError):
            await service(by_jku(), replay=replay).takes()
    replay.close()


def test_a_policy_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="replay must be enforce or observe"):
        Service(by_jku(replay="ignore"))


# -- as the front door tells it ------------------------------------------------------------------------------


class KeyServer(httpx2.AsyncBaseTransport):
    async def handle_async_request(self, _request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, stream=httpx2.ByteStream(jwks()))


def clients(**client: Any) -> Clients:
    settings = Settings(
        public_base_url="https://cds.example.com",
        database="sqlite://",
        clients=(CdsClient(iss=ISS, jku=(JKU,), **client),),
    )

    def carrying(*, allow_private: bool, connections: int) -> httpx2.AsyncBaseTransport:
        assert not allow_private or connections
        return KeyServer()

    found = clients_of(settings, Outside(Clock(), carrying), lambda: UsedTokens(Database("sqlite://")))
    assert found is not None
    return found


def call(token: str) -> Request:
    return Request({"type": "http", "headers": [(b"authorization", token.encode())]})


async def test_a_replay_is_told_and_counted_and_the_caller_is_known(log: ServiceLog) -> None:
    log.client()
    here, told = clients(replay="observe"), list[str]()
    here.on_replay = lambda: told.append("replay")
    here.on_refused = told.append
    for body in (BODY, b"other"):
        proved = await here.proved(call(bearer()), SERVICE)
        assert (await here.admit(proved, SERVICE, body)).tenant == "default"
    with pytest.raises(NotAuthenticatedError):
        await here.proved(call("Bearer x"), SERVICE)
    assert told == ["replay", "malformed"]
    lines = [line for line in log.lines if line["event"] == "token_replayed"]
    assert [(line["service"], line["bytes"]) for line in lines] == [(SERVICE, 5)]
    assert CANARY not in json.dumps(log.lines)
    await here.close()


async def test_a_refusal_is_told_where_replays_are_none(log: ServiceLog) -> None:
    log.client()
    here, told = clients(), list[str]()
    here.on_refused = told.append
    proved = await here.proved(call(bearer()), SERVICE)
    await here.admit(proved, SERVICE, BODY)
    with pytest.raises(NotAuthenticatedError):
        await here.admit(proved, SERVICE, b"other")
    assert told == ["replayed"]
    await here.close()
