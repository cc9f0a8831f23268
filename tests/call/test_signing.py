"""The JWT of each request, verified as a service would [R137 to R145]."""

import base64
import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.call.faults import UsageError
from app.call.feedback import Feedback, Outcome
from app.call.signing import Algorithm, Signer, read_key
from tests.call.foreign_service import BASE, CARD, NOW, ForeignService, Json

ELLIPTIC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is what is refused
ISSUER = "https://ehr.example.org"
Private = EllipticCurvePrivateKey | RSAPrivateKey | ed25519.Ed25519PrivateKey


def pem(key: Private, passphrase: bytes | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption)


def jwk(key: EllipticCurvePrivateKey | RSAPrivateKey, **members: str) -> Json:
    if isinstance(key, RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key, as_dict=True) | members
    return ECAlgorithm.to_jwk(key, as_dict=True) | members


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


def public_part(key: Json) -> Json:
    return {name: value for name, value in key.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}


def thumbprint(key: Json) -> str:
    names = ("crv", "kty", "x", "y") if key["kty"] == "EC" else ("e", "kty", "n")
    text = json.dumps({name: key[name] for name in names}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def claims_of(token: str, key: EllipticCurvePrivateKey | RSAPrivateKey, audience: str) -> Json:
    """What a service reads of a token once it has verified it."""
    claims: Json = jwt.decode(
        token,
        key.public_key(),
        algorithms=["ES384" if isinstance(key, EllipticCurvePrivateKey) else "RS384"],
        audience=audience,
        issuer=ISSUER,
        options={"require": ["iss", "aud", "exp", "iat", "jti"], "verify_exp": False, "verify_iat": False},
    )
    return claims


@pytest.mark.parametrize(("key", "algorithm"), [(ELLIPTIC, "ES384"), (RSA, "RS384")])
def test_every_request_carries_a_token_of_its_own_for_its_exact_address(
    key: EllipticCurvePrivateKey | RSAPrivateKey, algorithm: str
) -> None:
    foreign = ForeignService(answer={"cards": [CARD]})
    signer = Signer(key=read_key(written(jwk(key, kid="k-1"))), issuer=ISSUER)
    answer = foreign.fire(signer=signer, feedback=Feedback(outcome=Outcome.ACCEPTED))
    assert answer.good
    instances = set()
    for address, request in zip(
        ("cds-services", "cds-services/view", "cds-services/view/feedback"), foreign.received, strict=True
    ):
        assert request.url == f"{BASE}/{address}"
        scheme, _, token = request.headers["authorization"].partition(" ")
        assert scheme == "Bearer"
        assert jwt.get_unverified_header(token) == {"alg": algorithm, "kid": "k-1", "typ": "JWT"}
        claims = claims_of(token, key, request.url)
        issued = int(NOW.timestamp())
        assert claims == {
            "iss": ISSUER,
            "aud": request.url,
            "iat": issued,
            "exp": issued + 300,
            "jti": claims["jti"],
        }
        instances.add(claims["jti"])
    assert len(instances) == 3
    assert f"signed by {ISSUER} with the key k-1 ({algorithm})" in answer.notes


def test_jku_tenant_and_another_audience_are_sent_where_given() -> None:
    signer = Signer(
        key=read_key(pem(ELLIPTIC), "k-2"),
        issuer=ISSUER,
        audience="https://public.example.org/cds-services/view",
        jku="https://ehr.example.org/jwks.json",
        tenant="ward-3",
    )
    token = signer.token("http://10.0.0.1/cds-services/view", NOW)
    header = jwt.get_unverified_header(token)
    assert (header["kid"], header["jku"]) == ("k-2", "https://ehr.example.org/jwks.json")
    assert claims_of(token, ELLIPTIC, "https://public.example.org/cds-services/view")["tenant"] == "ward-3"


@pytest.mark.parametrize("key", [ELLIPTIC, RSA])
@pytest.mark.parametrize("form", ["pem", "old pem", "jwk", "set"])
def test_a_key_is_read_from_every_form(key: EllipticCurvePrivateKey | RSAPrivateKey, form: str) -> None:
    content = {
        "pem": pem(key),
        "old pem": pem(key, form=PrivateFormat.TraditionalOpenSSL),
        "jwk": written(jwk(key)),
        "set": written({"keys": [public_part(jwk(key)), jwk(key, use="enc"), jwk(key)]}),
    }[form]
    found = read_key(content)
    assert found.algorithm == ("ES384" if key is ELLIPTIC else "RS384")
    # A key without a name is called by its thumbprint, whatever it was read from.
    assert found.key_id == thumbprint(jwk(key))
    assert claims_of(Signer(key=found, issuer=ISSUER).token("https://x.org", NOW), key, "https://x.org")


def test_a_key_of_a_set_is_taken_by_its_name_or_its_kind() -> None:
    both = written({"keys": [jwk(ELLIPTIC, kid="e"), jwk(RSA, kid="r")]})
    assert read_key(both, "r").algorithm is Algorithm.RS384
    assert read_key(both, None, Algorithm.ES384).key_id == "e"
    with pytest.raises(UsageError, match="--key-id: e, r"):
        read_key(both)
    with pytest.raises(UsageError, match="no private signing key"):
        read_key(both, "e", Algorithm.RS384)
    with pytest.raises(UsageError, match="no private signing key"):
        read_key(both, "x")


def test_the_name_given_goes_before_the_keys_own() -> None:
    assert read_key(written(jwk(RSA, kid="own"))).key_id == "own"
    assert read_key(written(jwk(RSA, kid="own")), "given").key_id == "given"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "no private key"),
        (
            ELLIPTIC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "no private key",
        ),
        (written(public_part(jwk(RSA))), "no private key"),
        (written({"kty": "oct", "k": "c2VjcmV0", "d": "x"}), "no private key"),
        (written({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "d": "AA"}), "no private key"),
        (written({"kty": "RSA", "d": 5, "n": 5, "e": 5}), "no private key"),
        (written([]), "no private key"),
        (written({"keys": []}), "no private signing key"),
        (pem(RSA, b"secret"), "passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither ES384"),
        (written(jwk(ec.generate_private_key(ec.SECP256R1()))), "neither ES384"),
        (pem(SMALL_RSA), "neither ES384"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "neither ES384"),
    ],
)
def test_what_cannot_sign_is_refused_and_nothing_of_it_told(content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=f"^--key: .*{said}") as refused:
        read_key(content)
    assert "c2VjcmV0" not in refused.value.message
    assert "MII" not in refused.value.message


def test_another_algorithm_than_the_keys_is_refused() -> None:
    with pytest.raises(UsageError, match="--algorithm: the key is made for ES384"):
        read_key(pem(ELLIPTIC), None, Algorithm.RS384)


def test_a_key_and_a_signer_show_nothing_of_the_key() -> None:
    key = read_key(written(jwk(RSA, kid="k-1")))
    assert repr(key) == "SigningKey(key_id='k-1', algorithm=<Algorithm.RS384: 'RS384'>)"
    assert "RSAPrivateKey" not in repr(Signer(key=key, issuer=ISSUER))
