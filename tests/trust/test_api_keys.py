"""API keys: made once, kept as digests, and taken letter for letter until they end."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.trust.api_keys import ApiKeys, HashedKey, new_api_key
from app.trust.refusal import Reason
from app.trust.registration import RegistrationError
from app.trust.rest_caller import RestCaller
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import CANARY, NOW
from tests.trust.issuing_access_tokens import REGISTRY, Door, access_token

NAME = "registry-1"
TEXT, DIGEST = new_api_key(NAME, lambda size: b"\xfb" * size)
OTHER_TEXT, OTHER_DIGEST = new_api_key("warehouse", lambda size: b"\x07" * size)


def hashed(**changes: Any) -> HashedKey:
    own = {"id": NAME, "digest": DIGEST, "tenant": "hospital", "scopes": ("cds/evaluate",)}
    return HashedKey(**{**own, **changes})


CALLER = RestCaller("hospital", None, NAME, frozenset({"cds/evaluate"}), "api-key")


def test_a_new_key_has_256_bits_that_nobody_can_guess() -> None:
    made = {new_api_key(NAME) for _ in range(5)}
    assert len(made) == 5
    text, digest = made.pop()
    assert text.startswith(f"spmk_{NAME}_")
    assert len(text.rpartition(f"{NAME}_")[2]) == 43
    assert digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "name", ["", "short-1", "x" * 33, "Registry-1", "registry_1", "registry 1", "registry-1\n"]
)
def test_a_key_has_a_name_that_can_be_read(name: str) -> None:
    with pytest.raises(ValueError, match="8 to 32 small letters"):
        new_api_key(name)


async def test_a_key_is_taken_from_either_header() -> None:
    here = Door(keys=(hashed(),))
    assert await here.takes(keys=(TEXT,)) == CALLER
    for scheme in ("ApiKey", "apikey", "APIKEY", "ApiKey "):
        assert await here.takes(f"{scheme} {TEXT}") == CALLER


async def test_beside_keys_access_tokens_are_taken() -> None:
    here = Door(keys=(hashed(),))
    assert await here.takes(access_token()) == REGISTRY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(TEXT[:-1] + "A", Reason.API_KEY, id="wrong secret"),
        pytest.param(TEXT.replace(NAME, "registry-2"), Reason.API_KEY, id="unknown id"),
        pytest.param(OTHER_TEXT.replace("warehouse", NAME), Reason.API_KEY, id="the secret of another"),
        pytest.param(TEXT.swapcase(), Reason.MALFORMED, id="other letters"),
        pytest.param(TEXT.replace("spmk", "SPMK"), Reason.MALFORMED, id="other prefix"),
        pytest.param(f" {TEXT}", Reason.MALFORMED, id="a space before"),
        pytest.param(f"{TEXT} ", Reason.MALFORMED, id="a space behind"),
        pytest.param(f"{TEXT}\t", Reason.MALFORMED, id="a tab behind"),
        pytest.param(f"{TEXT}\n", Reason.MALFORMED, id="a line end"),
        pytest.param(f"{TEXT}=", Reason.MALFORMED, id="padding"),
        pytest.param(TEXT[:-1], Reason.MALFORMED, id="too short"),
        pytest.param(f"{TEXT},{TEXT}", Reason.MALFORMED, id="two in one"),
        pytest.param(DIGEST, Reason.MALFORMED, id="the digest"),
        pytest.param("", Reason.MALFORMED, id="nothing"),
        pytest.param("ä" * 60, Reason.MALFORMED, id="no letters of a key"),
        pytest.param("s" * 8_193, Reason.TOO_LONG, id="huge"),
    ],
)
async def test_another_text_is_no_key(text: str, reason: Reason) -> None:
    here = Door(keys=(hashed(), hashed(id="warehouse", digest=OTHER_DIGEST)))
    assert await here.refuses(keys=(text,)) is reason


async def test_a_key_is_one_credential_and_comes_alone() -> None:
    here = Door(keys=(hashed(),))
    assert await here.refuses(keys=(TEXT, TEXT)) is Reason.SEVERAL
    assert await here.refuses(f"ApiKey {TEXT}", f"ApiKey {TEXT}") is Reason.SEVERAL
    assert await here.refuses(access_token(), keys=(TEXT,)) is Reason.SEVERAL
    assert await here.refuses(f"ApiKey {TEXT}", keys=(TEXT,)) is Reason.SEVERAL
    # What is sent is what is meant.
    assert await here.refuses(f"Bearer {TEXT}") is Reason.MALFORMED
    assert await here.refuses(keys=(access_token(),)) is Reason.MALFORMED


async def test_a_key_ends() -> None:
    here = Door(keys=(hashed(expires=NOW + timedelta(hours=1)),))
    here.clock.on(seconds=3_599.999)
    assert await here.takes(keys=(TEXT,)) == CALLER
    here.clock.on(seconds=0.001)
    assert await here.refuses(keys=(TEXT,)) is Reason.EXPIRED
    # That it has ended is told to nobody who does not have it.
    assert await here.refuses(keys=(TEXT[:-1] + "A",)) is Reason.API_KEY


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": "x"}, "8 to 32"),
        ({"id": f"{CANARY}-key"}, "8 to 32"),
        ({"digest": ""}, "digest"),
        ({"digest": DIGEST.upper()}, "digest"),
        ({"digest": TEXT}, "digest"),
        ({"scopes": ()}, "scopes"),
        ({"expires": datetime(2027, 1, 1)}, "time zone"),  # noqa: DTZ001  it is refused for that
        ({"id": "warehouse"}, "of another key"),
    ],
)
def test_a_registration_that_cannot_be_used_stops_the_start(changes: dict[str, Any], fault: str) -> None:
    keys = (hashed(id="warehouse", digest=OTHER_DIGEST), hashed(**changes))
    with pytest.raises(RegistrationError, match=fault) as caught:
        ApiKeys(keys, lambda: NOW)
    assert str(caught.value).startswith("Key 2 of 2: ")
    assert not any(text in repr(caught.value) for text in (CANARY, TEXT))


def test_no_text_of_a_registration_shows_its_digest() -> None:
    assert DIGEST not in repr(hashed())


async def test_nothing_of_a_key_is_logged(log: ServiceLog) -> None:
    log.client()
    here = Door(keys=(hashed(),))
    assert await here.takes(keys=(TEXT,)) == CALLER
    assert await here.refuses(keys=(TEXT[:-1] + "A",)) is Reason.API_KEY
    assert TEXT[-30:-2] not in log.text
