"""Access tokens: asked for once, shared, kept for a while, and never printed."""

import asyncio
import copy
import json
import pickle
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from structlog.testing import capture_logs

from app.fhir.server.backend.keys import KeyRing
from app.fhir.server.backend.tokens import (
    AccessToken,
    Answer,
    Post,
    Secret,
    TokenError,
    TokenSource,
    UnreachableError,
)
from tests.fhir.backend_parts import (
    CLIENT,
    ELLIPTIC,
    NOW,
    RSA,
    SCOPE,
    TOKEN,
    TOKEN_URL,
    AuthorizationServer,
    Clock,
    granted,
    pem,
    source,
)

LATER = granted(access_token="later")  # noqa: S106  a token of no server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ten_seconds_late(server: AuthorizationServer, clock: Clock) -> Post:
    async def post(address: str, form: Mapping[str, str]) -> Answer:
        clock.move(10)
        return await server.post(address, form)

    return post


async def failure(tokens: TokenSource) -> str:
    with pytest.raises(TokenError) as caught:
        await tokens.token()
    return caught.value.kind


async def test_the_client_asks_as_smart_backend_services_say(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted())
    found = await source(server, clock, tmp_path).token()
    ((address, form),) = server.requests
    assert address == TOKEN_URL
    assert {name: value for name, value in form.items() if name != "client_assertion"} == {
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    claims = jwt.decode(
        form["client_assertion"],
        ELLIPTIC.public_key(),
        algorithms=["ES384"],
        audience=TOKEN_URL,
        issuer=CLIENT,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["iat"] == NOW.timestamp()
    assert (found.value.reveal(), (found.expires - NOW).total_seconds(), found.scope) == (TOKEN, 3600, SCOPE)


@pytest.mark.parametrize(
    ("members", "scope"),
    [({"scope": "system/Patient.r"}, "system/Patient.r"), ({"scope": None}, SCOPE), ({"scope": ""}, "")],
)
async def test_the_scope_is_what_was_granted_or_else_what_was_asked_for(
    members: dict[str, Any], scope: str, clock: Clock, tmp_path: Path
) -> None:
    found = await source(AuthorizationServer(granted(**members)), clock, tmp_path).token()
    assert found.scope == scope


@pytest.mark.parametrize(
    "members",
    [
        {"token_type": "Bearer"},
        {"token_type": "BEARER"},
        {"access_token": "!"},
        {"access_token": "~" * 8192},
        {"expires_in": 1},
        {"expires_in": 86_400},
        {"refresh_token": "not used", "patient": "not used"},
    ],
)
async def test_every_answer_within_the_bounds_is_taken(
    members: dict[str, Any], clock: Clock, tmp_path: Path
) -> None:
    found = await source(AuthorizationServer(granted(**members)), clock, tmp_path).token()
    assert found.value.reveal() == members.get("access_token", TOKEN)
    assert (found.expires - NOW).total_seconds() == members.get("expires_in", 3600)


INVALID: dict[str, Answer] = {
    "no token": granted(access_token=None),
    "an empty token": granted(access_token=""),
    "a token too long": granted(access_token="~" * 8193),
    "a token of two lines": granted(access_token=f"{TOKEN}\nX-Header: 1"),
    "a token that ends its line": granted(access_token=f"{TOKEN}\n"),
    "a token with a space": granted(access_token=f"{TOKEN} 1"),
    "a token with a letter of no header": granted(access_token=f"{TOKEN}é"),
    "a token that is no text": granted(access_token=7),
    "no type": granted(token_type=None),
    "another type": granted(token_type="mac"),  # noqa: S106  a type, no password
    "a type with more": granted(token_type="bearer x"),  # noqa: S106  a type, no password
    "a type that ends its line": granted(token_type="bearer\n"),  # noqa: S106  a type, no password
    "no life": granted(expires_in=0),
    "a life that is over": granted(expires_in=-1),
    "a life too long": granted(expires_in=86_401),
    "a life as text": granted(expires_in="3600"),
    "a broken life": granted(expires_in=1.5),
    "a life with a fraction": granted(expires_in=3600.0),
    "a life that is a truth": granted(expires_in=True),
    "a scope that is no text": granted(scope=["system/Patient.r"]),
    "a scope of two lines": granted(scope="a\nb"),
    "a name given twice": Answer(200, granted().body[:-1] + b', "access_token": "other"}'),
    "a list": Answer(200, b"[" + granted().body + b"]"),
    "a page": Answer(200, f"<html>{TOKEN}</html>".encode()),
    "nothing": Answer(200, b""),
    "deep nesting": Answer(200, b'{"a":' * 8000),
    "no UTF-8": Answer(200, granted().body[:-1] + b', "a": "\xff"}'),
    "too much": Answer(200, granted().body + b" " * 65_536),
    "another success": Answer(201, granted().body),
    "no content": Answer(204, b""),
    "another address": Answer(302, b""),
    "no status of HTTP": Answer(0, granted().body),
}


@pytest.mark.parametrize("case", INVALID)
async def test_an_answer_that_is_not_understood_gives_no_token(
    case: str, clock: Clock, tmp_path: Path
) -> None:
    assert await failure(source(AuthorizationServer(INVALID[case]), clock, tmp_path)) == "invalid"


async def test_an_answer_at_the_size_limit_is_still_read(clock: Clock, tmp_path: Path) -> None:
    body = granted().body.ljust(65_536)
    found = await source(AuthorizationServer(Answer(200, body)), clock, tmp_path).token()
    assert found.value.reveal() == TOKEN


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400, b'{"error": "invalid_client"}'), "refused"),
        (Answer(401, granted().body), "refused"),
        (Answer(403, b""), "refused"),
        (Answer(499, b""), "refused"),
        (Answer(408, b""), "unavailable"),
        (Answer(429, b""), "unavailable"),
        (Answer(500, b""), "unavailable"),
        (Answer(503, granted().body), "unavailable"),
        (Answer(599, b""), "unavailable"),
        (Answer(600, b""), "invalid"),
        (UnreachableError("connect"), "unavailable"),
        (TimeoutError(), "unavailable"),
        (asyncio.CancelledError(), "unavailable"),
    ],
)
async def test_each_failure_has_its_kind(
    answer: Answer | BaseException, kind: str, clock: Clock, tmp_path: Path
) -> None:
    assert await failure(source(AuthorizationServer(answer), clock, tmp_path)) == kind


