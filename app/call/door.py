"""The one place that sends: it follows no redirect, checks certificates, and takes no proxy from outside."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from types import TracebackType
from typing import Self

import httpx

from app.call.faults import AnswerError, UnreachableError
from app.call.signing import Signer

LARGEST_ANSWER = 20_000_000
_SENT_ALWAYS = {"accept": "application/json", "user-agent": "spine-mets-call"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back of one request.

    Args:
        location: where a redirect points to, which was not followed.
        decision: what the service calls its decision, where it says so (``X-Decision-Id``).
    """

    status: int
    body: bytes
    milliseconds: float
    location: str | None = None
    decision: str | None = None


class Door:
    """A connection to one service, over which every request proves who sends it.

    Args:
        timeout: seconds that one request may take in all.
        signer: signs every request, where there is one.
        now: the moment the tokens are issued at.
        transport: takes the place of the network.
    """

    def __init__(
        self, timeout: float, signer: Signer | None, now: datetime, transport: httpx.BaseTransport | None
    ) -> None:
        self._timeout = timeout
        self._signer = signer
        self._now = now
        self._client = httpx.Client(
            # The certificates of the machine, among them those that a site added itself.
            verify=ssl.create_default_context() if transport is None else True,
            trust_env=False,
            follow_redirects=False,
            timeout=timeout,
            headers=_SENT_ALWAYS,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, url: str) -> Reply:
        """The answer to a GET.

        Raises:
            UnreachableError: nothing answered in time.
            AnswerError: the answer is too large or cannot be decoded.
        """
        return self._send("GET", url, None, {})

    def post(self, url: str, body: bytes) -> Reply:
        """The answer to a POST of JSON.

        Raises:
            UnreachableError: nothing answered in time.
            AnswerError: the answer is too large or cannot be decoded.
        """
        return self._send("POST", url, body, {"content-type": "application/json"})

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        signed = dict(headers)
        if self._signer is not None:
            signed["authorization"] = f"Bearer {self._signer.token(url, self._now)}"
        begun = perf_counter()
        try:
            with self._client.stream(method, url, content=body, headers=signed) as response:
                content = self._read(response, begun)
        except httpx.TimeoutException:
            raise self._too_slow() from None
        except httpx.DecodingError:
            raise AnswerError("The answer is not in the encoding that its header names.") from None
        except httpx.ConnectError as error:
            raise UnreachableError(
                f"No connection to the service: {error}. Check the address, and that it runs."
            ) from None
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UnreachableError(f"The service could not be asked ({type(error).__name__}).") from None
        elapsed = (perf_counter() - begun) * 1_000
        told = response.headers
        return Reply(
            response.status_code, content, elapsed, told.get("location"), told.get("x-decision-id") or None
        )

    def _read(self, response: httpx.Response, begun: float) -> bytes:
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > LARGEST_ANSWER:
                raise AnswerError(f"The answer is larger than {LARGEST_ANSWER // 1_000_000} MB.")
            # The client's own limit starts anew with every part that arrives.
            if perf_counter() - begun > self._timeout:
                raise self._too_slow()
        return bytes(content)

    def _too_slow(self) -> UnreachableError:
        return UnreachableError(f"The service did not answer within {self._timeout:g} seconds.")
