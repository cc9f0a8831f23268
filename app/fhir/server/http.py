"""The one module that speaks HTTP to other servers: a pooled client, one answer at a time, within limits.

Nothing is followed, kept or added on the way: no redirect, no cookie, no proxy of the environment, no header
but those given. An address is looked up once, judged, and connected to as judged.
"""

import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx2

from app.fhir.server.failure import Failure, FetchError
from app.fhir.server.replies import Allowance, Reply, Sending

_GZIP_AND_ZLIB = 32 + zlib.MAX_WBITS
_STEP = 262_144
_CONNECT_SECONDS = 1.0
_POOL_SECONDS = 2.0


class Http(Sending):
    """A client of one server.

    Args:
        transport: carries requests; a function in tests.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._client = httpx2.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            # A jar that takes no cookie of any domain.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS, pool=_POOL_SECONDS),
        )

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        most: int | Allowance,
        content: bytes | None = None,
    ) -> Reply:
        """The answer to one request, as ``Sending`` has it.

        Raises:
            FetchError: there was none, it broke off, or it was too large.
        """
        allowance = Allowance(most) if isinstance(most, int) else most
        try:
            async with self._client.stream(method, url, headers=headers, content=content) as response:
                body = await _read(response, allowance)
                return Reply(response.status_code, dict(response.headers.items()), body)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise FetchError(_judge(error.__cause__ or error)) from None
        except (httpx2.InvalidURL, aiohttp.ClientError, ValueError, OSError) as error:
            raise FetchError(_judge(error)) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _judge(error: BaseException) -> Failure:
    """Why there is no answer, by what lies under the transport's error, which calls most a timeout."""
    if isinstance(error, aiohttp.ServerTimeoutError | httpx2.TimeoutException):
        return Failure.TIMEOUT
    if isinstance(error, aiohttp.ClientConnectorError | httpx2.ConnectError | httpx2.UnsupportedProtocol):
        return Failure.UNREACHABLE
    # Not HTTP, or headers of a size that no FHIR server has.
    if isinstance(error, aiohttp.ClientResponseError | ValueError):
        return Failure.NOT_FHIR
    return Failure.CUT_SHORT


async def _read(response: httpx2.Response, allowance: Allowance) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return await _gather(response.aiter_raw(), allowance)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(Failure.NOT_FHIR)
    return await _gather(_unpacked(response.aiter_raw()), allowance)


async def _gather(chunks: AsyncIterator[bytes], allowance: Allowance) -> bytes:
    body = bytearray()
    try:
        async for chunk in chunks:
            allowance.take(len(chunk))
            body += chunk
    except BaseException:
        # What is thrown away leaves its room to the other answers.
        allowance.bytes_left += len(body)
        raise
    return bytes(body)


async def _unpacked(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes in a compressed stream, a step at a time, so that a small one cannot fill the memory."""
    unpack = zlib.decompressobj(_GZIP_AND_ZLIB)
    try:
        async for chunk in chunks:
            packed = chunk
            while packed:
                yield unpack.decompress(packed, _STEP)
                packed = unpack.unconsumed_tail
        while rest := unpack.decompress(unpack.unconsumed_tail, _STEP):
            yield rest
    except zlib.error:
        raise FetchError(Failure.NOT_FHIR) from None
    if not unpack.eof:
        raise FetchError(Failure.CUT_SHORT)


def trust() -> ssl.SSLContext:
    """The certificates that servers are judged by: the system's, or those of SSL_CERT_FILE.

    It takes some 16 ms to read them: once for a process.
    """
    return ssl.create_default_context()
