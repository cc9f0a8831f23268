"""Whatever is sent, the answer is the one refusal, and nothing of it is written anywhere."""

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.trust import Reason
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import (
    CANARY,
    HOSPITAL,
    JKU,
    Service,
    bearer,
    by_keys,
    claims,
    encoded,
    header,
)

Make = Callable[..., Service]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
HEADER_NAMES = st.sampled_from([*header(), "crit", "b64", "jwk", "x5c"])
CLAIM_NAMES = st.sampled_from([*claims()])


@cache
def here() -> Service:
    return Service(by_keys(jku=(JKU,)))


def refused(*headers: str | bytes) -> Reason:
    return asyncio.run(here().refuses(*headers))


@given(st.lists(st.text() | st.binary(), max_size=3))
def test_no_text_lets_anybody_in(headers: list[str | bytes]) -> None:
    assert refused(*headers) is not Reason.FAILED


@given(st.text() | st.binary().map(lambda some: some.decode("latin-1")))
def test_no_bearer_lets_anybody_in(text: str) -> None:
    assert refused(f"Bearer {text}") is not Reason.FAILED


@given(JSON | st.binary(max_size=40), JSON | st.binary(max_size=40), st.binary(max_size=120))
def test_no_three_parts_let_anybody_in(head: Any, payload: Any, signature: bytes) -> None:
    assert refused(f"Bearer {encoded(head)}.{encoded(payload)}.{encoded(signature)}") is not Reason.FAILED


@given(HEADER_NAMES, JSON, st.binary(max_size=120))
def test_no_header_lets_a_bad_signature_in(name: str, value: Any, signature: bytes) -> None:
    text = f"{encoded({**header(), name: value})}.{encoded(claims())}.{encoded(signature)}"
    assert refused(f"Bearer {text}") is not Reason.FAILED


@given(CLAIM_NAMES, JSON)
def test_no_claim_of_another_type_is_taken(name: str, value: Any) -> None:
    if type(value) is type(claims()[name]) or (name == "aud" and isinstance(value, list)):
        value = {"another": value}
    assert refused(bearer({}, {name: value})) is not Reason.FAILED


@pytest.mark.conforms("R150")
async def test_nothing_of_a_token_is_logged(service: Make, log: ServiceLog) -> None:
    log.client()
    own, token = service(), bearer()
    assert await own.takes(token) == HOSPITAL
    assert await own.refuses(token, body=b"other") is Reason.REPLAYED
    assert await own.refuses(bearer({"kid": CANARY})) is Reason.UNKNOWN_KEY
    assert await own.refuses(bearer({}, {"iss": CANARY})) is Reason.ISSUER
    assert await own.refuses(f"Bearer {CANARY}") is Reason.MALFORMED
    assert CANARY not in log.text
    assert not any(part in log.text for part in token.removeprefix("Bearer ").split("."))


async def test_what_was_not_foreseen_lets_nobody_in(service: Make, log: ServiceLog) -> None:
    log.client()
    own = service()
    nothing: Any = [None]
    assert await own.refuses(*nothing) is Reason.FAILED
    assert [line["error"] for line in log.lines if line["event"] == "token_check_failed"] == ["TypeError"]
    assert json.dumps(CANARY) not in log.text
