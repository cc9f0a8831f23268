"""How a key address is asked: once, over https, without following anything."""

import asyncio
from collections.abc import Callable

import httpx2
import pytest

from app.fhir.server.address import AddressError
from app.fhir.server.failure import Failure, FetchError
from app.fhir.server.http import Http
from app.trust.fetching_keys import KeyFetcher
from tests.trust.issuing import JKU, jwks

Answer = Callable[[httpx2.Request], httpx2.Response]


class Server:
    """A key server that answers with one answer and remembers what it was asked."""

    def __init__(self, status: int = 200, body: bytes = b"{}", **headers: str) -> None:
        self.requests: list[httpx2.Request] = []
        self._answer = status, {name.replace("_", "-"): value for name, value in headers.items()}, body

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        status, headers, body = self._answer
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))

    def fetcher(self, *, production: bool = True, allow_private: bool = False) -> KeyFetcher:
        http = Http(httpx2.MockTransport(self))
        return KeyFetcher(http, "1.0", production=production, allow_private=allow_private)


@pytest.mark.conforms("R151")
@pytest.mark.parametrize(
    ("cache_control", "max_age"),
    [
        ("", None),
        ("public", None),
        ("max-age=600", 600),
        ("public, Max-Age=600", 600),
        ('max-age="600"', 600),
        ("max-age=600, max-age=60", 60),
        ("max-age=0", 0),
        ("no-store, max-age=600", 0),
        ("no-cache", 0),
        ("max-age=-1", None),
        ("max-age=1e9", None),
        ("max-age=99999999999999999999", None),
        ("s-maxage=600", None),
    ],
)
async def test_what_is_answered_comes_with_how_long_it_holds(cache_control: str, max_age: int | None) -> None:
    server = Server(200, jwks(), cache_control=cache_control)
    fetcher = server.fetcher()
    answer = await fetcher.fetch(JKU)
    assert (answer.status, answer.body, answer.max_age) == (200, jwks(), max_age)
    (request,) = server.requests
    assert (request.method, str(request.url)) == ("GET", JKU)
    assert "authorization" not in request.headers
    await fetcher.close()


async def test_a11_a_redirect_is_not_followed() -> None:
    server = Server(302, b"", location="https://evil.example/jwks")
    assert (await server.fetcher().fetch(JKU)).status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize(("size", "fits"), [(65_536, True), (65_537, False), (10_000_000, False)])
async def test_a12_no_more_is_read_than_a_key_set_has(size: int, fits: bool) -> None:
    fetcher = Server(200, b" " * size).fetcher()
    if fits:
        assert len((await fetcher.fetch(JKU)).body) == size
    else:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(JKU)
        assert caught.value.failure is Failure.TOO_LARGE


async def test_a12_an_address_that_hangs_is_given_up() -> None:
    async def hang(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    fetcher = KeyFetcher(
        Http(httpx2.MockTransport(hang)), "1.0", production=True, allow_private=False, seconds=0.01
    )
    with pytest.raises(TimeoutError):
        await fetcher.fetch(JKU)


@pytest.mark.parametrize(
    "address",
    [
        "http://ehr.example.org/jwks",
        "file:///etc/passwd",
        "https://127.0.0.1/jwks",
        "https://10.0.0.1/jwks",
        "https://169.254.169.254/jwks",
        "https://[::1]/jwks",
        "https://2130706433/jwks",
    ],
)
async def test_a10_an_address_that_must_not_be_asked_is_not(address: str) -> None:
    server = Server()
    with pytest.raises(AddressError):
        await server.fetcher().fetch(address)
    assert server.requests == []


async def test_where_it_is_allowed_a_private_address_is_asked() -> None:
    server = Server()
    await server.fetcher(allow_private=True).fetch("https://10.0.0.1/jwks")
    await server.fetcher(allow_private=True, production=False).fetch("http://127.0.0.1:8080/jwks")
    assert len(server.requests) == 2
    with pytest.raises(AddressError):
        await server.fetcher(allow_private=True).fetch("https://169.254.169.254/jwks")
