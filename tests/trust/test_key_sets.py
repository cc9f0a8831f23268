"""Where keys come from: asked for seldom, kept in an outage, and no bad one costs a good one."""

import asyncio
import json
from collections.abc import Callable, Mapping
from itertools import count

import pytest

from cds_hooks.trust import FetchedKeys, Reason
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import (
    ABSENT,
    CANARY,
    HOSPITAL,
    JKU,
    Clock,
    KeyServers,
    Service,
    bearer,
    by_jku,
    by_keys,
    jwk,
    jwks,
)

Make = Callable[..., Service]
PLAIN = {"jku": ABSENT}
NEW = {"kid": "P384-2"}
NUMBERS = count()


def fresh(service: Service, head: Mapping[str, object] | None = None, *key_of: str) -> str:
    """A token that was made just now, and has not been used."""
    issued = int(service.clock.now.timestamp())
    return bearer(dict(head or {}), {"iat": issued, "exp": issued + 300, "jti": str(next(NUMBERS))}, *key_of)


@pytest.mark.conforms("R145")
async def test_keys_that_were_handed_over_need_no_address(service: Make) -> None:
    here = service(by_keys())
    assert await here.takes(bearer(PLAIN)) == HOSPITAL
    assert here.servers.asked == []


async def test_beside_such_keys_an_address_may_be_named_and_is_not_asked(service: Make) -> None:
    here = service(by_keys(jku=(JKU,)))
    assert await here.takes(bearer()) == HOSPITAL
    assert here.servers.asked == []


async def test_a_token_that_names_no_address_is_checked_with_the_only_one(service: Make) -> None:
    assert await service().takes(bearer(PLAIN)) == HOSPITAL
    two = service(by_jku(jku=(JKU, "https://ehr.example.org/other")))
    assert await two.refuses(bearer(PLAIN)) is Reason.KEY_ADDRESS
    assert await two.takes(bearer()) == HOSPITAL


@pytest.mark.conforms("R151")
async def test_keys_are_asked_for_once(service: Make) -> None:
    here = service()
    for _ in range(5):
        assert await here.takes(fresh(here)) == HOSPITAL
    assert here.servers.asked == [JKU]


@pytest.mark.conforms("R151")
async def test_many_who_come_at_once_share_one_request(service: Make) -> None:
    here = service()
    await asyncio.gather(*(here.takes(fresh(here)) for _ in range(20)))
    assert here.servers.asked == [JKU]


async def test_one_who_gives_up_takes_the_keys_from_nobody(service: Make) -> None:
    came, go = asyncio.Event(), asyncio.Event()

    class Slow(KeyServers):
        async def fetch(self, jku: str) -> FetchedKeys:
            self.asked.append(jku)
            came.set()
            await go.wait()
            return FetchedKeys(200, jwks())

    here = service(servers=Slow())
    first, second = (asyncio.create_task(here.takes(fresh(here))) for _ in range(2))
    await came.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    go.set()
    assert await second == HOSPITAL
    assert here.servers.asked == [JKU]


@pytest.mark.conforms("R151")
@pytest.mark.parametrize(
    ("max_age", "seconds"),
    [
        (None, 300),
        (0, 300),
        (-5, 300),
        (299, 300),
        (301, 301),
        (7_200, 7_200),
        (86_401, 86_400),
        (10**9, 86_400),
    ],
)
async def test_keys_are_kept_as_long_as_is_said_within_bounds(
    service: Make, max_age: int | None, seconds: int
) -> None:
    here = service()
    here.servers.say(jwks(), max_age)
    await here.takes(fresh(here))
    here.clock.on(seconds=seconds - 0.001)
    await here.takes(fresh(here))
    assert len(here.servers.asked) == 1
    here.clock.on(seconds=0.001)
    await here.takes(fresh(here))
    assert len(here.servers.asked) == 2


@pytest.mark.conforms("R146")
async def test_a_new_key_is_found_and_one_that_was_taken_back_is_gone(service: Make) -> None:
    here = service()
    await here.takes(fresh(here))
    here.clock.on(seconds=60)
    here.servers.say(jwks(jwk("P384-2")))
    assert await here.takes(fresh(here, NEW, "P384-2")) == HOSPITAL
    assert await here.refuses(fresh(here)) is Reason.UNKNOWN_KEY


@pytest.mark.conforms("R146")
async def test_names_that_are_not_in_the_set_are_asked_for_once_a_minute(service: Make) -> None:
    here = service()
    await here.takes(fresh(here))
    here.clock.on(seconds=59.999)
    for kid in ("a", "b", "c"):
        assert await here.refuses(fresh(here, {"kid": kid})) is Reason.UNKNOWN_KEY
    assert len(here.servers.asked) == 1
    here.clock.on(seconds=0.001)
    for kid in ("a", "b", "c"):
        assert await here.refuses(fresh(here, {"kid": kid})) is Reason.UNKNOWN_KEY
    assert len(here.servers.asked) == 2


BAD_ANSWERS = [
    pytest.param(FetchedKeys(302, jwks(jwk("P384-2", kid="P384"))), id="A11 redirect"),
    pytest.param(FetchedKeys(500, jwks()), id="A12 failed"),
    pytest.param(FetchedKeys(404, jwks()), id="A12 not there"),
    pytest.param(FetchedKeys(204, b""), id="A12 nothing"),
    pytest.param(TimeoutError(CANARY), id="A12 too late"),
    pytest.param(RuntimeError(CANARY), id="A12 anything"),
    pytest.param(FetchedKeys(200, jwks() + b" " * 65_536), id="A12 too large"),
    pytest.param(FetchedKeys(200, b"<html>"), id="A12 HTML"),
    pytest.param(FetchedKeys(200, b"[]"), id="a list"),
    pytest.param(FetchedKeys(200, b'{"keys": {}}'), id="no list"),
    pytest.param(FetchedKeys(200, b'{"keys": [], "keys": []}'), id="keys twice"),
]


