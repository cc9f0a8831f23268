"""One request to one server, inside one budget: judged before it goes, judged when it comes back."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

from app.aside import LARGE_BYTES, Run, inline
from app.errors import UnreadableError
from app.fhir.collection import Decoded, decode
from app.fhir.outcomes import opened_for_a_reason
from app.fhir.server.access import Access
from app.fhir.server.address import AddressError, within
from app.fhir.server.breaker import LONGEST_REST_SECONDS
from app.fhir.server.failure import Failure, FetchError, judge_status
from app.fhir.server.known import KnownServer
from app.fhir.server.replies import Allowance, Reply
from app.fhir.server.watching import asked
from app.fhir.strict import check_body

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = "application/fhir+json, application/json;q=0.9"
_LONGEST_PAUSE = 0.05
# A turn that never came is told from an answer that never came.
_BEFORE_THE_END = 0.02
_FHIR_XML = ("xml", "html", "text/plain")
# R4 and R4B; other versions write the same names with other meanings [R72].
_VERSION = re.compile(r";\s*fhirversion\s*=(?!\s*\"?4\.)")


@dataclass(slots=True)
class Budget:
    """What one call may spend on all its requests together.

    Args:
        deadline: when everything ends, on the clock of the event loop.
        target: after this moment nothing is tried a second time.
        allowance: what its answers may still hold.
    """

    deadline: float
    target: float
    allowance: Allowance


class Asker:
    """Asks one server for one call.

    Args:
        server: who is asked.
        access: what the call may ask.
        budget: what it may spend.
        agent: how this service names itself.
        apart: reads answers that are large.
    """

    def __init__(
        self, server: KnownServer, access: Access, budget: Budget, agent: str, apart: Run = inline
    ) -> None:
        self.server = server
        self._access = access
        self._budget = budget
        self._apart = apart
        self._asked = False
        self._headers = {
            "accept": _ACCEPT,
            "accept-encoding": "gzip",
            "user-agent": agent,
            # A parameter that a server does not know is left out by it, and shown by its self link.
            "prefer": "handling=lenient",
        }

    @property
    def asked(self) -> bool:
        """Whether anything was asked at all."""
        return self._asked

    async def get(self, url: str) -> Decoded:
        """What an address of the server holds.

        Raises:
            FetchError: nothing that can be read.
        """
        return await self._decoded(await self._twice("GET", url, {}, None))

    async def post(self, url: str, content: bytes, media_type: str) -> Decoded:
        """What a search or a batch sent to an address of the server gives.

        Raises:
            FetchError: nothing that can be read.
        """
        return await self._decoded(await self._twice("POST", url, {"content-type": media_type}, content))

    async def raw(self, url: str) -> bytes:
        """What an address of the server holds, undecoded.

        Raises:
            FetchError: nothing.
        """
        return (await self._once("GET", url, {}, None)).body

    async def _decoded(self, reply: Reply) -> Decoded:
        if len(reply.body) > LARGE_BYTES:
            return await self._apart(partial(_read, reply))
        return _read(reply)

    async def _twice(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        """The answer at the first or the second try: everything asked here only reads."""
        try:
            return await self._once(method, url, headers, content)
        except FetchError as error:
            pause = error.retry_after
            if pause is None:
                pause = random.uniform(0, _LONGEST_PAUSE)  # noqa: S311  it spreads load, it hides nothing
            late = asyncio.get_running_loop().time() + pause > self._budget.target
            if late or not error.failure.worth_repeating:
                raise
        await asyncio.sleep(pause)
        return await self._once(method, url, headers, content)

    async def _once(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        reply = await self._send(method, url, headers, content)
        if reply.status in _REDIRECTS and method == "GET":
            # One hop, to the same server only: a patient's record that was merged is found so.
            url = follow(self.server, reply.headers.get("location", ""), url)
            reply = await self._send(method, url, headers, content)
        failure = judge_status(reply.status)
        if failure is None:
            return reply
        if failure.worth_repeating and opened_for_a_reason(reply.body):
            failure = Failure.NOT_RELEASED
        raise FetchError(failure, _retry_after(reply.headers))

    async def _send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        if not self._access.holds_at(asyncio.get_running_loop().time()):
            raise FetchError(Failure.ACCESS_ENDED)
        sent = {**self._headers, **headers}
        if self._access.token is not None:
            sent["authorization"] = f"Bearer {self._access.token}"
        async with self._turn(url):
            self._asked = True
            return await self._watched(method, url, sent, content)

    async def _watched(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Reply:
        """The answer, and its end told to who watches."""
        done = self.server.watch.asks(asked(self.server.name, self.server.base.text, method, url))
        result, status = "failed", None
        try:
            reply = await self.server.http.send(method, url, headers, self._budget.allowance, content)
            result, status = _result(reply.status), reply.status
        except FetchError as error:
            result = error.failure.code
            raise
        except asyncio.CancelledError:
            late = asyncio.get_running_loop().time() >= self._budget.deadline
            result = Failure.TIMEOUT.code if late else "abandoned"
            raise
        finally:
            done(result, status)
        return reply

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        """One of the requests that the server is sent at once, and of those of one type.

        A type that hangs fills its own queue, and not that of the others.
        """
        kind = url.removeprefix(self.server.base.text).lstrip("/").partition("?")[0].partition("/")[0]
        of_type = self.server.limit_of(kind)
        try:
            async with asyncio.timeout_at(self._budget.deadline - _BEFORE_THE_END):
                await of_type.acquire()
        except TimeoutError:
            raise FetchError(Failure.BUSY) from None
        try:
            async with self.server.limit:
                yield
        finally:
            of_type.release()


def follow(server: KnownServer, link: str, at: str) -> str:
    """Where a link of the server's own leads.

    Raises:
        FetchError: away from it.
    """
    try:
        return within(server.base, link, at)
    except AddressError:
        server.watch.led_away(server.name)
        raise FetchError(Failure.ELSEWHERE) from None


def _result(status: int) -> str:
    if status in _REDIRECTS:
        return "redirected"
    failure = judge_status(status)
    return "answered" if failure is None else failure.code


def _read(reply: Reply) -> Decoded:
    """The resource in an answer; a media type that is wrong over JSON that is right does no harm."""
    media_type = reply.headers.get("content-type", "").lower()
    if any(kind in media_type for kind in _FHIR_XML) and not reply.body.lstrip().startswith(b"{"):
        raise FetchError(Failure.NOT_FHIR)
    if _VERSION.search(media_type):
        raise FetchError(Failure.OTHER_VERSION)
    try:
        check_body(reply.body)
        found = decode(reply.body)
    except UnreadableError:
        raise FetchError(Failure.NOT_FHIR) from None
    return found


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait that an answer asks for, written either way; None where it asks for nothing."""
    header = headers.get("retry-after")
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return min(float(header), LONGEST_REST_SECONDS)
    # A date is meant on the server's clock, which its answer tells.
    then, now = _moment(header), _moment(headers.get("date", ""))
    if then is None:
        return None
    return max(0.0, (then - now).total_seconds()) if now is not None else LONGEST_REST_SECONDS


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