# Life in seconds (None where the answer does not say), and until when the token serves: sixty seconds or a
# quarter of its life before it ends, whichever is shorter.
@pytest.mark.parametrize(
    ("life", "serves"), [(3600, 3540), (241, 181), (240, 180), (239, 179.25), (None, 45), (4, 3), (1, 0.75)]
)
async def test_a_token_is_kept_until_shortly_before_it_ends(
    life: int | None, serves: float, clock: Clock, tmp_path: Path
) -> None:
    server = AuthorizationServer(granted(expires_in=life), LATER)
    tokens = source(server, clock, tmp_path)
    first = await tokens.token()
    clock.move(serves - 0.001)
    assert await tokens.token() is first
    clock.move(0.001)
    assert (await tokens.token()).value.reveal() == "later"
    assert len(server.requests) == 2


async def test_life_is_counted_from_before_the_request_was_sent(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted(expires_in=100))
    found = await source(server, clock, tmp_path, post=ten_seconds_late(server, clock)).token()
    assert (found.expires - NOW).total_seconds() == 100


async def test_a_clock_that_was_set_back_proves_no_token_fresh(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted(), LATER)
    tokens = source(server, clock, tmp_path)
    await tokens.token()
    clock.move(-1)
    assert (await tokens.token()).value.reveal() == "later"


