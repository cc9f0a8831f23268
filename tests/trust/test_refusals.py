"""Every bad way to prove oneself (table A of the corpus of bad inputs) is refused, and for its own reason."""

import hmac
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cds_hooks.trust import Reason
from tests.trust.issuing import (
    ABSENT,
    ADDRESS,
    BASE,
    CANARY,
    HOSPITAL,
    ISS,
    JKU,
    NOW,
    KeyServers,
    Service,
    bearer,
    by_jku,
    by_keys,
    claims,
    encoded,
    header,
    jwk,
    jwks,
    key,
    private_half,
    signed,
)

Make = Callable[..., Service]
SECOND = int(NOW.timestamp())


def unsigned(algorithm: str) -> str:
    return f"Bearer {encoded(header(alg=algorithm))}.{encoded(claims())}."


def with_hmac(algorithm: str, secret: bytes) -> str:
    """Signed with what everybody has, as if it were a secret that was shared."""
    text = f"{encoded(header(alg=algorithm))}.{encoded(claims())}"
    digest = hmac.digest(secret, text.encode(), f"sha{algorithm[2:]}")
    return f"Bearer {text}.{encoded(digest)}"


def x_of_the_key() -> bytes:
    return str(jwk("P384")["x"]).encode()


def pem() -> bytes:
    return key("P384").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.conforms("R136")
@pytest.mark.conforms("R137")
@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        pytest.param([], Reason.MISSING, id="A01 none"),
        pytest.param(["Basic dXNlcjpwYXNz"], Reason.NO_BEARER, id="A02 basic"),
        pytest.param(["Bearer"], Reason.NO_BEARER, id="A02 nothing"),
        pytest.param(["Bearer "], Reason.NO_BEARER, id="A02 empty"),
        pytest.param(["Bearer a.b c.d"], Reason.NO_BEARER, id="A02 two words"),
        pytest.param(["Bearer abc"], Reason.MALFORMED, id="A02 no JWT"),
        pytest.param(["Bearer ..", "x"], Reason.SEVERAL, id="A02 two"),
        pytest.param(["Bearer a.b.c.d.e"], Reason.MALFORMED, id="A02 encrypted"),
        pytest.param([b"Bearer \xff\xfe.a.b"], Reason.MALFORMED, id="A02 no text"),
        pytest.param([f"Bearer {'a' * 8_186}"], Reason.TOO_LONG, id="A02 too long"),
        pytest.param([f"Bearer {'a' * 8_185}"], Reason.MALFORMED, id="A02 just not too long"),
    ],
)
async def test_a_call_without_one_readable_jwt_is_refused(
    service: Make, headers: list[str | bytes], reason: Reason
) -> None:
    assert await service().refuses(*headers) is reason


async def test_two_good_headers_are_refused(service: Make) -> None:
    assert await service().refuses(bearer(), bearer()) is Reason.SEVERAL
    assert await service().refuses(f"{bearer()}, {bearer()}") is Reason.NO_BEARER


@pytest.mark.conforms("R141")
@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "NONE", ""])
async def test_a03_a_jwt_without_a_signature_is_refused(service: Make, algorithm: str) -> None:
    assert await service().refuses(unsigned(algorithm)) is Reason.MALFORMED
    assert await service().refuses(unsigned(algorithm) + "AAAA") is Reason.ALGORITHM
    assert await service().refuses(bearer({"alg": algorithm})) is Reason.ALGORITHM


@pytest.mark.conforms("R142")
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("secret", [pem, jwks, x_of_the_key])
async def test_a04_a_symmetric_signature_is_refused(
    service: Make, algorithm: str, secret: Callable[[], bytes]
) -> None:
    assert await service().refuses(with_hmac(algorithm, secret())) is Reason.ALGORITHM


@pytest.mark.conforms("R143")
@pytest.mark.parametrize(
    ("algorithm", "kind"), [("RS256", "2048"), ("RS512", "2048"), ("PS384", "2048"), ("ES256", "P256")]
)
async def test_a05_an_algorithm_that_is_not_listed_is_refused(
    service: Make, algorithm: str, kind: str
) -> None:
    here = service(by_keys(keys=jwks(jwk("P384"), jwk(kind)), jku=(JKU,)))
    assert (
        await here.refuses(bearer({"alg": algorithm, "kid": kind}, {}, kind, algorithm)) is Reason.ALGORITHM
    )


