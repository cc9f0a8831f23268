"""Only addresses under an allowed base URL are contacted (N01 to N14, S34 to S42, R70)."""

import httpx
import pytest

from app.fhir.server.address import (
    AddressError,
    read_address,
    read_base,
    same_base,
    within,
)

BASE = read_base("https://ehr.example.com/fhir")
PAGE = "https://ehr.example.com/fhir/Observation?patient=1"


def kind_of(text: str) -> str:
    with pytest.raises(AddressError) as refused:
        read_address(text)
    return refused.value.kind


def kind_of_link(link: str, at: str = PAGE) -> str:
    with pytest.raises(AddressError) as refused:
        within(BASE, link, at)
    return refused.value.kind


def case(row: str, text: str, kind: str) -> object:
    return pytest.param(text, kind, id=f"{row} {text[:60]}".encode("ascii", "backslashreplace").decode())


REFUSED = [
    case("N02", "file:///etc/passwd", "scheme"),
    case("N02", "gopher://ehr.example.com/fhir", "scheme"),
    case("N02", "ftp://ehr.example.com/fhir", "scheme"),
    case("N02", "data:text/html,fhir", "scheme"),
    case("N02", "javascript:alert(1)", "scheme"),
    case("N02", "unix:/run/docker.sock", "scheme"),
    case("N05", "https://0x7f.1/fhir", "host"),
    case("N05", "https://2130706433/fhir", "host"),
    case("N05", "https://127.1/fhir", "host"),
    case("N05", "https://0177.0.0.1/fhir", "host"),
    case("N05", "https://0x7f000001/fhir", "host"),
    case("N05", "https://0X7F.0X1/fhir", "host"),
    case("N05", "https://127.0.0.0x1/fhir", "host"),
    case("N05", "https://127.0.0.1./fhir", "host"),
    case("N05", "https://127.0.0.256/fhir", "host"),
    case("N05", "https://1.2.3.4.5/fhir", "host"),
    case("N05", "https://ehr.0x/fhir", "host"),
    case("N05", "https://\uff11\uff12\uff17.0.0.1/fhir", "host"),
    case("N06", "https://ehr.example.com@evil.com/fhir", "user"),
    case("N06", "https://ehr.example.com\\@evil.com/fhir", "characters"),
    case("N06", "https://user:word@ehr.example.com/fhir", "user"),
    case("N06", "https://@ehr.example.com/fhir", "user"),
    case("N06", "https:\\\\ehr.example.com/fhir", "characters"),
    case("N06", "https://evil.com\\.ehr.example.com/fhir", "characters"),
    case("N06", "https://ehr.example.com%40evil.com/fhir", "host"),
    case("N06", "https://ehr.example.com:443@evil.com/fhir", "user"),
    case("N06", "https://ehr.example.com/fhir#@evil.com", "fragment"),
    case("N06", "https://ehr.example.com#@evil.com/fhir", "fragment"),
    case("N08", "https://ehr.example.com/fhir/../admin", "path"),
    case("N08", "https://ehr.example.com/fhir/..", "path"),
    case("N08", "https://ehr.example.com/fhir/./Patient", "path"),
    case("N08", "https://ehr.example.com/fhir%2f..%2fadmin", "path"),
    case("N08", "https://ehr.example.com/fhir%2FPatient", "path"),
    case("N08", "https://ehr.example.com/fhir/%2e%2E/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/.%2e/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/a%2ejson", "path"),
    case("N08", "https://ehr.example.com/fhir/a%2Ejson", "path"),
    case("N08", "https://ehr.example.com/fhir/%5c..%5Cadmin", "path"),
    case("N08", "https://ehr.example.com/fhir/%252e%252e/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/%25252e/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/%252f", "path"),
    case("N08", "https://ehr.example.com/fhir/..;/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/..;a=b/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/..%3b/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/;/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/..%20/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/.../admin", "path"),
    case("N08", "https://ehr.example.com/fhir/%c0%ae%c0%ae/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/%ef%bc%8e%ef%bc%8e/admin", "path"),
    case("N08", "https://ehr.example.com/fhir/a%ef%bc%8fb", "path"),
    case("N08", "https://ehr.example.com/fhir/a%ef%bc%bcb", "path"),
    case("N08", "https://ehr.example.com/fhir/%00", "path"),
    case("N08", "https://ehr.example.com/fhir/a%0d%0ab", "path"),
    case("N08", "https://ehr.example.com/fhir/%zz", "path"),
    case("N08", "https://ehr.example.com/fhir/%", "path"),
    case("N08", "https://ehr.example.com/fhir/a|b", "path"),
    case("N08", "https://ehr.example.com/fhir/\u00fc", "path"),
    case("N08", "https://ehr.example.com//fhir", "path"),
    case("N08", "https://ehr.example.com/fhir//Patient", "path"),
    case("N08", "https://ehr.example.com/fhir//", "path"),
    case("N08", "https://ehr.example.com//", "path"),
    case("N10", "https://\uff45hr.example.com/fhir", "host"),
    case("N10", "https://ehr\u3002example\u3002com/fhir", "host"),
    case("N10", "https://ehr\uff0eexample.com/fhir", "host"),
    case("N10", "https://ehr\uff61example.com/fhir", "host"),
    case("N10", "https://\u212aehr.example.com/fhir", "host"),
    case("N10", "https://\u2130hr.example.com/fhir", "host"),
    case("N10", "https://ehr.example.com\u2215.evil.com/fhir", "host"),
    case("N10", "https://ehr.example\u200b.com/fhir", "characters"),
    case("N10", "https://ehr.ex\u00adample.com/fhir", "characters"),
    case("N10", "https://\u202eehr.example.com/fhir", "characters"),
    case("N10", "https://STRA\u1e9eE.example/", "host"),
    case("N10", "https://xn--/fhir", "host"),
    case("N10", "https://xn--ehr-.example.com/fhir", "host"),
    case("N10", "https://xn--bcher-kva.foo_bar.example/fhir", "host"),
    case("N12", "https://ehr.example.com:99999/fhir", "port"),
    case("N12", "https://ehr.example.com:65536/fhir", "port"),
    case("N12", "https://ehr.example.com:0/fhir", "port"),
    case("N12", "https://ehr.example.com:/fhir", "port"),
    case("N12", "https://ehr.example.com:0443/fhir", "port"),
    case("N12", "https://ehr.example.com:+443/fhir", "port"),
    case("N12", "https://ehr.example.com:-1/fhir", "port"),
    case("N12", "https://ehr.example.com:4_43/fhir", "port"),
    case("N12", "https://ehr.example.com:\u0664\u0664\u0663/fhir", "port"),
    case("N12", "https://ehr.example.com:443:443/fhir", "host"),
    case("N14", "https://ehr.example.com/" + "a" * 100_000, "length"),
    case("N14", "https://ehr.example.com/fhir?" + "a" * 100_000, "length"),
    case("N14", "https://" + "\u00e4" * 100_000 + "/", "length"),
    case("host", "https://", "host"),
    case("host", "https:///fhir", "host"),
    case("host", "https:/ehr.example.com/fhir", "host"),
    case("host", "https:ehr.example.com/fhir", "host"),
    case("host", "https://:443/fhir", "host"),
    case("host", "https://./fhir", "host"),
    case("host", "https://.ehr.example.com/fhir", "host"),
    case("host", "https://ehr..example.com/fhir", "host"),
    case("host", "https://ehr.example.com../fhir", "host"),
    case("host", "https://-ehr.example.com/fhir", "host"),
    case("host", "https://ehr-.example.com/fhir", "host"),
    case("host", "https://ehr,example.com/fhir", "host"),
    case("host", "https://[::1/fhir", "host"),
    case("host", "https://::1/fhir", "host"),
    case("host", "https://[127.0.0.1]/fhir", "host"),
    case("host", "https://[ehr.example.com]/fhir", "host"),
    case("host", "https://[v1.a]/fhir", "host"),
    case("host", "https://[::1]evil/fhir", "host"),
    case("host", "https://evil[::1]/fhir", "host"),
    case("host", "https://[]/fhir", "host"),
    case("host", "https://[fe80::1%25eth0]/fhir", "host"),
    case("host", "https://[fe80::1%eth0]/fhir", "host"),
    case("scheme", "", "scheme"),
    case("scheme", "ehr.example.com/fhir", "scheme"),
    case("scheme", "//ehr.example.com/fhir", "scheme"),
    case("scheme", "httpsx://ehr.example.com/fhir", "scheme"),
    case("scheme", "http\u017f://ehr.example.com/fhir", "scheme"),
    *(
        case("characters", f"https://ehr.example.com/fhir{character}", "characters")
        for character in "\x00\t\n\r \x1f\x7f\x85\xa0\u2028\u3000\ufeff\ud800"
    ),
    case("characters", " https://ehr.example.com/fhir", "characters"),
    case("characters", "\thttps://ehr.example.com/fhir", "characters"),
    case("characters", "ht\ntps://ehr.example.com/fhir", "characters"),
    case("characters", "https://ehr.exam\tple.com/fhir", "characters"),
    case("characters", "https://ehr.example.com/fhir?a=\r\nb", "characters"),
    case("characters", "https://ehr.example.com/fhir?a=b c", "characters"),
]