async def test_no_two_assertions_have_the_same_name(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted(expires_in=60))
    tokens = source(server, clock, tmp_path)
    for _ in range(20):
        await tokens.token()
        clock.move(60)
    names = {server.asked_with(place)["jti"] for place in range(20)}
    assert len(names) == 20
    assert min(len(name) for name in names) >= 22  # 128 bits in base64url


async def test_the_name_of_an_assertion_is_made_of_random_bytes(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted())
    await source(server, clock, tmp_path, random=lambda length: b"\xff" * length).token()
    assert server.asked_with()["jti"] == "_" * 32


async def test_all_who_ask_at_once_share_one_request(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted())
    server.gate.clear()
    tokens = source(server, clock, tmp_path)
    callers = [asyncio.create_task(tokens.token()) for _ in range(50)]
    await server.arrived.wait()
    callers.append(asyncio.create_task(tokens.token()))
    server.gate.set()
    found = await asyncio.gather(*callers)
    assert len(server.requests) == 1
    assert all(token is found[0] for token in found)


@pytest.mark.parametrize("cancelled", [[0], [1], [0, 1]])
async def test_a_caller_who_gives_up_takes_the_request_from_nobody(
    cancelled: list[int], clock: Clock, tmp_path: Path
) -> None:
    server = AuthorizationServer(granted())
    server.gate.clear()
    tokens = source(server, clock, tmp_path)
    callers = [asyncio.create_task(tokens.token()) for _ in range(3)]
    await server.arrived.wait()
    for place in cancelled:
        callers[place].cancel()
    done, _ = await asyncio.wait([callers[place] for place in cancelled])
    assert all(caller.cancelled() for caller in done)
    server.gate.set()
    assert (await callers[2]).value.reveal() == TOKEN
    assert len(server.requests) == 1


async def test_a_request_that_nobody_waits_for_any_more_still_serves_the_next(
    clock: Clock, tmp_path: Path
) -> None:
    server = AuthorizationServer(granted())
    server.gate.clear()
    tokens = source(server, clock, tmp_path)
    caller = asyncio.create_task(tokens.token())
    await server.arrived.wait()
    caller.cancel()
    await asyncio.wait([caller])
    server.gate.set()
    assert (await tokens.token()).value.reveal() == TOKEN
    assert len(server.requests) == 1


