"""Every bad access token (table A of the corpus of bad inputs) is refused, and for its own reason."""

import hmac
import json
from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.trust.keys import FetchedKeys
from app.trust.refusal import Reason
from app.trust.rest_caller import RestCaller
from app.trust.token_issuers import TokenIssuer
from tests.privacy.service_log import ServiceLog
from tests.trust.issuing import ABSENT, CANARY, NOW, Clock, encoded, jwk, jwks, key, signed
from tests.trust.issuing_access_tokens import (
    EVALUATE,
    HERE,
    JWKS_URI,
    LOGIN,
    REGISTRY,
    Door,
    access_token,
    by_set,
    by_uri,
    token_claims,
    token_header,
)

SECOND = int(NOW.timestamp())


def pem() -> bytes:
    return key("P384").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


async def test_a_good_token_tells_who_calls_and_what_it_may_do() -> None:
    assert await Door().takes() == REGISTRY
    token = access_token({}, {"scope": "cds/evaluate openid cds/feedback"})
    assert (await Door().takes(token)).scopes == {"cds/evaluate", "cds/feedback", "openid"}


async def test_a_token_may_be_sent_as_often_as_it_likes_while_it_lives() -> None:
    here = Door()
    assert [await here.takes() for _ in range(3)] == [REGISTRY] * 3


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        pytest.param([], Reason.MISSING, id="A01 none"),
        pytest.param([""], Reason.NO_BEARER, id="A01 empty"),
        pytest.param(["Basic dXNlcjpwYXNz"], Reason.NO_BEARER, id="A02 basic"),
        pytest.param(["Bearer"], Reason.NO_BEARER, id="A02 nothing"),
        pytest.param(["Bearer "], Reason.NO_BEARER, id="A02 empty"),
        pytest.param(["Bearer a.b c.d"], Reason.NO_BEARER, id="A02 two words"),
        pytest.param(["Bearer abc"], Reason.MALFORMED, id="A02 no JWT"),
        pytest.param(["Bearer a.b.c.d.e"], Reason.MALFORMED, id="A02 encrypted"),
        pytest.param([f"Bearer {'a' * 8_186}"], Reason.TOO_LONG, id="huge"),
        pytest.param(["ApiKey spmk_registry_x"], Reason.NOT_IN_USE, id="a key where there are none"),
    ],
)
async def test_a_request_without_one_readable_token_is_refused(headers: list[str], reason: Reason) -> None:
    assert await Door().refuses(*headers) is reason


async def test_a02_two_good_headers_are_refused() -> None:
    assert await Door().refuses(access_token(), access_token()) is Reason.SEVERAL
    assert await Door().refuses(f"{access_token()}, {access_token()}") is Reason.NO_BEARER


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", ""])
async def test_a03_a_token_without_a_signature_is_refused(algorithm: str) -> None:
    unsigned = f"Bearer {encoded(token_header(alg=algorithm))}.{encoded(token_claims())}."
    assert await Door().refuses(unsigned) is Reason.MALFORMED
    assert await Door().refuses(f"{unsigned}AAAA") is Reason.ALGORITHM
    assert await Door().refuses(access_token({"alg": algorithm})) is Reason.ALGORITHM


@pytest.mark.parametrize("algorithm", ["HS256", "HS384"])
@pytest.mark.parametrize("secret", [pem, jwks], ids=["PEM", "JWK"])
async def test_a04_a_signature_made_with_the_public_key_is_refused(
    algorithm: str, secret: Callable[[], bytes]
) -> None:
    text = f"{encoded(token_header(alg=algorithm))}.{encoded(token_claims())}"
    digest = hmac.digest(secret(), text.encode(), f"sha{algorithm[2:]}")
    assert await Door().refuses(f"Bearer {text}.{encoded(digest)}") is Reason.ALGORITHM


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("RS256", "2048"), ("RS384", "2048"), ("ES256", "P256"), ("ES384", "P384")]
)
async def test_a05_what_authorization_servers_sign_with_is_taken(algorithm: str, kind: str) -> None:
    token = access_token({"alg": algorithm, "kid": kind}, {}, kind, algorithm)
    assert await Door(by_set(keys=jwks(jwk(kind)))).takes(token) == REGISTRY
    other = "ES384" if algorithm != "ES384" else "RS256"
    narrow = Door(by_set(keys=jwks(jwk(kind), jwk("P384"), jwk("2048")), algorithms=(other,)))
    assert await narrow.refuses(token) is Reason.ALGORITHM