@pytest.mark.parametrize(("text", "kind"), REFUSED)
def test_what_two_readers_could_understand_differently_is_no_address(text: str, kind: str) -> None:
    assert kind_of(text) == kind
    assert not same_base(BASE, text)


@pytest.mark.parametrize(
    ("text", "kind"), [parameters for parameters in REFUSED if "scheme" not in str(parameters)]
)
def test_a_link_that_is_no_address_is_not_followed(text: str, kind: str) -> None:
    assert kind_of_link(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=f"{row} {text}".encode("ascii", "backslashreplace").decode())
        for row, text in [
            ("N01", "http://ehr.example.com/fhir"),
            ("N01", "http://ehr.example.com:443/fhir"),
            ("N03", "https://169.254.169.254/fhir"),
            ("N03", "https://100.100.100.200/fhir"),
            ("N03", "https://metadata.google.internal/fhir"),
            ("N04", "https://127.0.0.1/fhir"),
            ("N04", "https://[::1]/fhir"),
            ("N07", "https://ehr.example.com.evil.com/fhir"),
            ("N07", "https://ehr.example.comevil/fhir"),
            ("N07", "https://evil-ehr.example.com/fhir"),
            ("N07", "https://example.com/fhir"),
            ("N08", "https://ehr.example.com/fhirEVIL"),
            ("N08", "https://ehr.example.com/fhi"),
            ("N08", "https://ehr.example.com/FHIR"),
            ("N08", "https://ehr.example.com/fhir;a"),
            ("N08", "https://ehr.example.com/admin/fhir"),
            ("N08", "https://ehr.example.com/"),
            ("N08", "https://ehr.example.com"),
            ("N10", "https://\u0435hr.example.com/fhir"),
            ("N10", "https://xn--hr-nlc.example.com/fhir"),
            ("N10", "https://xn--ehr.example.com/fhir"),
            ("N12", "https://ehr.example.com:22/fhir"),
            ("N12", "https://ehr.example.com:6379/fhir"),
            ("N12", "https://ehr.example.com:80/fhir"),
        ]
    ],
)
def test_an_address_of_another_server_is_not_contacted(text: str) -> None:
    assert not same_base(BASE, text)
    assert not BASE.holds(read_address(text))
    assert kind_of_link(text) == "other-server"


