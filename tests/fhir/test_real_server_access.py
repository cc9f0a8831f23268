"""The FHIR server of the tests gives and demands access tokens as SMART backend services says."""

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.fhir.records import Json
from tests.fhir_server.running import RealServer, real_fhir_server

CLIENT = "spine-mets-tests"
FIXED = "fixed-token-of-the-tests"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
KEYS: Mapping[str, Any] = {"RS384": RSA_KEY, "ES384": EC_KEY}
JWKS = {
    "keys": [
        {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "RS384"},
        {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ES384"},
    ]
}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as asking:
        yield asking


@pytest.fixture(scope="module")
def guarded() -> Iterator[RealServer]:
    with real_fhir_server(require_token=True, fixed_token=FIXED, client_id=CLIENT, jwks=JWKS) as server:
        yield server


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer wrong", f"Basic {FIXED}"])
def test_without_a_token_nothing_is_told(
    client: httpx.Client, guarded: RealServer, authorization: str | None
) -> None:
    headers = {"authorization": authorization} if authorization else {}
    for path in ("Patient/p1", "Observation?patient=p1"):
        answer = client.get(f"{guarded.base}/{path}", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["resourceType"] == "OperationOutcome"


def test_the_log_says_whether_a_token_was_there_and_never_which(
    client: httpx.Client, guarded: RealServer
) -> None:
    guarded.reset()
    address = f"{guarded.base}/Observation?patient=p1"
    assert client.get(address).status_code == 401
    assert client.get(address, headers={"authorization": f"Bearer {FIXED}"}).status_code == 200
    said = [(one.method, one.path, one.query, one.authorization, one.status) for one in guarded.log()]
    path, query = "/fhir/Observation", "patient=p1"
    assert said == [("GET", path, query, False, 401), ("GET", path, query, True, 200)]
    assert FIXED not in repr(guarded.log())


def form(server: RealServer, alg: str = "RS384", key: Any = None, **changed: Any) -> dict[str, str]:
    claims = {
        "iss": CLIENT,
        "sub": CLIENT,
        "aud": server.token_endpoint,
        "exp": int(time.time()) + 240,
        "jti": str(uuid.uuid4()),
    }
    kid = changed.pop("kid", alg)
    kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    assertion = jwt.encode(kept, key or KEYS[alg], algorithm=alg, headers={"kid": kid})
    return {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }


@pytest.mark.parametrize("alg", KEYS)
def test_a_signed_assertion_is_exchanged_for_a_token(
    client: httpx.Client, guarded: RealServer, alg: str
) -> None:
    answer = client.post(guarded.token_endpoint, data=form(guarded, alg))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("bearer", 300, "system/*.rs")
    headers = {"authorization": f"Bearer {given['access_token']}"}
    assert client.get(f"{guarded.base}/Observation?patient=p1", headers=headers).status_code == 200
    guarded.reset()
    assert client.get(f"{guarded.base}/Observation?patient=p1", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://other.example/token"},
        {"exp": 1_700_000_000},
        {"exp": 4_000_000_000},
        {"exp": None},
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"jti": None},
        {"kid": "unknown"},
        {"kid": "ES384"},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"alg": "ES384", "key": ec.generate_private_key(ec.SECP384R1())},
        {
            "alg": "HS384",
            "key": "a shared secret that is long enough for it, as no key pair is",
            "kid": "RS384",
        },
    ],
    ids="-".join,
)
def test_an_assertion_that_is_not_the_clients_gets_no_token(
    client: httpx.Client, guarded: RealServer, changed: Json
) -> None:
    answer = client.post(guarded.token_endpoint, data=form(guarded, **changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("grant_type", "password", "unsupported_grant_type"),
        ("scope", "", "invalid_scope"),
        ("client_assertion_type", "jwt", "invalid_client"),
        ("client_assertion", "a.b.c", "invalid_client"),
    ],
)
def test_a_token_request_that_is_none_is_refused(
    client: httpx.Client, guarded: RealServer, name: str, value: str, error: str
) -> None:
    answer = client.post(guarded.token_endpoint, data={**form(guarded), name: value})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_an_assertion_is_good_for_one_token(client: httpx.Client, guarded: RealServer) -> None:
    asked = form(guarded)
    assert client.post(guarded.token_endpoint, data=asked).status_code == 200
    assert client.post(guarded.token_endpoint, data=asked).json()["error"] == "invalid_client"


def test_a_token_ends_with_its_time(client: httpx.Client) -> None:
    with real_fhir_server(require_token=True, client_id=CLIENT, jwks=JWKS, token_seconds=0) as server:
        given = client.post(server.token_endpoint, data=form(server)).json()
        assert given["expires_in"] == 0
        headers = {"authorization": f"Bearer {given['access_token']}"}
        assert client.get(f"{server.base}/Patient", headers=headers).status_code == 401
