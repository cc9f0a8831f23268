"""What authorization servers may be registered: a mistake stops the start, and repeats nothing."""

import pytest

from app.trust.registration import RegistrationError
from app.trust.token_issuers import TokenIssuer, TokenIssuers
from tests.trust.issuing import CANARY, jwk, jwks
from tests.trust.issuing_access_tokens import JWKS_URI, LOGIN, by_set, by_uri

OTHER = by_uri(iss="https://other.example.org", client_ids=("a",))


@pytest.mark.parametrize(
    ("issuer", "fault"),
    [
        (by_uri(iss=""), "iss"),
        (by_uri(iss=f"{CANARY}\n"), "iss"),
        (by_uri(audiences=()), "audiences"),
        (by_uri(audiences=("",)), "audiences"),
        (by_uri(client_ids=("",)), "client_ids"),
        (by_uri(tenant=f"{CANARY}\x00"), "tenant"),
        (by_uri(jwks_uri=None), "either keys or jwks_uri"),
        (by_set(jwks_uri=JWKS_URI), "either keys or jwks_uri"),
        (by_uri(algorithms=()), "algorithms"),
        (by_uri(algorithms=("ES384", "none")), "algorithms"),
        (by_uri(algorithms=("HS256",)), "algorithms"),
        (by_uri(max_lifetime_seconds=0), "max_lifetime_seconds"),
        (by_uri(max_lifetime_seconds=86_401), "max_lifetime_seconds"),
        (by_uri(jwks_uri=f"http://{CANARY}.example.org/jwks"), "jwks_uri must be https"),
        (by_uri(jwks_uri=f"file:///{CANARY}"), "jwks_uri"),
        (by_set(keys=CANARY.encode()), "JWK Set"),
        (by_set(keys=jwks(jwk("P521"))), "no public key"),
        (by_uri(iss=OTHER.iss), "client_ids"),
        (by_uri(iss=OTHER.iss, client_ids=("b", "a")), "of another issuer"),
    ],
)
def test_a_registration_that_cannot_be_used_stops_the_start(issuer: TokenIssuer, fault: str) -> None:
    with pytest.raises(RegistrationError, match=fault) as caught:
        TokenIssuers((OTHER, issuer), production=True)
    assert str(caught.value).startswith("Issuer 2 of 2: ")
    assert (caught.value.place, CANARY in repr(caught.value)) == (1, False)


def test_one_that_takes_every_client_stands_alone() -> None:
    with pytest.raises(RegistrationError, match="client_ids"):
        TokenIssuers((by_uri(), by_uri(client_ids=("a",))), production=True)


def test_key_addresses_may_be_http_where_things_are_tried_out() -> None:
    local = by_uri(jwks_uri="http://127.0.0.1:8080/jwks")
    registered, client = TokenIssuers((local,), production=False).of({"iss": LOGIN, "client_id": "a"})
    assert (registered.issuer, client) == (local, "a")


def test_no_text_of_a_registration_shows_its_keys() -> None:
    assert str(jwk("P384")["x"]) not in repr(by_set())