@pytest.mark.parametrize(
    "text",
    [
        "https://ehr.example.com/fhir",
        "https://ehr.example.com/fhir/",
        "https://ehr.example.com./fhir",
        "https://EHR.Example.COM/fhir",
        "HTTPS://ehr.example.com/fhir",
        "https://ehr.example.com:443/fhir",
        "https://ehr.example.com/%66h%69r",
        "https://ehr.example.com/%66h%69%72/",
    ],
    ids="N09 {}".format,
)
def test_the_same_base_is_known_however_it_is_written(text: str) -> None:
    assert same_base(BASE, text)
    assert read_base(text) == BASE
    assert read_base(text).text == "https://ehr.example.com/fhir"


@pytest.mark.parametrize(
    "text",
    [
        "https://ehr.example.com/fhir/Patient",
        "https://ehr.example.com/fhir?tenant=2",
        "https://ehr.example.com/fhir?",
        "https://ehr.example.com/fhir#",
    ],
)
def test_a_base_is_all_of_the_address(text: str) -> None:
    assert not same_base(BASE, text)


@pytest.mark.parametrize("text", ["https://ehr.example.com/fhir?", "https://ehr.example.com/fhir?a=b"])
def test_a_base_has_no_query(text: str) -> None:
    with pytest.raises(AddressError) as refused:
        read_base(text)
    assert refused.value.kind == "query"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("http://localhost:8080/fhir/", "http://localhost:8080/fhir"),
        ("http://localhost:80", "http://localhost"),
        ("https://localhost:80/", "https://localhost:80"),
        ("http://hapi_fhir:8080/fhir", "http://hapi_fhir:8080/fhir"),
        ("https://127.0.0.1:65535", "https://127.0.0.1:65535"),
        ("https://127.0.0.1:1", "https://127.0.0.1:1"),
        ("https://[::1]:443/fhir", "https://[::1]/fhir"),
        ("https://[2001:DB8:0:0::1]:8443/fhir", "https://[2001:db8::1]:8443/fhir"),
        ("https://B\u00fccher.example/fhir", "https://xn--bcher-kva.example/fhir"),
        ("https://b\u00fccher.example/fhir", "https://xn--bcher-kva.example/fhir"),
        ("https://XN--BCHER-KVA.example/fhir", "https://xn--bcher-kva.example/fhir"),
        ("https://stra\u00dfe.example/", "https://xn--strae-oqa.example"),
        ("https://0x7f.example/fhir", "https://0x7f.example/fhir"),
        ("https://ehr.example.com/a%2dB%7E%c3%bc%3a/$x", "https://ehr.example.com/a-B~%C3%BC%3A/$x"),
        ("https://ehr.example.com/..fhir/.x/a..b", "https://ehr.example.com/..fhir/.x/a..b"),
    ],
)
def test_a_base_has_one_normal_text(text: str, normal: str) -> None:
    assert read_base(text).text == normal
    assert read_base(normal) == read_base(text)