@pytest.mark.conforms("R143")
@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("ES384", "P384"),
        ("RS384", "2048"),
        ("RS512", "2048"),
        ("PS384", "2048"),
        ("ES256", "P256"),
        ("ES512", "P521"),
    ],
)
async def test_each_algorithm_that_is_listed_is_taken(service: Make, algorithm: str, kind: str) -> None:
    issuer = by_keys(keys=jwks(jwk(kind)), algorithms=(algorithm,))
    token = bearer({"alg": algorithm, "kid": kind, "jku": ABSENT}, {}, kind, algorithm)
    assert await service(issuer).takes(token) == HOSPITAL


@pytest.mark.conforms("R146")
@pytest.mark.parametrize(
    ("algorithm", "kid", "changes"),
    [
        pytest.param("ES384", "2048", {}, id="A06 ES384 with an RSA key"),
        pytest.param("RS384", "P384", {}, id="A06 RS384 with an EC key"),
        pytest.param("ES384", "P256", {}, id="A06 another curve"),
        pytest.param("ES384", "P384", {"use": "enc"}, id="for encryption"),
        pytest.param("ES384", "P384", {"key_ops": ["sign"]}, id="for signing"),
        pytest.param("ES384", "P384", {"alg": "ES256"}, id="for another algorithm"),
        pytest.param("ES384", "P384", {"d": private_half("P384")}, id="with its private half"),
        pytest.param("RS384", "2048", {"d": private_half("2048")}, id="with its private half, RSA"),
        pytest.param("RS384", "2048", {"e": encoded(b"\1" * 9)}, id="an exponent that takes long"),
        pytest.param("RS384", "2048", {"n": encoded(b"\xff" * 1_025)}, id="a key that takes long"),
        pytest.param("RS384", "1024", {}, id="a short key"),
    ],
)
async def test_a06_a_key_is_used_for_what_it_is_made_for_only(
    service: Make, algorithm: str, kid: str, changes: dict[str, object]
) -> None:
    servers = KeyServers()
    servers.say(jwks(jwk(kid, **changes)))
    ways = {"ES384": "P384", "RS384": "2048"}
    # The signature fits the algorithm, and in the last rows the key, too.
    kind = kid if changes or kid == "1024" else ways[algorithm]
    token = bearer({"alg": algorithm, "kid": kid}, {}, kind, algorithm)
    assert await service(servers=servers).refuses(token) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("member", ["jwk", "x5c", "x5u"])
async def test_a08_a_key_that_comes_along_is_never_used(service: Make, member: str) -> None:
    value = {"jwk": jwk("P384-2", kid="P384"), "x5c": ["AAAA"], "x5u": "https://evil.example/c.pem"}[member]
    here = service()
    assert await here.refuses(bearer({member: value}, {}, "P384-2")) is Reason.SIGNATURE
    assert here.servers.asked == [JKU]
    # It takes nothing away, either.
    assert await here.takes(bearer({member: value})) == HOSPITAL


@pytest.mark.conforms("R144")
@pytest.mark.parametrize(
    "jku",
    [
        "http://ehr.example.org/keys/jwks.json",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://localhost/jwks.json",
        "https://ehr.example.org/keys/jwks.json/",
        "https://ehr.example.org/keys/jwks.json?x",
        "https://EHR.example.org/keys/jwks.json",
        "https://ehr.example.org/keys/../keys/jwks.json",
        "https://ehr.example.org.evil.example/keys/jwks.json",
        "",
        None,
        [JKU],
    ],
)
@pytest.mark.parametrize("issuer", [by_jku(), by_keys(), by_keys(jku=(JKU,))], ids=["jku", "keys", "both"])
async def test_a10_a_key_address_that_is_not_registered_is_never_asked(
    service: Make, jku: object, issuer: object
) -> None:
    here = service(issuer)
    assert await here.refuses(bearer({"jku": jku})) is Reason.KEY_ADDRESS
    assert here.servers.asked == []


@pytest.mark.conforms("R138")
@pytest.mark.parametrize("kid", [ABSENT, None, "", 5, ["P384"], "a\nb", "a\x00b", "k" * 257, {"a": 1}])
async def test_a14_a_key_id_that_is_none_is_refused(service: Make, kid: object) -> None:
    here = service()
    assert await here.refuses(bearer({"kid": kid})) is Reason.KEY_ID
    assert here.servers.asked == []


@pytest.mark.conforms("R146")
@pytest.mark.parametrize("kid", ["../../x", "' OR 1=1 --", "p384", "P384 ", "k" * 256])
async def test_a14_a_key_id_that_is_not_in_the_set_is_refused(service: Make, kid: str) -> None:
    assert await service().refuses(bearer({"kid": kid})) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("kid", ["k" * 256, "+/+/+/==", "ключ 1"])