@pytest.mark.parametrize(("algorithm", "kind"), [("RS512", "2048"), ("PS384", "2048"), ("ES512", "P521")])
async def test_a05_another_algorithm_is_taken_only_where_it_is_listed(algorithm: str, kind: str) -> None:
    token = access_token({"alg": algorithm, "kid": kind}, {}, kind, algorithm)
    keys = jwks(jwk(kind), jwk("P384"))
    assert await Door(by_set(keys=keys)).refuses(token) is Reason.ALGORITHM
    assert await Door(by_set(keys=keys, algorithms=(algorithm,))).takes(token) == REGISTRY


@pytest.mark.parametrize(
    ("algorithm", "kid", "kind"),
    [("ES384", "2048", "P384"), ("RS256", "P384", "2048"), ("ES384", "P256", "P384")],
)
async def test_a06_a_key_of_another_kind_is_not_tried(algorithm: str, kid: str, kind: str) -> None:
    here = Door(by_set(keys=jwks(jwk("P384"), jwk("2048"), jwk("P256"))))
    token = access_token({"alg": algorithm, "kid": kid}, {}, kind, algorithm)
    assert await here.refuses(token) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("member", ["jwk", "x5c", "x5u"])
async def test_a08_a_key_that_comes_along_is_never_used(member: str) -> None:
    value = {"jwk": jwk("P384-2", kid="P384"), "x5c": ["AAAA"], "x5u": "https://evil.example/c.pem"}[member]
    here = Door()
    assert await here.refuses(access_token({member: value}, {}, "P384-2")) is Reason.SIGNATURE
    assert here.servers.asked == [JWKS_URI]


@pytest.mark.parametrize("issuer", [by_uri(), by_set()], ids=["address", "set"])
@pytest.mark.parametrize(
    "jku", ["https://evil.example/jwks", "http://169.254.169.254/", f"{JWKS_URI}/", None]
)
async def test_a10_a_key_address_that_is_not_registered_is_never_asked(
    issuer: TokenIssuer, jku: object
) -> None:
    here = Door(issuer)
    assert await here.refuses(access_token({"jku": jku})) is Reason.KEY_ADDRESS
    assert here.servers.asked == []


@pytest.mark.parametrize("kid", [ABSENT, None, "", 5, ["P384"], "a\nb", "k" * 257])
async def test_a14_a_key_id_that_is_none_is_refused(kid: object) -> None:
    assert await Door().refuses(access_token({"kid": kid})) is Reason.KEY_ID


@pytest.mark.parametrize("kid", ["../../x", "p384", "P384 "])
async def test_a14_a_key_id_that_is_not_in_the_set_is_refused(kid: str) -> None:
    assert await Door().refuses(access_token({"kid": kid})) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("changes", [{"crit": ["x"]}, {"crit": []}, {"b64": False}])
async def test_a15_a_header_that_makes_something_critical_is_refused(changes: dict[str, object]) -> None:
    assert await Door().refuses(access_token(changes)) is Reason.CRITICAL


@pytest.mark.parametrize("typ", ["JWT", "jwt", ABSENT, None, "", "at", "at+jwt ", "id+jwt", ["at+jwt"]])
async def test_a16_another_kind_of_token_is_refused(typ: object) -> None:
    assert await Door().refuses(access_token({"typ": typ})) is Reason.TYPE


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"])
async def test_a_token_says_that_it_is_one(typ: str) -> None:
    assert await Door().takes(access_token({"typ": typ})) == REGISTRY


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        pytest.param({"iat": -300, "exp": -59}, None, id="A17 expired within the skew"),
        pytest.param({"iat": -300, "exp": -60}, Reason.EXPIRED, id="A17 expired"),
        pytest.param({"iat": 60, "exp": 300}, None, id="issued within the skew"),
        pytest.param({"iat": 61, "exp": 300}, Reason.AHEAD, id="A18 issued later"),
        pytest.param({"iat": 0, "exp": 300, "nbf": 61}, Reason.AHEAD, id="A18 begins later"),
        pytest.param({"iat": 0, "exp": 3_600}, None, id="an hour"),
        pytest.param({"iat": 0, "exp": 3_601}, Reason.LIFETIME, id="more than an hour"),
    ],
)
async def test_a_token_is_taken_in_its_time_only(times: dict[str, int], reason: Reason | None) -> None:
    token = access_token({}, {name: SECOND + value for name, value in times.items()})
    if reason is None:
        assert await Door().takes(token) == REGISTRY
    else:
        assert await Door().refuses(token) is reason