async def test_a_failure_is_shared_and_then_held_for_a_second(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(Answer(401, b""), granted())
    server.gate.clear()
    tokens = source(server, clock, tmp_path)
    callers = [asyncio.create_task(tokens.token()) for _ in range(5)]
    await server.arrived.wait()
    clock.move(3)
    server.gate.set()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [outcome.kind for outcome in outcomes if isinstance(outcome, TokenError)] == ["refused"] * 5
    # Each has its own error: a shared one would gather the tracebacks of all.
    assert len({id(outcome) for outcome in outcomes}) == 5
    clock.move(0.999)
    assert await failure(tokens) == "refused"
    assert len(server.requests) == 1
    clock.move(0.001)
    assert (await tokens.token()).value.reveal() == TOKEN
    assert len(server.requests) == 2


async def test_a_clock_that_was_set_back_holds_no_failure(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(UnreachableError("connect"), granted())
    tokens = source(server, clock, tmp_path)
    assert await failure(tokens) == "unavailable"
    clock.move(-3600)
    assert (await tokens.token()).value.reveal() == TOKEN


async def test_a_failed_renewal_is_no_token(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted(), Answer(500, b""))
    tokens = source(server, clock, tmp_path)
    await tokens.token()
    clock.move(3600)
    assert await failure(tokens) == "unavailable"


async def test_a_fault_that_was_not_foreseen_is_told_and_wedges_nothing(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(RuntimeError("not foreseen"), granted())
    tokens = source(server, clock, tmp_path)
    with pytest.raises(RuntimeError, match="not foreseen"):
        await tokens.token()
    assert await failure(tokens) == "unavailable"
    clock.move(1)
    assert (await tokens.token()).value.reveal() == TOKEN


async def test_a_dropped_token_is_asked_for_anew(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted(), LATER)
    tokens = source(server, clock, tmp_path)
    first = await tokens.token()
    clock.move(1)
    tokens.drop(first)
    later = await tokens.token()
    assert later.value.reveal() == "later"
    # Those who still hold the first, and one made to look like it, drop nothing.
    tokens.drop(first)
    tokens.drop(AccessToken(Secret("later"), later.expires, later.scope))
    assert await tokens.token() is later
    assert len(server.requests) == 2


async def test_a_token_refused_as_soon_as_it_was_granted_is_asked_for_once_a_second(
    clock: Clock, tmp_path: Path
) -> None:
    server = AuthorizationServer(granted())
    tokens = source(server, clock, tmp_path, post=ten_seconds_late(server, clock))
    tokens.drop(await tokens.token())
    clock.move(0.999)
    assert await failure(tokens) == "refused"
    clock.move(0.001)
    tokens.drop(await tokens.token())
    assert await failure(tokens) == "refused"
    assert len(server.requests) == 2


async def test_a_token_dropped_while_its_successor_is_under_way_leaves_the_successor(
    clock: Clock, tmp_path: Path
) -> None:
    server = AuthorizationServer(granted(), LATER)
    tokens = source(server, clock, tmp_path)
    first = await tokens.token()
    clock.move(3599)
    server.arrived.clear()
    server.gate.clear()
    caller = asyncio.create_task(tokens.token())
    await server.arrived.wait()
    tokens.drop(first)
    server.gate.set()
    later = await caller
    assert later.value.reveal() == "later"
    assert await tokens.token() is later


async def test_a_new_key_signs_the_next_request_without_a_restart(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "rotated.pem"
    path.write_bytes(pem(ELLIPTIC))
    ring = KeyRing([path], clock)
    server = AuthorizationServer(granted(expires_in=60))
    tokens = source(server, clock, tmp_path, keys=ring)
    await tokens.token()
    path.write_bytes(pem(RSA))
    clock.move(60)
    await tokens.token()
    headers = [jwt.get_unverified_header(form["client_assertion"]) for _, form in server.requests]
    assert [header["alg"] for header in headers] == ["ES384", "RS384"]
    assert headers[1]["kid"] in {key["kid"] for key in json.loads(ring.jwks())["keys"]}


async def test_no_printed_form_shows_a_token(clock: Clock, tmp_path: Path) -> None:
    server = AuthorizationServer(granted())
    tokens = source(server, clock, tmp_path)
    with capture_logs() as events:
        found = await tokens.token()
        tokens.drop(found)
    secret = found.value
    printed = (
        f"{found} {found!r} {secret} {secret!r} {secret!s} {tokens!r} {server.answers!r} {[secret]} {events}"
    )
    assert TOKEN not in printed
    assert str(secret) == repr(secret) == "***"
    assert not hasattr(secret, "__dict__")
    for store in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither copied nor stored"):
            store(secret)


@pytest.mark.parametrize(
    "answer",
    [
        granted(expires_in="canary-life"),
        granted(access_token=f"{TOKEN} x"),
        Answer(200, f'{{"access_token": "{TOKEN}"'.encode()),
        Answer(400, f'{{"error": "{TOKEN}"}}'.encode()),
        UnreachableError(TOKEN),
    ],
)
async def test_no_error_shows_the_answer_the_address_or_the_assertion(
    answer: Answer | UnreachableError, clock: Clock, tmp_path: Path
) -> None:
    server = AuthorizationServer(answer)
    tokens = source(server, clock, tmp_path)
    with capture_logs() as events, pytest.raises(TokenError) as caught:
        await tokens.token()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if "test_" not in frame.filename]
    printed = f"{caught.value!r} {events} {[frame.locals for frame in ours]}"
    assert caught.value.__context__ is None
    for secret in (TOKEN, TOKEN_URL, "canary-life", server.requests[0][1]["client_assertion"]):
        assert secret not in printed
        assert secret not in str(caught.value)
    assert ours
