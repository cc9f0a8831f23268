"""Other readers of URLs see the server that was compared: no text means two servers (T1, T2, N06, N10)."""

import ipaddress
from urllib.parse import urlsplit

import httpx
import idna
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from app.fhir.server.address import Address, AddressError, read_address, read_base, within

PORTS = {"http": 80, "https": 443}


def heard(host: str) -> str:
    """A host as another reader found it, in the form in which it would be connected to."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        name = host.lower().removesuffix(".")
        return name if name.isascii() else idna.encode(name).decode()


def seen_by_others(text: str) -> list[tuple[str, str, int | None]]:
    split, url = urlsplit(text), httpx.URL(text)
    assert url.host  # the client decodes names of IDNA, and fails where it cannot
    return [
        (split.scheme, heard(split.hostname or ""), split.port or PORTS.get(split.scheme)),
        (url.scheme, heard(url.raw_host.decode()), url.port or PORTS.get(url.scheme)),
    ]


HOSTS = st.sampled_from(
    [
        "ehr.example.com",
        "EHR.Example.com.",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[2001:DB8::1]",
        "b\u00fccher.example",
    ]
) | st.from_regex(
    r"[a-z0-9_]([a-z0-9_\-]{0,5}[a-z0-9])?(\.[a-z0-9\u00e0-\u04ff\-]{1,6}){0,3}\.?", fullmatch=True
)
# Split at spaces: what texts that deceive a reader are made of.
TRICKS = (
    "/ // ? # @ : \\ .. . ; %2e %2F %5c %25 %41 %e4 fhir Observation evil.com ehr.example.com https: http:// "
    "443 8080 [ ] ::1 0x7f 1 \u00fc \u0435 \uff0e \u3002 \u212a xn-- _ - a page=2 & |"
)
PIECES = st.lists(st.sampled_from([*TRICKS.split(), " ", "\t"]), max_size=8).map("".join)
PATHS = st.lists(
    st.from_regex(r"[A-Za-z0-9\-._~!$&'()*+,;=:@]{1,6}|%[0-9a-f]{2}", fullmatch=True), max_size=4
).map(lambda segments: "".join(f"/{segment}" for segment in segments))
QUERIES = st.just("") | st.from_regex(r"\?[!\"$-~\u00a1-\u00ff]{0,20}", fullmatch=True)
SCHEMES = st.sampled_from(["https://", "http://", "HTTPS://"])
SOUND = st.builds(
    "{}{}{}{}{}".format,
    SCHEMES,
    HOSTS,
    st.sampled_from(["", ":443", ":80", ":8080", ":65535"]),
    PATHS,
    QUERIES,
)
TEXTS = (
    SOUND | st.builds("{}{}".format, SCHEMES, PIECES) | st.builds("{}{}".format, SOUND, PIECES) | st.text()
)


def understood(text: str) -> Address | None:
    try:
        return read_address(text)
    except AddressError:
        return None


@settings(max_examples=400)
@given(TEXTS)
@example("https://ehr.example.com./fhir?x")
@example("https://[::FFFF:127.0.0.1]:8443/fhir")
def test_every_reader_sees_the_same_server_in_an_address_that_is_read(text: str) -> None:
    address = understood(text)
    event(f"read: {address is not None}")
    if address is not None:
        assert seen_by_others(text) == [address[:3], address[:3]]
        assert seen_by_others(address.text) == [address[:3], address[:3]]
        assert httpx.URL(address.text).raw_path.decode().partition("?")[0] == (address.path or "/")
        assert urlsplit(address.text)[2:4] == (address.path, address.query)
        assert (address.origin + address.path).isascii()


@given(TEXTS)
def test_the_normal_text_of_an_address_reads_as_the_address(text: str) -> None:
    address = understood(text)
    if address is not None:
        assert read_address(address.text) == address
        assert read_address(address.text).text == address.text


BASES = st.sampled_from(
    ["https://ehr.example.com/fhir", "http://localhost:8080/fhir/r4", "https://[::1]"]
) | st.builds("{}{}{}{}".format, SCHEMES, HOSTS, st.sampled_from(["", ":8080"]), PATHS)
STARTS = st.sampled_from(["", "?", "/fhir", "/fhir/r4/", "//", "//ehr.example.com/fhir", "x/"])
LINKS = TEXTS | st.builds("{}{}".format, STARTS, PIECES | QUERIES) | st.builds("{}{}".format, PATHS, QUERIES)


@settings(max_examples=400)
@given(BASES, LINKS, PATHS, st.booleans())
@example("https://ehr.example.com/fhir", "/fhirEVIL", "/Observation", False)
def test_no_link_leads_out_of_the_base(base_text: str, link: str, below: str, whole: bool) -> None:
    if understood(base_text) is None or understood(base_text + below) is None:
        return
    base = read_base(base_text)
    try:
        requested = within(base, base_text + link if whole else link, base_text + below)
    except AddressError:
        return
    event("followed")
    address = read_address(requested)
    assert base.holds(address)
    assert address.text == requested
    assert seen_by_others(requested) == [base.address[:3], base.address[:3]]
    assert within(base, requested, base_text + below) == requested
    assert f"{urlsplit(requested).path}/".startswith(f"{base.address.path}/")


@given(BASES, st.text() | PIECES)
def test_what_follows_the_base_in_the_same_segment_is_another_server(base_text: str, more: str) -> None:
    if understood(base_text) is not None and read_base(base_text).address.segments:
        address = understood(base_text + more)
        first = more[:1]
        if address is not None and first not in {"", "/", "?"}:
            assert not read_base(base_text).holds(address)
