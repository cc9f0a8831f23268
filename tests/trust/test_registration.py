"""What an operator may register: a mistake stops the start, and its message repeats nothing."""

import json
from typing import Any

import pytest

from cds_hooks.trust import Issuer, Trust
from tests.trust.issuing import CANARY, ISS, JKU, Service, by_jku, by_keys, jwk, jwks

SANDBOX = "https://sandbox.cds-hooks.org"
OTHER = Issuer(iss="https://other.example.org", tenant="other", jku=(JKU,))


@pytest.mark.conforms("R144")
@pytest.mark.parametrize(
    ("issuer", "fault"),
    [
        (by_jku(jku=()), "give keys or jku"),
        (by_jku(iss=""), "iss"),
        (by_jku(iss=f"{CANARY}\n"), "iss"),
        (by_jku(subject=""), "subject"),
        (by_jku(tenant_claim=""), "tenant_claim"),
        (by_jku(audiences=("",)), "audiences"),
        (by_jku(tenant=f"{CANARY}\x00"), "tenant"),
        (by_jku(algorithms=()), "algorithms"),
        (by_jku(algorithms=("RS256",)), "algorithms"),
        (by_jku(algorithms=("ES384", "none")), "algorithms"),
        (by_jku(algorithms=("ES384", "HS256")), "algorithms"),
        (by_jku(max_lifetime_seconds=0), "max_lifetime_seconds"),
        (by_jku(max_lifetime_seconds=86_401), "max_lifetime_seconds"),
        (by_jku(jku=(f"http://{CANARY}.example.org/jwks",)), "https"),
        (by_jku(jku=(f"file:///{CANARY}",)), "jku"),
        (by_jku(jku=(f"https://user:{CANARY}@ehr.example.org/jwks",)), "jku"),
        (by_keys(keys=CANARY.encode()), "JWK Set"),
        (by_keys(keys=b" " * 65_537), "larger"),
        (by_keys(keys=b'{"keys": []}'), "no public key"),
        (by_keys(keys=jwks(jwk("P256"))), "no public key"),
        (by_keys(keys=jwks(jwk("1024"))), "no public key"),
        (by_jku(iss="https://other.example.org"), "of another issuer"),
        (by_jku(iss="https://other.example.org", tenant_claim="t1"), "tenant_claim"),
    ],
)
def test_a_registration_that_cannot_be_used_stops_the_start(issuer: Issuer, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        Service(OTHER, issuer)
    assert str(caught.value).startswith("Issuer 2 of 2: ")
    assert CANARY not in repr(caught.value)


@pytest.mark.conforms("R144")
@pytest.mark.parametrize(
    "issuer",
    [
        by_jku(iss=SANDBOX),
        by_keys(iss=SANDBOX),
        by_jku(iss=f"{SANDBOX}/"),
        by_jku(iss="https://SANDBOX.cds-hooks.org:443"),
        by_jku(iss="http://sandbox.cds-hooks.org./x"),
        by_jku(jku=(JKU, f"{SANDBOX}/.well-known/jwks.json")),
    ],
)
def test_a35_the_public_sandbox_is_refused_in_production(issuer: Issuer) -> None:
    with pytest.raises(ValueError, match="its private key is public"):
        Service(issuer)
    assert isinstance(Service(issuer, production=False).trust, Trust)


def test_a35_so_is_its_key_under_another_name() -> None:
    public: dict[str, Any] = {
        "kty": "EC",
        "crv": "P-384",
        "kid": "k1",
        "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
        "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    }
    with pytest.raises(ValueError, match="no public key"):
        Service(by_keys(keys=json.dumps({"keys": [public]}).encode()))
    assert isinstance(
        Service(by_keys(keys=json.dumps({"keys": [public]}).encode()), production=False).trust, Trust
    )


def test_key_addresses_may_be_http_where_things_are_tried_out() -> None:
    issuer = by_jku(jku=("http://127.0.0.1:8080/jwks",))
    assert isinstance(Service(issuer, production=False).trust, Trust)
    with pytest.raises(ValueError, match="https"):
        Service(issuer)


@pytest.mark.parametrize("first", [None, "t1"])
def test_customers_of_one_vendor_all_have_their_own_claim(first: str | None) -> None:
    with pytest.raises(ValueError, match="tenant_claim"):
        Service(by_jku(tenant_claim=first), by_jku(tenant_claim=None if first else "t1"))
    with pytest.raises(ValueError, match="tenant_claim"):
        Service(by_jku(tenant_claim=first), by_jku(tenant_claim=first))


@pytest.mark.parametrize("iss", ["urn:oid:1.2.3", "https://[x", "ehr"])
def test_an_issuer_may_be_any_text(iss: str) -> None:
    assert isinstance(Service(by_keys(iss=iss)).trust, Trust)


def test_no_text_of_a_registration_shows_its_keys() -> None:
    assert ISS in repr(by_keys())
    assert str(jwk("P384")["x"]) not in repr(by_keys())