async def test_a_key_id_may_be_any_short_text(service: Make, kid: str) -> None:
    issuer = by_keys(keys=jwks(jwk("P384", kid=kid)))
    assert await service(issuer).takes(bearer({"kid": kid, "jku": ABSENT})) == HOSPITAL


@pytest.mark.parametrize(
    "changes", [{"crit": ["x"]}, {"crit": []}, {"b64": False}, {"b64": True}, {"crit": ["b64"], "b64": False}]
)
async def test_a15_a_header_that_makes_something_critical_is_refused(
    service: Make, changes: dict[str, object]
) -> None:
    assert await service().refuses(bearer(changes)) is Reason.CRITICAL


@pytest.mark.conforms("R138")
@pytest.mark.parametrize("typ", ["at+jwt", "JOSE", "", None, ["JWT"], "application/jwt"])
async def test_a16_another_kind_of_token_is_refused(service: Make, typ: object) -> None:
    assert await service().refuses(bearer({"typ": typ})) is Reason.TYPE


@pytest.mark.parametrize("typ", ["JWT", "jwt", ABSENT])
async def test_a_jwt_may_leave_out_that_it_is_one(service: Make, typ: object) -> None:
    assert await service().takes(bearer({"typ": typ})) == HOSPITAL


@pytest.mark.parametrize("alg", [ABSENT, None, ["ES384"], {"ES384": 1}, 5, "es384"])
async def test_an_algorithm_is_a_listed_text(service: Make, alg: object) -> None:
    assert await service().refuses(bearer({"alg": alg})) is Reason.ALGORITHM


@pytest.mark.conforms("R140")
@pytest.mark.parametrize(
    "aud",
    [
        pytest.param(f"{BASE}/another-service", id="A22 other service"),
        pytest.param(f"{ADDRESS}/", id="A22 slash"),
        pytest.param(ADDRESS[:-1], id="A22 prefix"),
        pytest.param(ADDRESS.replace("cds.", "CDS."), id="A22 other letters"),
        pytest.param(ADDRESS.replace("example.com", "example.org"), id="A22 other host"),
        pytest.param(ADDRESS.replace("https", "http"), id="A22 http"),
        pytest.param(BASE, id="A24 discovery"),
        pytest.param([BASE], id="a list of others"),
        pytest.param([], id="an empty list"),
        pytest.param([ADDRESS, 5], id="a list of anything"),
        pytest.param({"aud": ADDRESS}, id="an object"),
        pytest.param(None, id="null"),
        pytest.param("", id="empty"),
        pytest.param(ABSENT, id="none"),
    ],
)
async def test_a22_another_audience_is_refused(service: Make, aud: object) -> None:
    assert (
        await service(by_jku(audiences=("https://x.example",))).refuses(bearer({}, {"aud": aud}))
        is Reason.AUDIENCE
    )


@pytest.mark.conforms("R134")
@pytest.mark.conforms("R140")
@pytest.mark.parametrize(
    "aud", [ADDRESS, [ADDRESS], ["https://x.example", f"{ADDRESS}/feedback"], "urn:set-at-the-ehr"]
)
async def test_the_address_that_is_called_or_a_configured_one_is_the_audience(
    service: Make, aud: object
) -> None:
    here = service(by_jku(audiences=("urn:set-at-the-ehr",)))
    assert await here.takes(bearer({}, {"aud": aud}), addresses=(ADDRESS, f"{ADDRESS}/feedback")) == HOSPITAL


@pytest.mark.conforms("R144")
@pytest.mark.parametrize("iss", [f"{ISS}/", ISS.upper(), "https://evil.example", "", None, 5, [ISS], ABSENT])
async def test_an_issuer_that_is_not_registered_is_refused(service: Make, iss: object) -> None:
    here = service()
    assert await here.refuses(bearer({}, {"iss": iss})) is Reason.ISSUER
    assert here.servers.asked == []


@pytest.mark.parametrize("sub", [ABSENT, None, "another", "client-1 ", ["client-1"], 5])
async def test_a26_another_subject_is_refused_where_one_is_set(service: Make, sub: object) -> None:
    token = bearer({}, {"sub": sub})
    assert await service(by_jku(subject="client-1")).refuses(token) is Reason.SUBJECT
    assert await service(by_jku()).takes(token) == HOSPITAL
    assert await service(by_jku(subject="client-1")).takes(bearer({}, {"sub": "client-1"})) == HOSPITAL


@pytest.mark.conforms("R149")
@pytest.mark.parametrize("tenant", [ABSENT, None, "t3", "T1", ["t1"], 5])
async def test_a27_another_tenant_is_refused_where_they_are_listed(service: Make, tenant: object) -> None:
    here = service(by_jku(tenant="first", tenant_claim="t1"), by_jku(tenant="second", tenant_claim="t2"))
    assert await here.refuses(bearer({}, {"tenant": tenant})) is Reason.TENANT
    assert here.servers.asked == []


