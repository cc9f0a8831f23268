"""A FHIR server on a real socket whose answers can be made wrong, late or dangerous.

    async with FaultServer({"Patient/p1": patient, "Condition/c1": condition}) as server:
        server.on("Condition", behaviours.status(503))

It answers reads, searches by patient (GET and POST) and batches from its records. Search parameters other
than patient, subject, _id, _count and page narrow nothing, and the self link repeats them.
"""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses as PHRASES  # noqa: N812  a constant table
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

Json = dict[str, Any]
Headers = Sequence[tuple[str, str]]
Body = bytes | str | Json | list[Any]

PATH = "/fhir"
FHIR_JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
LONGEST_HEAD = 2**24  # a followed next link of 100 kB has to arrive whole
MOST_PER_PAGE = 1_000
OK = HTTPStatus.OK
# The system of the codes in an Epic server's OperationOutcome.
EPIC = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369"


class BrokenBehaviourError(AssertionError):
    """A behaviour raised or sent nothing, so the test that uses it proves nothing."""


@dataclass(frozen=True)
class Seen:
    """One request as it came in: the target undecoded, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def segments(self) -> list[str]:
        """The path below the base, decoded: ["Patient", "p1"]; empty at the base and outside it."""
        path = urlsplit(self.target).path
        if not path.startswith(f"{PATH}/"):
            return []
        return [unquote(part) for part in path.removeprefix(f"{PATH}/").split("/") if part]

    @property
    def type(self) -> str:
        """The resource type that is asked for, empty for a batch."""
        return next(iter(self.segments), "")

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of the query and of the form, in order."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith(FORM):
            pairs += parse_qsl(self.body.decode(), keep_blank_values=True)
        return pairs

    def parameter(self, name: str) -> str | None:
        """The first value of a parameter, None where it was not sent."""
        return next((value for key, value in self.parameters if key == name), None)

    @property
    def is_search(self) -> bool:
        """Whether a type is searched, by GET or by POST."""
        return len(self.segments) == 1 or (self.method == "POST" and self.segments[1:] == ["_search"])

    @property
    def page(self) -> int:
        """The number of the page that is asked for, from 1."""
        page = self.parameter("page") or ""
        return int(page) if page.isdecimal() else 1


@dataclass(frozen=True)
class Answer:
    """What an honest server says: a status and a resource."""

    status: int
    resource: Json


def outcome(kind: str, text: str, *, severity: str = "error", codes: Sequence[str] = ()) -> Json:
    """An OperationOutcome with one issue, whose details carry these codes of an Epic server."""
    issue: Json = {"severity": severity, "code": kind, "diagnostics": text}
    if codes:
        issue["details"] = {"coding": [{"system": EPIC, "code": code} for code in codes]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def head(status: int, headers: Headers) -> bytes:
    """The status line and the headers as they go over the wire, with the empty line."""
    lines = [f"HTTP/1.1 {int(status)} {PHRASES.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def encoded(body: Body) -> bytes:
    """The bytes of a body: JSON for an object or a list."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))).encode()