def test_tenants_of_one_host_are_apart() -> None:
    # One host for all tenants, the tenant in the path (T8).
    ours = read_base("https://fhir.example.com/r4/tenant-1")
    for theirs in ("tenant-2", "tenant-10", "tenant-"):
        assert not same_base(ours, f"https://fhir.example.com/r4/{theirs}")
        assert not ours.holds(read_address(f"https://fhir.example.com/r4/{theirs}/Patient"))
    assert ours.holds(read_address("https://fhir.example.com/r4/tenant-1/Patient"))


def label(length: int) -> str:
    return "a" * length


HOST_253 = ".".join([label(63), label(63), label(63), label(61)])


@pytest.mark.parametrize(
    ("longest", "kind"),
    [
        pytest.param("https://h/" + "a" * 2_038, "length", id="2048 characters"),
        pytest.param("https://h/?" + "a" * 8_181, "length", id="8192 characters with the query"),
        pytest.param("https://h/" + "a" * 2_038 + "?" + "a" * 6_143, "length", id="both"),
        pytest.param(f"https://x.{label(63)}", "host", id="63 characters of a label"),
        pytest.param(f"https://{HOST_253}", "host", id="253 characters of a host"),
    ],
)
def test_the_longest_address_is_read_and_one_more_character_is_not(longest: str, kind: str) -> None:
    assert read_address(longest).text == longest
    assert kind_of(longest + "a") == kind


def test_a_long_path_is_not_excused_by_a_query() -> None:
    assert kind_of("https://h/" + "a" * 2_039 + "?a") == "length"


def test_a_name_that_grows_in_ascii_is_measured_as_it_is_requested() -> None:
    path = "a" * (2_048 - len("https://b\u00fccher.example/"))
    assert kind_of(f"https://b\u00fccher.example/{path}") == "length"
    assert read_address(f"https://bucher.example/{path}").host == "bucher.example"


AT_PAGE = [
    # S34, S40: relative in every way RFC 3986 knows
    ("?page=2", PAGE, "https://ehr.example.com/fhir/Observation?page=2"),
    ("Observation?page=2", PAGE, "https://ehr.example.com/fhir/Observation?page=2"),
    ("/fhir/Observation?page=2", PAGE, "https://ehr.example.com/fhir/Observation?page=2"),
    ("//ehr.example.com/fhir?page=2", PAGE, "https://ehr.example.com/fhir?page=2"),
    ("?_getpages=a-b&_getpagesoffset=20", BASE.text, f"{BASE.text}?_getpages=a-b&_getpagesoffset=20"),
    ("Observation?page=2", f"{BASE.text}/", f"{BASE.text}/Observation?page=2"),
    ("?page=2", f"{BASE.text}/", f"{BASE.text}/?page=2"),
    # absolute
    (f"{BASE.text}?_getpages=a-b", PAGE, f"{BASE.text}?_getpages=a-b"),
    (f"{BASE.text}/Observation?page=2", PAGE, f"{BASE.text}/Observation?page=2"),
    ("HTTPS://EHR.example.com.:443/%66hir/Patient/2", PAGE, f"{BASE.text}/Patient/2"),
    (f"{BASE.text}/Patient/", PAGE, f"{BASE.text}/Patient/"),
    # text that is no authority and no scheme
    ("@evil", PAGE, f"{BASE.text}/@evil"),
    (":80", PAGE, f"{BASE.text}/:80"),
    ("?u=https://evil.com/../x", PAGE, f"{BASE.text}/Observation?u=https://evil.com/../x"),
    # S34: a loop is for the caller to see, who must get the same text for the same page
    (PAGE, PAGE, PAGE),
]