@pytest.mark.conforms("R149")
async def test_customers_of_one_vendor_are_told_apart(service: Make) -> None:
    here = service(by_jku(tenant="first", tenant_claim="t1"), by_jku(tenant="second", tenant_claim="t2"))
    assert await here.takes(bearer({}, {"tenant": "t1", "jti": "1"})) == ("first", ISS)
    assert await here.takes(bearer({}, {"tenant": "t2", "jti": "2"})) == ("second", ISS)


async def test_an_issuer_cannot_speak_for_another(service: Make) -> None:
    other = "https://other.example.org"
    here = service(
        by_keys(keys=jwks(jwk("P384"))), by_keys(iss=other, tenant="b", keys=jwks(jwk("P384-2", kid="P384")))
    )
    plain = {"jku": ABSENT}
    assert await here.refuses(bearer(plain, {"iss": other})) is Reason.SIGNATURE
    assert await here.takes(bearer(plain, {"iss": other}, "P384-2")) == ("b", other)


@pytest.mark.conforms("R139")
@pytest.mark.parametrize(
    "jti", [ABSENT, None, "", 5, "j" * 257, "j" * 5_000, "a\x00b", "a\nb", "a\x7fb", ["j"]]
)
async def test_a30_a_token_id_that_is_none_is_refused(service: Make, jti: object) -> None:
    assert await service().refuses(bearer({}, {"jti": jti})) is Reason.TOKEN_ID


@pytest.mark.parametrize("jti", ["j", "j" * 256, "a b/ü"])
async def test_a_token_id_may_be_any_short_text(service: Make, jti: str) -> None:
    assert await service().takes(bearer({}, {"jti": jti})) == HOSPITAL


@pytest.mark.parametrize("name", ["aud", "iss", "exp", "iat", "jti", "tenant"])
async def test_a32_a_claim_that_stands_twice_is_refused(service: Make, name: str) -> None:
    good = json.dumps(claims(tenant="t"))
    for payload in (good[:-1] + f', "{name}": "x"}}', f'{{"{name}": "x", ' + good[1:]):
        assert await service().refuses(f"Bearer {signed(header(), payload)}") is Reason.MALFORMED


async def test_a32_so_is_a_member_of_the_header(service: Make) -> None:
    twice = '{"alg": "none", ' + json.dumps(header())[1:]
    assert await service().refuses(f"Bearer {signed(twice, claims())}") is Reason.MALFORMED


@pytest.mark.parametrize(
    "part", [b"", b"[]", b"5", b"null", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 3_000]
)
async def test_a_part_that_is_no_json_object_is_refused(service: Make, part: bytes) -> None:
    assert await service().refuses(f"Bearer {signed(part, claims())}") is Reason.MALFORMED
    assert await service().refuses(f"Bearer {signed(header(), part)}") is Reason.MALFORMED


@pytest.mark.conforms("R146")
async def test_one_changed_letter_anywhere_is_refused(service: Make) -> None:
    here, token = service(), bearer()
    for place in range(len("Bearer "), len(token), 7):
        other = "A" if token[place] != "A" else "B"
        assert await here.refuses(token[:place] + other + token[place + 1 :])
    assert await here.takes(token) == HOSPITAL


async def test_a_part_is_written_in_one_way_only(service: Make) -> None:
    token = bearer()
    # The last two: a part of a length that nothing has, and one that says {} in another way than e30.
    for other in (f"{token}=", f"{token}==", f"{token}+", "Bearer e30.e.e30", "Bearer e31.e30.e30"):
        assert await service().refuses(other) is Reason.MALFORMED


async def test_a35_the_key_of_the_public_sandbox_is_none_in_production(service: Make) -> None:
    x = "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB"
    y = "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy"
    public = {"kty": "EC", "crv": "P-384", "kid": "P384", "x": x, "y": y}
    reasons = []
    for production in (True, False):
        servers = KeyServers()
        servers.say(jwks(public))
        reasons.append(await service(servers=servers, production=production).refuses(bearer()))
    assert reasons == [Reason.UNKNOWN_KEY, Reason.SIGNATURE]


async def test_a37_an_unknown_issuer_is_answered_as_a_bad_signature_is(service: Make) -> None:
    # That the answers are the same is judged where a refusal is awaited.
    assert await service().refuses(bearer({}, {"iss": CANARY})) is Reason.ISSUER
    assert await service().refuses(bearer({}, {}, "P384-2")) is Reason.SIGNATURE
