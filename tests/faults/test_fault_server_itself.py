"""Every fault does on the wire what its name says."""

import asyncio
import gzip
import json
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.faults import behaviours
from tests.faults.behaviours import BEHAVIOURS
from tests.faults.server import EPIC, FORM, Behaviour, BrokenBehaviourError, FaultServer, Json, honest
from tests.faults.tls import certified
from tests.faults.tripwire import LEADING_AWAY, Tripwire

Client = httpx.AsyncClient
Server = FaultServer
rows = pytest.mark.parametrize
SEARCH, P1, STRANGER = "Observation?patient=p1", "Patient/p1", "Patient/someone-else"
ALL = ["o1", "o2", "o3"]
PATIENT: Json = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-02-03"}
OF_P1 = {"subject": {"reference": P1}}
ACTIVE = {"coding": [{"code": "active"}]}
RECORDS: dict[str, Json] = {
    "Patient/p1": PATIENT,
    "Condition/c1": {"resourceType": "Condition", "id": "c1", "clinicalStatus": ACTIVE, **OF_P1},
    "Procedure/r1": {"resourceType": "Procedure", "id": "r1", "performedDateTime": "2026-01-02", **OF_P1},
}
for n, of in enumerate(["p1", "p1", "p1", "p2"], start=1):
    about = {"subject": {"reference": f"Patient/{of}"}, "valueQuantity": {"value": n}}
    RECORDS[f"Observation/o{n}"] = {"resourceType": "Observation", "id": f"o{n}", **about}


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer(RECORDS) as one:
        yield one


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(trust_env=False, timeout=5) as one:
        yield one