@pytest.mark.parametrize(("link", "at", "requested"), AT_PAGE)
def test_a_link_under_the_base_is_requested(link: str, at: str, requested: str) -> None:
    assert within(BASE, link, at) == requested


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("//evil/x", "other-server"),
        ("//fhir", "other-server"),
        ("///evil/x", "host"),
        ("/\\evil/x", "characters"),
        ("\\\\evil/x", "characters"),
        ("\\@evil", "characters"),
        ("https://ehr@evil", "user"),
        ("//ehr.example.com@evil/fhir", "user"),
        ("https://evil.com/fhir/Observation?page=2", "other-server"),
        ("http://ehr.example.com/fhir/Observation?page=2", "other-server"),
        ("https://ehr.example.com:8443/fhir/Observation?page=2", "other-server"),
        ("/fhirEVIL", "other-server"),
        ("/fhirEVIL?page=2", "other-server"),
        ("/Observation?page=2", "other-server"),
        ("/", "other-server"),
        ("/fhir/../admin", "path"),
        ("../Observation?page=2", "path"),
        ("./Observation?page=2", "path"),
        ("..", "path"),
        ("%2e%2e/admin", "path"),
        ("/fhir//evil", "path"),
        ("", "path"),
        ("#", "fragment"),
        ("?page=2#", "fragment"),
        ("javascript:alert(1)", "scheme"),
        ("Observation:x", "scheme"),
        ("https:Observation?page=2", "host"),
        (" ?page=2", "characters"),
        ("ht\ntps://evil.com/fhir", "characters"),
        ("\thttps://evil.com/fhir", "characters"),
    ],
    ids="S40 S42 {!r}".format,
)
def test_a_link_that_leaves_the_base_is_not_followed(link: str, kind: str) -> None:
    assert kind_of_link(link) == kind


def test_a_link_beside_the_base_is_not_followed() -> None:
    # Relative to ".../fhir" without a slash at the end, "Observation" stands beside it (RFC 3986, 5.2.3).
    assert kind_of_link("Observation?page=2", at=BASE.text) == "other-server"


def test_a_link_is_not_followed_from_an_answer_of_another_server() -> None:
    assert kind_of_link(f"{BASE.text}/Patient/2", at="https://evil.com/fhir") == "other-server"
    assert kind_of_link(f"{BASE.text}/Patient/2", at="no address") == "characters"


@pytest.mark.parametrize(
    "query",
    [
        "_getpages=0a1b-2c&_getpagesoffset=20&_count=20&_pretty=true&_bundletype=searchset",
        "ct=" + "aB3%2b%2F%3d_-" * 300,
        "code=http://loinc.org%7C1234-5,http%3A%2F%2Fx|y&a=%zz&b=%&c",
        "x=a\\,b\\|c",
        "a=b?c/../d//e;f@g:h&&==+*'()!$[]{}^`",
        "a=%2e%2e%2f%00%25",
    ],
    ids=range(6),
)
def test_a_query_is_kept_byte_for_byte_as_far_as_the_wire(query: str) -> None:
    requested = within(BASE, f"?{query}", PAGE)
    assert requested == f"{BASE.text}/Observation?{query}"
    assert httpx.URL(requested).query.decode() == query


@pytest.mark.parametrize(
    "secret", ["https://secret.example/x#", "https://secret@h", "secret", "https://h/ secret"]
)
def test_a_refusal_repeats_nothing_of_the_address(secret: str) -> None:
    with pytest.raises(AddressError) as refused:
        read_address(secret)
    assert "secret" not in str(refused.value)
    assert len(str(refused.value)) > 20
    assert refused.value.__cause__ is None
