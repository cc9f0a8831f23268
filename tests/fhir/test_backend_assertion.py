"""The assertion, verified as an authorization server would (SMART App Launch 2, asymmetric clients)."""

import json
import warnings
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from app.fhir.server.backend.assertion import assertion
from app.fhir.server.backend.keys import KeyRing, SigningKey, read_keys
from tests.fhir.backend_parts import CLIENT, ELLIPTIC, NOW, RSA, TOKEN_URL, Clock, Json, Signing, pem


def key_in(folder: Path, key: Signing) -> SigningKey:
    path = folder / "key.pem"
    path.write_bytes(pem(key))
    return read_keys([path])[0]


def verified(token: str, public: Json, audience: str = TOKEN_URL) -> Json:
    claims: Json = jwt.decode(
        token,
        jwt.PyJWK(public),
        algorithms=["ES384", "RS384"],
        audience=audience,
        issuer=CLIENT,
        options={"require": ["iss", "sub", "aud", "exp", "jti"], "verify_exp": False, "verify_iat": False},
    )
    return claims


@pytest.mark.parametrize(("key", "algorithm"), [(ELLIPTIC, "ES384"), (RSA, "RS384")])
def test_the_assertion_is_verified_with_the_published_key_that_it_names(
    key: Signing, algorithm: str, tmp_path: Path
) -> None:
    signing = key_in(tmp_path, key)
    token = assertion(signing, CLIENT, TOKEN_URL, NOW, "once-1")
    published = json.loads(KeyRing([tmp_path / "key.pem"], Clock()).jwks())["keys"]
    header = jwt.get_unverified_header(token)
    assert header == {"alg": algorithm, "kid": signing.kid, "typ": "JWT"}
    (named,) = [public for public in published if public["kid"] == header["kid"]]
    claims = verified(token, named)
    assert (claims["iss"], claims["sub"], claims["aud"], claims["jti"]) == (
        CLIENT,
        CLIENT,
        TOKEN_URL,
        "once-1",
    )


@pytest.mark.parametrize("part", [0, 0.5, 0.999_999])
def test_the_assertion_ends_within_five_minutes_even_for_a_clock_a_minute_behind(
    part: float, tmp_path: Path
) -> None:
    now = NOW + timedelta(seconds=part)
    claims = jwt.decode(
        assertion(key_in(tmp_path, ELLIPTIC), CLIENT, TOKEN_URL, now, "once-1"),
        options={"verify_signature": False},
    )
    assert (type(claims["iat"]), type(claims["exp"])) == (int, int)
    assert claims["iat"] <= now.timestamp()
    assert now.timestamp() + 60 < claims["exp"] <= now.timestamp() - 60 + 300


def test_another_key_another_address_and_a_changed_assertion_are_not_taken(tmp_path: Path) -> None:
    signing = key_in(tmp_path, ELLIPTIC)
    token = assertion(signing, CLIENT, TOKEN_URL, NOW, "once-1")
    head, claims, signature = token.split(".")
    with pytest.raises(jwt.InvalidAudienceError):
        verified(token, signing.public_jwk(), TOKEN_URL + "/")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(f"{head}.{claims[:-4]}AAAA.{signature}", signing.public_jwk())
    with pytest.raises(jwt.PyJWTError):
        verified(token, key_in(tmp_path, RSA).public_jwk())


def test_signing_warns_of_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for key in (ELLIPTIC, RSA):
            assert assertion(key_in(tmp_path, key), CLIENT, TOKEN_URL, NOW, "once-1").count(".") == 2
    assert seen == []