async def pieces(server: Server, target: str = SEARCH) -> list[bytes]:
    """What a plain socket is sent, read after read, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(f"GET /fhir/{target} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(10):
            got = [await reader.read(2**16)]
            while got[-1]:
                got.append(await reader.read(2**16))
            return got[:-1]
    finally:
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def raw(server: Server, target: str = SEARCH) -> tuple[str, bytes]:
    start, _, body = b"".join(await pieces(server, target)).partition(b"\r\n\r\n")
    return start.decode("latin-1"), body


async def faulty(server: Server, name: str, target: str = SEARCH) -> tuple[str, bytes]:
    server.on_all(BEHAVIOURS[name])
    return await raw(server, target)


async def changed(server: Server, name: str, target: str = SEARCH) -> Any:
    start, body = await faulty(server, name, target)
    assert start.startswith("HTTP/1.1 200 OK")
    return json.loads(body)


def names(bundle: Json) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", [])]


def link(bundle: Json, relation: str = "next") -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


@rows("asked", ["404 GET Patient/none", "400 GET Observation", "404 DELETE Patient/p1"])
async def test_what_is_not_there_is_an_outcome(server: Server, client: Client, asked: str) -> None:
    status, method, target = asked.split()
    got = await client.request(method, f"{server.base}/{target}")
    assert (got.status_code, got.json()["resourceType"]) == (int(status), "OperationOutcome")


@rows("query", ["patient=p1", "patient=Patient/p1", "subject=Patient%2Fp1", "patient=p1&code=a%7Cb"])
@rows("method", ["GET", "POST"])
async def test_a_search_finds_its_patient(server: Server, client: Client, query: str, method: str) -> None:
    if method == "GET":
        got = await client.get(f"{server.base}/Observation?{query}")
    else:
        got = await client.post(
            f"{server.base}/Observation/_search", content=query, headers=[("Content-Type", FORM)]
        )
    bundle = got.json()
    assert (bundle["type"], bundle["total"], names(bundle), link(bundle)) == ("searchset", 3, ALL, None)
    assert bundle["entry"][0]["fullUrl"] == f"{server.base}/Observation/o1"
    assert server.requests[0].body == (b"" if method == "GET" else query.encode())


@rows(("size", "asked", "relative"), [(2, "", False), (2, "", True), (None, "&_count=2", False)])
async def test_pages_end(server: Server, client: Client, size: Any, asked: str, relative: bool) -> None:
    server.page_size, server.relative_links = size, relative
    first = (await client.get(f"{server.base}/{SEARCH}{asked}")).json()
    address = str(link(first))
    assert address.startswith("/fhir/" if relative else server.base)
    last = (await client.get(urljoin(f"{server.base}/", address))).json()
    assert [names(first), names(last), link(last)] == [["o1", "o2"], ["o3"], None]


async def test_a_batch_answers_each_entry(server: Server, client: Client) -> None:
    urls = ["Patient/p1", SEARCH, "Patient/none", "BodyStructure?patient=p1"]
    entry = [{"request": {"method": "GET", "url": url}} for url in urls]
    got = await client.post(server.base, json={"resourceType": "Bundle", "type": "batch", "entry": entry})
    answers = got.json()["entry"]
    assert (answers[0]["resource"], got.headers["content-type"]) == (PATIENT, "application/fhir+json")
    assert [one["response"]["status"] for one in answers] == ["200", "200", "404", "200"]
    assert (names(answers[1]["resource"]), "resource" in answers[2]) == (ALL, False)
    assert (answers[3]["resource"]["total"], "entry" in answers[3]["resource"]) == (0, False)
    assert (await client.post(server.base, json={"entry": entry})).status_code == 400


async def test_a_connection_is_kept_and_every_request_recorded(server: Server, client: Client) -> None:
    for _ in range(3):
        await client.get(f"{server.base}/Patient/p1?a=%2F", headers={"Authorization": "Bearer t"})
    assert [(one.method, one.target) for one in server.requests] == [("GET", "/fhir/Patient/p1?a=%2F")] * 3
    assert ({one.headers["authorization"] for one in server.requests}, server.sockets) == ({"Bearer t"}, 1)


async def test_the_most_requests_at_once_are_counted(server: Server, client: Client) -> None:
    server.on("Observation", behaviours.delay(0.1))
    await asyncio.gather(*(client.get(f"{server.base}/{SEARCH}") for _ in range(4)))
    await client.get(f"{server.base}/Patient/p1")
    assert (server.most_at_once, server.sockets) == (4, 4)


async def test_only_the_named_type_behaves(server: Server, client: Client) -> None:
    server.on("Condition", behaviours.status(503))
    server.on_all(behaviours.status(500))
    server.on("Patient", honest)
    targets = ["Condition?patient=p1", SEARCH, P1]
    assert [(await client.get(f"{server.base}/{one}")).status_code for one in targets] == [503, 500, 200]


# One raises, the other sends nothing.
@rows("behaviour", [lambda seen, _reply: RECORDS[seen.target], lambda _seen, _reply: asyncio.sleep(0)])
async def test_a_broken_behaviour_fails_the_test_that_uses_it(behaviour: Behaviour) -> None:
    with pytest.raises(BrokenBehaviourError):  # noqa: PT012  it is leaving the block that raises
        async with FaultServer(RECORDS) as server:
            server.on_all(behaviour)
            assert await pieces(server) == []


@rows(
    ("name", "status", "codes", "wait"),
    [
        *((one, int(one[-3:]), [], False) for one in ("S01 401", "403", "S05 S06 404", "S07 410", "S10 429")),
        *((f"403 Epic {code}", 403, [code], False) for code in ("4130", "4131", "4134")),
        ("S10 429 Retry-After in seconds", 429, [], True),
        ("S12 500 always", 500, [], False),
        ("S14 503 Retry-After in seconds", 503, [], True),
    ],
)
async def test_a_status_is_sent(server: Server, name: str, status: int, codes: list[str], wait: bool) -> None:
    start, body = await faulty(server, name)
    assert start.startswith(f"HTTP/1.1 {status} {responses[status]}\r\n")
    assert ("Retry-After: 60" in start, "Retry-After" in start) == (wait, wait)
    coding = json.loads(body)["issue"][0].get("details", {}).get("coding", [])
    assert coding == [{"system": EPIC, "code": code} for code in codes]


@rows("name", ["S10 429 Retry-After as a date", "S14 503 Retry-After as a date"])
async def test_retry_after_can_be_a_date(server: Server, name: str) -> None:
    start, _ = await faulty(server, name)
    date = start.partition("Retry-After: ")[2].partition("\r\n")[0]
    assert (start[9:12], date[-4:]) == (name.split()[1], " GMT")
    assert 0 < (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds() <= 60


@rows(
    ("name", "asked", "said"),
    [
        ("S12 500 once then 200", [SEARCH, P1, SEARCH, P1, SEARCH], [500, 500, 200, 200, 200]),
        ("S02 401 on every later page", [SEARCH, f"{SEARCH}&page=2", f"{SEARCH}&page=3"], [200, 401, 401]),
    ],
)
async def test_some_fail(server: Server, client: Client, name: str, asked: list[str], said: Any) -> None:
    server.on_all(BEHAVIOURS[name])
    got = [await client.get(f"{server.base}/{target}") for target in asked]
    assert [one.status_code for one in got] == said
    assert said[0] == 500 or link(got[0].json()) == f"{server.base}/{asked[1]}"


async def test_a_closed_port_refuses_and_stays_reserved(client: Client) -> None:
    async with FaultServer(RECORDS) as server:
        await server.close_port()
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{server.base}/Patient/p1")
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", server.port))
    assert (server.sockets, server.requests) == (0, [])


@rows(
    ("name", "first", "second"),
    [
        ("S16 reset, then refused", ConnectionResetError, ConnectionRefusedError),
        ("S23 reset", ConnectionResetError, ConnectionResetError),
        ("S23 reset once", ConnectionResetError, None),
        ("S23 closed without an answer", "", ""),
        ("S23 closed without an answer once", "", None),
    ],
)
async def test_a_connection_just_ends(server: Server, name: str, first: Any, second: Any) -> None:
    server.on_all(BEHAVIOURS[name])
    for end in (first, second):
        if end is None or end == "":
            assert (await raw(server))[0][:15] == ("HTTP/1.1 200 OK" if end is None else "")
        else:
            with pytest.raises(end):
                await raw(server)


async def test_silence_lasts_until_the_server_is_left() -> None:
    async with FaultServer(RECORDS) as server:
        server.on_all(BEHAVIOURS["S19 never answers"])
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /fhir/Patient/p1 HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        assert len(server.requests) == 1
    assert await reader.read() == b""
    writer.transport.abort()
    await writer.wait_closed()


@rows("behaviour", [behaviours.drip(0.01, step=2), behaviours.trickled_headers(0.005, step=4)])
async def test_an_answer_comes_in_small_pieces_and_whole(server: Server, behaviour: Behaviour) -> None:
    server.on_all(behaviour)
    got = await pieces(server, P1)
    start, _, body = b"".join(got).partition(b"\r\n\r\n")
    assert json.loads(body) == PATIENT
    assert f"Content-Length: {len(body)}".encode() in start
    assert len(got) > 10


@rows("name", [name for name in BEHAVIOURS if name[:3] in {"S20", "S21", "S50"}])
async def test_a_slow_answer_keeps_nobody_else_waiting(server: Server, client: Client, name: str) -> None:
    server.on("Observation", BEHAVIOURS[name])
    slow = asyncio.create_task(pieces(server))
    assert await asyncio.wait([slow], timeout=0.3) == (set(), {slow})
    assert (await client.get(f"{server.base}/Patient/p1")).status_code == 200
    slow.cancel()
    assert isinstance((await asyncio.gather(slow, return_exceptions=True))[0], asyncio.CancelledError)


@rows("name", ["S22 body cut short", "S22 body cut short once"])
async def test_a_body_ends_before_its_length(server: Server, name: str) -> None:
    start, body = await faulty(server, name)
    told = int(start.partition("Content-Length: ")[2].split("\r\n")[0])
    again = (await raw(server))[1]
    assert [len(body), len(again)] == [told // 2, told if name.endswith("once") else told // 2]


async def test_half_the_json_looks_whole_to_http(server: Server, client: Client) -> None:
    start, body = await faulty(server, "S24 half the JSON, no Content-Length")
    assert "Content-Length" not in start
    assert (await client.get(f"{server.base}/{SEARCH}")).content == body
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@rows(("name", "end"), [("chunk size no number", b"}\r\nzz\r\n{}\r\n0\r\n\r\n"), ("no last chunk", b"}\r\n")])
async def test_chunks_are_broken(server: Server, client: Client, name: str, end: bytes) -> None:
    start, body = await faulty(server, name)
    size, _, rest = body.partition(b"\r\n")
    assert "Transfer-Encoding: chunked" in start
    assert names(json.loads(rest[: int(size, 16)])) == ALL
    assert body.endswith(end)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(f"{server.base}/{SEARCH}")


@rows(
    ("name", "error"), [("gzip, unasked", None), ("not gzip", gzip.BadGzipFile), ("half the gzip", EOFError)]
)
async def test_gzip_is_good_or_bad(server: Server, name: str, error: type[Exception] | None) -> None:
    start, body = await faulty(server, f"S45 {name}")
    assert {"Content-Encoding: gzip", f"Content-Length: {len(body)}"} <= set(start.split("\r\n"))
    if error is None:
        assert names(json.loads(gzip.decompress(body))) == ALL
    else:
        with pytest.raises(error):
            gzip.decompress(body)


async def test_the_bomb_is_small_on_the_wire_and_json_of_300_mebibytes(server: Server) -> None:
    start, body = await faulty(server, "S44 gzip bomb")
    unpacker, size, ends = zlib.decompressobj(wbits=31), 0, b""
    while not unpacker.eof:
        piece = unpacker.decompress(unpacker.unconsumed_tail if size else body, 2**22)
        size, ends = size + len(piece), ends + piece.strip(b" ")
    assert ("Content-Encoding: gzip" in start, len(body) < 3_000_000) == (True, True)
    assert size - len(ends) == 300 * 2**20
    assert json.loads(ends) == {"resourceType": "Bundle", "type": "searchset", "id": ""}
    assert behaviours.bomb() is behaviours.bomb()


async def test_200_kilobytes_of_headers(server: Server, client: Client) -> None:
    start, body = await faulty(server, "S46 200 kB of headers")
    assert (200_000 <= len(start) <= 205_000, names(json.loads(body))) == (True, ALL)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(f"{server.base}/{SEARCH}")


@rows(
    ("name", "header", "begins"),
    [
        ("S25 login page", "Content-Type: text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("S26 called text/plain", "Content-Type: text/plain", '{"resourceType":"Bundle"'),
        ("S28 FHIR XML", "Content-Type: application/fhir+xml", '<?xml version="1.0"?><!DOCTYPE'),
        ("S29 OperationOutcome instead", "Content-Type: application/fhir+json", '{"resourceType":"Operation'),
        ("JSON list", "Content-Length: 2", "[]"),
        ("JSON null", "Content-Length: 4", "null"),
        ("empty body", "Content-Length: 0", ""),
        ("S45 unknown encoding", "Content-Encoding: x-scrambled", '{"resourceType":"Bundle"'),
        ("Set-Cookie", "Set-Cookie: session=of-another; Path=/", '{"resourceType":"Bundle"'),
        ("R5", "Content-Type: application/fhir+json; fhirVersion=5.0", '{"resourceType":"Bundle"'),
        ("STU3", "Content-Type: application/fhir+json; fhirVersion=3.0", '{"resourceType":"Bundle"'),
    ],
)
async def test_a_success_is_called_and_begins_so(server: Server, name: str, header: str, begins: str) -> None:
    start, body = await faulty(server, name)
    lines = start.split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    assert {header, f"Content-Length: {len(body)}"} <= set(lines)
    assert body.decode().startswith(begins)


async def test_no_content_has_neither_body_nor_length(server: Server) -> None:
    assert await faulty(server, "204") == ("HTTP/1.1 204 No Content", b"")


def patients(bundle: Json) -> list[str]:
    return [entry["resource"]["subject"]["reference"] for entry in bundle["entry"]]


def told(bundle: Json) -> tuple[Any, ...]:
    *kept, last = bundle["entry"]
    issue = last["resource"]["issue"][0]
    codes = [one["code"] for one in issue.get("details", {}).get("coding", [])]
    return last["search"]["mode"], issue["severity"], codes, len(kept), bundle["total"]


@rows(
    ("name", "target", "look", "expected"),
    [
        ("NaN", SEARCH, lambda found: str(found).count("'value': nan"), 3),
        ("NaN", P1, lambda found: str(found["extension"]).count("nan"), 1),
        *(
            ("S30 another resource type", one, lambda found: found["resourceType"], "Basic")
            for one in (SEARCH, P1)
        ),
        ("S32 one entry of another patient", SEARCH, patients, [P1, P1, P1, STRANGER]),
        ("S32 all of another patient", SEARCH, patients, [STRANGER] * 3),
        ("S32 one entry of another patient", P1, lambda found: found["id"], "someone-else"),
        ("S32 all of another patient", P1, lambda found: found["id"], "someone-else"),
        ("S51 another tenant's data", SEARCH, patients, [f"https://other-tenant.example.org/fhir/{P1}"] * 3),
        ("outcome 4101 none found", SEARCH, told, ("outcome", "warning", ["4101"], 0, 0)),
        ("outcome 4119 more may exist", SEARCH, told, ("outcome", "warning", ["4119"], 3, 3)),
        ("outcome error among the entries", SEARCH, told, ("outcome", "error", [], 3, 3)),
        ("no fullUrl", SEARCH, lambda found: {*found["entry"][0]}, {"resource", "search"}),
        ("S52 total above the entries", SEARCH, lambda found: (found["total"], link(found)), (13, None)),
        ("S49 self without our parameters", SEARCH, lambda found: "?" in str(link(found, "self")), False),
        ("R5", "Procedure/r1", lambda found: [*found.items()][2], ("occurrenceDateTime", "2026-01-02")),
        ("STU3", "Condition/c1", lambda found: found["clinicalStatus"], "active"),
        ("S36 next without end", SEARCH, names, ALL),
        ("S36 next without end", f"{SEARCH}&page=2", names, ["o1-2", "o2-2", "o3-2"]),
    ],
)
async def test_resources_are_wrong_in_the_way_they_are_called(
    server: Server, name: str, target: str, look: Callable[[Json], Any], expected: Any
) -> None:
    assert look(await changed(server, name, target)) == expected


@rows(("target", "member"), [(SEARCH, "entry"), (P1, "id")])
async def test_a_name_stands_twice(server: Server, target: str, member: str) -> None:
    _, body = await faulty(server, "a name twice", target)
    assert body.count(f'"{member}":'.encode()) == 2


@rows(
    ("name", "asked", "different"),
    [
        ("S34 next is itself", 30, 1),
        ("S35 next goes to and fro", 30, 2),
        ("S36 next without end", 30, 30),
        *((f"S40 next relative to the {place}", 3, 3) for place in ("base", "host", "search")),
    ],
)
async def test_links_end(server: Server, client: Client, name: str, asked: int, different: int) -> None:
    server.on_all(BEHAVIOURS[name])
    address: str | None = f"{server.base}/{SEARCH}&code=http://loinc.org|1"
    while address and len(server.requests) < 30:
        bundle = (await client.get(address)).json()
        address = link(bundle) and urljoin(address, str(link(bundle)))
    assert (len(server.requests), len({one.target for one in server.requests})) == (asked, different)


@rows(
    ("name", "start"),
    [
        ("S40 next relative to the base", "Observation?patient=p1&page=2"),
        ("S40 next relative to the host", "/fhir/Observation?patient=p1&page=2"),
        ("S40 next relative to the search", "?patient=p1&page=2"),
        ("S40 next is ?page=2 alone", "?page=2"),
        ("S40 next is a file", "file:///etc/hostname"),
        ("S40 next beside the base", "BASEEVIL/Observation?"),
        ("S40 next climbs out of the base", "BASE/../admin/Observation?"),
        ("S40 next climbs out, escaped", "BASE/..%2fadmin/Observation?"),
        ("next of 100 kB", "BASE/Observation?patient=p1&page=2&filler=" + "f" * 100_000),
    ],
)
async def test_the_next_link_reads_so(server: Server, name: str, start: str) -> None:
    assert str(link(await changed(server, name))).startswith(start.replace("BASE", server.base))


@rows("target", [SEARCH, P1])
async def test_redirects_lead_on_or_back_and_forth(server: Server, client: Client, target: str) -> None:
    server.on_all(BEHAVIOURS["S41 302 on the same base"])
    got = await client.get(f"{server.base}/{target}", follow_redirects=True)
    assert ([one.status_code for one in got.history], got.status_code) == ([302], 200)
    server.on_all(BEHAVIOURS["S43 302 back and forth"])
    with pytest.raises(httpx.TooManyRedirects):
        await client.get(f"{server.base}/{target}", follow_redirects=True)
    assert len({one.target for one in server.requests}) == 2


@rows("name", LEADING_AWAY)
async def test_a_client_that_follows_trips_the_wire(server: Server, client: Client, name: str) -> None:
    async with Tripwire() as wire:
        server.on_all(LEADING_AWAY[name](wire.base))
        got = await client.get(f"{server.base}/{SEARCH}")
        address = got.headers["location"] if got.is_redirect else str(link(got.json()))
        host = urlsplit(urljoin(server.base, address)).netloc.rpartition("@")[2]
        assert (host, wire.connections) == (wire.address, 0)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://{host}/fhir", headers={"Authorization": "Bearer t"})
        with socket.create_connection(("127.0.0.1", wire.port)):  # who says nothing is counted too
            assert wire.connections == 2
    assert b"Authorization: Bearer t" in wire.first_bytes[0]


@asynccontextmanager
async def speaking_tls(folder: Path, name: str) -> AsyncIterator[tuple[Server, Client]]:
    wanted = certified(folder)[name]
    trusting = ssl.create_default_context(cafile=str(wanted.authority))
    client = Client(verify=trusting, trust_env=False)
    async with Server(RECORDS, tls=wanted.context) as server, client:
        yield server, client


@rows(("name", "why"), [("expired", "expired"), ("wrong host", "IP address"), ("self-signed", "self-signed")])
async def test_a_bad_certificate_is_refused(tmp_path: Path, name: str, why: str) -> None:
    async with speaking_tls(tmp_path, name) as (server, client):
        with pytest.raises(httpx.ConnectError, match=why):
            await client.get(f"{server.base}/Patient/p1")
    assert (server.requests, server.sockets) == ([], 1)


async def test_a_good_certificate_is_believed_and_http_refused_there(tmp_path: Path) -> None:
    async with speaking_tls(tmp_path, "good") as (server, client):
        assert (await client.get(f"{server.base}/Patient/p1")).json() == PATIENT
        server.on_all(BEHAVIOURS["S42 302 to http on the same port"])
        address = (await client.get(f"{server.base}/Patient/p1")).headers["location"]
        assert address == f"http://127.0.0.1:{server.port}/fhir/Patient/p1"
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(address)
        with socket.create_connection(("127.0.0.1", server.port)):  # never speaks, and is let go
            assert (await client.get(f"{server.base}/Patient/p1")).is_redirect
    assert (server.failed_handshakes, len(server.requests)) == (1, 3)
