"""The keys that this service proves itself with: read, named, published and changed."""

import base64
import hashlib
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat
from structlog.testing import capture_logs

from app.fhir.server.backend.keys import KeyRing, read_keys, thumbprint
from tests.fhir.backend_parts import ELLIPTIC, RSA, Clock, Json, Signing, jwk, pem, written

SMALL_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is what is refused
P256 = ec.generate_private_key(ec.SECP256R1())
# The keys whose x or y begins with a zero byte, found by trying small numbers.
SHORT_X, SHORT_Y = 197, 176
# RFC 7638, section 3.1.
RFC_KEY = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
FORMS: dict[str, Callable[[Signing], bytes]] = {
    "PKCS8": pem,
    "SEC1 or PKCS1": lambda key: pem(key, form=PrivateFormat.TraditionalOpenSSL),
    "PEM after remarks": lambda key: b"Key Attributes: none\n" + pem(key),
    "JWK": lambda key: written(jwk(key)),
    "JWK with a name": lambda key: written(jwk(key) | {"kid": "of-the-file", "use": "sig"}),
}


def public_pem(key: Signing) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def without_private_part(key: Json) -> Json:
    return {name: value for name, value in key.items() if name != "d"}


REFUSED: dict[str, tuple[bytes, str]] = {
    "a small RSA key": (pem(SMALL_RSA), "2048 bits or more"),
    "a small RSA JWK": (written(jwk(SMALL_RSA)), "2048 bits or more"),
    "another curve": (pem(P256), "P-384"),
    "another curve as JWK": (written(jwk(P256)), "P-384"),
    "Ed25519": (pem(ed25519.Ed25519PrivateKey.generate()), "ES384"),
    "Ed25519 as JWK": (written({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}), "ES384"),
    "DSA": (pem(dsa.generate_private_key(1024)), "ES384"),  # noqa: S505  that is what is refused
    "a passphrase": (pem(ELLIPTIC, b"open"), "passphrase"),
    "an old passphrase": (pem(ELLIPTIC, b"open", PrivateFormat.TraditionalOpenSSL), "passphrase"),
    "a public key": (public_pem(ELLIPTIC), "no private key"),
    "a public JWK": (written(without_private_part(jwk(ELLIPTIC))), "no private key"),
    "a JWK of two keys": (written(jwk(ELLIPTIC) | {"x": jwk(P256)["x"]}), "no private key"),
    "a JWK of another private part": (
        written(jwk(ELLIPTIC) | {"d": jwk(ec.generate_private_key(ec.SECP384R1()))["d"]}),
        "no private key",
    ),
    "a JWK with numbers": (written(jwk(ELLIPTIC) | {"d": 7}), "no private key"),
    "a JWK without numbers": (written({"kty": "RSA", "d": "AQAB"}), "no private key"),
    "a JWK that names d twice": (written(jwk(ELLIPTIC))[:-1] + b', "d": "AA"}', "no private key"),
    "a JWK Set": (written({"keys": [jwk(ELLIPTIC)]}), "no private key"),
    "a JWK for RS256": (written(jwk(RSA) | {"alg": "RS256"}), "another use or algorithm"),
    "a JWK for encryption": (written(jwk(ELLIPTIC) | {"use": "enc"}), "another use or algorithm"),
    "a list": (b"[]", "no private key"),
    "nothing": (b"", "no private key"),
    "garbage": (b"\x00\xff not a key", "no private key"),
    "garbage between marks": (
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "no private key",
    ),
    "a large file": (pem(ELLIPTIC) + b" " * 65_536, "larger than 65,536 bytes"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("key", "algorithm"), [(ELLIPTIC, "ES384"), (RSA, "RS384")])
def test_a_key_is_read_from_every_form_and_has_one_name(
    key: Signing, algorithm: str, form: str, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_bytes(FORMS[form](key))
    (found,) = read_keys([path])
    assert found.algorithm == algorithm
    assert found.kid == thumbprint(jwk(key))


@pytest.mark.parametrize("case", REFUSED)
def test_a_key_that_cannot_sign_is_refused_at_start(case: str, tmp_path: Path) -> None:
    content, reason = REFUSED[case]
    path = tmp_path / "canary-name"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as caught:
        KeyRing([path], Clock())
    assert str(caught.value).startswith("Signing key 1 of 1: ")
    assert "canary-name" not in str(caught.value)


def test_a_missing_file_is_refused_and_its_place_named(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(pem(ELLIPTIC))
    with pytest.raises(ValueError, match="Signing key 2 of 2: the file cannot be read") as caught:
        read_keys([good, tmp_path / "canary-name"])
    assert "canary-name" not in str(caught.value)


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="name at least one"):
        read_keys([])


def test_the_thumbprint_is_the_one_that_the_rfc_publishes() -> None:
    assert thumbprint(RFC_KEY) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("scalar", [SHORT_X, SHORT_Y])
def test_a_coordinate_keeps_its_leading_zero_in_name_and_jwk(scalar: int, tmp_path: Path) -> None:
    key = ec.derive_private_key(scalar, ec.SECP384R1())
    numbers = key.public_key().public_numbers()
    x, y = (
        base64.urlsafe_b64encode(number.to_bytes(48, "big")).decode() for number in (numbers.x, numbers.y)
    )
    path = tmp_path / "key"
    path.write_bytes(pem(key))
    (found,) = read_keys([path])
    text = f'{{"crv":"P-384","kty":"EC","x":"{x}","y":"{y}"}}'
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    assert found.public_jwk() == {
        "kty": "EC",
        "crv": "P-384",
        "x": x,
        "y": y,
        "use": "sig",
        "alg": "ES384",
        "kid": digest,
    }


def test_the_first_key_signs_and_all_are_published_once_without_private_parts(tmp_path: Path) -> None:
    contents = {"a": pem(RSA), "b": pem(ELLIPTIC), "c": written(jwk(RSA))}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    ring = KeyRing([tmp_path / name for name in contents], Clock())
    published = json.loads(ring.jwks())
    assert ring.signing().kid == thumbprint(jwk(RSA))
    assert [key["kid"] for key in published["keys"]] == [thumbprint(jwk(RSA)), thumbprint(jwk(ELLIPTIC))]
    assert [set(key) for key in published["keys"]] == [
        {"kty", "n", "e", "use", "alg", "kid"},
        {"kty", "crv", "x", "y", "use", "alg", "kid"},
    ]


class Rotation:
    """A key ring over one file that another key can be put into."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "signing.pem"
        self.path.write_bytes(pem(ELLIPTIC))
        self.clock = Clock()
        self.ring = KeyRing([self.path], self.clock)

    def replace(self, content: bytes) -> None:
        # Written beside and moved over, as key stores do: the file is another one.
        other = self.path.with_suffix(".new")
        other.write_bytes(content)
        other.replace(self.path)

    @property
    def names(self) -> set[str]:
        return {self.ring.signing().kid, *(key["kid"] for key in json.loads(self.ring.jwks())["keys"])}


@pytest.fixture
def rotation(tmp_path: Path) -> Rotation:
    return Rotation(tmp_path)


OLD, NEW = {thumbprint(jwk(ELLIPTIC))}, {thumbprint(jwk(RSA))}


@pytest.mark.parametrize(("seconds", "names"), [(29.999, OLD), (30, NEW), (-1, NEW)])
def test_a_replaced_file_is_read_again_after_half_a_minute_or_a_clock_set_back(
    seconds: float, names: set[str], rotation: Rotation
) -> None:
    rotation.replace(pem(RSA))
    rotation.clock.move(seconds)
    assert rotation.names == names


def test_a_file_is_read_again_when_only_its_time_has_changed(rotation: Rotation) -> None:
    rotation.path.write_bytes(pem(ec.derive_private_key(SHORT_X, ec.SECP384R1())))
    os.utime(rotation.path, ns=(1, 1))
    rotation.clock.move(30)
    assert rotation.names == {thumbprint(jwk(ec.derive_private_key(SHORT_X, ec.SECP384R1())))}


def test_both_keys_are_published_while_one_takes_over_from_the_other(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(pem(ELLIPTIC))
    new.write_bytes(pem(RSA))
    clock = Clock()
    ring = KeyRing([old, new], clock)
    old.write_bytes(pem(RSA))
    new.write_bytes(pem(ELLIPTIC))
    clock.move(30)
    assert {ring.signing().kid} == NEW
    assert {key["kid"] for key in json.loads(ring.jwks())["keys"]} == OLD | NEW


@pytest.mark.parametrize("damage", ["garbage", "missing"])
def test_a_file_that_can_no_longer_be_read_leaves_the_old_key_in_use_and_says_so(
    damage: str, rotation: Rotation
) -> None:
    if damage == "garbage":
        rotation.path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nMIG2")
    else:
        rotation.path.unlink()
    with capture_logs() as events:
        rotation.clock.move(30)
        assert rotation.names == OLD
        assert rotation.ring.outdated
        rotation.clock.move(29)
        assert rotation.names == OLD
    assert events == [{"event": "signing_key_unreadable", "log_level": "warning"}]
    rotation.replace(pem(RSA))
    rotation.clock.move(1)
    assert rotation.names == NEW
    assert not rotation.ring.outdated


def test_one_unreadable_file_of_two_changes_no_key(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(pem(ELLIPTIC))
    second.write_bytes(pem(RSA))
    clock = Clock()
    ring = KeyRing([first, second], clock)
    before = ring.jwks()
    first.write_bytes(pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    second.unlink()
    clock.move(30)
    assert ring.jwks() == before
    assert ring.outdated


def test_a_file_that_is_as_it_was_before_is_no_longer_called_outdated(rotation: Rotation) -> None:
    aside = rotation.path.with_suffix(".aside")
    rotation.path.rename(aside)
    rotation.clock.move(30)
    assert (rotation.names, rotation.ring.outdated) == (OLD, True)
    aside.rename(rotation.path)
    rotation.clock.move(30)
    assert (rotation.names, rotation.ring.outdated) == (OLD, False)


def test_a_key_that_comes_back_is_the_one_in_use_again(rotation: Rotation) -> None:
    aside = rotation.path.with_suffix(".aside")
    rotation.path.rename(aside)
    rotation.replace(pem(RSA))
    rotation.clock.move(30)
    assert rotation.names == NEW
    aside.replace(rotation.path)
    rotation.clock.move(30)
    assert rotation.names == OLD


def test_no_printed_form_and_no_traceback_shows_key_material(tmp_path: Path) -> None:
    path = tmp_path / "key"
    content = written(jwk(RSA))
    path.write_bytes(content)
    keys = read_keys([path])
    printed = f"{keys!r} {keys[0]} {KeyRing([path], Clock())!r}"
    assert f"SigningKey(kid='{keys[0].kid}', algorithm=" in printed
    path.write_bytes(content.replace(b'"kty"', b'"kind"'))
    with pytest.raises(ValueError, match="neither") as caught:
        read_keys([path])
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in told.stack if "backend" in frame.filename and "tests" not in frame.filename]
    assert frames
    printed += "".join(str(frame.locals) for frame in frames) + str(caught.value)
    secret = jwk(RSA)
    assert [name for name in ("d", "p", "q", "dp", "dq", "qi") if secret[name][:12] in printed] == []