@pytest.mark.conforms("R151")
@pytest.mark.parametrize("answer", BAD_ANSWERS)
async def test_a12_without_keys_nobody_is_let_in_and_the_address_is_left_alone(
    service: Make, answer: FetchedKeys | Exception
) -> None:
    here = service()
    here.servers.answers[JKU] = answer
    for _ in range(3):
        assert await here.refuses(fresh(here)) is Reason.NO_KEYS
    here.clock.on(seconds=59.999)
    assert await here.refuses(fresh(here)) is Reason.NO_KEYS
    assert len(here.servers.asked) == 1
    here.clock.on(seconds=0.001)
    here.servers.say(jwks())
    assert await here.takes(fresh(here)) == HOSPITAL
    assert len(here.servers.asked) == 2


@pytest.mark.conforms("R151")
@pytest.mark.parametrize("answer", BAD_ANSWERS)
async def test_a12_in_an_outage_the_keys_that_are_kept_serve_an_hour_more(
    service: Make, answer: FetchedKeys | Exception
) -> None:
    here = service()
    await here.takes(fresh(here))
    here.servers.answers[JKU] = answer
    here.clock.on(seconds=300)
    assert await here.takes(fresh(here)) == HOSPITAL
    assert await here.takes(fresh(here)) == HOSPITAL
    assert len(here.servers.asked) == 2
    here.clock.on(seconds=3_599.999)
    assert await here.takes(fresh(here)) == HOSPITAL
    here.clock.on(seconds=0.001)
    assert await here.refuses(fresh(here)) is Reason.NO_KEYS


async def test_an_outage_is_logged_once_and_without_what_was_said(service: Make, log: ServiceLog) -> None:
    log.client()
    here = service()
    here.servers.say(OSError(CANARY))
    for _ in range(3):
        assert await here.refuses(fresh(here)) is Reason.NO_KEYS
        here.clock.on(seconds=60)
    lines = [line for line in log.lines if line["event"] == "issuer_keys_unavailable"]
    assert [(line["error"], line["host"]) for line in lines] == [("OSError", "ehr.example.org")]
    assert CANARY not in log.text
    # Each outage is told anew.
    here.servers.say(jwks())
    assert await here.takes(fresh(here)) == HOSPITAL
    here.servers.say(OSError(CANARY))
    here.clock.on(seconds=300)
    assert await here.takes(fresh(here)) == HOSPITAL
    assert [line["event"] for line in log.lines].count("issuer_keys_unavailable") == 2


async def test_a_clock_that_is_set_back_proves_nothing_fresh(service: Make) -> None:
    here = service()
    await here.takes(fresh(here))
    here.clock.on(days=-1)
    assert await here.takes(fresh(here)) == HOSPITAL
    assert len(here.servers.asked) == 2


async def test_an_empty_set_is_believed(service: Make) -> None:
    here = service()
    await here.takes(fresh(here))
    here.servers.say(b'{"keys": []}')
    here.clock.on(seconds=300)
    assert await here.refuses(fresh(here)) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    "bad",
    [
        {},
        5,
        None,
        ["kty"],
        {"kty": "EC", "kid": "P384"},
        {"kty": ["EC"], "kid": "P384"},
        {"kty": "oct", "kid": "P384", "k": "AAAA"},
        jwk("P384", x="AAAA"),
        jwk("P384", x=5),
        jwk("P384", x=["AAAA"]),
        jwk("P384", crv="P-999"),
        jwk("P384", kid=5),
        jwk("P384", key_ops="verify"),
        jwk("P384", alg=5),
        jwk("2048", kid="P384", n="!!"),
        jwk("2048", kid="P384", e="AA"),
        jwk("2048", kid="P384", n="_" * 2_000),
    ],
)
async def test_a12_one_bad_key_costs_no_good_one(service: Make, bad: object) -> None:
    for keys in ([bad, jwk("P384")], [jwk("P384"), bad]):
        here = service()
        here.servers.say(json.dumps({"keys": keys}).encode())
        assert await here.takes(fresh(here)) == HOSPITAL


@pytest.mark.parametrize("others", [0, 1, 3, 4])
async def test_a12_of_keys_with_one_name_four_are_tried(service: Make, others: int) -> None:
    keys = [jwk(f"P384-{number}", kid="P384") for number in range(others)]
    here = service()
    # Those that are made for something else do not count.
    here.servers.say(jwks(*(jwk("2048", kid="P384") for _ in range(5)), *keys, jwk("P384")))
    if others < 4:
        assert await here.takes(fresh(here)) == HOSPITAL
    else:
        assert await here.refuses(fresh(here)) is Reason.SIGNATURE


async def test_what_two_issuers_publish_is_kept_apart(service: Make) -> None:
    iss, other = "https://other.example.org", "https://other.example.org/jwks"
    servers = KeyServers()
    servers.answers[other] = FetchedKeys(200, jwks(jwk("P384-2", kid="P384")))
    here = service(by_jku(), by_jku(iss=iss, jku=(other,), tenant="b"), servers=servers, clock=Clock())
    assert await here.refuses(bearer({}, {"iss": iss})) is Reason.KEY_ADDRESS
    assert await here.refuses(bearer({"jku": other}, {"iss": iss})) is Reason.SIGNATURE
    assert await here.takes(bearer({"jku": other}, {"iss": iss}, "P384-2")) == ("b", iss)