async def test_an_issuer_can_be_given_another_life() -> None:
    here = Door(by_uri(max_lifetime_seconds=300))
    assert await here.refuses(access_token({}, {"exp": SECOND + 301})) is Reason.LIFETIME


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [ABSENT, None, str(SECOND), float(SECOND), True])
async def test_times_are_whole_numbers_and_required(name: str, value: object) -> None:
    assert await Door().refuses(access_token({}, {name: value})) is Reason.TIMES


@pytest.mark.parametrize(
    "aud",
    [
        pytest.param(f"{HERE}/", id="A22 slash"),
        pytest.param(HERE[:-1], id="A22 prefix"),
        pytest.param(f"{HERE}.evil.example", id="A22 longer"),
        pytest.param(HERE.upper(), id="A22 other letters"),
        pytest.param("http://cds.example.com", id="A22 http"),
        pytest.param("https://other.example.com", id="another service"),
        pytest.param(["https://other.example.com"], id="a list of others"),
        pytest.param([HERE, 5], id="a list of anything"),
        pytest.param([], id="an empty list"),
        pytest.param(None, id="null"),
        pytest.param(ABSENT, id="none"),
    ],
)
async def test_a22_a_token_for_somebody_else_is_refused(aud: object) -> None:
    assert await Door().refuses(access_token({}, {"aud": aud})) is Reason.AUDIENCE


@pytest.mark.parametrize("aud", [HERE, [HERE], ["https://other.example.com", "urn:cds"], "urn:cds"])
async def test_any_configured_audience_is_taken(aud: object) -> None:
    assert await Door(by_uri(audiences=(HERE, "urn:cds"))).takes(access_token({}, {"aud": aud})) == REGISTRY


@pytest.mark.parametrize(
    "iss", [f"{LOGIN}/", LOGIN.upper(), "https://evil.example", "", None, [LOGIN], ABSENT]
)
async def test_an_issuer_that_is_not_registered_is_refused(iss: object) -> None:
    here = Door()
    assert await here.refuses(access_token({}, {"iss": iss})) is Reason.ISSUER
    assert here.servers.asked == []


@pytest.mark.parametrize("bad", [ABSENT, None, "", 5, "x" * 257, "a\nb", ["x"]])
@pytest.mark.parametrize(
    ("name", "reason"),
    [("jti", Reason.TOKEN_ID), ("sub", Reason.SUBJECT), ("client_id", Reason.CLIENT)],
    ids=["jti", "sub", "client_id"],
)
async def test_a30_what_a_token_has_to_say_of_itself_is_a_short_text(
    name: str, reason: Reason, bad: object
) -> None:
    assert await Door().refuses(access_token({}, {name: bad})) is reason


async def test_only_the_clients_that_are_listed_may_call() -> None:
    here = Door(by_uri(client_ids=("registry", "warehouse")))
    assert await here.takes() == REGISTRY
    assert (await here.takes(access_token({}, {"client_id": "warehouse"}))).client == "warehouse"
    for other in ("registr", "registry ", "Registry", "another"):
        assert await here.refuses(access_token({}, {"client_id": other})) is Reason.CLIENT


async def test_organisations_that_share_an_issuer_are_told_apart_by_the_client() -> None:
    here = Door(by_uri(client_ids=("a", "b")), by_uri(client_ids=("c",), tenant="clinic"))
    assert (await here.takes(access_token({}, {"client_id": "b"}))).tenant == "hospital"
    assert (await here.takes(access_token({}, {"client_id": "c"}))).tenant == "clinic"
    assert await here.refuses(access_token({}, {"client_id": "d"})) is Reason.CLIENT


async def test_an_issuer_cannot_speak_for_another() -> None:
    other = "https://other.example.org"
    here = Door(
        by_set(keys=jwks(jwk("P384"))), by_set(iss=other, tenant="b", keys=jwks(jwk("P384-2", kid="P384")))
    )
    assert await here.refuses(access_token({}, {"iss": other})) is Reason.SIGNATURE
    good = access_token({}, {"iss": other}, "P384-2")
    assert await here.takes(good) == RestCaller("b", other, "registry", EVALUATE, "access-token")