class Reply:
    """The answer to one request, to be sent as a whole, as raw bytes, or not at all."""

    def __init__(self, server: "FaultServer", seen: Seen, nth: int, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.nth = nth  # how many times this very request has come in so far, this one counted
        self.open = True
        self.used = False
        self._seen = seen
        self._writer = writer

    async def send(self, status: int, body: Body = b"", headers: Headers = ()) -> None:
        """Send a whole response; a header given here takes the place of the one of that name.

        Content-Type and Content-Length are added where they are missing and allowed.
        """
        content = encoded(body)
        given = {name.lower() for name, _ in headers}
        own = [("Content-Type", FHIR_JSON), ("Content-Length", str(len(content)))]
        if status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            content, own = b"", []
        await self.raw(head(status, [*(h for h in own if h[0].lower() not in given), *headers]) + content)

    async def raw(self, data: bytes) -> None:
        """Send exactly these bytes."""
        self.used = True
        self._writer.write(data)
        await self._writer.drain()

    async def slowly(self, data: bytes, interval: float, step: int) -> None:
        """Send these bytes in steps of so many, with a pause of so many seconds after each."""
        for start in range(0, len(data), step):
            await self.raw(data[start : start + step])
            await asyncio.sleep(interval)

    async def close(self) -> None:
        """End the connection in good order (FIN) after what was sent."""
        self.used, self.open = True, False

    async def abort(self) -> None:
        """Reset the connection (RST); what was sent and not yet read is lost."""
        self.used, self.open = True, False
        # Lingering for zero seconds is what makes closing a socket send a reset.
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def silence(self) -> None:
        """Say nothing (more) until the server is left."""
        self.used = True
        await asyncio.Event().wait()

    def normal(self) -> Answer:
        """The honest answer, a copy of its own that may be changed."""
        return self.server.answer(self._seen)

    def whole(self) -> tuple[bytes, bytes]:
        """The honest answer as it goes over the wire: the head and the body."""
        answer = self.normal()
        body = encoded(answer.resource)
        length = ("Content-Length", str(len(body)))
        return head(answer.status, [("Content-Type", FHIR_JSON), length]), body

    async def default(self) -> None:
        """Send the honest answer."""
        answer = self.normal()
        await self.send(answer.status, answer.resource)


Behaviour = Callable[[Seen, Reply], Awaitable[None]]


async def honest(_seen: Seen, reply: Reply) -> None:
    """The honest answer."""
    await reply.default()


class FaultServer:
    """A FHIR server on 127.0.0.1 that lives as long as its `async with` block.

    Leaving the block ends every connection, also those that are being kept waiting.

    Args:
        records: resources by "Type/id".
        tls: the context of a server that speaks TLS, None for plain HTTP.

    Raises:
        BrokenBehaviourError: on leaving, a behaviour raised or ended without sending anything.
    """

    def __init__(self, records: Mapping[str, Json], *, tls: ssl.SSLContext | None = None) -> None:
        self.records = records
        self.requests: list[Seen] = []
        self.sockets = 0
        self.failed_handshakes = 0
        self.most_at_once = 0
        self.page_size: int | None = None
        self.relative_links = False
        self.port = 0
        self._tls = tls
        self._behaviours: dict[str, Behaviour] = {}
        self._everywhere: Behaviour = honest
        self._in_flight = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._broken: list[Exception] = []
        self._listener: socket.socket | None = None
        self._reserved: socket.socket | None = None

    @property
    def base(self) -> str:
        """The address of the FHIR base, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{PATH}"

    def on(self, resource_type: str, behaviour: Behaviour) -> None:
        """Answer every request for this type so; the type of a batch is ""."""
        self._behaviours[resource_type] = behaviour

    def on_all(self, behaviour: Behaviour) -> None:
        """Answer every request so whose type has no behaviour of its own."""
        self._everywhere = behaviour

    async def __aenter__(self) -> Self:
        self._listener = self._bound(0)
        self.port = self._listener.getsockname()[1]
        self._listener.listen(128)
        asyncio.get_running_loop().add_reader(self._listener, self._take, self._listener)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_listening()
        await self._end(self._connections)
        if self._reserved:
            self._reserved.close()
        if self._broken and error is None:
            raise BrokenBehaviourError("A behaviour of the fault server failed") from self._broken[0]

    async def close_port(self) -> None:
        """Refuse every connection from now on, and end those that stand (but not the asking one's)."""
        asking = asyncio.current_task()
        self._stop_listening()
        await self._end(task for task in self._connections if task is not asking)
        if not self._reserved:
            # Bound and not listening: refuses, and no other process can be given this port meanwhile.
            self._reserved = self._bound(self.port)

    def answer(self, seen: Seen, page_size: int | None = None) -> Answer:
        """What an honest server with these records says to this request, with pages of at most this size."""
        match seen.method, seen.segments:
            case "GET", [kind, name] if name != "_search":
                return self._read(f"{kind}/{name}")
            case ("GET", [kind]) | ("POST", [kind, "_search"]):
                return self._search(kind, seen, page_size or self.page_size or MOST_PER_PAGE)
            case "POST", [] if urlsplit(seen.target).path.rstrip("/") == PATH:
                return self._batch(seen)
        return Answer(404, outcome("not-supported", "This server reads, searches and takes batches"))

    def page_address(self, seen: Seen, page: int) -> str:
        """The absolute address of a page of this search, as a GET and with the parameters as they came."""
        form = seen.body.decode() if seen.method == "POST" else ""
        pairs = f"{urlsplit(seen.target).query}&{form}".split("&")
        pairs = [pair for pair in pairs if pair and not pair.startswith("page=")]
        # The first page is the search itself, so that a link back to it is the very address asked for.
        pairs += [f"page={page}"] if page > 1 else []
        return f"{self.base}/{seen.type}?{'&'.join(pairs)}"

    def endless_page(self, seen: Seen, url: str) -> Answer:
        """The first page of this search under new ids for each page, with this next link and no total."""
        address = urlsplit(self.page_address(seen, 1))
        answer = self.answer(Seen("GET", f"{address.path}?{address.query}", {}, b""))
        bundle = answer.resource
        if answer.status == OK:
            links = [link for link in bundle["link"] if link["relation"] != "next"]
            bundle["link"] = [*links, {"relation": "next", "url": url}]
            del bundle["total"]
            for entry in bundle.get("entry", ()) if seen.page > 1 else ():
                entry["resource"]["id"] += f"-{seen.page}"
                entry["fullUrl"] += f"-{seen.page}"
        return answer

    def _read(self, key: str) -> Answer:
        found = self.records.get(key)
        if found is None:
            return Answer(404, outcome("not-found", "There is no such resource"))
        return Answer(OK, deepcopy(found))

    def _search(self, kind: str, seen: Seen, most: int) -> Answer:
        patient = seen.parameter("patient") or seen.parameter("subject")
        wanted = seen.parameter("_id")
        if patient is None and wanted is None:
            return Answer(400, outcome("required", "A search needs patient, subject or _id"))
        found = [
            (key, record)
            for key, record in self.records.items()
            if key.split("/")[0] == kind
            and (patient is None or _patient_of(key, record) == patient.rsplit("/", 1)[-1])
            and (wanted is None or record.get("id") in wanted.split(","))
        ]
        count = seen.parameter("_count") or ""
        size = max(1, min(int(count), most)) if count.isdecimal() else most
        shown = found[(seen.page - 1) * size : seen.page * size]
        query = urlencode(seen.parameters)
        links = [{"relation": "self", "url": f"{self.base}/{kind}?{query}"}]
        if seen.page * size < len(found):
            address = self.page_address(seen, seen.page + 1)
            relative = address.removeprefix(self.base.removesuffix(PATH))
            links.append({"relation": "next", "url": relative if self.relative_links else address})
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links}
        if shown:
            bundle["entry"] = [self.entry(record) for _, record in shown]
        return Answer(OK, bundle)

    def entry(self, record: Json) -> Json:
        """The entry of a searchset for a resource of this server."""
        return {
            "fullUrl": f"{self.base}/{record.get('resourceType')}/{record.get('id')}",
            "resource": deepcopy(record),
            "search": {"mode": "match"},
        }

    def _batch(self, seen: Seen) -> Answer:
        try:
            batch = json.loads(seen.body)
            asked = [(e["request"]["method"], f"{PATH}/{e['request']['url']}") for e in batch["entry"]]
            kind = batch["type"]
        except (ValueError, KeyError, TypeError):
            asked, kind = [], None
        if kind != "batch":
            return Answer(400, outcome("structure", "This is no batch"))
        answers = [self.answer(Seen(method, target, {}, b"")) for method, target in asked]
        return Answer(OK, {"resourceType": "Bundle", "type": "batch-response", "entry": list(_told(answers))})

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind(("127.0.0.1", port))
        return bound

    def _take(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except (BlockingIOError, ConnectionError):  # it went away before it was taken
            return
        accepted.setblocking(False)
        self.sockets += 1
        task = asyncio.create_task(self._connection(accepted))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # Also for a connection whose task is ended before its first step.
        task.add_done_callback(_closing(accepted))

    def _stop_listening(self) -> None:
        if self._listener:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    async def _end(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        ending = list(tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _connection(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LONGEST_HEAD)
        protocol = asyncio.StreamReaderProtocol(reader)
        limits = {"ssl_handshake_timeout": 10.0, "ssl_shutdown_timeout": 1.0} if self._tls else {}
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, accepted, ssl=self._tls, **limits
            )
        except OSError:  # what a client that distrusts the certificate leaves behind
            self.failed_handshakes += 1
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await self._serve(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass  # the client went away: that is its right
        except Exception as error:  # noqa: BLE001  told when the server is left, so that no test passes on it
            self._broken.append(error)
        finally:
            transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (seen := await _request(reader)) is not None:
            self.requests.append(seen)
            reply = Reply(self, seen, _times(seen, self.requests), writer)
            self._in_flight += 1
            self.most_at_once = max(self.most_at_once, self._in_flight)
            try:
                await self._behaviours.get(seen.type, self._everywhere)(seen, reply)
            finally:
                self._in_flight -= 1
            if not reply.used:
                raise BrokenBehaviourError("The behaviour sent nothing; use silence() where that is meant")
            if not reply.open or seen.headers.get("connection", "").lower() == "close":
                return


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    """The next request of a connection, None where it ends or what comes is not HTTP."""
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        pairs = [line.split(":", 1) for line in lines[1:] if line]
        headers = {name.lower(): value.strip() for name, value in pairs}
        return Seen(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        return None


def _closing(accepted: socket.socket) -> Callable[[object], None]:
    return lambda _task: accepted.close()


def _times(seen: Seen, requests: Sequence[Seen]) -> int:
    same = (seen.method, seen.target, seen.body)
    return sum((one.method, one.target, one.body) == same for one in requests)


def _patient_of(key: str, record: Json) -> str:
    if record.get("resourceType") == "Patient":
        return key.split("/")[1]
    about = record.get("subject") or record.get("patient") or {}
    return str(about.get("reference", "")).rsplit("/", 1)[-1]


def _told(answers: Sequence[Answer]) -> Iterator[Json]:
    for answer in answers:
        response: Json = {"status": str(int(answer.status))}
        if answer.status == OK:
            yield {"resource": answer.resource, "response": response}
        else:
            yield {"response": {**response, "outcome": answer.resource}}


def entries(bundle: Json) -> Iterator[Json]:
    """The resources of a Bundle."""
    yield from (entry["resource"] for entry in bundle.get("entry", ()) if "resource" in entry)