async def test_a_token_that_does_not_say_what_it_opens_opens_nothing() -> None:
    assert (await Door().takes(access_token({}, {"scope": ABSENT}))).scopes == frozenset()
    # Another way to write it is no way here.
    assert (
        await Door().takes(access_token({}, {"scope": ABSENT, "scp": ["cds/evaluate"]}))
    ).scopes == frozenset()


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "",
        " ",
        " cds/evaluate",
        "cds/evaluate ",
        "a  b",
        "a\tb",
        'a"b',
        "a\\b",
        "ä",
        ["cds/evaluate"],
        5,
    ],
)
async def test_a_scope_is_written_in_one_way_only(scope: object) -> None:
    assert await Door().refuses(access_token({}, {"scope": scope})) is Reason.SCOPE


@pytest.mark.parametrize("name", ["aud", "iss", "exp", "scope", "client_id"])
async def test_a32_a_claim_that_stands_twice_is_refused(name: str) -> None:
    good = json.dumps(token_claims())
    for payload in (good[:-1] + f', "{name}": "x"}}', f'{{"{name}": "x", ' + good[1:]):
        assert await Door().refuses(f"Bearer {signed(token_header(), payload)}") is Reason.MALFORMED


async def test_a32_so_is_a_member_of_the_header() -> None:
    twice = '{"typ": "JWT", ' + json.dumps(token_header())[1:]
    assert await Door().refuses(f"Bearer {signed(twice, token_claims())}") is Reason.MALFORMED


async def test_one_changed_letter_anywhere_is_refused() -> None:
    here, token = Door(by_set()), access_token()
    for place in range(len("Bearer "), len(token), 11):
        other = "A" if token[place] != "A" else "B"
        assert await here.refuses(token[:place] + other + token[place + 1 :])
    assert await here.takes(token) == REGISTRY


async def test_keys_are_asked_for_once_and_a_new_one_is_found() -> None:
    here = Door()
    assert [await here.takes() for _ in range(3)] == [REGISTRY] * 3
    assert here.servers.asked == [JWKS_URI]
    here.clock.on(seconds=60)
    here.servers.answers[JWKS_URI] = FetchedKeys(200, jwks(jwk("P384-2")))
    assert await here.takes(access_token({"kid": "P384-2"}, {}, "P384-2")) == REGISTRY
    # The one that was taken back is gone.
    assert await here.refuses(access_token()) is Reason.UNKNOWN_KEY
    assert len(here.servers.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [FetchedKeys(302, jwks()), FetchedKeys(200, b"<html>"), OSError(CANARY)],
    ids=["302", "HTML", "down"],
)
async def test_a12_without_keys_nobody_is_let_in(answer: FetchedKeys | Exception) -> None:
    here = Door()
    here.servers.answers[JWKS_URI] = answer
    assert [await here.refuses(access_token()) for _ in range(3)] == [Reason.NO_KEYS] * 3
    assert here.servers.asked == [JWKS_URI]


async def test_a35_the_key_of_the_public_sandbox_is_none_in_production() -> None:
    public = {
        "kty": "EC",
        "crv": "P-384",
        "kid": "P384",
        "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
        "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    }
    reasons = []
    for production in (True, False):
        here = Door(production=production)
        here.servers.answers[JWKS_URI] = FetchedKeys(200, jwks(public))
        reasons.append(await here.refuses(access_token()))
    assert reasons == [Reason.UNKNOWN_KEY, Reason.SIGNATURE]


@pytest.fixture
def told(log: ServiceLog) -> ServiceLog:
    """The log, to which a service has begun to write."""
    log.client()
    return log


async def test_nothing_of_a_token_is_logged(told: ServiceLog) -> None:
    here, token = Door(), access_token()
    assert await here.takes(token) == REGISTRY
    assert await here.refuses(access_token({"kid": CANARY})) is Reason.UNKNOWN_KEY
    assert await here.refuses(access_token({}, {"client_id": f"{CANARY}\n"})) is Reason.CLIENT
    assert await here.refuses(f"Bearer {CANARY}") is Reason.MALFORMED
    assert CANARY not in told.text
    assert not any(part in told.text for part in token.removeprefix("Bearer ").split("."))


async def test_what_was_not_foreseen_lets_nobody_in(told: ServiceLog) -> None:
    class Broken(Clock):
        def __call__(self) -> datetime:
            raise RuntimeError(CANARY)

    assert await Door(clock=Broken()).refuses(access_token()) is Reason.FAILED
    assert [line["error"] for line in told.lines if line["event"] == "token_check_failed"] == ["RuntimeError"]
    assert CANARY not in told.text
